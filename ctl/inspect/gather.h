/* SPDX-License-Identifier: MIT */
/* From the archive to the project: which parts are looked for, and how large they may be. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct archive;
struct project;

#define GATHER_PNG_MAX (8u * 1024 * 1024)

/* 0, or -EINVAL with *e (file_refused). */
int gather_project(struct archive *a, struct project *p, struct err *e);
/* The picture of a plate. 0 with an owned buffer, or -EINVAL with *e. */
int gather_png(struct archive *a, int plate, char **ret, size_t *ret_len, struct err *e);
