/* SPDX-License-Identifier: MIT */
/* Commands to filament units and about what their slots hold (bambu.md 5). */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/model/encode_internal.h"

#define UNLOAD_MIN_C 180 /* filament comes out of nothing colder */
#define SLOT_NONE 255	 /* slot_id and target of "unload" */
#define SLOT_EXTERNAL 254
#define DRY_MIN_C 45
#define DRY_MAX_PRO2_C 65
#define DRY_MAX_HT_C 85
#define DRY_COOLING_C 40 /* of 20 to 45: where drying counts as cooled down */

/* The vendor's profiles for filament of any maker. */
static const struct {
	const char *type, *profile;
	int min_c, max_c;
} generic[] = {
    {"PLA", "GFL99", 190, 240},
    {"PLA-CF", "GFL98", 190, 240},
    {"PETG", "GFG99", 220, 270},
    {"PETG-CF", "GFG98", 240, 270},
    {"ABS", "GFB99", 240, 280},
    {"ASA", "GFB98", 240, 280},
    {"TPU", "GFU99", 200, 250},
    {"PA", "GFN99", 240, 280},
    {"PA-CF", "GFN98", 260, 300},
    {"PC", "GFC99", 260, 290},
    {"PVA", "GFS99", 190, 250},
    {"HIPS", "GFS98", 220, 270},
};

static void write_change(struct encoder *enc, int unit, int slot, int target, int from_c, int to_c)
{
	struct jw *w = encode_begin(enc, "print", "ams_change_filament");

	jw_int(w, "ams_id", unit);
	jw_int(w, "slot_id", slot);
	jw_int(w, "target", target);
	jw_int(w, "curr_temp", from_c);
	jw_int(w, "tar_temp", to_c);
	encode_end(enc);
}

int encode_ams_load(struct encoder *enc)
{
	struct encode_slot slot;
	int target_c = (int)lround(encode_num(enc, "target_c", -1));
	int r = encode_slot_param(enc, "slot", &slot);

	if (r == 0) {
		r = encode_needs_rest(enc, "loading", true);
	}
	if (r < 0) {
		return r;
	}
	if (slot.tray_now && slot.tray_now->state == TRAY_EMPTY && !slot.external) {
		return encode_refuse(enc, ERR_GUARD, "there is no filament in that slot");
	}
	if (enc->req->max_nozzle_c > 0 && target_c > enc->req->max_nozzle_c) {
		return encode_refuse(enc, ERR_GUARD,
		    "the configuration keeps the nozzle at %d C and below", enc->req->max_nozzle_c);
	}
	if (slot.external && !encode_is_dual(enc->state)) {
		write_change(enc, AMS_TRAY_RIGHT, SLOT_EXTERNAL, SLOT_EXTERNAL, -1, target_c);
	} else {
		write_change(
		    enc, slot.unit, slot.slot, slot.external ? slot.unit : slot.tray, -1, target_c);
	}
	return 0;
}

/* Target of the nozzle in use; the least that lets filament go where it is lower or unknown. */
static int unload_temp(const struct state *s)
{
	int index = encode_heater_nozzle(s, "nozzle");

	for (size_t i = 0; i < s->temp.nozzle_count; i++) {
		if (s->temp.nozzles[i].id == index && s->temp.nozzles[i].target_c > UNLOAD_MIN_C) {
			return (int)lround(s->temp.nozzles[i].target_c);
		}
	}
	return UNLOAD_MIN_C;
}

int encode_ams_unload(struct encoder *enc)
{
	const struct state_ams *a = &enc->state->ams;
	struct encode_slot slot, active;
	bool named = json_get_str(enc->params, "slot") != NULL;
	bool loaded = a->active_tray != UNKNOWN_INT &&
		      encode_slot_by_tray(enc->state, a->active_tray, &active) == 0;
	int r = named ? encode_slot_param(enc, "slot", &slot) : 0, temp_c;

	if (r == 0) {
		r = encode_needs_rest(enc, "unloading", true);
	}
	if (r < 0) {
		return r;
	}
	if (named && loaded && slot.tray != active.tray && !encode_is_dual(enc->state)) {
		return encode_refuse(
		    enc, ERR_GUARD, "it is not this slot whose filament is loaded");
	}
	if (!loaded && !named) {
		/* What is loaded is not known: the form that does not ask. */
		encode_begin(enc, "print", "unload_filament");
		encode_end(enc);
		return 0;
	}
	temp_c = unload_temp(enc->state);
	write_change(enc, named ? slot.unit : active.unit, SLOT_NONE, SLOT_NONE, temp_c, temp_c);
	return 0;
}

/* What a slot is told to hold; strings are borrowed. */
struct filament {
	const char *type, *profile;
	char color[9];
	int min_c, max_c;
};

bool encode_parse_color(const char *text, char ret[static 9])
{
	size_t len = strlen(text);

	if ((len != 6 && len != 8) || strspn(text, "0123456789abcdefABCDEF") != len) {
		return false;
	}
	memcpy(ret, "000000FF", 9);
	memcpy(ret, text, len);
	for (size_t i = 0; i < 8; i++) {
		ret[i] = (char)toupper((unsigned char)ret[i]);
	}
	return true;
}

/* What the slot held, or what is usual for the material named. */
static void fill_filament(const struct ams_tray *now, const char *type, struct filament *f)
{
	if (now && now->type[0] != '\0' && (!type || strcasecmp(type, now->type) == 0)) {
		f->type = now->type;
		f->profile = now->profile;
		f->min_c = now->nozzle_min_c;
		f->max_c = now->nozzle_max_c;
		return;
	}
	f->type = type;
	for (size_t i = 0; type && i < ARRAY_SIZE(generic); i++) {
		if (strcasecmp(generic[i].type, type) == 0) {
			f->type = generic[i].type;
			f->profile = generic[i].profile;
			f->min_c = generic[i].min_c;
			f->max_c = generic[i].max_c;
		}
	}
}

static int complete_filament(
    struct encoder *enc, const struct encode_slot *slot, struct filament *f)
{
	const char *color = json_get_str(enc->params, "color");
	const char *profile = json_get_str(enc->params, "profile");
	const char *type = json_get_str(enc->params, "type");

	if (type && strlen(type) >= sizeof(slot->tray_now->type)) {
		return encode_refuse(enc, ERR_INVALID_PARAMS, "\"type\" is too long");
	}
	fill_filament(slot->tray_now, type, f);
	f->profile = profile ? profile : f->profile;
	f->min_c = encode_int(enc, "nozzle_min_c", f->min_c);
	f->max_c = encode_int(enc, "nozzle_max_c", f->max_c);
	if (slot->tray_now) {
		str_copy(f->color, sizeof(f->color), slot->tray_now->color);
	}
	if (color && !encode_parse_color(color, f->color)) {
		return encode_refuse(
		    enc, ERR_INVALID_PARAMS, "\"color\" must be RRGGBB or RRGGBBAA");
	}
	if (!f->type || f->color[0] == '\0') {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "what the slot holds is not known: give \"type\" and \"color\"");
	}
	if (!f->profile || f->profile[0] == '\0' || f->min_c <= 0 || f->max_c <= 0) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "no profile is known for that material: give \"profile\", \"nozzle_min_c\" and "
		    "\"nozzle_max_c\"");
	}
	if (f->min_c > f->max_c) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "\"nozzle_min_c\" (%d) must not be above \"nozzle_max_c\" (%d)", f->min_c,
		    f->max_c);
	}
	return 0;
}

int encode_ams_set(struct encoder *enc)
{
	const char *type = json_get_str(enc->params, "type");
	struct filament f = {.type = "", .profile = "", .color = "00000000"};
	struct encode_slot slot;
	struct jw *w;
	int r = encode_slot_param(enc, "slot", &slot);

	if (r == 0 && !(type && type[0] == '\0')) { /* an empty type forgets what was there */
		f = (struct filament){.type = NULL};
		r = complete_filament(enc, &slot, &f);
	}
	if (r < 0) {
		return r;
	}
	w = encode_begin(enc, "print", "ams_filament_setting");
	jw_int(w, "ams_id", slot.unit);
	jw_int(w, "slot_id", slot.slot);
	jw_int(w, "tray_id", slot.external ? SLOT_EXTERNAL : slot.slot);
	jw_str(w, "tray_info_idx", f.profile);
	jw_str(w, "setting_id", "");
	jw_str(w, "tray_color", f.color);
	jw_int(w, "nozzle_temp_min", f.min_c);
	jw_int(w, "nozzle_temp_max", f.max_c);
	jw_str(w, "tray_type", f.type);
	encode_end(enc);
	return 0;
}

int encode_ams_rfid(struct encoder *enc)
{
	struct encode_slot slot;
	struct jw *w;
	int r = encode_slot_param(enc, "slot", &slot);

	if (r == 0) {
		r = encode_needs_rest(enc, "reading a tag", false);
	}
	if (r < 0) {
		return r;
	}
	if (slot.external) {
		return encode_refuse(enc, ERR_UNSUPPORTED, "external spools have no tag reader");
	}
	if (enc->state->ams.active_tray != UNKNOWN_INT) {
		return encode_refuse(enc, ERR_GUARD,
		    "filament is loaded: a tag is read while none is, so unload it first");
	}
	w = encode_begin(enc, "print", "ams_get_rfid");
	jw_int(w, "ams_id", slot.unit);
	jw_int(w, "slot_id", slot.slot);
	encode_end(enc);
	return 0;
}

/* The unit measures all its slots: any of them names it. */
int encode_ams_calibrate_remain(struct encoder *enc)
{
	struct encode_slot slot;
	int unit, r = encode_needs_rest(enc, "measuring", false);

	if (r < 0) {
		return r;
	}
	if (encode_unit_parse(enc->state, json_get_str(enc->params, "slot"), &unit) < 0) {
		r = encode_slot_param(enc, "slot", &slot);
		if (r < 0) {
			return r;
		}
		if (slot.external) {
			return encode_refuse(
			    enc, ERR_UNSUPPORTED, "external spools cannot be measured");
		}
		unit = slot.unit;
	}
	encode_gcode(enc, "M620 C%d\n", unit);
	return 0;
}

int encode_ams_control(struct encoder *enc)
{
	encode_param(enc, "ams_control", json_get_str(enc->params, "action"));
	return 0;
}

/* The unit, which must be one that dries. */
static int dryer_param(struct encoder *enc, const struct ams_unit **ret)
{
	const char *text = json_get_str(enc->params, "unit");
	const struct ams_unit *u;
	char shown[32];
	int id, r = encode_unit_parse(enc->state, text, &id);

	text_escape_buf(text, shown, sizeof(shown));
	if (r == -EINVAL) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "\"unit\" must be A to D, HT-A or a unit number, not \"%s\"", shown);
	}
	u = r == 0 ? encode_unit_find(enc->state, id) : NULL;
	if (!u) {
		return encode_refuse(
		    enc, ERR_INVALID_PARAMS, "the printer has no unit \"%s\"", shown);
	}
	if (u->model != AMS_MODEL_PRO2 && u->model != AMS_MODEL_HT) {
		return encode_refuse(
		    enc, ERR_UNSUPPORTED, "only an AMS 2 Pro and an AMS HT can dry");
	}
	*ret = u;
	return 0;
}

static void write_drying(
    struct encoder *enc, int unit, const char *filament, int target_c, int hours, bool rotate)
{
	struct jw *w = encode_begin(enc, "print", "ams_filament_drying");

	jw_int(w, "ams_id", unit);
	jw_int(w, "mode", hours > 0 ? 1 : 0);
	jw_str(w, "filament", filament);
	jw_int(w, "temp", target_c);
	jw_int(w, "duration", hours);
	jw_int(w, "humidity", 0);
	jw_bool(w, "rotate_tray", rotate);
	jw_int(w, "cooling_temp", hours > 0 ? DRY_COOLING_C : 0);
	jw_bool(w, "close_power_conflict", false);
	encode_end(enc);
}

int encode_ams_dry_start(struct encoder *enc)
{
	const char *type = json_get_str(enc->params, "type");
	int target_c = encode_int(enc, "target_c", 0), max_c;
	const struct ams_unit *u = NULL;
	int r = dryer_param(enc, &u);

	if (r < 0) {
		return r;
	}
	max_c = u->model == AMS_MODEL_HT ? DRY_MAX_HT_C : DRY_MAX_PRO2_C;
	if (target_c < DRY_MIN_C || target_c > max_c) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "\"target_c\" of that unit must be from %d to %d", DRY_MIN_C, max_c);
	}
	for (int i = 0; !type && i < u->tray_count; i++) {
		type = u->trays[i].type[0] != '\0' ? u->trays[i].type : NULL;
	}
	write_drying(enc, u->id, type ? type : "PLA", target_c, encode_int(enc, "hours", 0),
	    encode_bool(enc, "rotate", false));
	return 0;
}

int encode_ams_dry_stop(struct encoder *enc)
{
	const struct ams_unit *u = NULL;
	int r = dryer_param(enc, &u);

	if (r == 0) {
		write_drying(enc, u->id, "", 0, 0, false);
	}
	return r;
}
