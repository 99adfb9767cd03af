/* SPDX-License-Identifier: MIT */
/* The event log on disk: what was told is there after any end, and numbers are given once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"
#include "daemon/io/loop.h"
#include "daemon/model/hub.h"
#include "daemon/store/event_log.h"

#define BOOT "0123456789abcdef0123456789abcdef"
#define WALL 1795395723000

static struct {
	char dir[32];
	char mark[48];
	struct loop *loop;
	struct event_log *log;
	struct hub *hub;
	int64_t now_ms;
} t;

static int64_t clock_mono(void *arg)
{
	return t.now_ms;
}

static int64_t clock_wall(void *arg)
{
	return WALL + t.now_ms;
}

static void start(const char *boot)
{
	static const struct loop_clock clock = {clock_mono, clock_wall, NULL};

	t.loop = loop_create(&clock);
	t.log = event_log_open(t.loop, t.dir, boot, t.mark);
	t.hub = hub_create(event_log_epoch(t.log), event_log_next_seq(t.log), NULL, NULL);
	event_log_attach(t.log, t.hub);
}

static void stop(void)
{
	event_log_close(t.log);
	hub_destroy(t.hub);
	loop_destroy(t.loop);
}

/* As kill -9: nothing of an end is written. */
static void kill_it(void)
{
	_cleanup_free_ char *keep =
	    xasprintf("ulimit -S -f unlimited; cp -a %s/events %s/kept", t.dir, t.dir);
	_cleanup_free_ char *back =
	    xasprintf("rm -rf %s/events && mv %s/kept %s/events", t.dir, t.dir, t.dir);

	assert_int_equal(system(keep), 0);
	stop();
	assert_int_equal(system(back), 0);
}

static int set_up(void **state)
{
	/* Thousands of syncs: in memory where that is possible. */
	str_copy(t.dir, sizeof(t.dir),
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm/bb-elog-XXXXXX" : "/tmp/bb-elog-XXXXXX");
	t.now_ms = 1000;
	if (!mkdtemp(t.dir)) {
		return -1;
	}
	snprintf(t.mark, sizeof(t.mark), "%s/mark", t.dir);
	return 0;
}

static int tear_down(void **state)
{
	_cleanup_free_ char *command = xasprintf("chmod -R u+rwx %s; rm -rf %s", t.dir, t.dir);

	return system(command);
}

static uint64_t file_event(const char *data)
{
	t.now_ms += 10;
	return hub_event(t.hub, EVENT_DOOR_OPENED, "p1", "01P00A000000001", data, WALL + t.now_ms);
}

static void file_many(unsigned count)
{
	while (count-- > 0) {
		file_event("{\"n\":1}");
	}
}

static void let_pass(int64_t ms)
{
	for (int64_t end = t.now_ms + ms; t.now_ms < end; t.now_ms += 250) {
		loop_turn(t.loop, false);
	}
	loop_turn(t.loop, false);
}

static struct event_log_status status(void)
{
	struct event_log_status s;

	event_log_status(t.log, &s);
	return s;
}

/* Path of the i-th file of a pattern in the folder, "" when there is none; the last with -1. */
static char *file_at(const char *pattern, int i)
{
	_cleanup_free_ char *path = xasprintf("%s/events/%s", t.dir, pattern);
	char *found = xstrdup("");
	glob_t g;

	if (glob(path, 0, NULL, &g) == 0) {
		i = i < 0 ? (int)g.gl_pathc - 1 : i;
		if ((size_t)i < g.gl_pathc) {
			free(found);
			found = xstrdup(g.gl_pathv[i]);
		}
		globfree(&g);
	}
	return found;
}

static char *slurp(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "re");
	char *buf = xmalloc(4 * 1024 * 1024);

	assert_non_null(f);
	*ret_len = fread(buf, 1, 4 * 1024 * 1024, f);
	fclose(f);
	return buf;
}

static void spill(const char *path, const char *buf, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(buf, 1, len, f), len);
	fclose(f);
}

/* Every number from..to is in the log, once, in order. */
static void assert_holds(uint64_t from, uint64_t to)
{
	const struct hub_event *e;

	for (uint64_t seq = from; seq <= to; seq++) {
		e = event_log_next(t.log, seq - 1);
		assert_non_null(e);
		assert_int_equal(e->seq, seq);
		assert_string_equal(e->printer, "p1");
	}
	assert_null(event_log_next(t.log, to));
}

static void numbers_and_events_go_on_after_an_end(void **state)
{
	uint32_t epoch;
	struct stat st;
	_cleanup_free_ char *folder = xasprintf("%s/events", t.dir);

	start(BOOT);
	epoch = event_log_epoch(t.log);
	assert_int_equal(event_log_next_seq(t.log), 1);
	file_event("{\"a\":[1,\"x\"]}");
	file_many(199);
	stop();
	start("fedcba9876543210fedcba9876543210");
	assert_int_equal(event_log_epoch(t.log), epoch);
	assert_int_equal(event_log_next_seq(t.log), 201);
	assert_holds(1, 200);
	assert_string_equal(event_log_next(t.log, 0)->data, "{\"a\":[1,\"x\"]}");
	assert_int_equal(hub_first_seq(t.hub), 1);
	assert_int_equal(file_event("{}"), 201);
	assert_holds(1, 201);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	free(folder);
	folder = file_at("*.log", 0);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	stop();
}

static void kill_leaves_every_number_and_gives_none_twice(void **state)
{
	start(BOOT);
	file_many(70);
	kill_it();
	start(BOOT);
	assert_int_equal(event_log_next_seq(t.log), 71);
	assert_holds(1, 70);
	stop();
}

static void crash_of_the_machine_passes_numbers_over(void **state)
{
	static const char *const others[] = {"ffffffffffffffffffffffffffffffff", NULL, "no id"};
	uint64_t expected = 71;

	start(BOOT);
	file_many(70);
	kill_it();
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		start(others[i]);
		expected += EVENT_LOG_SKIP;
		assert_int_equal(event_log_next_seq(t.log), expected);
		assert_non_null(event_log_next(t.log, 69));
		kill_it();
	}
	/* And what was given behind the gap is not given again when it did not get to the disk. */
	start(NULL);
	assert_int_equal(event_log_next_seq(t.log), expected + EVENT_LOG_SKIP);
	stop();
	start(NULL);
	assert_int_equal(event_log_next_seq(t.log), expected + EVENT_LOG_SKIP);
	stop();
}

static void lost_folder_is_another_epoch(void **state)
{
	_cleanup_free_ char *command = xasprintf("rm -r %s/events", t.dir);
	uint32_t epoch;

	start(BOOT);
	epoch = event_log_epoch(t.log);
	file_many(3);
	stop();
	assert_int_equal(system(command), 0);
	start(BOOT);
	assert_int_not_equal(event_log_epoch(t.log), epoch);
	assert_int_equal(event_log_next_seq(t.log), 1);
	stop();
}

/* Cut anywhere in the last record, or flipped anywhere in the file. */
static void every_cut_of_the_end_loses_only_what_is_cut(void **state)
{
	_cleanup_free_ char *whole = NULL, *path = NULL;
	size_t len, before;

	start(BOOT);
	file_many(4);
	kill_it();
	path = file_at("*.log", 0);
	whole = slurp(path, &len);
	before = len - 1;
	while (whole[before - 1] != '\n') {
		before--;
	}
	for (size_t cut = before; cut < len; cut++) {
		spill(path, whole, cut);
		start(BOOT);
		assert_int_equal(event_log_next_seq(t.log), 4);
		assert_holds(1, 3);
		assert_int_equal(file_event("{}"), 4);
		assert_int_equal(status().damaged, 0);
		kill_it();
		start(BOOT);
		assert_holds(1, 4);
		stop();
	}
}

static void flip_anywhere_loses_one_event_and_gives_no_number_twice(void **state)
{
	_cleanup_free_ char *whole = NULL, *path = NULL, *bad = NULL;
	size_t len;

	start(BOOT);
	file_many(4);
	kill_it();
	path = file_at("*.log", 0);
	whole = slurp(path, &len);
	for (size_t at = 0; at < len; at += 1) {
		uint64_t next;
		unsigned held = 0;

		whole[at] ^= 1 << at % 8;
		spill(path, whole, len);
		whole[at] ^= 1 << at % 8;
		start(BOOT);
		next = event_log_next_seq(t.log);
		assert_true(next > 4);
		for (const struct hub_event *e = event_log_next(t.log, 0); e;
		     e = event_log_next(t.log, e->seq)) {
			held++;
		}
		assert_in_range(held, 2, 4); /* a lost newline joins two */
		assert_int_equal(file_event("{}"), next);
		stop();
		free(TAKE(bad));
		bad = file_at("*.log", 1);
		if (*bad) {
			unlink(bad);
		}
	}
	free(bad);
	bad = file_at("*.bad-*", 3);
	assert_string_equal(bad, ""); /* few are kept */
}

static void ring_of_segments_is_bounded_and_found_by_number(void **state)
{
	char data[2048];
	uint64_t last = 0, first;
	struct event_log_status s;

	snprintf(data, sizeof(data), "{\"x\":\"%01900d\"}", 0);
	start(BOOT);
	for (unsigned i = 0; i < 12000; i++) {
		last = file_event(data);
	}
	s = status();
	assert_in_range(s.bytes, EVENT_LOG_BYTES_MAX / 2, EVENT_LOG_BYTES_MAX);
	first = s.first_seq;
	assert_true(first > 1);
	kill_it();
	start(BOOT);
	assert_int_equal(event_log_next(t.log, 0)->seq, first);
	assert_holds(first, last);
	for (uint64_t seq = first; seq < last; seq += 997) {
		const struct hub_event *e = event_log_next(t.log, seq);
		int64_t wall_ms = e->wall_ms;

		assert_int_equal(e->seq, seq + 1);
		assert_int_equal(event_log_cursor_at(t.log, wall_ms - 1), seq);
		assert_int_equal(event_log_cursor_at(t.log, wall_ms), seq + 1);
	}
	assert_true(event_log_cursor_at(t.log, WALL + t.now_ms) == UINT64_MAX);
	stop();
}

static void pages_lead_back_to_the_beginning(void **state)
{
	uint64_t after, before = 201;
	unsigned pages = 0;

	start(BOOT);
	file_many(200);
	for (; event_log_back(t.log, before, &after); before = after + 1) {
		assert_in_range(before - after - 1, 1, 64);
		pages++;
	}
	assert_int_equal(before, 1);
	assert_int_equal(pages, 4);
	stop();
}

static void limit_files_to(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static unsigned count_kind(enum event_kind kind)
{
	unsigned count = 0;

	for (const struct hub_event *e = hub_next(t.hub, 0); e; e = hub_next(t.hub, e->seq)) {
		count += e->kind == kind;
	}
	return count;
}

static void full_disk_is_told_once_and_caught_up_with(void **state)
{
	const struct hub_event *e;
	unsigned held = 0;

	start(BOOT);
	file_many(5);
	limit_files_to(1024);
	file_many(50);
	let_pass(5000);
	assert_int_equal(count_kind(EVENT_DISK_FULL), 1);
	assert_string_equal(status().error, strerror(EFBIG));
	limit_files_to(RLIM_INFINITY);
	let_pass(31000);
	assert_null(status().error);
	assert_int_equal(count_kind(EVENT_DISK_RECOVERED), 1);
	for (e = event_log_next(t.log, 0); e; e = event_log_next(t.log, e->seq)) {
		assert_int_equal(e->seq, ++held);
	}
	assert_int_equal(held, 57);
	kill_it();
	start(BOOT);
	assert_int_equal(event_log_next_seq(t.log), 58);
	assert_int_equal(status().damaged, 0);
	stop();
}

static void numbers_told_on_a_full_disk_are_not_given_again(void **state)
{
	uint64_t told;

	start(BOOT);
	file_many(5);
	limit_files_to(1024);
	file_many(50);
	told = hub_last_seq(t.hub);
	kill_it();
	limit_files_to(RLIM_INFINITY);
	start(BOOT);
	assert_true(event_log_next_seq(t.log) > told);
	stop();
}

/* Read-only or broken: the header cannot be changed either. */
static void numbers_told_on_a_dead_disk_are_not_given_again(void **state)
{
	uint64_t told;

	for (unsigned i = 0; i < 2; i++) {
		start(BOOT);
		file_many(5);
		limit_files_to(0);
		file_many(50);
		told = hub_last_seq(t.hub);
		assert_int_equal(access(t.mark, F_OK), 0);
		if (i == 0) {
			kill_it();
		} else {
			stop();
		}
		limit_files_to(RLIM_INFINITY);
		start(BOOT);
		assert_true(event_log_next_seq(t.log) > told);
		assert_int_equal(access(t.mark, F_OK), -1);
		stop();
	}
}

static void mark_of_a_dead_disk_goes_with_its_recovery(void **state)
{
	start(BOOT);
	limit_files_to(0);
	file_many(50);
	limit_files_to(RLIM_INFINITY);
	assert_int_equal(access(t.mark, F_OK), 0);
	let_pass(31000);
	assert_null(status().error);
	assert_int_equal(access(t.mark, F_OK), -1);
	stop();
}

static void mark_of_another_log_is_not_obeyed(void **state)
{
	uint64_t next;

	start(BOOT);
	file_many(5);
	next = event_log_next_seq(t.log) + 5;
	kill_it();
	spill(t.mark, "7\n", 2);
	start(BOOT);
	assert_int_equal(event_log_next_seq(t.log), next);
	assert_int_equal(access(t.mark, F_OK), -1);
	stop();
}

static void folder_that_cannot_be_made_is_tried_again(void **state)
{
	_cleanup_free_ char *path = xasprintf("%s/events", t.dir);

	spill(path, "", 0); /* a file is in the way */
	start(BOOT);
	assert_non_null(status().error);
	file_many(3);
	let_pass(1000);
	assert_int_equal(count_kind(EVENT_DISK_FULL), 1);
	unlink(path);
	let_pass(31000);
	assert_null(status().error);
	assert_int_equal(event_log_next(t.log, 0)->seq, 1);
	assert_int_equal(status().last_seq, 5);
	stop();
	start(BOOT);
	assert_int_equal(event_log_next_seq(t.log), 6);
	stop();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(numbers_and_events_go_on_after_an_end),
	    TEST(kill_leaves_every_number_and_gives_none_twice),
	    TEST(crash_of_the_machine_passes_numbers_over),
	    TEST(lost_folder_is_another_epoch),
	    TEST(every_cut_of_the_end_loses_only_what_is_cut),
	    TEST(flip_anywhere_loses_one_event_and_gives_no_number_twice),
	    TEST(ring_of_segments_is_bounded_and_found_by_number),
	    TEST(pages_lead_back_to_the_beginning),
	    TEST(full_disk_is_told_once_and_caught_up_with),
	    TEST(numbers_told_on_a_full_disk_are_not_given_again),
	    TEST(numbers_told_on_a_dead_disk_are_not_given_again),
	    TEST(mark_of_a_dead_disk_goes_with_its_recovery),
	    TEST(mark_of_another_log_is_not_obeyed),
	    TEST(folder_that_cannot_be_made_is_tried_again),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
