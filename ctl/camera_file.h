/* SPDX-License-Identifier: MIT */
/* Pictures as files: whole or not at all; and pictures out of text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAMERA_FILE_MAX 999999 /* highest number in a name */

/* A file to be filled in this folder, beside what it will be. A descriptor with the owned path of
 * the draft, or negative errno. Who does not put it unlinks it. */
int camera_draft_open(const char *dir, const char *name, char **ret);
/* Renames it. 0 or negative errno (-EEXIST). */
int camera_draft_put(int fd, const char *draft, const char *path, bool replace);
/* Writes beside path and renames. replace: what stands there may go. 0 or negative errno (-EEXIST).
 */
int camera_file_write(const char *path, const void *data, size_t len, bool replace);
/* Makes the folder when it is missing, and finds the highest number of a file PREFIX000001.jpg in
 * it (0 = none): pictures go on behind it. 0 or negative errno. */
int camera_file_dir(const char *dir, const char *prefix, int64_t *ret_last);
/* A part of a file name out of any text: letters, digits and -._ stay, all else becomes one '_',
 * no dot comes first; never empty. Owned. */
char *camera_file_word(const char *text);
