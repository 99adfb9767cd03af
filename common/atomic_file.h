/* SPDX-License-Identifier: MIT */
/* Replaces a file in one step: who reads it sees the old one or the new one, whole. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct atomic_file {
	const char *data;
	size_t len;
	mode_t mode;		     /* the umask is taken from it */
	bool whole_mode;	     /* nothing is taken from it */
	bool sync;		     /* it is on the disk when the call returns */
	const struct timespec *time; /* of its last change; NULL: now */
};

/* Writes .NAME.new into the open folder dir and renames it over NAME; a symbolic link there is
 * replaced, not followed. The caller sees to it that a name has one writer at a time. 0 or negative
 * errno: then .NAME.new is gone, and NAME is as before unless only the sync of dir failed. */
int atomic_file_write(int dir, const char *name, const struct atomic_file *f);
