/* SPDX-License-Identifier: MIT */
/* The drop-in of one printer in the state directory: keys are set, what else it says stays. */
#pragma once

#include <stddef.h>

#include "common/err.h"

struct dropin_value {
	const char *key, *text; /* text: without line breaks */
};

/* Sets the keys in section [Printer NAME] of STATE_DIR/printers.d/NAME.conf: mode 0600, whole or
 * not at all, on the disk when it returns. 0, or negative errno with *e. */
int dropin_set(const char *state_dir, const char *printer, const struct dropin_value *values,
    size_t count, struct err *e);
