/* SPDX-License-Identifier: MIT */
/* Programs of libexec that read what others wrote, shut in: one file in, one answer out. */
#pragma once

#include <stddef.h>

#include "common/err.h"

struct helper {
	const char *name;   /* of the program */
	const char *folder; /* where it stands beside bambuctl in a build tree */
};

/* What a run left behind; to be finished. */
struct helper_answer {
	char *out; /* NULL when empty; with a zero behind it */
	size_t len;
	char *complaint; /* the same of stderr */
	int status;	 /* as of waitpid */
};

void helper_answer_finish(struct helper_answer *a);
/* Owned path; NULL when it is neither beside bambuctl nor installed. */
char *helper_find(const struct helper *h);
/* Where it would be installed. Owned. */
char *helper_installed_path(const struct helper *h);
/* Runs it with the file as its standard input until its end, at most 30 s and out_max bytes.
 * 0 with a filled answer, -ETIMEDOUT, -EMSGSIZE or another errno; the program is then killed. */
int helper_run(
    const char *program, char *const *argv, int file, size_t out_max, struct helper_answer *ret);
/* What the end of the program means for the thing that was read. 0, or -1 with *e. */
int helper_judge(
    const struct helper *h, const struct helper_answer *a, const char *subject, struct err *e);
