/* SPDX-License-Identifier: MIT */
/* Printers in typical situations, made by hand. */
#include "tests/unit/render/states.h"

#include <math.h>
#include <string.h>

#include "common/util.h"
#include "daemon/api/render.h"

static void sample_start(struct sample *s, const char *name, const char *serial)
{
	memset(s, 0, sizeof(*s));
	state_init(&s->state, serial, NULL);
	/* Nothing here is derived from the model: a sample says all that it shows. */
	s->state.device.wired = TRI_UNKNOWN;
	s->view = (struct printer_view){
	    .name = name,
	    .serial = serial,
	    .instance = "shelf",
	    .state = &s->state,
	    .link = {.state = LINK_ONLINE,
		.plane = PLANE_LAN,
		.tls = TLS_WORD_VERIFIED,
		.address = "192.0.2.31",
		.address_source = "configured",
		.since_wall_ms = NOW_WALL_MS - 3600000,
		.last_message_mono_ms = NOW_MONO_MS - 412},
	    .camera = {.state = "idle",
		.frame_mono_ms = -1,
		.width = UNKNOWN_INT,
		.height = UNKNOWN_INT},
	    .now_mono_ms = NOW_MONO_MS,
	    .now_wall_ms = NOW_WALL_MS,
	};
}

/* A full report came a second ago. */
static void sample_reported(struct sample *s, const char *firmware)
{
	struct state *st = &s->state;

	str_copy(st->info.firmware, sizeof(st->info.firmware), firmware);
	str_copy(st->info.product, sizeof(st->info.product), st->info.caps->product);
	st->info.version_seen = true;
	st->has_base = true;
	st->full_mono_ms = NOW_MONO_MS - 1000;
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		st->section_mono_ms[i] = NOW_MONO_MS - 1000;
	}
	st->print.speed = SPEED_STANDARD;
	st->print.speed_percent = 100;
	st->hms.known = true;
	st->ams.known = true;
}

static void set_nozzle(struct sample *s, int id, double current_c, double target_c, bool active)
{
	struct state_temp *temp = &s->state.temp;
	struct state_nozzle *nozzle = &temp->nozzles[temp->nozzle_count++];

	*nozzle = (struct state_nozzle){.id = id,
	    .current_c = current_c,
	    .target_c = target_c,
	    .diameter_mm = 0.4000000059604645,
	    .type = "hardened_steel",
	    .active = active ? TRI_YES : TRI_NO};
}

static void set_fans(struct sample *s, int part, int aux, int chamber, int heatbreak)
{
	s->state.fans = (struct state_fans){part, aux, chamber, heatbreak};
}

static struct ams_unit *add_unit(struct sample *s, int id, enum ams_model model, unsigned trays)
{
	struct state_ams *ams = &s->state.ams;
	struct ams_unit *unit;

	ams->units = xrealloc(ams->units, (ams->unit_count + 1) * sizeof(*ams->units));
	unit = &ams->units[ams->unit_count++];
	memset(unit, 0, sizeof(*unit));
	*unit = (struct ams_unit){.id = id,
	    .model = model,
	    .humidity_level = UNKNOWN_INT,
	    .humidity_pct = UNKNOWN_INT,
	    .temp_c = NAN,
	    .dry_remaining_min = UNKNOWN_INT,
	    .dry_target_c = UNKNOWN_INT,
	    .nozzle = UNKNOWN_INT,
	    .tray_count = (uint8_t)trays};
	return unit;
}

static void set_tray(struct ams_tray *tray, int slot, int number, enum tray_state state)
{
	*tray = (struct ams_tray){.slot = slot,
	    .tray = number,
	    .state = state,
	    .remain_pct = UNKNOWN_INT,
	    .total_mm = UNKNOWN_INT,
	    .nozzle_min_c = UNKNOWN_INT,
	    .nozzle_max_c = UNKNOWN_INT,
	    .k = NAN};
}

static void load_tray(struct ams_tray *tray, const char *type, const char *color, int remain_pct)
{
	str_copy(tray->type, sizeof(tray->type), type);
	str_copy(tray->color, sizeof(tray->color), color);
	str_copy(tray->colors[0], sizeof(tray->colors[0]), color);
	tray->color_count = 1;
	tray->remain_pct = remain_pct;
	tray->total_mm = 330000;
	tray->nozzle_min_c = 190;
	tray->nozzle_max_c = 230;
	tray->k = 0.019999999552965164;
	tray->rfid = TRI_NO;
}

static void tag_tray(struct ams_tray *tray, const char *brand, const char *profile)
{
	str_copy(tray->brand, sizeof(tray->brand), brand);
	str_copy(tray->profile, sizeof(tray->profile), profile);
	str_copy(tray->uuid, sizeof(tray->uuid), "0123456789ABCDEF0123456789ABCDEF");
	tray->rfid = TRI_YES;
}

static void add_hms(struct sample *s, uint32_t attr, uint32_t code)
{
	struct state_hms *hms = &s->state.hms;

	hms->entries = xrealloc(hms->entries, (hms->count + 1) * sizeof(*hms->entries));
	hms->entries[hms->count++] = (struct hms_entry){attr, code, NOW_WALL_MS - 60000};
}

void sample_fresh(struct sample *s)
{
	sample_start(s, "new", "ZZZ00A000000001");
	s->view.instance = NULL;
	s->view.link = (struct link_view){
	    .state = LINK_CONNECTING, .since_wall_ms = NOW_WALL_MS, .last_message_mono_ms = -1};
	s->view.camera.state = NULL;
}

void sample_idle_p1s(struct sample *s)
{
	static const char *const tags[] = {"rack2", "pla", NULL};
	struct state *st = &s->state;
	struct ams_unit *unit;

	sample_start(s, "rack2-03", "01P00A000000001");
	sample_reported(s, "01.07.00.00");
	s->view.tags = tags;
	st->control = CONTROL_UNKNOWN;
	/* The last job left its numbers behind; P1 sends 255 for "no stage". */
	st->print.state = PRINT_IDLE;
	st->print.stage_id = 255;
	st->print.percent = 100;
	st->print.layer = 80;
	st->print.total_layers = 80;
	st->print.remaining_min = 12;
	st->print.eta_wall_ms = NOW_WALL_MS + 720000;
	st->print.prepare_percent = 99;
	set_nozzle(s, 0, 26.53125, 0, true);
	st->temp.bed_current_c = 23;
	st->temp.bed_target_c = 0;
	/* A P1S sends a fake 5. */
	st->temp.chamber_current_c = 5;
	st->temp.chamber_target_c = 0;
	set_fans(s, 0, 0, 0, 0);
	st->lights[LIGHT_CHAMBER] = LIGHT_ON;
	unit = add_unit(s, 0, AMS_MODEL_AMS, 4);
	unit->humidity_level = 4;
	unit->temp_c = 24.06;
	unit->drying = TRI_NO;
	unit->dry_remaining_min = 0;
	set_tray(&unit->trays[0], 0, 0, TRAY_LOADED);
	load_tray(&unit->trays[0], "PLA", "FF0000FF", 83);
	tag_tray(&unit->trays[0], "PLA Basic", "GFA00");
	set_tray(&unit->trays[1], 1, 1, TRAY_EMPTY);
	set_tray(&unit->trays[2], 2, 2, TRAY_PRESENT);
	set_tray(&unit->trays[3], 3, 3, TRAY_UNKNOWN);
	set_tray(&st->ams.external[0], UNKNOWN_INT, 254, TRAY_PRESENT);
	st->ams.external_count = 1;
	st->ams.auto_refill = TRI_YES;
	st->device.wifi_dbm = -52;
	st->device.wired = TRI_NO;
	st->device.sdcard = SDCARD_PRESENT;
	st->device.door_open = TRI_YES;
	st->device.timelapse = TRI_NO;
	st->device.recording = TRI_YES;
}

void sample_printing_h2d(struct sample *s)
{
	static const char *const tags[] = {"rack1", NULL};
	struct state *st = &s->state;
	struct ams_unit *unit;

	sample_start(s, "rack1-01", "0948BB540200427");
	sample_reported(s, "01.03.00.00");
	s->view.tags = tags;
	st->control = CONTROL_LOCKED;
	st->control_evidence = "signature bit in the full report";
	st->control_since_wall_ms = NOW_WALL_MS - 1000;
	st->print.state = PRINT_PRINTING;
	st->print.stage_id = 7;
	st->print.percent = 47;
	st->print.layer = 112;
	st->print.total_layers = 238;
	st->print.remaining_min = 123;
	st->print.eta_wall_ms = NOW_WALL_MS + 7380000;
	st->print.started_wall_ms = NOW_WALL_MS - 3600000;
	st->print.job = xstrdup("lid_plate2");
	st->print.file = xstrdup("lid_plate2.gcode.3mf");
	st->print.task_id = xstrdup("0");
	st->print.source = SOURCE_CLOUD;
	set_nozzle(s, 0, 219.84, 220, true);
	set_nozzle(s, 1, 40, 0, false);
	st->temp.bed_current_c = 65;
	st->temp.bed_target_c = 65;
	st->temp.chamber_current_c = 41;
	st->temp.chamber_target_c = 0;
	set_fans(s, 60, 30, 20, 100);
	st->lights[LIGHT_CHAMBER] = LIGHT_ON;
	st->lights[LIGHT_WORK] = LIGHT_BLINK;
	unit = add_unit(s, 0, AMS_MODEL_PRO2, 1);
	unit->humidity_level = 5;
	unit->humidity_pct = 18;
	unit->temp_c = 27;
	unit->nozzle = 0;
	unit->drying = TRI_NO;
	unit->dry_remaining_min = 0;
	set_tray(&unit->trays[0], 0, 0, TRAY_LOADED);
	load_tray(&unit->trays[0], "PLA", "FF0000FF", 83);
	tag_tray(&unit->trays[0], "PLA Basic", "GFA00");
	str_copy(unit->trays[0].colors[1], 9, "00FF00FF");
	unit->trays[0].color_count = 2;
	unit = add_unit(s, 129, AMS_MODEL_HT, 1);
	unit->humidity_pct = 6;
	unit->temp_c = 65.5;
	unit->nozzle = 1;
	unit->drying = TRI_YES;
	unit->dry_remaining_min = 240;
	unit->dry_target_c = 80;
	set_tray(&unit->trays[0], 0, 129, TRAY_LOADED);
	load_tray(&unit->trays[0], "PA-GF", "000000FF", 100);
	set_tray(&st->ams.external[0], UNKNOWN_INT, 254, TRAY_EMPTY);
	set_tray(&st->ams.external[1], UNKNOWN_INT, 255, TRAY_LOADED);
	load_tray(&st->ams.external[1], "PETG", "FFFF00FF", UNKNOWN_INT);
	st->ams.external_count = 2;
	st->ams.active_unit = 0;
	st->ams.active_slot = 0;
	st->ams.active_tray = 0;
	st->ams.auto_refill = TRI_YES;
	st->device.wifi_dbm = -52;
	st->device.wired = TRI_NO;
	st->device.sdcard = SDCARD_PRESENT;
	st->device.door_open = TRI_NO;
	st->device.timelapse = TRI_NO;
	st->device.recording = TRI_YES;
	s->view.camera = (struct camera_summary){
	    .state = "streaming",
	    .frame_mono_ms = NOW_MONO_MS - 510,
	    .width = 1920,
	    .height = 1080,
	};
	s->state.options.on[OPTION_SOUND] = TRI_YES;
	s->state.options.on[OPTION_TANGLE_DETECT] = TRI_NO;
	s->state.options.xcam[XCAM_PRINTING_MONITOR] = TRI_YES;
	s->state.options.sensitivity[XCAM_PRINTING_MONITOR] = 3; /* medium */
	s->state.options.xcam[XCAM_PLATE_OFFSET_SWITCH] = TRI_NO;
}

void sample_paused_x1c(struct sample *s)
{
	struct state *st = &s->state;
	struct ams_unit *unit;

	sample_start(s, "rack1-07", "00M09A000000001");
	sample_reported(s, "01.08.02.00");
	s->view.link.state = LINK_STALE;
	s->view.link.reconnects = 3;
	s->view.link.last_error = "no message for 60 s";
	s->view.link.last_error_hint = "bambuctl doctor rack1-07";
	s->view.link.last_message_mono_ms = NOW_MONO_MS - 61000;
	st->full_mono_ms = NOW_MONO_MS - 300000;
	st->section_mono_ms[SECTION_PRINT] = NOW_MONO_MS - 61000;
	st->section_mono_ms[SECTION_TEMP] = NOW_MONO_MS - 61000;
	st->section_mono_ms[SECTION_AMS] = NOW_MONO_MS - 300000;
	st->section_mono_ms[SECTION_HMS] = NOW_MONO_MS - 300000;
	st->control = CONTROL_FULL;
	st->print.state = PRINT_PAUSED;
	st->print.stage_id = 6;
	st->print.percent = 61;
	st->print.layer = 50;
	st->print.total_layers = 82;
	st->print.remaining_min = 72;
	st->print.eta_wall_ms = NOW_WALL_MS + 4320000;
	st->print.job = xstrdup("bracket \"v4\"\xff");
	st->print.source = SOURCE_LOCAL;
	st->print.error = 0x07008011;
	st->print.skipped = xcalloc(2, sizeof(int));
	st->print.skipped[0] = 311;
	st->print.skipped[1] = 312;
	st->print.skipped_count = 2;
	set_nozzle(s, 0, 219.04, 220, true);
	st->temp.bed_current_c = 60.25;
	st->temp.bed_target_c = 60;
	st->temp.chamber_current_c = 36;
	set_fans(s, 100, 70, 50, 100);
	st->lights[LIGHT_CHAMBER] = LIGHT_OFF;
	unit = add_unit(s, 0, AMS_MODEL_AMS, 1);
	set_tray(&unit->trays[0], 0, 0, TRAY_EMPTY);
	add_hms(s, 0x07002000, 0x00020001);
	add_hms(s, 0x03001200, 0x00020001);
	add_hms(s, 0x18010900, 0x0005ABCD);
	st->device.door_open = TRI_YES;
	st->device.sdcard = SDCARD_READ_ONLY;
	str_copy(st->device.firmware_new, sizeof(st->device.firmware_new), "01.09.00.00");
	s->view.camera.state = "off";
	s->view.camera.why = "LAN live view is switched off on the printer";
}

void sample_a2l_external(struct sample *s)
{
	struct state *st = &s->state;
	struct ams_unit *unit;

	sample_start(s, "desk", "26A00A000000001");
	sample_reported(s, "01.00.00.00");
	s->view.link.tls = TLS_WORD_PINNED;
	st->print.state = PRINT_PREPARING;
	st->print.stage_id = 99;
	st->print.percent = 0;
	st->print.remaining_min = 30;
	st->print.prepare_percent = 40;
	set_nozzle(s, 0, 30, 0, true);
	st->temp.nozzles[0].type[0] = '\0';
	unit = add_unit(s, 16, AMS_MODEL_LITE, 4);
	for (int i = 0; i < 4; i++) {
		set_tray(&unit->trays[i], i, 24 + i, i == 3 ? TRAY_EMPTY : TRAY_PRESENT);
	}
	set_tray(&st->ams.external[0], UNKNOWN_INT, 254, TRAY_LOADED);
	load_tray(&st->ams.external[0], "PETG", "FFFF00FF", UNKNOWN_INT);
	st->ams.external_count = 1;
	st->ams.active_tray = 254;
	st->ams.auto_refill = TRI_NO;
}

void sample_finish(struct sample *s)
{
	state_finish(&s->state);
}

char *rendered(const struct sample *s)
{
	struct jw w;

	jw_init(&w);
	render_printer(&w, NULL, &s->view, RENDER_ALL);
	return jw_take(&w);
}

char *rendered_short(const struct sample *s)
{
	struct jw w;

	jw_init(&w);
	render_printer_short(&w, NULL, &s->view);
	return jw_take(&w);
}

char *rendered_changes(const struct sample *s, uint32_t sections)
{
	struct jw w;

	jw_init(&w);
	render_changes(&w, NULL, &s->view, sections);
	return jw_take(&w);
}
