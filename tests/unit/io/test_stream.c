/* SPDX-License-Identifier: MIT */
/* A TLS stream against a real other end: slow, in drops, half-closed, gone, and never there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/io/stream.h"
#include "tests/unit/io/rig.h"
#include "tests/unit/io/tls_server.h"

#define MUCH (1024 * 1024)

/* Who has the stream. Bytes are numbered: each must be its place modulo 251. */
struct owner {
	struct rig *rig;
	struct tls_server *server;
	struct stream *stream;
	uint8_t room[32768];
	size_t room_len, wanted;
	unsigned ups, downs, bytes, fills, crooked;
	enum stream_down why;
	char text[200];
	bool leave_up, leave_filled, write_up;
};

static void on_up(void *arg)
{
	struct owner *o = arg;

	o->ups++;
	if (o->wanted > 0) {
		stream_want(o->stream, o->wanted);
	}
	if (o->write_up) {
		stream_write(o->stream, "hello", 5);
	}
	if (o->leave_up) {
		stream_destroy(TAKE(o->stream));
	}
}

static void *on_room(void *arg, size_t *ret_len)
{
	struct owner *o = arg;

	*ret_len = o->room_len;
	return o->room;
}

static void on_filled(void *arg, size_t len)
{
	struct owner *o = arg;

	assert_true(len > 0 && len <= o->room_len);
	for (size_t i = 0; i < len; i++) {
		o->crooked += o->room[i] != (o->bytes + i) % 251;
	}
	o->bytes += (unsigned)len;
	o->fills++;
	if (o->wanted > 0) {
		stream_want(o->stream, o->wanted - o->bytes);
	}
	if (o->leave_filled) {
		stream_destroy(TAKE(o->stream));
	}
}

static void on_down(void *arg, enum stream_down why, const char *text)
{
	struct owner *o = arg;

	o->downs++;
	o->why = why;
	str_copy(o->text, sizeof(o->text), text);
	stream_destroy(TAKE(o->stream));
}

static void owner_dial(struct owner *o, uint16_t port, const char *name)
{
	struct stream_config config = {
	    .address = "127.0.0.1", .port = port, .profile = o->rig->profile, .name = name};
	struct stream_handler handler = {
	    .up = on_up, .room = on_room, .filled = on_filled, .down = on_down, .arg = o};

	o->stream = stream_open(o->rig->loop, &config, &handler);
}

static void owner_open(struct owner *o, struct rig *r, tls_server_play play)
{
	o->rig = r;
	o->room_len = o->room_len ? o->room_len : sizeof(o->room);
	o->server = tls_server_start(&r->leaf, &r->ca, false, play);
	owner_dial(o, tls_server_port(o->server), RIG_SERIAL);
}

static void owner_finish(struct owner *o)
{
	stream_destroy(TAKE(o->stream));
	tls_server_stop(TAKE(o->server));
	assert_int_equal(o->crooked, 0);
}

static void expect_down(struct owner *o, enum stream_down why, const char *part)
{
	rig_until(o->rig, &o->downs, 1);
	assert_int_equal(o->why, why);
	if (!strstr(o->text, part)) {
		fail_msg("%s", o->text);
	}
}

/* ---- plays ---- */

static uint8_t *numbered(void)
{
	uint8_t *data = xmalloc(MUCH);

	for (size_t i = 0; i < MUCH; i++) {
		data[i] = (uint8_t)(i % 251);
	}
	return data;
}

/* From the place it is at, so much, in records of so many bytes. */
static bool put(SSL *ssl, size_t from, size_t len, size_t record)
{
	_cleanup_free_ uint8_t *data = numbered();

	for (size_t n; len > 0; from += n, len -= n) {
		n = record < len ? record : len;
		if (SSL_write(ssl, data + from, (int)n) <= 0) {
			return false;
		}
	}
	return true;
}

static void wait_for_end(SSL *ssl)
{
	char byte;

	while (SSL_read(ssl, &byte, 1) > 0) {
	}
}

static void play_drops(struct tls_server *s, SSL *ssl, int fd)
{
	put(ssl, 0, 3000, 1);
	wait_for_end(ssl);
}

static void play_much(struct tls_server *s, SSL *ssl, int fd)
{
	put(ssl, 0, MUCH, 16384);
	wait_for_end(ssl);
}

static void play_farewell(struct tls_server *s, SSL *ssl, int fd)
{
	put(ssl, 0, 5000, 5000);
	SSL_shutdown(ssl);
	wait_for_end(ssl);
}

static void play_half_close(struct tls_server *s, SSL *ssl, int fd)
{
	put(ssl, 0, 5000, 5000);
	shutdown(fd, SHUT_WR);
	wait_for_end(ssl);
}

static void play_reset(struct tls_server *s, SSL *ssl, int fd)
{
	struct linger hard = {1, 0};

	put(ssl, 0, 100, 100);
	tls_server_wait(s);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

static void play_damage(struct tls_server *s, SSL *ssl, int fd)
{
	static const char noise[] = "\x17\x03\x03\x00\x20 this is no record of anybody ...";

	put(ssl, 0, 100, 100);
	send(fd, noise, sizeof(noise), MSG_NOSIGNAL);
	wait_for_end(ssl);
}

static void play_noise(struct tls_server *s, SSL *ssl, int fd)
{
	static const char noise[] = "RTSP/1.0 400 this is not TLS at all\r\n\r\n";

	send(fd, noise, sizeof(noise), MSG_NOSIGNAL);
	tls_server_wait(s);
}

static void play_silence(struct tls_server *s, SSL *ssl, int fd)
{
	tls_server_wait(s);
}

/* Notes: 1 it heard the hello, 2 the farewell of TLS. */
static void play_listen(struct tls_server *s, SSL *ssl, int fd)
{
	char got[64] = "";
	int len = 0, n;

	while (len < (int)sizeof(got) - 1 &&
	       (n = SSL_read(ssl, got + len, (int)sizeof(got) - 1 - len)) > 0) {
		len += n;
		got[len] = '\0';
	}
	if (strcmp(got, "hello") == 0) {
		tls_server_note(s);
	}
	if (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) {
		tls_server_note(s);
	}
}

static void play_two_parts(struct tls_server *s, SSL *ssl, int fd)
{
	tls_server_wait(s);
	put(ssl, 0, 40000, 16384);
	tls_server_note(s);
	tls_server_wait(s);
	put(ssl, 40000, 60000, 16384);
	wait_for_end(ssl);
}

/* ---- tests ---- */

static void stream_is_up_once_the_certificate_is_checked(void **state)
{
	struct owner o = {.write_up = true};

	owner_open(&o, *state, play_listen);
	assert_int_equal(o.ups, 0);
	rig_until(o.rig, &o.ups, 1);
	stream_destroy(TAKE(o.stream));
	while (tls_server_notes(o.server) < 2) {
		loop_turn(o.rig->loop, false);
	}
	assert_int_equal(o.downs, 0); /* who ends it is not told */
	owner_finish(&o);
}

static void stream_to_another_serial_says_nothing(void **state)
{
	struct owner o = {.rig = *state, .room_len = 16, .write_up = true};
	struct rig *r = *state;

	o.server = tls_server_start(&r->leaf, &r->ca, false, play_listen);
	owner_dial(&o, tls_server_port(o.server), "01S00B000000002");
	expect_down(&o, STREAM_DOWN_TLS, "certificate is for " RIG_SERIAL);
	assert_int_equal(o.ups, 0);
	assert_int_equal(tls_server_notes(o.server), 0);
	owner_finish(&o);
}

static void stream_words_of_a_stranger_are_escaped(void **state)
{
	struct owner o = {.rig = *state, .room_len = 16};
	struct rig *r = *state;
	struct cert odd = cert_make(&(struct cert_plan){.cn = "a\033[31mb\n", .issuer = &r->ca});

	o.server = tls_server_start(&odd, &r->ca, false, play_listen);
	owner_dial(&o, tls_server_port(o.server), RIG_SERIAL);
	expect_down(&o, STREAM_DOWN_TLS, "certificate is for a\\x1B[31mb\\x0A");
	owner_finish(&o);
	cert_free(&odd);
}

static void stream_takes_records_of_one_byte(void **state)
{
	struct owner o = {0};

	owner_open(&o, *state, play_drops);
	rig_until(o.rig, &o.bytes, 3000);
	assert_true(o.fills >= 3000);
	owner_finish(&o);
}

static void stream_fills_small_rooms_to_the_last_byte(void **state)
{
	struct owner o = {.room_len = 7};

	owner_open(&o, *state, play_much);
	rig_until(o.rig, &o.bytes, MUCH);
	assert_true(o.fills >= MUCH / 7);
	owner_finish(&o);
}

static void stream_end_with_a_farewell_is_one(void **state)
{
	struct owner o = {0};

	owner_open(&o, *state, play_farewell);
	expect_down(&o, STREAM_DOWN_EOF, "closed the connection");
	assert_int_equal(o.bytes, 5000);
	owner_finish(&o);
}

static void stream_end_without_a_farewell_is_one(void **state)
{
	struct owner o = {0};

	owner_open(&o, *state, play_half_close);
	expect_down(&o, STREAM_DOWN_EOF, "closed the connection");
	assert_int_equal(o.bytes, 5000);
	owner_finish(&o);
}

static void stream_reset_is_broken(void **state)
{
	struct owner o = {0};

	owner_open(&o, *state, play_reset);
	rig_until(o.rig, &o.bytes, 100);
	tls_server_go(o.server);
	expect_down(&o, STREAM_DOWN_BROKEN, "reset by peer");
	owner_finish(&o);
}

static void stream_damaged_is_broken(void **state)
{
	struct owner o = {0};

	owner_open(&o, *state, play_damage);
	expect_down(&o, STREAM_DOWN_BROKEN, "damaged TLS");
	assert_int_equal(o.bytes, 100);
	owner_finish(&o);
}

static void stream_to_something_else_is_refused_at_once(void **state)
{
	struct owner o = {.rig = *state, .room_len = 16};

	o.server = tls_server_start(NULL, NULL, true, play_noise);
	owner_dial(&o, tls_server_port(o.server), RIG_SERIAL);
	expect_down(&o, STREAM_DOWN_TLS, "does not speak TLS");
	owner_finish(&o);
}

static void stream_to_a_silent_port_ends_after_10_s(void **state)
{
	struct owner o = {.rig = *state, .room_len = 16};

	o.server = tls_server_start(NULL, NULL, true, play_silence);
	owner_dial(&o, tls_server_port(o.server), RIG_SERIAL);
	for (unsigned i = 0; i < 20; i++) {
		loop_turn(o.rig->loop, false);
	}
	assert_int_equal(o.downs, 0);
	rig_skip_ms(STREAM_CONNECT_MS);
	expect_down(&o, STREAM_DOWN_TIMEOUT, "10 s");
	owner_finish(&o);
}

static void stream_to_a_closed_port_is_refused(void **state)
{
	struct owner o = {.rig = *state, .room_len = 16};
	uint16_t port;

	o.server = tls_server_start(NULL, NULL, true, play_silence);
	port = tls_server_port(o.server);
	tls_server_stop(TAKE(o.server));
	owner_dial(&o, port, RIG_SERIAL);
	expect_down(&o, STREAM_DOWN_REFUSED_PORT, "nobody listens");
	owner_finish(&o);
}

static void stream_may_be_ended_in_each_callback(void **state)
{
	struct owner up = {.leave_up = true}, filled = {.leave_filled = true, .room_len = 5};

	owner_open(&up, *state, play_much);
	rig_until(up.rig, &up.ups, 1);
	owner_finish(&up);
	owner_open(&filled, *state, play_much);
	rig_until(filled.rig, &filled.fills, 1);
	for (unsigned i = 0; i < 20; i++) {
		loop_turn(filled.rig->loop, false);
	}
	assert_int_equal(filled.bytes, 5);
	owner_finish(&filled);
}

static void stream_that_wants_much_is_not_woken_for_less(void **state)
{
	struct owner o = {.wanted = 100000};

	owner_open(&o, *state, play_two_parts);
	rig_until(o.rig, &o.ups, 1);
	tls_server_go(o.server);
	while (tls_server_notes(o.server) < 1) {
		loop_turn(o.rig->loop, false);
	}
	loop_turn(o.rig->loop, false); /* 40 kB lie there */
	assert_int_equal(o.bytes, 0);
	tls_server_go(o.server);
	rig_until(o.rig, &o.bytes, 100000);
	owner_finish(&o);
}

static bool is_down(void *arg)
{
	struct owner *o = arg;

	if (o->stream) {
		stream_write(o->stream, o->room, sizeof(o->room));
	}
	return o->downs > 0;
}

static void play_deaf(struct tls_server *s, SSL *ssl, int fd)
{
	tls_server_wait(s);
}

static void stream_whose_words_nobody_takes_ends(void **state)
{
	struct owner o = {0};

	owner_open(&o, *state, play_deaf);
	rig_until(o.rig, &o.ups, 1);
	rig_until_true(o.rig, is_down, &o);
	assert_int_equal(o.why, STREAM_DOWN_BROKEN);
	assert_non_null(strstr(o.text, "takes nothing"));
	owner_finish(&o);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(stream_is_up_once_the_certificate_is_checked),
	    TEST(stream_to_another_serial_says_nothing),
	    TEST(stream_words_of_a_stranger_are_escaped),
	    TEST(stream_takes_records_of_one_byte),
	    TEST(stream_fills_small_rooms_to_the_last_byte),
	    TEST(stream_end_with_a_farewell_is_one),
	    TEST(stream_end_without_a_farewell_is_one),
	    TEST(stream_reset_is_broken),
	    TEST(stream_damaged_is_broken),
	    TEST(stream_to_something_else_is_refused_at_once),
	    TEST(stream_to_a_silent_port_ends_after_10_s),
	    TEST(stream_to_a_closed_port_is_refused),
	    TEST(stream_may_be_ended_in_each_callback),
	    TEST(stream_that_wants_much_is_not_woken_for_less),
	    TEST(stream_whose_words_nobody_takes_ends),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
