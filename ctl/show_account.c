/* SPDX-License-Identifier: MIT */
/* The cloud account in words: who is signed in and for how long, printers bound, limits. */
#include <inttypes.h>
#include <string.h>

#include "common/util.h"
#include "ctl/fmt.h"
#include "ctl/show.h"

#define HOUR_MS (3600 * (int64_t)1000)
#define DAY_MS (24 * HOUR_MS)

static char *days_text(int64_t ms)
{
	if (ms < DAY_MS) {
		return xasprintf("%" PRId64 "h", ms / HOUR_MS);
	}
	return xasprintf("%" PRId64 " day%s", ms / DAY_MS, ms / DAY_MS == 1 ? "" : "s");
}

char *show_token_end(const struct out *o, json_object *token)
{
	int64_t end = fmt_parse_time(json_get_str(token, "expires"));
	_cleanup_free_ char *span = days_text(end < o->now_ms ? o->now_ms - end : end - o->now_ms);

	if (end < 0) {
		return xstrdup("end unknown");
	}
	return end < o->now_ms ? xasprintf("ended %s ago", span) : xasprintf("ends in %s", span);
}

static bool is(json_object *o, const char *key, const char *word)
{
	const char *text = json_get_str(o, key);

	return text && strcmp(text, word) == 0;
}

/* "who (global)", or NULL when nobody is known. Owned. */
static char *who_text(const struct out *o, json_object *status)
{
	const char *email = json_get_str(status, "email"), *uid = json_get_str(status, "uid");
	_cleanup_free_ char *name = out_safe(o, email ? email : uid);
	_cleanup_free_ char *region = out_member(o, status, "region");

	if (!email && !uid) {
		return NULL;
	}
	return xasprintf("%s%s (%s)", email ? "" : "user ", name, region);
}

/* State as people say it. Owned. */
static char *state_text(const struct out *o, json_object *status)
{
	char *word;

	if (is(json_get_obj(status, "token"), "verdict", "dead")) {
		return xstrdup("signed out: the cloud no longer takes the token");
	}
	if (is(status, "state", "need_code")) {
		return xstrdup("a login waits for a code");
	}
	if (is(status, "state", "blocked")) {
		return xstrdup("signed in, but the cloud turns this address away for now");
	}
	if (is(status, "state", "offline")) {
		return xstrdup("signed in, but the cloud cannot be reached");
	}
	if (is(status, "state", "disabled")) {
		return xstrdup("switched off in the configuration");
	}
	word = out_member(o, status, "state");
	for (char *p = word; *p; p++) {
		*p = *p == '_' ? ' ' : *p;
	}
	return word;
}

char *show_account_line(const struct out *o, json_object *status)
{
	json_object *token = json_get_obj(status, "token");
	_cleanup_free_ char *who = who_text(o, status), *state = state_text(o, status);
	_cleanup_free_ char *end = show_token_end(o, token);

	return xasprintf("%s%s%s%s%s", state, who ? " as " : "", who ? who : "",
	    token ? ", token " : "", token ? end : "");
}

static void draw_pair(struct out *o, const char *label, const char *text)
{
	if (text) {
		fprintf(o->f, "%-9s %s\n", label, text);
	}
}

static void draw_token(struct out *o, json_object *token)
{
	int64_t end = fmt_parse_time(json_get_str(token, "expires"));
	int64_t begin = fmt_parse_time(json_get_str(token, "obtained"));
	_cleanup_free_ char *text = show_token_end(o, token), *verdict = NULL;
	char stamp[FMT_SIZE], age[FMT_SIZE];

	verdict = out_member(o, token, "verdict");
	fprintf(o->f, "%-9s %s", "token", text);
	if (end >= 0) {
		fprintf(o->f, " (%s)", fmt_stamp(end, stamp));
	}
	if (begin >= 0 && begin <= o->now_ms) {
		fprintf(o->f, ", %s old", fmt_age(o->now_ms - begin, age));
	}
	fprintf(o->f, ", %s%s\n", is(token, "verdict", "unknown") ? "not known whether " : "",
	    is(token, "verdict", "unknown") ? "it is good" : verdict);
}

/* What the token says of itself; many say nothing. */
static void draw_claims(struct out *o, json_object *claims)
{
	_cleanup_free_ char *user = NULL, *issued = NULL, *ends = NULL, *text = NULL;
	char stamp[FMT_SIZE];
	int64_t ms;

	if (!claims) {
		return;
	}
	user = json_get_str(claims, "username") ? out_member(o, claims, "username") : NULL;
	ms = fmt_parse_time(json_get_str(claims, "issued"));
	issued = ms >= 0 ? xasprintf("issued %s", fmt_stamp(ms, stamp)) : NULL;
	ms = fmt_parse_time(json_get_str(claims, "expires"));
	ends = ms >= 0 ? xasprintf("ends %s", fmt_stamp(ms, stamp)) : NULL;
	text = xasprintf("%s%s%s%s%s", user ? user : "", user && (issued || ends) ? ", " : "",
	    issued ? issued : "", issued && ends ? ", " : "", ends ? ends : "");
	draw_pair(o, "claims", *text ? text : "nothing of use");
}

/* What is to be known of a list that the cloud has not confirmed, else NULL. Owned. */
static char *kept_text(json_object *o)
{
	json_object *list = json_get_obj(o, "list");
	int64_t age_ms = 0;
	bool kept = false;
	char age[FMT_SIZE];

	if (!json_get_bool(list, "kept", &kept) || !kept ||
	    !json_get_i64(list, "age_ms", &age_ms)) {
		return NULL;
	}
	return xasprintf("from the list of %s ago, until the cloud answers", fmt_age(age_ms, age));
}

/* Said when it is not as it should be. */
static void draw_session(struct out *o, json_object *session)
{
	_cleanup_free_ char *error = out_member(o, session, "error");
	bool up = true;

	if (session && json_get_bool(session, "up", &up) && !up) {
		draw_pair(o, "session", json_get_str(session, "error") ? error : "not up yet");
	}
}

void show_account(struct out *o, json_object *status)
{
	json_object *token = json_get_obj(status, "token");
	_cleanup_free_ char *who = who_text(o, status), *state = state_text(o, status);
	_cleanup_free_ char *error = out_member(o, status, "error");
	int64_t printers;

	draw_pair(o, "account", who);
	draw_pair(o, "state", state);
	if (token) {
		draw_token(o, token);
		draw_claims(o, json_get_obj(token, "claims"));
	}
	if (json_get_i64(status, "printers", &printers)) {
		_cleanup_free_ char *list = kept_text(status);

		fprintf(o->f, "%-9s %" PRId64 "%s%s\n", "printers", printers, list ? ", " : "",
		    list ? list : "");
	}
	draw_pair(o, "error", json_get_str(status, "error") ? error : NULL);
	draw_session(o, json_get_obj(status, "session"));
	if (o->legend && !o->quiet &&
	    (is(status, "state", "signed_out") || is(status, "state", "need_code"))) {
		fputs("          try: bambuctl login\n", o->f);
	}
}

enum bound_column {
	BOUND_NAME,
	BOUND_PRINTER,
	BOUND_SERIAL,
	BOUND_MODEL,
	BOUND_PRODUCT,
	BOUND_ONLINE,
	BOUND_COUNT
};

const struct column_set show_bound_columns = {
    .count = BOUND_COUNT,
    .column =
	{
	    [BOUND_NAME] = {"NAME", .cut = true},
	    [BOUND_PRINTER] = {"PRINTER"},
	    [BOUND_SERIAL] = {"SERIAL"},
	    [BOUND_MODEL] = {"MODEL"},
	    [BOUND_PRODUCT] = {"PRODUCT", .extra = true},
	    [BOUND_ONLINE] = {"ONLINE"},
	},
};

static void draw_bound(struct table *t, json_object *device)
{
	const struct out *o = t->out;
	bool online = false, known = json_get_bool(device, "online", &online);

	table_row(t, OUT_PLAIN);
	table_take(t, BOUND_NAME, out_member(o, device, "name"));
	table_take(t, BOUND_PRINTER, out_member(o, device, "printer"));
	table_take(t, BOUND_SERIAL, out_member(o, device, "serial"));
	table_take(t, BOUND_MODEL, out_member(o, device, "model"));
	table_take(t, BOUND_PRODUCT, out_member(o, device, "product"));
	table_cell(t, BOUND_ONLINE, !known ? "-" : online ? "yes" : "no");
}

void show_bound(struct out *o, json_object *result)
{
	json_object *list = json_get_arr(result, "devices");
	_cleanup_free_ char *kept = kept_text(result);
	struct table t;

	if (!list || json_object_array_length(list) == 0) {
		out_note(o, "no printer is bound to the account");
		return;
	}
	table_begin(&t, o, &show_bound_columns);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		draw_bound(&t, json_object_array_get_idx(list, i));
	}
	table_end(&t);
	if (kept) {
		out_note(o, kept);
	}
}

enum limits_column {
	LIMITS_REQUESTS,
	LIMITS_LEFT,
	LIMITS_RATE,
	LIMITS_PER,
	LIMITS_REFILL,
	LIMITS_COUNT
};

const struct column_set show_limits_columns = {
    .count = LIMITS_COUNT,
    .column =
	{
	    [LIMITS_REQUESTS] = {"REQUESTS"},
	    [LIMITS_LEFT] = {"LEFT", .right = true},
	    [LIMITS_RATE] = {"OF", .right = true},
	    [LIMITS_PER] = {"PER"},
	    [LIMITS_REFILL] = {"REFILL", .right = true},
	},
};

static char *count_text(json_object *o, const char *key)
{
	int64_t count;

	return json_get_i64(o, key, &count) ? xasprintf("%" PRId64, count) : xstrdup("-");
}

static void draw_bucket(struct table *t, json_object *bucket)
{
	int64_t left = 0, refill_ms = 0;
	char span[FMT_SIZE];

	json_get_i64(bucket, "left", &left);
	json_get_i64(bucket, "refill_ms", &refill_ms);
	table_row(t, left > 0 ? OUT_PLAIN : OUT_YELLOW);
	table_take(t, LIMITS_REQUESTS, out_member(t->out, bucket, "name"));
	table_take(t, LIMITS_LEFT, count_text(bucket, "left"));
	table_take(t, LIMITS_RATE, count_text(bucket, "rate"));
	table_take(t, LIMITS_PER, out_member(t->out, bucket, "per"));
	/* Rounded up: one who waits that long is not too early. */
	table_cell(
	    t, LIMITS_REFILL, refill_ms > 0 ? fmt_span((refill_ms + 999) / 1000, span) : "-");
}

void show_limits(struct out *o, json_object *result)
{
	json_object *list = json_get_arr(result, "buckets");
	int64_t blocked_ms = fmt_parse_time(json_get_str(result, "blocked_until"));
	_cleanup_free_ char *why = out_member(o, result, "blocked_why");
	char clock[FMT_SIZE];
	struct table t;

	table_begin(&t, o, &show_limits_columns);
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		draw_bucket(&t, json_object_array_get_idx(list, i));
	}
	table_end(&t);
	if (blocked_ms >= 0) {
		fprintf(o->f, "Nothing is asked until %s: %s\n",
		    fmt_clock(blocked_ms, o->now_ms, clock), why);
	}
}
