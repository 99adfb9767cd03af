/* SPDX-License-Identifier: MIT */
/* The cloud account: its token and the token's clock, what the cloud thinks of both, the printers
 * bound to it. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/log.h"
#include "daemon/cloud/account_internal.h"

enum {
	MINUTE_MS = 60 * 1000,
	POLL_MS = 10 * MINUTE_MS,
	CLOCK_MS = 60 * MINUTE_MS,
};

/* After failures in a row: six requests in the first hour of an outage, and back soon after a short
 * one. */
static const int64_t retry_ms[] = {MINUTE_MS, 4 * MINUTE_MS, 10 * MINUTE_MS, 20 * MINUTE_MS};

/* ---- what is told outward ---- */

void account_changed(struct account *a)
{
	a->handler.changed(a->handler.arg);
}

static void file_event(struct account *a, enum event_kind kind, struct jw *w)
{
	char *json;

	jw_object_end(w);
	json = jw_take(w);
	a->handler.event(a->handler.arg, kind, json);
	free(json);
	jw_finish(w);
}

static void begin_event(struct jw *w)
{
	jw_init(w);
	jw_object(w, NULL);
}

static void say(struct account *a, enum event_kind kind, const char *reason)
{
	struct jw w;

	begin_event(&w);
	jw_str(&w, "region", account_region_word(a->token.region));
	jw_str(&w, "reason", reason);
	file_event(a, kind, &w);
}

bool account_is_usable(const struct account *a)
{
	return a->enabled && a->token.text && !a->token.dead;
}

/* The broker's sign-in: told when it is another one. */
static void settle_credentials(struct account *a, bool is_new)
{
	bool ready = account_is_usable(a) && a->token.user;

	if (ready && (is_new || !a->said_credentials)) {
		a->said_credentials = true;
		a->handler.credentials(a->handler.arg, a->token.user, a->token.text);
	} else if (!ready && a->said_credentials) {
		a->said_credentials = false;
		a->handler.credentials(a->handler.arg, NULL, NULL);
	}
}

void account_settle_rest(struct account *a)
{
	enum account_region region = a->login		 ? a->login_region
				     : a->candidate.text ? a->candidate.region
							 : account_region(a);
	/* A token goes to no host but those of its own region. */
	const struct secret *token =
	    account_is_usable(a) && region == a->token.region ? a->token.text : NULL;

	if (region != a->told_region) {
		a->told_region = region;
		a->handler.region(a->handler.arg, region);
	}
	if (!secret_equal(token, a->told_token)) {
		secret_destroy(a->told_token);
		a->told_token = secret_dup(token);
		rest_set_token(a->rest, token);
	}
}

/* ---- the token ---- */

static void keep(struct account *a)
{
	int r;

	if (a->from_config || !a->token.text || !a->state_dir) {
		return;
	}
	r = token_write(a->state_dir, &a->token);
	free(TAKE(a->file_error));
	if (r < 0) {
		a->file_error = xasprintf("%s/" TOKEN_FILE ": %s; the sign-in ends with this run",
		    a->state_dir, strerror(-r));
		log_err("cloud account: %s", a->file_error);
	}
}

static void check_clock(struct account *a)
{
	bool noted = false;
	unsigned days =
	    account_is_usable(a) ? token_warning(&a->token, loop_wall_ms(a->loop), &noted) : 0;
	struct jw w;

	if (noted) {
		keep(a);
	}
	if (days > 0) {
		begin_event(&w);
		jw_int(&w, "days", days);
		jw_time(&w, "expires", a->token.expires_ms);
		jw_str(&w, "text", "sign in again before: bambuctl login");
		file_event(a, EVENT_CLOUD_TOKEN_EXPIRING, &w);
	}
}

static void on_clock(void *arg)
{
	struct account *a = arg;

	check_clock(a);
	loop_timer_start(&a->clock, CLOCK_MS);
}

static void set_verdict(struct account *a, enum account_verdict verdict)
{
	a->verdict = verdict;
	a->verdict_mono_ms = loop_now_ms(a->loop);
}

static void stop_requests(struct account *a)
{
	loop_timer_stop(&a->poll);
	rest_cancel(TAKE(a->who_call));
	rest_cancel(TAKE(a->bound_call));
	a->bound_again = false;
}

static void begin_requests(struct account *a)
{
	a->failures = 0;
	a->trouble = ACCOUNT_SIGNED_IN;
	a->error[0] = '\0';
	loop_timer_start(&a->poll, 0);
}

void account_adopt(struct account *a, const struct secret *text, enum account_region region,
    const char *user, const char *email, int64_t expires_ms)
{
	struct token_claims claims;
	struct token t = {.text = secret_dup(text), .region = region};

	token_claims(text, &claims);
	t.user = xstrdup(user ? user : claims.user[0] ? claims.user : NULL);
	t.email = xstrdup(email);
	t.expires_ms = expires_ms >= 0 ? expires_ms : claims.expires_ms;
	t.obtained_ms = loop_wall_ms(a->loop);
	stop_requests(a);
	token_finish(&a->token);
	a->token = t;
	a->from_config = false;
	set_verdict(a, VERDICT_VALID);
	keep(a);
	account_own_bound(a);
	account_settle_rest(a);
	settle_credentials(a, true);
	begin_requests(a);
	say(a, EVENT_CLOUD_SIGNED_IN, NULL);
	check_clock(a);
	account_changed(a);
}

void account_token_is_dead(struct account *a)
{
	if (!account_is_usable(a)) {
		return;
	}
	a->token.dead = true;
	set_verdict(a, VERDICT_DEAD);
	str_copy(a->error, sizeof(a->error), "the cloud no longer accepts the token");
	keep(a);
	loop_timer_stop(&a->poll);
	account_settle_rest(a);
	settle_credentials(a, false);
	say(a, EVENT_CLOUD_LOGIN_NEEDED,
	    "the cloud no longer accepts the token; sign in: bambuctl login");
	account_changed(a);
}

/* ---- requests in the background ---- */

static void enter_trouble(struct account *a, enum account_state state, const struct err *e)
{
	bool is_news = a->trouble != state;

	a->trouble = state;
	str_copy(a->error, sizeof(a->error), e->message);
	if (is_news && state == ACCOUNT_BLOCKED) {
		say(a, EVENT_CLOUD_BLOCKED, e->message);
	}
	if (is_news) {
		log_debug("cloud account: %s", e->message);
		account_changed(a);
	}
}

static void leave_trouble(struct account *a)
{
	enum account_state was = a->trouble;

	a->trouble = ACCOUNT_SIGNED_IN;
	a->error[0] = '\0';
	if (was == ACCOUNT_BLOCKED) {
		say(a, EVENT_CLOUD_SIGNED_IN, "the cloud answers again");
	}
	if (was != ACCOUNT_SIGNED_IN) {
		account_changed(a);
	}
}

void account_note_answer(struct account *a, const struct rest_answer *answer)
{
	switch ((int)answer->error.type) {
	case ERR_NONE:
		set_verdict(a, VERDICT_VALID);
		leave_trouble(a);
		return;
	case ERR_TOKEN_DEAD:
		account_token_is_dead(a);
		return;
	case ERR_CLOUD_BLOCKED:
		enter_trouble(a, ACCOUNT_BLOCKED, &answer->error);
		break;
	case ERR_CLOUD_OFFLINE:
		enter_trouble(a, ACCOUNT_OFFLINE, &answer->error);
		break;
	case ERR_RATE_LIMITED:
		return; /* our own measure says nothing of the cloud */
	default:
		str_copy(a->error, sizeof(a->error), answer->error.message);
		break;
	}
	if (a->verdict != VERDICT_DEAD) {
		a->verdict = VERDICT_UNKNOWN;
	}
}

static int64_t jitter(int64_t ms)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0) {
		random = 0;
	}
	return ms + random % (ms / 20);
}

static void plan_poll(struct account *a, enum err_type how)
{
	int64_t wait_ms = POLL_MS, blocked_ms = rest_blocked_ms(a->rest);

	if (!account_is_usable(a)) {
		return;
	}
	if (how == ERR_NONE) {
		a->failures = 0;
	} else if (how != ERR_RATE_LIMITED) {
		size_t last = ARRAY_SIZE(retry_ms) - 1;

		wait_ms = retry_ms[a->failures < last ? a->failures : last];
		a->failures++;
	}
	loop_timer_start(&a->poll, jitter(wait_ms > blocked_ms ? wait_ms : blocked_ms));
}

static void on_bound(void *arg, const struct rest_answer *answer)
{
	struct account *a = arg;
	json_object *devices = answer->body ? rest_payload(answer->body, "devices") : NULL;
	enum err_type how = answer->error.type;
	bool again = a->bound_again;

	a->bound_call = NULL;
	a->bound_again = false;
	account_note_answer(a, answer);
	if (how == ERR_NONE && json_object_is_type(devices, json_type_array)) {
		account_take_bound(a, devices);
	} else if (how == ERR_NONE) {
		how = ERR_CLOUD_ERROR;
		str_copy(a->error, sizeof(a->error), "the cloud's list of printers is none");
	}
	account_answer_verify(a); /* it was asked for with the token */
	if (again && how == ERR_NONE && account_is_usable(a)) {
		loop_timer_start(&a->poll, 0);
		return;
	}
	account_answer_list(a);
	plan_poll(a, how);
}

static void ask_bound(struct account *a)
{
	struct rest_request q = {
	    .method = "GET", .path = ACCOUNT_PATH_BOUND, .bucket = REST_DEVICE};

	if (!a->bound_call) {
		loop_timer_stop(&a->poll);
		a->bound_call = rest_start(a->rest, &q, on_bound, a);
	}
}

char *account_user_of(const struct rest_answer *answer)
{
	json_object *uid = answer->body ? rest_payload(answer->body, "uid") : NULL;
	_cleanup_free_ char *user = NULL;

	if (json_object_is_type(uid, json_type_int) || json_object_is_type(uid, json_type_string)) {
		user = xasprintf("u_%s", json_object_get_string(uid));
	}
	return token_user_is_fit(user) ? TAKE(user) : NULL;
}

static void on_who(void *arg, const struct rest_answer *answer)
{
	struct account *a = arg;
	enum err_type how = answer->error.type;

	a->who_call = NULL;
	account_note_answer(a, answer);
	if (how == ERR_NONE && !a->token.user) {
		a->token.user = account_user_of(answer);
		if (a->token.user) {
			keep(a);
			account_own_bound(a);
			settle_credentials(a, true);
			account_changed(a);
		} else {
			how = ERR_CLOUD_ERROR;
			str_copy(a->error, sizeof(a->error), "the cloud does not say who we are");
		}
	}
	account_answer_verify(a);
	if (loop_timer_armed(&a->poll) || a->bound_call) {
		return; /* asked about the token by hand: the list has its own time */
	}
	if (how == ERR_NONE && account_is_usable(a)) {
		ask_bound(a);
	} else {
		account_answer_list(a);
		plan_poll(a, how);
	}
}

void account_ask_who(struct account *a)
{
	struct rest_request q = {.method = "GET", .path = ACCOUNT_PATH_WHO, .bucket = REST_PROFILE};

	if (!a->who_call) {
		a->who_call = rest_start(a->rest, &q, on_who, a);
	}
}

void account_poll(struct account *a)
{
	loop_timer_stop(&a->poll);
	if (!a->told_token) {
		loop_timer_start(&a->poll, MINUTE_MS); /* a login elsewhere is under way */
	} else if (a->who_call) {
		return; /* one thing at a time: its answer goes on */
	} else if (!a->token.user) {
		account_ask_who(a);
	} else {
		ask_bound(a);
	}
}

static void on_poll(void *arg)
{
	account_poll(arg);
}

/* ---- start, configuration, end ---- */

static void copy_config(struct account *a, const struct account_config *c)
{
	free(a->why_disabled);
	free(a->config_email);
	free(a->state_dir);
	secret_destroy(a->config_token);
	a->enabled = c->enabled;
	a->why_disabled = xstrdup(c->why_disabled);
	a->config_region = c->region;
	a->config_email = xstrdup(c->email);
	a->config_token = secret_dup(c->token);
	a->state_dir = xstrdup(c->state_dir);
}

static void read_token(struct account *a)
{
	int r = a->state_dir
		    ? token_read(a->state_dir, loop_wall_ms(a->loop), &a->token, &a->file_error)
		    : -ENOENT;

	a->from_config = false;
	if (r < 0 && a->file_error) {
		log_err("cloud account: %s", a->file_error);
	}
	if (r < 0 && a->config_token) {
		struct token_claims claims;

		token_claims(a->config_token, &claims);
		a->from_config = true;
		a->token = (struct token){
		    .text = secret_dup(a->config_token),
		    .region = a->config_region,
		    .user = xstrdup(claims.user[0] ? claims.user : NULL),
		    .expires_ms = claims.expires_ms,
		    .obtained_ms = -1,
		};
	}
}

/* Reads the token and goes on with it. */
static void sign_in(struct account *a)
{
	free(TAKE(a->file_error));
	read_token(a);
	a->verdict = a->token.dead ? VERDICT_DEAD : VERDICT_UNKNOWN;
	a->verdict_mono_ms = 0;
	account_own_bound(a);
	account_settle_rest(a);
	settle_credentials(a, true);
	loop_timer_start(&a->clock, 0);
	if (account_is_usable(a)) {
		begin_requests(a);
		return;
	}
	say(a, EVENT_CLOUD_LOGIN_NEEDED,
	    a->file_error   ? a->file_error
	    : a->token.dead ? "the cloud no longer accepts the token; sign in: bambuctl login"
			    : "no token yet; sign in: bambuctl login");
}

static void sign_out(struct account *a)
{
	stop_requests(a);
	loop_timer_stop(&a->clock);
	token_finish(&a->token);
	a->from_config = false;
	a->verdict = VERDICT_UNKNOWN;
	a->verdict_mono_ms = 0;
	a->trouble = ACCOUNT_SIGNED_IN;
	a->error[0] = '\0';
	account_settle_rest(a);
	settle_credentials(a, false);
	account_forget_bound(a);
	account_answer_verify(a);
	account_answer_list(a);
}

static void on_begin(void *arg)
{
	struct account *a = arg;

	if (a->enabled) {
		sign_in(a);
	}
	account_settle_rest(a);
	account_changed(a);
}

struct account *account_create(struct loop *l, struct rest *rest, const struct account_config *c,
    const struct account_handler *h)
{
	struct account *a = xcalloc(1, sizeof(*a));

	a->loop = l;
	a->rest = rest;
	a->handler = *h;
	a->trouble = ACCOUNT_SIGNED_IN;
	copy_config(a, c);
	a->told_region = REGION_COUNT;
	account_start_steps(a);
	account_start_bound(a);
	loop_timer_init(&a->poll, l, on_poll, a);
	loop_timer_init(&a->clock, l, on_clock, a);
	/* The handler is called from the loop alone: its owner is not ready yet. */
	loop_timer_init(&a->begin, l, on_begin, a);
	loop_timer_start(&a->begin, 0);
	return a;
}

void account_destroy(struct account *a)
{
	if (!a) {
		return;
	}
	stop_requests(a);
	loop_timer_stop(&a->clock);
	loop_timer_stop(&a->begin);
	account_end_steps(a, NULL);
	loop_deferred_cancel(&a->verify_answer);
	loop_deferred_cancel(&a->list_answer);
	token_finish(&a->token);
	account_end_bound(a);
	secret_destroy(a->config_token);
	secret_destroy(a->told_token);
	free(a->why_disabled);
	free(a->config_email);
	free(a->state_dir);
	free(a->file_error);
	free(a);
}

void account_set_config(struct account *a, const struct account_config *c)
{
	bool was_enabled = a->enabled;
	bool other_token = a->enabled && (a->from_config || !a->token.text) &&
			   (!secret_equal(a->config_token, c->token) ||
			       (a->from_config && a->config_region != c->region));
	struct err e;

	copy_config(a, c);
	if (loop_timer_armed(&a->begin)) {
		return; /* begins with this one */
	}
	if (was_enabled && !a->enabled) {
		err_set(&e, ERR_CANCELLED, "the account was switched off");
		account_end_steps(a, &e);
		sign_out(a);
	} else if (a->enabled && (!was_enabled || other_token)) {
		if (was_enabled) {
			sign_out(a);
		}
		sign_in(a);
	}
	account_settle_rest(a);
	account_changed(a);
}

void account_logout(struct account *a)
{
	bool had = a->token.text != NULL;
	struct err e;
	int r = a->state_dir ? token_remove(a->state_dir) : 0;

	err_set(&e, ERR_CANCELLED, "signed out meanwhile");
	account_end_steps(a, &e);
	account_remove_bound(a);
	sign_out(a);
	free(TAKE(a->file_error));
	if (r < 0) {
		a->file_error = xasprintf("%s/" TOKEN_FILE ": %s", a->state_dir, strerror(-r));
		log_err("cloud account: %s", a->file_error);
	}
	if (had) {
		say(a, EVENT_CLOUD_SIGNED_OUT, "asked for");
	}
	account_changed(a);
}
