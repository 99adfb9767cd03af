/* SPDX-License-Identifier: MIT */
/* What is counted from events: ended prints and commands by printer, events by kind. */
#include "daemon/bridge/metrics_counts.h"

#include <string.h>

#include "common/json.h"
#include "common/method.h"
#include "common/util.h"
#include "daemon/model/hub.h"

static const struct {
	const char *word;
	enum event_kind kind;
} results[PRINT_RESULT_COUNT] = {
    [RESULT_FINISHED] = {"finished", EVENT_PRINT_FINISHED},
    [RESULT_FAILED] = {"failed", EVENT_PRINT_FAILED},
    [RESULT_CANCELLED] = {"cancelled", EVENT_PRINT_CANCELLED},
};

const char *print_result_word(enum print_result r)
{
	return results[r].word;
}

static int by_serial(const void *key, const void *row)
{
	return strcmp(key, ((const struct printer_counts *)row)->serial);
}

static struct printer_counts *find(const struct metrics_counts *c, const char *serial)
{
	return c->printer_count == 0 ? NULL
				     : bsearch(serial, c->printers, c->printer_count,
					   sizeof(*c->printers), by_serial);
}

const struct printer_counts *metrics_counts_of(const struct metrics_counts *c, const char *serial)
{
	return find(c, serial);
}

static struct printer_counts *get(struct metrics_counts *c, const char *serial)
{
	struct printer_counts *found = find(c, serial);
	size_t at = c->printer_count;

	if (found) {
		return found;
	}
	c->printers = xrealloc(c->printers, (c->printer_count + 1) * sizeof(*c->printers));
	while (at > 0 && strcmp(c->printers[at - 1].serial, serial) > 0) {
		c->printers[at] = c->printers[at - 1];
		at--;
	}
	c->printer_count++;
	c->printers[at] = (struct printer_counts){.serial = xstrdup(serial)};
	return &c->printers[at];
}

static void count_command(struct printer_counts *p, const char *method, const char *result)
{
	size_t i = 0;

	while (i < p->command_count && (strcmp(p->commands[i].method, method) != 0 ||
					   strcmp(p->commands[i].result, result) != 0)) {
		i++;
	}
	if (i == p->command_count && i == COMMAND_COUNTS_MAX) {
		i--;
	} else if (i == p->command_count) {
		p->commands = xrealloc(p->commands, (i + 1) * sizeof(*p->commands));
		p->commands[i] =
		    (struct command_count){.method = method, .result = xstrdup(result)};
		p->command_count++;
	}
	p->commands[i].count++;
}

/* The words come from our own tables, so that they need no quoting. */
static void take_command(struct metrics_counts *c, const struct hub_event *e)
{
	_cleanup_json_ json_object *data = NULL;
	const struct method *method;
	const char *name, *result;

	if (json_parse(e->data, strlen(e->data), 8, &data) < 0) {
		return;
	}
	name = json_get_str(data, "method");
	method = name ? method_find(name) : NULL;
	result = json_get_str(data, "type");
	result = result ? result : json_get_str(data, "stage");
	if (method && result) {
		count_command(get(c, e->serial), method->name, result);
	}
}

static void take_of_printer(struct metrics_counts *c, const struct hub_event *e)
{
	for (size_t i = 0; i < PRINT_RESULT_COUNT; i++) {
		if (e->kind == results[i].kind) {
			get(c, e->serial)->ended[i]++;
		}
	}
	if (e->kind == EVENT_COMMAND_DONE || e->kind == EVENT_COMMAND_REJECTED) {
		take_command(c, e);
	}
}

void metrics_counts_take(struct metrics_counts *c, const struct hub_event *e)
{
	c->events[e->kind]++;
	/* Events and states each tell of their own. */
	if (e->kind == EVENT_DISK_FULL) {
		c->disk_troubles++;
	} else if (e->kind == EVENT_DISK_RECOVERED && c->disk_troubles > 0) {
		c->disk_troubles--;
	}
	if (e->serial) {
		take_of_printer(c, e);
	}
}

void metrics_counts_finish(struct metrics_counts *c)
{
	for (size_t i = 0; i < c->printer_count; i++) {
		struct printer_counts *p = &c->printers[i];

		for (size_t k = 0; k < p->command_count; k++) {
			free(p->commands[k].result);
		}
		free(p->commands);
		free(p->serial);
	}
	free(TAKE(c->printers));
}
