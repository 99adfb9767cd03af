/* SPDX-License-Identifier: MIT */
/* A catalogue of texts: what is taken from an answer, how it is found, and its file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/util.h"
#include "daemon/cloud/catalogue.h"

static const char sample[] =
    "{\"result\":0,\"ver\":\"2026\",\"data\":{"
    "\"device_hms\":{\"de\":[],\"en\":[{\"ecode\":\"0700200000020001\",\"intro\":\"Slot 1\"},"
    "{\"ecode\":\"030012000002000a\",\"intro\":\"Cover\"},{\"ecode\":\"0500030000020010\","
    "\"intro\":\"\"},"
    "{\"ecode\":\"0300120500020001\",\"intro\":\"Exact\"},{\"ecode\":\"0300120000020001\","
    "\"intro\":\"Low\"}]},"
    "\"device_error\":{\"en\":[{\"ecode\":\"0300400C\",\"intro\":\"Canceled\"}]}}}";

static int take(const char *text, enum catalogue_news *ret_news, struct catalogue **ret)
{
	_cleanup_json_ json_object *body = NULL;

	assert_int_equal(json_parse(text, strlen(text), 16, &body), 0);
	return catalogue_take(body, "en", ret_news, ret);
}

static struct catalogue *taken(const char *text)
{
	enum catalogue_news news = CATALOGUE_SAME;
	struct catalogue *c = NULL;

	assert_int_equal(take(text, &news, &c), 0);
	assert_int_equal(news, CATALOGUE_NEW);
	return c;
}

/* A catalogue of one error text, given as JSON. */
static struct catalogue *taken_text(const char *json)
{
	_cleanup_free_ char *text =
	    xasprintf("{\"result\":0,\"ver\":1,\"data\":{\"device_error\":{\"en\":["
		      "{\"ecode\":\"00000001\",\"intro\":\"first\"},"
		      "{\"ecode\":\"0300400C\",\"intro\":%s}]}}}",
		json);

	return taken(text);
}

static void assert_found(const struct catalogue *c, bool is_hms, uint64_t key, const char *want)
{
	const char *text = catalogue_find(c, is_hms, key);

	if (want == NULL) {
		assert_null(text);
	} else {
		assert_non_null(text);
		assert_string_equal(text, want);
	}
}

static void exact_code_goes_before_the_one_without_low_byte(void **state)
{
	struct catalogue *c = taken(sample);

	assert_int_equal(catalogue_count(c), 6);
	assert_int_equal(catalogue_version(c), 2026);
	assert_found(c, true, 0x0700200000020001, "Slot 1");
	assert_found(c, true, 0x030012000002000A, "Cover");
	assert_found(c, true, 0x0300120500020001, "Exact");
	assert_found(c, true, 0x0300120700020001, "Low");
	assert_found(c, true, 0x0300120700020002, NULL);
	assert_found(c, false, 0x0300400C, "Canceled");
	assert_found(c, true, 0x0300400C, NULL);
	assert_found(c, false, 0x0300120000020001, NULL);
	catalogue_destroy(c);
}

static void empty_text_is_a_known_code(void **state)
{
	struct catalogue *c = taken(sample);

	assert_found(c, true, 0x0500030000020010, "");
	catalogue_destroy(c);
}

static void unfit_texts_are_left_out(void **state)
{
	static const char *const bad[] = {"\"a\\u001b[31m\"", "\"a\\u202eb\"", "\"a\\u2066b\"",
	    "\"\\u0085\"", "\"\\u007f\"", "\"a\\u2028b\"", "\"a\\u200fb\"", "7", "null", "[]",
	    "\"\\u0007\""};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct catalogue *c = taken_text(bad[i]);

		assert_int_equal(catalogue_count(c), 1);
		assert_found(c, false, 0x0300400C, NULL);
		assert_found(c, false, 1, "first");
		catalogue_destroy(c);
	}
}

static void breaks_become_blanks(void **state)
{
	struct catalogue *c = taken_text("\"one\\ntwo\\tthree\\r\\u00fc\"");

	assert_found(c, false, 0x0300400C, "one two three \xc3\xbc");
	catalogue_destroy(c);
}

static void long_texts_are_cut_at_a_character(void **state)
{
	char json[4 * CATALOGUE_TEXT_CHARS], want[4 * CATALOGUE_TEXT_CHARS];
	size_t n = 0;
	struct catalogue *c;

	for (size_t i = 0; i < CATALOGUE_TEXT_CHARS + 1; i++) {
		n += (size_t)snprintf(json + n, sizeof(json) - n, "%s\xc3\xbc", i == 0 ? "\"" : "");
	}
	snprintf(json + n, sizeof(json) - n, "\"");
	c = taken_text(json);
	memcpy(want, json + 1, (size_t)2 * CATALOGUE_TEXT_CHARS);
	memcpy(want + 2 * CATALOGUE_TEXT_CHARS, "...", 4);
	assert_found(c, false, 0x0300400C, want);
	catalogue_destroy(c);
}

static void of_equal_codes_the_first_stays(void **state)
{
	struct catalogue *c = taken(
	    "{\"result\":0,\"ver\":1,\"data\":{\"device_error\":{\"en\":["
	    "{\"ecode\":\"0300400c\",\"intro\":\"one\"},{\"ecode\":\"0300400C\",\"intro\":\"two\"}"
	    "]}}}");

	assert_int_equal(catalogue_count(c), 1);
	assert_found(c, false, 0x0300400C, "one");
	catalogue_destroy(c);
}

static void up_to_date_is_told(void **state)
{
	enum catalogue_news news = CATALOGUE_NEW;
	struct catalogue *c = NULL;

	assert_int_equal(take("{\"result\":201,\"ver\":7}", &news, &c), 0);
	assert_int_equal(news, CATALOGUE_SAME);
	assert_null(c);
}

static void what_is_no_catalogue_is_refused(void **state)
{
	static const char *const bad[] = {"[]", "7", "null", "{}", "{\"result\":\"0\",\"ver\":1}",
	    "{\"result\":1,\"ver\":1}", "{\"result\":0,\"ver\":1}",
	    "{\"result\":0,\"ver\":1,\"data\":[]}", "{\"result\":0,\"ver\":1,\"data\":{}}",
	    "{\"result\":0,\"ver\":1,\"data\":{\"device_hms\":{\"de\":[]}}}",
	    "{\"result\":0,\"ver\":1,\"data\":{\"device_hms\":{\"en\":{}}}}",
	    "{\"result\":0,\"ver\":1,\"data\":{\"device_hms\":[]}}",
	    "{\"result\":0,\"ver\":-1,\"data\":{\"device_hms\":{\"en\":[]}}}",
	    "{\"result\":0,\"ver\":\"x\",\"data\":{\"device_hms\":{\"en\":[]}}}",
	    "{\"result\":0,\"data\":{\"device_hms\":{\"en\":[]}}}",
	    "{\"result\":0,\"ver\":1,\"data\":{\"device_hms\":{\"en\":[1,null,{},\"x\",{\"ecode\":"
	    "\"0300\",\"intro\":\"a\"},"
	    "{\"ecode\":\"030012000002000G\",\"intro\":\"a\"},{\"ecode\":\"0300400C\",\"intro\":"
	    "\"a\"}]}}}"};
	enum catalogue_news news = CATALOGUE_SAME;
	struct catalogue *c = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(take(bad[i], &news, &c), -EBADMSG);
		assert_null(c);
	}
}

/* count texts of so many letters. */
static char *many(size_t count, size_t letters)
{
	struct jw w;
	_cleanup_free_ char *text = xcalloc(letters + 1, 1);
	char *json;

	memset(text, 'x', letters);
	jw_init(&w);
	jw_object(&w, NULL);
	jw_int(&w, "result", 0);
	jw_int(&w, "ver", 3);
	jw_object(&w, "data");
	jw_object(&w, "device_hms");
	jw_array(&w, "en");
	for (size_t i = 0; i < count; i++) {
		char code[24];

		snprintf(code, sizeof(code), "%016zX", i * 7919 % 65536 << 8 | i >> 16);
		jw_object(&w, NULL);
		jw_str(&w, "ecode", code);
		jw_str(&w, "intro", text);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	jw_object_end(&w);
	jw_object_end(&w);
	jw_object_end(&w);
	json = jw_take(&w);
	jw_finish(&w);
	return json;
}

static void too_many_texts_are_refused(void **state)
{
	_cleanup_free_ char *fits = many(CATALOGUE_TEXTS_MAX, 1);
	_cleanup_free_ char *over = many(CATALOGUE_TEXTS_MAX + 1, 1);
	_cleanup_free_ char *heavy = many(CATALOGUE_TEXTS_MAX, 300);
	enum catalogue_news news;
	struct catalogue *c = taken(fits);

	assert_int_equal(catalogue_count(c), CATALOGUE_TEXTS_MAX);
	catalogue_destroy(c);
	c = NULL;
	assert_int_equal(take(over, &news, &c), -E2BIG);
	assert_int_equal(take(heavy, &news, &c), -E2BIG);
	assert_null(c);
}

static void six_thousand_texts_take_less_than_a_megabyte(void **state)
{
	_cleanup_free_ char *json = many(6000, 100);
	struct catalogue *c = taken(json);

	assert_in_range(catalogue_bytes(c), 6000 * 101, 1000 * 1000);
	catalogue_destroy(c);
}

static void file_holds_what_was_taken(void **state)
{
	struct catalogue *c = taken(sample), *again = NULL;
	size_t len, again_len;
	_cleanup_free_ char *file = catalogue_pack(c, "en", "01P", &len);
	_cleanup_free_ char *copy = NULL;

	assert_int_equal(catalogue_unpack(file, len, "en", "01P", &again), 0);
	assert_int_equal(catalogue_count(again), 6);
	assert_int_equal(catalogue_version(again), 2026);
	assert_found(again, true, 0x0300120700020001, "Low");
	assert_found(again, true, 0x0500030000020010, "");
	assert_found(again, false, 0x0300400C, "Canceled");
	copy = catalogue_pack(again, "en", "01P", &again_len);
	assert_int_equal(len, again_len);
	assert_memory_equal(file, copy, len);
	catalogue_destroy(c);
	catalogue_destroy(again);
}

static void file_of_another_language_or_printer_is_refused(void **state)
{
	struct catalogue *c = taken(sample), *again = NULL;
	size_t len;
	_cleanup_free_ char *file = catalogue_pack(c, "en", "01P", &len);

	assert_int_equal(catalogue_unpack(file, len, "de", "01P", &again), -EBADMSG);
	assert_int_equal(catalogue_unpack(file, len, "en", "094", &again), -EBADMSG);
	assert_null(again);
	catalogue_destroy(c);
}

static void every_flipped_bit_and_every_cut_of_the_file_is_seen(void **state)
{
	struct catalogue *c = taken(sample), *again = NULL;
	size_t len;
	_cleanup_free_ char *file = catalogue_pack(c, "en", "01P", &len);

	for (size_t i = 0; i < len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			file[i] = (char)(file[i] ^ 1 << bit);
			assert_int_equal(
			    catalogue_unpack(file, len, "en", "01P", &again), -EBADMSG);
			file[i] = (char)(file[i] ^ 1 << bit);
		}
		assert_int_equal(catalogue_unpack(file, i, "en", "01P", &again), -EBADMSG);
	}
	assert_null(again);
	catalogue_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(exact_code_goes_before_the_one_without_low_byte),
	    cmocka_unit_test(empty_text_is_a_known_code),
	    cmocka_unit_test(unfit_texts_are_left_out),
	    cmocka_unit_test(breaks_become_blanks),
	    cmocka_unit_test(long_texts_are_cut_at_a_character),
	    cmocka_unit_test(of_equal_codes_the_first_stays),
	    cmocka_unit_test(up_to_date_is_told),
	    cmocka_unit_test(what_is_no_catalogue_is_refused),
	    cmocka_unit_test(too_many_texts_are_refused),
	    cmocka_unit_test(six_thousand_texts_take_less_than_a_megabyte),
	    cmocka_unit_test(file_holds_what_was_taken),
	    cmocka_unit_test(file_of_another_language_or_printer_is_refused),
	    cmocka_unit_test(every_flipped_bit_and_every_cut_of_the_file_is_seen),
	};

	return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
