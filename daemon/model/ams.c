/* SPDX-License-Identifier: MIT */
/* AMS units and trays merged from reports: by id, with the exist bits as truth (bambu.md 4.3). */
#include "daemon/model/ams.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "common/util.h"

enum tray_key {
	TRAY_K,
	TRAY_ID,
	TRAY_COLS,
	TRAY_STATE,
	TRAY_REMAIN,
	TRAY_TAG_UID,
	TRAY_TOTAL_LEN,
	TRAY_TYPE,
	TRAY_UUID,
	TRAY_COLOR,
	TRAY_INFO_IDX,
	TRAY_SUB_BRANDS,
	TRAY_TEMP_MAX,
	TRAY_TEMP_MIN,
	TRAY_KEY_COUNT
};

/* Sorted by length, then by bytes. */
static const struct take_key tray_keys[] = {
    TAKE_KEY("k", TRAY_K),
    TAKE_KEY("id", TRAY_ID),
    TAKE_KEY("cols", TRAY_COLS),
    TAKE_KEY("state", TRAY_STATE),
    TAKE_KEY("remain", TRAY_REMAIN),
    TAKE_KEY("tag_uid", TRAY_TAG_UID),
    TAKE_KEY("total_len", TRAY_TOTAL_LEN),
    TAKE_KEY("tray_type", TRAY_TYPE),
    TAKE_KEY("tray_uuid", TRAY_UUID),
    TAKE_KEY("tray_color", TRAY_COLOR),
    TAKE_KEY("tray_info_idx", TRAY_INFO_IDX),
    TAKE_KEY("nozzle_temp_max", TRAY_TEMP_MAX),
    TAKE_KEY("nozzle_temp_min", TRAY_TEMP_MIN),
    TAKE_KEY("tray_sub_brands", TRAY_SUB_BRANDS),
};

void ams_init(struct state_ams *a)
{
	memset(a, 0, sizeof(*a));
	ams_clear(a);
}

void ams_finish(struct state_ams *a)
{
	free(TAKE(a->units));
	a->unit_count = 0;
}

void ams_clear(struct state_ams *a)
{
	struct ams_module modules[STATE_UNITS_MAX];
	size_t module_count = a->module_count;

	memcpy(modules, a->modules, sizeof(modules));
	free(a->units);
	memset(a, 0, sizeof(*a));
	a->active_unit = a->active_slot = a->active_tray = UNKNOWN_INT;
	a->tray_now = UNKNOWN_INT;
	memcpy(a->modules, modules, sizeof(modules));
	a->module_count = module_count;
}

void ams_copy(const struct state_ams *a, struct state_ams *ret)
{
	memcpy(ret, a, sizeof(*ret));
	if (a->unit_count > 0) {
		ret->units = xmalloc(a->unit_count * sizeof(*a->units));
		memcpy(ret->units, a->units, a->unit_count * sizeof(*a->units));
	} else {
		ret->units = NULL;
	}
}

/* The shown parts are compared as memory: every unit and tray is born zeroed, texts are padded
 * with NUL bytes and there is one NAN. */
bool ams_differs(const struct state_ams *a, const struct state_ams *b)
{
	size_t i;

	if (a->unit_count != b->unit_count || a->external_count != b->external_count ||
	    a->active_unit != b->active_unit || a->active_slot != b->active_slot ||
	    a->active_tray != b->active_tray || a->auto_refill != b->auto_refill ||
	    a->known != b->known ||
	    memcmp(a->external, b->external, a->external_count * sizeof(*a->external)) != 0) {
		return true;
	}
	for (i = 0; i < a->unit_count; i++) {
		if (memcmp(&a->units[i], &b->units[i], offsetof(struct ams_unit, sent)) != 0) {
			return true;
		}
	}
	return false;
}

/* Contents unknown; where it is and whether a spool is there stays. */
static void clear_contents(struct ams_tray *t)
{
	int slot = t->slot, tray = t->tray;
	enum tray_state state = t->state;

	memset(t, 0, sizeof(*t));
	t->slot = slot;
	t->tray = tray;
	t->state = state;
	t->remain_pct = t->total_mm = t->nozzle_min_c = t->nozzle_max_c = UNKNOWN_INT;
	t->k = NAN;
}

static void init_tray(struct ams_tray *t, int slot, int tray)
{
	memset(t, 0, sizeof(*t));
	t->slot = slot;
	t->tray = tray;
	clear_contents(t);
}

/* "RRGGBB" or "RRGGBBAA" to upper case with alpha; alpha 00 means no colour is set. */
static bool read_color(const struct taker *t, uint32_t node, char ret[static 9])
{
	char text[12] = "";
	size_t len, i;

	if (!scan_str(t->scan, node, text, sizeof(text))) {
		return false;
	}
	len = strlen(text);
	memset(ret, 0, 9);
	if (len == 6) {
		memcpy(text + len, "FF", 3);
	} else if (len != 8) {
		return true;
	}
	for (i = 0; i < 8; i++) {
		if (!isxdigit((unsigned char)text[i])) {
			return true;
		}
		text[i] = (char)toupper((unsigned char)text[i]);
	}
	if (memcmp(text + 6, "00", 2) != 0) {
		memcpy(ret, text, 9);
	}
	return true;
}

static void take_color(const struct taker *t, uint32_t node, char field[static 9])
{
	if (node != 0 && !read_color(t, node, field)) {
		memset(field, 0, 9);
		*t->wrong_types += t->scan->nodes[node].type != SCAN_NULL;
	}
}

static void take_colors(const struct taker *t, uint32_t array, struct ams_tray *tray)
{
	uint32_t node;
	char color[9];

	if (array == 0) {
		return;
	}
	memset(tray->colors, 0, sizeof(tray->colors));
	tray->color_count = 0;
	for (node = scan_first(t->scan, array); node != 0; node = scan_next(t->scan, array, node)) {
		take_color(t, node, color);
		if (color[0] != '\0' && tray->color_count < ARRAY_SIZE(tray->colors)) {
			memcpy(tray->colors[tray->color_count++], color, sizeof(color));
		}
	}
}

/* True for a text of zeros alone, or none. */
static bool is_zeros(const struct taker *t, uint32_t node)
{
	const struct scan_node *n = &t->scan->nodes[node];
	uint32_t i;

	for (i = 0; i < n->len; i++) {
		if (t->scan->text[n->off + i] != '0') {
			return false;
		}
	}
	return true;
}

/* The tag of the spool. Zeros say "no tag", but a spool that is known does not lose its tag
 * while it stays: a part of a tray comes with zeros (bambu.md 4.3). */
static void take_tag(const struct taker *t, uint32_t tag_uid, uint32_t uuid, struct ams_tray *tray)
{
	bool tagged = (tag_uid != 0 && t->scan->nodes[tag_uid].type == SCAN_STRING &&
			  !is_zeros(t, tag_uid)) ||
		      (uuid != 0 && t->scan->nodes[uuid].type == SCAN_STRING && !is_zeros(t, uuid));

	if (tag_uid == 0 && uuid == 0) {
		return;
	}
	if (!tagged && tray->rfid == TRI_YES) {
		return;
	}
	tray->rfid = tagged ? TRI_YES : TRI_NO;
	if (uuid != 0 && !is_zeros(t, uuid)) {
		take_text(t, uuid, tray->uuid, sizeof(tray->uuid));
	}
}

/* Zero means nothing was set. */
static void take_positive(const struct taker *t, uint32_t node, int *field)
{
	take_int(t, node, 1, INT32_MAX, field);
}

static bool has_contents(const struct ams_tray *t)
{
	return t->type[0] != '\0' || t->profile[0] != '\0';
}

static void take_tray_fields(
    const struct taker *t, const uint32_t at[static TRAY_KEY_COUNT], struct ams_tray *tray)
{
	take_text(t, at[TRAY_TYPE], tray->type, sizeof(tray->type));
	take_text(t, at[TRAY_SUB_BRANDS], tray->brand, sizeof(tray->brand));
	take_text(t, at[TRAY_INFO_IDX], tray->profile, sizeof(tray->profile));
	take_color(t, at[TRAY_COLOR], tray->color);
	take_colors(t, take_array(t, at[TRAY_COLS]), tray);
	take_int(t, at[TRAY_REMAIN], 0, 100, &tray->remain_pct);
	take_positive(t, at[TRAY_TOTAL_LEN], &tray->total_mm);
	take_positive(t, at[TRAY_TEMP_MIN], &tray->nozzle_min_c);
	take_positive(t, at[TRAY_TEMP_MAX], &tray->nozzle_max_c);
	take_num(t, at[TRAY_K], &tray->k);
	tray->k = take_round(tray->k, 1e3);
	take_tag(t, at[TRAY_TAG_UID], at[TRAY_UUID], tray);
}

/* One tray object: nothing but an id (and a state) says that the slot has nothing to tell. */
static void merge_tray(const struct taker *t, uint32_t node, struct ams_tray *tray)
{
	uint32_t at[TRAY_KEY_COUNT] = {0};
	uint32_t nodes = t->scan->nodes[node].next - node - 1, bare;

	take_find(t->scan, node, tray_keys, ARRAY_SIZE(tray_keys), at, NULL);
	/* A key and a value each. */
	bare = 2 * ((at[TRAY_ID] != 0) + (at[TRAY_STATE] != 0));
	if (nodes <= bare) {
		clear_contents(tray);
		return;
	}
	take_tray_fields(t, at, tray);
}

static int read_id(const struct taker *t, uint32_t object)
{
	int id = UNKNOWN_INT;

	if (t->scan->nodes[object].type != SCAN_OBJECT) {
		(*t->wrong_types)++;
		return UNKNOWN_INT;
	}
	take_int(t, scan_get(t->scan, object, "id"), 0, 255, &id);
	return id;
}

static void init_unit(struct ams_unit *u, int id)
{
	int slot;

	memset(u, 0, sizeof(*u));
	u->id = id;
	u->humidity_level = u->humidity_pct = UNKNOWN_INT;
	u->temp_c = NAN;
	u->dry_remaining_min = u->dry_target_c = UNKNOWN_INT;
	u->nozzle = UNKNOWN_INT;
	u->sent.humidity = UNKNOWN_INT;
	u->tray_count = id >= AMS_ID_HT ? 1 : 4;
	for (slot = 0; slot < u->tray_count; slot++) {
		init_tray(&u->trays[slot], slot, ams_tray_number(id, slot));
	}
}

/* The unit with this id, made when it is new; NULL when there is no room. */
static struct ams_unit *unit_at(struct state_ams *a, int id)
{
	size_t i = 0;

	while (i < a->unit_count && a->units[i].id < id) {
		i++;
	}
	if (i < a->unit_count && a->units[i].id == id) {
		return &a->units[i];
	}
	if (a->unit_count == STATE_UNITS_MAX) {
		return NULL;
	}
	a->units = xrealloc(a->units, (a->unit_count + 1) * sizeof(*a->units));
	memmove(&a->units[i + 1], &a->units[i], (a->unit_count - i) * sizeof(*a->units));
	a->unit_count++;
	init_unit(&a->units[i], id);
	return &a->units[i];
}

static void merge_unit(struct state_ams *a, const struct taker *t, uint32_t node)
{
	const struct scan *s = t->scan;
	int id = read_id(t, node), slot;
	struct ams_unit *u = id == UNKNOWN_INT ? NULL : unit_at(a, id);
	uint32_t trays, tray, temp;

	if (u == NULL) {
		return;
	}
	take_hex(t, scan_get(s, node, "info"), &u->sent.info);
	take_int(t, scan_get(s, node, "humidity"), 0, 5, &u->sent.humidity);
	take_int(t, scan_get(s, node, "humidity_raw"), 1, 100, &u->humidity_pct);
	temp = scan_get(s, node, "temp");
	take_num(t, temp, &u->temp_c);
	if (temp != 0) {
		/* "0.0" = no sensor */
		u->temp_c = u->temp_c == 0 ? (double)NAN : take_round(u->temp_c, 10);
	}
	take_int(t, scan_get(s, node, "dry_time"), 0, INT32_MAX, &u->dry_remaining_min);
	take_positive(t,
	    take_sub(s, take_object(t, scan_get(s, node, "dry_setting")), "dry_temperature"),
	    &u->dry_target_c);
	trays = take_array(t, scan_get(s, node, "tray"));
	for (tray = trays != 0 ? scan_first(s, trays) : 0; tray != 0;
	     tray = scan_next(s, trays, tray)) {
		slot = read_id(t, tray);
		if (slot != UNKNOWN_INT && slot < u->tray_count) {
			merge_tray(t, tray, &u->trays[slot]);
		}
	}
}

/* Units whose bit is 0 are gone (bambu.md 4.3). */
static void drop_units(struct state_ams *a)
{
	size_t i, kept = 0;

	for (i = 0; i < a->unit_count; i++) {
		int bit = ams_unit_bit(a->units[i].id);

		if (a->has_exist_bits && bit >= 0 && (a->exist_bits >> bit & 1) == 0) {
			continue;
		}
		if (kept != i) {
			memcpy(&a->units[kept], &a->units[i], sizeof(*a->units));
		}
		kept++;
	}
	a->unit_count = kept;
}

/* Presence is what the exist bits say; without them only known contents speak. */
static void settle_tray(const struct state_ams *a, int unit, struct ams_tray *t)
{
	int bit = ams_tray_bit(unit, t->slot);
	bool told = a->has_tray_bits && bit >= 0;

	if (told && (a->tray_bits >> bit & 1) == 0) {
		clear_contents(t);
		t->state = TRAY_EMPTY;
	} else if (has_contents(t)) {
		t->state = TRAY_LOADED;
	} else {
		t->state = told ? TRAY_PRESENT : TRAY_UNKNOWN;
	}
}

static void settle_units(struct state_ams *a)
{
	size_t i;
	int slot;

	drop_units(a);
	for (i = 0; i < a->unit_count; i++) {
		for (slot = 0; slot < a->units[i].tray_count; slot++) {
			settle_tray(a, a->units[i].id, &a->units[i].trays[slot]);
		}
	}
}

/* The exist bits of this message; a printer that powers its AMS down echoes zeros, which say
 * nothing about the spools (bambu.md 4.3). */
static void take_exist_bits(struct state_ams *a, const struct taker *t, uint32_t ams, bool full)
{
	struct take_bits units = {.bits = a->exist_bits, .known = a->has_exist_bits};
	struct take_bits trays = {.bits = a->tray_bits, .known = a->has_tray_bits};
	uint32_t tray_node = scan_get(t->scan, ams, "tray_exist_bits");
	bool power = true;

	take_hex(t, scan_get(t->scan, ams, "ams_exist_bits"), &units);
	take_hex(t, tray_node, &trays);
	scan_bool(t->scan, scan_get(t->scan, ams, "power_on_flag"), &power);
	if (!full && tray_node != 0 && trays.known && trays.bits == 0 && !power) {
		return;
	}
	a->exist_bits = units.bits;
	a->has_exist_bits = units.known;
	a->tray_bits = trays.bits;
	a->has_tray_bits = trays.known;
}

static void take_external(struct state_ams *a, const struct taker *t, uint32_t node)
{
	int id = read_id(t, node);
	struct ams_tray *tray;
	size_t i = 0;

	a->known = true;
	if (id != AMS_TRAY_LEFT && id != AMS_TRAY_RIGHT) {
		return;
	}
	while (i < a->external_count && a->external[i].tray < id) {
		i++;
	}
	tray = &a->external[i];
	if (i == a->external_count || tray->tray != id) {
		/* Two ids, two places: one more always fits. */
		memmove(tray + 1, tray, (a->external_count - i) * sizeof(*tray));
		init_tray(tray, UNKNOWN_INT, id);
		a->external_count++;
	}
	merge_tray(t, node, tray);
	if (tray->rfid != TRI_YES && tray->remain_pct == 0) {
		tray->remain_pct = UNKNOWN_INT; /* nothing there counts it */
	}
	/* No bit tells whether a spool hangs there. */
	tray->state = has_contents(tray) ? TRAY_LOADED : TRAY_UNKNOWN;
}

static void take_externals(struct state_ams *a, const struct taker *t, const struct ams_message *m)
{
	uint32_t slots = take_array(t, m->vir_slot), node;

	if (slots != 0) {
		if (!a->by_vir_slot) {
			memset(a->external, 0, sizeof(a->external));
			a->external_count = 0;
			a->by_vir_slot = true;
		}
		for (node = scan_first(t->scan, slots); node != 0;
		     node = scan_next(t->scan, slots, node)) {
			take_external(a, t, node);
		}
	}
	if (m->vt_tray != 0 && !a->by_vir_slot && take_object(t, m->vt_tray) != 0) {
		take_external(a, t, m->vt_tray);
	}
}

bool ams_message_is_deep(const struct scan *s, const struct ams_message *m)
{
	return m->full || m->vt_tray != 0 || m->vir_slot != 0 || take_sub(s, m->ams, "ams") != 0 ||
	       take_sub(s, m->ams, "ams_exist_bits") != 0 ||
	       take_sub(s, m->ams, "tray_exist_bits") != 0;
}

void ams_take(struct state_ams *a, const struct taker *t, const struct ams_message *m)
{
	uint32_t ams = take_object(t, m->ams), units, node;

	if (ams != 0) {
		a->known = true;
		take_int(t, scan_get(t->scan, ams, "tray_now"), 0, 255, &a->tray_now);
	}
	if (ams != 0 && ams_message_is_deep(t->scan, m)) {
		units = take_array(t, scan_get(t->scan, ams, "ams"));
		for (node = units != 0 ? scan_first(t->scan, units) : 0; node != 0;
		     node = scan_next(t->scan, units, node)) {
			merge_unit(a, t, node);
		}
		take_exist_bits(a, t, ams, m->full);
		settle_units(a);
	}
	take_externals(a, t, m);
}
