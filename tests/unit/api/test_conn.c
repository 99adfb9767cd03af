/* SPDX-License-Identifier: MIT */
/* One connection over a socket pair: lines in, bounded output, every end on its own clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/proto.h"
#include "daemon/api/conn.h"

static int64_t now_ms;

static int64_t fake_ms(void *arg)
{
	return now_ms;
}

struct bench {
	struct loop *loop;
	struct conn_handler handler;
	struct conn *conn; /* NULL when gone */
	int peer;
	unsigned lines, overlong, drained, gone;
	unsigned lines_in_turn, lines_in_turn_max;
	char last[256];
	size_t last_len;
	size_t reply; /* bytes answered to each line */
	bool close_on_line;
};

static void on_line(void *arg, struct conn *c, char *line, size_t len)
{
	struct bench *b = arg;

	b->lines++;
	b->lines_in_turn++;
	b->last_len = len;
	snprintf(b->last, sizeof(b->last), "%s", line);
	if (b->close_on_line) {
		conn_close(c, "test");
	}
	if (b->reply > 0) {
		char *text = xmalloc(b->reply);

		memset(text, 'r', b->reply);
		conn_send(c, text, b->reply);
		free(text);
	}
}

static void on_overlong(void *arg, struct conn *c)
{
	struct bench *b = arg;

	b->overlong++;
	conn_send(c, "too long\n", 9);
}

static void on_drained(void *arg, struct conn *c)
{
	((struct bench *)arg)->drained++;
}

static void on_gone(void *arg, struct conn *c)
{
	struct bench *b = arg;

	b->gone++;
	b->conn = NULL;
}

static int setup(void **state)
{
	static const struct loop_clock clock = {fake_ms, fake_ms, NULL};
	struct bench *b = xcalloc(1, sizeof(*b));
	struct peer peer = {0};
	int fds[2];

	now_ms = 1000;
	b->loop = loop_create(&clock);
	b->handler = (struct conn_handler){on_line, on_overlong, on_drained, on_gone, b};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	b->peer = fds[1];
	b->conn = conn_create(b->loop, fds[0], &peer, &b->handler);
	assert_non_null(b->conn);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	conn_destroy(b->conn);
	loop_destroy(b->loop);
	if (b->peer >= 0) {
		close(b->peer);
	}
	free(b);
	return 0;
}

static void turn(struct bench *b, unsigned turns)
{
	while (turns-- > 0) {
		b->lines_in_turn = 0;
		loop_turn(b->loop, false);
		if (b->lines_in_turn > b->lines_in_turn_max) {
			b->lines_in_turn_max = b->lines_in_turn;
		}
	}
}

static void say(struct bench *b, const char *bytes, size_t len)
{
	assert_int_equal(send(b->peer, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL), len);
}

/* All the peer can read now; -1 at the end of the stream. */
static ssize_t hear(struct bench *b, char *buf, size_t size)
{
	size_t total = 0;

	while (total < size) {
		ssize_t n = recv(b->peer, buf + total, size - total, MSG_DONTWAIT);

		if (n <= 0) {
			return n == 0 && total == 0 ? -1 : (ssize_t)total;
		}
		total += (size_t)n;
	}
	return (ssize_t)total;
}

static void conn_hands_over_whole_lines_in_order(void **state)
{
	struct bench *b = *state;

	say(b, "one\n\n\r\ntwo\r\nthr", 15);
	turn(b, 2);
	assert_int_equal(b->lines, 2);
	assert_string_equal(b->last, "two");
	say(b, "ee\n", 3);
	turn(b, 2);
	assert_string_equal(b->last, "three");
	assert_int_equal(b->lines, 3);
}

static void conn_answers_at_most_64_lines_a_callback(void **state)
{
	struct bench *b = *state;
	char text[400];

	for (int i = 0; i < 200; i++) {
		memcpy(text + 2 * i, "x\n", 2);
	}
	say(b, text, sizeof(text));
	turn(b, 1);
	assert_true(b->lines >= CONN_REQUESTS_MAX);
	turn(b, 10);
	assert_int_equal(b->lines, 200);
	/* One round has one input event and one zero timer. */
	assert_true(b->lines_in_turn_max <= 2 * CONN_REQUESTS_MAX);
}

static void conn_answers_what_came_before_a_line_too_long(void **state)
{
	struct bench *b = *state;
	size_t size = PROTO_LINE_MAX + 100;
	char *text = xmalloc(size), heard[64];

	memset(text, 'a', size);
	memcpy(text, "first\n", 6);
	b->reply = 3;
	say(b, text, size);
	turn(b, 10);
	assert_int_equal(b->lines, 1);
	assert_int_equal(b->overlong, 1);
	assert_int_equal(b->gone, 1);
	assert_int_equal(hear(b, heard, sizeof(heard)), 12);
	assert_memory_equal(heard, "rrrtoo long\n", 12);
	free(text);
}

static void conn_takes_a_line_of_exactly_64_kib(void **state)
{
	struct bench *b = *state;
	char *text = xmalloc(PROTO_LINE_MAX + 1);

	memset(text, 'a', PROTO_LINE_MAX);
	text[PROTO_LINE_MAX] = '\n';
	say(b, text, PROTO_LINE_MAX + 1);
	turn(b, 10);
	assert_int_equal(b->lines, 1);
	assert_int_equal(b->last_len, PROTO_LINE_MAX);
	assert_int_equal(b->overlong, 0);
	free(text);
}

static void conn_ends_when_a_line_stays_unfinished_for_10_s(void **state)
{
	struct bench *b = *state;

	/* One byte a second: the clock runs from the first. */
	for (int i = 0; i < 10; i++) {
		say(b, "x", 1);
		turn(b, 2);
		assert_int_equal(b->gone, 0);
		now_ms += 1000;
	}
	turn(b, 3);
	assert_int_equal(b->gone, 1);
}

static void conn_idle_and_finished_lines_have_no_clock(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 5; i++) {
		say(b, "half", 4);
		turn(b, 2);
		now_ms += 9000;
		turn(b, 2);
		say(b, "\n", 1);
		turn(b, 2);
	}
	now_ms += 3600 * 1000;
	turn(b, 3);
	assert_int_equal(b->lines, 5);
	assert_int_equal(b->gone, 0);
}

static void conn_stops_taking_requests_while_replies_are_unread(void **state)
{
	struct bench *b = *state;
	char *sink = xmalloc(64 * 1024);
	size_t heard = 0;

	b->reply = 100 * 1024;
	for (int i = 0; i < 100; i++) {
		say(b, "ask\n", 4);
	}
	turn(b, 20);
	assert_true(b->lines < 10);
	assert_true(conn_queued(b->conn) < CONN_OUT_PAUSE + b->reply);
	for (int i = 0; i < 10000 && heard < 100 * b->reply; i++) {
		ssize_t n = hear(b, sink, 64 * 1024);

		assert_true(n >= 0);
		heard += (size_t)n;
		turn(b, 1);
	}
	assert_int_equal(b->lines, 100);
	assert_int_equal(heard, 100 * b->reply);
	assert_true(b->drained > 0);
	free(sink);
}

static void conn_closes_a_client_that_reads_nothing_for_30_s(void **state)
{
	struct bench *b = *state;

	b->reply = 2 * CONN_OUT_UNREAD;
	say(b, "ask\n", 4);
	turn(b, 3);
	now_ms += CONN_UNREAD_MS - 1;
	turn(b, 3);
	assert_int_equal(b->gone, 0);
	now_ms += 1;
	turn(b, 3);
	assert_int_equal(b->gone, 1);
}

static void conn_that_reads_slowly_is_kept(void **state)
{
	struct bench *b = *state;
	char *sink = xmalloc(300 * 1024);

	b->reply = 4 * CONN_OUT_UNREAD;
	say(b, "ask\n", 4);
	for (int i = 0; i < 5; i++) {
		turn(b, 3);
		now_ms += CONN_UNREAD_MS - 1000;
		assert_true(hear(b, sink, 300 * 1024) > 0);
	}
	turn(b, 3);
	assert_int_equal(b->gone, 0);
	free(sink);
}

static void conn_writes_everything_after_the_end_of_input(void **state)
{
	struct bench *b = *state;
	char *sink = xmalloc(64 * 1024);
	size_t heard = 0;
	ssize_t n;

	b->reply = 300 * 1024;
	say(b, "a\nb\nc\n", 6);
	shutdown(b->peer, SHUT_WR);
	for (int i = 0; i < 1000; i++) {
		turn(b, 1);
		n = hear(b, sink, 64 * 1024);
		if (n < 0) {
			break;
		}
		heard += (size_t)n;
	}
	turn(b, 2);
	assert_int_equal(heard, 3 * b->reply);
	assert_int_equal(b->gone, 1);
	free(sink);
}

static void conn_may_be_closed_by_its_own_line(void **state)
{
	struct bench *b = *state;

	b->close_on_line = true;
	b->reply = 10;
	say(b, "a\nb\n", 4);
	turn(b, 3);
	assert_int_equal(b->lines, 1);
	assert_int_equal(b->gone, 1);
}

static void conn_survives_a_peer_that_dies_while_written_to(void **state)
{
	struct bench *b = *state;

	close(b->peer);
	b->peer = -1;
	conn_send(b->conn, "event\n", 6);
	conn_send(b->conn, "event\n", 6);
	assert_false(conn_wants_more(b->conn));
	turn(b, 3);
	assert_int_equal(b->gone, 1);
}

static void conn_over_64_mib_is_closed_at_once(void **state)
{
	struct bench *b = *state;

	b->reply = CONN_OUT_MAX / 2 + 1;
	conn_cork(b->conn);
	on_line(b, b->conn, (char *)"x", 1);
	assert_false(b->conn->closing);
	on_line(b, b->conn, (char *)"x", 1);
	on_line(b, b->conn, (char *)"x", 1);
	conn_uncork(b->conn);
	turn(b, 2);
	assert_int_equal(b->gone, 1);
}

static void conn_drain_answers_what_has_come_and_takes_no_more(void **state)
{
	struct bench *b = *state;
	char lines[4 * 100], buf[1000];
	ssize_t n;

	memset(lines, '\n', sizeof(lines));
	for (size_t i = 0; i < sizeof(lines); i += 4) {
		memcpy(lines + i, "abc", 3);
	}
	b->reply = 1;
	say(b, lines, sizeof(lines)); /* more than one callback answers */
	conn_drain(b->conn);
	assert_int_equal(b->lines, 100);
	n = hear(b, buf, sizeof(buf));
	assert_int_equal(n, 100);
	assert_int_equal(send(b->peer, "late\n", 5, MSG_DONTWAIT | MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	turn(b, 2);
	assert_int_equal(b->lines, 100);
	assert_int_equal(b->gone, 1);
}

static void conn_drain_leaves_a_client_that_does_not_read(void **state)
{
	struct bench *b = *state;

	b->reply = CONN_OUT_PAUSE;
	say(b, "a\nb\nc\n", 6);
	conn_drain(b->conn);
	assert_in_range(b->lines, 1, 2);
	assert_true(conn_queued(b->conn) > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(conn_hands_over_whole_lines_in_order),
	    TEST(conn_answers_at_most_64_lines_a_callback),
	    TEST(conn_answers_what_came_before_a_line_too_long),
	    TEST(conn_takes_a_line_of_exactly_64_kib),
	    TEST(conn_ends_when_a_line_stays_unfinished_for_10_s),
	    TEST(conn_idle_and_finished_lines_have_no_clock),
	    TEST(conn_stops_taking_requests_while_replies_are_unread),
	    TEST(conn_closes_a_client_that_reads_nothing_for_30_s),
	    TEST(conn_that_reads_slowly_is_kept),
	    TEST(conn_writes_everything_after_the_end_of_input),
	    TEST(conn_may_be_closed_by_its_own_line),
	    TEST(conn_survives_a_peer_that_dies_while_written_to),
	    TEST(conn_drain_answers_what_has_come_and_takes_no_more),
	    TEST(conn_drain_leaves_a_client_that_does_not_read),
	    TEST(conn_over_64_mib_is_closed_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
