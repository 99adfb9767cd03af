/* SPDX-License-Identifier: MIT */
/* Every event of the hub as one log line: words for people, fields for the journal. */
#include "daemon/bridge/journal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/log.h"
#include "common/util.h"
#include "daemon/model/hub.h"

enum { DATA_DEPTH_MAX = 16 };

struct journal {
	struct hub *hub;
	struct hub_observer observer;
};

/* Members that say themselves what they are, in the order of the line. */
static const char *const told[] = {"job", "label", "code", "changed", "reason", "text", "error"};
/* Members that are worded in a way of their own, or say again what others do. */
static const char *const left_out[] = {
    "from", "to", "next_try_s", "late", "file", "stage", "total_layers", "unit", "slot", "tray"};

static bool is_one_of(const char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i], word) == 0) {
			return true;
		}
	}
	return false;
}

/* "ams.filament_low" as "AMS filament low"; what is said of a printer bears its name already. */
static void put_kind(FILE *f, const char *name)
{
	const char *dot = strchr(name, '.'), *s;

	if (!str_starts(name, "printer.")) {
		bool short_word = dot - name == 3; /* AMS, HMS */

		for (s = name; s < dot; s++) {
			fputc(short_word ? toupper((unsigned char)*s) : *s, f);
		}
		fputc(' ', f);
	}
	for (s = dot + 1; *s; s++) {
		fputc(*s == '_' ? ' ' : *s, f);
	}
}

static void put_value(FILE *f, json_object *value)
{
	size_t i, count;

	if (json_get_str(value, "label")) {
		value = json_object_object_get(value, "label"); /* a place has a short name */
	}
	if (json_object_is_type(value, json_type_string)) {
		fputs(json_object_get_string(value), f);
		return;
	}
	if (!json_object_is_type(value, json_type_array)) {
		fputs(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN), f);
		return;
	}
	count = json_object_array_length(value);
	for (i = 0; i < count; i++) {
		fputs(i ? ", " : "", f);
		put_value(f, json_object_array_get_idx(value, i));
	}
	fputs(count ? "" : "nothing", f);
}

static bool is_empty(json_object *value)
{
	if (json_object_is_type(value, json_type_boolean)) {
		return !json_object_get_boolean(value);
	}
	return !value || (json_object_is_type(value, json_type_string) &&
			     json_object_get_string_len(value) == 0);
}

/* A change of state whose new state is the kind itself need not be told twice. */
static void put_change(FILE *f, const char *kind, json_object *data)
{
	json_object *from = NULL, *to = NULL;
	const char *to_text = json_get_str(data, "to"), *dot = strchr(kind, '.');

	json_object_object_get_ex(data, "from", &from);
	json_object_object_get_ex(data, "to", &to);
	if (is_empty(to) || (to_text && strcmp(to_text, dot + 1) == 0)) {
		return;
	}
	fputs(": ", f);
	if (!is_empty(from)) {
		put_value(f, from);
		fputs(" -> ", f);
	}
	put_value(f, to);
}

static void put_told(FILE *f, json_object *data)
{
	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		json_object *value = NULL;

		if (json_object_object_get_ex(data, told[i], &value) && !is_empty(value)) {
			fputs(": ", f);
			put_value(f, value);
		}
	}
}

/* Everything else, as it is named: (severity=serious, module=ams). What is not so is not told. */
static void put_rest(FILE *f, json_object *data)
{
	const char *between = " (";

	json_object_object_foreach(data, key, value)
	{
		if (is_empty(value) || is_one_of(told, ARRAY_SIZE(told), key) ||
		    is_one_of(left_out, ARRAY_SIZE(left_out), key)) {
			continue;
		}
		fprintf(f, "%s%s=", between, key);
		put_value(f, value);
		between = ", ";
	}
	fputs(between[0] == ',' ? ")" : "", f);
}

static void put_end(FILE *f, json_object *data)
{
	int64_t next_s;
	bool late = false;

	if (json_get_i64(data, "next_try_s", &next_s)) {
		fprintf(f, "; next try in %lld s", (long long)next_s);
	}
	json_get_bool(data, "late", &late);
	fputs(late ? " (late)" : "", f);
}

static char *make_text(enum event_kind kind, json_object *data)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f) {
		abort();
	}
	put_kind(f, event_name(kind));
	if (json_object_is_type(data, json_type_object)) {
		put_change(f, event_name(kind), data);
		put_told(f, data);
		put_rest(f, data);
		put_end(f, data);
	}
	fclose(f);
	return text;
}

static json_object *parse_data(const struct hub_event *e)
{
	json_object *data = NULL;

	return json_parse(e->data, strlen(e->data), DATA_DEPTH_MAX, &data) < 0 ? NULL : data;
}

char *journal_text(const struct hub_event *e)
{
	_cleanup_json_ json_object *data = parse_data(e);

	return make_text(e->kind, data);
}

/* Codes of health messages and print errors alike. */
static const char *hms_of(enum event_kind kind, json_object *data)
{
	const char *name = event_name(kind);
	const char *code = json_get_str(data, "code"), *hms = json_get_str(data, "hms");

	return hms ? hms : str_starts(name, "command.") ? NULL : code;
}

static void on_event(void *arg, const struct hub_event *e)
{
	enum log_level level = (enum log_level)event_level(e->kind);
	_cleanup_json_ json_object *data = NULL;
	_cleanup_free_ char *text = NULL;
	struct log_subject subject;

	if (level > log_get_level()) {
		return;
	}
	data = parse_data(e);
	text = make_text(e->kind, data);
	subject = (struct log_subject){
	    .printer = e->printer,
	    .serial = e->serial,
	    .event = event_name(e->kind),
	    .hms = hms_of(e->kind, data),
	    .message_id = event_message_id(e->kind),
	};
	log_write(level, &subject, "%s", text);
}

struct journal *journal_create(struct hub *h)
{
	struct journal *j = xcalloc(1, sizeof(*j));

	j->hub = h;
	j->observer = (struct hub_observer){.event = on_event, .arg = j};
	hub_observe(h, &j->observer);
	return j;
}

void journal_destroy(struct journal *j)
{
	if (!j) {
		return;
	}
	hub_unobserve(j->hub, &j->observer);
	free(j);
}
