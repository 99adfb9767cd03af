/* SPDX-License-Identifier: MIT */
/* Finds and reads configuration files, and judges whether one may hold a secret. */
#pragma once

#include <stddef.h>

#include "common/err.h"

/* Largest file accepted. */
#define CONFIG_FILE_MAX (8 * 1024 * 1024)

struct config_file {
	char *path, *dir; /* absolute; dir is what relative paths in it start from */
	char *text;	  /* NUL-terminated, writable; wiped when freed */
	size_t len;
	char *inline_refused; /* NULL: may hold a secret; else why not, with what to type */
};

/* Follows symlinks, reads pipes and /dev/null too. 0 with an owned file; -ENOENT; -EINVAL with *e
 * for anything else that keeps it from being read. */
int config_file_read(const char *path, struct config_file **ret, struct err *e);
/* A file of that path with nothing in it, for one that cannot be read; owned. */
struct config_file *config_file_empty(const char *path);
/* Wipes what was read. */
void config_file_clear(struct config_file *f);
void config_file_destroy(struct config_file *f); /* NULL is fine */

/* All *.conf files of the folders (ascending rank, NULL-terminated), sorted by file name; the one
 * in the folder of higher rank masks others of its name. A missing folder is empty. 0 with an owned
 * NULL-terminated array of owned paths, or -EINVAL with *e. */
int config_files_list(const char *const dirs[], char ***ret, struct err *e);
/* Frees an array and its strings; NULL is fine. */
void config_strings_free(char **v);
