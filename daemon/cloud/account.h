/* SPDX-License-Identifier: MIT */
/* The cloud account: login, token, its clock, the printers bound to it. Never blocks on a human. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/event.h"
#include "common/secret.h"

struct account;
struct jw;
struct loop;
struct rest;

enum account_state {
	ACCOUNT_SIGNED_OUT,
	ACCOUNT_SIGNED_IN,
	ACCOUNT_NEED_CODE,
	ACCOUNT_BLOCKED,  /* the cloud turns us away; the token is kept */
	ACCOUNT_OFFLINE,  /* the cloud cannot be reached; the token is kept */
	ACCOUNT_DISABLED, /* Enabled=no */
	ACCOUNT_STATE_COUNT
};
const char *account_state_word(enum account_state state);

enum account_need {
	ACCOUNT_NEED_NONE,
	ACCOUNT_NEED_EMAIL,
	ACCOUNT_NEED_TOTP,
	ACCOUNT_NEED_SMS,
	ACCOUNT_NEED_COUNT
};
const char *account_need_word(enum account_need need); /* "email_code"; NULL for NONE */
enum account_region { REGION_GLOBAL, REGION_CHINA, REGION_CUSTOM, REGION_COUNT };

/* A printer of the bind list (bambu.md 1.7). */
struct account_device {
	const char *serial, *name, *model_code, *product;
	const struct secret *code; /* trimmed; NULL: none */
	int online;		   /* -1 unknown */
	const char *called;	   /* its name here, once one was given; NULL */
};

struct account_handler {
	/* The list came, and differs from the last one. */
	void (*devices)(void *arg, const struct account_device *list, size_t count);
	/* Sign-in to the broker: user "u_<uid>"; both NULL: signed out. */
	void (*credentials)(void *arg, const char *user, const struct secret *token);
	/* Requests and sessions go to this region from now on: that of the token, or of a login. */
	void (*region)(void *arg, enum account_region region);
	void (*changed)(void *arg); /* anything account_write_status shows */
	void (*event)(void *arg, enum event_kind kind, const char *json);
	void *arg;
};

/* Copied. */
struct account_config {
	bool enabled;
	const char *why_disabled; /* what to change, when it is not enabled */
	enum account_region region;
	const char *email;	    /* Account=, shown masked; NULL */
	const struct secret *token; /* Token=; a token file in the state directory wins */
	const char *state_dir;
};

struct account *account_create(struct loop *l, struct rest *rest, const struct account_config *c,
    const struct account_handler *h);
void account_destroy(struct account *a); /* NULL is fine */
void account_set_config(struct account *a, const struct account_config *c);
/* For rest_create: a token was said to be dead. */
void account_token_is_dead(struct account *a);

/* How a step of a login ended. */
struct account_step {
	struct err error; /* wrong_password wrong_code code_expired cloud_blocked cloud_offline
			     csrf_missing ... */
	enum account_state state;
	enum account_need need;
	char login[24]; /* id to go on with, "" when need is NONE */
	char note[256]; /* what was tried before the code asked for now, "" = nothing */
};
/* Once, from the loop. */
typedef void (*account_fn)(void *arg, const struct account_step *s);

/* One login at a time: a new one ends the one before. Without a password a code is sent. 0 with fn
 * to follow, or negative with *e. */
int account_login(struct account *a, enum account_region region, const char *email,
    const struct secret *password, account_fn fn, void *arg, struct err *e);
/* An empty code asks for a new one. */
int account_verify_code(struct account *a, const char *login, const char *code, account_fn fn,
    void *arg, struct err *e);
/* Asks the cloud whether the token is good before it replaces the present one. */
int account_token_set(struct account *a, enum account_region region, const struct secret *token,
    account_fn fn, void *arg, struct err *e);
/* The region of the token, else of the configuration. */
enum account_region account_region(const struct account *a);
/* Three-valued; fn's state tells. */
int account_verify_token(struct account *a, account_fn fn, void *arg, struct err *e);
/* fn is not called any more; the step itself goes on. */
void account_forget(struct account *a, void *arg);
/* Forgets the token, here and on disk. */
void account_logout(struct account *a);

enum account_state account_state(const struct account *a);
bool account_has_token(const struct account *a);
/* account.status: members of the result; `secrets` never. */
void account_write_status(const struct account *a, struct jw *w);
/* By serial; good until the loop's next turn. */
const struct account_device *account_devices(const struct account *a, size_t *ret_count);
bool account_devices_known(const struct account *a); /* a list has come, or was kept */
/* The list is what an earlier run kept: the cloud has not confirmed it yet. */
bool account_devices_kept(const struct account *a);
/* Member `list`: told, age_ms, kept; null while none is known. */
void account_write_list(const struct account *a, struct jw *w);
/* The printer is served under this name from now on, after a restart too; may be called from
 * handler.devices. */
void account_name_device(struct account *a, const char *serial, const char *name);
/* As handler.credentials told them. */
void account_credentials(
    const struct account *a, const char **ret_user, const struct secret **ret_token);
/* Wall clock of the token's end, -1 unknown or no token. */
int64_t account_expires_ms(const struct account *a);
/* A new bind list is asked for now, within the bucket; of one that was asked for before it says
 * nothing. fn, unless NULL, follows when it came or cannot be had. */
void account_refresh(struct account *a, account_fn fn, void *arg);
