/* SPDX-License-Identifier: MIT */
/* Drawing into memory: canned JSON in, text out. */
#pragma once

#include "ctl/out.h"

/* What show writes for the JSON text; owned. The moment is 2026-11-23T12:00:00Z, the zone CET. */
char *show_to_text(
    void (*show)(struct out *, json_object *), const char *json, const struct out *base);
/* Plain text output in UTF-8 without colours, with legends. */
struct out show_plain(void);
