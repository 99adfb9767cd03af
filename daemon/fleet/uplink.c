/* SPDX-License-Identifier: MIT */
/* Keeps one broker session up: resolve, connect, subscribe, back off, again. */
#include "daemon/fleet/uplink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "daemon/fleet/fleet.h"
#include "daemon/io/backoff.h"
#include "daemon/io/loop.h"
#include "daemon/io/resolve.h"

enum {
	RETRY_BASE_MS = 1000,
	RETRY_CAP_MS = 60 * 1000,
	/* Soon after a loss the cap is low, so that a farm is back quickly after a short outage. */
	RETRY_CAP_FRESH_MS = 4 * 1000,
	/* Refused certificate or code: 12 tries an hour at the most (reliability.md rows 7, 8). */
	REFUSED_RETRY_MS = 5 * 60 * 1000,
	/* A look-up may also wait behind others that nobody answers (reliability.md row 4). */
	LOOKUP_MS = 10 * 1000,
	LOOKUP_KNOWN_MS = 3 * 1000, /* the last good address is as good by then */
	/* Being let in proves little. Only after a session that stood so long the next outage is a
	   new one: delays and cap begin small again. */
	STEADY_MS = 30 * 1000,
	/* Sessions that the other end took away younger than that: so many within a minute, and we
	   stay away (reliability.md row 6). */
	KICKS_MAX = 3,
	KICKS_WITHIN_MS = 60 * 1000,
	KICKED_RETRY_MS = 15 * 60 * 1000,
	/* Of a budget: from here on what is left of it is spread over its time. */
	BUDGET_FREE = 3,
};

enum phase { PHASE_IDLE, PHASE_WAITING, PHASE_RESOLVING, PHASE_CONNECTING, PHASE_UP };

struct uplink {
	struct fleet *fleet;
	struct uplink_handler handler;
	char *host, *topic, *address;
	uint16_t port;
	enum phase phase;
	struct tls_peer peer;
	struct mqtt_client *client;
	struct resolve_request *lookup;
	struct loop_timer retry; /* of the next attempt; while resolving, of the look-up's end */
	struct backoff backoff;
	int64_t lost_ms; /* when the outage began, -1 before the first and after a steady session */
	int64_t forbidden_ms;	    /* no attempt before this time */
	bool redial;		    /* the end that comes is our own wish: no backoff */
	int64_t up_ms;		    /* when the session began */
	int64_t kick_ms[KICKS_MAX]; /* the latest kicks, a ring of the first `kicks` */
	unsigned kicks;		    /* counted since they were last forgotten */
	bool kicked;		    /* too many: from now on each further one is enough */
	bool away;		    /* the last end was one of those */
	struct uplink_budget *budget;
	char *detour;	    /* an address that was told by somebody, tried before the host */
	bool on_detour;	    /* the attempt or session under way leads there */
	int64_t planned_ms; /* when the host is to be tried, if the detour leads nowhere */
	uint64_t connects;
};

static int64_t now_ms(const struct uplink *u)
{
	return loop_now_ms(u->fleet->loop);
}

static void forget_kicks(struct uplink *u)
{
	u->kicks = 0;
	u->kicked = false;
}

static void count_kick(struct uplink *u)
{
	int64_t oldest_ms;

	u->kick_ms[u->kicks++ % KICKS_MAX] = now_ms(u);
	oldest_ms = u->kick_ms[u->kicks % KICKS_MAX];
	u->kicked |= u->kicks >= KICKS_MAX && now_ms(u) - oldest_ms <= KICKS_WITHIN_MS;
}

/* What the end of a session or an attempt says about those before. True when this end is a kick,
 * and one too many. */
static bool judge_end(struct uplink *u, enum mqtt_down why)
{
	if (u->phase != PHASE_UP) {
		/* Who is gone in between is starting anew, and does not throw us out. */
		if (why == MQTT_DOWN_REFUSED_PORT || why == MQTT_DOWN_UNREACHABLE ||
		    why == MQTT_DOWN_TIMEOUT) {
			forget_kicks(u);
		}
		return false;
	}
	if (now_ms(u) - u->up_ms >= STEADY_MS) {
		backoff_reset(&u->backoff);
		u->lost_ms = -1;
		forget_kicks(u);
		return false;
	}
	if (why != MQTT_DOWN_LOST) {
		return false;
	}
	count_kick(u);
	return u->kicked;
}

/* Connects of the last within_ms; *ret_oldest_ms is the first of them. */
static unsigned budget_used(const struct uplink *u, int64_t *ret_oldest_ms)
{
	const struct uplink_budget *b = u->budget;
	unsigned i, kept = b->used < UPLINK_BUDGET_MAX ? b->used : UPLINK_BUDGET_MAX;

	for (i = kept; i > 0; i--) { /* oldest first */
		int64_t at_ms = b->at_ms[(b->used - i) % UPLINK_BUDGET_MAX];

		if (now_ms(u) - at_ms < b->within_ms) {
			*ret_oldest_ms = at_ms;
			return i;
		}
	}
	return 0;
}

/* ms till the budget allows a connect, 0: now. */
static int64_t budget_wait_ms(const struct uplink *u)
{
	int64_t oldest_ms = 0;

	if (!u->budget || budget_used(u, &oldest_ms) < UPLINK_BUDGET_MAX) {
		return 0;
	}
	return oldest_ms + u->budget->within_ms - now_ms(u);
}

/* ms that should pass before the next connect, so that some of the budget is always left soon. */
static int64_t budget_pace_ms(const struct uplink *u)
{
	int64_t oldest_ms = 0;
	unsigned used = u->budget ? budget_used(u, &oldest_ms) : 0;

	if (used < BUDGET_FREE) {
		return 0;
	}
	return (oldest_ms + u->budget->within_ms - now_ms(u)) / (UPLINK_BUDGET_MAX - used + 1);
}

static void budget_changed(struct uplink *u)
{
	if (u->budget->changed) {
		u->budget->changed(u->budget->arg);
	}
}

static void budget_take(struct uplink *u)
{
	if (u->budget) {
		u->budget->at_ms[u->budget->used++ % UPLINK_BUDGET_MAX] = now_ms(u);
		budget_changed(u);
	}
}

/* till_ms 0: the pause is over. */
static void budget_pause(struct uplink *u, int64_t till_ms, bool kicked)
{
	if (u->budget && (till_ms > 0 || u->budget->away_ms > 0)) {
		u->budget->away_ms = till_ms;
		u->budget->away_kicked = kicked;
		budget_changed(u);
	}
}

static int64_t backoff_delay_ms(struct uplink *u, int64_t outage_ms)
{
	int64_t delay_ms, pace_ms = budget_pace_ms(u);

	u->backoff.cap_ms = outage_ms < RETRY_CAP_FRESH_MS ? RETRY_CAP_FRESH_MS
			    : outage_ms < RETRY_CAP_MS	   ? outage_ms
							   : RETRY_CAP_MS;
	delay_ms = backoff_next_ms(&u->backoff, fleet_random());
	return delay_ms > pace_ms ? delay_ms : pace_ms;
}

static int64_t retry_delay_ms(struct uplink *u, enum mqtt_down why)
{
	int64_t outage_ms = u->lost_ms < 0 ? 0 : now_ms(u) - u->lost_ms;
	bool redial = u->redial;

	u->redial = false;

	if (why == MQTT_DOWN_TLS || why == MQTT_DOWN_AUTH) {
		u->forbidden_ms = now_ms(u) + REFUSED_RETRY_MS;
		budget_pause(u, u->forbidden_ms, false);
		return REFUSED_RETRY_MS + fleet_random() % (REFUSED_RETRY_MS / 5);
	}
	if (redial && why == MQTT_DOWN_ASKED) {
		return 0;
	}
	return backoff_delay_ms(u, outage_ms);
}

/* It was there: from now on this is its address. */
static void keep_detour(struct uplink *u)
{
	free(u->address);
	u->address = xstrdup(u->detour);
}

/* Whoever answered there, it says nothing about the printer: the host is tried as planned. */
static void end_detour(struct uplink *u)
{
	int64_t delay_ms = u->redial ? 0 : u->planned_ms - now_ms(u);

	u->redial = false;
	free(TAKE(u->detour));
	u->on_detour = false;
	u->phase = PHASE_WAITING;
	loop_timer_start(&u->retry, delay_ms > 0 ? delay_ms : 0);
}

/* The one place where an attempt or a session ends. */
static void fall(struct uplink *u, enum mqtt_down why, const char *text)
{
	int64_t delay_ms;

	if (u->on_detour && why == MQTT_DOWN_AUTH) {
		keep_detour(u); /* a refused code comes after a certificate that was accepted */
	} else if (u->on_detour && u->phase != PHASE_UP) {
		end_detour(u);
		return;
	}
	u->on_detour = false;
	u->away = judge_end(u, why);
	if (u->lost_ms < 0) {
		u->lost_ms = now_ms(u);
	}
	u->phase = PHASE_WAITING;
	delay_ms = retry_delay_ms(u, why);
	if (u->away) {
		delay_ms = KICKED_RETRY_MS + fleet_random() % (KICKED_RETRY_MS / 5);
		budget_pause(u, now_ms(u) + delay_ms, true);
		text = "thrown out soon after the login, again and again: probably another client "
		       "takes the session (same client id), or all places are taken";
	}
	loop_timer_start(&u->retry, delay_ms);
	u->handler.down(u->handler.arg, why, text);
}

static void connect_to(struct uplink *u, const char *address)
{
	u->phase = PHASE_CONNECTING;
	budget_take(u);
	if (mqtt_open(u->client, address, u->port) < 0) {
		fall(u, MQTT_DOWN_UNREACHABLE, "the connection could not be started");
	}
}

static void on_resolved(void *arg, const char *address, const char *error)
{
	struct uplink *u = arg;
	char text[256];

	u->lookup = NULL;
	loop_timer_stop(&u->retry);
	if (address) {
		free(u->address);
		u->address = xstrdup(address);
	}
	if (u->address) {
		connect_to(u, u->address); /* the last good address when the look-up failed */
		return;
	}
	snprintf(text, sizeof(text), "cannot find %s: %s", u->host, error);
	fall(u, MQTT_DOWN_UNREACHABLE, text);
}

static void take_detour(struct uplink *u)
{
	int64_t due_ms = u->phase == PHASE_WAITING ? u->retry.due_ms : now_ms(u);

	u->planned_ms = due_ms > u->forbidden_ms ? due_ms : u->forbidden_ms;
	u->on_detour = true;
	loop_timer_stop(&u->retry);
	connect_to(u, u->detour);
}

static void attempt(struct uplink *u)
{
	int64_t wait_ms = budget_wait_ms(u);

	if (u->detour) {
		take_detour(u);
		return;
	}
	if (wait_ms > 0) {
		u->phase = PHASE_WAITING;
		loop_timer_start(&u->retry, wait_ms);
		return;
	}
	u->phase = PHASE_RESOLVING;
	u->lookup = resolve_start(u->fleet->resolver, u->host, on_resolved, u);
	loop_timer_start(&u->retry, u->address ? LOOKUP_KNOWN_MS : LOOKUP_MS);
}

static void on_retry(void *arg)
{
	struct uplink *u = arg;

	if (u->phase == PHASE_RESOLVING) {
		resolve_cancel(TAKE(u->lookup));
		on_resolved(u, NULL, "the look-up was not answered in time");
	} else {
		attempt(u);
	}
}

static void on_up(void *arg)
{
	struct uplink *u = arg;

	u->connects++;
	u->up_ms = now_ms(u);
	u->forbidden_ms = 0;
	budget_pause(u, 0, false);
	u->phase = PHASE_UP;
	if (u->on_detour) {
		keep_detour(u);
	}
	if (u->topic && mqtt_subscribe(u->client, u->topic) < 0) {
		mqtt_close(u->client, "subscription could not be sent");
		return;
	}
	u->handler.up(u->handler.arg);
}

static void on_message(void *arg, const char *topic, char *payload, size_t len)
{
	struct uplink *u = arg;

	u->handler.message(u->handler.arg, topic, payload, len);
}

static void on_ahead(void *arg, const char *const *topics, size_t count)
{
	struct uplink *u = arg;

	u->handler.ahead(u->handler.arg, topics, count);
}

static void on_down(void *arg, enum mqtt_down why, const char *text)
{
	fall(arg, why, text);
}

static void make_client(struct uplink *u, const struct uplink_config *config)
{
	struct mqtt_handler handler = {
	    .up = on_up,
	    .message = on_message,
	    .down = on_down,
	    .ahead = u->handler.ahead ? on_ahead : NULL,
	    .arg = u,
	};
	struct mqtt_config mqtt = {
	    .client_id = config->client_id,
	    .user = config->user,
	    .password = config->password,
	    .profile = config->profile,
	    .peer = &u->peer,
	    .keepalive_s = 30,
	    .connect_ms = 10000,
	    .many = config->many,
	};

	u->client = mqtt_create(u->fleet->pool, &mqtt, &handler);
}

struct uplink *uplink_create(
    struct fleet *f, const struct uplink_config *config, const struct uplink_handler *h)
{
	struct uplink *u = xcalloc(1, sizeof(*u));

	u->fleet = f;
	u->handler = *h;
	u->host = xstrdup(config->host);
	u->port = config->port;
	u->topic = xstrdup(config->topic);
	u->lost_ms = -1;
	u->budget = config->budget;
	u->peer.verify = config->verify;
	u->peer.fd = -1;
	u->peer.guard_max = MQTT_MESSAGE_MAX;
	str_copy(u->peer.name, sizeof(u->peer.name), config->serial);
	if (config->pin) {
		memcpy(u->peer.pin, config->pin, sizeof(u->peer.pin));
	}
	backoff_init(&u->backoff, RETRY_BASE_MS, RETRY_CAP_MS);
	loop_timer_init(&u->retry, f->loop, on_retry, u);
	make_client(u, config);
	return u;
}

void uplink_destroy(struct uplink *u)
{
	if (!u) {
		return;
	}
	resolve_cancel(u->lookup);
	loop_timer_stop(&u->retry);
	mqtt_destroy(u->client);
	free(u->host);
	free(u->topic);
	free(u->address);
	free(u->detour);
	free(u);
}

/* The pause of an uplink before us is ours. */
static void go_on_pausing(struct uplink *u)
{
	u->phase = PHASE_WAITING;
	u->kicked = u->away = u->budget->away_kicked;
	u->forbidden_ms = u->kicked ? 0 : u->budget->away_ms;
	loop_timer_start(&u->retry, u->budget->away_ms - now_ms(u));
}

void uplink_start(struct uplink *u)
{
	if (u->phase != PHASE_IDLE) {
		return;
	}
	if (u->budget && u->budget->away_ms > now_ms(u)) {
		go_on_pausing(u);
	} else {
		attempt(u);
	}
}

int uplink_retry(struct uplink *u, int64_t *ret_wait_ms)
{
	int64_t wait_ms = u->forbidden_ms - now_ms(u);

	if (u->phase != PHASE_WAITING) {
		return -EALREADY;
	}
	if (wait_ms <= 0) {
		wait_ms = budget_wait_ms(u);
	}
	if (wait_ms > 0) {
		*ret_wait_ms = wait_ms;
		return -EAGAIN;
	}
	attempt(u);
	return 0;
}

void uplink_reconnect(struct uplink *u, const char *why)
{
	if (u->phase == PHASE_UP) {
		mqtt_close(u->client, why);
	}
}

void uplink_detour(struct uplink *u, const char *address)
{
	if (u->phase == PHASE_UP || u->on_detour) {
		return;
	}
	free(u->detour);
	u->detour = xstrdup(address);
	if (u->phase == PHASE_WAITING) {
		take_detour(u);
	}
}

void uplink_redial(struct uplink *u, const char *why)
{
	int64_t wait_ms;

	backoff_reset(&u->backoff);
	u->lost_ms = -1; /* the outage of before the sleep says nothing about now */
	if (u->phase == PHASE_UP || u->phase == PHASE_CONNECTING) {
		u->redial = true;
		mqtt_close(u->client, why);
	} else {
		uplink_retry(u, &wait_ms);
	}
}

void uplink_renew(struct uplink *u, const char *client_id, const char *why)
{
	mqtt_set_client_id(u->client, client_id);
	uplink_redial(u, why);
}

bool uplink_is_up(const struct uplink *u)
{
	return u && u->phase == PHASE_UP;
}

int64_t uplink_deaf_ms(const struct uplink *u)
{
	return uplink_is_up(u) ? mqtt_deaf_ms(u->client) : 0;
}

int uplink_subscribe(struct uplink *u, char *const *topics, size_t count)
{
	return uplink_is_up(u) ? mqtt_subscribe_all(u->client, topics, count) : -ENOTCONN;
}

int uplink_unsubscribe(struct uplink *u, const char *topic)
{
	return uplink_is_up(u) ? mqtt_unsubscribe(u->client, topic) : -ENOTCONN;
}

int uplink_publish(struct uplink *u, const char *topic, const char *payload, size_t len)
{
	return uplink_is_up(u) ? mqtt_publish(u->client, topic, payload, len) : -ENOTCONN;
}

bool uplink_is_kicked(const struct uplink *u)
{
	return u->phase != PHASE_UP && u->away;
}

int uplink_granted(const struct uplink *u)
{
	return uplink_is_up(u) ? mqtt_granted(u->client) : -1;
}

const char *uplink_address(const struct uplink *u)
{
	return u->address;
}

const struct tls_peer *uplink_peer(const struct uplink *u)
{
	return &u->peer;
}

uint64_t uplink_connects(const struct uplink *u)
{
	return u->connects;
}

int64_t uplink_next_try_ms(const struct uplink *u)
{
	if (u->phase != PHASE_WAITING) {
		return -1;
	}
	return u->retry.due_ms > now_ms(u) ? u->retry.due_ms - now_ms(u) : 0;
}
