/* SPDX-License-Identifier: MIT */
/* api.*: the tables themselves, for help, completion, documentation checks and other clients. */
#include "common/event.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/render.h"

static void write_param(struct jw *w, const struct method_param *p)
{
	jw_object(w, NULL);
	jw_str(w, "name", p->name);
	jw_str(w, "type", param_type_name(p->type));
	jw_bool(w, "required", p->required);
	if (p->words != NULL) {
		jw_array(w, "enum");
		for (const char *const *word = p->words; *word != NULL; word++) {
			jw_str(w, NULL, *word);
		}
		jw_array_end(w);
	} else {
		jw_null(w, "enum");
	}
	if (p->bounded) {
		jw_num(w, "min", p->min, 3);
		jw_num(w, "max", p->max, 3);
	} else {
		jw_null(w, "min");
		jw_null(w, "max");
	}
	jw_str(w, "help", p->help);
	jw_object_end(w);
}

static void write_method(struct jw *w, const struct method *m)
{
	size_t params = method_param_count(m);

	jw_object(w, NULL);
	jw_str(w, "name", m->name);
	jw_str(w, "perm", perm_name(m->perm));
	jw_array(w, "params");
	for (size_t i = 0; i < params; i++) {
		write_param(w, &m->params[i]);
	}
	jw_array_end(w);
	jw_str(w, "help", m->help);
	jw_bool(w, "confirm", m->confirm);
	jw_str(w, "since", m->since);
	jw_str(w, "verb", m->verb);
	jw_str(w, "usage", m->usage);
	jw_object_end(w);
}

int h_api_methods(struct call *c)
{
	jw_object(c->w, "result");
	jw_array(c->w, "methods");
	for (size_t i = 0; i < method_count; i++) {
		write_method(c->w, &method_table[i]);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
	return 0;
}

int h_api_errors(struct call *c)
{
	jw_object(c->w, "result");
	jw_array(c->w, "errors");
	for (enum err_type t = ERR_NONE + 1; t < ERR_COUNT; t++) {
		jw_object(c->w, NULL);
		jw_str(c->w, "type", err_name(t));
		jw_int(c->w, "code", err_code(t));
		jw_int(c->w, "exit", err_exit(t));
		jw_str(c->w, "text", err_text(t));
		jw_object_end(c->w);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
	return 0;
}

int h_api_events(struct call *c)
{
	jw_object(c->w, "result");
	jw_array(c->w, "events");
	for (enum event_kind k = 0; k < EVENT_COUNT; k++) {
		jw_object(c->w, NULL);
		jw_str(c->w, "kind", event_name(k));
		jw_str(c->w, "help", event_help(k));
		jw_bool(c->w, "kept", event_kept(k));
		jw_object_end(c->w);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
	return 0;
}

int h_api_keys(struct call *c)
{
	jw_object(c->w, "result");
	jw_array(c->w, "keys");
	for (unsigned i = 0; i < render_key_count; i++) {
		const struct render_key *k = &render_keys[i];

		jw_object(c->w, NULL);
		jw_str(c->w, "path", k->path);
		jw_str(c->w, "type", k->type);
		jw_str(c->w, "unit", k->unit[0] != '\0' ? k->unit : NULL);
		jw_str(c->w, "help", k->help);
		jw_object_end(c->w);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
	return 0;
}
