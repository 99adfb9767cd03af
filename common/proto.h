/* SPDX-License-Identifier: MIT */
/* Envelopes of the control protocol: a request line taken apart; replies and notifications written.
 */
#pragma once

#include "common/err.h"
#include "common/json.h"
#include "common/jw.h"
#include "common/method.h"

#define PROTO_API 1
#define PROTO_LINE_MAX (64 * 1024)
#define PROTO_DEPTH_MAX 16

struct proto_request {
	json_object *root; /* owned; holds params */
	char *id; /* the id as JSON text (`7` or `"a"`), owned; NULL when unusable: reply has id
		     null */
	const char *method;  /* borrowed from root */
	json_object *params; /* borrowed from root; NULL = none given */
};

/* Parses one line. 0, or -EINVAL with *e = ERR_PARSE_ERROR or ERR_INVALID_REQUEST (missing or odd
 * id, batch, wrong jsonrpc, unknown envelope member...); ret->id is filled when it was readable
 * even then. ret must be finished in any case. */
int proto_parse(const char *line, size_t len, struct proto_request *ret, struct err *e);
void proto_request_finish(struct proto_request *r);

/* {"jsonrpc":"2.0","id":ID,"result": -- then the caller writes exactly one value with key "result"
 * -- and proto_end adds }\n */
void proto_reply_begin(struct jw *w, const char *id);
void proto_end(struct jw *w);
/* A whole error reply line, newline included. id NULL -> null. */
void proto_error(struct jw *w, const char *id, const struct err *e);
/* The bare {"code","message","data"} object under key (NULL at the top). */
void proto_error_object(struct jw *w, const char *key, const struct err *e);
/* {"jsonrpc":"2.0","method":M, -- the caller writes "params" -- proto_end. */
void proto_notify_begin(struct jw *w, const char *method);
