/* SPDX-License-Identifier: MIT */
/* Rules of the modules in a version reply. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/jw.h"
#include "daemon/model/modules.h"
#include "daemon/model/scan.h"

static void take(struct module_list *m, const char *array)
{
	struct scan s;

	scan_init(&s);
	assert_int_equal(scan_parse(&s, array, strlen(array)), SCAN_OK);
	modules_take(m, &s, 0);
	scan_finish(&s);
}

static void modules_are_those_of_the_last_reply(void **state)
{
	struct module_list m = {0};

	take(&m, "[{\"name\":\"ota\"},{\"name\":\"mc\"}]");
	take(&m,
	    "[{\"name\":\"ota\",\"product_name\":\"X\",\"sw_ver\":\"01.02\",\"hw_ver\":\"AP05\","
	    "\"sn\":\"00M\",\"sw_new_ver\":\"01.03\",\"new_ver\":\"\"}]");
	assert_int_equal(m.count, 1);
	assert_string_equal(m.entries[0].name, "ota");
	assert_string_equal(m.entries[0].product, "X");
	assert_string_equal(m.entries[0].version, "01.02");
	assert_string_equal(m.entries[0].hardware, "AP05");
	assert_string_equal(m.entries[0].serial, "00M");
	assert_string_equal(m.entries[0].offered, "01.03");
	modules_finish(&m);
	assert_int_equal(m.count, 0);
}

static void what_is_no_module_is_left_out(void **state)
{
	struct module_list m = {0};

	take(
	    &m, "[1,null,[],{},{\"name\":\"\"},{\"name\":{}},{\"name\":\"th\",\"new_ver\":\"2\"}]");
	assert_int_equal(m.count, 1);
	assert_string_equal(m.entries[0].name, "th");
	assert_string_equal(m.entries[0].offered, "2");
	modules_finish(&m);
}

static void modules_are_bounded(void **state)
{
	struct module_list m = {0};
	struct jw w;

	jw_init(&w);
	jw_array(&w, NULL);
	for (int i = 0; i < MODULES_MAX + 20; i++) {
		jw_object(&w, NULL);
		jw_str(&w, "name", "a name that is longer than the room there is for it");
		jw_object_end(&w);
	}
	jw_array_end(&w);
	take(&m, w.buf);
	assert_int_equal(m.count, MODULES_MAX);
	assert_string_equal(m.entries[MODULES_MAX - 1].name, "a name that is longer t");
	modules_finish(&m);
	jw_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(modules_are_those_of_the_last_reply),
	    cmocka_unit_test(what_is_no_module_is_left_out),
	    cmocka_unit_test(modules_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
