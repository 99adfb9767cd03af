/* SPDX-License-Identifier: MIT */
/* Candidates for completion: filtered by what is typed, asked from tables or from the daemon. */
#include "ctl/offer.h"

#include <string.h>

#include "common/event.h"
#include "common/util.h"
#include "ctl/table.h"

#define PATIENCE_MS 300 /* a shell waits for us at a key stroke */

static const struct {
	const char *word, *help;
} groups[] = {
    {"@all", "every printer"},
    {"@idle", "printers without work"},
    {"@printing", "printers at work"},
    {"@problem", "printers that need someone"},
};

void offer_begin(struct offer *o, FILE *f, struct ctl *c, const char *word, bool list)
{
	const char *comma = list ? strrchr(word, ',') : NULL;
	size_t lead = comma ? (size_t)(comma + 1 - word) : 0;

	*o = (struct offer){.f = f, .ctl = c, .lead = xstrndup(word, lead), .typed = word + lead};
}

void offer_end(struct offer *o)
{
	free(o->lead);
}

void offer_word(struct offer *o, const char *word, const char *help)
{
	if (!str_starts(word, o->typed)) {
		return;
	}
	fprintf(o->f, "%s%s%s%s\n", o->lead, word, help ? "\t" : "", help ? help : "");
}

void offer_words(struct offer *o, const char *const *words)
{
	for (; words && *words; words++) {
		offer_word(o, *words, NULL);
	}
}

void offer_columns(struct offer *o, const struct column_set *set)
{
	for (size_t i = 0; set && i < set->count; i++) {
		offer_word(o, set->column[i].name, NULL);
	}
}

/* Each kind, and before the first of a family the family as a glob. */
void offer_kinds(struct offer *o)
{
	for (int k = 0; k < EVENT_COUNT; k++) {
		const char *name = event_name((enum event_kind)k);
		size_t family = strcspn(name, ".") + 1;

		if (k == 0 || strncmp(event_name((enum event_kind)(k - 1)), name, family) != 0) {
			_cleanup_free_ char *glob = xasprintf("%.*s*", (int)family, name);

			offer_word(o, glob, "all of this family");
		}
		offer_word(o, name, event_help((enum event_kind)k));
	}
}

void offer_methods(struct offer *o)
{
	for (size_t i = 0; i < method_count; i++) {
		if (method_table[i].since) {
			offer_word(o, method_table[i].name, method_table[i].help);
		}
	}
}

/* The result, owned; NULL when there is none in time. Another host is not asked: ssh may want a
 * password. */
static json_object *ask(struct offer *o, const char *method)
{
	struct client *client = &o->ctl->client;
	json_object *result;
	_cleanup_json_ json_object *reply = NULL;
	struct err e;

	if (o->silent || o->ctl->args.given[OPT_HOST]) {
		return NULL;
	}
	if ((client->fd < 0 &&
		client_open(client, o->ctl->args.value[OPT_SOCKET], PATIENCE_MS, &e) < 0) ||
	    client_call(client, method, NULL, &reply, &e) < 0) {
		o->silent = true;
		return NULL;
	}
	result = json_get_obj(reply, "result");
	return json_object_get(result);
}

/* A word the shell need not quote: names have no other characters. */
static bool is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "._-[]";

	return *name && strspn(name, plain) == strlen(name);
}

void offer_printers(struct offer *o)
{
	_cleanup_json_ json_object *result = ask(o, "printer.list");
	json_object *list = json_get_arr(result, "printers");
	size_t count = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		json_object *printer = json_object_array_get_idx(list, i);
		const char *name = json_get_str(printer, "name");
		_cleanup_free_ char *model = out_member(&o->ctl->out, printer, "model");

		if (name && is_plain(name)) {
			offer_word(o, name, model);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		offer_word(o, groups[i].word, groups[i].help);
	}
}

void offer_keys(struct offer *o, const char *tail)
{
	_cleanup_json_ json_object *result = ask(o, "api.keys");
	json_object *list = json_get_arr(result, "keys");
	size_t count = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		json_object *key = json_object_array_get_idx(list, i);
		const char *path = json_get_str(key, "path");
		_cleanup_free_ char *help = out_member(&o->ctl->out, key, "help");
		_cleanup_free_ char *word = NULL;

		if (path && is_plain(path)) {
			word = xasprintf("%s%s", path, tail);
			offer_word(o, word, help);
		}
	}
}
