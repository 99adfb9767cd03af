/* SPDX-License-Identifier: MIT */
/* Lines of JSON merged one after the other: what is held stays sane, and a change bit is set
 * exactly when something shown has changed. */
#include <assert.h>
#include <json-c/json.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "common/jw.h"
#include "common/util.h"
#include "daemon/model/raw.h"
#include "daemon/model/report.h"
#include "daemon/model/state.h"

#define LINES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct shown {
	struct jw section[SECTION_COUNT];
};

static void show_print(const struct state_print *p, struct jw *w)
{
	bool timed = p->state == PRINT_PRINTING || p->state == PRINT_PAUSED;
	size_t i;

	jw_int(w, NULL, p->state);
	jw_int(w, NULL, p->stage_id);
	jw_int(w, NULL, p->percent);
	jw_int(w, NULL, p->layer);
	jw_int(w, NULL, p->total_layers);
	jw_int(w, NULL, timed ? p->remaining_min : 0);
	jw_int(w, NULL, timed ? p->eta_wall_ms : 0);
	jw_int(w, NULL, p->started_wall_ms);
	jw_str(w, NULL, p->job);
	jw_str(w, NULL, p->file);
	jw_str(w, NULL, p->task_id);
	jw_int(w, NULL, p->source);
	jw_int(w, NULL, p->prepare_percent);
	jw_int(w, NULL, p->speed);
	jw_int(w, NULL, p->speed_percent);
	jw_int(w, NULL, p->error);
	for (i = 0; i < p->skipped_count; i++) {
		jw_int(w, NULL, p->skipped[i]);
	}
}

static void show_temp(const struct state_temp *t, struct jw *w)
{
	size_t i;

	assert(t->nozzle_count <= STATE_NOZZLES_MAX);
	for (i = 0; i < t->nozzle_count; i++) {
		const struct state_nozzle *n = &t->nozzles[i];

		jw_int(w, NULL, n->id);
		jw_num(w, NULL, n->current_c, 1);
		jw_num(w, NULL, n->target_c, 1);
		jw_num(w, NULL, n->diameter_mm, 2);
		jw_str(w, NULL, n->type);
		jw_int(w, NULL, n->active);
	}
	jw_num(w, NULL, t->bed_current_c, 1);
	jw_num(w, NULL, t->bed_target_c, 1);
	jw_num(w, NULL, t->chamber_current_c, 1);
	jw_num(w, NULL, t->chamber_target_c, 1);
}

static void check_pct(int v)
{
	assert(v == UNKNOWN_INT || (v >= 0 && v <= 100));
}

static void show_tray(const struct ams_tray *t, struct jw *w)
{
	size_t i;

	check_pct(t->remain_pct);
	assert(t->color[0] == '\0' || strlen(t->color) == 8);
	assert(t->color_count <= ARRAY_SIZE(t->colors));
	assert(t->state != TRAY_EMPTY || (t->type[0] == '\0' && t->rfid == TRI_UNKNOWN));
	jw_int(w, NULL, t->slot);
	jw_int(w, NULL, t->tray);
	jw_int(w, NULL, t->state);
	jw_int(w, NULL, t->rfid);
	jw_str(w, NULL, t->type);
	jw_str(w, NULL, t->brand);
	jw_str(w, NULL, t->profile);
	jw_str(w, NULL, t->uuid);
	jw_str(w, NULL, t->color);
	for (i = 0; i < t->color_count; i++) {
		jw_str(w, NULL, t->colors[i]);
	}
	jw_int(w, NULL, t->remain_pct);
	jw_int(w, NULL, t->total_mm);
	jw_int(w, NULL, t->nozzle_min_c);
	jw_int(w, NULL, t->nozzle_max_c);
	jw_num(w, NULL, t->k, 4);
}

static void show_ams(const struct state_ams *a, struct jw *w)
{
	size_t i;
	int slot;

	assert(a->unit_count <= STATE_UNITS_MAX && a->external_count <= 2);
	for (i = 0; i < a->unit_count; i++) {
		const struct ams_unit *u = &a->units[i];

		assert(i == 0 || a->units[i - 1].id < u->id);
		assert(u->tray_count == (u->id >= AMS_ID_HT ? 1 : 4));
		assert(u->humidity_level == UNKNOWN_INT ||
		       (u->humidity_level >= 1 && u->humidity_level <= 5));
		check_pct(u->humidity_pct);
		jw_int(w, NULL, u->id);
		jw_int(w, NULL, u->model);
		jw_int(w, NULL, u->humidity_level);
		jw_int(w, NULL, u->humidity_pct);
		jw_num(w, NULL, u->temp_c, 1);
		jw_int(w, NULL, u->drying);
		jw_int(w, NULL, u->dry_remaining_min);
		jw_int(w, NULL, u->dry_target_c);
		jw_int(w, NULL, u->nozzle);
		for (slot = 0; slot < u->tray_count; slot++) {
			show_tray(&u->trays[slot], w);
		}
	}
	for (i = 0; i < a->external_count; i++) {
		show_tray(&a->external[i], w);
	}
	jw_int(w, NULL, a->active_unit);
	jw_int(w, NULL, a->active_slot);
	jw_int(w, NULL, a->active_tray);
	jw_int(w, NULL, a->auto_refill);
	jw_bool(w, NULL, a->known);
}

static void show_rest(const struct state *s, struct jw *sections)
{
	const struct state_device *d = &s->device;
	struct jw *w = &sections[SECTION_DEVICE];
	size_t i;

	jw_int(w, NULL, d->wifi_dbm);
	jw_int(w, NULL, d->wired);
	jw_int(w, NULL, d->timelapse);
	jw_int(w, NULL, d->recording);
	jw_int(w, NULL, d->door_open);
	jw_int(w, NULL, d->sdcard);
	jw_str(w, NULL, d->firmware_new);
	jw_int(w, NULL, (int64_t)s->temp.nozzle_count);
	jw_int(w, NULL, s->info.caps->nozzles);
	jw_int(&sections[SECTION_CAMERA], NULL, d->liveview);
	jw_int(&sections[SECTION_CAMERA], NULL, d->upgrading);
	jw_int(&sections[SECTION_CAMERA], NULL, s->info.caps->camera);
	jw_int(&sections[SECTION_CONTROL], NULL, s->control);
	jw_str(&sections[SECTION_CONTROL], NULL, s->control_evidence);
	jw_int(&sections[SECTION_CONTROL], NULL, s->control_since_wall_ms);
	check_pct(s->fans.part_pct);
	check_pct(s->fans.heatbreak_pct);
	w = &sections[SECTION_FANS];
	jw_int(w, NULL, s->fans.part_pct);
	jw_int(w, NULL, s->fans.aux_pct);
	jw_int(w, NULL, s->fans.chamber_pct);
	jw_int(w, NULL, s->fans.heatbreak_pct);
	for (i = 0; i < LIGHT_NODE_COUNT; i++) {
		jw_int(&sections[SECTION_LIGHTS], NULL, s->lights[i]);
	}
	w = &sections[SECTION_HMS];
	jw_bool(w, NULL, s->hms.known);
	assert(s->hms.count <= STATE_HMS_MAX);
	for (i = 0; i < s->hms.count; i++) {
		jw_int(w, NULL, s->hms.entries[i].attr);
		jw_int(w, NULL, s->hms.entries[i].code);
		jw_int(w, NULL, s->hms.entries[i].since_wall_ms);
	}
	w = &sections[SECTION_INFO];
	jw_str(w, NULL, s->info.caps->model);
	jw_str(w, NULL, s->info.code);
	jw_str(w, NULL, s->info.product);
	jw_str(w, NULL, s->info.firmware);
}

static void show_options(const struct state_options *o, struct jw *w)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		jw_int(w, NULL, o->on[i]);
	}
	for (int i = 0; i < XCAM_COUNT; i++) {
		jw_int(w, NULL, o->xcam[i]);
		jw_str(w, NULL, xcam_sensitivity_word(o->sensitivity[i]));
	}
}

static void show(const struct state *s, struct shown *ret)
{
	int i;

	for (i = 0; i < SECTION_COUNT; i++) {
		jw_init(&ret->section[i]);
		jw_array(&ret->section[i], NULL);
	}
	show_print(&s->print, &ret->section[SECTION_PRINT]);
	show_temp(&s->temp, &ret->section[SECTION_TEMP]);
	show_ams(&s->ams, &ret->section[SECTION_AMS]);
	show_options(&s->options, &ret->section[SECTION_OPTIONS]);
	show_rest(s, ret->section);
	for (i = 0; i < SECTION_COUNT; i++) {
		jw_array_end(&ret->section[i]);
	}
}

static void hide(struct shown *v)
{
	int i;

	for (i = 0; i < SECTION_COUNT; i++) {
		jw_finish(&v->section[i]);
	}
}

/* The merge of bambu.md 4.3, by json-c: objects recursively, everything else replaced. */
static void oracle_merge(json_object *into, json_object *from)
{
	json_object_object_foreach(from, key, value)
	{
		json_object *old = NULL;

		json_object_object_get_ex(into, key, &old);
		if (json_object_is_type(old, json_type_object) &&
		    json_object_is_type(value, json_type_object)) {
			oracle_merge(old, value);
		} else {
			json_object_object_add(into, key, json_object_get(value));
		}
	}
}

/* Follows a full or delta report in *model. */
static void oracle_take(json_object **model, const struct report *r)
{
	const struct scan_node *n = &r->scan.nodes[r->body];
	json_tokener *tok = json_tokener_new_ex(SCAN_DEPTH_MAX + 1);
	json_object *body = json_tokener_parse_ex(tok, r->scan.text + n->off, (int)n->len);

	assert(body != NULL);
	json_tokener_free(tok);
	if (r->kind == REPORT_FULL) {
		json_object_put(*model);
		*model = json_object_new_object();
	}
	oracle_merge(*model, body);
	json_object_put(body);
}

static void check_raw(const struct state *s, json_object *model)
{
	json_tokener *tok = json_tokener_new_ex(SCAN_DEPTH_MAX + 1);
	json_object *have;
	struct jw w;

	assert(raw_bytes(s->raw) <= RAW_BYTES_MAX);
	jw_init(&w);
	raw_write(s->raw, &w, NULL, NULL);
	have = json_tokener_parse_ex(tok, w.buf, (int)w.len);
	assert(have != NULL);
	if (raw_left_out(s->raw) == 0) {
		assert(json_object_equal(have, model));
	}
	json_object_put(have);
	json_tokener_free(tok);
	jw_finish(&w);
}

static void merge_line(struct state *s, struct report *r, const char *line, size_t len, int64_t now,
    json_object **model)
{
	struct state_time time = {.mono_ms = now, .wall_ms = now};
	struct state_delta delta = {.changed = 0};
	struct shown before, after;
	int i;

	if (report_decode(r, line, len) != 0) {
		return;
	}
	show(s, &before);
	state_merge(s, r, time, &delta);
	show(s, &after);
	for (i = 0; i < SECTION_COUNT; i++) {
		bool differs = strcmp(before.section[i].buf, after.section[i].buf) != 0;

		assert(differs == ((delta.changed & SECTION_BIT(i)) != 0));
	}
	/* Keys that are spelled with escapes are other keys to raw: not compared. */
	if (r->kind == REPORT_FULL || r->kind == REPORT_DELTA) {
		if (memchr(line, '\\', len) != NULL) {
			json_object_put(*model);
			*model = NULL;
		}
		if (*model != NULL) {
			oracle_take(model, r);
			check_raw(s, *model);
		}
	}
	hide(&before);
	hide(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char base[] = "{\"print\":{\"msg\":0,\"gcode_state\":\"IDLE\"}}";
	const char *p = (const char *)data, *end = p + size;
	json_object *model = json_object_new_object();
	struct report r;
	struct state s;
	int64_t now = 1;

	state_init(&s, NULL, NULL);
	report_init(&r);
	merge_line(&s, &r, base, strlen(base), now++, &model);
	while (p < end && now < LINES_MAX) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((newline != NULL ? newline : end) - p);

		merge_line(&s, &r, p, len, now++, &model);
		p += len + (newline != NULL);
	}
	json_object_put(model);
	report_finish(&r);
	state_finish(&s);
	return 0;
}
