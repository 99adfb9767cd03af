/* SPDX-License-Identifier: MIT */
/* One login: from a password over the codes the cloud asks for to a token (bambu.md 1.2, 1.3). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "daemon/cloud/account.h"

struct login;
struct rest;
struct secret;

/* Good for the call. One of three: an error, a code that is needed, a token. */
struct login_result {
	struct err error;
	enum account_need need;
	const char *note;	    /* what was tried before, for people; NULL: nothing to say */
	const struct secret *token; /* NULL: not yet */
	int64_t expires_in_s;	    /* -1 not said */
};
/* From the loop; may destroy the login. */
typedef void (*login_fn)(void *arg, const struct login_result *r);

/* account: an e-mail address, or a telephone number. */
struct login *login_create(struct rest *rest, const char *account, login_fn fn, void *arg);
void login_destroy(struct login *l); /* fn is not called; NULL is fine */
/* First step. NULL: no password, a code is sent. It is not kept. */
void login_begin(struct login *l, const struct secret *password);
/* Every later one. Empty: a new code is sent (an authenticator's cannot be: one by mail or message
 * then). */
void login_code(struct login *l, const char *code);
bool login_is_busy(const struct login *l); /* a step is under way */
/* The code it waits for. */
enum account_need login_need(const struct login *l);
