/* SPDX-License-Identifier: MIT */
/* Exit statuses and JSON output: what scripts rely on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/util.h"
#include "ctl/out.h"

struct both {
	struct out o;
	char *out, *err; /* owned texts, after finish */
	size_t out_size, err_size;
};

static void begin(struct both *b, enum out_json form)
{
	*b = (struct both){.o = {.json = form, .legend = true}};
	b->o.f = open_memstream(&b->out, &b->out_size);
	b->o.errors = open_memstream(&b->err, &b->err_size);
}

static void finish(struct both *b)
{
	fclose(b->o.f);
	fclose(b->o.errors);
}

static void drop(struct both *b)
{
	free(b->out);
	free(b->err);
}

static json_object *parse(const char *text)
{
	json_object *o = NULL;

	assert_int_equal(json_parse(text, strlen(text), 32, &o), 0);
	return o;
}

static int status_of(const char *error)
{
	_cleanup_json_ json_object *o = parse(error);

	return out_error_status(o);
}

static void exit_status_follows_the_type_then_the_code(void **state)
{
	assert_int_equal(status_of("{\"code\":5,\"data\":{\"type\":\"printer_offline\"}}"), 5);
	assert_int_equal(status_of("{\"code\":5,\"data\":{\"type\":\"stale\"}}"), 5);
	assert_int_equal(status_of("{\"code\":-32601,\"data\":{\"type\":\"unknown_method\"}}"), 2);
	assert_int_equal(status_of("{\"code\":-32602}"), 2);
	assert_int_equal(status_of("{\"code\":14,\"data\":{\"type\":\"unsupported\"}}"), 14);
	assert_int_equal(status_of("{\"code\":42,\"data\":{\"type\":\"of_a_newer_daemon\"}}"), 42);
	assert_int_equal(status_of("{\"code\":4711}"), 1);
	assert_int_equal(status_of("{}"), 1);
}

static void exit_status_of_several_is_the_highest(void **state)
{
	_cleanup_json_ json_object *o = parse(
	    "{\"results\":[{\"printer\":\"a\",\"stage\":\"sent\"},{\"printer\":\"b\",\"error\":{"
	    "\"code\":5,\"message\":\"b is offline\",\"data\":{\"type\":\"printer_offline\"}}},{"
	    "\"printer\":\"c\",\"error\":{\"code\":4,\"message\":\"m\",\"data\":{\"type\":"
	    "\"no_such_op\"}}}]}");
	struct both b;

	begin(&b, OUT_TEXT);
	assert_int_equal(out_results_status(&b.o, o), 5);
	finish(&b);
	assert_string_equal(b.err, "bambuctl: b is offline\nbambuctl: m\n");
	drop(&b);
}

static void failure_is_one_line_on_stderr_and_an_object_in_json(void **state)
{
	struct err e = {0};
	struct both b;

	err_set(&e, ERR_PERMISSION_DENIED, "no\nway");
	err_hint(&e, "bambuctl ask");
	begin(&b, OUT_JSON_SHORT);
	assert_int_equal(out_fail(&b.o, &e), 6);
	finish(&b);
	assert_string_equal(b.out,
	    "{\"error\":{\"code\":6,\"message\":\"no\\nway\",\"data\":{\"type\":"
	    "\"permission_denied\",\"hint\":\"bambuctl ask\"}}}\n");
	assert_string_equal(b.err, "bambuctl: no\\x0Away  try: bambuctl ask\n");
	drop(&b);
	begin(&b, OUT_TEXT);
	assert_int_equal(out_fail(&b.o, &e), 6);
	finish(&b);
	assert_string_equal(b.out, "");
	drop(&b);
}

static void failure_of_a_reply_keeps_its_object(void **state)
{
	_cleanup_json_ json_object *o =
	    parse("{\"code\":5,\"message\":\"is offline\",\"data\":{\"type\":\"printer_offline\","
		  "\"printer\":\"one\",\"extra\":[1]}}");
	struct both b;

	begin(&b, OUT_JSON_SHORT);
	assert_int_equal(out_fail_reply(&b.o, o, NULL), 5);
	finish(&b);
	assert_string_equal(b.out,
	    "{\"error\":{\"code\":5,\"message\":\"is offline\",\"data\":{\"type\":"
	    "\"printer_offline\",\"printer\":\"one\",\"extra\":[1]}}}\n");
	assert_string_equal(b.err, "bambuctl: one: is offline\n");
	drop(&b);
}

static void json_stays_the_same_value_without_controls(void **state)
{
	static const char text[] =
	    "{\"a\":\"x\\u001b\\u007f\\u009b\\u061c\\u200f\\u2028\\u202e\\u2069"
	    "é\\u2026/\",\"n\":65.0,\"big\":18446744073709551615}";
	_cleanup_json_ json_object *o = parse(text), *again = NULL;
	struct both b;

	begin(&b, OUT_JSON_SHORT);
	out_json(&b.o, o);
	finish(&b);
	assert_string_equal(b.out,
	    "{\"a\":\"x\\u001b\\u007f\\u009b\\u061c\\u200f\\u2028\\u202e\\u2069é…/\",\"n\":65.0,"
	    "\"big\":18446744073709551615}\n");
	again = parse(text);
	assert_true(json_object_equal(o, again));
	drop(&b);
}

static void json_pretty_is_the_same_value(void **state)
{
	_cleanup_json_ json_object *o = parse("{\"a\":[1,{\"b\":null}]}"), *again = NULL;
	struct both b;

	begin(&b, OUT_JSON_PRETTY);
	out_json(&b.o, o);
	finish(&b);
	b.out[strlen(b.out) - 1] = '\0';
	assert_non_null(strchr(b.out, '\n'));
	again = parse(b.out);
	assert_true(json_object_equal(o, again));
	drop(&b);
}

static void text_shows_any_value_as_lines(void **state)
{
	_cleanup_json_ json_object *o =
	    parse("{\"version\":\"1\\u0007\",\"up\":3,\"on\":true,\"none\":null,\"list\":[1,\"b\"],"
		  "\"empty\":[],\"deep\":{\"long_name\":1.5,\"x\":[{\"y\":1},{\"y\":2}]}}");
	struct both b;

	begin(&b, OUT_TEXT);
	out_text(&b.o, o);
	finish(&b);
	assert_string_equal(b.out, "version  1\\x07\n"
				   "up       3\n"
				   "on       yes\n"
				   "none     -\n"
				   "list     1, b\n"
				   "empty    -\n"
				   "deep\n"
				   "  long_name  1.5\n"
				   "  x\n"
				   "    y  1\n"
				   "\n"
				   "    y  2\n");
	drop(&b);
}

static void strings_are_escaped_whole_on_a_terminal_without_utf8(void **state)
{
	struct out o = {.ascii_only = true};
	_cleanup_free_ char *text = out_safe(&o, "é\033");

	assert_string_equal(text, "\\xc3\\xa9\\x1B");
}

static char *folded(unsigned width, size_t column, size_t indent, const char *text)
{
	char *memory = NULL;
	size_t size;
	struct out o = {.f = open_memstream(&memory, &size), .width = width};

	out_fold(&o, column, indent, text);
	fclose(o.f);
	return memory;
}

static void fold_breaks_between_words_at_the_edge(void **state)
{
	_cleanup_free_ char *narrow = folded(10, 4, 2, "ab cde fghijklmnopq r");
	_cleanup_free_ char *endless = folded(0, 4, 2, "ab cde  fghijklmnopq r");
	_cleanup_free_ char *wide = folded(9, 2, 2, "\u00e4\u00e4\u00e4\u00e4 \u00e4\u00e4\u00e4");

	assert_string_equal(narrow, "ab cde\n  fghijklmnopq\n  r");
	assert_string_equal(endless, "ab cde  fghijklmnopq r");
	assert_string_equal(wide, "\u00e4\u00e4\u00e4\u00e4\n  \u00e4\u00e4\u00e4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(exit_status_follows_the_type_then_the_code),
	    cmocka_unit_test(exit_status_of_several_is_the_highest),
	    cmocka_unit_test(failure_is_one_line_on_stderr_and_an_object_in_json),
	    cmocka_unit_test(failure_of_a_reply_keeps_its_object),
	    cmocka_unit_test(json_stays_the_same_value_without_controls),
	    cmocka_unit_test(json_pretty_is_the_same_value),
	    cmocka_unit_test(text_shows_any_value_as_lines),
	    cmocka_unit_test(fold_breaks_between_words_at_the_edge),
	    cmocka_unit_test(strings_are_escaped_whole_on_a_terminal_without_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
