/* SPDX-License-Identifier: MIT */
/* Merges reports into the cached state of a printer and tells which sections changed. */
#include "daemon/model/state.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/raw.h"
#include "daemon/model/report.h"
#include "daemon/model/sent.h"

#define PRINT SECTION_BIT(SECTION_PRINT)
#define TEMP SECTION_BIT(SECTION_TEMP)
#define FANS SECTION_BIT(SECTION_FANS)
#define LIGHTS SECTION_BIT(SECTION_LIGHTS)
#define AMS SECTION_BIT(SECTION_AMS)
#define HMS SECTION_BIT(SECTION_HMS)
#define DEVICE SECTION_BIT(SECTION_DEVICE)
#define CONTROL SECTION_BIT(SECTION_CONTROL)
#define CAMERA SECTION_BIT(SECTION_CAMERA)
#define OPTIONS SECTION_BIT(SECTION_OPTIONS)

/* Sorted by length, then by bytes. What `device` touches depends on what is in it. */
const struct take_key state_keys[KEY_COUNT] = {
    TAKE_KEY("ams", KEY_AMS, AMS, AMS),
    TAKE_KEY("aux", KEY_AUX, DEVICE, DEVICE),
    TAKE_KEY("cfg", KEY_CFG, DEVICE | OPTIONS, DEVICE | OPTIONS),
    TAKE_KEY("ctt", KEY_CTT, TEMP, TEMP),
    TAKE_KEY("fun", KEY_FUN, CONTROL | OPTIONS, CONTROL),
    TAKE_KEY("hms", KEY_HMS, HMS | CONTROL, HMS),
    TAKE_KEY("net", KEY_NET, DEVICE, DEVICE),
    TAKE_KEY("stat", KEY_STAT, DEVICE, DEVICE),
    TAKE_KEY("xcam", KEY_XCAM, OPTIONS, OPTIONS),
    TAKE_KEY("ipcam", KEY_IPCAM, DEVICE | CAMERA, DEVICE | CAMERA),
    TAKE_KEY("s_obj", KEY_S_OBJ, PRINT, PRINT),
    TAKE_KEY("stage", KEY_STAGE, PRINT, PRINT),
    TAKE_KEY("device", KEY_DEVICE, 0, 0),
    TAKE_KEY("online", KEY_ONLINE, 0, 0),
    TAKE_KEY("sdcard", KEY_SDCARD, DEVICE, DEVICE),
    TAKE_KEY("spd_lvl", KEY_SPD_LVL, PRINT, PRINT),
    TAKE_KEY("spd_mag", KEY_SPD_MAG, PRINT, PRINT),
    TAKE_KEY("stg_cur", KEY_STG_CUR, PRINT, PRINT),
    TAKE_KEY("task_id", KEY_TASK_ID, PRINT, PRINT),
    TAKE_KEY("vt_tray", KEY_VT_TRAY, AMS, AMS),
    TAKE_KEY("fan_gear", KEY_FAN_GEAR, FANS, FANS),
    TAKE_KEY("vir_slot", KEY_VIR_SLOT, AMS, AMS),
    TAKE_KEY("home_flag", KEY_HOME_FLAG, DEVICE | OPTIONS, DEVICE | OPTIONS),
    TAKE_KEY("layer_num", KEY_LAYER_NUM, PRINT, PRINT),
    TAKE_KEY("bed_temper", KEY_BED_TEMPER, TEMP, TEMP),
    TAKE_KEY("gcode_file", KEY_GCODE_FILE, PRINT, PRINT),
    TAKE_KEY("mc_percent", KEY_MC_PERCENT, PRINT, PRINT),
    TAKE_KEY("print_type", KEY_PRINT_TYPE, PRINT, PRINT),
    TAKE_KEY("gcode_state", KEY_GCODE_STATE, PRINT, PRINT),
    TAKE_KEY("nozzle_type", KEY_NOZZLE_TYPE, TEMP, TEMP),
    TAKE_KEY("print_error", KEY_PRINT_ERROR, PRINT | CONTROL, PRINT),
    TAKE_KEY("wifi_signal", KEY_WIFI_SIGNAL, DEVICE, DEVICE),
    TAKE_KEY("subtask_name", KEY_SUBTASK_NAME, PRINT, PRINT),
    TAKE_KEY("lights_report", KEY_LIGHTS_REPORT, LIGHTS, LIGHTS),
    TAKE_KEY("nozzle_temper", KEY_NOZZLE_TEMPER, TEMP, TEMP),
    TAKE_KEY("upgrade_state", KEY_UPGRADE_STATE, DEVICE, DEVICE),
    TAKE_KEY("big_fan1_speed", KEY_BIG_FAN1_SPEED, FANS, FANS),
    TAKE_KEY("big_fan2_speed", KEY_BIG_FAN2_SPEED, FANS, FANS),
    TAKE_KEY("chamber_temper", KEY_CHAMBER_TEMPER, TEMP, TEMP),
    TAKE_KEY("nozzle_diameter", KEY_NOZZLE_DIAMETER, TEMP, TEMP),
    TAKE_KEY("total_layer_num", KEY_TOTAL_LAYER_NUM, PRINT, PRINT),
    TAKE_KEY("bed_target_temper", KEY_BED_TARGET_TEMPER, TEMP, TEMP),
    TAKE_KEY("cooling_fan_speed", KEY_COOLING_FAN_SPEED, FANS, FANS),
    TAKE_KEY("mc_remaining_time", KEY_MC_REMAINING_TIME, PRINT, PRINT),
    TAKE_KEY("heatbreak_fan_speed", KEY_HEATBREAK_FAN_SPEED, FANS, FANS),
    TAKE_KEY("nozzle_target_temper", KEY_NOZZLE_TARGET_TEMPER, TEMP, TEMP),
    TAKE_KEY("gcode_file_prepare_percent", KEY_PREPARE_PERCENT, PRINT, PRINT),
};

static const char *const section_names[] = {
    [SECTION_INFO] = "info",
    [SECTION_LINK] = "link",
    [SECTION_CONTROL] = "control",
    [SECTION_PRINT] = "print",
    [SECTION_TEMP] = "temp",
    [SECTION_FANS] = "fans",
    [SECTION_LIGHTS] = "lights",
    [SECTION_AMS] = "ams",
    [SECTION_HMS] = "hms",
    [SECTION_CAMERA] = "camera",
    [SECTION_DEVICE] = "device",
    [SECTION_OPTIONS] = "options",
};
static_assert(ARRAY_SIZE(section_names) == SECTION_COUNT, "section_names");

const char *section_name(enum section s)
{
	return section_names[s];
}

int section_by_name(const char *name)
{
	int i;

	for (i = 0; i < SECTION_COUNT; i++) {
		if (strcmp(section_names[i], name) == 0) {
			return i;
		}
	}
	return -1;
}

void sent_clear(struct sent *sent)
{
	int64_t online_version = sent->online_version;
	int dis_state = sent->dis_state;
	bool gap = sent->gap, hinted = sent->hinted, refused = sent->refused;

	memset(sent, 0, sizeof(*sent));
	sent->percent = sent->layer = sent->total_layers = sent->stage = UNKNOWN_INT;
	sent->prepare_percent = UNKNOWN_INT;
	sent->nozzle_c = sent->nozzle_target_c = sent->bed_c = sent->bed_target_c = NAN;
	sent->chamber_c = sent->chamber_target_c = sent->diameter_mm = NAN;
	sent->bed_packed = sent->chamber_packed = sent->fan_gear = -1;
	sent->extruder_state = UNKNOWN_INT;
	sent->part_level = sent->aux_level = UNKNOWN_INT;
	sent->chamber_level = sent->heatbreak_level = UNKNOWN_INT;
	sent->home_sdcard = sent->wifi_dbm = sent->net_conf = UNKNOWN_INT;
	sent->new_version_state = UNKNOWN_INT;
	sent->online_version = online_version;
	sent->dis_state = dis_state;
	sent->gap = gap;
	sent->hinted = hinted;
	sent->refused = refused;
}

void state_init(struct state *s, const char *serial, const char *model_hint)
{
	const struct caps *caps = caps_by_model(model_hint);
	int i;

	memset(s, 0, sizeof(*s));
	s->sent = xcalloc(1, sizeof(*s->sent));
	s->sent->online_version = -1;
	s->sent->dis_state = UNKNOWN_INT;
	s->sent->hinted = caps != NULL;
	sent_clear(s->sent);
	s->raw = raw_create();
	if (caps == NULL) {
		caps = caps_by_serial(serial);
	}
	s->info.caps = caps != NULL ? caps : caps_unknown();
	ams_init(&s->ams);
	s->print.stage_id = s->print.percent = s->print.layer = UNKNOWN_INT;
	s->print.total_layers = s->print.remaining_min = s->print.prepare_percent = UNKNOWN_INT;
	s->print.speed_percent = UNKNOWN_INT;
	s->print.eta_wall_ms = s->print.started_wall_ms = s->control_since_wall_ms = -1;
	s->full_mono_ms = -1;
	for (i = 0; i < SECTION_COUNT; i++) {
		s->section_mono_ms[i] = -1;
	}
	state_derive(s, TEMP | FANS | LIGHTS | AMS | DEVICE);
}

void state_finish(struct state *s)
{
	free(TAKE(s->print.job));
	free(TAKE(s->print.file));
	free(TAKE(s->print.task_id));
	free(TAKE(s->print.skipped));
	free(TAKE(s->hms.entries));
	ams_finish(&s->ams);
	modules_finish(&s->modules);
	raw_destroy(TAKE(s->raw));
	free(TAKE(s->sent));
}

void state_ahead(const struct state *s, int depth)
{
	if (depth == 0) {
		memory_fetch(s, sizeof(s->info.caps));
		memory_fetch(&s->print,
		    offsetof(struct state, ams.external) - offsetof(struct state, print));
		memory_fetch(
		    &s->ams.active_unit, sizeof(*s) - offsetof(struct state, ams.active_unit));
	} else if (depth == 1) {
		memory_fetch(s->sent, sizeof(*s->sent));
		raw_ahead(s->raw);
		memory_fetch(s->print.job, 1);
		memory_fetch(s->print.file, 1);
		memory_fetch(s->print.task_id, 1);
	}
}

void state_reset(struct state *s)
{
	s->has_base = false;
	s->sent->gap = true;
	s->sent->refused = false; /* who switches the lock has to make a new connection */
}

/* Extruders the printer has: what it reports, else what its model has; 0 unknown. */
static int nozzle_count(const struct state *s)
{
	return s->sent->extruder_count > 0 ? (int)s->sent->extruder_count : s->info.caps->nozzles;
}

static void derive_ams(struct state *s)
{
	const struct sent *sent = s->sent;
	struct ams_context c = {
	    .caps = s->info.caps,
	    .nozzles = nozzle_count(s),
	    .by_extruder = sent->extruder_count > 0,
	    .snow = AMS_SNOW_NONE,
	};
	int current = sent->extruder_state == UNKNOWN_INT ? -1 : sent->extruder_state >> 4 & 0xF;
	size_t i;

	if (current < 0 && sent->extruder_count == 1) {
		current = sent->extruders[0].id;
	}
	for (i = 0; i < sent->extruder_count; i++) {
		if (sent->extruders[i].id == current) {
			c.snow = sent->extruders[i].snow;
		}
	}
	ams_derive(&s->ams, &c);
}

/* New protocol says it in cfg, the old one in home_flag (bambu.md 6.5). */
static void derive_refill(struct state *s)
{
	const struct sent *sent = s->sent;

	s->ams.auto_refill = TRI_UNKNOWN;
	if (sent->cfg.known) {
		s->ams.auto_refill = sent->cfg.bits >> 18 & 1 ? TRI_YES : TRI_NO;
	} else if (sent->home_flag.known) {
		s->ams.auto_refill = sent->home_flag.bits >> 10 & 1 ? TRI_YES : TRI_NO;
	}
}

bool state_device_differs(const struct state_device *a, const struct state_device *b)
{
	return a->wifi_dbm != b->wifi_dbm || a->wired != b->wired || a->timelapse != b->timelapse ||
	       a->recording != b->recording || a->door_open != b->door_open ||
	       a->sdcard != b->sdcard || strcmp(a->firmware_new, b->firmware_new) != 0;
}

uint32_t state_derive(struct state *s, uint32_t touched)
{
	struct state_temp temp;
	struct state_fans fans = s->fans;
	struct state_options options = s->options;
	uint32_t changed = 0;

	if (touched & TEMP) {
		/* Compared as memory: zeroed before it is filled, texts padded, one NAN. */
		memcpy(&temp, &s->temp, sizeof(temp));
		state_derive_temp(s);
		changed |= memcmp(&temp, &s->temp, sizeof(temp)) != 0 ? TEMP : 0;
		changed |= temp.nozzle_count != s->temp.nozzle_count ? DEVICE : 0;
	}
	if (touched & FANS) {
		state_derive_fans(s);
		changed |= memcmp(&fans, &s->fans, sizeof(fans)) != 0 ? FANS : 0;
	}
	if (touched & LIGHTS) {
		state_derive_lights(s);
	}
	if (touched & AMS) {
		derive_ams(s);
	}
	if (touched & (AMS | DEVICE)) {
		derive_refill(s);
	}
	if (touched & DEVICE) {
		state_derive_device(s);
	}
	if (touched & OPTIONS) {
		state_derive_options(s);
		changed |= memcmp(&options, &s->options, sizeof(options)) != 0 ? OPTIONS : 0;
	}
	return changed;
}

/* What the sections looked like before the report was taken. Units are copied only when the report
 * may change them: most deltas do not. */
struct before {
	bool deep;
	struct state_ams ams; /* when deep */
	int active_unit, active_slot, active_tray;
	bool known;
	struct state_device device;
	enum light_mode lights[LIGHT_NODE_COUNT];
	enum tri refill;
};

static void remember(const struct merge *m, struct before *b)
{
	b->device = m->s->device;
	b->refill = m->s->ams.auto_refill;
	memcpy(b->lights, m->s->lights, sizeof(b->lights));
	b->active_unit = m->s->ams.active_unit;
	b->active_slot = m->s->ams.active_slot;
	b->active_tray = m->s->ams.active_tray;
	b->known = m->s->ams.known;
	if (b->deep) {
		ams_copy(&m->s->ams, &b->ams);
	}
}

static bool ams_changed(const struct state_ams *a, struct before *b)
{
	bool changed = b->refill != a->auto_refill || b->known != a->known ||
		       b->active_unit != a->active_unit || b->active_slot != a->active_slot ||
		       b->active_tray != a->active_tray;

	if (b->deep) {
		changed = changed || ams_differs(&b->ams, a);
		ams_finish(&b->ams);
	}
	return changed;
}

static uint32_t compare(const struct merge *m, struct before *b)
{
	const struct state *s = m->s;
	uint32_t changed = 0;

	changed |= state_device_differs(&b->device, &s->device) ? DEVICE : 0;
	changed |= b->device.liveview != s->device.liveview ? CAMERA : 0;
	changed |= b->device.upgrading != s->device.upgrading ? CAMERA : 0;
	changed |= memcmp(b->lights, s->lights, sizeof(b->lights)) != 0 ? LIGHTS : 0;
	changed |= ams_changed(&s->ams, b) ? AMS : 0;
	return changed;
}

/* A full report starts from nothing; only what outlives it stays. */
static void clear_for_full(struct state *s)
{
	enum light_mode heatbed = s->lights[LIGHT_HEATBED];

	sent_clear(s->sent);
	ams_clear(&s->ams);
	memset(&s->device, 0, sizeof(s->device));
	memset(s->lights, 0, sizeof(s->lights));
	s->lights[LIGHT_HEATBED] = heatbed; /* printers never report it */
	raw_clear(s->raw);
}

static void merge_report(struct merge *m, uint32_t body)
{
	struct ams_message filament = {
	    .ams = m->at[KEY_AMS],
	    .vt_tray = m->at[KEY_VT_TRAY],
	    .vir_slot = m->at[KEY_VIR_SLOT],
	    .full = m->full,
	};
	struct before before;
	uint32_t changed;

	if (!m->full) {
		raw_look_ahead(m->s->raw, m->taker.scan, body);
	}
	/* `device` may turn out to speak of the active tray. */
	m->touched |= m->full || m->at[KEY_DEVICE] != 0 ? AMS : 0;
	/* A further extruder changes what units feed. */
	before.deep = ams_message_is_deep(m->taker.scan, &filament) ||
		      take_sub(m->taker.scan,
			  take_sub(m->taker.scan, m->at[KEY_DEVICE], "extruder"), "info") != 0;
	remember(m, &before);
	if (m->full) {
		clear_for_full(m->s);
		m->touched |= TEMP | FANS | LIGHTS | DEVICE | CONTROL | CAMERA | OPTIONS;
	}
	state_take_temp(m);
	state_take_device(m);
	state_take_options(m);
	if (m->touched & AMS) {
		ams_take(&m->s->ams, &m->taker, &filament);
	}
	changed = state_derive(m->s, m->touched) | compare(m, &before);
	if (m->full || m->touched & PRINT) {
		changed |= state_merge_print(m) ? PRINT : 0;
	}
	if (m->full || m->touched & HMS) {
		changed |= state_merge_hms(m) ? HMS : 0;
	}
	if (m->touched & CONTROL) {
		changed |= state_merge_control(m) ? CONTROL : 0;
	}
	raw_merge(m->s->raw, m->taker.scan, body);
	m->ret->changed = changed;
}

static void stamp(struct merge *m)
{
	struct state *s = m->s;
	int i;

	for (i = 0; i < SECTION_COUNT; i++) {
		if (m->carried & SECTION_BIT(i)) {
			s->section_mono_ms[i] = m->now.mono_ms;
		} else if (m->full && i != SECTION_INFO && i != SECTION_LINK) {
			s->section_mono_ms[i] = -1; /* nothing of it is held any more */
		}
	}
	if (m->full) {
		s->has_base = true;
		s->full_mono_ms = m->now.mono_ms;
		s->sent->gap = false;
	}
}

void state_merge(
    struct state *s, const struct report *r, struct state_time now, struct state_delta *ret)
{
	struct merge m = {
	    .s = s,
	    .taker = {.scan = &r->scan, .wrong_types = &s->wrong_types},
	    .now = now,
	    .full = r->kind == REPORT_FULL,
	    .ret = ret,
	};

	memset(ret, 0, sizeof(*ret));
	if (r->kind == REPORT_VERSION) {
		state_merge_version(s, r, now, ret);
		return;
	}
	if (r->kind == REPORT_ACK) {
		ret->changed = state_take_ack(s, r, now) ? CONTROL : 0;
		return;
	}
	if (r->kind != REPORT_FULL && r->kind != REPORT_DELTA) {
		return;
	}
	if (!m.full && !s->has_base) {
		ret->need_full = true;
		return;
	}
	m.touched =
	    take_find(&r->scan, r->body, state_keys, ARRAY_SIZE(state_keys), m.at, &m.carried);
	merge_report(&m, r->body);
	stamp(&m);
}
