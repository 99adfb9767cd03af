/* SPDX-License-Identifier: MIT */
/* The files of texts: NAME holds a catalogue, its time is that of the last answer; NAME.tried,
 * empty, has the time of the last failure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* 0 with the owned content and the file's time; -ENOENT, -EFBIG, or errno. */
int texts_cache_read(const char *dir, const char *name, size_t max, char **ret, size_t *ret_len,
    int64_t *ret_wall_ms);
/* Whole or not at all; not waited for, since a checksum tells what a crash left. 0 or negative
 * errno. */
int texts_cache_write(
    const char *dir, const char *name, const char *data, size_t len, int64_t wall_ms);
/* Sets the time. 0 or negative errno. */
int texts_cache_touch(const char *dir, const char *name, int64_t wall_ms);
/* Renamed to NAME.bad: one that cannot be used. */
void texts_cache_set_aside(const char *dir, const char *name);

/* The time of the last failure, -1 none. */
int64_t texts_cache_tried(const char *dir, const char *name);
/* wall_ms -1: the last try was none. */
void texts_cache_set_tried(const char *dir, const char *name, int64_t wall_ms);
