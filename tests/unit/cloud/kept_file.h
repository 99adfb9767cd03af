/* SPDX-License-Identifier: MIT */
/* A folder of a test's own, and one file in it that the program keeps there. */
#pragma once

#include <stddef.h>

struct kept_file {
	char dir[64], path[96];
};

/* Makes the folder; path is that of NAME in it. 0. */
int kept_file_make(struct kept_file *k, const char *name);
/* Removes the folder and all files in it. 0. */
int kept_file_remove(struct kept_file *k);
/* What the file holds: at least one byte, less than size. Its length. */
size_t kept_file_slurp(const struct kept_file *k, char *buf, size_t size);
/* Puts a new file of mode 0600 in its place. */
void kept_file_spill(const struct kept_file *k, const char *buf, size_t len);
