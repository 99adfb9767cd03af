/* SPDX-License-Identifier: MIT */
/* A JSON writer: text straight into one growing buffer, no tree. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jw {
	char *buf; /* NUL-terminated after jw_end calls */
	size_t len, cap;
	bool comma; /* the next value in this container needs one */
	bool wipes; /* what it leaves behind is wiped */
};

void jw_init(struct jw *w);
void jw_init_secret(struct jw *w); /* the same for secrets: every buffer is wiped */
void jw_finish(struct jw *w);
void jw_reset(struct jw *w); /* keeps the buffer */
/* Hands over the NUL-terminated text; the writer is empty afterwards. Caller frees,
 * and wipes. */
char *jw_take(struct jw *w);

/* key NULL inside arrays and at the top. */
void jw_object(struct jw *w, const char *key);
void jw_object_end(struct jw *w);
void jw_array(struct jw *w, const char *key);
void jw_array_end(struct jw *w);
void jw_str(
    struct jw *w, const char *key, const char *value); /* NULL -> null; invalid UTF-8 -> U+FFFD */
void jw_strn(struct jw *w, const char *key, const char *value, size_t len);
void jw_int(struct jw *w, const char *key, int64_t value);
/* NAN and infinities -> null; shortest form with at most `decimals` digits after the point (22.0 ->
 * 22). */
void jw_num(struct jw *w, const char *key, double value, int decimals);
void jw_bool(struct jw *w, const char *key, bool value);
void jw_null(struct jw *w, const char *key);
/* value is one JSON value already. */
void jw_raw(struct jw *w, const char *key, const char *value, size_t len);
/* RFC 3339 text of a UTC time in ms; null when negative. */
void jw_time(struct jw *w, const char *key, int64_t wall_ms);
/* Bytes as they are, outside of any container (e.g. the newline of a line protocol). */
void jw_bytes(struct jw *w, const char *bytes, size_t len);
