/* SPDX-License-Identifier: MIT */
/* Verbs of the cloud account, but for `login` itself. */
#include "ctl/account.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/show.h"

#define PRINTERS_WAIT_MS 10000 /* the list comes a moment after the sign-in */
#define PRINTERS_LOOK_MS 250

int account_say_signed_in(struct ctl *c)
{
	int64_t end_ms = client_now_ms() + PRINTERS_WAIT_MS, printers = 0;
	_cleanup_json_ json_object *result = NULL;
	_cleanup_free_ char *line = NULL;
	bool known = false;
	int status;

	do {
		json_object_put(TAKE(result));
		client_deadline(&c->client, PRINTERS_WAIT_MS);
		status = call_method(c, "account.status", NULL, &result);
		if (status) {
			return status;
		}
		known = json_get_i64(result, "printers", &printers);
	} while (!known && client_now_ms() < end_ms && poll(NULL, 0, PRINTERS_LOOK_MS) == 0);
	out_set_now(&c->out);
	line = show_account_line(&c->out, result);
	if (c->out.quiet) {
		return 0;
	}
	fputs(line, c->out.f);
	if (known) {
		fprintf(
		    c->out.f, "; %" PRId64 " printer%s found", printers, printers == 1 ? "" : "s");
	}
	fputc('\n', c->out.f);
	return 0;
}

static void draw_account(struct ctl *c, json_object *result)
{
	show_account(&c->out, result);
}

/* "show" may be said. */
int account_run(struct ctl *c)
{
	_cleanup_json_ json_object *result = NULL;
	int status;

	if (c->word_count > 0 && (c->word_count > 1 || strcmp(c->words[0], "show") != 0)) {
		return call_misuse(c, "unexpected \"%s\"", c->words[c->word_count - 1]);
	}
	status = call_method(c, "account.status", NULL, &result);
	return status ? status : call_print(c, result, draw_account);
}

void account_show_signed_out(struct ctl *c, json_object *result)
{
	if (!c->out.quiet) {
		fprintf(c->out.f, "signed out\n");
	}
}

void account_show_devices(struct ctl *c, json_object *result)
{
	show_bound(&c->out, result);
}

void account_show_limits(struct ctl *c, json_object *result)
{
	show_limits(&c->out, result);
}

static int verdict_status(struct ctl *c, json_object *result)
{
	json_object *token = json_get_obj(result, "token");
	const char *verdict = json_get_str(token, "verdict");
	_cleanup_free_ char *why = out_member(&c->out, result, "error");
	struct err e = {0};

	if (verdict && strcmp(verdict, "valid") == 0) {
		return 0;
	}
	if (!token) {
		err_set(&e, ERR_LOGIN_NEEDED, "the account is not signed in");
		err_hint(&e, "bambuctl login");
	} else if (verdict && strcmp(verdict, "dead") == 0) {
		err_set(&e, ERR_TOKEN_DEAD, "the cloud no longer takes the token");
		err_hint(&e, "bambuctl login");
	} else {
		err_set(&e, ERR_CLOUD_ERROR, "the cloud did not say whether the token is good%s%s",
		    json_get_str(result, "error") ? ": " : "",
		    json_get_str(result, "error") ? why : "");
		err_hint(&e, "it is kept; ask again later");
	}
	c->out.json = OUT_TEXT; /* the result stands there already */
	return out_fail(&c->out, &e);
}

int account_token_run(struct ctl *c)
{
	_cleanup_json_ json_object *result = NULL;
	int status;

	if (c->word_count > 0) {
		return call_misuse(c, "unexpected \"%s\"", c->words[0]);
	}
	if (!c->args.given[OPT_TIMEOUT]) {
		c->args.timeout_ms = ACCOUNT_PATIENCE_MS;
	}
	status = call_method(c, "account.verify_token", NULL, &result);
	if (status) {
		return status;
	}
	if (c->out.json != OUT_TEXT) {
		out_json(&c->out, result);
	} else {
		show_account(&c->out, result);
	}
	return verdict_status(c, result);
}

/* KEY=VALUE... as one object of texts. */
int account_profile_set_run(struct ctl *c)
{
	_cleanup_json_ json_object *values = json_object_new_object(), *result = NULL;
	json_object *params;
	int status;

	for (int i = 0; i < c->word_count; i++) {
		const char *equals = strchr(c->words[i], '=');
		_cleanup_free_ char *key = NULL;

		if (!equals || equals == c->words[i]) {
			return call_misuse(c, "\"%s\" is not KEY=VALUE", c->words[i]);
		}
		key = xasprintf("%.*s", (int)(equals - c->words[i]), c->words[i]);
		json_object_object_add(values, key, json_object_new_string(equals + 1));
	}
	if (c->word_count == 0) {
		return call_misuse(c, "what is to be changed?");
	}
	params = json_object_new_object();
	json_object_object_add(params, "values", json_object_get(values));
	status = call_method(c, "account.profile_set", params, &result);
	return status ? status : call_print(c, result, NULL);
}
