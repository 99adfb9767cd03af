/* SPDX-License-Identifier: MIT */
/* `get`: single values for scripts, bare and one a line. */
#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/see.h"

#define SEGMENT_MAX 64

/* Next "name", "name[]" or "name[3]" of the path; brackets go to index (-1 none, -2 every).
 * Returns what follows, NULL when malformed. */
static const char *take_segment(const char *path, char name[static SEGMENT_MAX], int64_t *index)
{
	size_t len = strcspn(path, ".["), digits;
	char number[12];

	*index = -1;
	if (len == 0 || len >= SEGMENT_MAX) {
		return NULL;
	}
	memcpy(name, path, len);
	name[len] = '\0';
	path += len;
	if (*path == '[') {
		digits = strcspn(path + 1, "]");
		if (path[1 + digits] != ']' || digits >= sizeof(number)) {
			return NULL;
		}
		memcpy(number, path + 1, digits);
		number[digits] = '\0';
		*index = -2;
		if (digits > 0 && parse_i64(number, 0, INT32_MAX, index) < 0) {
			return NULL;
		}
		path += digits + 2;
	}
	if (*path == '.') {
		return path[1] ? path + 1 : NULL;
	}
	return *path ? NULL : path;
}

static int find_in(json_object *value, const char *path, json_object *found);

/* One element, or each of them; an index past the end is an unknown value, not a wrong key. */
static int find_elements(json_object *list, int64_t index, const char *path, json_object *found)
{
	size_t count;

	if (!list) {
		return find_in(NULL, path, found);
	}
	if (!json_object_is_type(list, json_type_array)) {
		return -ENOENT;
	}
	count = json_object_array_length(list);
	if (index >= 0) {
		return find_in(
		    (size_t)index < count ? json_object_array_get_idx(list, (size_t)index) : NULL,
		    path, found);
	}
	for (size_t i = 0; i < count; i++) {
		int r = find_in(json_object_array_get_idx(list, i), path, found);

		if (r < 0) {
			return r;
		}
	}
	return 0;
}

static int find_in(json_object *value, const char *path, json_object *found)
{
	char name[SEGMENT_MAX];
	json_object *member;
	int64_t index, element;
	const char *rest;

	if (!*path || !value) {
		json_object_array_add(found, json_object_get(value));
		return 0;
	}
	rest = take_segment(path, name, &index);
	if (!rest) {
		return -ENOENT;
	}
	if (json_object_is_type(value, json_type_array)) {
		return parse_i64(name, 0, INT32_MAX, &element) < 0 || index != -1
			   ? -ENOENT
			   : find_elements(value, element, rest, found);
	}
	if (!json_object_object_get_ex(value, name, &member)) {
		return -ENOENT;
	}
	return index == -1 ? find_in(member, rest, found)
			   : find_elements(member, index, rest, found);
}

int see_find(json_object *object, const char *path, json_object *found)
{
	return !*path || !json_object_is_type(object, json_type_object)
		   ? -ENOENT
		   : find_in(object, path, found);
}

static void print_values(struct ctl *c, const char *name, json_object *values)
{
	for (size_t i = 0; i < json_object_array_length(values); i++) {
		json_object *value = json_object_array_get_idx(values, i);
		_cleanup_free_ char *safe = NULL;

		if (name) {
			_cleanup_free_ char *who = out_safe(&c->out, name);

			fprintf(c->out.f, "%s\t", who);
		}
		if (!json_object_is_type(value, json_type_string)) {
			struct out plain = c->out;

			plain.json = OUT_JSON_SHORT;
			out_json(&plain, value);
		} else if (c->args.given[OPT_RAW]) {
			fprintf(c->out.f, "%s\n", json_object_get_string(value));
		} else {
			safe = out_safe(&c->out, json_object_get_string(value));
			fprintf(c->out.f, "%s\n", safe);
		}
	}
}

/* All values of one printer, or none of them when a key is wrong. */
static int get_from(struct ctl *c, json_object *printer, const char *name)
{
	_cleanup_json_ json_object *values = json_object_new_array();

	for (int i = 0; i < c->word_count; i++) {
		if (see_find(printer, c->words[i], values) < 0) {
			struct err e = {0};

			err_set(&e, ERR_USAGE, "no key \"%.80s\"", c->words[i]);
			err_hint(&e, "bambuctl keys");
			return out_fail(&c->out, &e);
		}
	}
	print_values(c, name, values);
	return 0;
}

bool see_is_section(const char *word, size_t len)
{
	const struct method *m = method_find("printer.get");

	for (size_t i = 0; m && i < method_param_count(m); i++) {
		const char *const *words = m->params[i].words;

		for (; strcmp(m->params[i].name, "sections") == 0 && words && *words; words++) {
			if (strlen(*words) == len && strncmp(*words, word, len) == 0) {
				return true;
			}
		}
	}
	return false;
}

/* The sections that hold the keys; NULL when a key is outside of all sections or they are not
 * told apart. */
static json_object *needed_sections(const struct ctl *c)
{
	_cleanup_json_ json_object *list = json_object_new_array();

	for (int i = 0; i < c->word_count; i++) {
		size_t len = strcspn(c->words[i], ".["), k;

		if (!see_is_section(c->words[i], len)) {
			return NULL;
		}
		for (k = 0; k < json_object_array_length(list); k++) {
			const char *had =
			    json_object_get_string(json_object_array_get_idx(list, k));

			if (strlen(had) == len && strncmp(had, c->words[i], len) == 0) {
				break;
			}
		}
		if (k == json_object_array_length(list)) {
			json_object_array_add(
			    list, json_object_new_string_len(c->words[i], (int)len));
		}
	}
	return TAKE(list);
}

static json_object *get_params(const struct ctl *c, const char *printer)
{
	json_object *params = json_object_new_object();
	json_object *sections = needed_sections(c);

	if (printer) {
		json_object_object_add(params, "printer", json_object_new_string(printer));
	}
	if (sections) {
		json_object_object_add(params, "sections", sections);
	}
	return params;
}

static int print_result(struct ctl *c, json_object *result)
{
	json_object *results = json_get_arr(result, "results");
	size_t count = results ? json_object_array_length(results) : 0;
	int worst = 0, status;

	if (c->out.json != OUT_TEXT) {
		return call_print(c, result, NULL);
	}
	if (!results) {
		return get_from(c, result, NULL);
	}
	for (size_t i = 0; i < count; i++) {
		json_object *one = json_object_array_get_idx(results, i);

		if (!json_get_obj(one, "error")) {
			status = get_from(c, one, json_get_str(one, "name"));
			worst = status > worst ? status : worst;
		}
	}
	status = out_results_status(&c->out, result);
	return status > worst ? status : worst;
}

/* One word alone is a key: the printer is then the only one there is. A first word that begins
 * with a section's name and a dot is a key as well; a printer of such a name is named with -p. */
static bool first_is_key(const struct ctl *c)
{
	size_t len = strcspn(c->words[0], ".[");

	return c->word_count == 1 || (c->words[0][len] && see_is_section(c->words[0], len));
}

int see_get(struct ctl *c)
{
	_cleanup_json_ json_object *result = NULL;
	const char *env = getenv("BAMBU_PRINTER"), *printer = NULL;
	int status;

	if (c->word_count == 0) {
		return call_misuse(c, "give one key or more");
	}
	if (c->args.value[OPT_PRINTER] || (env && *env) || !first_is_key(c)) {
		printer = call_take_printer(c);
	}
	status = call_method(c, "printer.get", get_params(c, printer), &result);
	return status ? status : print_result(c, result);
}
