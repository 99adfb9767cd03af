/* SPDX-License-Identifier: MIT */
/* Verbs: every one is found and explained; keys and times of their arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "ctl/events.h"
#include "ctl/see.h"
#include "ctl/verbs.h"

static int find(struct ctl *c, struct err *e, const char *a, const char *b, const char *d)
{
	static const char *words[4];

	words[0] = a;
	words[1] = b;
	words[2] = d;
	memset(c, 0, sizeof(*c));
	memset(e, 0, sizeof(*e));
	return verb_find(c, words, a ? b ? d ? 3 : 2 : 1 : 0, e);
}

static void verb_find_takes_the_longest_name(void **state)
{
	struct ctl c;
	struct err e;

	assert_int_equal(find(&c, &e, NULL, NULL, NULL), 0);
	assert_string_equal(c.verb, "list");
	assert_int_equal(find(&c, &e, "ams", "rack1", NULL), 0);
	assert_string_equal(c.verb, "ams");
	assert_int_equal(c.word_count, 1);
	assert_string_equal(c.words[0], "rack1");
	assert_int_equal(find(&c, &e, "ams", "load", "rack1"), 0);
	assert_string_equal(c.verb, "ams load");
	assert_int_equal(c.word_count, 1);
	assert_int_equal(find(&c, &e, "account", "profile", "set"), 0);
	assert_string_equal(c.verb, "account profile set");
	assert_int_equal(c.word_count, 0);
}

static void verb_order_puts_a_verb_of_two_words_together(void **state)
{
	const char *apart[] = {"mqtt", "rack1", "listen"}, *whole[] = {"mqtt", "listen", "rack1"};
	const char *alone[] = {"ams", "rack1", "load"};

	verb_order(apart, 3);
	assert_string_equal(apart[1], "listen");
	assert_string_equal(apart[2], "rack1");
	verb_order(whole, 3);
	assert_string_equal(whole[1], "listen");
	verb_order(alone, 3);
	assert_string_equal(alone[1], "rack1");
	verb_order(whole, 2);
}

static void verb_find_names_the_nearest(void **state)
{
	struct ctl c;
	struct err e;

	assert_int_equal(find(&c, &e, "statsu", NULL, NULL), -ENOENT);
	assert_int_equal(e.type, ERR_USAGE);
	assert_non_null(strstr(e.message, "\"status\""));
	assert_int_equal(find(&c, &e, "daemon", "relod", NULL), -ENOENT);
	assert_non_null(strstr(e.message, "\"daemon reload\""));
	assert_int_equal(find(&c, &e, "daemon", NULL, NULL), -ENOENT);
	assert_non_null(strstr(e.message, " ping"));
}

static void every_method_verb_is_found_and_built_as_its_row_says(void **state)
{
	size_t seen = 0;

	for (size_t i = 0; i < method_count; i++) {
		const char *name = method_table[i].verb;
		struct ctl c;
		struct err e;

		if (!name) {
			continue;
		}
		assert_int_equal(find(&c, &e, name, NULL, NULL), 0);
		assert_string_equal(c.verb, name);
		if (!c.row) {
			assert_ptr_equal(c.method, &method_table[i]);
			assert_true(verb_built(&c) == (method_table[i].since != NULL));
		}
		seen++;
	}
	assert_true(seen > 50);
}

static void every_verb_row_calls_a_method_that_is_there(void **state)
{
	for (size_t i = 0; i < verb_count; i++) {
		const struct verb *v = &verb_table[i];

		assert_true(i == 0 || strcmp(verb_table[i - 1].name, v->name) < 0);
		assert_true(!v->method || method_find(v->method));
		assert_true(v->not_built || v->run || v->show);
		assert_true(!v->not_built || !(v->run || v->show));
		assert_true(!v->show || v->method);
		assert_true(v->help || v->method);
	}
}

static void explain(void *arg, const struct ctl *v)
{
	unsigned *count = arg;

	assert_non_null(v->verb);
	assert_non_null(verb_usage(v));
	assert_true(strlen(verb_help(v)) > 5);
	++*count;
}

static void verb_each_explains_all(void **state)
{
	unsigned count = 0;

	verb_each(explain, &count);
	assert_true(count > 80);
}

/* What see_find adds, as JSON text; owned. */
static char *found_text(const char *json, const char *path, int expected)
{
	_cleanup_json_ json_object *o = NULL, *found = json_object_new_array();

	assert_int_equal(json_parse(json, strlen(json), 32, &o), 0);
	assert_int_equal(see_find(o, path, found), expected);
	return xstrdup(json_object_to_json_string_ext(found, JSON_C_TO_STRING_PLAIN));
}

static void assert_finds(const char *path, const char *expected)
{
	static const char json[] =
	    "{\"name\":\"a\",\"t\":{\"n\":[{\"c\":1.5},{\"c\":null}],\"b\":{\"c\":65.0}},"
	    "\"act\":null,\"hms\":[],\"tags\":[\"x\",\"y\"]}";
	_cleanup_free_ char *text = found_text(json, path, expected ? 0 : -ENOENT);

	if (expected) {
		assert_string_equal(text, expected);
	}
}

static void see_find_follows_members_and_elements(void **state)
{
	assert_finds("name", "[\"a\"]");
	assert_finds("t.b.c", "[65.0]");
	assert_finds("t.n.0.c", "[1.5]");
	assert_finds("t.n[0].c", "[1.5]");
	assert_finds("t.n[].c", "[1.5,null]");
	assert_finds("tags[1]", "[\"y\"]");
	assert_finds("t.b", "[{\"c\":65.0}]");
}

static void see_find_takes_unknown_as_null_and_missing_as_wrong(void **state)
{
	assert_finds("act.tray", "[null]");
	assert_finds("t.n[7].c", "[null]");
	assert_finds("t.n.7.c", "[null]");
	assert_finds("hms[].code", "[]");
	assert_finds("nope", NULL);
	assert_finds("t.nope", NULL);
	assert_finds("name.x", NULL);
	assert_finds("t.n.x", NULL);
	assert_finds("t.b[0]", NULL);
	assert_finds("t.n[x].c", NULL);
	assert_finds("t.n[-1].c", NULL);
	assert_finds("t.n[0", NULL);
	assert_finds("t..b", NULL);
	assert_finds("t.", NULL);
	assert_finds("", NULL);
}

static void events_since_takes_cursor_time_or_span(void **state)
{
	const int64_t now = INT64_C(1795435200000); /* 2026-11-23T12:00:00Z */
	char since[32] = "";

	assert_int_equal(events_since("1.8811", now, since), 0);
	assert_string_equal(since, "1.8811");
	assert_int_equal(events_since("2026-11-23T10:00:00Z", now, since), 0);
	assert_string_equal(since, "2026-11-23T10:00:00Z");
	assert_int_equal(events_since("10min", now, since), 0);
	assert_string_equal(since, "2026-11-23T11:50:00.000Z");
	assert_int_equal(events_since("yesterday", now, since), -EINVAL);
	assert_int_equal(events_since("", now, since), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verb_find_takes_the_longest_name),
	    cmocka_unit_test(verb_order_puts_a_verb_of_two_words_together),
	    cmocka_unit_test(verb_find_names_the_nearest),
	    cmocka_unit_test(every_method_verb_is_found_and_built_as_its_row_says),
	    cmocka_unit_test(every_verb_row_calls_a_method_that_is_there),
	    cmocka_unit_test(verb_each_explains_all),
	    cmocka_unit_test(see_find_follows_members_and_elements),
	    cmocka_unit_test(see_find_takes_unknown_as_null_and_missing_as_wrong),
	    cmocka_unit_test(events_since_takes_cursor_time_or_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
