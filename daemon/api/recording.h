/* SPDX-License-Identifier: MIT */
/* One recording: messages as redacted lines into a client's socket, bounded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/model/words.h"

struct call;
struct list;
struct printer;
struct recorders;
struct recording;

#define CAPTURE_FORMAT 1		/* of the lines (bambud-protocol(7)) */
#define RECORDING_OUT_MAX (1024 * 1024) /* waiting for the client; further messages are lost */

/* A full report is asked for. Answers the call of record.start, which is alone on its connection.
 * keep_files: names of files and jobs stay. limit_ms: it ends by itself then, 0 = does not. 0, or
 * negative with *c->e. */
int recording_open(
    struct call *c, struct recorders *all, struct printer *p, bool keep_files, int64_t limit_ms);
/* A message, redacted and copied. Never sends at once. */
void recording_message(
    struct recording *one, enum plane plane, bool in, const char *bytes, size_t len);
/* What the printer said before counts no more. */
void recording_anew(struct recording *one, enum plane plane);
/* Writes what waits and the last line; ends from the loop. why: a literal. */
void recording_end(struct recording *one, const char *why);

const char *recording_printer(const struct recording *one);
struct list *recording_link(struct recording *one);
struct recording *recording_of(struct list *link);
