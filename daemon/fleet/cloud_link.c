/* SPDX-License-Identifier: MIT */
/* The one broker session of the account: messages find their printer by topic, printers join in
 * batches. */
#include "daemon/fleet/cloud_link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/secret.h"
#include "common/util.h"
#include "daemon/fleet/cloud_kept.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/uplink.h"
#include "daemon/io/loop.h"
#include "daemon/io/tls.h"

enum {
	BUDGET_MS = 5 * 60 * 1000,
	/* Printers that join at once: topics of one packet, and those that then ask their printer
	   for everything. 5,000 have joined after 5 s. */
	JOIN_BATCH = 100,
	JOIN_GAP_MS = 100,
	TOPIC_USUAL = 32, /* bytes of a topic */
};

static const char not_signed_in[] = "not signed in to the cloud";

enum route_state { ROUTE_OUT, ROUTE_SUBSCRIBED, ROUTE_UP };

struct cloud_route {
	struct cloud_link *link;
	struct cloud_route_handler handler;
	enum route_state state;
	uint64_t hash; /* of the topic */
	char topic[];  /* of the reports */
};

/* A place in the list. The hash stands here so that a search reads no route but the right one. */
struct place {
	uint64_t hash;
	struct cloud_route *route;
};

/* A place in the list of routes while their owners are called, who may add and remove. */
struct walk {
	struct walk *outer;
	size_t at; /* the next one */
};

struct cloud_link {
	struct fleet *fleet;
	struct uplink *uplink; /* NULL while signed out, or unusable: error */
	struct uplink_budget budget;
	char *host, *ca_file, *user;
	uint16_t port;
	struct secret *token;
	struct place *routes; /* sorted by hash */
	size_t count, cap;
	struct walk *walks;
	struct loop_timer join;
	char error[256];
	bool refused;
	uint64_t strays, connects;
	void (*changed)(void *arg);
	void *changed_arg;
};

/* ---- routes, in order of the hashes of their topics ---- */

static uint64_t hash_text(const char *s, uint64_t h)
{
	for (; *s; s++) {
		h = (h ^ (unsigned char)*s) * 1099511628211ull;
	}
	return h;
}

static uint64_t hash_topic(const char *topic)
{
	return hash_text(topic, 14695981039346656037ull);
}

/* The first place whose hash is not less. */
static size_t lower_bound(const struct cloud_link *l, uint64_t hash)
{
	size_t from = 0, to = l->count;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (l->routes[mid].hash < hash) {
			from = mid + 1;
		} else {
			to = mid;
		}
	}
	return from;
}

static bool has_hash(const struct cloud_link *l, size_t at, uint64_t hash)
{
	return at < l->count && l->routes[at].hash == hash;
}

static bool has_topic(const struct cloud_link *l, const char *topic)
{
	uint64_t hash = hash_topic(topic);

	for (size_t at = lower_bound(l, hash); has_hash(l, at, hash); at++) {
		if (strcmp(l->routes[at].route->topic, topic) == 0) {
			return true;
		}
	}
	return false;
}

static void insert(struct cloud_link *l, size_t at, struct cloud_route *r)
{
	struct walk *w;

	if (l->count == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 16;
		l->routes = xrealloc(l->routes, l->cap * sizeof(*l->routes));
	}
	memmove(&l->routes[at + 1], &l->routes[at], (l->count - at) * sizeof(*l->routes));
	l->routes[at] = (struct place){r->hash, r};
	l->count++;
	for (w = l->walks; w; w = w->outer) {
		w->at += at < w->at;
	}
}

static void take_out(struct cloud_link *l, size_t at)
{
	struct walk *w;

	l->count--;
	memmove(&l->routes[at], &l->routes[at + 1], (l->count - at) * sizeof(*l->routes));
	for (w = l->walks; w; w = w->outer) {
		w->at -= at < w->at;
	}
}

static void walk_begin(struct cloud_link *l, struct walk *w, size_t at)
{
	*w = (struct walk){.outer = l->walks, .at = at};
	l->walks = w;
}

static void walk_end(struct cloud_link *l, struct walk *w)
{
	l->walks = w->outer;
}

static void tell_all_down(struct cloud_link *l, enum mqtt_down why, const char *text)
{
	struct walk w;

	loop_timer_stop(&l->join);
	walk_begin(l, &w, 0);
	while (w.at < l->count) {
		struct cloud_route *r = l->routes[w.at++].route;

		r->state = ROUTE_OUT;
		r->handler.down(r->handler.arg, why, text);
	}
	walk_end(l, &w);
}

/* ---- joining ---- */

static size_t subscribe_batch(struct cloud_link *l)
{
	char *topics[JOIN_BATCH];
	size_t i, n = 0;

	for (i = 0; i < l->count && n < JOIN_BATCH; i++) {
		struct cloud_route *r = l->routes[i].route;

		if (r->state == ROUTE_OUT) {
			r->state = ROUTE_SUBSCRIBED;
			topics[n++] = r->topic;
		}
	}
	return uplink_subscribe(l->uplink, topics, n) < 0 ? 0 : n;
}

static void tell_subscribed(struct cloud_link *l)
{
	struct walk w;

	walk_begin(l, &w, 0);
	while (w.at < l->count) {
		struct cloud_route *r = l->routes[w.at++].route;

		if (r->state == ROUTE_SUBSCRIBED) {
			r->state = ROUTE_UP;
			r->handler.up(r->handler.arg);
		}
	}
	walk_end(l, &w);
}

static void on_join(void *arg)
{
	struct cloud_link *l = arg;

	if (uplink_is_up(l->uplink) && subscribe_batch(l) > 0) {
		loop_timer_start(&l->join, JOIN_GAP_MS);
		tell_subscribed(l);
	}
}

/* ---- the session ---- */

static void tell_changed(struct cloud_link *l)
{
	if (l->changed) {
		l->changed(l->changed_arg);
	}
}

static void on_up(void *arg)
{
	struct cloud_link *l = arg;

	l->connects++;
	l->error[0] = '\0';
	l->refused = false;
	log_info("the cloud's broker %s lets us in: %zu printers", l->host, l->count);
	loop_timer_start(&l->join, 0);
	tell_changed(l);
}

static void on_message(void *arg, const char *topic, char *payload, size_t len)
{
	struct cloud_link *l = arg;
	uint64_t hash = hash_topic(topic);
	bool stray = true;
	struct walk w;

	walk_begin(l, &w, lower_bound(l, hash));
	while (has_hash(l, w.at, hash)) {
		struct cloud_route *r = l->routes[w.at++].route;

		if (strcmp(r->topic, topic) == 0) {
			stray = false;
			r->handler.message(r->handler.arg, topic, payload, len);
		}
	}
	l->strays += stray;
	walk_end(l, &w);
}

/* Every printer has its own memory, cold by its next message: fetched for several at once, each
 * step for all of them, it costs a fraction of the waiting. */
static void on_ahead(void *arg, const char *const *topics, size_t count)
{
	struct cloud_link *l = arg;
	struct cloud_route *routes[MQTT_AHEAD_MAX];
	size_t i, n = 0;

	for (i = 0; i < count; i++) {
		uint64_t hash = hash_topic(topics[i]);
		size_t at = lower_bound(l, hash);

		if (has_hash(l, at, hash)) {
			routes[n] = l->routes[at].route;
			memory_fetch(routes[n++], sizeof(struct cloud_route) + TOPIC_USUAL);
		}
	}
	for (int depth = 0; depth < CLOUD_ROUTE_DEPTHS; depth++) {
		for (i = 0; i < n; i++) {
			const struct cloud_route_handler *h = &routes[i]->handler;

			if (h->ahead) {
				h->ahead(h->arg, depth);
			}
		}
	}
}

static void set_error(struct cloud_link *l, const char *text)
{
	if (strcmp(l->error, text) != 0) {
		str_copy(l->error, sizeof(l->error), text);
		log_warn("cloud: %s; printers with another way go on by it", text);
	}
}

static void on_down(void *arg, enum mqtt_down why, const char *text)
{
	struct cloud_link *l = arg;
	char words[sizeof(l->error)];

	l->refused = why == MQTT_DOWN_AUTH;
	if (l->refused) {
		snprintf(words, sizeof(words), "the cloud's broker does not take the token");
	} else {
		snprintf(words, sizeof(words), "the cloud's broker: %s", text);
	}
	set_error(l, words);
	tell_all_down(l, why, words);
	tell_changed(l);
}

/* Our own, and the same every time, so that the broker replaces a half-dead session of ours. */
static void make_client_id(const struct cloud_link *l, char *buf, size_t size)
{
	uint64_t h = hash_text(l->user, l->fleet->client_salt);

	snprintf(buf, size, "bambud-%08x", (unsigned)(h ^ h >> 32));
}

/* What was before our start, as the file says, or with another token. */
static void tell_pause(struct cloud_link *l)
{
	int64_t wait_ms = uplink_next_try_ms(l->uplink);
	const char *why = "was asked five times in five minutes";
	char text[sizeof(l->error)];

	if (wait_ms <= 0) {
		return;
	}
	if (l->budget.away_ms > loop_now_ms(l->fleet->loop)) {
		l->refused = !l->budget.away_kicked;
		why = l->refused ? "did not take the token before the restart"
				 : "gave the session to another client before the restart";
	}
	snprintf(text, sizeof(text), "the cloud's broker %s; tried again in %d min", why,
	    (int)((wait_ms + 59999) / 60000));
	set_error(l, text);
}

static void open_session(struct cloud_link *l)
{
	struct uplink_handler handler = {
	    .up = on_up,
	    .message = on_message,
	    .down = on_down,
	    .ahead = on_ahead,
	    .arg = l,
	};
	struct tls_profile *profile = NULL;
	const char *reason = NULL;
	char client_id[32], text[sizeof(l->error)];
	struct uplink_config config = {
	    .host = l->host,
	    .port = l->port,
	    .user = l->user,
	    .client_id = client_id,
	    .password = l->token,
	    .serial = l->host,
	    .verify = TLS_VERIFY_PUBLIC,
	    .budget = &l->budget,
	    .many = true,
	};

	if (tls_profile_get_public(l->fleet->tls, l->ca_file, &profile, &reason) < 0) {
		snprintf(text, sizeof(text), "CaFile=%s: %s", l->ca_file ? l->ca_file : "", reason);
		set_error(l, text);
		return;
	}
	make_client_id(l, client_id, sizeof(client_id));
	config.profile = profile;
	l->uplink = uplink_create(l->fleet, &config, &handler);
	tls_profile_unref(profile);
	uplink_start(l->uplink);
	tell_pause(l);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same(const struct cloud_link *l, const struct cloud_link_config *c)
{
	if (!c->user || !l->user) {
		return !c->user && !l->user;
	}
	return same_text(l->user, c->user) && same_text(l->host, c->host) && l->port == c->port &&
	       same_text(l->ca_file, c->ca_file) && secret_equal(l->token, c->token);
}

static void forget_config(struct cloud_link *l)
{
	free(TAKE(l->host));
	free(TAKE(l->ca_file));
	free(TAKE(l->user));
	secret_destroy(TAKE(l->token));
}

void cloud_link_set(struct cloud_link *l, const struct cloud_link_config *c)
{
	bool had_session = l->uplink != NULL, same = is_same(l, c);

	if (!c->user || (l->user && !same)) {
		l->budget.away_ms = 0; /* it was about another token */
	}
	if (same) {
		return;
	}
	uplink_destroy(TAKE(l->uplink));
	forget_config(l);
	l->error[0] = '\0';
	l->refused = false;
	if (c->user) {
		l->host = xstrdup(c->host);
		l->port = c->port;
		l->ca_file = xstrdup(c->ca_file);
		l->user = xstrdup(c->user);
		l->token = secret_dup(c->token);
		open_session(l);
	}
	if (!l->uplink) {
		tell_all_down(l, MQTT_DOWN_ASKED, l->user ? l->error : not_signed_in);
	} else if (had_session) {
		tell_all_down(l, MQTT_DOWN_ASKED, "the session of the cloud begins anew");
	}
	tell_changed(l);
}

static void on_budget(void *arg)
{
	struct cloud_link *l = arg;
	const struct loop *loop = l->fleet->loop;

	cloud_kept_write(l->fleet->state_dir, &l->budget, loop_now_ms(loop), loop_wall_ms(loop));
}

static void remember(struct cloud_link *l)
{
	const struct loop *loop = l->fleet->loop;

	if (l->fleet->state_dir) {
		cloud_kept_read(
		    l->fleet->state_dir, &l->budget, loop_now_ms(loop), loop_wall_ms(loop));
		l->budget.changed = on_budget;
		l->budget.arg = l;
	}
}

struct cloud_link *cloud_link_create(struct fleet *f)
{
	struct cloud_link *l = xcalloc(1, sizeof(*l));

	l->fleet = f;
	l->budget.within_ms = BUDGET_MS;
	remember(l);
	loop_timer_init(&l->join, f->loop, on_join, l);
	return l;
}

void cloud_link_destroy(struct cloud_link *l)
{
	if (!l) {
		return;
	}
	uplink_destroy(l->uplink);
	loop_timer_stop(&l->join);
	forget_config(l);
	free(l->routes);
	free(l);
}

bool cloud_link_is_up(const struct cloud_link *l)
{
	return uplink_is_up(l->uplink);
}

bool cloud_link_is_signed_in(const struct cloud_link *l)
{
	return l->user != NULL;
}

const char *cloud_link_error(const struct cloud_link *l)
{
	return l->error[0] ? l->error : NULL;
}

bool cloud_link_is_refused(const struct cloud_link *l)
{
	return l->refused;
}

void cloud_link_watch(struct cloud_link *l, void (*fn)(void *arg), void *arg)
{
	l->changed = fn;
	l->changed_arg = arg;
}

int cloud_link_retry(struct cloud_link *l, int64_t *ret_wait_ms)
{
	return l->uplink ? uplink_retry(l->uplink, ret_wait_ms) : -ENOTCONN;
}

void cloud_link_redial(struct cloud_link *l, const char *why)
{
	if (l->uplink) {
		uplink_redial(l->uplink, why);
	}
}

uint64_t cloud_link_strays(const struct cloud_link *l)
{
	return l->strays;
}

uint64_t cloud_link_connects(const struct cloud_link *l)
{
	return l->connects;
}

/* ---- a route's owner ---- */

struct cloud_route *cloud_route_create(
    struct cloud_link *l, const char *serial, const struct cloud_route_handler *h)
{
	size_t size = strlen("device//report") + strlen(serial) + 1;
	struct cloud_route *r = xcalloc(1, sizeof(*r) + size);

	r->link = l;
	r->handler = *h;
	snprintf(r->topic, size, "device/%s/report", serial);
	r->hash = hash_topic(r->topic);
	insert(l, lower_bound(l, r->hash), r);
	if (uplink_is_up(l->uplink) && !loop_timer_armed(&l->join)) {
		loop_timer_start(&l->join, 0);
	}
	return r;
}

void cloud_route_destroy(struct cloud_route *r)
{
	struct cloud_link *l;
	size_t at;

	if (!r) {
		return;
	}
	l = r->link;
	for (at = lower_bound(l, r->hash); l->routes[at].route != r; at++) {
	}
	take_out(l, at);
	if (r->state != ROUTE_OUT && !has_topic(l, r->topic)) {
		uplink_unsubscribe(l->uplink, r->topic);
	}
	free(r);
}

bool cloud_route_is_up(const struct cloud_route *r)
{
	return r && r->state == ROUTE_UP && uplink_is_up(r->link->uplink);
}

int cloud_route_publish(struct cloud_route *r, const char *topic, const char *payload, size_t len)
{
	return cloud_route_is_up(r) ? uplink_publish(r->link->uplink, topic, payload, len)
				    : -ENOTCONN;
}
