/* SPDX-License-Identifier: MIT */
/* AMS units, trays and external spools in reports. */
#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "tests/sim/report.h"

#define CHANGED(field) (!was || was->field != now->field)
#define NO_TAG "0000000000000000"
#define NO_UUID "00000000000000000000000000000000"

static void text(struct jw *w, const char *key, const char *format, unsigned value)
{
	char buf[24];

	/* the only formats: decimal, hex */
	snprintf(buf, sizeof(buf), format[0] == 'x' ? "%x" : "%u", value);
	jw_str(w, key, buf);
}

static void write_spool(struct jw *w, const struct sim_tray *t, bool new, unsigned number)
{
	char tag[17] = NO_TAG, uuid[33] = NO_UUID;

	if (t->rfid) {
		snprintf(tag, sizeof(tag), "A5D1%04X00000100", number & 0xffff);
		snprintf(uuid, sizeof(uuid), "51B0%04X000000000000000000C0FFEE", number & 0xffff);
	}
	jw_str(w, "tag_uid", tag);
	jw_str(w, "tray_uuid", uuid);
	jw_str(w, "tray_id_name", "");
	jw_str(w, "tray_info_idx", t->idx);
	jw_str(w, "tray_type", t->type);
	jw_str(w, "tray_sub_brands", t->sub);
	jw_str(w, "tray_color", t->colour);
	jw_str(w, "tray_weight", t->rfid ? "1000" : "0");
	jw_str(w, "tray_diameter", t->rfid ? "1.75" : "0.00");
	jw_str(w, new ? "drying_temp" : "tray_temp", t->rfid ? "55" : "0");
	jw_str(w, new ? "drying_time" : "tray_time", t->rfid ? "8" : "0");
	jw_str(w, "bed_temp_type", "0");
	jw_str(w, "bed_temp", "0");
	text(w, "nozzle_temp_max", "u", (unsigned)t->nozzle_max_c);
	text(w, "nozzle_temp_min", "u", (unsigned)t->nozzle_min_c);
	jw_str(w, "xcam_info", "000000000000000000000000");
	jw_int(w, "remain", t->remain_pct);
	if (!new) {
		jw_num(w, "k", 0.02, 4);
		jw_num(w, "n", 1, 1);
	}
	jw_int(w, "cali_idx", -1);
	jw_int(w, "ctype", 0);
	jw_array(w, "cols");
	jw_str(w, NULL, t->colour);
	jw_array_end(w);
	if (t->rfid || new) {
		jw_int(w, "total_len", 330000);
	}
}

static void write_tray(
    struct jw *w, const struct sim_identity *id, const struct sim_unit *u, int slot)
{
	const struct sim_tray *t = &u->tray[slot];
	bool new = id->model->family == SIM_FAMILY_NEW;
	unsigned number = 1;

	for (const char *c = id->serial; *c; c++) {
		number = number * 31 + (unsigned char)*c;
	}
	jw_object(w, NULL);
	text(w, "id", "u", (unsigned)slot);
	if (t->present) {
		write_spool(w, t, new, number + (unsigned)(u->id * 4 + slot));
		if (new || u->kind == SIM_UNIT_LITE) {
			jw_int(w, "state", new ? 11 : 3);
		}
	} else if (new) {
		jw_int(w, "state", 9);
	}
	jw_object_end(w);
}

static void write_unit_head(struct jw *w, const struct sim_identity *id, const struct sim_unit *u)
{
	static const unsigned kinds[SIM_UNIT_COUNT] = {1, 2, 3, 4};
	unsigned kind = u->id == SIM_UNIT_A2L ? 5 : kinds[u->kind];
	char temp[16];

	text(w, "id", "u", (unsigned)u->id);
	text(w, "humidity", "u", (unsigned)u->humidity_index);
	if (id->model->family == SIM_FAMILY_NEW || u->kind != SIM_UNIT_AMS) {
		text(w, "humidity_raw", "u", (unsigned)u->humidity_pct);
	}
	snprintf(temp, sizeof(temp), "%.1f", u->temp_c);
	jw_str(w, "temp", temp);
	if (id->model->family == SIM_FAMILY_NEW || u->kind != SIM_UNIT_AMS) {
		jw_int(w, "dry_time", u->dry_min);
		/* type, what the dryer does, extruder; b12 is set in every report seen */
		text(w, "info", "x",
		    0x1000 | kind | (unsigned)u->extruder << 8 | (unsigned)u->dry << 4);
	}
	if (u->kind == SIM_UNIT_PRO2 || u->kind == SIM_UNIT_HT) {
		bool dries = u->dry == SIM_DRY_ON;

		jw_object(w, "dry_setting");
		jw_str(w, "dry_filament", "");
		jw_int(w, "dry_temperature", dries ? u->dry_target_c : -1);
		jw_int(w, "dry_duration", dries ? u->dry_hours : -1);
		jw_object_end(w);
	}
}

static bool tray_same(const struct sim_tray *a, const struct sim_tray *b)
{
	return a->present == b->present && a->rfid == b->rfid && a->remain_pct == b->remain_pct &&
	       a->nozzle_min_c == b->nozzle_min_c && a->nozzle_max_c == b->nozzle_max_c &&
	       strcmp(a->idx, b->idx) == 0 && strcmp(a->type, b->type) == 0 &&
	       strcmp(a->colour, b->colour) == 0;
}

static bool trays_same(const struct sim_unit *a, const struct sim_unit *b)
{
	for (int i = 0; i < a->trays; i++) {
		if (!tray_same(&a->tray[i], &b->tray[i])) {
			return false;
		}
	}
	return true;
}

static bool unit_same(const struct sim_unit *a, const struct sim_unit *b)
{
	return a->humidity_pct == b->humidity_pct && a->humidity_index == b->humidity_index &&
	       a->temp_c == b->temp_c && a->dry_min == b->dry_min && a->dry == b->dry &&
	       a->dry_target_c == b->dry_target_c && trays_same(a, b);
}

static void write_units(struct jw *w, const struct sim_identity *id, const struct sim_state *now,
    const struct sim_state *was)
{
	jw_array(w, "ams");
	for (int i = 0; i < now->units; i++) {
		const struct sim_unit *u = &now->unit[i];

		if (was && unit_same(u, &was->unit[i])) {
			continue; /* a delta lists only the units it is about */
		}
		jw_object(w, NULL);
		write_unit_head(w, id, u);
		if (!was || !trays_same(u, &was->unit[i])) {
			jw_array(w, "tray");
			for (int slot = 0; slot < u->trays; slot++) {
				write_tray(w, id, u, slot);
			}
			jw_array_end(w);
		}
		jw_object_end(w);
	}
	jw_array_end(w);
}

/* Bit words as hex (bambu.md 6.6): HT units sit above the four others. */
static void write_bits(struct jw *w, const struct sim_identity *id, const struct sim_state *now)
{
	unsigned units = 0, trays = 0, tagged = 0;

	for (int i = 0; i < now->units; i++) {
		const struct sim_unit *u = &now->unit[i];
		bool ht = u->kind == SIM_UNIT_HT;

		units |= 1u << (ht			? 4 + u->id - SIM_UNIT_HT_FIRST
				: u->id == SIM_UNIT_A2L ? 12
							: u->id);
		for (int slot = 0; slot < u->trays; slot++) {
			unsigned bit =
			    1u << (ht ? 16 + u->id - SIM_UNIT_HT_FIRST : sim_tray_number(u, slot));

			trays |= u->tray[slot].present ? bit : 0;
			tagged |= u->tray[slot].present && u->tray[slot].rfid ? bit : 0;
		}
	}
	text(w, "ams_exist_bits", "x", units);
	if (id->model->family == SIM_FAMILY_NEW) {
		text(w, "ams_exist_bits_raw", "x", units);
	}
	text(w, "tray_exist_bits", "x", trays);
	text(w, "tray_is_bbl_bits", "x", tagged);
	text(w, "tray_read_done_bits", "x", trays);
	jw_str(w, "tray_reading_bits", "0");
}

static void write_place(struct jw *w, const char *key, const struct sim_identity *id, int tray)
{
	if (id->model->family == SIM_FAMILY_NEW && tray < SIM_TRAY_EXTERNAL) {
		tray = tray >= SIM_UNIT_HT_FIRST ? 0 : tray & 3; /* these say the slot only */
	}
	text(w, key, "u", (unsigned)tray);
}

static void write_active(struct jw *w, const struct sim_identity *id, const struct sim_state *now)
{
	write_place(w, "tray_now", id, now->tray);
	write_place(w, "tray_pre", id, now->tray_before);
	write_place(w, "tray_tar", id, now->tray_target);
}

static void write_virtual(struct jw *w, const struct sim_identity *id, const struct sim_state *now)
{
	int count = id->model->nozzles;

	jw_array(w, "vir_slot");
	for (int i = 0; i < count; i++) {
		jw_object(w, NULL);
		jw_str(w, "id", i + 1 == count ? "255" : "254");
		write_spool(w, &now->external[count - 1 - i], true, 0);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void write_external(struct jw *w, const struct sim_identity *id, const struct sim_state *now)
{
	bool new = id->model->family == SIM_FAMILY_NEW;

	if (!new || id->model->heats_chamber) { /* P2S lists its spool in vir_slot only */
		jw_object(w, "vt_tray");
		jw_str(w, "id", new ? "255" : "254");
		write_spool(w, &now->external[0], new, 0);
		jw_object_end(w);
	}
	if (new) {
		write_virtual(w, id, now);
	}
}

void sim_report_write_ams(struct jw *w, const struct sim_identity *id, const struct sim_state *now,
    const struct sim_state *was)
{
	bool moved = !was;

	for (int i = 0; i < now->units && !moved; i++) {
		moved = !unit_same(&now->unit[i], &was->unit[i]);
	}
	if (CHANGED(ams_status)) {
		jw_int(w, "ams_status", now->ams_status);
	}
	if (!was) {
		jw_int(w, "ams_rfid_status", 0);
	}
	if (!was || !tray_same(&now->external[0], &was->external[0]) ||
	    !tray_same(&now->external[1], &was->external[1])) {
		write_external(w, id, now);
	}
	if (CHANGED(tray)) {
		jw_int(w, "hw_switch_state", now->tray == SIM_TRAY_NONE ? 0 : 1);
	}
	if (!moved && !CHANGED(tray) && !CHANGED(tray_before) && !CHANGED(tray_target)) {
		return;
	}
	jw_object(w, "ams");
	if (moved) {
		write_units(w, id, now, was);
		write_bits(w, id, now);
	}
	write_active(w, id, now);
	jw_int(w, "version", 7 + now->job.number);
	if (!was) {
		jw_bool(w, "insert_flag", true);
		jw_bool(w, "power_on_flag", false);
	}
	jw_object_end(w);
}
