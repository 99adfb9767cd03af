/* SPDX-License-Identifier: MIT */
/* Whole reports of five models become the state that they describe; dumps of real printers too,
 * when BAMBU_PAYLOADS names their folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "tests/unit/model/feed.h"

#define NONE UNKNOWN_INT

static struct state *merged(void **state, const char *model, const char *name)
{
	struct state *s = as_model(state, model);
	struct state_delta d;

	if (!feed_file(s, FIXTURES, name, &d)) {
		fail_msg("cannot merge %s/%s", FIXTURES, name);
	}
	assert_true(s->has_base);
	assert_int_equal(s->wrong_types, 0);
	return s;
}

static void check_job(const struct state *s, enum print_state want, int percent, int layer,
    int total, const char *job)
{
	assert_int_equal(s->print.state, want);
	assert_int_equal(s->print.percent, percent);
	assert_int_equal(s->print.layer, layer);
	assert_int_equal(s->print.total_layers, total);
	if (job == NULL) {
		assert_null(s->print.job);
	} else {
		assert_string_equal(s->print.job, job);
	}
}

static void check_fans(const struct state *s, int part, int aux, int chamber, int heatbreak)
{
	assert_int_equal(s->fans.part_pct, part);
	assert_int_equal(s->fans.aux_pct, aux);
	assert_int_equal(s->fans.chamber_pct, chamber);
	assert_int_equal(s->fans.heatbreak_pct, heatbreak);
}

static void check_active(const struct state *s, int unit, int slot, int tray)
{
	assert_int_equal(s->ams.active_unit, unit);
	assert_int_equal(s->ams.active_slot, slot);
	assert_int_equal(s->ams.active_tray, tray);
}

static void check_nozzle(const struct state *s, int i, double current, double target,
    double diameter, const char *type, enum tri active)
{
	const struct state_nozzle *n = &s->temp.nozzles[i];

	assert_int_equal(n->id, i);
	assert_true(n->current_c == current && n->target_c == target);
	assert_true(n->diameter_mm == diameter);
	assert_string_equal(n->type, type);
	assert_int_equal(n->active, active);
}

static void fixture_x1c_prints_with_four_ams(void **state)
{
	struct state *s = merged(state, "X1C", "x1c_full.json");

	check_job(s, PRINT_PRINTING, 47, 112, 238, "lid_plate2");
	assert_string_equal(s->print.file, "/data/Metadata/plate_2.gcode");
	assert_string_equal(s->print.task_id, "204457");
	assert_int_equal(s->print.stage_id, 0);
	assert_int_equal(s->print.source, SOURCE_CLOUD);
	assert_int_equal(s->print.remaining_min, 123);
	assert_int_equal(s->print.eta_wall_ms, 1000 + 123 * 60000);
	assert_int_equal(s->print.prepare_percent, NONE);
	assert_int_equal(s->print.speed, SPEED_STANDARD);
	assert_int_equal(s->temp.nozzle_count, 1);
	check_nozzle(s, 0, 219.8, 220, 0.4, "hardened_steel", TRI_YES);
	assert_true(s->temp.bed_current_c == 65 && s->temp.bed_target_c == 65);
	assert_true(s->temp.chamber_current_c == 41 && isnan(s->temp.chamber_target_c));
	check_fans(s, 60, 47, 20, 100);
	assert_int_equal(s->lights[LIGHT_CHAMBER], LIGHT_ON);
	assert_int_equal(s->lights[LIGHT_WORK], LIGHT_BLINK);
	assert_int_equal(s->ams.unit_count, 4);
	assert_int_equal(s->ams.units[1].model, AMS_MODEL_AMS);
	assert_int_equal(s->ams.units[1].humidity_level, 3);
	assert_int_equal(s->ams.units[1].humidity_pct, 34);
	assert_true(s->ams.units[1].temp_c == 28.4);
	assert_int_equal(s->ams.units[0].trays[3].state, TRAY_EMPTY);
	assert_int_equal(s->ams.units[1].trays[2].remain_pct, 3);
	assert_string_equal(s->ams.units[3].trays[1].color, "0A2CA5FF");
	assert_int_equal(s->ams.units[3].trays[1].tray, 13);
	check_active(s, 0, 1, 1);
	assert_int_equal(s->ams.external_count, 1);
	assert_int_equal(s->ams.external[0].tray, 254);
	assert_string_equal(s->ams.external[0].type, "PETG");
	assert_int_equal(s->hms.count, 2);
	assert_int_equal(s->hms.entries[0].attr, 0x03001200);
	assert_int_equal(s->device.wifi_dbm, -52);
	assert_int_equal(s->device.wired, TRI_NO);
	assert_int_equal(s->device.door_open, TRI_YES);
	assert_int_equal(s->device.sdcard, SDCARD_PRESENT);
	assert_int_equal(s->device.recording, TRI_YES);
	assert_int_equal(s->device.timelapse, TRI_NO);
	assert_string_equal(s->device.firmware_new, "01.09.00.00");
	assert_int_equal(s->device.liveview, TRI_YES);
	assert_int_equal(s->control, CONTROL_UNKNOWN);
}

static void fixture_p1s_is_paused(void **state)
{
	struct state *s = merged(state, "P1S", "p1s_full.json");

	check_job(s, PRINT_PAUSED, 22, 31, 140, "clip_v3");
	assert_int_equal(s->print.stage_id, 16);
	assert_int_equal(s->print.remaining_min, 96);
	assert_int_equal(s->print.source, SOURCE_LOCAL);
	assert_int_equal(s->print.speed, SPEED_SPORT);
	assert_int_equal(s->print.error, 0x03008001);
	assert_int_equal(s->print.skipped_count, 2);
	assert_int_equal(s->print.skipped[1], 205);
	check_nozzle(s, 0, 139.3, 0, 0.6, "stainless_steel", TRI_YES);
	assert_true(isnan(s->temp.chamber_current_c));
	check_fans(s, 100, 0, 0, 100);
	assert_int_equal(s->ams.units[0].model, AMS_MODEL_UNKNOWN);
	assert_int_equal(s->ams.units[0].humidity_level, 2);
	assert_int_equal(s->ams.units[0].trays[0].rfid, TRI_NO);
	assert_int_equal(s->ams.units[0].trays[0].remain_pct, NONE);
	assert_int_equal(s->ams.units[0].trays[1].state, TRAY_EMPTY);
	assert_true(s->ams.units[0].trays[2].k == 0.032);
	check_active(s, 0, 2, 2);
	assert_int_equal(s->ams.external[0].state, TRAY_UNKNOWN);
	assert_int_equal(s->device.door_open, TRI_UNKNOWN);
	assert_int_equal(s->device.timelapse, TRI_YES);
	assert_string_equal(s->device.firmware_new, "01.07.00.00");
	assert_true(s->hms.known);
}

static void fixture_a1mini_is_idle(void **state)
{
	struct state *s = merged(state, "A1MINI", "a1mini_full.json");

	check_job(s, PRINT_IDLE, NONE, NONE, NONE, NULL);
	assert_null(s->print.file);
	assert_int_equal(s->print.stage_id, NONE);
	assert_int_equal(s->print.source, SOURCE_UNKNOWN);
	assert_true(isnan(s->temp.chamber_current_c));
	check_fans(s, 0, 0, 0, 0);
	assert_int_equal(s->ams.units[0].model, AMS_MODEL_LITE);
	assert_int_equal(s->ams.units[0].humidity_level, NONE);
	assert_int_equal(s->ams.units[0].humidity_pct, NONE);
	assert_true(isnan(s->ams.units[0].temp_c));
	assert_int_equal(s->ams.units[0].trays[0].state, TRAY_LOADED);
	assert_int_equal(s->ams.units[0].trays[2].state, TRAY_PRESENT);
	assert_int_equal(s->ams.units[0].trays[3].state, TRAY_EMPTY);
	check_active(s, NONE, NONE, NONE);
	assert_int_equal(s->ams.external[0].state, TRAY_LOADED);
	assert_int_equal(s->ams.auto_refill, TRI_YES);
	assert_int_equal(s->device.sdcard, SDCARD_ABSENT);
	assert_int_equal(s->device.recording, TRI_NO);
}

static void fixture_h2d_prints_left_from_its_external_spool(void **state)
{
	struct state *s = merged(state, "H2D", "h2d_full.json");

	check_job(s, PRINT_PRINTING, 13, 9, 64, "house numbers");
	assert_int_equal(s->print.stage_id, 24);
	assert_int_equal(s->temp.nozzle_count, 2);
	check_nozzle(s, 0, 38, 0, 0.4, "hardened_steel", TRI_NO);
	check_nozzle(s, 1, 244, 245, 0.6, "tungsten_carbide", TRI_YES);
	assert_true(s->temp.bed_current_c == 98 && s->temp.bed_target_c == 100);
	assert_true(s->temp.chamber_current_c == 47 && s->temp.chamber_target_c == 60);
	check_fans(s, 40, 25, 0, 100);
	assert_int_equal(s->lights[LIGHT_CHAMBER], LIGHT_ON);
	assert_int_equal(s->ams.unit_count, 2);
	assert_int_equal(s->ams.units[0].nozzle, 1);
	assert_int_equal(s->ams.units[1].id, 128);
	assert_int_equal(s->ams.units[1].model, AMS_MODEL_HT);
	assert_int_equal(s->ams.units[1].humidity_level, NONE);
	assert_int_equal(s->ams.units[1].drying, TRI_YES);
	assert_int_equal(s->ams.units[1].dry_remaining_min, 190);
	assert_int_equal(s->ams.units[1].dry_target_c, 80);
	assert_int_equal(s->ams.units[1].nozzle, 0);
	assert_int_equal(s->ams.units[0].trays[1].state, TRAY_EMPTY);
	check_active(s, NONE, NONE, 254);
	assert_int_equal(s->ams.external_count, 2);
	assert_string_equal(s->ams.external[0].type, "TPU");
	assert_int_equal(s->ams.external[1].state, TRAY_UNKNOWN);
	assert_int_equal(s->device.door_open, TRI_YES);
	assert_int_equal(s->device.wired, TRI_YES);
	assert_int_equal(s->device.wifi_dbm, NONE);
	assert_int_equal(s->device.address_ip, 0x2B0200C0);
	assert_int_equal(s->device.liveview, TRI_NO);
	assert_int_equal(s->control, CONTROL_LOCKED);
}

static void fixture_p2s_prepares(void **state)
{
	struct state *s = merged(state, "P2S", "p2s_full.json");

	check_job(s, PRINT_PREPARING, 0, 0, NONE, "drybox");
	assert_int_equal(s->print.stage_id, 2);
	assert_int_equal(s->print.prepare_percent, 64);
	assert_int_equal(s->print.speed, SPEED_LUDICROUS);
	check_nozzle(s, 0, 97, 220, 0.4, "stainless_steel", TRI_YES);
	assert_true(s->temp.chamber_current_c == 31 && isnan(s->temp.chamber_target_c));
	check_fans(s, 90, 0, 0, 100);
	assert_int_equal(s->ams.units[0].model, AMS_MODEL_PRO2);
	assert_int_equal(s->ams.units[0].humidity_level, 5);
	assert_int_equal(s->ams.units[0].nozzle, NONE);
	check_active(s, 0, 1, 1);
	assert_int_equal(s->ams.external_count, 1);
	assert_int_equal(s->ams.external[0].tray, 255);
	assert_int_equal(s->ams.auto_refill, TRI_NO);
	assert_int_equal(s->device.sdcard, SDCARD_ABSENT);
	assert_int_equal(s->device.door_open, TRI_NO);
	assert_string_equal(s->device.firmware_new, "");
	assert_int_equal(s->control, CONTROL_FULL);
}

static const char *payloads(void)
{
	const char *folder = getenv("BAMBU_PAYLOADS");

	if (folder == NULL || folder[0] == '\0') {
		skip();
	}
	return folder;
}

static struct state *dumped(void **state, const char *model)
{
	const char *folder = payloads(); /* first: it may end the test here */
	struct state *s = as_model(state, NULL);
	_cleanup_free_ char *version = xasprintf("%s-version.json", model);
	_cleanup_free_ char *full = xasprintf("%s-full.json", model);
	struct state_delta d;

	assert_true(feed_file(s, folder, version, &d));
	assert_true(feed_file(s, folder, full, &d));
	assert_true(s->has_base);
	assert_int_equal(s->wrong_types, 0);
	return s;
}

static void step(struct state *s, const char *name, uint32_t changed)
{
	struct state_delta d;

	assert_true(feed_file(s, payloads(), name, &d));
	assert_int_equal(d.changed, changed);
}

static void dump_h2d_and_its_deltas(void **state)
{
	struct state *s = dumped(state, "H2D");

	assert_string_equal(s->info.caps->model, "H2D");
	assert_string_equal(s->info.firmware, "01.01.02.07");
	check_job(s, PRINT_PRINTING, 0, 0, 26, "Number 10 House Numbers_plate_1");
	check_nozzle(s, 0, 264, 225, 0.4, "hardened_steel", TRI_YES);
	check_nozzle(s, 1, 40, 0, 0.4, "hardened_steel", TRI_NO);
	assert_true(s->temp.bed_current_c == 100 && s->temp.bed_target_c == 100);
	assert_true(s->temp.chamber_current_c == 48 && s->temp.chamber_target_c == 60);
	assert_int_equal(s->ams.unit_count, 2);
	assert_int_equal(s->ams.units[0].model, AMS_MODEL_AMS);
	assert_int_equal(s->ams.units[1].id, 128);
	assert_int_equal(s->ams.units[1].humidity_level, NONE);
	assert_int_equal(s->ams.units[1].humidity_pct, 6);
	check_active(s, 128, 0, 128);
	assert_int_equal(s->device.door_open, TRI_NO);
	assert_int_equal(s->control, CONTROL_LOCKED);
	step(s, "H2D-delta-003.json", 0);
	step(s, "H2D-delta-004.json", BIT(DEVICE));
	assert_int_equal(s->device.door_open, TRI_YES);
	step(s, "H2D-delta-005.json", BIT(DEVICE));
	assert_int_equal(s->device.door_open, TRI_NO);
	step(s, "H2D-delta-006.json", BIT(DEVICE));
	assert_int_equal(s->device.door_open, TRI_YES);
	step(s, "H2D-delta-007.json", BIT(TEMP) | BIT(AMS));
	assert_int_equal(s->temp.nozzles[1].active, TRI_YES);
	assert_int_equal(s->ams.active_tray, NONE);
	step(s, "H2D-delta-008.json", BIT(TEMP));
	check_nozzle(s, 0, 264, 225, 0.2, "stainless_steel", TRI_NO);
	check_nozzle(s, 1, 40, 0, 0.6, "tungsten_carbide", TRI_YES);
}

static void dump_p2s(void **state)
{
	struct state *s = dumped(state, "P2S");

	assert_string_equal(s->info.caps->model, "P2S");
	check_job(s, PRINT_PRINTING, 64, 170, 305, "Rear Dry Pod AMS 2 PRO ");
	assert_true(s->temp.chamber_current_c == 47 && isnan(s->temp.chamber_target_c));
	check_nozzle(s, 0, 254, 255, 0.4, "hardened_steel", TRI_YES);
	assert_int_equal(s->fans.part_pct, 90);
	assert_int_equal(s->ams.units[0].model, AMS_MODEL_PRO2);
	assert_int_equal(s->ams.units[0].trays[2].rfid, TRI_NO);
	check_active(s, 0, 3, 3);
	assert_int_equal(s->device.liveview, TRI_NO);
	assert_int_equal(s->device.sdcard, SDCARD_PRESENT);
}

static void dump_p1p(void **state)
{
	struct state *s = dumped(state, "P1P");

	assert_string_equal(s->info.caps->model, "P1P");
	check_job(s, PRINT_FAILED, 0, 1, 70, "Fidget Collection");
	assert_int_equal(s->print.stage_id, NONE);
	assert_true(isnan(s->temp.chamber_current_c));
	assert_int_equal(s->ams.units[0].model, AMS_MODEL_AMS);
	assert_int_equal(s->ams.units[0].humidity_level, 3);
	assert_int_equal(s->ams.units[0].trays[0].remain_pct, NONE);
	check_active(s, 0, 0, 0);
}

static void dump_a1_and_a1mini(void **state)
{
	struct state *s = dumped(state, "A1");

	assert_string_equal(s->info.caps->model, "A1");
	assert_string_equal(s->info.product, "Bambu Lab A1");
	assert_int_equal(s->ams.units[0].model, AMS_MODEL_LITE);
	assert_int_equal(s->ams.units[0].humidity_level, NONE);
	check_job(s, PRINT_IDLE, NONE, NONE, NONE, NULL);
	s = dumped(state, "A1mini");
	assert_string_equal(s->info.caps->model, "A1MINI");
	assert_int_equal(s->device.wifi_dbm, NONE);
	assert_int_equal(s->ams.units[0].trays[1].rfid, TRI_YES);
	check_active(s, NONE, NONE, NONE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    STATE_TEST(fixture_x1c_prints_with_four_ams),
	    STATE_TEST(fixture_p1s_is_paused),
	    STATE_TEST(fixture_a1mini_is_idle),
	    STATE_TEST(fixture_h2d_prints_left_from_its_external_spool),
	    STATE_TEST(fixture_p2s_prepares),
	    STATE_TEST(dump_h2d_and_its_deltas),
	    STATE_TEST(dump_p2s),
	    STATE_TEST(dump_p1p),
	    STATE_TEST(dump_a1_and_a1mini),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
