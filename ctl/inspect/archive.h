/* SPDX-License-Identifier: MIT */
/* The zip archive of a 3mf file: looked through once, its few small parts read within limits. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"

#define ARCHIVE_ENTRIES_MAX 10000
#define ARCHIVE_NAME_MAX 1024
#define ARCHIVE_RATIO_MAX 250 /* of an entry above ARCHIVE_RATIO_FROM */
#define ARCHIVE_RATIO_FROM (1024 * 1024)
#define ARCHIVE_TOTAL_MAX (16ULL << 30)	      /* what all entries say they inflate to */
#define ARCHIVE_READ_MAX (128u * 1024 * 1024) /* inflated here, of all parts together */
#define ARCHIVE_E_ABSENT 1

struct archive;

/* f, a regular file open for reading, is taken. Every entry is looked at: one that is encrypted, a
 * link, there twice, or named so that it would leave its folder makes the whole file refused. 0, or
 * -EINVAL with *e (file_refused). */
int archive_open(FILE *f, struct archive **ret, struct err *e);
void archive_close(struct archive *a);
/* Calls fn for every entry that is no folder. */
void archive_each(
    struct archive *a, void (*fn)(void *arg, const char *name, uint64_t size_bytes), void *arg);
/* Contents of an entry, owned, with a NUL behind. ARCHIVE_E_ABSENT when there is none of that name;
 * -EINVAL with *e when it is larger than max_bytes or broken. */
int archive_read(struct archive *a, const char *name, size_t max_bytes, char **ret, size_t *ret_len,
    struct err *e);
