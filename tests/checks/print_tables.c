/* SPDX-License-Identifier: MIT */
/* Prints the tables that the man pages are held to, as one JSON object. */
#include <stdio.h>

#include "common/event.h"
#include "common/jw.h"
#include "common/log.h"
#include "common/method.h"
#include "daemon/api/render.h"
#include "daemon/bridge/metrics_internal.h"
#include "daemon/model/words.h"
#include "tests/checks/print_tables.h"

static void write_param(struct jw *w, const struct method_param *p)
{
	jw_object(w, NULL);
	jw_str(w, "name", p->name);
	jw_str(w, "type", param_type_name(p->type));
	jw_bool(w, "required", p->required);
	jw_array(w, "words");
	for (size_t i = 0; p->words && p->words[i]; i++) {
		jw_str(w, NULL, p->words[i]);
	}
	jw_array_end(w);
	if (p->bounded) {
		jw_num(w, "min", p->min, 3);
		jw_num(w, "max", p->max, 3);
	}
	jw_str(w, "help", p->help);
	jw_object_end(w);
}

static void write_methods(struct jw *w)
{
	jw_array(w, "methods");
	for (size_t i = 0; i < method_count; i++) {
		const struct method *m = &method_table[i];

		jw_object(w, NULL);
		jw_str(w, "name", m->name);
		jw_str(w, "perm", perm_name(m->perm));
		jw_bool(w, "confirm", m->confirm);
		jw_bool(w, "built", m->since != NULL);
		jw_str(w, "help", m->help);
		jw_array(w, "params");
		for (size_t k = 0; k < method_param_count(m); k++) {
			write_param(w, &m->params[k]);
		}
		jw_array_end(w);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void write_errors(struct jw *w)
{
	jw_array(w, "errors");
	for (enum err_type t = ERR_NONE + 1; t < ERR_COUNT; t++) {
		jw_object(w, NULL);
		jw_str(w, "type", err_name(t));
		jw_int(w, "code", err_code(t));
		jw_int(w, "exit", err_exit(t));
		jw_str(w, "text", err_text(t));
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void write_events(struct jw *w)
{
	jw_array(w, "events");
	for (enum event_kind k = 0; k < EVENT_COUNT; k++) {
		jw_object(w, NULL);
		jw_str(w, "kind", event_name(k));
		jw_bool(w, "kept", event_kept(k));
		jw_str(w, "level", log_level_name((enum log_level)event_level(k)));
		jw_str(w, "help", event_help(k));
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void write_status(struct jw *w)
{
	jw_array(w, "status");
	for (unsigned i = 0; i < render_key_count; i++) {
		jw_object(w, NULL);
		jw_str(w, "path", render_keys[i].path);
		jw_str(w, "type", render_keys[i].type);
		jw_str(w, "unit", render_keys[i].unit);
		jw_str(w, "help", render_keys[i].help);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void write_links(struct jw *w)
{
	jw_array(w, "links");
	for (unsigned i = 0; i < LINK_STATE_COUNT; i++) {
		jw_str(w, NULL, link_state_word((enum link_state)i));
	}
	jw_array_end(w);
}

static void write_family(struct jw *w, const char *name, enum metric_type type, const char *help)
{
	jw_object(w, NULL);
	jw_str(w, "name", name);
	jw_str(w, "type", type == METRIC_COUNTER ? "counter" : "gauge");
	jw_str(w, "help", help);
	jw_object_end(w);
}

static void write_metrics(struct jw *w)
{
	jw_array(w, "metrics");
	for (size_t i = 0; i < printer_family_count; i++) {
		const struct printer_family *f = &printer_families[i];

		write_family(w, f->name, f->type, f->help);
	}
	for (size_t i = 0; i < daemon_family_count; i++) {
		const struct daemon_family *f = &daemon_families[i];

		write_family(w, f->name, f->type, f->help);
	}
	jw_array_end(w);
}

int main(void)
{
	static void (*const parts[])(struct jw *) = {print_tables_config, write_methods,
	    write_errors, write_events, write_status, write_links, write_metrics};
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		parts[i](&w);
	}
	jw_object_end(&w);
	puts(w.buf);
	jw_finish(&w);
	return 0;
}
