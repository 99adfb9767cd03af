/* SPDX-License-Identifier: MIT */
/* The last bind list on disk, with access codes and the names given here, for a start without the
 * cloud. */
#pragma once

#include "daemon/cloud/bound.h"

struct secret;

#define BOUND_FILE "cloud-printers.json"

/* Reads DIR/cloud-printers.json into a zeroed *ret. 0; -ENOENT: there is none; else negative with
 * an owned *ret_why: -EPERM it is refused, with what to type; -EBADMSG it was damaged or of a newer
 * version and is set aside as .bad-<time>; or errno of reading. */
int bound_file_read(const char *dir, int64_t wall_ms, struct bound *ret, char **ret_why);
/* The text of such a file into a zeroed *ret, to be finished in any case. 0 or -EBADMSG. */
int bound_file_parse(const struct secret *file, struct bound *ret);
/* Old or new, never mixed; 0600. 0 or negative errno; -EFBIG: it could not be read again. */
int bound_file_write(const char *dir, const struct bound *b);
/* 0, also when there was none; or negative errno. */
int bound_file_remove(const char *dir);
