/* SPDX-License-Identifier: MIT */
/* Judges what is to be written into the section of a printer, before it is. */
#pragma once

#include "common/err.h"

/* A name for a new printer. 0, or -EINVAL with *e. */
int config_edit_check_name(const char *name, struct err *e);
/* One line of a [Printer] section, as the reader of files would take it; "" empties a key. Access
 * codes are meant as they are, paths begin at the root. 0, or -EINVAL with *e. */
int config_edit_check(const char *key, const char *text, struct err *e);
