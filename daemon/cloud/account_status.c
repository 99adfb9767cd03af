/* SPDX-License-Identifier: MIT */
/* The account in words: its state, and what account.status shows of it. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "common/text.h"
#include "daemon/cloud/account_internal.h"

static const char *const state_words[] = {
    [ACCOUNT_SIGNED_OUT] = "signed_out",
    [ACCOUNT_SIGNED_IN] = "signed_in",
    [ACCOUNT_NEED_CODE] = "need_code",
    [ACCOUNT_BLOCKED] = "blocked",
    [ACCOUNT_OFFLINE] = "offline",
    [ACCOUNT_DISABLED] = "disabled",
};
static_assert(ARRAY_SIZE(state_words) == ACCOUNT_STATE_COUNT, "one word per state");

static const char *const need_words[] = {
    [ACCOUNT_NEED_NONE] = NULL,
    [ACCOUNT_NEED_EMAIL] = "email_code",
    [ACCOUNT_NEED_TOTP] = "totp",
    [ACCOUNT_NEED_SMS] = "sms_code",
};
static_assert(ARRAY_SIZE(need_words) == ACCOUNT_NEED_COUNT, "one word per need");

static const char *const verdict_words[] = {
    [VERDICT_UNKNOWN] = "unknown",
    [VERDICT_VALID] = "valid",
    [VERDICT_DEAD] = "dead",
};
static_assert(ARRAY_SIZE(verdict_words) == VERDICT_COUNT, "one word per verdict");

const char *account_state_word(enum account_state state)
{
	return state_words[state];
}

const char *account_need_word(enum account_need need)
{
	return need_words[need];
}

enum account_state account_state(const struct account *a)
{
	if (!a->enabled) {
		return ACCOUNT_DISABLED;
	}
	if (account_is_usable(a)) {
		return a->trouble;
	}
	return a->login && login_need(a->login) != ACCOUNT_NEED_NONE ? ACCOUNT_NEED_CODE
								     : ACCOUNT_SIGNED_OUT;
}

enum account_region account_region(const struct account *a)
{
	return a->token.text ? a->token.region : a->config_region;
}

bool account_has_token(const struct account *a)
{
	return a->token.text != NULL;
}

void account_credentials(
    const struct account *a, const char **ret_user, const struct secret **ret_token)
{
	*ret_user = a->said_credentials ? a->token.user : NULL;
	*ret_token = a->said_credentials ? a->token.text : NULL;
}

int64_t account_expires_ms(const struct account *a)
{
	return a->token.text ? a->token.expires_ms : -1;
}

/* "m***@example.org", "138***": enough for its owner. */
static void mask(const char *email, char *buf, size_t size)
{
	const char *at = strrchr(email, '@');
	int shown = at ? 1 : 3;

	snprintf(buf, size, "%.*s***%s", shown, email, at && at > email ? at : "");
}

static void write_email(const struct account *a, struct jw *w)
{
	const char *email = a->login_email    ? a->login_email
			    : a->token.email  ? a->token.email
			    : a->config_email ? a->config_email
					      : NULL;
	char shown[320];

	if (email) {
		mask(email, shown, sizeof(shown));
	}
	jw_str(w, "email", email ? shown : NULL);
}

static void write_claims(const struct account *a, struct jw *w)
{
	struct token_claims claims;

	token_claims(a->token.text, &claims);
	if (!claims.any) {
		jw_null(w, "claims");
		return;
	}
	jw_object(w, "claims");
	jw_str(w, "username", claims.user[0] ? claims.user : NULL);
	jw_time(w, "issued", claims.issued_ms);
	jw_time(w, "expires", claims.expires_ms);
	jw_object_end(w);
}

static void write_token(const struct account *a, struct jw *w)
{
	if (!a->token.text) {
		jw_null(w, "token");
		return;
	}
	jw_object(w, "token");
	jw_time(w, "expires", a->token.expires_ms);
	jw_time(w, "obtained", a->token.obtained_ms);
	jw_str(w, "verdict", verdict_words[a->verdict]);
	jw_str(w, "from", a->from_config ? "configuration" : "login");
	write_claims(a, w);
	jw_object_end(w);
}

static const char *error_of(const struct account *a)
{
	if (!a->enabled) {
		return a->why_disabled;
	}
	return a->file_error   ? a->file_error
	       : a->list_error ? a->list_error
	       : a->error[0]   ? a->error
			       : NULL;
}

void account_write_status(const struct account *a, struct jw *w)
{
	enum account_need need = a->login ? login_need(a->login) : ACCOUNT_NEED_NONE;

	jw_str(w, "state", state_words[account_state(a)]);
	jw_str(w, "region", account_region_word(account_region(a)));
	jw_str(w, "uid", a->token.user ? a->token.user + 2 : NULL);
	write_email(a, w);
	jw_str(w, "need", need_words[need]);
	write_token(a, w);
	if (a->bound_known) {
		jw_int(w, "printers", (int64_t)a->bound.count);
	} else {
		jw_null(w, "printers");
	}
	account_write_list(a, w);
	jw_str(w, "error", error_of(a));
}
