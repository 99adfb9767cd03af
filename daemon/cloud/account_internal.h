/* SPDX-License-Identifier: MIT */
/* The body of the account, for its own files only. */
#pragma once

#include "common/util.h"
#include "daemon/cloud/account.h"
#include "daemon/cloud/bound.h"
#include "daemon/cloud/login.h"
#include "daemon/cloud/rest.h"
#include "daemon/cloud/token.h"
#include "daemon/io/loop.h"

#define ACCOUNT_PATH_WHO "/v1/design-user-service/my/preference"
#define ACCOUNT_PATH_BOUND "/v1/iot-service/api/user/bind"

enum account_verdict { VERDICT_UNKNOWN, VERDICT_VALID, VERDICT_DEAD, VERDICT_COUNT };

/* Somebody who waits for the end of a step; forgotten: fn is NULL. */
struct account_wait {
	struct list link;
	account_fn fn;
	void *arg;
};

/* A token that is asked about before it is taken. */
struct account_candidate {
	struct secret *text; /* NULL: none */
	enum account_region region;
	struct rest_call *call;
	struct list waits;
};

struct account {
	struct loop *loop;
	struct rest *rest;
	struct account_handler handler;

	bool enabled;
	char *why_disabled, *config_email, *state_dir;
	enum account_region config_region;
	struct secret *config_token;

	struct token token;
	bool from_config; /* the token is that of the configuration */
	char *file_error; /* why the token file was not taken, or cannot be written */
	enum account_verdict verdict;
	int64_t verdict_mono_ms;    /* 0: none yet */
	enum account_state trouble; /* SIGNED_IN, BLOCKED or OFFLINE */
	char error[256];	    /* of the last request in the background, "" = none */
	bool said_credentials;

	struct rest_call *who_call, *bound_call;
	struct loop_timer begin, poll, clock;
	unsigned failures;
	struct bound bound;
	bool bound_known;
	bool bound_kept;		       /* from an earlier run, not confirmed yet */
	bool bound_again;		       /* what is under way was asked before a change */
	bool bound_unsaved;		       /* bound_save is to write the file */
	int64_t bound_mono_ms, bound_saved_ms; /* when it came; told_ms of the file */
	struct loop_deferred bound_save;
	char *list_error; /* why the kept list was not taken, or cannot be written */

	struct login *login;
	enum account_region login_region;
	char login_id[24], *login_email;
	struct loop_timer login_end;
	struct account_wait login_wait; /* linked to nothing */
	struct list verify_waits, list_waits;
	struct loop_deferred verify_answer, list_answer;
	struct account_candidate candidate;

	enum account_region told_region;
	struct secret *told_token; /* what rest has */
};

/* The token may be sent. */
bool account_is_usable(const struct account *a);
/* Gives rest the token and region that are right now. */
void account_settle_rest(struct account *a);
/* Takes a token that is known to be good. expires_ms: -1 not said. */
void account_adopt(struct account *a, const struct secret *text, enum account_region region,
    const char *user, const char *email, int64_t expires_ms);
void account_changed(struct account *a);
/* What any answer to a request with the token says of it and of the cloud. */
void account_note_answer(struct account *a, const struct rest_answer *answer);
/* Takes the list of an answer. */
void account_take_bound(struct account *a, json_object *devices);
/* Forgets the list here; on disk it stays. */
void account_forget_bound(struct account *a);
/* ... and on disk alone. */
void account_remove_bound(struct account *a);
/* The token or its user are new: another account's list goes, one that was kept for this comes. */
void account_own_bound(struct account *a);
void account_start_bound(struct account *a);
void account_end_bound(struct account *a); /* what is to be written is written */
/* Asks who the token belongs to, unless that is under way. */
void account_ask_who(struct account *a);
/* The user of an answer to that question, "u_<uid>", or NULL; owned. */
char *account_user_of(const struct rest_answer *answer);
/* Answers everybody who asked whether the token is good. */
void account_answer_verify(struct account *a);
/* Answers everybody who waits for the list. */
void account_answer_list(struct account *a);
/* Asks for the list, or who we are before it. */
void account_poll(struct account *a);
/* Ends login and candidate; whoever waits is told e. */
void account_end_steps(struct account *a, const struct err *e);
void account_start_steps(struct account *a);
