/* SPDX-License-Identifier: MIT */
/* The head of an HTTP request: strictly as RFC 9112 says it. Pure. */
#pragma once

#include <stddef.h>

struct http_exchange;

/* Takes head (malloced, len bytes with the empty line). 0, or the status that refuses it. */
int http_parse_head(struct http_exchange *x, char *head, size_t len, const char **ret_why);
