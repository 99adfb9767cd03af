/* SPDX-License-Identifier: MIT */
/* The tables of sections and keys of the configuration as JSON. */
#include "common/jw.h"
#include "daemon/config_keys.h"
#include "tests/checks/print_tables.h"

static void write_keys(struct jw *w)
{
	jw_array(w, "config");
	for (unsigned i = 0; i < config_key_count; i++) {
		const struct config_key *k = &config_keys[i];

		jw_object(w, NULL);
		jw_str(w, "section", k->section);
		jw_str(w, "name", k->name);
		jw_str(w, "type", config_type_name(k->type));
		jw_str(w, "values", k->values);
		jw_str(w, "preset", k->preset);
		jw_bool(w, "reloadable", k->reloadable);
		jw_bool(w, "built", k->built);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void write_sections(struct jw *w)
{
	jw_array(w, "sections");
	for (unsigned i = 0; i < SECTION_COUNT; i++) {
		jw_object(w, NULL);
		jw_str(w, "name", config_sections[i].name);
		jw_bool(w, "named", config_sections[i].named);
		jw_bool(w, "built", config_sections[i].built);
		jw_object_end(w);
	}
	jw_array_end(w);
}

void print_tables_config(struct jw *w)
{
	write_keys(w);
	write_sections(w);
}
