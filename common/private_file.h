/* SPDX-License-Identifier: MIT */
/* Private files of the state directory: 0600, replaced in one step, refused when others may
 * read them. */
#pragma once

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

struct jw;
struct secret;

/* 0 with the content; -ENOENT; -EBADMSG: no text, or too long; else negative with an owned
 * *ret_why. */
int private_read(const char *dir, const char *name, struct secret **ret, char **ret_why);
/* The same with a maximum of its own. */
int private_read_long(
    const char *dir, const char *name, size_t max, struct secret **ret, char **ret_why);
/* Old or new, never mixed; on the disk when it returns. 0 or negative errno. */
int private_write(const char *dir, const char *name, const char *data, size_t len);
/* The same without waiting for the disk: when the power fails, the file may be empty or gone. */
int private_write_soon(const char *dir, const char *name, const char *data, size_t len);
/* 0, also when there was none; or negative errno. */
int private_remove(const char *dir, const char *name);
/* Renames it to NAME.bad-<time>, of which the newest PRIVATE_BAD_MAX are kept; the owned sentence
 * about it. For content that is wrong alone: what could not be read may be fine. */
#define PRIVATE_BAD_MAX 3
char *private_set_aside(const char *dir, const char *name, int64_t wall_ms);
/* Wipes the string under key, at the top or below "data": it is not to be read again. */
void private_json_wipe(json_object *o, const char *key);

/* A file that is taken only as it was written: its writer seals it; its reader parses it, writes
 * what it has understood once more and compares. */

/* Ends the object, with the sum of all before it, and the line. */
void private_seal(struct jw *w);
/* 0 with the object; -EBADMSG. */
int private_parse(const struct secret *file, json_object **ret);
/* 0; -EBADMSG: these bytes are not those of the file. */
int private_compare(const struct secret *file, const struct jw *again);
