/* SPDX-License-Identifier: MIT */
/* Strict parsing through json-c, and typed look-ups in its trees. */
#include "common/json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "common/json_check.h"

/* Members of all objects below o, and whether every number is finite. */
static size_t count_members(json_object *o, bool *finite)
{
	size_t count = 0;

	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(o, key, value)
		{
			(void)key;
			count += 1 + count_members(value, finite);
		}
	} else if (json_object_is_type(o, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(o); i++) {
			count += count_members(json_object_array_get_idx(o, i), finite);
		}
	} else if (json_object_is_type(o, json_type_double)) {
		*finite = *finite && isfinite(json_object_get_double(o));
	}
	return count;
}

int json_parse(const char *text, size_t len, int max_depth, json_object **ret)
{
	_cleanup_json_ json_object *o = NULL;
	enum json_tokener_error error;
	struct json_tokener *tok;
	size_t members = 0;
	bool finite = true;
	int r;

	/* json-c 0.16 in strict mode still takes NaN, 'keys', -01, 1., raw control bytes, overlong
	 * UTF-8, and clamps what does not fit; so the grammar is checked first, and the tokener
	 * only builds the tree. */
	r = json_check(text, len, max_depth, &members);
	if (r < 0) {
		return r;
	}
	tok = json_tokener_new_ex(max_depth + 2);
	if (!tok) {
		return -ENOMEM;
	}
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, text, (int)len);
	error = json_tokener_get_error(tok);
	if (error == json_tokener_continue) {
		/* A number at the top level ends with the text, which the tokener cannot know. */
		o = json_tokener_parse_ex(tok, "", 1);
		error = json_tokener_get_error(tok);
	}
	json_tokener_free(tok);
	/* Fewer members than were written: one hid another of the same name. */
	if (error != json_tokener_success || count_members(o, &finite) != members || !finite) {
		return -EINVAL;
	}
	*ret = TAKE(o);
	return 0;
}

static json_object *member(json_object *o, const char *key, enum json_type type)
{
	json_object *value;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, key, &value) || !json_object_is_type(value, type)) {
		return NULL;
	}
	return value;
}

const char *json_get_str(json_object *o, const char *key)
{
	json_object *value = member(o, key, json_type_string);

	return value ? json_object_get_string(value) : NULL;
}

bool json_get_i64(json_object *o, const char *key, int64_t *ret)
{
	json_object *value = member(o, key, json_type_int);

	if (!value || json_object_get_uint64(value) > INT64_MAX) {
		return false;
	}
	*ret = json_object_get_int64(value);
	return true;
}

bool json_get_num(json_object *o, const char *key, double *ret)
{
	json_object *value = member(o, key, json_type_double);

	value = value ? value : member(o, key, json_type_int);
	if (!value) {
		return false;
	}
	*ret = json_object_get_double(value);
	return true;
}

bool json_get_bool(json_object *o, const char *key, bool *ret)
{
	json_object *value = member(o, key, json_type_boolean);

	if (!value) {
		return false;
	}
	*ret = json_object_get_boolean(value);
	return true;
}

json_object *json_get_obj(json_object *o, const char *key)
{
	return member(o, key, json_type_object);
}

json_object *json_get_arr(json_object *o, const char *key)
{
	return member(o, key, json_type_array);
}

/* One step of a path: a member's name, or an index into an array. */
static bool step(json_object *o, const char *name, json_object **ret)
{
	int64_t index;

	if (json_object_is_type(o, json_type_object)) {
		return json_object_object_get_ex(o, name, ret);
	}
	if (!json_object_is_type(o, json_type_array) ||
	    parse_i64(name, 0, (int64_t)json_object_array_length(o) - 1, &index) < 0) {
		return false;
	}
	*ret = json_object_array_get_idx(o, (size_t)index);
	return true;
}

bool json_get_path(json_object *o, const char *path, json_object **ret)
{
	_cleanup_free_ char *copy = xstrdup(path);
	char *rest = copy, *name;

	while ((name = strsep(&rest, ".")) != NULL) {
		if (!step(o, name, &o)) {
			return false;
		}
	}
	*ret = o;
	return true;
}
