/* SPDX-License-Identifier: MIT */
/* Takes out of JSON and of plain text what would tell whose printer it is, and what opens it. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/jw.h"

#define REDACT_MASK "***"
#define REDACT_ENTRIES_MAX 16384 /* things told apart; those beyond share one name */

/* What a value is replaced by: a mask, or a name that is the same each time within one redactor. */
enum redact_kind {
	REDACT_SECRET,	/* access codes, tokens, passwords: *** */
	REDACT_SERIAL,	/* the first three characters tell the model and stay */
	REDACT_ID,	/* tasks, projects, spools: a number of the same length */
	REDACT_FILE,	/* files and jobs: file-1.3mf */
	REDACT_PRINTER, /* printer-1 */
	REDACT_HOST,	/* host-1 */
	REDACT_IP4,	/* of 192.0.2.0/24 */
	REDACT_IP6,	/* of 2001:db8::/32 */
	REDACT_MAC,
	REDACT_KIND_COUNT
};

struct redact;

/* keep_files: names of files and jobs stay. */
struct redact *redact_create(bool keep_files);
void redact_destroy(struct redact *r);
/* A value that is replaced wherever it stands: a secret inside of words too, anything else as a
 * word. NULL, and a secret of fewer than four characters, are left out. */
void redact_know(struct redact *r, enum redact_kind kind, const char *value);
/* What stands for it; borrowed, good until destroy. */
const char *redact_name(struct redact *r, enum redact_kind kind, const char *value);
/* Writes the bytes to out, redacted by the names of members and by what values look like; all else
 * stays as it is, byte for byte. JSON stays JSON; what is none is taken for text. */
void redact_json(struct redact *r, const char *text, size_t len, struct jw *out);
/* Lines of text; in a line KEY=VALUE the key counts too. */
void redact_text(struct redact *r, const char *text, size_t len, struct jw *out);
