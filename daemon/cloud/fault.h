/* SPDX-License-Identifier: MIT */
/* What an answer of the cloud means: one table from HTTP status, the vendor's words and codes, and
 * pages of others to the product's errors (pure; bambu.md 1.2 to 1.5, seed-inventory 8.1 to 8.6).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "daemon/cloud/door.h"
#include "daemon/io/http.h"

struct fault_input {
	const struct http_answer *answer;
	bool token_sent;
	bool json_only; /* what else a server of the account says with 2xx is an error */
	bool unread;	/* the body of a 2xx is not parsed */
	int64_t wall_ms;
};

struct fault {
	struct err error;
	int vendor_code;	/* -1 none */
	int64_t retry_after_ms; /* -1 not said */
	enum door_why why;	/* DOOR_OPEN: the server works */
	bool dead;		/* the token is */
	json_object *body;	/* or NULL; the caller's */
};

void fault_read(const struct fault_input *in, struct fault *ret);
/* Seconds, or a date of HTTP; -1 when neither. */
int64_t fault_retry_after_ms(const char *value, int64_t wall_ms);
