/* SPDX-License-Identifier: MIT */
/* Typed getters over json-c trees, and a strict bounded parser for requests. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/util.h"

/* Parses exactly one value: depth <= max_depth, valid UTF-8, no trailing bytes, no NUL inside
 * strings, no NaN/Infinity, no duplicate top-level surprises: strict grammar. 0 with an owned
 * reference, or -EINVAL, -E2BIG (too deep). */
int json_parse(const char *text, size_t len, int max_depth, json_object **ret);

/* Typed look-ups of an object's member: NULL / false when absent or of another type. Borrowed. */
const char *json_get_str(json_object *o, const char *key);
bool json_get_i64(json_object *o, const char *key, int64_t *ret);
bool json_get_num(json_object *o, const char *key, double *ret);
bool json_get_bool(json_object *o, const char *key, bool *ret);
json_object *json_get_obj(json_object *o, const char *key);
json_object *json_get_arr(json_object *o, const char *key);
/* Follows "a.b.0.c"; *ret may be NULL for a JSON null. False when the path does not exist. */
bool json_get_path(json_object *o, const char *path, json_object **ret);

static inline void cleanup_jsonp(json_object **o)
{
	json_object_put(*o);
}
#define _cleanup_json_ CLEANUP(cleanup_jsonp)
