/* SPDX-License-Identifier: MIT */
/* A loop, a pool and clients that write down what happened to them; time that can be skipped. */
#include "tests/unit/io/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/secret.h"

#define DEADLINE_MS 8000

static atomic_int_fast64_t skipped_ms;
static __thread bool leak_errno;

static int real_clock(clockid_t id, struct timespec *ts)
{
	return (int)syscall(SYS_clock_gettime, id, ts);
}

/* Stands before the C library's for the whole process. */
int clock_gettime(clockid_t id, struct timespec *ts)
{
	int rc = real_clock(id, ts);

	if (rc == 0 && (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE)) {
		int64_t ns = ts->tv_nsec + atomic_load(&skipped_ms) % 1000 * 1000000;

		ts->tv_sec += atomic_load(&skipped_ms) / 1000 + ns / 1000000000;
		ts->tv_nsec = ns % 1000000000;
	}
	if (leak_errno) {
		errno = EAGAIN;
	}
	return rc;
}

void rig_skip_ms(int64_t ms)
{
	atomic_fetch_add(&skipped_ms, ms);
}

void rig_leak_errno(bool on)
{
	leak_errno = on;
}

static int64_t real_ms(void)
{
	struct timespec ts;

	real_clock(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int rig_setup(void **state)
{
	struct rig *r = xcalloc(1, sizeof(*r));
	_cleanup_free_ char *ca_file = NULL;
	const char *reason;
	int rc;

	r->ca = cert_make(&(struct cert_plan){.cn = "Test CA", .ca = true});
	r->leaf = cert_make(&(struct cert_plan){.cn = RIG_SERIAL, .issuer = &r->ca});
	r->loop = loop_create(NULL);
	r->pool = mqtt_pool_create(r->loop);
	r->store = tls_store_create();
	ca_file = cert_write(&r->ca);
	rc = tls_profile_get(r->store, ca_file, &r->profile, &reason);
	unlink(ca_file);
	*state = r;
	return rc;
}

int rig_teardown(void **state)
{
	struct rig *r = *state;

	mqtt_pool_destroy(r->pool);
	tls_profile_unref(r->profile);
	tls_store_destroy(r->store);
	loop_destroy(r->loop);
	cert_free(&r->ca);
	cert_free(&r->leaf);
	free(r);
	return 0;
}

struct peer_plan rig_plan(struct rig *r, enum peer_play play)
{
	return (struct peer_plan){.play = play, .leaf = &r->leaf, .chain = {&r->ca}};
}

static void note_up(void *arg)
{
	struct seen *s = arg;

	s->ups++;
	if (s->on_up != NULL) {
		s->on_up(s);
	}
}

static void note_message(void *arg, const char *topic, char *payload, size_t len)
{
	struct seen *s = arg;

	s->messages++;
	assert_in_range(s->messages, 1, s->ahead);
	assert_int_equal(strlen(payload), len);
	str_copy(s->topic, sizeof(s->topic), topic);
	str_copy(s->payload, sizeof(s->payload), payload);
	memset(payload, 'x', len); /* it is ours to write */
	if (s->on_message != NULL) {
		s->on_message(s);
	}
}

static void note_ahead(void *arg, const char *const *topics, size_t count)
{
	struct seen *s = arg;

	assert_in_range(count, 1, MQTT_AHEAD_MAX);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(topics[i]);
	}
	s->ahead = s->messages + (unsigned)count; /* those of an ended session never come */
}

static void note_down(void *arg, enum mqtt_down why, const char *text)
{
	struct seen *s = arg;

	s->downs++;
	s->why = why;
	str_copy(s->text, sizeof(s->text), text);
	if (s->on_down != NULL) {
		s->on_down(s);
	}
}

void seen_create(struct seen *s, struct rig *r, const struct rig_client *options)
{
	static const struct rig_client usual;
	const struct rig_client *o = options != NULL ? options : &usual;
	struct mqtt_handler handler = {
	    .up = note_up,
	    .message = note_message,
	    .down = note_down,
	    .ahead = note_ahead,
	    .arg = s,
	};
	const char *code = o->code != NULL ? o->code : RIG_CODE;
	_cleanup_secret_ struct secret *password = secret_create(code, strlen(code));
	struct mqtt_config config = {.client_id = "test",
	    .user = "bblp",
	    .password = password,
	    .peer = &s->peer,
	    .keepalive_s = o->keepalive_s,
	    .connect_ms = o->connect_ms,
	    .many = o->many};

	*s = (struct seen){.rig = r};
	s->peer.verify = o->verify;
	s->peer.guard_max = MQTT_MESSAGE_MAX;
	str_copy(s->peer.name, sizeof(s->peer.name), o->name != NULL ? o->name : RIG_SERIAL);
	config.profile = o->plain ? NULL : o->profile != NULL ? o->profile : r->profile;
	s->client = mqtt_create(r->pool, &config, &handler);
}

void seen_finish(struct seen *s)
{
	mqtt_destroy(TAKE(s->client));
}

struct count_question {
	const unsigned *what;
	unsigned at_least;
};

static bool count_reached(void *arg)
{
	const struct count_question *q = arg;

	return *q->what >= q->at_least;
}

void rig_until(struct rig *r, const unsigned *what, unsigned at_least)
{
	rig_until_true(
	    r, count_reached, &(struct count_question){.what = what, .at_least = at_least});
}

static void nothing(void *arg)
{
}

void rig_until_true(struct rig *r, bool (*question)(void *arg), void *arg)
{
	int64_t end_ms = real_ms() + DEADLINE_MS;
	struct loop_timer look; /* peers' threads do not wake the loop: look now and then */

	loop_timer_init(&look, r->loop, nothing, NULL);
	while (!question(arg)) {
		bool quiet = !loop_timer_armed(&look);

		assert_true(real_ms() < end_ms);
		if (quiet) {
			loop_timer_start(&look, 20);
		} else {
			r->turns++;
		}
		loop_turn(r->loop, true);
	}
	loop_timer_stop(&look);
}
