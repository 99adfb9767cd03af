/* SPDX-License-Identifier: MIT */
/* Reads the cloud's fields as tables tell, tolerant of every type, and writes ours. */
#include "daemon/cloud/shape.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/json.h"
#include "common/jw.h"

#define DATA "data"

/* ---- where things stand ---- */

static json_object *pick(json_object *one, const struct shape_field *f)
{
	json_object *value = NULL;

	for (size_t i = 0; i < SHAPE_NAMES && f->wire[i] != NULL; i++) {
		if (json_get_path(one, f->wire[i], &value) && value != NULL) {
			return value;
		}
	}
	return NULL;
}

static bool has_fields(const struct shape *s, json_object *o)
{
	for (size_t i = 0; i < SHAPE_FIELDS && s->fields[i].ours != NULL; i++) {
		if (pick(o, &s->fields[i]) != NULL) {
			return true;
		}
	}
	return false;
}

json_object *shape_object(const struct shape *s, json_object *body)
{
	json_object *data = json_get_obj(body, DATA);

	/* The inner one first: "status" or "type" may be said of the answer itself. */
	if (data != NULL && has_fields(s, data)) {
		return data;
	}
	return json_object_is_type(body, json_type_object) && has_fields(s, body) ? body : NULL;
}

static json_object *list_of(json_object *o, const struct shape *s)
{
	for (size_t i = 0; i < SHAPE_NAMES && s->lists[i] != NULL; i++) {
		json_object *list = json_get_arr(o, s->lists[i]);

		if (list != NULL) {
			return list;
		}
	}
	return NULL;
}

json_object *shape_list(const struct shape *s, json_object *body)
{
	json_object *list = list_of(body, s);

	if (list == NULL) {
		list = list_of(json_get_obj(body, DATA), s);
	}
	return list != NULL ? list : json_get_arr(body, DATA);
}

/* The object that holds the groups. */
static json_object *groups_of(const struct shape *s, json_object *body)
{
	json_object *places[] = {body, json_get_obj(body, DATA)};

	for (size_t p = 0; p < ARRAY_SIZE(places); p++) {
		for (size_t i = 0; i < SHAPE_NAMES && s->lists[i] != NULL; i++) {
			if (json_get_obj(places[p], s->lists[i]) != NULL) {
				return places[p];
			}
		}
	}
	return NULL;
}

/* "devices":null is an empty list. */
static bool says_null(const struct shape *s, json_object *o)
{
	json_object *value;

	for (size_t i = 0; i < SHAPE_NAMES && s->lists[i] != NULL; i++) {
		if (json_object_is_type(o, json_type_object) &&
		    json_object_object_get_ex(o, s->lists[i], &value) && value == NULL) {
			return true;
		}
	}
	return false;
}

bool shape_fits(const struct shape *s, json_object *body)
{
	if (s->grouped) {
		return groups_of(s, body) != NULL;
	}
	if (s->lists[0] != NULL) {
		return shape_list(s, body) != NULL || says_null(s, body) ||
		       says_null(s, json_get_obj(body, DATA));
	}
	return shape_object(s, body) != NULL;
}

int64_t shape_total(json_object *body)
{
	static const char *const places[] = {
	    "total", "hits.total.value", "data.total", "pagination.total", "data.pagination.total"};
	json_object *value;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (json_get_path(body, places[i], &value) &&
		    json_object_is_type(value, json_type_int) &&
		    json_object_get_int64(value) >= 0) {
			return json_object_get_int64(value);
		}
	}
	return -1;
}

/* ---- values ---- */

/* A text or a number as a text; NULL: neither. Owned. */
static char *as_text(json_object *value)
{
	if (json_object_is_type(value, json_type_string)) {
		return xstrdup(json_object_get_string(value));
	}
	if (json_object_is_type(value, json_type_int)) {
		return xasprintf("%lld", (long long)json_object_get_int64(value));
	}
	return NULL;
}

/* Offset of "Z", "+02:00", "" (taken for UTC); false: something else. */
static bool read_zone(const char *text, int64_t *ret_ms)
{
	int hours, minutes = 0, used = 0;

	*ret_ms = 0;
	if (text[0] == '\0' || strcmp(text, "Z") == 0) {
		return true;
	}
	if ((text[0] != '+' && text[0] != '-') ||
	    sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) < 2 || text[1 + used] != '\0') {
		return false;
	}
	*ret_ms = (int64_t)(hours * 60 + minutes) * 60000 * (text[0] == '-' ? -1 : 1);
	return true;
}

static int64_t read_time(const char *text)
{
	struct tm tm = {0};
	int64_t zone_ms = 0;
	const char *rest;
	time_t seconds;

	rest = strptime(text, "%Y-%m-%d", &tm);
	if (rest != NULL && (*rest == 'T' || *rest == ' ')) {
		rest = strptime(rest + 1, "%H:%M:%S", &tm);
	}
	if (rest == NULL) {
		return -1;
	}
	if (*rest == '.') {
		rest += 1 + strspn(rest + 1, "0123456789");
	}
	seconds = timegm(&tm);
	if (seconds < 0 || tm.tm_year > 8099 || !read_zone(rest, &zone_ms)) {
		return -1;
	}
	return (int64_t)seconds * 1000 - zone_ms;
}

/* Milliseconds since 1970; -1: no time. */
static int64_t as_time(json_object *value)
{
	static const int64_t end_s = INT64_C(253402300799); /* of the year 9999 */
	int64_t number;

	if (json_object_is_type(value, json_type_string)) {
		return read_time(json_object_get_string(value));
	}
	if (!json_object_is_type(value, json_type_int)) {
		return -1;
	}
	number = json_object_get_int64(value);
	if (number <= 0 || number > end_s * 1000) {
		return -1;
	}
	/* Seconds have ten digits till the year 2286, milliseconds have had thirteen since 2001. */
	return number < INT64_C(100000000000) ? number * 1000 : number;
}

/* bambu.md 1.7: 2 finished, 3 failed or ended, 4 under way. */
static void write_status(struct jw *w, const char *key, json_object *value)
{
	static const char *const words[] = {[2] = "finished", [3] = "failed", [4] = "running"};
	int64_t number =
	    json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;
	_cleanup_free_ char *text = NULL;

	if (number >= 0 && number < (int64_t)ARRAY_SIZE(words) && words[number] != NULL) {
		jw_str(w, key, words[number]);
		return;
	}
	text = as_text(value);
	for (char *p = text; p != NULL && *p != '\0'; p++) {
		*p = (char)tolower((unsigned char)*p);
	}
	jw_str(w, key, text);
}

/* "m***@example.org"; a number keeps its last two digits. */
static void write_mail(struct jw *w, const char *key, json_object *value, bool whole)
{
	_cleanup_free_ char *text = as_text(value), *masked = NULL;
	const char *at = text != NULL ? strchr(text, '@') : NULL;
	size_t len = text != NULL ? strlen(text) : 0;

	if (whole || text == NULL || text[0] == '\0') {
		jw_str(w, key, text);
		return;
	}
	masked = at != NULL && at > text ? xasprintf("%c***%s", text[0], at)
					 : xasprintf("***%s", len > 4 ? text + len - 2 : "");
	jw_str(w, key, masked);
}

static void write_number(struct jw *w, const char *key, json_object *value)
{
	double number;

	if (json_object_is_type(value, json_type_int)) {
		jw_int(w, key, json_object_get_int64(value));
	} else if (json_object_is_type(value, json_type_double)) {
		jw_num(w, key, json_object_get_double(value), 3);
	} else if (json_object_is_type(value, json_type_string) &&
		   parse_double(json_object_get_string(value), &number) == 0) {
		jw_num(w, key, number, 3);
	} else {
		jw_null(w, key);
	}
}

static void write_words(struct jw *w, const char *key, json_object *list)
{
	size_t count =
	    json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	jw_array(w, key);
	for (size_t i = 0; i < count && i < SHAPE_ITEMS_MAX; i++) {
		json_object *one = json_object_array_get_idx(list, i);

		if (json_object_is_type(one, json_type_string)) {
			jw_str(w, NULL, json_object_get_string(one));
		}
	}
	jw_array_end(w);
}

static void write_json(struct jw *w, const char *key, json_object *value)
{
	const char *text = json_object_to_json_string_ext(
	    value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	jw_raw(w, key, text, strlen(text));
}

static void write_things(struct jw *w, const char *key, const struct shape *s, json_object *list,
    const struct shape_view *v)
{
	size_t count =
	    json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	jw_array(w, key);
	for (size_t i = 0; i < count && i < SHAPE_ITEMS_MAX; i++) {
		json_object *one = json_object_array_get_idx(list, i);

		if (json_object_is_type(one, json_type_object)) {
			jw_object(w, NULL);
			shape_write(w, s, one, v);
			jw_object_end(w);
		}
	}
	jw_array_end(w);
}

static void write_field(
    struct jw *w, const struct shape_field *f, json_object *value, const struct shape_view *v)
{
	_cleanup_free_ char *text = NULL;

	switch (f->kind) {
	case SHAPE_TEXT:
	case SHAPE_ID:
		text = as_text(value);
		jw_str(w, f->ours, text);
		break;
	case SHAPE_SECRET:
		text = v->secrets ? as_text(value) : NULL;
		jw_str(w, f->ours, text);
		break;
	case SHAPE_NUMBER:
		write_number(w, f->ours, value);
		break;
	case SHAPE_BOOL:
		if (json_object_is_type(value, json_type_boolean)) {
			jw_bool(w, f->ours, json_object_get_boolean(value));
		} else {
			jw_null(w, f->ours);
		}
		break;
	case SHAPE_TIME:
		jw_time(w, f->ours, as_time(value));
		break;
	case SHAPE_STATUS:
		write_status(w, f->ours, value);
		break;
	case SHAPE_MAIL:
		write_mail(w, f->ours, value, v->whole);
		break;
	case SHAPE_WORDS:
		write_words(w, f->ours, value);
		break;
	case SHAPE_LIST:
		write_things(w, f->ours, f->of, value, v);
		break;
	case SHAPE_ANY:
	case SHAPE_KIND_COUNT:
		write_json(w, f->ours, value);
		break;
	}
}

void shape_write(struct jw *w, const struct shape *s, json_object *one, const struct shape_view *v)
{
	for (size_t i = 0; i < SHAPE_FIELDS && s->fields[i].ours != NULL; i++) {
		write_field(w, &s->fields[i], pick(one, &s->fields[i]), v);
	}
}

/* ---- lists ---- */

/* {"filament":{"public":[...],"private":[...]}}: one list. */
static size_t write_group(struct jw *w, const struct shape *s, const char *kind, json_object *group,
    const struct shape_view *v)
{
	static const char *const halves[] = {"public", "private"};
	size_t count = 0;

	for (size_t h = 0; h < ARRAY_SIZE(halves); h++) {
		json_object *list = json_get_arr(group, halves[h]);
		size_t len = list != NULL ? json_object_array_length(list) : 0;

		for (size_t i = 0; i < len && i < SHAPE_ITEMS_MAX; i++) {
			json_object *one = json_object_array_get_idx(list, i);

			if (!json_object_is_type(one, json_type_object)) {
				continue;
			}
			jw_object(w, NULL);
			jw_str(w, "kind", kind);
			jw_bool(w, "public", h == 0);
			shape_write(w, s, one, v);
			jw_object_end(w);
			count++;
		}
	}
	return count;
}

static size_t write_groups(
    struct jw *w, const struct shape *s, json_object *groups, const struct shape_view *v)
{
	size_t count = 0;

	for (size_t i = 0; i < SHAPE_NAMES && s->lists[i] != NULL; i++) {
		count += write_group(w, s, s->lists[i], json_get_obj(groups, s->lists[i]), v);
	}
	return count;
}

size_t shape_write_list(struct jw *w, const char *key, const struct shape *s, json_object *body,
    const struct shape_view *v)
{
	json_object *list = s->grouped ? NULL : shape_list(s, body);
	size_t count;

	if (s->grouped) {
		jw_array(w, key);
		count = write_groups(w, s, groups_of(s, body), v);
		jw_array_end(w);
		return count;
	}
	write_things(w, key, s, list, v);
	return list != NULL ? json_object_array_length(list) : 0;
}

char *shape_text(const struct shape *s, json_object *one, const char *ours)
{
	for (size_t i = 0; i < SHAPE_FIELDS && s->fields[i].ours != NULL; i++) {
		if (strcmp(s->fields[i].ours, ours) == 0) {
			return as_text(pick(one, &s->fields[i]));
		}
	}
	return NULL;
}

/* ---- as it came ---- */

static bool is_hidden(const char *key, const struct shape_view *v)
{
	static const char *const codes[] = {"dev_access_code", "access_code", "ttcode", "authkey",
	    "passwd", "accessToken", "refreshToken", NULL};
	static const char *const private[] = {
	    "file_url", "upload_url", "url", "account", "email", "phone", NULL};

	for (size_t i = 0; codes[i] != NULL; i++) {
		if (strcmp(key, codes[i]) == 0) {
			return true;
		}
	}
	for (size_t i = 0; private[i] != NULL && !v->whole; i++) {
		if (strcmp(key, private[i]) == 0) {
			return true;
		}
	}
	return false;
}

static void hide(json_object *value, const struct shape_view *v)
{
	if (json_object_is_type(value, json_type_object)) {
		struct json_object_iter it;

		json_object_object_foreachC(value, it)
		{
			/* Stays as a name, so that nobody takes it for absent. */
			if (is_hidden(it.key, v)) {
				json_object_object_add(
				    value, it.key, json_object_new_string("(hidden)"));
			} else {
				hide(it.val, v);
			}
		}
	}
	for (size_t i = 0;
	     json_object_is_type(value, json_type_array) && i < json_object_array_length(value);
	     i++) {
		hide(json_object_array_get_idx(value, i), v);
	}
}

void shape_write_raw(struct jw *w, const char *key, json_object *body, const struct shape_view *v)
{
	_cleanup_json_ json_object *copy = NULL;

	if (body == NULL || json_object_deep_copy(body, &copy, NULL) < 0) {
		jw_null(w, key);
		return;
	}
	hide(copy, v);
	write_json(w, key, copy);
}
