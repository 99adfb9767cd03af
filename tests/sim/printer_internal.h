/* SPDX-License-Identifier: MIT */
/* Between the files of a simulated printer. */
#pragma once

#include "tests/sim/printer.h"

struct jw;

/* force: also to who did not subscribe to it. */
void printer_publish_on(
    struct printer *p, const char *topic, const void *payload, size_t len, bool force);
/* On the report topic; nothing while muted. */
void printer_publish_jw(struct printer *p, struct jw *w);
/* A full report went out: `off` may have waited for it. */
void printer_count_down(struct printer *p);
