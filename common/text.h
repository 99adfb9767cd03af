/* SPDX-License-Identifier: MIT */
/* The one escaper for strings of peers, and UTF-8 repair. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A copy of s (len bytes; need not be UTF-8) fit for a terminal or a log line: C0, C1, DEL, bidi
 * controls, line and paragraph separators and invalid bytes become \xNN or \u{NNNN}. Caller frees.
 * Never NULL. */
char *text_escape(const char *s, size_t len);
/* As text_escape into a caller's buffer, cut at a whole character with "..." when it does not fit.
 * Returns buf. */
char *text_escape_buf(const char *s, char *buf, size_t size);
/* Length in bytes of the valid UTF-8 character at s (1..4), 0 when invalid (overlong, surrogate, >
 * 10FFFF, cut). */
size_t text_utf8_len(const char *s, size_t len);
bool text_is_utf8(const char *s, size_t len);
/* True when text_escape would change nothing. */
bool text_is_plain(const char *s, size_t len);
