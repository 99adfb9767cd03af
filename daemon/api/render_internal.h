/* SPDX-License-Identifier: MIT */
/* What the files of the renderer share: writers that turn "unknown" into null, and the sections. */
#pragma once

#include <math.h>
#include <string.h>

#include "common/jw.h"
#include "daemon/model/view.h"

/* UNKNOWN_INT -> null. */
static inline void put_int(struct jw *w, const char *key, int value)
{
	if (value == UNKNOWN_INT) {
		jw_null(w, key);
	} else {
		jw_int(w, key, value);
	}
}

/* NULL and "" -> null. */
static inline void put_str(struct jw *w, const char *key, const char *value)
{
	jw_str(w, key, value != NULL && value[0] != '\0' ? value : NULL);
}

static inline void put_tri(struct jw *w, const char *key, enum tri value)
{
	if (value == TRI_UNKNOWN) {
		jw_null(w, key);
	} else {
		jw_bool(w, key, value == TRI_YES);
	}
}

static inline void put_temp(struct jw *w, const char *key, double temp_c)
{
	jw_num(w, key, temp_c, 1);
}

/* Milliseconds since then; null when it never was (-1). */
static inline void put_age(struct jw *w, const char *key, int64_t now_ms, int64_t then_ms)
{
	if (then_ms < 0) {
		jw_null(w, key);
	} else {
		jw_int(w, key, now_ms > then_ms ? now_ms - then_ms : 0);
	}
}

/* One section's value under key. */
void render_section_print(struct jw *w, const char *key, const struct printer_view *v);
void render_section_temp(struct jw *w, const char *key, const struct printer_view *v);
void render_section_ams(struct jw *w, const char *key, const struct printer_view *v);
/* As above, each unit with `slots` (state words only) in place of `trays`. */
void render_section_ams_short(struct jw *w, const char *key, const struct printer_view *v);
void render_section_hms(struct jw *w, const char *key, const struct printer_view *v);
