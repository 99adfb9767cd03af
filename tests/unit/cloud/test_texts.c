/* SPDX-License-Identifier: MIT */
/* When the vendor is asked for texts, and what is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/util.h"
#include "daemon/cloud/texts.h"
#include "daemon/model/hms.h"
#include "tests/unit/cloud/fake_rest.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define URL "https://texts.example"
#define SERIAL "01P00A000000001"
#define COVER UINT64_C(0x0300120000020001)

#define ANSWER(version, text)                                                             \
	"{\"result\":0,\"ver\":" version ",\"data\":{\"device_hms\":{\"en\":[{\"ecode\":" \
	"\"0300120000020001\",\"intro\":\"" text "\"}]},\"device_error\":{\"en\":[]}}}"
#define SAME "{\"result\":201,\"ver\":1}"

static int64_t mono_ms, wall_ms;
static char dir[64];
static struct loop *loop;
static struct rest *rest;
static struct texts *texts;
static char told[16];

static int64_t get_mono(void *arg)
{
	return mono_ms;
}

static int64_t get_wall(void *arg)
{
	return wall_ms;
}

static void on_new(void *arg, const char *prefix)
{
	str_copy(told, sizeof(told), prefix);
}

static void begin(void)
{
	texts = texts_create(loop, rest, dir, on_new, NULL);
	texts_set_url(texts, URL);
}

/* The daemon again, much later or at once: its clock begins anew. */
static void restart(void)
{
	texts_destroy(texts);
	mono_ms = 5000;
	begin();
}

static void pass(int64_t ms)
{
	mono_ms += ms;
	wall_ms += ms;
}

static const char *find(const char *serial)
{
	const struct hms_texts *t = texts_lookup(texts);

	return t->find(t->arg, serial, "en", true, COVER);
}

static void assert_text(const char *want)
{
	const char *text = find(SERIAL);

	if (want == NULL) {
		assert_null(text);
	} else {
		assert_non_null(text);
		assert_string_equal(text, want);
	}
}

static void assert_asked(unsigned count)
{
	assert_int_equal(fake_rest_count(rest), count);
}

/* It is read in a thread, and then by the loop. */
static void answer(const char *body)
{
	fake_rest_answer(rest, 200, body);
	while (texts_is_reading(texts)) {
		loop_turn(loop, true);
	}
}

/* A catalogue is there, just fetched; one request was made. */
static void fill(void)
{
	assert_text(NULL);
	answer(ANSWER("1", "The cover"));
}

static int setup(void **state)
{
	struct loop_clock clock = {get_mono, get_wall, NULL};

	log_set_level(LOG_LEVEL_ERR);
	mono_ms = 5000;
	wall_ms = INT64_C(1795395600000);
	told[0] = '\0';
	snprintf(dir, sizeof(dir), "/tmp/bb-texts-XXXXXX");
	assert_non_null(mkdtemp(dir));
	loop = loop_create(&clock);
	rest = fake_rest_create();
	begin();
	return 0;
}

static int teardown(void **state)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	texts_destroy(texts);
	fake_rest_destroy(rest);
	loop_destroy(loop);
	while ((e = readdir(d))) {
		unlinkat(dirfd(d), e->d_name, 0);
	}
	closedir(d);
	return rmdir(dir);
}

static char *path_of(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static bool exists(const char *name)
{
	_cleanup_free_ char *path = path_of(name);

	return access(path, F_OK) == 0;
}

static void put_file(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_of(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void nothing_is_asked_without_an_address(void **state)
{
	texts_set_url(texts, NULL);
	assert_text(NULL);
	assert_false(texts_lookup(texts)->speaks(texts_lookup(texts)->arg, "de"));
	assert_asked(0);
}

static void nothing_is_asked_before_a_code_is(void **state)
{
	pass(2 * DAY_MS);
	loop_turn(loop, false);
	assert_asked(0);
}

static void first_code_asks_and_the_answer_is_told(void **state)
{
	const struct fake_asked *q;

	assert_text(NULL);
	assert_asked(1);
	q = fake_rest_asked(rest);
	assert_string_equal(q->method, "GET");
	assert_int_equal(q->host, REST_ABSOLUTE);
	assert_true(q->anonymous);
	assert_string_equal(q->path, URL "/query.php");
	assert_string_equal(q->query, "{\"lang\":\"en\",\"v\":\"0\",\"d\":\"01P\"}");
	assert_text(NULL);
	assert_asked(1);
	answer(ANSWER("1", "The cover"));
	assert_string_equal(told, "01P");
	assert_text("The cover");
	assert_asked(1);
}

static void printers_of_a_prefix_share_a_catalogue(void **state)
{
	fill();
	assert_string_equal(find("01P00A999999999"), "The cover");
	assert_asked(1);
	assert_null(find("094000000000001"));
	assert_string_equal(
	    fake_rest_asked(rest)->query, "{\"lang\":\"en\",\"v\":\"0\",\"d\":\"094\"}");
}

static void own_words_are_shown_until_the_vendors_are_there(void **state)
{
	const struct hms_texts *t = texts_lookup(texts);

	assert_string_equal(hms_words(t, SERIAL, "en", 0x03001200, 0x00020001, "ours"), "ours");
	answer(ANSWER("1", "The cover"));
	assert_string_equal(
	    hms_words(t, SERIAL, "en", 0x03001205, 0x00020001, "ours"), "The cover");
	assert_string_equal(hms_words(t, SERIAL, "en", 0x03001200, 0x00020002, "ours"), "ours");
	assert_string_equal(hms_words(NULL, SERIAL, "en", 0x03001200, 0x00020001, "ours"), "ours");
	assert_string_equal(hms_words(t, NULL, "en", 0x03001200, 0x00020001, "ours"), "ours");
}

static void code_without_words_has_no_text(void **state)
{
	const struct hms_texts *t = texts_lookup(texts);

	assert_text(NULL);
	answer(ANSWER("1", ""));
	assert_null(hms_words(t, SERIAL, "en", 0x03001200, 0x00020001, "ours"));
}

static void vendor_is_asked_daily_and_only_with_the_version(void **state)
{
	fill();
	pass(DAY_MS - 1);
	assert_text("The cover");
	assert_asked(1);
	pass(1);
	assert_text("The cover");
	assert_asked(2);
	assert_string_equal(
	    fake_rest_asked(rest)->query, "{\"lang\":\"en\",\"v\":\"1\",\"d\":\"01P\"}");
	answer(SAME);
	assert_text("The cover");
	pass(DAY_MS);
	assert_text("The cover");
	answer(ANSWER("2", "Newer"));
	assert_text("Newer");
	assert_asked(3);
}

static void cache_serves_the_next_start_without_a_request(void **state)
{
	fill();
	pass(HOUR_MS);
	restart();
	assert_text("The cover");
	assert_asked(1);
	pass(DAY_MS - HOUR_MS);
	assert_text("The cover");
	assert_asked(2);
	answer(SAME);
	restart();
	assert_text("The cover");
	assert_asked(2);
}

static void clock_set_back_asks_once(void **state)
{
	fill();
	wall_ms -= 400 * DAY_MS;
	restart();
	assert_text("The cover");
	assert_asked(2);
	answer(SAME);
	restart();
	assert_text("The cover");
	assert_asked(2);
	wall_ms += 5 * 365 * DAY_MS;
	assert_text("The cover");
	assert_asked(2); /* while it runs the other clock counts */
}

static void failures_wait_an_hour_and_longer_each_time(void **state)
{
	static const int64_t hours[] = {1, 2, 4, 8, 16, 24, 24};

	for (size_t i = 0; i < ARRAY_SIZE(hours); i++) {
		assert_text(NULL);
		assert_asked((unsigned)i + 1);
		fake_rest_fail(rest, ERR_CLOUD_OFFLINE);
		pass(hours[i] * HOUR_MS - 1);
		assert_text(NULL);
		assert_asked((unsigned)i + 1);
		pass(1);
	}
}

static void failure_is_remembered_over_a_restart(void **state)
{
	assert_text(NULL);
	fake_rest_fail(rest, ERR_CLOUD_OFFLINE);
	for (int i = 0; i < 5; i++) {
		pass(HOUR_MS / 6);
		restart();
		assert_text(NULL);
		assert_asked(1);
	}
	pass(HOUR_MS / 6);
	assert_text(NULL);
	assert_asked(2);
	answer(ANSWER("1", "The cover"));
	assert_false(exists("texts-en-01P.tried"));
}

static void server_that_wants_more_time_gets_it(void **state)
{
	assert_text(NULL);
	fake_rest_retry_after(rest, 3 * HOUR_MS);
	fake_rest_fail(rest, ERR_CLOUD_BLOCKED);
	pass(3 * HOUR_MS - 1);
	assert_text(NULL);
	assert_asked(1);
	pass(1);
	assert_text(NULL);
	fake_rest_retry_after(rest, 4000 * DAY_MS);
	fake_rest_fail(rest, ERR_CLOUD_BLOCKED);
	pass(DAY_MS);
	assert_text(NULL);
	assert_asked(3);
}

static void all_together_ask_six_times_an_hour(void **state)
{
	char serial[] = "00A00A000000001";

	for (int i = 0; i < 20; i++) {
		serial[2] = (char)('A' + i);
		assert_null(find(serial));
	}
	assert_asked(6);
	pass(HOUR_MS);
	find(serial);
	assert_asked(6);
	pass(1);
	find(serial);
	assert_asked(7);
}

static void garbage_keeps_the_old(void **state)
{
	static const char *const bad[] = {NULL, "{}", "[]", "{\"result\":3,\"ver\":1}",
	    "{\"result\":0,\"ver\":9,\"data\":{\"device_hms\":{\"en\":[]}}}",
	    "{\"result\":0,\"ver\":9,\"data\":{\"device_hms\":{\"en\":[{\"ecode\":1}]}}}"};

	fill();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		pass(DAY_MS);
		assert_text("The cover");
		answer(bad[i]);
		assert_text("The cover");
	}
	assert_asked(1 + ARRAY_SIZE(bad));
	restart();
	assert_text("The cover");
}

static void up_to_date_with_nothing_is_no_answer(void **state)
{
	assert_text(NULL);
	answer(SAME);
	assert_true(exists("texts-en-01P.tried"));
	pass(HOUR_MS);
	assert_text(NULL);
	assert_asked(2);
}

static void damaged_cache_is_set_aside_and_fetched_anew(void **state)
{
	put_file("texts-en-01P", "bambud-texts 1 en 01P 1 1\n0300120000020001 forged\n");
	assert_text(NULL);
	assert_asked(1);
	assert_true(exists("texts-en-01P.bad"));
	assert_string_equal(
	    fake_rest_asked(rest)->query, "{\"lang\":\"en\",\"v\":\"0\",\"d\":\"01P\"}");
	answer(ANSWER("1", "The cover"));
	restart();
	assert_text("The cover");
	assert_asked(1);
}

static void cache_that_cannot_be_written_leaves_the_texts(void **state)
{
	_cleanup_free_ char *path = path_of(".texts-en-01P.new");

	assert_int_equal(mkdir(path, 0700), 0); /* unlink and open fail */
	fill();
	assert_text("The cover");
	assert_int_equal(rmdir(path), 0);
	pass(DAY_MS);
	assert_text("The cover");
	answer(SAME);
	assert_true(exists("texts-en-01P")); /* it is written with the next answer */
	restart();
	assert_text("The cover");
	assert_asked(2);
}

static void files_are_private(void **state)
{
	_cleanup_free_ char *path = path_of("texts-en-01P");
	struct stat st;

	fill();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void link_in_place_of_the_cache_is_not_followed(void **state)
{
	_cleanup_free_ char *target = path_of("elsewhere");
	_cleanup_free_ char *path = path_of("texts-en-01P");

	put_file("elsewhere", "mine");
	assert_int_equal(symlink(target, path), 0);
	fill();
	assert_text("The cover");
	assert_true(exists("elsewhere"));
	restart();
	assert_text("The cover");
}

static void strange_serials_and_languages_are_never_asked_about(void **state)
{
	const struct hms_texts *t = texts_lookup(texts);
	static const char *const serials[] = {
	    "", "01", "../etc", "0 1", "01p00", "\xc3\xbc\xc3\xbc"};
	static const char *const langs[] = {"", "..", "e", "EN", "xx", "en&d=1", "../../x"};

	for (size_t i = 0; i < ARRAY_SIZE(serials); i++) {
		assert_null(find(serials[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(langs); i++) {
		assert_null(t->find(t->arg, SERIAL, langs[i], true, COVER));
	}
	assert_asked(0);
}

static void another_language_is_another_catalogue(void **state)
{
	const struct hms_texts *t = texts_lookup(texts);

	fill();
	assert_null(t->find(t->arg, SERIAL, "de", true, COVER));
	assert_string_equal(
	    fake_rest_asked(rest)->query, "{\"lang\":\"de\",\"v\":\"0\",\"d\":\"01P\"}");
	answer("{\"result\":0,\"ver\":1,\"data\":{\"device_hms\":{\"de\":[{\"ecode\":"
	       "\"0300120000020001\",\"intro\":\"Deckel\"}]}}}");
	assert_string_equal(t->find(t->arg, SERIAL, "de", true, COVER), "Deckel");
	assert_text("The cover");
	assert_true(exists("texts-de-01P"));
}

static void memory_holds_so_many_catalogues(void **state)
{
	char serial[] = "00A00A000000001";

	fill();
	for (int i = 0; i < TEXTS_BOOKS_MAX; i++) {
		serial[1] = (char)('0' + i / 10);
		serial[2] = (char)('0' + i % 10);
		find(serial);
	}
	assert_text("The cover"); /* from its file again */
	assert_asked(6);
}

static void answer_that_is_read_belongs_to_one_who_may_be_gone(void **state)
{
	assert_text(NULL);
	fake_rest_answer(rest, 200, ANSWER("1", "The cover"));
	assert_text(NULL);
	assert_asked(1);
	texts_set_url(texts, "https://other.example");
	assert_string_equal(told, "");
	assert_text(NULL);
	assert_asked(2);
	answer(ANSWER("2", "Newer"));
	assert_text("Newer");
}

static void texts_end_while_an_answer_is_read(void **state)
{
	assert_text(NULL);
	fake_rest_answer(rest, 200, ANSWER("1", "The cover"));
	restart();
	assert_string_equal(told, "");
}

static void other_address_ends_what_is_under_way(void **state)
{
	assert_text(NULL);
	texts_set_url(texts, "https://other.example");
	assert_null(fake_rest_asked(rest));
	assert_text(NULL);
	assert_string_equal(fake_rest_asked(rest)->path, "https://other.example/query.php");
	texts_set_url(texts, NULL);
	assert_null(fake_rest_asked(rest));
	assert_text(NULL);
	assert_asked(2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_is_asked_without_an_address),
	    TEST(nothing_is_asked_before_a_code_is),
	    TEST(first_code_asks_and_the_answer_is_told),
	    TEST(printers_of_a_prefix_share_a_catalogue),
	    TEST(own_words_are_shown_until_the_vendors_are_there),
	    TEST(code_without_words_has_no_text),
	    TEST(vendor_is_asked_daily_and_only_with_the_version),
	    TEST(cache_serves_the_next_start_without_a_request),
	    TEST(clock_set_back_asks_once),
	    TEST(failures_wait_an_hour_and_longer_each_time),
	    TEST(failure_is_remembered_over_a_restart),
	    TEST(server_that_wants_more_time_gets_it),
	    TEST(all_together_ask_six_times_an_hour),
	    TEST(garbage_keeps_the_old),
	    TEST(up_to_date_with_nothing_is_no_answer),
	    TEST(damaged_cache_is_set_aside_and_fetched_anew),
	    TEST(cache_that_cannot_be_written_leaves_the_texts),
	    TEST(files_are_private),
	    TEST(link_in_place_of_the_cache_is_not_followed),
	    TEST(strange_serials_and_languages_are_never_asked_about),
	    TEST(another_language_is_another_catalogue),
	    TEST(memory_holds_so_many_catalogues),
	    TEST(other_address_ends_what_is_under_way),
	    TEST(answer_that_is_read_belongs_to_one_who_may_be_gone),
	    TEST(texts_end_while_an_answer_is_read),
	};

	return cmocka_run_group_tests_name("texts", tests, NULL, NULL);
}
