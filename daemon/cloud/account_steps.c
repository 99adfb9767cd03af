/* SPDX-License-Identifier: MIT */
/* What people do with the account: a login and its codes, a token got elsewhere, the question
 * whether the token is good. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/jw.h"
#include "common/private_file.h"
#include "common/secret.h"
#include "common/text.h"
#include "daemon/cloud/account_internal.h"

enum {
	LOGIN_LIFE_MS = 10 * 60 * 1000,
	VERDICT_LIFE_MS = 300 * 1000,
	EMAIL_MAX = 254,
	CODE_MAX = 64,
	TOKEN_MAX = 8192,
};

/* ---- who waits ---- */

static struct account_wait *wait_create(struct list *waits, account_fn fn, void *arg)
{
	struct account_wait *w = xcalloc(1, sizeof(*w));

	w->fn = fn;
	w->arg = arg;
	list_add_tail(waits, &w->link);
	return w;
}

/* Whoever is called may ask anew: that is not part of this round. */
static void answer_all(struct account *a, struct list *waits, struct account_step *s)
{
	struct list round, *pos, *tmp;

	list_init(&round);
	list_for_each (pos, tmp, waits) {
		list_del(pos);
		list_add_tail(&round, pos);
	}
	s->state = account_state(a);
	while (!list_empty(&round)) {
		struct account_wait *w = container_of(round.next, struct account_wait, link);

		list_del(&w->link);
		if (w->fn) {
			w->fn(w->arg, s);
		}
		free(w);
	}
}

static void forget_in(struct list *waits, void *arg)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, waits) {
		struct account_wait *w = container_of(pos, struct account_wait, link);

		if (w->arg == arg) {
			w->fn = NULL;
		}
	}
}

void account_forget(struct account *a, void *arg)
{
	if (a->login_wait.arg == arg) {
		a->login_wait = (struct account_wait){0};
	}
	forget_in(&a->verify_waits, arg);
	forget_in(&a->list_waits, arg);
	forget_in(&a->candidate.waits, arg);
}

/* ---- login ---- */

static void answer_login(struct account *a, struct account_step *s)
{
	struct account_wait w = a->login_wait;

	a->login_wait = (struct account_wait){0};
	s->state = account_state(a);
	if (w.fn) {
		w.fn(w.arg, s);
	}
}

static void drop_login(struct account *a)
{
	login_destroy(TAKE(a->login));
	loop_timer_stop(&a->login_end);
	a->login_id[0] = '\0';
	free(TAKE(a->login_email));
}

static void end_login(struct account *a, const struct err *e)
{
	struct account_step s = {0};

	if (!a->login) {
		return;
	}
	drop_login(a);
	if (e) {
		s.error = *e;
		account_settle_rest(a);
		answer_login(a, &s);
	}
	a->login_wait = (struct account_wait){0};
}

static void on_login_end(void *arg)
{
	struct account *a = arg;
	struct err e;

	err_set(&e, ERR_LOGIN_NEEDED, "no code came within ten minutes: the login has ended");
	err_hint(&e, "bambuctl login");
	end_login(a, &e);
	account_changed(a);
}

static void take_login(struct account *a, const struct login_result *r)
{
	int64_t expires_ms =
	    r->expires_in_s > 0 ? loop_wall_ms(a->loop) + r->expires_in_s * 1000 : -1;
	_cleanup_free_ char *email = TAKE(a->login_email);
	_cleanup_secret_ struct secret *token = secret_dup(r->token);
	enum account_region region = a->login_region;
	struct account_step s = {0};

	drop_login(a);
	account_adopt(a, token, region, NULL, email, expires_ms);
	answer_login(a, &s);
}

static void on_login(void *arg, const struct login_result *r)
{
	struct account *a = arg;
	struct account_step s = {.error = r->error, .need = r->need};

	if (r->token) {
		take_login(a, r);
		return;
	}
	if (r->note) {
		str_copy(s.note, sizeof(s.note), r->note);
	}
	if (r->need == ACCOUNT_NEED_NONE) {
		drop_login(a); /* nothing to go on with */
		account_settle_rest(a);
	} else {
		str_copy(s.login, sizeof(s.login), a->login_id);
	}
	answer_login(a, &s);
	account_changed(a);
}

static int refuse_disabled(const struct account *a, struct err *e)
{
	if (a->enabled) {
		return 0;
	}
	err_set(e, ERR_UNSUPPORTED, "the cloud account is switched off: %s",
	    a->why_disabled ? a->why_disabled : "Enabled=no");
	err_hint(e, "set Enabled=yes in [Cloud] of bambud.conf, then: bambuctl daemon reload");
	return -EOPNOTSUPP;
}

static bool is_line(const char *s, size_t max)
{
	size_t len = 0;

	while (s[len] && (unsigned char)s[len] > 0x20 && s[len] != 0x7f) {
		len++;
	}
	return s[len] == '\0' && len <= max;
}

int account_login(struct account *a, enum account_region region, const char *email,
    const struct secret *password, account_fn fn, void *arg, struct err *e)
{
	struct err superseded;
	uint64_t id = 0;

	if (refuse_disabled(a, e) < 0) {
		return -EOPNOTSUPP;
	}
	if (!email || !*email || !is_line(email, EMAIL_MAX)) {
		err_set(e, ERR_INVALID_PARAMS,
		    "email: want an e-mail address or a telephone number without blanks");
		return -EINVAL;
	}
	if (getrandom(&id, sizeof(id), 0) != sizeof(id)) {
		err_set(e, ERR_INTERNAL, "no random number for the login");
		return -EIO;
	}
	err_set(&superseded, ERR_CANCELLED, "another login began");
	account_end_steps(a, &superseded);
	a->login = login_create(a->rest, email, on_login, a);
	a->login_region = region;
	a->login_email = xstrdup(email);
	a->login_wait = (struct account_wait){.fn = fn, .arg = arg};
	snprintf(a->login_id, sizeof(a->login_id), "l-%016llx", (unsigned long long)id);
	loop_timer_start(&a->login_end, LOGIN_LIFE_MS);
	account_settle_rest(a);
	login_begin(a->login, password);
	return 0;
}

int account_verify_code(
    struct account *a, const char *login, const char *code, account_fn fn, void *arg, struct err *e)
{
	if (!a->login || strcmp(login, a->login_id) != 0) {
		err_set(e, ERR_LOGIN_NEEDED, "this login has ended: a later one, or ten minutes");
		err_hint(e, "bambuctl login");
		return -ENOENT;
	}
	if (login_is_busy(a->login)) {
		err_set(e, ERR_BUSY, "the step before is not answered yet");
		return -EBUSY;
	}
	if (!is_line(code, CODE_MAX)) {
		err_set(e, ERR_INVALID_PARAMS, "code: want up to %d characters without blanks",
		    CODE_MAX);
		return -EINVAL;
	}
	a->login_wait = (struct account_wait){.fn = fn, .arg = arg};
	login_code(a->login, code);
	return 0;
}

/* ---- a token that is asked about before it is taken ---- */

static void drop_candidate(struct account *a)
{
	rest_cancel(TAKE(a->candidate.call));
	secret_destroy(TAKE(a->candidate.text));
}

static void explain_candidate(struct err *e, const struct rest_answer *answer)
{
	if (answer->error.type != ERR_NONE) {
		*e = answer->error;
	} else {
		err_set(e, ERR_CLOUD_ERROR, "the cloud does not say whose token this is");
	}
	if (answer->status == 401 && answer->vendor_code == 4) {
		err_set(e, ERR_TOKEN_DEAD, "the cloud does not accept this token");
		err_hint(e, "a token belongs to one region: --region; or bambuctl login");
	}
}

static void on_candidate(void *arg, const struct rest_answer *answer)
{
	struct account *a = arg;
	_cleanup_secret_ struct secret *text = TAKE(a->candidate.text);
	_cleanup_free_ char *user = answer->error.type == ERR_NONE ? account_user_of(answer) : NULL;
	struct account_step s = {0};
	struct token_claims claims;

	a->candidate.call = NULL;
	token_claims(text, &claims);
	if (answer->error.type == ERR_NONE && (user || claims.user[0])) {
		struct err superseded;

		err_set(&superseded, ERR_CANCELLED, "a token was set meanwhile");
		end_login(a, &superseded);
		account_adopt(a, text, a->candidate.region, user, NULL, -1);
	} else {
		explain_candidate(&s.error, answer);
		account_settle_rest(a);
	}
	answer_all(a, &a->candidate.waits, &s);
	account_answer_verify(a);
}

static void ask_candidate(struct account *a, enum account_region region, const struct secret *text)
{
	struct jw header;
	const char *headers[2] = {NULL, NULL};
	struct rest_request q = {
	    .method = "GET",
	    .path = ACCOUNT_PATH_WHO,
	    .bucket = REST_PROFILE,
	    .anonymous = true, /* ours is another one */
	    .headers = headers,
	};

	a->candidate.text = secret_dup(text);
	a->candidate.region = region;
	account_settle_rest(a);
	jw_init_secret(&header);
	jw_bytes(&header, "Authorization: Bearer ", strlen("Authorization: Bearer "));
	jw_bytes(&header, secret_reveal(text), secret_len(text) + 1);
	headers[0] = header.buf;
	a->candidate.call = rest_start(a->rest, &q, on_candidate, a);
	jw_finish(&header);
}

int account_token_set(struct account *a, enum account_region region, const struct secret *token,
    account_fn fn, void *arg, struct err *e)
{
	if (refuse_disabled(a, e) < 0) {
		return -EOPNOTSUPP;
	}
	if (secret_len(token) == 0 || !is_line(secret_reveal(token), TOKEN_MAX)) {
		err_set(e, ERR_INVALID_PARAMS, "token: want one word");
		return -EINVAL;
	}
	if (a->candidate.text || (a->login && login_is_busy(a->login))) {
		err_set(e, ERR_BUSY, "another sign-in is under way");
		return -EBUSY;
	}
	wait_create(&a->candidate.waits, fn, arg);
	ask_candidate(a, region, token);
	return 0;
}

/* ---- is the token good? ---- */

void account_answer_verify(struct account *a)
{
	struct account_step s = {0};

	answer_all(a, &a->verify_waits, &s);
}

static void on_verify_answer(void *arg)
{
	account_answer_verify(arg);
}

static bool verdict_is_fresh(const struct account *a)
{
	return a->verdict != VERDICT_UNKNOWN && a->verdict_mono_ms > 0 &&
	       loop_now_ms(a->loop) - a->verdict_mono_ms < VERDICT_LIFE_MS;
}

int account_verify_token(struct account *a, account_fn fn, void *arg, struct err *e)
{
	if (refuse_disabled(a, e) < 0) {
		return -EOPNOTSUPP;
	}
	if (!a->token.text) {
		err_set(e, ERR_LOGIN_NEEDED, "there is no token: the account is not signed in");
		err_hint(e, "bambuctl login");
		return -ENOENT;
	}
	wait_create(&a->verify_waits, fn, arg);
	if (a->login && !a->told_token) {
		loop_defer(a->loop, &a->verify_answer); /* a login has the word: not known now */
	} else if (verdict_is_fresh(a)) {
		loop_defer(a->loop, &a->verify_answer);
	} else if (a->bound_call) {
		return 0; /* its answer says it: a dead token is asked with once */
	} else if (a->told_token) {
		account_ask_who(a);
	} else if (!a->candidate.text) {
		/* Said to be dead: nothing else is sent with it. */
		ask_candidate(a, a->token.region, a->token.text);
	}
	return 0;
}

/* ---- a list that is new ---- */

void account_answer_list(struct account *a)
{
	struct account_step s = {0};

	answer_all(a, &a->list_waits, &s);
}

static void on_list_answer(void *arg)
{
	account_answer_list(arg);
}

void account_refresh(struct account *a, account_fn fn, void *arg)
{
	if (fn) {
		wait_create(&a->list_waits, fn, arg);
	}
	if (!account_is_usable(a) || !a->told_token || rest_blocked_ms(a->rest) > 0) {
		loop_defer(a->loop, &a->list_answer);
	} else if (a->bound_call) {
		a->bound_again = true;
	} else {
		account_poll(a);
	}
}

/* ---- start and end ---- */

void account_start_steps(struct account *a)
{
	list_init(&a->verify_waits);
	list_init(&a->list_waits);
	list_init(&a->candidate.waits);
	loop_timer_init(&a->login_end, a->loop, on_login_end, a);
	loop_deferred_init(&a->verify_answer, on_verify_answer, a);
	loop_deferred_init(&a->list_answer, on_list_answer, a);
}

static void free_waits(struct list *waits)
{
	while (!list_empty(waits)) {
		struct account_wait *w = container_of(waits->next, struct account_wait, link);

		list_del(&w->link);
		free(w);
	}
}

void account_end_steps(struct account *a, const struct err *e)
{
	struct account_step s = {0};

	end_login(a, e);
	drop_candidate(a);
	if (e) {
		s.error = *e;
		account_settle_rest(a);
		answer_all(a, &a->candidate.waits, &s);
	} else {
		free_waits(&a->candidate.waits);
		free_waits(&a->verify_waits);
		free_waits(&a->list_waits);
	}
}
