/* SPDX-License-Identifier: MIT */
/* Look-ups in the method table, and the check of a call's parameters against its row. */
#include "common/method.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"

static const char *const perm_names[] = {
    [PERM_ANY] = "any",
    [PERM_READ] = "read",
    [PERM_CONTROL] = "control",
    [PERM_ADMIN] = "admin",
};
static_assert(ARRAY_SIZE(perm_names) == PERM_COUNT, "one name per permission");

struct type_row {
	const char *name;
	const char *phrase; /* "must be ..." */
};

static const struct type_row types[] = {
    [PARAM_STRING] = {"string", "a string"},
    [PARAM_INT] = {"int", "an integer"},
    [PARAM_NUMBER] = {"number", "a number"},
    [PARAM_BOOL] = {"bool", "true or false"},
    [PARAM_STRINGS] = {"strings", "an array of strings"},
    [PARAM_INTS] = {"ints", "an array of integers"},
    [PARAM_OBJECT] = {"object", "an object"},
    [PARAM_PRINTER] = {"printer", "a printer selector: a string or an array of strings"},
    [PARAM_ANY] = {"any", "a value"},
};
static_assert(ARRAY_SIZE(types) == PARAM_COUNT, "one row per parameter type");

const char *perm_name(enum perm perm)
{
	assert((unsigned)perm < PERM_COUNT);
	return perm_names[perm];
}

const char *param_type_name(enum param_type type)
{
	assert((unsigned)type < PARAM_COUNT);
	return types[type].name;
}

static int compare_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct method *)row)->name);
}

const struct method *method_find(const char *name)
{
	if (!name) {
		return NULL;
	}
	return bsearch(name, method_table, method_count, sizeof(method_table[0]), compare_name);
}

size_t method_index(const struct method *m)
{
	return (size_t)(m - method_table);
}

size_t method_param_count(const struct method *m)
{
	size_t n = 0;

	while (n < METHOD_PARAMS_MAX && m->params[n].name) {
		n++;
	}
	return n;
}

/* Whether two words this far apart may be the same one mistyped. */
static bool is_near(const char *typed, unsigned distance)
{
	size_t len = strlen(typed);

	return distance <= (len < 6 ? 1 : len < 9 ? 2 : len / 4 + 1);
}

const char *method_nearest(const char *name)
{
	const char *nearest = NULL;
	unsigned best = UINT_MAX;

	for (size_t i = 0; name && i < method_count; i++) {
		unsigned distance = edit_distance(name, method_table[i].name);

		if (distance < best) {
			best = distance;
			nearest = method_table[i].name;
		}
	}
	return nearest && is_near(name, best) ? nearest : NULL;
}

static const struct method_param *find_param(const struct method *m, const char *name)
{
	for (size_t i = 0; i < method_param_count(m); i++) {
		if (strcmp(m->params[i].name, name) == 0) {
			return &m->params[i];
		}
	}
	return NULL;
}

static int refuse_unknown(const struct method *m, const char *name, struct err *e)
{
	const struct method_param *nearest = NULL;
	unsigned best = UINT_MAX;
	char shown[64];

	for (size_t i = 0; i < method_param_count(m); i++) {
		unsigned distance = edit_distance(name, m->params[i].name);

		if (distance < best) {
			best = distance;
			nearest = &m->params[i];
		}
	}
	text_escape_buf(name, shown, sizeof(shown));
	if (nearest && is_near(name, best)) {
		err_set(e, ERR_INVALID_PARAMS, "%s has no parameter \"%s\"; did you mean \"%s\"?",
		    m->name, shown, nearest->name);
	} else {
		err_set(e, ERR_INVALID_PARAMS, "%s has no parameter \"%s\"", m->name, shown);
	}
	return -EINVAL;
}

/* True when value is an array of at least min_len elements, all of the type. */
static bool is_array_of(json_object *value, enum json_type type, size_t min_len)
{
	size_t len;

	if (!json_object_is_type(value, json_type_array)) {
		return false;
	}
	len = json_object_array_length(value);
	for (size_t i = 0; i < len; i++) {
		if (!json_object_is_type(json_object_array_get_idx(value, i), type)) {
			return false;
		}
	}
	return len >= min_len;
}

static bool has_type(enum param_type type, json_object *value)
{
	switch (type) {
	case PARAM_STRING:
		return json_object_is_type(value, json_type_string);
	case PARAM_INT:
		return json_object_is_type(value, json_type_int);
	case PARAM_NUMBER:
		return json_object_is_type(value, json_type_int) ||
		       json_object_is_type(value, json_type_double);
	case PARAM_BOOL:
		return json_object_is_type(value, json_type_boolean);
	case PARAM_STRINGS:
		return is_array_of(value, json_type_string, 0);
	case PARAM_INTS:
		return is_array_of(value, json_type_int, 0);
	case PARAM_OBJECT:
		return json_object_is_type(value, json_type_object);
	case PARAM_PRINTER:
		return json_object_is_type(value, json_type_string) ||
		       is_array_of(value, json_type_string, 1);
	case PARAM_ANY:
		return true;
	case PARAM_COUNT:
		break;
	}
	return false;
}

static bool is_word(const struct method_param *p, const char *word)
{
	for (size_t i = 0; p->words[i]; i++) {
		if (strcmp(p->words[i], word) == 0) {
			return true;
		}
	}
	return false;
}

static int refuse_word(const struct method_param *p, const char *word, struct err *e)
{
	char list[160] = "", shown[48];
	size_t used = 0;

	for (size_t i = 0; p->words[i] && used < sizeof(list); i++) {
		used += (size_t)snprintf(
		    list + used, sizeof(list) - used, "%s%s", i == 0 ? "" : ", ", p->words[i]);
	}
	err_set(e, ERR_INVALID_PARAMS, "parameter \"%s\" must be one of %s, not \"%s\"", p->name,
	    list, text_escape_buf(word, shown, sizeof(shown)));
	return -EINVAL;
}

/* One string, integer or number of a parameter: its word or its range. */
static int check_scalar(const struct method_param *p, json_object *value, struct err *e)
{
	double number;

	if (p->words && json_object_is_type(value, json_type_string)) {
		const char *word = json_object_get_string(value);

		return is_word(p, word) ? 0 : refuse_word(p, word, e);
	}
	if (!p->bounded) {
		return 0;
	}
	number = json_object_get_double(value);
	if (number < p->min || number > p->max) {
		err_set(e, ERR_INVALID_PARAMS, "parameter \"%s\" must be from %.12g to %.12g",
		    p->name, p->min, p->max);
		return -EINVAL;
	}
	return 0;
}

static int check_param(const struct method_param *p, json_object *value, struct err *e)
{
	if (!has_type(p->type, value)) {
		err_set(e, ERR_INVALID_PARAMS, "parameter \"%s\" must be %s", p->name,
		    types[p->type].phrase);
		return -EINVAL;
	}
	if (!json_object_is_type(value, json_type_array)) {
		return check_scalar(p, value, e);
	}
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		int r = check_scalar(p, json_object_array_get_idx(value, i), e);

		if (r < 0) {
			return r;
		}
	}
	return 0;
}

static int check_required(const struct method *m, json_object *params, struct err *e)
{
	for (size_t i = 0; i < method_param_count(m); i++) {
		const struct method_param *p = &m->params[i];

		if (p->required && !(params && json_object_object_get_ex(params, p->name, NULL))) {
			err_set(e, ERR_INVALID_PARAMS, "%s needs the parameter \"%s\"", m->name,
			    p->name);
			return -EINVAL;
		}
	}
	return 0;
}

int method_check(const struct method *m, json_object *params, struct err *e)
{
	if (params && !json_object_is_type(params, json_type_object)) {
		err_set(e, ERR_INVALID_PARAMS, "the parameters of %s must be an object", m->name);
		return -EINVAL;
	}
	if (params) {
		json_object_object_foreach(params, name, value)
		{
			const struct method_param *p = find_param(m, name);
			int r = p ? check_param(p, value, e) : refuse_unknown(m, name, e);

			if (r < 0) {
				return r;
			}
		}
	}
	return check_required(m, params, e);
}
