/* SPDX-License-Identifier: MIT */
/* State to JSON: the only place that names the fields of the status object (status.md). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/jw.h"
#include "daemon/model/view.h"

struct profile_list;

#define RENDER_ALL ((1u << SECTION_COUNT) - 1)

/* The status object under key. sections: SECTION_BIT mask of what to write (identity, link and
 * age_ms always are). */
void render_printer(struct jw *w, const char *key, const struct printer_view *v, uint32_t sections);
/* As printer.list has it: ams without the trays of its units. */
void render_printer_short(struct jw *w, const char *key, const struct printer_view *v);
/* The `changes` object of a state notification: only the sections in the mask, plus age_ms. */
void render_changes(struct jw *w, const char *key, const struct printer_view *v, uint32_t sections);
void render_ams(struct jw *w, const char *key, const struct printer_view *v);
void render_hms(struct jw *w, const char *key, const struct printer_view *v);
/* Raw vendor values, under `raw`. section: one top-level vendor key, or NULL = all. */
void render_raw(struct jw *w, const char *key, const struct printer_view *v, const char *section);

/* Every path of the status object (api.keys); arrays as `ams.units[].trays[].color`. */
struct render_key {
	const char *path, *type, *unit, *help; /* unit "" = none */
};
extern const struct render_key render_keys[];
extern const unsigned render_key_count;
/* The array of profiles. Owned. */
char *render_profiles(const struct profile_list *l);
