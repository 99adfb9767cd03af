/* SPDX-License-Identifier: MIT */
/* The token of the account: its private file, what it says of itself, how long it lives. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/secret.h"
#include "daemon/cloud/account.h"

#define TOKEN_FILE "cloud-token.json"

struct token {
	struct secret *text; /* NULL: none */
	enum account_region region;
	char *user;	      /* "u_<uid>" of the broker; NULL: not known yet */
	char *email;	      /* NULL: not known */
	int64_t expires_ms;   /* wall clock; -1 unknown */
	int64_t obtained_ms;  /* wall clock; -1 unknown */
	unsigned warned_days; /* the last warning of its end was for so many days; 0: none yet */
	bool dead;	      /* the cloud said so: it is not used any more */
};

/* Wipes; a zeroed one is fine. */
void token_finish(struct token *t);
/* Reads DIR/cloud-token.json into a zeroed *ret. 0; -ENOENT: there is none; else negative with an
 * owned *ret_why: -EPERM it is refused, with what to type; -EBADMSG it was damaged or of a newer
 * version and is set aside as .bad-<time>; or errno of reading. */
int token_read(const char *dir, int64_t wall_ms, struct token *ret, char **ret_why);
/* The text of such a file into a zeroed *ret, to be finished in any case. 0 or -EBADMSG. */
int token_parse(const struct secret *file, struct token *ret);
/* Old or new, never mixed; 0600. 0 or negative errno. */
int token_write(const char *dir, const struct token *t);
/* 0, also when there was none; or negative errno. */
int token_remove(const char *dir);

/* What a token may say of itself; many are opaque and say nothing. No signature is checked. */
struct token_claims {
	bool any;
	char user[40];		       /* "u_<digits>", "" when not said */
	int64_t issued_ms, expires_ms; /* -1 not said */
};
void token_claims(const struct secret *text, struct token_claims *ret);
/* "u_" and digits: a user of the broker. NULL is fine. */
bool token_user_is_fit(const char *user);

/* The warning that is due: 14, 3 or 1 days ahead, once each, also when the clock jumps to and fro;
 * 0: none. Notes it in *t; *ret_noted: anything in *t is new and to be kept. */
unsigned token_warning(struct token *t, int64_t wall_ms, bool *ret_noted);

const char *account_region_word(enum account_region region);
/* 0 or -EBADMSG; NULL is no region. */
int account_region_parse(const char *word, enum account_region *ret);
