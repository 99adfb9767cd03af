/* SPDX-License-Identifier: MIT */
/* A string that is wiped when freed and has no printf form. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/util.h"

struct secret;

/* Copies len bytes; trailing CR and LF are cut. */
struct secret *secret_create(const char *s, size_t len);
/* Wipes and frees; NULL is fine. */
void secret_destroy(struct secret *s);
struct secret *secret_dup(const struct secret *s);		   /* NULL gives NULL */
bool secret_equal(const struct secret *a, const struct secret *b); /* constant time in content */
size_t secret_len(const struct secret *s);
/* The bytes, NUL-terminated, for the send call alone; owned by s. Never log, never copy. */
const char *secret_reveal(const struct secret *s);
/* Reads a secret file: O_NOFOLLOW, regular, owner root or euid, no group or world bits, <= 16 KiB.
 * 0; -EPERM (mode or owner), -ELOOP (symlink), -EFBIG, -EINVAL (empty, NUL inside, not regular) or
 * errno of open. */
int secret_read_file(int dirfd, const char *path, struct secret **ret);
/* The same with another maximum. */
int secret_read_long_file(int dirfd, const char *path, size_t max, struct secret **ret);

static inline void cleanup_secretp(struct secret **s)
{
	secret_destroy(*s);
}
#define _cleanup_secret_ CLEANUP(cleanup_secretp)
