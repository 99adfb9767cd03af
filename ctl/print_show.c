/* SPDX-License-Identifier: MIT */
/* The choice of spools as a table and as JSON, and what became of the start. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "ctl/fmt.h"
#include "ctl/print.h"
#include "ctl/table.h"

enum {
	COL_FILAMENT,
	COL_TYPE,
	COL_COLOR,
	COL_NEEDS,
	COL_SLOT,
	COL_HOLDS,
	COL_HAS,
	COL_LEFT,
	COL_FIT
};

const struct column_set print_columns = {
    .count = COL_FIT + 1,
    .column =
	{
	    [COL_FILAMENT] = {"FILAMENT", .right = true},
	    [COL_TYPE] = {"TYPE"},
	    [COL_COLOR] = {"COLOR"},
	    [COL_NEEDS] = {"NEEDS", .right = true},
	    [COL_SLOT] = {"SLOT"},
	    [COL_HOLDS] = {"HOLDS"},
	    [COL_HAS] = {"WITH", .heading = "COLOR"},
	    [COL_LEFT] = {"LEFT", .right = true},
	    [COL_FIT] = {"FIT"},
	},
};

static char *color_text(const struct out *o, const char *hex)
{
	const char *word = fmt_color_word(hex);

	return word ? xstrdup(word) : out_safe(o, hex && *hex ? hex : "-");
}

/* Left on the slot, weighed as this filament is. NAN unknown. */
static double grams_left(const struct match_need *need, const struct match_slot *slot)
{
	return need->meters > 0 ? slot->meters * need->grams / need->meters : NAN;
}

static char *grams_text(double grams)
{
	return isnan(grams) ? xstrdup("-") : xasprintf("%.0f g", ceil(grams));
}

static char *fit_text(const struct match_pair *pair)
{
	if (pair->fault != MATCH_FITS) {
		return xstrdup(pair->why);
	}
	return pair->color == COLOR_UNKNOWN ? xstrdup("fits")
	       : pair->color == COLOR_SAME
		   ? xstrdup("fits, same color")
		   : xasprintf("fits, %s color", match_color_word(pair->color));
}

static void draw_pair(struct table *t, const struct match *m, size_t i)
{
	const struct match_need *need = &m->needs[i];
	const struct match_pair *pair = &m->pairs[i];
	const struct match_slot *slot = pair->slot >= 0 ? &m->slots[pair->slot] : NULL;

	table_row(t, pair->fault == MATCH_FITS	 ? OUT_PLAIN
		     : match_may_go(pair->fault) ? OUT_YELLOW
						 : OUT_RED);
	table_take(t, COL_FILAMENT, xasprintf("%d", need->id));
	table_take(t, COL_TYPE, out_safe(t->out, need->type && *need->type ? need->type : "-"));
	table_take(t, COL_COLOR, color_text(t->out, need->color));
	table_take(t, COL_NEEDS, grams_text(need->grams));
	table_cell(t, COL_SLOT, slot ? slot->label : "-");
	table_take(t, COL_HOLDS, out_safe(t->out, slot && *slot->type ? slot->type : "-"));
	table_take(t, COL_HAS, slot ? color_text(t->out, slot->color) : xstrdup("-"));
	table_take(t, COL_LEFT, slot ? grams_text(grams_left(need, slot)) : xstrdup("-"));
	table_take(t, COL_FIT, fit_text(pair));
}

void print_show_slots(struct print_plan *p)
{
	struct out *o = &p->c->out;
	struct table t;

	if (o->json != OUT_TEXT || (o->quiet && match_worst(&p->match) == MATCH_FITS)) {
		return;
	}
	table_begin(&t, o, &print_columns);
	for (size_t i = 0; i < p->match.need_count; i++) {
		draw_pair(&t, &p->match, i);
	}
	table_end(&t);
	fflush(o->f);
}

static void add_number(json_object *o, const char *key, double number)
{
	json_object_object_add(
	    o, key, isnan(number) ? NULL : json_object_new_double(round(number * 100) / 100));
}

static void add_text(json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, text && *text ? json_object_new_string(text) : NULL);
}

json_object *print_mapping(const struct print_plan *p)
{
	const struct match *m = &p->match;
	json_object *list = json_object_new_array();

	for (size_t i = 0; p->mapped && i < m->need_count; i++) {
		const struct match_need *need = &m->needs[i];
		const struct match_pair *pair = &m->pairs[i];
		const struct match_slot *slot = pair->slot >= 0 ? &m->slots[pair->slot] : NULL;
		json_object *one = json_object_new_object();

		json_object_object_add(one, "filament", json_object_new_int(need->id));
		add_text(one, "type", need->type);
		add_text(one, "color", need->color);
		add_number(one, "grams", need->grams);
		add_text(one, "slot", slot ? slot->label : NULL);
		json_object_object_add(one, "tray", slot ? json_object_new_int(slot->tray) : NULL);
		add_text(one, "slot_type", slot ? slot->type : NULL);
		add_text(one, "slot_color", slot ? slot->color : NULL);
		add_number(one, "left_grams", slot ? grams_left(need, slot) : NAN);
		add_text(one, "color_match",
		    pair->color == COLOR_UNKNOWN ? NULL : match_color_word(pair->color));
		add_text(one, "problem", pair->why);
		json_object_array_add(list, one);
	}
	return list;
}

void print_show_begun(struct print_plan *p, json_object *result, const char *state)
{
	struct out *o = &p->c->out;
	const char *stage = json_get_str(result, "stage");
	_cleanup_free_ char *job = out_member(o, result, "job");
	_cleanup_free_ char *name = out_safe(o, p->printer);
	_cleanup_free_ char *word = out_safe(o, state ? state : "started");
	int64_t took_ms = 0;

	json_get_i64(result, "took_ms", &took_ms);
	if (stage && strcmp(stage, "effective") == 0) {
		fprintf(o->f, "%s  %s%s%s %s  confirmed after %.*f s\n", name,
		    out_color(o, OUT_GREEN), word, out_color(o, OUT_PLAIN), job, took_ms < 10000,
		    (double)took_ms / 1000);
	} else {
		fprintf(o->f, "%s  %s %s  (not waited for)\n", name,
		    stage && strcmp(stage, "acked") == 0 ? "acknowledged" : "sent", job);
	}
}
