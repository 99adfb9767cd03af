/* SPDX-License-Identifier: MIT */
/* What is inside a 3mf file, asked of bambu-inspect: a program of its own that may do nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/json.h"

struct ctl;

/* Whether the program was built; without it both calls below fail with ERR_UNSUPPORTED. */
bool inspect_built(void);
/* The whole answer (bambuctl(1), inspect) of a file; path may be /dev/fd/N. 0 with an owned object,
 * or -1 with *e: no_such_file, permission_denied, file_refused, unsupported, timeout, internal. */
int inspect_file(const char *path, json_object **ret, struct err *e);
/* The picture of a plate: a PNG of at most 8 MiB. 0 with an owned buffer, or -1 with *e. */
int inspect_thumbnail(const char *path, int plate, char **ret, size_t *ret_len, struct err *e);
/* The verb. */
int inspect_run(struct ctl *c);
