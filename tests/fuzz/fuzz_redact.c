/* SPDX-License-Identifier: MIT */
/* Any bytes through the redactor: a known secret never comes out, JSON stays JSON, twice is the
 * same. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/json.h"
#include "common/redact.h"

#define SECRET "S3cretQ9"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const char *text, size_t size, bool lines, struct jw *out)
{
	struct redact *r = redact_create(size % 2 == 0);

	jw_init(out);
	redact_know(r, REDACT_SECRET, SECRET);
	redact_know(r, REDACT_PRINTER, "rack1-07");
	if (lines) {
		redact_text(r, text, size, out);
	} else {
		redact_json(r, text, size, out);
	}
	redact_destroy(r);
}

static bool is_json(const char *text, size_t len)
{
	json_object *o = NULL;
	bool good = len > 0 && json_parse(text, len, 32, &o) == 0;

	json_object_put(o);
	return good;
}

static void look_at(const char *text, size_t size, bool lines)
{
	struct jw once, again;

	run(text, size, lines, &once);
	run(text, size, lines, &again);
	assert(once.len == again.len);
	assert(once.len == 0 || memcmp(once.buf, again.buf, once.len) == 0);
	assert(once.len == 0 || !memmem(once.buf, once.len, SECRET, strlen(SECRET)));
	assert(lines || !is_json(text, size) || is_json(once.buf, once.len));
	jw_finish(&once);
	jw_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	look_at((const char *)data, size, false);
	look_at((const char *)data, size, true);
	return 0;
}
