/* SPDX-License-Identifier: MIT */
/* account.*: signing in and out, and what the account is worth. */
#include <errno.h>
#include <string.h>

#include "common/private_file.h"
#include "daemon/api/account_note.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/reply.h"
#include "daemon/cloud/account.h"
#include "daemon/cloud/rest.h"
#include "daemon/fleet/cloud_link.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/model/caps.h"

/* One step of the account that a client waits for. */
struct step {
	struct server *server;
	struct account *account;
	struct reply *reply;
	bool whole; /* answered with the whole status */
};

static int get_account(struct call *c, struct account **ret)
{
	if (c->server->deps.account == NULL) {
		err_set(c->e, ERR_UNSUPPORTED, "this daemon serves no account");
		return -EOPNOTSUPP;
	}
	*ret = c->server->deps.account;
	return 0;
}

/* The one session of the account with the cloud's broker; null while nobody is signed in. */
static void write_session(struct jw *w, const struct server *s)
{
	const struct cloud_link *l = s->deps.fleet->cloud;

	if (l == NULL || !cloud_link_is_signed_in(l)) {
		jw_null(w, "session");
		return;
	}
	jw_object(w, "session");
	jw_bool(w, "up", cloud_link_is_up(l));
	jw_str(w, "error", cloud_link_error(l));
	jw_object_end(w);
}

static void write_whole(struct jw *w, const struct server *s, const struct account *a)
{
	account_write_status(a, w);
	write_session(w, s);
}

static void on_gone(void *arg)
{
	struct step *s = arg;

	account_forget(s->account, s);
	free(s);
}

static void write_step(struct jw *w, const struct step *s, const struct account_step *how)
{
	jw_object(w, "result");
	if (s->whole) {
		write_whole(w, s->server, s->account);
	} else {
		jw_str(w, "state", account_state_word(how->state));
	}
	if (how->need != ACCOUNT_NEED_NONE) {
		jw_str(w, "need", account_need_word(how->need));
		jw_str(w, "login", how->login);
		jw_str(w, "note", how->note[0] != '\0' ? how->note : NULL);
	}
	jw_object_end(w);
}

static void on_step(void *arg, const struct account_step *how)
{
	struct step *s = arg;

	if (how->error.type != ERR_NONE) {
		reply_fail(s->reply, &how->error);
	} else {
		write_step(reply_begin(s->reply), s, how);
		reply_end(s->reply);
	}
	free(s);
}

/* A slot for the answer; the step is to be begun. */
static int step_open(struct call *c, struct account *a, bool whole, struct step **ret)
{
	struct step *s = xcalloc(1, sizeof(*s));
	int r;

	s->server = c->server;
	s->account = a;
	s->whole = whole;
	r = reply_later(c, on_gone, s, &s->reply);
	if (r < 0) {
		free(s);
		return r;
	}
	*ret = s;
	return 0;
}

/* The step was refused at once: that is the answer. */
static int step_answer(struct step *s, int r, const struct err *e)
{
	if (r < 0) {
		reply_fail(s->reply, e);
		free(s);
	}
	return CALL_LATER;
}

static struct secret *take_secret(struct call *c, const char *param)
{
	const char *text = json_get_str(c->params, param);
	struct secret *s = text != NULL ? secret_create(text, strlen(text)) : NULL;

	private_json_wipe(c->params, param);
	return s;
}

static enum account_region region_param(const struct call *c, const struct account *a)
{
	static const char *const words[] = {
	    [REGION_GLOBAL] = "global", [REGION_CHINA] = "china", [REGION_CUSTOM] = "custom"};
	const char *word = json_get_str(c->params, "region");

	for (unsigned i = 0; word != NULL && i < ARRAY_SIZE(words); i++) {
		if (strcmp(word, words[i]) == 0) {
			return (enum account_region)i;
		}
	}
	return account_region(a);
}

int h_account_login(struct call *c)
{
	const char *email = json_get_str(c->params, "email");
	_cleanup_secret_ struct secret *password = take_secret(c, "password");
	_cleanup_secret_ struct secret *token = take_secret(c, "token");
	struct account *a;
	struct step *s;
	struct err e = {0};
	int r = get_account(c, &a);

	if (r == 0 && (token != NULL) == (email != NULL)) {
		err_set(c->e, ERR_INVALID_PARAMS, "want either email, with a password, or token");
		r = -EINVAL;
	}
	if (r == 0) {
		r = step_open(c, a, false, &s);
	}
	if (r < 0) {
		return r;
	}
	r = token != NULL ? account_token_set(a, region_param(c, a), token, on_step, s, &e)
			  : account_login(a, region_param(c, a), email, password, on_step, s, &e);
	return step_answer(s, r, &e);
}

int h_account_verify_code(struct call *c)
{
	_cleanup_secret_ struct secret *code = take_secret(c, "code");
	struct account *a;
	struct step *s;
	struct err e = {0};
	int r = get_account(c, &a);

	if (r == 0) {
		r = step_open(c, a, false, &s);
	}
	if (r < 0) {
		return r;
	}
	r = account_verify_code(
	    a, json_get_str(c->params, "login"), secret_reveal(code), on_step, s, &e);
	return step_answer(s, r, &e);
}

int h_account_verify_token(struct call *c)
{
	struct account *a;
	struct step *s;
	struct err e = {0};
	int r = get_account(c, &a);

	if (r == 0) {
		r = step_open(c, a, true, &s);
	}
	return r < 0 ? r : step_answer(s, account_verify_token(a, on_step, s, &e), &e);
}

int h_account_token_set(struct call *c)
{
	_cleanup_secret_ struct secret *token = take_secret(c, "token");
	struct account *a;
	struct step *s;
	struct err e = {0};
	int r = get_account(c, &a);

	if (r == 0) {
		r = step_open(c, a, true, &s);
	}
	if (r < 0) {
		return r;
	}
	r = account_token_set(a, region_param(c, a), token, on_step, s, &e);
	return step_answer(s, r, &e);
}

static int write_status(struct call *c, const struct account *a)
{
	jw_object(c->w, "result");
	write_whole(c->w, c->server, a);
	jw_object_end(c->w);
	return 0;
}

int h_account_status(struct call *c)
{
	struct account *a;
	int r = get_account(c, &a);

	return r < 0 ? r : write_status(c, a);
}

int h_account_logout(struct call *c)
{
	struct account *a;
	int r = get_account(c, &a);

	if (r < 0) {
		return r;
	}
	account_logout(a);
	return write_status(c, a);
}

int h_account_limits(struct call *c)
{
	struct account *a;
	int r = get_account(c, &a);

	if (r < 0) {
		return r;
	}
	jw_object(c->w, "result");
	rest_write_limits(c->server->deps.rest, c->w);
	jw_object_end(c->w);
	return 0;
}

static void write_device(
    struct jw *w, const struct account_device *d, const struct registry *registry)
{
	const struct caps *caps = caps_by_code(d->model_code);
	const struct printer *p = registry_by_serial(registry, d->serial);

	jw_object(w, NULL);
	jw_str(w, "serial", d->serial);
	jw_str(w, "name", d->name);
	jw_str(w, "model", caps != NULL ? caps->model : d->model_code);
	jw_str(w, "product", d->product);
	if (d->online >= 0) {
		jw_bool(w, "online", d->online > 0);
	} else {
		jw_null(w, "online");
	}
	jw_str(w, "printer", p != NULL ? printer_name(p) : NULL);
	jw_object_end(w);
}

int h_account_devices(struct call *c)
{
	const struct account_device *list;
	struct account *a;
	size_t count;
	int r = get_account(c, &a);

	if (r < 0) {
		return r;
	}
	if (!account_devices_known(a)) {
		err_set(c->e, account_has_token(a) ? ERR_NOT_READY : ERR_LOGIN_NEEDED, "%s",
		    account_has_token(a) ? "the cloud has not told its list of printers yet"
					 : "the account is not signed in");
		err_hint(c->e, account_has_token(a) ? "bambuctl account" : "bambuctl login");
		return -ENOENT;
	}
	list = account_devices(a, &count);
	jw_object(c->w, "result");
	jw_array(c->w, "devices");
	for (size_t i = 0; i < count; i++) {
		write_device(c->w, &list[i], c->server->deps.registry);
	}
	jw_array_end(c->w);
	account_write_list(a, c->w);
	jw_object_end(c->w);
	return 0;
}

void write_account_note(struct jw *w, const struct server *s)
{
	const struct account *a = s->deps.account;

	jw_object(w, "cloud");
	if (a == NULL) {
		jw_null(w, "state");
	} else {
		write_whole(w, s, a);
	}
	jw_object_end(w);
}
