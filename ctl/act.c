/* SPDX-License-Identifier: MIT */
/* Words and options of commands, where people write them otherwise than the socket takes them. */
#include "ctl/act.h"

#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"

#define COMMAND_MS 10000
#define SLOW_MS 180000	       /* what the daemon gives a change of filament and a start */
#define GRACE_MS 10000	       /* for the answer itself */
#define GCODE_MAX (48u * 1024) /* a request has at most 64 KiB */

bool act_is_command(const struct method *m)
{
	for (size_t i = 0; m && i < method_param_count(m); i++) {
		if (strcmp(m->params[i].name, "dry_run") == 0) {
			return true;
		}
	}
	return false;
}

bool act_takes_words(const struct method *m)
{
	bool needed = act_is_command(m) && strcmp(m->name, "device.gcode") == 0;

	for (size_t i = 1; act_is_command(m) && i < method_param_count(m); i++) {
		needed = needed || m->params[i].required;
	}
	return needed;
}

void act_method(struct ctl *c)
{
	if (strcmp(c->method->name, "ams.dry_start") == 0 && c->args.given[OPT_STOP]) {
		c->method = method_find("ams.dry_stop");
	}
}

void act_options(struct ctl *c, json_object *params)
{
	bool slow = strcmp(c->method->name, "ams.load") == 0 ||
		    strcmp(c->method->name, "ams.unload") == 0 ||
		    strcmp(c->method->name, "print.start") == 0;
	int64_t wait_ms = slow ? SLOW_MS : COMMAND_MS;

	if (c->args.given[OPT_DRY_RUN]) {
		json_object_object_add(params, "dry_run", json_object_new_boolean(true));
	}
	if (c->args.given[OPT_NO_WAIT]) {
		json_object_object_add(params, "until", json_object_new_string("sent"));
	}
	if (c->args.given[OPT_TIMEOUT]) {
		wait_ms = c->args.timeout_ms;
		json_object_object_add(params, "timeout_ms", json_object_new_int64(wait_ms));
	}
	c->args.timeout_ms = wait_ms + GRACE_MS;
	if (c->client.fd >= 0) {
		client_deadline(&c->client, c->args.timeout_ms);
	}
}

static const struct method_param *param_of(const struct ctl *c, const char *name)
{
	for (size_t i = 0; i < method_param_count(c->method); i++) {
		if (strcmp(c->method->params[i].name, name) == 0) {
			return &c->method->params[i];
		}
	}
	return NULL;
}

static bool is_method(const struct ctl *c, const char *name)
{
	return strcmp(c->method->name, name) == 0;
}

/* Words that stand for a number. */
static const char *number_word(const struct ctl *c, const char *param, const char *word)
{
	if (is_method(c, "device.temp") && strcmp(param, "target_c") == 0 &&
	    strcmp(word, "off") == 0) {
		return "0";
	}
	if (is_method(c, "device.extruder")) {
		return strcmp(word, "left") == 0 ? "1" : strcmp(word, "right") == 0 ? "0" : word;
	}
	return word;
}

/* The next parameter a word may fill: those that are needed, in their order, then a version. */
static const struct method_param *next_needed(const struct ctl *c, json_object *params)
{
	for (size_t i = 1; i < method_param_count(c->method); i++) {
		const struct method_param *p = &c->method->params[i];
		bool takes_word = p->required || strcmp(p->name, "version") == 0;

		if (takes_word && !json_object_object_get_ex(params, p->name, NULL)) {
			return p;
		}
	}
	return NULL;
}

/* All words left as one list; each may hold several, between commas. */
static int take_list(struct ctl *c, json_object *params, const struct method_param *p)
{
	json_object *list = json_object_new_array();
	int64_t number;

	json_object_object_add(params, p->name, list);
	for (; c->word_count > 0; c->word_count--, c->words++) {
		for (const char *s = *c->words; s;) {
			size_t len = strcspn(s, ",");
			_cleanup_free_ char *one = xasprintf("%.*s", (int)len, s);

			if (p->type == PARAM_STRINGS) {
				json_object_array_add(list, json_object_new_string(one));
			} else if (parse_i64(one, INT64_MIN, INT64_MAX, &number) == 0) {
				json_object_array_add(list, json_object_new_int64(number));
			} else {
				return call_misuse(c, "\"%s\" is no number for %s", one, p->name);
			}
			s = s[len] ? s + len + 1 : NULL;
		}
	}
	return 0;
}

/* ---- text from a word, a file or stdin ---- */

/* Owned text of at most GCODE_MAX bytes. 0, or the exit status, reported. */
static int read_text(struct ctl *c, const char *path, char **ret)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(path, "re");
	_cleanup_free_ char *text = xcalloc(1, GCODE_MAX + 2);
	size_t len;
	int failed;

	if (!f) {
		return call_misuse(c, "%s: %s", path, strerror(errno));
	}
	len = fread(text, 1, GCODE_MAX + 1, f);
	failed = ferror(f) ? errno : 0;
	if (!is_stdin) {
		fclose(f);
	}
	if (failed) {
		return call_misuse(c, "%s: %s", path, strerror(failed));
	}
	if (len > GCODE_MAX || memchr(text, '\0', len)) {
		return call_misuse(
		    c, "%s: %s", path, len > GCODE_MAX ? "longer than 48 KiB" : "not a text");
	}
	*ret = TAKE(text);
	return 0;
}

static void add_lines(json_object *list, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\r\n");

		if (len > 0) {
			json_object_array_add(list, json_object_new_string_len(text, (int)len));
		}
		text += len + (text[len] != '\0');
	}
}

static int take_gcode(struct ctl *c, json_object *params)
{
	const char *file = c->args.value[OPT_FILE];
	json_object *list = json_object_new_array();
	_cleanup_free_ char *text = NULL;
	int status = 0;

	json_object_object_add(params, "lines", list);
	if (file && c->word_count > 0) {
		return call_misuse(c, "lines or a file, not both");
	}
	if (!file && c->word_count == 1 && strcmp(c->words[0], "-") == 0) {
		file = "-";
		c->word_count = 0;
	}
	if (file) {
		status = read_text(c, file, &text);
		if (!status) {
			add_lines(list, text);
		}
	}
	for (; c->word_count > 0; c->word_count--, c->words++) {
		add_lines(list, *c->words);
	}
	return status || json_object_array_length(list) > 0 ? status
							    : call_misuse(c, "no line to send");
}

/* ---- */

/* KEY=on as two words, KEY and on. */
static int take_option(struct ctl *c, json_object *params)
{
	const char *word = c->word_count > 0 ? c->words[0] : "", *equals = strchr(word, '=');
	_cleanup_free_ char *key = NULL;

	if (!equals || c->word_count != 1) {
		return c->word_count == 2 ? 0 : call_misuse(c, "say KEY=on or KEY=off");
	}
	key = xasprintf("%.*s", (int)(equals - word), word);
	json_object_object_add(params, "key", json_object_new_string(key));
	c->word_count = 0;
	return call_set_param(c, params, param_of(c, "value"), equals + 1);
}

/* What the methods below take otherwise than word by word; words used up are gone afterwards. */
static int take_special(struct ctl *c, json_object *params)
{
	const char *color = c->args.value[OPT_COLOR];
	_cleanup_free_ char *text = NULL;
	int status = 0;

	if (is_method(c, "device.light") && c->word_count == 2) {
		status = call_set_param(c, params, param_of(c, "node"), *c->words++);
		c->word_count--;
	} else if (is_method(c, "print.option") || is_method(c, "ams.option")) {
		status = take_option(c, params);
	} else if (is_method(c, "device.gcode")) {
		status = take_gcode(c, params);
	} else if (is_method(c, "mqtt.request") && c->word_count == 1 &&
		   strcmp(c->words[0], "-") == 0) {
		c->word_count = 0;
		status = read_text(c, "-", &text);
		if (!status) {
			status = call_set_param(c, params, param_of(c, "payload"), text);
		}
	} else if (is_method(c, "ams.set") && color && args_is_rgb(color)) {
		json_object_object_add(params, "color", json_object_new_string(color));
	}
	return status;
}

int act_words(struct ctl *c, json_object *params)
{
	int status = take_special(c, params);

	while (!status && c->word_count > 0) {
		const struct method_param *p = next_needed(c, params);

		if (!p) {
			status = call_misuse(c, "unexpected \"%s\"", c->words[0]);
		} else if (p->type == PARAM_STRINGS || p->type == PARAM_INTS) {
			status = take_list(c, params, p);
		} else {
			status = call_set_param(c, params, p, number_word(c, p->name, c->words[0]));
			c->word_count--;
			c->words++;
		}
	}
	return status;
}
