/* SPDX-License-Identifier: MIT */
/* What all calls about files have in common: whose, which, and the way there. */
#pragma once

#include <stdbool.h>

#include "daemon/files/files.h"

struct call;
struct printer;

/* What a call means; to be finished. */
struct file_call {
	struct printer *printer; /* good for the call */
	char *path;		 /* clean */
};

/* 0, or negative with *c->e. folder: the path may be the top, which is also what a call without one
 * means. */
int file_call_read(struct call *c, bool folder, struct file_call *ret);
void file_call_finish(struct file_call *f);
#define _cleanup_file_call_ CLEANUP(file_call_finish)

/* 0 unless the printer works on that file: -EBUSY with *c->e. */
int file_call_guard(struct call *c, const struct file_call *f);
/* Asks the printer for it. fd (taken in any case) and size as in files_request. 0, or negative with
 * *c->e. */
int file_call_start(struct call *c, const struct file_call *f, enum files_verb verb, int fd,
    int64_t size, const struct files_handler *h, struct files_job **ret);
