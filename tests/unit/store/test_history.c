/* SPDX-License-Identifier: MIT */
/* What events make of the history: every way a print begins, goes on and ends; each event counts
 * once; a damaged file never counts for more than it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util.h"
#include "daemon/store/history_db.h"

#define WALL 1795395723000

static struct {
	char dir[32];
	struct history_db *db;
	struct history_batch batch;
	uint64_t seq;
	struct history_answer got;
} t;

static int set_up(void **state)
{
	memset(&t, 0, sizeof(t));
	str_copy(t.dir, sizeof(t.dir), "/tmp/bb-hist-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	t.db = history_db_create(t.dir);
	return 0;
}

static int tear_down(void **state)
{
	_cleanup_free_ char *clean = xasprintf("rm -rf %s", t.dir);

	history_batch_finish(&t.batch);
	history_answer_finish(&t.got);
	history_db_destroy(t.db);
	return system(clean);
}

static void reopen(void)
{
	history_db_destroy(t.db);
	t.db = history_db_create(t.dir);
}

/* An event a second; quotes as '. */
static void tell(enum event_kind kind, const char *data)
{
	struct history_batch *b = &t.batch;
	char *text = xstrdup(data);

	for (char *p = text; *p; p++) {
		*p = *p == '\'' ? '"' : *p;
	}
	b->items = xrealloc(b->items, (b->count + 1) * sizeof(*b->items));
	t.seq++;
	b->items[b->count++] = (struct history_item){.kind = kind,
	    .seq = t.seq,
	    .wall_ms = WALL + (int64_t)t.seq * 1000,
	    .printer = xstrdup("p1"),
	    .serial = xstrdup("S1"),
	    .data = text};
}

static int record(void)
{
	t.batch.epoch = 7;
	t.batch.upto = t.seq;
	t.batch.keep = t.batch.keep > 0 ? t.batch.keep : 100;
	return history_db_record(t.db, &t.batch);
}

static void record_all(void)
{
	assert_int_equal(record(), 0);
	history_batch_finish(&t.batch);
}

/* All of them, newest first. */
static const struct history_print *list(size_t count)
{
	struct history_query q = {.question = HISTORY_LIST, .since_ms = -1, .limit = 100};

	history_answer_finish(&t.got);
	assert_int_equal(history_db_read(t.db, &q, &t.got), 0);
	assert_int_equal(t.got.print_count, count);
	return t.got.prints;
}

static void a_print_has_what_was_seen_of_it(void **state)
{
	const struct history_print *p;

	tell(EVENT_PRINT_STARTED, "{'job':'a','file':'a.3mf','tray':{'tray':3,'type':'ABS'}}");
	tell(EVENT_AMS_TRAY_CHANGED,
	    "{'from':null,'to':{'unit':0,'label':'A','slot':1,'tray':1,'type':'PLA','color':'F'}}");
	tell(EVENT_PRINT_LAYER, "{'job':'a','percent':4,'layer':2,'total_layers':9,"
				"'tray':{'tray':1,'type':'PLA','color':'F'}}");
	tell(EVENT_PRINT_FAILED, "{'job':'a','reason':'why','code':'0300','before_print':false}");
	record_all();
	p = list(1);
	assert_int_equal(p->epoch, 7);
	assert_int_equal(p->seq, 1);
	assert_int_equal(p->started_ms, WALL + 1000);
	assert_int_equal(p->ended_ms, WALL + 4000);
	assert_int_equal(p->duration_s, 3);
	assert_int_equal(p->result, HISTORY_FAILED);
	assert_string_equal(p->code, "0300");
	assert_int_equal(p->layer, 2);
	/* What was loaded before the job fed anything is no filament of it. */
	assert_string_equal(p->filament, "[{\"tray\":1,\"unit\":0,\"slot\":1,\"label\":\"A\","
					 "\"type\":\"PLA\",\"color\":\"F\"}]");
}

static void an_end_without_a_start_invents_none(void **state)
{
	const struct history_print *p;

	tell(EVENT_PRINT_FINISHED, "{'job':'a','duration_s':null}");
	tell(EVENT_PRINT_FINISHED, "{'job':'b','duration_s':2}");
	record_all();
	p = list(2);
	assert_int_equal(p[0].started_ms, WALL); /* the event says how long it took */
	assert_int_equal(p[1].started_ms, -1);
	assert_int_equal(p[1].duration_s, -1);
	assert_int_equal(p[1].ended_ms, WALL + 1000);
}

static void a_start_over_another_leaves_it_unknown(void **state)
{
	const struct history_print *p;

	tell(EVENT_PRINT_STARTED, "{'job':'a'}");
	tell(EVENT_PRINT_STARTED, "{'job':'b','late':true}");
	record_all();
	p = list(2);
	assert_int_equal(p[1].result, HISTORY_UNKNOWN);
	assert_int_equal(p[1].ended_ms, -1);
	assert_int_equal(p[0].result, HISTORY_RUNNING);
	assert_int_equal(p[0].started_ms, -1);
	assert_true(p[0].late);
}

static void a_late_end_of_another_name_is_another_print(void **state)
{
	const struct history_print *p;

	tell(EVENT_PRINT_STARTED, "{'job':'a'}");
	tell(EVENT_PRINT_FINISHED, "{'job':'b','late':true}");
	record_all();
	p = list(2);
	assert_int_equal(p[1].result, HISTORY_UNKNOWN);
	assert_int_equal(p[0].result, HISTORY_FINISHED);
	assert_int_equal(p[0].ended_ms, -1);
}

static void after_lost_events_the_name_says_which_print_it_is(void **state)
{
	const struct history_print *p;

	tell(EVENT_PRINT_STARTED, "{'job':'a'}");
	record_all();
	t.batch.gap = true;
	tell(EVENT_PRINT_LAYER, "{'job':'a','layer':5}");
	record_all();
	list(1);
	t.batch.gap = true;
	tell(EVENT_PRINT_LAYER, "{'job':'b','layer':5}");
	record_all();
	p = list(2);
	assert_int_equal(p[1].result, HISTORY_UNKNOWN);
	assert_string_equal(p[0].job, "b");
	assert_int_equal(p[0].started_ms, -1);
}

static void what_is_told_twice_counts_once(void **state)
{
	tell(EVENT_PRINT_STARTED, "{'job':'a'}");
	tell(EVENT_PRINT_FINISHED, "{'job':'a'}");
	assert_int_equal(record(), 0);
	reopen(); /* as after a kill behind the commit */
	assert_int_equal(record(), 0);
	history_batch_finish(&t.batch);
	list(1);
}

static void the_oldest_go(void **state)
{
	for (int i = 0; i < 5; i++) {
		tell(EVENT_PRINT_STARTED, "{'job':'a'}");
		tell(EVENT_PRINT_FINISHED, "{'job':'a'}");
	}
	t.batch.keep = 2;
	record_all();
	assert_int_equal(list(2)[1].seq, 7);
}

static void flipped_bytes_are_set_aside_or_harmless(void **state)
{
	_cleanup_free_ char *path = xasprintf("%s/history.sqlite", t.dir);
	struct stat st;

	for (int i = 0; i < 30; i++) {
		tell(EVENT_PRINT_STARTED, "{'job':'a'}");
		tell(EVENT_PRINT_FINISHED, "{'job':'a'}");
	}
	record_all();
	reopen();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	for (off_t at = 0; at < st.st_size; at += 509) {
		struct history_query q = {.question = HISTORY_LIST, .since_ms = -1, .limit = 100};
		uint32_t epoch = 9;
		uint64_t seq = 9;
		int fd = open(path, O_RDWR | O_CLOEXEC), r;
		unsigned char byte;

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 0x55;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		close(fd);
		r = history_db_cursor(t.db, &epoch, &seq);
		assert_true(r == 0 || r == -EAGAIN);
		history_answer_finish(&t.got);
		r = history_db_read(t.db, &q, &t.got);
		assert_true(r == 0 || r == -EAGAIN);
		assert_true(t.got.print_count <= 30);
		if (stat(path, &st) == 0) {
			tell(EVENT_PRINT_STARTED, "{'job':'z'}");
			r = record();
			assert_true(r == 0 || r == -EAGAIN);
			history_batch_finish(&t.batch);
		}
		reopen();
	}
}

static void what_is_no_database_is_set_aside(void **state)
{
	_cleanup_free_ char *path = xasprintf("%s/history.sqlite", t.dir);
	FILE *f = fopen(path, "w");
	uint32_t epoch;
	uint64_t seq;

	fputs("this is no database, but a text that is long enough to be looked at\n", f);
	fclose(f);
	assert_int_equal(history_db_cursor(t.db, &epoch, &seq), -EAGAIN);
	assert_int_equal(history_db_cursor(t.db, &epoch, &seq), 0);
	assert_int_equal(seq, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_print_has_what_was_seen_of_it),
	    T(an_end_without_a_start_invents_none),
	    T(a_start_over_another_leaves_it_unknown),
	    T(a_late_end_of_another_name_is_another_print),
	    T(after_lost_events_the_name_says_which_print_it_is),
	    T(what_is_told_twice_counts_once),
	    T(the_oldest_go),
	    T(flipped_bytes_are_set_aside_or_harmless),
	    T(what_is_no_database_is_set_aside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
