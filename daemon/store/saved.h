/* SPDX-License-Identifier: MIT */
/* The last state of each printer, a file by serial: STATE/printers/SERIAL.json. A thread writes
 * them; a checksum at the end tells what a crash of the machine left. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct saved;

struct saved_handler {
	/* A text that was handed over was written (0), or not (negative errno). May be NULL. */
	void (*done)(void *arg, const char *serial, int error);
	/* Files can no longer be written in dir (negative errno), or can again (0). May be NULL. */
	void (*trouble)(void *arg, const char *dir, int error);
	void *arg;
};

/* Never NULL: a folder that cannot be made is tried again with each file. */
struct saved *saved_create(struct loop *l, const char *state_dir, const struct saved_handler *h);
/* Waits up to 5 s for what is being written. NULL is fine. */
void saved_destroy(struct saved *s);

/* Whole lines, as handed over: 0 with the owned, NUL-terminated *ret; -ENOENT; another negative
 * errno: logged, and what is no file of ours was set aside. On the loop: for the start. */
int saved_load(struct saved *s, const char *serial, char **ret, size_t *ret_len);
/* Renames it to .bad-<time>, and says so. */
void saved_set_aside(struct saved *s, const char *serial, const char *why);
/* More may be handed over: few wait, and the disk is not in trouble (or it is time to look). */
bool saved_has_room(const struct saved *s);
/* Writes text (owned from here on, whole lines) in a thread, in the order handed over. sync: it is
 * on the disk then. A serial that makes no file name is let go with -EINVAL. */
void saved_put(struct saved *s, const char *serial, char *text, size_t len, bool sync);
/* The same at once, in the caller's thread: for the end, when none waits. 0 or negative errno. */
int saved_put_now(struct saved *s, const char *serial, const char *text, size_t len);
/* Why nothing can be written, NULL: it can. */
const char *saved_error(const struct saved *s);
/* Removes files that nobody wrote for 30 days and whose serial is not known. */
void saved_tidy(struct saved *s, bool (*is_known)(void *arg, const char *serial), void *arg);
