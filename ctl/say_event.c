/* SPDX-License-Identifier: MIT */
/* What an event says, as a sentence made of its data (pure). */
#include "ctl/say_event.h"

#include <string.h>

#include "common/event.h"
#include "common/util.h"
#include "ctl/fmt.h"

#define KEY_MAX 32

/* {key} is a member of the data; a part in brackets is left out when a key in it is unknown.
 * {@job} names the print, {@slot} the slot or spool, {@from} and {@to} those of a change;
 * {key~} is a span of seconds. */
static const char *const sentences[EVENT_COUNT] = {
    [EVENT_PRINTER_ONLINE] = "the printer reports",
    [EVENT_PRINTER_OFFLINE] = "[{reason}][; next try in {next_try_s~}]",
    [EVENT_PRINTER_AUTH_REFUSED] = "[{reason}][; next try in {next_try_s~}]",
    [EVENT_PRINTER_TLS_REFUSED] = "[{reason}][; next try in {next_try_s~}]",
    [EVENT_PRINTER_LAN_CLOSED] = "[{reason}][; next try in {next_try_s~}]",
    [EVENT_PRINTER_STALE] = "[{reason}]",
    [EVENT_PRINTER_RECOVERED] = "reports came back after a silence",
    [EVENT_PRINTER_CONTROL_LOCKED] = "[{evidence}]",
    [EVENT_PRINTER_FIRMWARE_AVAILABLE] = "firmware {version} is offered[, {firmware} is there]",
    [EVENT_PRINT_STARTED] = "{@job}[, {total_layers} layers]",
    [EVENT_PRINT_STUCK] = "{@job} still prepares[ after {waited_s~}]",
    [EVENT_PRINT_PAUSED] = "{@job}[ at {percent} %][, layer {layer}/{total_layers}][: {reason}]",
    [EVENT_PRINT_RESUMED] = "{@job}[ at {percent} %]",
    [EVENT_PRINT_FINISHED] = "{@job}[ after {duration_s~}]",
    [EVENT_PRINT_FAILED] = "{@job}[ at {percent} %][, layer {layer}/{total_layers}][: {reason}]",
    [EVENT_PRINT_CANCELLED] = "{@job}[ at {percent} %][, layer {layer}/{total_layers}]"
			      "[: {reason}]",
    [EVENT_PRINT_LAYER] = "layer {layer}[/{total_layers}][ of {@job}]",
    [EVENT_PRINT_PROGRESS] = "{@job} at {step} %[, layer {layer}/{total_layers}]",
    [EVENT_HMS_RAISED] = "[{severity} ]{code}[: {text}]",
    [EVENT_HMS_CLEARED] = "[{severity} ]{code}[: {text}]",
    [EVENT_ERROR_RAISED] = "{code}[: {text}]",
    [EVENT_ERROR_CLEARED] = "{code}[: {text}]",
    [EVENT_AMS_TRAY_CHANGED] = "{@from} -> {@to}",
    [EVENT_AMS_SPOOL_INSERTED] = "{@slot}[: {type}][ {color}]",
    [EVENT_AMS_SPOOL_REMOVED] = "{@slot}[: {type}][ {color}]",
    [EVENT_AMS_RUNOUT] = "{@slot} ran out",
    [EVENT_AMS_FILAMENT_LOW] = "{@slot}[: {type}][ {color}][, {remain_pct} % left]",
    [EVENT_AMS_DRYING_STARTED] = "AMS {label}[ at {target_c} C][ for {remaining_min} min]",
    [EVENT_AMS_DRYING_FINISHED] = "AMS {label}",
    [EVENT_AMS_HUMIDITY_HIGH] = "AMS {label}[: {humidity_pct} %][, dryness {humidity_level}/5]",
    [EVENT_AMS_HUMIDITY_OK] = "AMS {label}[: {humidity_pct} %][, dryness {humidity_level}/5]",
    [EVENT_AMS_TEMP_HIGH] = "AMS {label}[: {temp_c} C]",
    [EVENT_AMS_TEMP_OK] = "AMS {label}[: {temp_c} C]",
    [EVENT_LIGHT_CHANGED] = "{light} light {to}",
    [EVENT_CONFIG_REFUSED] = "[{error}]",
    [EVENT_CONFIG_RELOADED] = "[changed: {changed}]",
    [EVENT_DAEMON_STARTED] = "[{text}]",
    [EVENT_DAEMON_STOPPING] = "[{text}]",
};

/* "A2", "HT-A", "ext"; NULL for what is no tray. Owned. */
static char *slot_name(const struct out *o, json_object *tray)
{
	_cleanup_free_ char *label = NULL;
	int64_t slot, number;

	if (!json_get_str(tray, "label")) {
		return json_get_i64(tray, "tray", &number) ? xstrdup("ext") : NULL;
	}
	label = out_member(o, tray, "label");
	if (!json_get_i64(tray, "slot", &slot) || str_starts(label, "HT-")) {
		return TAKE(label);
	}
	return xasprintf("%s%d", label, (int)slot + 1);
}

static char *job_name(const struct out *o, json_object *data)
{
	const char *job = json_get_str(data, "job"), *file = json_get_str(data, "file");

	return job || file ? out_safe(o, job ? job : file) : xstrdup("a print");
}

static char *change_side(const struct out *o, json_object *data, const char *key)
{
	json_object *tray = json_get_obj(data, key);

	return tray ? slot_name(o, tray) : xstrdup("nothing");
}

/* A list as "a, b". Owned. */
static char *list_text(const struct out *o, json_object *list)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		_cleanup_free_ char *item =
		    out_safe(o, json_object_get_string(json_object_array_get_idx(list, i)));

		fprintf(f, "%s%s", i ? ", " : "", item);
	}
	fclose(f);
	if (!*text) {
		free(text);
		return xstrdup("nothing");
	}
	return text;
}

/* Owned; NULL for null. */
static char *value_text(const struct out *o, json_object *value)
{
	if (!value) {
		return NULL;
	}
	if (json_object_is_type(value, json_type_array)) {
		return list_text(o, value);
	}
	if (json_object_is_type(value, json_type_object)) {
		return out_safe(o, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
	}
	return out_safe(o, json_object_get_string(value));
}

/* What {name} stands for. Owned; NULL when it is not known. */
static char *look_up(const struct out *o, json_object *data, const char *name)
{
	size_t len = strlen(name);
	char key[KEY_MAX], buf[FMT_SIZE];
	json_object *value = NULL;
	const char *color;
	int64_t seconds;

	if (strcmp(name, "@job") == 0) {
		return job_name(o, data);
	}
	if (strcmp(name, "@slot") == 0) {
		return slot_name(o, data);
	}
	if (name[0] == '@') {
		return change_side(o, data, name + 1);
	}
	if (name[len - 1] == '~') {
		str_copy(key, len < sizeof(key) ? len : sizeof(key), name);
		return json_get_i64(data, key, &seconds) ? xstrdup(fmt_span(seconds, buf)) : NULL;
	}
	json_object_object_get_ex(data, name, &value);
	color = strcmp(name, "color") == 0 ? fmt_color_word(json_object_get_string(value)) : NULL;
	return color ? xstrdup(color) : value_text(o, value);
}

/* Writes from p to the end of the part ("]" or the end of the sentence), which is returned.
 * *whole: every key was known. */
static const char *write_part(
    FILE *f, const struct out *o, json_object *data, const char *p, bool *whole)
{
	*whole = true;
	while (*p && *p != ']') {
		char name[KEY_MAX];
		size_t len = strcspn(p, "{[]");
		_cleanup_free_ char *text = NULL;

		fwrite(p, 1, len, f);
		p += len;
		if (*p != '{') {
			break;
		}
		len = strcspn(p + 1, "}");
		str_copy(name, len + 1 < sizeof(name) ? len + 1 : sizeof(name), p + 1);
		text = look_up(o, data, name);
		*whole &= text != NULL;
		fputs(text ? text : "?", f);
		p += len + 2;
	}
	return p;
}

/* Owned; "" when nothing was known. */
static char *fill(const struct out *o, const char *sentence, json_object *data)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (const char *p = sentence; *p; p += *p != '\0' && *p != '[') {
		_cleanup_free_ char *part = NULL;
		bool optional = *p == '[', whole;
		size_t part_size;
		FILE *memory = open_memstream(&part, &part_size);

		p = write_part(memory, o, data, p + optional, &whole);
		fclose(memory);
		if (whole || !optional) {
			fputs(part, f);
		}
	}
	fclose(f);
	return text;
}

/* All data as " (key=value, ...)". */
static void append_data(FILE *f, const struct out *o, json_object *data)
{
	const char *between = " (";

	json_object_object_foreach(data, key, value)
	{
		_cleanup_free_ char *name = out_safe(o, key), *text = value_text(o, value);

		if (text && strcmp(key, "late") != 0) {
			fprintf(f, "%s%s=%s", between, name, text);
			between = ", ";
		}
	}
	fputs(between[0] == ',' ? ")" : "", f);
}

static char *generic(const struct out *o, int kind, json_object *data)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	const char *help = kind >= 0 ? event_help((enum event_kind)kind) : "happened";

	/* In the middle of a line, so without its capital. */
	fprintf(f, "%c%s", *help >= 'A' && *help <= 'Z' ? *help | 0x20 : *help, help + 1);
	if (json_object_is_type(data, json_type_object)) {
		append_data(f, o, data);
	}
	fclose(f);
	return text;
}

char *say_event(const struct out *o, const char *kind, json_object *data)
{
	int known = event_by_name(kind);
	_cleanup_free_ char *text = NULL;

	if (known >= 0 && sentences[known]) {
		text = fill(o, sentences[known], data);
	}
	if (!text || !*text || o->verbose) {
		return generic(o, known, data);
	}
	return xstrdup(text + strspn(text, ";:, ")); /* its first part may have been unknown */
}
