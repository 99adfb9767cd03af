/* SPDX-License-Identifier: MIT */
/* The grammar of RFC 8259, checked without building anything (pure). */
#pragma once

#include <stddef.h>

/* One value with white space around it, nothing else: depth <= max_depth (`{}` is 1), valid UTF-8,
 * no control bytes, U+0000 or lone surrogates in strings, integers within int64 or uint64. 0 with
 * the number of members of all objects together, or -EINVAL, -E2BIG (too deep). */
int json_check(const char *text, size_t len, int max_depth, size_t *ret_members);
