/* SPDX-License-Identifier: MIT */
/* Drawing into memory: canned JSON in, text out. */
#include "tests/unit/ctl/show_fixture.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOW_MS INT64_C(1795435200000) /* 2026-11-23T12:00:00Z */

struct out show_plain(void)
{
	setenv("TZ", "CET-1", 1);
	tzset();
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	return (struct out){
	    .errors = stderr, .json = OUT_TEXT, .utf8 = true, .legend = true, .now_ms = NOW_MS};
}

char *show_to_text(
    void (*show)(struct out *, json_object *), const char *json, const struct out *base)
{
	_cleanup_json_ json_object *value = NULL;
	struct out o = *base;
	char *text = NULL;
	size_t size;

	assert_int_equal(json_parse(json, strlen(json), 32, &value), 0);
	o.f = open_memstream(&text, &size);
	show(&o, value);
	fclose(o.f);
	return text;
}
