/* SPDX-License-Identifier: MIT */
/* Verbs that show: what they do beyond one call and its drawing. */
#pragma once

#include "ctl/verbs.h"

int see_ams(struct ctl *c);
/* Which table it will be. */
const struct column_set *see_ams_columns(const struct ctl *c);
int see_call(struct ctl *c);
int see_get(struct ctl *c);
void see_show_hms(struct ctl *c, json_object *result);
void see_show_hms_text(struct ctl *c, json_object *result);
void see_show_firmware(struct ctl *c, json_object *result);
void see_show_profiles(struct ctl *c, json_object *result);
void see_show_keys(struct ctl *c, json_object *result);
void see_show_stages(struct ctl *c, json_object *result);
void see_show_list(struct ctl *c, json_object *result);
void see_show_status(struct ctl *c, json_object *result);

/* Whether the word of that length names a section of the status object. */
bool see_is_section(const char *word, size_t len);
/* Follows "a.b.0.c", "a.b[].c" (each element) in a status object and adds what it finds to found
 * (a JSON array; a null anywhere on the way is a null). 0, or -ENOENT: no such key. */
int see_find(json_object *object, const char *path, json_object *found);
