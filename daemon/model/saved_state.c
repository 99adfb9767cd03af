/* SPDX-License-Identifier: MIT */
/* The cached state of a printer as JSON, and back. Enum values stand there as numbers: a change of
 * their order is a new version of the file (fleet/memory). */
#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/fields.h"
#include "daemon/model/saved.h"
#include "daemon/model/sent.h"

#define ALL (SECTION_BIT(SECTION_COUNT) - 1)
#define SAME_RUN_MS 5000 /* the two clocks drift, and are set a little */
#define AGES "ages_ms"

static const struct field info_fields[] = {
    FIELD(TEXT, struct state_info, code),
    FIELD(TEXT, struct state_info, product),
    FIELD(TEXT, struct state_info, firmware),
    FIELD(BOOL, struct state_info, version_seen),
};
static const struct field module_fields[] = {
    FIELD(TEXT, struct module_info, name),
    FIELD(TEXT, struct module_info, product),
    FIELD(TEXT, struct module_info, version),
    FIELD(TEXT, struct module_info, offered),
    FIELD(TEXT, struct module_info, hardware),
    FIELD(TEXT, struct module_info, serial),
};
static const struct field print_fields[] = {
    FIELD(ENUM, struct state_print, state, PRINT_STATE_COUNT),
    FIELD(INT, struct state_print, remaining_min),
    FIELD(I64, struct state_print, eta_wall_ms),
    FIELD(I64, struct state_print, started_wall_ms),
    FIELD(STR, struct state_print, job),
    FIELD(STR, struct state_print, file),
    FIELD(STR, struct state_print, task_id),
    FIELD(ENUM, struct state_print, source, PRINT_SOURCE_COUNT),
    FIELD(ENUM, struct state_print, speed, SPEED_LEVEL_COUNT),
    FIELD(INT, struct state_print, speed_percent),
    FIELD(U32, struct state_print, error),
};
static const struct field sent_fields[] = {
    FIELD(INT, struct sent, percent),
    FIELD(INT, struct sent, layer),
    FIELD(INT, struct sent, total_layers),
    FIELD(INT, struct sent, stage),
    FIELD(INT, struct sent, prepare_percent),
    FIELD(BOOL, struct sent, type_idle),
    FIELD(NUM, struct sent, nozzle_c),
    FIELD(NUM, struct sent, nozzle_target_c),
    FIELD(NUM, struct sent, bed_c),
    FIELD(NUM, struct sent, bed_target_c),
    FIELD(NUM, struct sent, chamber_c),
    FIELD(NUM, struct sent, chamber_target_c),
    FIELD(I64, struct sent, bed_packed),
    FIELD(I64, struct sent, chamber_packed),
    FIELD(INT, struct sent, extruder_state),
    FIELD(NUM, struct sent, diameter_mm),
    FIELD(TEXT, struct sent, nozzle_type),
    FIELD(INT, struct sent, part_level),
    FIELD(INT, struct sent, aux_level),
    FIELD(INT, struct sent, chamber_level),
    FIELD(INT, struct sent, heatbreak_level),
    FIELD(I64, struct sent, fan_gear),
    FIELD(ENUM, struct sent, chamber_light, LIGHT_MODE_COUNT),
    FIELD(ENUM, struct sent, chamber_light2, LIGHT_MODE_COUNT),
    FIELD(BITS, struct sent, home_flag),
    FIELD(BITS, struct sent, cfg),
    FIELD(BITS, struct sent, fun),
    FIELD(BITS, struct sent, xcam_cfg),
    FIELD(INT, struct sent, home_sdcard),
    FIELD(ENUM, struct sent, aux_sdcard, SDCARD_COUNT),
    FIELD(ENUM, struct sent, sdcard, TRI_YES + 1),
    FIELD(ENUM, struct sent, door_stat, TRI_YES + 1),
    FIELD(ENUM, struct sent, timelapse, TRI_YES + 1),
    FIELD(ENUM, struct sent, recording, TRI_YES + 1),
    FIELD(INT, struct sent, wifi_dbm),
    FIELD(INT, struct sent, net_conf),
    FIELD(INT, struct sent, new_version_state),
    FIELD(TEXT, struct sent, ota_version),
    FIELD(TEXT, struct sent, listed_version),
    FIELD(BYTE, struct sent, xcam_level, UINT8_MAX),
    FIELD(I64, struct sent, online_version),
    FIELD(INT, struct sent, dis_state),
    FIELD(BOOL, struct sent, refused),
};
static const struct field extruder_fields[] = {
    FIELD(INT, struct sent_extruder, id),
    FIELD(I64, struct sent_extruder, temp),
    FIELD(INT, struct sent_extruder, snow),
    FIELD(INT, struct sent_extruder, hotend),
};
static const struct field hotend_fields[] = {
    FIELD(INT, struct sent_hotend, id),
    FIELD(NUM, struct sent_hotend, diameter_mm),
    FIELD(TEXT, struct sent_hotend, type),
};
static const struct field fan_fields[] = {
    FIELD(INT, struct sent_fan, id),
    FIELD(INT, struct sent_fan, pct),
};
static const struct field device_fields[] = {
    FIELD(ENUM, struct state_device, liveview, TRI_YES + 1),
    FIELD(U32, struct state_device, address_ip),
};
static const struct field ams_fields[] = {
    FIELD(BOOL, struct state_ams, known),
    FIELD(U64, struct state_ams, exist_bits),
    FIELD(U64, struct state_ams, tray_bits),
    FIELD(BOOL, struct state_ams, has_exist_bits),
    FIELD(BOOL, struct state_ams, has_tray_bits),
    FIELD(BOOL, struct state_ams, by_vir_slot),
    FIELD(INT, struct state_ams, tray_now),
};
static const struct field unit_fields[] = {
    FIELD(INT, struct ams_unit, id),
    FIELD(INT, struct ams_unit, humidity_pct),
    FIELD(NUM, struct ams_unit, temp_c),
    FIELD(INT, struct ams_unit, dry_remaining_min),
    FIELD(INT, struct ams_unit, dry_target_c),
    FIELD(BITS, struct ams_unit, sent.info),
    FIELD(INT, struct ams_unit, sent.humidity),
};
static const struct field tray_fields[] = {
    FIELD(INT, struct ams_tray, slot),
    FIELD(INT, struct ams_tray, tray),
    FIELD(ENUM, struct ams_tray, state, TRAY_STATE_COUNT),
    FIELD(ENUM, struct ams_tray, rfid, TRI_YES + 1),
    FIELD(TEXT, struct ams_tray, type),
    FIELD(TEXT, struct ams_tray, brand),
    FIELD(TEXT, struct ams_tray, profile),
    FIELD(TEXT, struct ams_tray, uuid),
    FIELD(TEXT, struct ams_tray, color),
    FIELD(INT, struct ams_tray, remain_pct),
    FIELD(INT, struct ams_tray, total_mm),
    FIELD(INT, struct ams_tray, nozzle_min_c),
    FIELD(INT, struct ams_tray, nozzle_max_c),
    FIELD(NUM, struct ams_tray, k),
};
static const struct field ams_module_fields[] = {
    FIELD(INT, struct ams_module, id),
    FIELD(ENUM, struct ams_module, model, AMS_MODEL_COUNT),
};
static const struct field hms_fields[] = {
    FIELD(U32, struct hms_entry, attr),
    FIELD(U32, struct hms_entry, code),
    FIELD(I64, struct hms_entry, since_wall_ms),
};

#define WRITE(w, key, base, table)                               \
	do {                                                     \
		jw_object(w, key);                               \
		fields_write(w, base, table, ARRAY_SIZE(table)); \
		jw_object_end(w);                                \
	} while (0)
#define WRITE_LIST(w, key, list, count, table)              \
	do {                                                \
		jw_array(w, key);                           \
		for (size_t i_ = 0; i_ < (count); i_++) {   \
			WRITE(w, NULL, &(list)[i_], table); \
		}                                           \
		jw_array_end(w);                            \
	} while (0)
#define READ(scan, node, base, table) fields_read(scan, node, base, table, ARRAY_SIZE(table))

/* ---- times ---- */

int64_t saved_elapsed_ms(const struct saved_at *then, const struct saved_at *now)
{
	int64_t wall_ms, boot_ms;

	/* Of clocks that no machine has had nothing can be told. */
	if (then->wall_ms < 0 || then->boot_ms < 0 || now->wall_ms < 0) {
		return -1;
	}
	wall_ms = now->wall_ms - then->wall_ms;
	boot_ms = now->boot_ms - then->boot_ms;
	if (boot_ms >= 0 && wall_ms > boot_ms - SAME_RUN_MS && wall_ms < boot_ms + SAME_RUN_MS) {
		return wall_ms > boot_ms ? wall_ms : boot_ms;
	}
	return wall_ms >= now->boot_ms ? wall_ms : -1;
}

int64_t saved_mono_ms(int64_t age_ms, int64_t elapsed_ms, int64_t now_mono_ms)
{
	if (age_ms < 0 || elapsed_ms < 0 || age_ms > now_mono_ms - elapsed_ms) {
		return -1;
	}
	return now_mono_ms - elapsed_ms - age_ms;
}

static void write_age(struct jw *w, const char *key, int64_t at_mono_ms, int64_t now_mono_ms)
{
	jw_int(w, key, at_mono_ms < 0 ? -1 : now_mono_ms - at_mono_ms);
}

static void write_ages(struct jw *w, const struct state *s, int64_t now_mono_ms)
{
	jw_object(w, AGES);
	write_age(w, "full", s->full_mono_ms, now_mono_ms);
	for (int i = 0; i < SECTION_COUNT; i++) {
		write_age(w, section_name((enum section)i), s->section_mono_ms[i], now_mono_ms);
	}
	jw_object_end(w);
}

static void read_ages(const struct scan *scan, uint32_t node, struct state *s, int64_t now_mono_ms,
    int64_t elapsed_ms)
{
	uint32_t ages = take_sub(scan, node, AGES);
	int64_t age_ms = -1;

	scan_int(scan, take_sub(scan, ages, "full"), &age_ms);
	s->full_mono_ms = saved_mono_ms(age_ms, elapsed_ms, now_mono_ms);
	for (int i = 0; i < SECTION_COUNT; i++) {
		age_ms = -1;
		scan_int(scan, take_sub(scan, ages, section_name((enum section)i)), &age_ms);
		s->section_mono_ms[i] = saved_mono_ms(age_ms, elapsed_ms, now_mono_ms);
	}
}

/* ---- who it is ---- */

static void write_info(struct jw *w, const struct state *s)
{
	jw_object(w, "info");
	jw_str(w, "model", s->info.caps->model);
	fields_write(w, &s->info, info_fields, ARRAY_SIZE(info_fields));
	jw_object_end(w);
	WRITE_LIST(w, "modules", s->modules.entries, s->modules.count, module_fields);
}

/* A model that is configured is not overruled. */
static void read_info(const struct scan *scan, uint32_t node, struct state *s)
{
	const struct caps *caps;
	char model[16] = "";

	READ(scan, node, &s->info, info_fields);
	scan_str(scan, take_sub(scan, node, "model"), model, sizeof(model));
	caps = caps_by_model(model);
	if (s->info.version_seen && !s->sent->hinted) {
		s->info.caps = caps != NULL ? caps : caps_unknown();
	}
}

static void read_modules(const struct scan *scan, uint32_t array, struct module_list *m)
{
	if (array == 0 || scan_first(scan, array) == 0) {
		return;
	}
	m->entries = xcalloc(MODULES_MAX, sizeof(*m->entries));
	for (uint32_t node = scan_first(scan, array); node != 0 && m->count < MODULES_MAX;
	     node = scan_next(scan, array, node)) {
		READ(scan, node, &m->entries[m->count], module_fields);
		m->count++;
	}
	m->entries = xrealloc(m->entries, m->count * sizeof(*m->entries));
}

/* ---- job ---- */

static void write_print(struct jw *w, const struct state *s)
{
	WRITE(w, "print", &s->print, print_fields);
	jw_array(w, "skipped");
	for (size_t i = 0; i < s->print.skipped_count; i++) {
		jw_int(w, NULL, s->print.skipped[i]);
	}
	jw_array_end(w);
}

static void read_skipped(const struct scan *scan, uint32_t array, struct state_print *p)
{
	size_t room = 0;
	int64_t id;

	for (uint32_t node = array != 0 ? scan_first(scan, array) : 0; node != 0;
	     node = scan_next(scan, array, node)) {
		if (p->skipped_count == room) {
			room += 16;
			p->skipped = xrealloc(p->skipped, room * sizeof(*p->skipped));
		}
		if (scan_int(scan, node, &id) && id >= 0 && id <= INT32_MAX) {
			p->skipped[p->skipped_count++] = (int)id;
		}
	}
}

static void read_hms(const struct scan *scan, uint32_t array, struct state_hms *h)
{
	h->known = array != 0 && scan->nodes[array].type == SCAN_ARRAY;
	if (!h->known || scan_first(scan, array) == 0) {
		return;
	}
	h->entries = xcalloc(STATE_HMS_MAX, sizeof(*h->entries));
	for (uint32_t node = scan_first(scan, array); node != 0 && h->count < STATE_HMS_MAX;
	     node = scan_next(scan, array, node)) {
		READ(scan, node, &h->entries[h->count], hms_fields);
		h->count++;
	}
}

static void write_hms(struct jw *w, const struct state_hms *h)
{
	if (h->known) {
		WRITE_LIST(w, "hms", h->entries, h->count, hms_fields);
	} else {
		jw_null(w, "hms");
	}
}

/* ---- filament ---- */

static void write_tray(struct jw *w, const struct ams_tray *t)
{
	jw_object(w, NULL);
	fields_write(w, t, tray_fields, ARRAY_SIZE(tray_fields));
	jw_array(w, "colors");
	for (size_t i = 0; i < t->color_count; i++) {
		jw_str(w, NULL, t->colors[i]);
	}
	jw_array_end(w);
	jw_object_end(w);
}

static void read_tray(const struct scan *scan, uint32_t node, struct ams_tray *t)
{
	uint32_t colors = take_sub(scan, node, "colors"), color;

	READ(scan, node, t, tray_fields);
	for (color = colors != 0 ? scan_first(scan, colors) : 0;
	     color != 0 && t->color_count < ARRAY_SIZE(t->colors);
	     color = scan_next(scan, colors, color)) {
		if (scan_str(scan, color, t->colors[t->color_count], sizeof(t->colors[0]))) {
			t->color_count++;
		}
	}
}

static void write_ams(struct jw *w, const struct state_ams *a)
{
	jw_object(w, "ams");
	fields_write(w, a, ams_fields, ARRAY_SIZE(ams_fields));
	WRITE_LIST(w, "modules", a->modules, a->module_count, ams_module_fields);
	jw_array(w, "units");
	for (size_t i = 0; i < a->unit_count; i++) {
		jw_object(w, NULL);
		fields_write(w, &a->units[i], unit_fields, ARRAY_SIZE(unit_fields));
		jw_array(w, "trays");
		for (size_t slot = 0; slot < a->units[i].tray_count; slot++) {
			write_tray(w, &a->units[i].trays[slot]);
		}
		jw_array_end(w);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_array(w, "external");
	for (size_t i = 0; i < a->external_count; i++) {
		write_tray(w, &a->external[i]);
	}
	jw_array_end(w);
	jw_object_end(w);
}

static size_t read_trays(
    const struct scan *scan, uint32_t array, struct ams_tray *trays, size_t max)
{
	size_t count = 0;

	for (uint32_t node = array != 0 ? scan_first(scan, array) : 0; node != 0 && count < max;
	     node = scan_next(scan, array, node)) {
		read_tray(scan, node, &trays[count++]);
	}
	return count;
}

/* The order is that of the ids, as the merge keeps it. */
static void read_units(const struct scan *scan, uint32_t array, struct state_ams *a)
{
	for (uint32_t node = array != 0 ? scan_first(scan, array) : 0;
	     node != 0 && a->unit_count < STATE_UNITS_MAX; node = scan_next(scan, array, node)) {
		struct ams_unit *u;

		a->units = xrealloc(a->units, (a->unit_count + 1) * sizeof(*a->units));
		u = &a->units[a->unit_count++];
		memset(u, 0, sizeof(*u));
		READ(scan, node, u, unit_fields);
		u->tray_count = (uint8_t)read_trays(
		    scan, take_sub(scan, node, "trays"), u->trays, ARRAY_SIZE(u->trays));
	}
}

static void read_ams(const struct scan *scan, uint32_t node, struct state_ams *a)
{
	uint32_t modules = take_sub(scan, node, "modules"), module;

	READ(scan, node, a, ams_fields);
	for (module = modules != 0 ? scan_first(scan, modules) : 0;
	     module != 0 && a->module_count < STATE_UNITS_MAX;
	     module = scan_next(scan, modules, module)) {
		READ(scan, module, &a->modules[a->module_count], ams_module_fields);
		a->module_count++;
	}
	read_units(scan, take_sub(scan, node, "units"), a);
	a->external_count = read_trays(
	    scan, take_sub(scan, node, "external"), a->external, ARRAY_SIZE(a->external));
}

/* ---- fields as sent ---- */

static void write_sent(struct jw *w, const struct sent *sent)
{
	jw_object(w, "sent");
	fields_write(w, sent, sent_fields, ARRAY_SIZE(sent_fields));
	jw_array(w, "xcam");
	for (int i = 0; i < XCAM_COUNT; i++) {
		jw_int(w, NULL, sent->xcam[i]);
	}
	jw_array_end(w);
	WRITE_LIST(w, "extruders", sent->extruders, sent->extruder_count, extruder_fields);
	WRITE_LIST(w, "hotends", sent->hotends, sent->hotend_count, hotend_fields);
	WRITE_LIST(w, "fans", sent->fans, sent->fan_count, fan_fields);
	jw_object_end(w);
}

/* Bytes or ints below max, one after the other; what does not fit stays. */
static void read_numbers(
    const struct scan *scan, uint32_t array, uint8_t *ret, size_t count, int max)
{
	size_t i = 0;

	for (uint32_t node = array != 0 ? scan_first(scan, array) : 0; node != 0 && i < count;
	     node = scan_next(scan, array, node), i++) {
		int64_t value;

		if (scan_int(scan, node, &value) && value >= 0 && value < max) {
			ret[i] = (uint8_t)value;
		}
	}
}

static size_t read_list(const struct scan *scan, uint32_t array, void *list, size_t size,
    size_t max, const struct field *table, size_t fields)
{
	size_t count = 0;

	for (uint32_t node = array != 0 ? scan_first(scan, array) : 0; node != 0 && count < max;
	     node = scan_next(scan, array, node)) {
		fields_read(scan, node, (char *)list + count++ * size, table, fields);
	}
	return count;
}

#define READ_LIST(scan, array, list, table) \
	read_list(scan, array, list, sizeof((list)[0]), ARRAY_SIZE(list), table, ARRAY_SIZE(table))

static void read_sent(const struct scan *scan, uint32_t node, struct sent *sent)
{
	READ(scan, node, sent, sent_fields);
	read_numbers(scan, take_sub(scan, node, "xcam"), sent->xcam, XCAM_COUNT, TRI_YES + 1);
	sent->extruder_count =
	    READ_LIST(scan, take_sub(scan, node, "extruders"), sent->extruders, extruder_fields);
	sent->hotend_count =
	    READ_LIST(scan, take_sub(scan, node, "hotends"), sent->hotends, hotend_fields);
	sent->fan_count = READ_LIST(scan, take_sub(scan, node, "fans"), sent->fans, fan_fields);
}

/* ---- the whole ---- */

void state_save(const struct state *s, struct jw *w, const char *key, int64_t now_mono_ms)
{
	jw_object(w, key);
	write_ages(w, s, now_mono_ms);
	write_info(w, s);
	write_print(w, s);
	write_sent(w, s->sent);
	jw_array(w, "lights");
	for (int i = 0; i < LIGHT_NODE_COUNT; i++) {
		jw_int(w, NULL, s->lights[i]);
	}
	jw_array_end(w);
	write_ams(w, &s->ams);
	write_hms(w, &s->hms);
	WRITE(w, "device", &s->device, device_fields);
	jw_int(w, "control_since_wall_ms", s->control_since_wall_ms);
	jw_object_end(w);
}

static void read_lights(const struct scan *scan, uint32_t array, struct state *s)
{
	uint8_t modes[LIGHT_NODE_COUNT] = {0};

	read_numbers(scan, array, modes, LIGHT_NODE_COUNT, LIGHT_MODE_COUNT);
	for (int i = 0; i < LIGHT_NODE_COUNT; i++) {
		s->lights[i] = (enum light_mode)modes[i];
	}
}

int state_restore(struct state *s, const struct scan *scan, uint32_t node, int64_t now_mono_ms,
    int64_t elapsed_ms)
{
	if (node == 0 || scan->nodes[node].type != SCAN_OBJECT) {
		return -EBADMSG;
	}
	read_info(scan, take_sub(scan, node, "info"), s);
	read_modules(scan, take_sub(scan, node, "modules"), &s->modules);
	READ(scan, take_sub(scan, node, "print"), &s->print, print_fields);
	read_skipped(scan, take_sub(scan, node, "skipped"), &s->print);
	read_sent(scan, take_sub(scan, node, "sent"), s->sent);
	read_lights(scan, take_sub(scan, node, "lights"), s);
	read_ams(scan, take_sub(scan, node, "ams"), &s->ams);
	read_hms(scan, take_sub(scan, node, "hms"), &s->hms);
	READ(scan, take_sub(scan, node, "device"), &s->device, device_fields);
	state_derive(s, ALL);
	state_derive_progress(s);
	state_derive_control(s);
	s->control_since_wall_ms = -1;
	scan_int(scan, take_sub(scan, node, "control_since_wall_ms"), &s->control_since_wall_ms);
	read_ages(scan, node, s, now_mono_ms, elapsed_ms);
	state_reset(s);
	return 0;
}
