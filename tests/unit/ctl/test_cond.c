/* SPDX-License-Identifier: MIT */
/* Conditions of `wait`: what is one, and when it holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "ctl/cond.h"

static const char printer[] =
    "{\"name\":\"a\",\"print\":{\"state\":\"printing\",\"percent\":50,\"error\":null,"
    "\"file\":\"a=b.3mf\"},\"bed\":{\"c\":64.9},\"dev\":{\"wired\":false},"
    "\"hms\":[{\"code\":\"1\",\"n\":null},{\"code\":\"2\",\"n\":7}],\"none\":[]}";

static int holds(const char *text)
{
	_cleanup_json_ json_object *o = NULL;
	struct cond c;
	struct err e = {0};
	int r;

	assert_int_equal(json_parse(printer, strlen(printer), 32, &o), 0);
	assert_int_equal(cond_parse(&c, text, &e), 0);
	r = cond_holds(&c, o, NULL);
	cond_finish(&c);
	return r;
}

static void assert_refused(const char *text)
{
	struct cond c;
	struct err e = {0};

	assert_int_equal(cond_parse(&c, text, &e), -EINVAL);
	assert_int_equal(e.type, ERR_USAGE);
	cond_finish(&c);
}

static void cond_is_told_from_an_event_by_its_operator(void **state)
{
	assert_true(cond_is_one("print.percent>=50"));
	assert_true(cond_is_one("print.state=idle"));
	assert_true(cond_is_one("a!=b"));
	assert_false(cond_is_one("print.finished"));
	assert_false(cond_is_one("print.*"));
}

static void cond_compares_words(void **state)
{
	assert_int_equal(holds("print.state=printing"), 1);
	assert_int_equal(holds("print.state==printing"), 1);
	assert_int_equal(holds("print.state=Printing"), 0);
	assert_int_equal(holds("print.state!=idle"), 1);
	assert_int_equal(holds("print.state!=printing"), 0);
	assert_int_equal(holds("print.state=7"), 0);
	assert_int_equal(holds("print.state>7"), 0);
	assert_int_equal(holds("print.file=a=b.3mf"), 1);
}

static void cond_compares_numbers(void **state)
{
	assert_int_equal(holds("print.percent>=50"), 1);
	assert_int_equal(holds("print.percent>50"), 0);
	assert_int_equal(holds("print.percent<=50"), 1);
	assert_int_equal(holds("print.percent<50"), 0);
	assert_int_equal(holds("print.percent=50"), 1);
	assert_int_equal(holds("print.percent=50.0"), 1);
	assert_int_equal(holds("print.percent!=51"), 1);
	assert_int_equal(holds("print.percent=fifty"), 0);
	assert_int_equal(holds("bed.c<65"), 1);
	assert_int_equal(holds("bed.c>-1"), 1);
}

static void cond_compares_yes_and_no(void **state)
{
	assert_int_equal(holds("dev.wired=no"), 1);
	assert_int_equal(holds("dev.wired=false"), 1);
	assert_int_equal(holds("dev.wired=true"), 0);
	assert_int_equal(holds("dev.wired!=true"), 1);
}

static void cond_of_an_unknown_value_holds_for_null_alone(void **state)
{
	assert_int_equal(holds("print.error=null"), 1);
	assert_int_equal(holds("print.error!=null"), 0);
	assert_int_equal(holds("print.error!=x"), 0);
	assert_int_equal(holds("print.error.code=0300-400C"), 0);
	assert_int_equal(holds("print.error>=0"), 0);
	assert_int_equal(holds("print.state!=null"), 1);
}

static void cond_of_several_values_needs_one(void **state)
{
	assert_int_equal(holds("hms[].code=2"), 1);
	assert_int_equal(holds("hms[].code=3"), 0);
	assert_int_equal(holds("hms[].n>6"), 1);
	assert_int_equal(holds("none[].code=1"), 0);
}

static void cond_names_a_key_that_is_none(void **state)
{
	assert_int_equal(holds("nope=1"), -ENOENT);
	assert_int_equal(holds("print.nope=1"), -ENOENT);
}

static void cond_refuses_what_cannot_hold(void **state)
{
	assert_refused("=5");
	assert_refused("print.percent>half");
	assert_refused("print.percent!5");
	assert_refused(">=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cond_is_told_from_an_event_by_its_operator),
	    cmocka_unit_test(cond_compares_words),
	    cmocka_unit_test(cond_compares_numbers),
	    cmocka_unit_test(cond_compares_yes_and_no),
	    cmocka_unit_test(cond_of_an_unknown_value_holds_for_null_alone),
	    cmocka_unit_test(cond_of_several_values_needs_one),
	    cmocka_unit_test(cond_names_a_key_that_is_none),
	    cmocka_unit_test(cond_refuses_what_cannot_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
