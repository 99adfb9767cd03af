/* SPDX-License-Identifier: MIT */
/* The metrics as a file that the textfile collector of node_exporter reads. */
#pragma once

#include <stdint.h>

struct loop;
struct textfile;

/* text: the present metrics, which the caller frees; called on the loop. The file is written in a
 * thread. NULL when threads cannot be had. */
struct textfile *textfile_create(struct loop *l, char *(*text)(void *arg), void *arg);
/* Removes the file, so that nobody takes it for news; waits for a write under way, 2 s at most.
 * NULL is fine. */
void textfile_destroy(struct textfile *t);
/* Written at once, then every so many ms; absolute, replaced in one step, mode 0644. NULL:
 * none. A file of before under another name is removed. */
void textfile_set(struct textfile *t, const char *path, int64_t interval_ms);
