/* SPDX-License-Identifier: MIT */
/* A condition on a key of the status object: print.percent>=50 (pure). */
#include "ctl/cond.h"

#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "ctl/see.h"

static const char *const op_words[COND_COUNT] = {
    [COND_EQ] = "=",
    [COND_NE] = "!=",
    [COND_LT] = "<",
    [COND_LE] = "<=",
    [COND_GT] = ">",
    [COND_GE] = ">=",
};

bool cond_is_one(const char *text)
{
	return strpbrk(text, "=<>!") != NULL;
}

/* The operator at p: the longer one wins. COND_COUNT = none. */
static enum cond_op op_at(const char *p)
{
	enum cond_op found = COND_COUNT;

	for (int i = 0; i < COND_COUNT; i++) {
		if (str_starts(p, op_words[i]) &&
		    (found == COND_COUNT || strlen(op_words[i]) > strlen(op_words[found]))) {
			found = (enum cond_op)i;
		}
	}
	return found;
}

int cond_parse(struct cond *c, const char *text, struct err *e)
{
	size_t len = strcspn(text, "=<>!");
	const char *value;

	memset(c, 0, sizeof(*c));
	c->op = op_at(text + len);
	if (len == 0 || c->op == COND_COUNT) {
		err_set(e, ERR_USAGE, "\"%.80s\" is no condition such as print.percent>=50", text);
		return -EINVAL;
	}
	value = text + len + strlen(op_words[c->op]);
	value += c->op == COND_EQ && *value == '='; /* == as programmers write it */
	c->key = xstrndup(text, len);
	c->text = xstrdup(value);
	c->is_number = parse_double(value, &c->number) == 0;
	if (c->op != COND_EQ && c->op != COND_NE && !c->is_number) {
		err_set(
		    e, ERR_USAGE, "\"%.60s\" is no number to compare %.60s with", value, c->key);
		return -EINVAL;
	}
	return 0;
}

void cond_finish(struct cond *c)
{
	free(c->key);
	free(c->text);
	memset(c, 0, sizeof(*c));
}

static bool compare(enum cond_op op, double a, double b)
{
	switch (op) {
	case COND_EQ:
		return a == b;
	case COND_NE:
		return a != b;
	case COND_LT:
		return a < b;
	case COND_LE:
		return a <= b;
	case COND_GT:
		return a > b;
	case COND_GE:
		return a >= b;
	case COND_COUNT:
		break;
	}
	return false;
}

static bool equal(const struct cond *c, json_object *value)
{
	bool yes;

	if (json_object_is_type(value, json_type_boolean)) {
		return parse_bool(c->text, &yes) == 0 && yes == json_object_get_boolean(value);
	}
	return strcmp(json_object_get_string(value), c->text) == 0;
}

static bool is_number(json_object *value)
{
	return json_object_is_type(value, json_type_int) ||
	       json_object_is_type(value, json_type_double);
}

static bool holds(const struct cond *c, json_object *value)
{
	bool null_meant = strcmp(c->text, "null") == 0;

	if (!value || null_meant) {
		return null_meant && ((c->op == COND_EQ && !value) || (c->op == COND_NE && value));
	}
	if (is_number(value)) {
		return c->is_number && compare(c->op, json_object_get_double(value), c->number);
	}
	if (c->op == COND_EQ || c->op == COND_NE) {
		return equal(c, value) == (c->op == COND_EQ);
	}
	return false;
}

int cond_holds(const struct cond *c, json_object *printer, json_object **ret_value)
{
	_cleanup_json_ json_object *found = json_object_new_array();

	if (see_find(printer, c->key, found) < 0) {
		return -ENOENT;
	}
	for (size_t i = 0; i < json_object_array_length(found); i++) {
		json_object *value = json_object_array_get_idx(found, i);

		if (holds(c, value)) {
			if (ret_value) {
				*ret_value = value;
			}
			return 1;
		}
	}
	return 0;
}
