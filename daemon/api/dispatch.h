/* SPDX-License-Identifier: MIT */
/* From a request line to its reply: table-driven, permission first, fails closed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/json.h"
#include "common/jw.h"
#include "common/method.h"

struct conn;
struct server;

/* One call in progress. */
struct call {
	struct server *server;
	struct conn *conn;
	const struct method *method;
	const char *id;	     /* JSON text */
	json_object *params; /* checked against the row; NULL = none */
	struct jw *w;
	struct err *e;
	char about[64]; /* the printer, for the audit line */
};

/* Writes exactly one value under "result" and returns 0, or returns negative with *e filled (what
 * was written is then dropped), or CALL_LATER after reply_later. 10 to 25 lines each. */
typedef int (*handler_fn)(struct call *c);

struct handler {
	const char *method;
	handler_fn fn;
	bool writes; /* counts for the rate limit per user */
	bool asks;   /* for confirmation by itself, as the printer's configuration wants */
	/* The client sends bytes next: they must not be taken for requests when it is refused. */
	bool takes_bytes;
};

/* All handlers, sorted by method. */
extern const struct handler handler_table[];
extern const size_t handler_count;

/* NULL: not in this version. */
const struct handler *handler_find(const char *method);
/* Owned array, one entry a row of the method table. */
handler_fn *handlers_by_row(void);
/* Answers one line with exactly one line, at once or later. */
void dispatch_line(struct server *s, struct conn *c, const char *line, size_t len);
/* The log line of a call that is more than reading. error: word of its type, NULL = it went well.
 */
void dispatch_audit(struct server *s, const struct conn *c, const struct method *m,
    const char *about, const char *error);
