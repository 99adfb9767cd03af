/* SPDX-License-Identifier: MIT */
/* `login`: asks for what the cloud wants to know, step by step, and shows none of the secrets. */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/text.h"
#include "common/util.h"
#include "ctl/account.h"
#include "ctl/call.h"
#include "ctl/prompt.h"

#define WRONG_CODES_MAX 3
#define SHOWN_MAX 128

struct dialog {
	struct ctl *ctl;
	struct prompt prompt;
	struct secret *email; /* NULL = the daemon knows it, or a token is given */
	char *login;	      /* owned: what the code is for */
	char need[16];	      /* the code asked for, "" = none */
	int wrong_codes;
	json_object *result; /* of the last step that was none of the errors one can mend */
};

/* Where to look for the code. */
static const struct {
	const char *need, *place, *anew;
} codes[] = {
    {"email_code", "Code from the e-mail", "a new one"},
    {"sms_code", "Code from the text message", "a new one"},
    {"totp", "Code of the authenticator app", "one by mail instead"},
};

static int fail(struct dialog *d, enum err_type type, const char *hint, const char *message)
{
	struct err e = {0};

	err_set(&e, type, "%s", message);
	if (hint) {
		err_hint(&e, "%s", hint);
	}
	return out_fail(&d->ctl->out, &e);
}

/* json-c frees without wiping. */
static void wipe(json_object *params, const char *key)
{
	const char *text = json_get_str(params, key);

	if (text) {
		explicit_bzero((char *)text, strlen(text));
	}
}

static void add_secret(json_object *params, const char *key, const struct secret *s)
{
	if (s) {
		json_object_object_add(params, key, json_object_new_string(secret_reveal(s)));
	}
}

static void say(struct dialog *d, const char *text)
{
	_cleanup_free_ char *safe = out_safe(&d->ctl->out, text);

	if (!d->ctl->out.quiet) {
		prompt_say(&d->prompt, safe);
	}
}

/* 0, or the exit status, reported. */
static int ask(struct dialog *d, const char *question, bool hidden, struct secret **ret)
{
	int r;

	out_release(&d->ctl->out);
	r = prompt_ask(&d->prompt, question, hidden, ret);
	if (r == -ENODATA) {
		return fail(d, ERR_CANCELLED, NULL, "the input ended: nothing was changed");
	}
	return r < 0 ? fail(d, ERR_USAGE, NULL,
			   r == -EMSGSIZE ? "the line is longer than 16 KiB, or not a text"
					  : strerror(-r))
		     : 0;
}

/* ---- what is known before anything is asked ---- */

static bool holds_word(json_object *list, const char *word)
{
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		const char *one = json_object_get_string(json_object_array_get_idx(list, i));

		if (one && strcmp(one, word) == 0) {
			return true;
		}
	}
	return false;
}

/* Nobody types a password in vain. 0, or the exit status, reported. */
static int check_daemon(struct dialog *d)
{
	_cleanup_json_ json_object *hello = NULL, *account = NULL;
	const char *state, *why;
	int status = call_method(d->ctl, "hello", NULL, &hello);

	if (status) {
		return status;
	}
	if (!holds_word(json_get_arr(json_get_obj(hello, "you"), "perm"), "admin")) {
		return fail(d, ERR_PERMISSION_DENIED, "sign in as root or as the daemon's own user",
		    "signing in needs the permission admin");
	}
	status = call_method(d->ctl, "account.status", NULL, &account);
	if (status) {
		return status;
	}
	state = json_get_str(account, "state");
	why = json_get_str(account, "error");
	if (state && strcmp(state, "disabled") == 0) {
		return fail(d, ERR_LOGIN_NEEDED,
		    why ? why : "Enabled=yes in [Cloud] switches it on",
		    "the cloud is switched off in the configuration");
	}
	return 0;
}

static bool is_account(const char *text)
{
	return *text && !strpbrk(text, " \t");
}

/* ---- the steps ---- */

/* One step; the secret in params is wiped afterwards. 0, or the exit status, reported. */
static int step(struct dialog *d, const char *method, json_object *params, const char *secret,
    json_object **ret_reply)
{
	const struct args *a = &d->ctl->args;
	int status;

	client_deadline(
	    &d->ctl->client, a->given[OPT_TIMEOUT] ? a->timeout_ms : ACCOUNT_PATIENCE_MS);
	status = call_exchange(d->ctl, method, json_object_get(params), ret_reply);
	wipe(params, secret);
	json_object_put(params);
	return status;
}

static enum err_type error_type(json_object *reply)
{
	const char *word = json_get_str(json_get_obj(json_get_obj(reply, "error"), "data"), "type");

	return word ? err_by_name(word) : ERR_NONE;
}

/* Takes what a step answered: another code, or the end. 0, or the exit status, reported. */
static int take_result(struct dialog *d, json_object *reply)
{
	_cleanup_json_ json_object *result = NULL;
	const char *need, *login, *note;
	int status = call_open_reply(d->ctl, reply, NULL, &result);

	if (status) {
		return status;
	}
	json_object_put(d->result);
	d->result = json_object_get(result);
	need = json_get_str(result, "need");
	login = json_get_str(result, "login");
	note = json_get_str(result, "note");
	if (note && *note) {
		say(d, note);
	}
	if (need && (!login || !str_copy(d->need, sizeof(d->need), need))) {
		return fail(d, ERR_INTERNAL, NULL, "bambud asks for a code of an unknown kind");
	}
	free(TAKE(d->login));
	if (need) {
		d->login = xstrdup(login);
	} else {
		d->need[0] = '\0';
	}
	return 0;
}

static int first_step(struct dialog *d, const struct secret *password, const struct secret *token)
{
	_cleanup_json_ json_object *reply = NULL;
	json_object *params = json_object_new_object();
	const char *region = d->ctl->args.value[OPT_REGION];
	int status;

	if (region) {
		json_object_object_add(params, "region", json_object_new_string(region));
	}
	add_secret(params, "email", d->email);
	add_secret(params, "password", password);
	add_secret(params, "token", token);
	say(d, token ? "Asking the cloud about the token ..." : "Signing in to the cloud ...");
	status = step(d, "account.login", params, token ? "token" : "password", &reply);
	return status ? status : take_result(d, reply);
}

/* Standard input had no line for it: a program may go on with what it is told here. */
static int leave_open(struct dialog *d)
{
	struct err e = {0};

	if (d->ctl->out.json != OUT_TEXT) {
		out_json(&d->ctl->out, d->result);
		d->ctl->out.json = OUT_TEXT; /* there is an answer already */
	}
	err_set(
	    &e, ERR_LOGIN_NEEDED, "the cloud asks for a code (%s): it is the second line", d->need);
	err_hint(&e, "or account.verify_code, with --json");
	return out_fail(&d->ctl->out, &e);
}

static int ask_code(struct dialog *d, struct secret **ret)
{
	_cleanup_free_ char *to = NULL, *question = NULL;
	char shown[SHOWN_MAX];
	size_t i = 0;
	int r;

	while (i < ARRAY_SIZE(codes) - 1 && strcmp(codes[i].need, d->need) != 0) {
		i++;
	}
	if (d->email && strcmp(d->need, "totp") != 0) {
		text_escape_buf(secret_reveal(d->email), shown, sizeof(shown));
		to = xasprintf(" to %s", shown);
	}
	question = xasprintf("%s%s (empty: %s): ", codes[i].place, to ? to : "", codes[i].anew);
	if (prompt_is_terminal(&d->prompt)) {
		return ask(d, question, true, ret);
	}
	r = prompt_ask(&d->prompt, question, true, ret);
	return r == -ENODATA ? leave_open(d) : r < 0 ? fail(d, ERR_USAGE, NULL, "no code") : 0;
}

/* An error that another code mends, said; false = it is for good. */
static bool may_go_on(struct dialog *d, json_object *reply)
{
	enum err_type type = error_type(reply);
	const char *message = json_get_str(json_get_obj(reply, "error"), "message");

	if (!prompt_is_terminal(&d->prompt)) {
		return false;
	}
	if (type == ERR_WRONG_CODE && ++d->wrong_codes < WRONG_CODES_MAX) {
		say(d, message ? message : "That is not the code.");
		return true;
	}
	if (type == ERR_CODE_EXPIRED) {
		say(d, "The code is too old. An empty line asks for a new one.");
		return true;
	}
	return false;
}

static int code_step(struct dialog *d)
{
	_cleanup_json_ json_object *reply = NULL;
	_cleanup_secret_ struct secret *code = NULL;
	json_object *params;
	int status = ask_code(d, &code);

	if (status) {
		return status;
	}
	params = json_object_new_object();
	json_object_object_add(params, "login", json_object_new_string(d->login));
	add_secret(params, "code", code);
	say(d, secret_len(code) ? "Signing in to the cloud ..." : "Asking for a new code ...");
	status = step(d, "account.verify_code", params, "code", &reply);
	if (status || may_go_on(d, reply)) {
		return status;
	}
	return take_result(d, reply);
}

static int finish(struct dialog *d)
{
	if (d->ctl->out.json != OUT_TEXT) {
		out_json(&d->ctl->out, d->result);
		return 0;
	}
	return account_say_signed_in(d->ctl);
}

static int read_token(struct dialog *d)
{
	_cleanup_secret_ struct secret *token = NULL;
	int status = ask(d, "Token: ", true, &token);

	if (status) {
		return status;
	}
	return secret_len(token) > 0 ? first_step(d, NULL, token)
				     : fail(d, ERR_USAGE, NULL, "no token on standard input");
}

static int read_email(struct dialog *d)
{
	const char *email = d->ctl->args.value[OPT_EMAIL];
	int status = 0;

	if (email) {
		d->email = secret_create(email, strlen(email));
	} else if (prompt_is_terminal(&d->prompt)) {
		status = ask(d, "E-mail address or telephone number: ", false, &d->email);
	} else {
		return call_misuse(d->ctl, "who signs in? --email ADDRESS");
	}
	if (!status && !is_account(secret_reveal(d->email))) {
		return call_misuse(d->ctl, "that is neither an e-mail address nor a number");
	}
	return status;
}

static int read_password(struct dialog *d)
{
	_cleanup_secret_ struct secret *password = NULL;
	_cleanup_free_ char *question = NULL;
	char shown[SHOWN_MAX];
	int status = read_email(d);

	if (status) {
		return status;
	}
	text_escape_buf(secret_reveal(d->email), shown, sizeof(shown));
	question = xasprintf("Password of %s (empty: a code is sent instead): ", shown);
	status = ask(d, question, true, &password);
	if (status) {
		return status;
	}
	return first_step(d, secret_len(password) > 0 ? password : NULL, NULL);
}

static int converse(struct dialog *d)
{
	int status = check_daemon(d);

	if (!status) {
		status = d->ctl->args.given[OPT_TOKEN_STDIN] ? read_token(d) : read_password(d);
	}
	while (!status && d->need[0]) {
		status = code_step(d);
	}
	return status ? status : finish(d);
}

/* A password is about to be in memory: no core file has it, no other program of the user reads it.
 */
static void keep_memory_private(void)
{
	static const struct rlimit none = {0, 0};

	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &none);
}

int login_run(struct ctl *c)
{
	struct dialog d = {.ctl = c};
	int r, status;

	if (c->word_count > 0) {
		return call_misuse(c, "unexpected \"%s\"", c->words[0]);
	}
	if (c->args.given[OPT_TOKEN_STDIN] && c->args.given[OPT_EMAIL]) {
		return call_misuse(c, "--email and --token-stdin do not go together");
	}
	keep_memory_private();
	r = prompt_open(&d.prompt);
	if (r < 0) {
		return fail(&d, ERR_INTERNAL, NULL, strerror(-r));
	}
	status = converse(&d);
	prompt_close(&d.prompt);
	secret_destroy(d.email);
	free(d.login);
	json_object_put(d.result);
	return status;
}
