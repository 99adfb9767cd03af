/* SPDX-License-Identifier: MIT */
/* The drop-in of one printer in the state directory: keys are set, what else it says stays. */
#pragma once

#include <stddef.h>

#include "common/err.h"

struct dropin_value {
	const char *key, *text; /* text: without line breaks */
};

/* What is done to the printers of the configuration while the daemon runs. */
enum printer_edit { PRINTER_ADD, PRINTER_SET, PRINTER_REMOVE };

/* A whole drop-in as it was; it may hold a secret. */
struct dropin_text {
	char *text; /* NULL: there was none */
	size_t len;
};

/* Owned. */
char *dropin_path(const char *state_dir, const char *printer);
/* Keeps what is there. 0, or negative errno with *e. */
int dropin_save(const char *state_dir, const char *printer, struct dropin_text *ret, struct err *e);
/* As it was; none when there was none. The same results. */
int dropin_restore(
    const char *state_dir, const char *printer, const struct dropin_text *old, struct err *e);
void dropin_text_finish(struct dropin_text *t); /* wipes it; a zeroed one is fine */
/* 0 also when there is none. */
int dropin_remove(const char *state_dir, const char *printer, struct err *e);
/* Sets the keys in section [Printer NAME] of STATE_DIR/printers.d/NAME.conf: mode 0600, whole or
 * not at all, on the disk when it returns. 0, or negative errno with *e. */
int dropin_set(const char *state_dir, const char *printer, const struct dropin_value *values,
    size_t count, struct err *e);
