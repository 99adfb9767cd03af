/* SPDX-License-Identifier: MIT */
/* What a printer keeps beside its state, as tables: firmware of its parts, flow profiles. */
#include <string.h>

#include "common/util.h"
#include "ctl/show.h"

enum firmware_column {
	FIRMWARE_PRINTER,
	FIRMWARE_MODULE,
	FIRMWARE_VERSION,
	FIRMWARE_NEW,
	FIRMWARE_PRODUCT,
	FIRMWARE_HARDWARE,
	FIRMWARE_SERIAL,
	FIRMWARE_COUNT
};

const struct column_set show_firmware_columns = {
    .count = FIRMWARE_COUNT,
    .column =
	{
	    [FIRMWARE_PRINTER] = {"PRINTER"},
	    [FIRMWARE_MODULE] = {"MODULE"},
	    [FIRMWARE_VERSION] = {"VERSION"},
	    [FIRMWARE_NEW] = {"NEW"},
	    [FIRMWARE_PRODUCT] = {"PRODUCT", .cut = true},
	    [FIRMWARE_HARDWARE] = {"HARDWARE"},
	    [FIRMWARE_SERIAL] = {"SERIAL", .extra = true},
	},
};

/* The printer's own is one of its modules, "ota": what is on offer for it stands outside. */
static void draw_module(struct table *t, const char *printer, json_object *one, json_object *module)
{
	const struct out *o = t->out;
	const char *name = json_get_str(module, "name"), *offered = json_get_str(module, "new");

	if (!offered && name && strcmp(name, "ota") == 0) {
		offered = json_get_str(one, "new");
	}
	table_row(t, offered ? OUT_YELLOW : OUT_PLAIN);
	table_take(t, FIRMWARE_PRINTER, out_safe(o, printer));
	table_take(t, FIRMWARE_MODULE, out_safe(o, name));
	table_take(t, FIRMWARE_VERSION, out_member(o, module, "version"));
	table_take(t, FIRMWARE_NEW, out_safe(o, offered));
	table_take(t, FIRMWARE_PRODUCT, out_member(o, module, "product"));
	table_take(t, FIRMWARE_HARDWARE, out_member(o, module, "hardware"));
	table_take(t, FIRMWARE_SERIAL, out_member(o, module, "serial"));
}

static void draw_firmware(struct table *t, json_object *one)
{
	json_object *modules = json_get_arr(one, "modules");

	for (size_t i = 0; modules && i < json_object_array_length(modules); i++) {
		draw_module(
		    t, json_get_str(one, "printer"), one, json_object_array_get_idx(modules, i));
	}
}

/* Every printer of a result, or the one that it is; usual: columns for one. */
static void draw_each(struct out *o, json_object *result, const struct column_set *set,
    const char *usual, void (*draw)(struct table *t, json_object *one))
{
	json_object *results = json_get_arr(result, "results");
	struct out drawn_on = *o;
	struct table t;

	if (!o->columns && !results) {
		drawn_on.columns = usual;
	}
	table_begin(&t, &drawn_on, set);
	for (size_t i = 0; results && i < json_object_array_length(results); i++) {
		draw(&t, json_object_array_get_idx(results, i));
	}
	if (!results) {
		draw(&t, result);
	}
	table_end(&t);
}

void show_firmware(struct out *o, json_object *result)
{
	draw_each(o, result, &show_firmware_columns, "MODULE,VERSION,NEW,PRODUCT,HARDWARE",
	    draw_firmware);
}

enum profile_column {
	PROFILE_PRINTER,
	PROFILE_INDEX,
	PROFILE_NAME,
	PROFILE_FILAMENT,
	PROFILE_K,
	PROFILE_N,
	PROFILE_DIAMETER,
	PROFILE_NOZZLE,
	PROFILE_HOTEND,
	PROFILE_COUNT
};

const struct column_set show_profiles_columns = {
    .count = PROFILE_COUNT,
    .column =
	{
	    [PROFILE_PRINTER] = {"PRINTER"},
	    [PROFILE_INDEX] = {"INDEX", .right = true},
	    [PROFILE_NAME] = {"NAME", .cut = true},
	    [PROFILE_FILAMENT] = {"FILAMENT"},
	    [PROFILE_K] = {"K", .right = true},
	    [PROFILE_N] = {"N", .right = true, .extra = true},
	    [PROFILE_DIAMETER] = {"MM", .right = true},
	    [PROFILE_NOZZLE] = {"NOZZLE", .right = true},
	    [PROFILE_HOTEND] = {"HOTEND", .extra = true},
	},
};

/* With as many digits as it has. */
static char *plain_number(json_object *o, const char *key)
{
	double value;

	return json_get_num(o, key, &value) ? xasprintf("%g", value) : xstrdup("-");
}

static void draw_profiles(struct table *t, json_object *one)
{
	static const struct {
		enum profile_column column;
		const char *member;
	} numbers[] = {
	    {PROFILE_INDEX, "index"},
	    {PROFILE_K, "k"},
	    {PROFILE_N, "n"},
	    {PROFILE_DIAMETER, "diameter_mm"},
	    {PROFILE_NOZZLE, "nozzle"},
	};
	json_object *profiles = json_get_arr(one, "profiles");

	for (size_t i = 0; profiles && i < json_object_array_length(profiles); i++) {
		json_object *profile = json_object_array_get_idx(profiles, i);

		table_row(t, OUT_PLAIN);
		table_take(t, PROFILE_PRINTER, out_safe(t->out, json_get_str(one, "printer")));
		table_take(t, PROFILE_NAME, out_member(t->out, profile, "name"));
		table_take(t, PROFILE_FILAMENT, out_member(t->out, profile, "filament"));
		table_take(t, PROFILE_HOTEND, out_member(t->out, profile, "hotend"));
		for (size_t k = 0; k < ARRAY_SIZE(numbers); k++) {
			table_take(t, numbers[k].column, plain_number(profile, numbers[k].member));
		}
	}
}

void show_profiles(struct out *o, json_object *result)
{
	draw_each(
	    o, result, &show_profiles_columns, "INDEX,NAME,FILAMENT,K,MM,NOZZLE", draw_profiles);
}
