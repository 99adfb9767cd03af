/* SPDX-License-Identifier: MIT */
/* Temperatures, nozzles and fans: taken as sent, then shown (bambu.md 6.3, 6.4). */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/sent.h"

#define EXTRUDER_SWITCHING 0xF /* device.extruder.state bits 4-7 */
#define LEVEL_MAX 15	       /* of the old fan strings */
#define GEAR_MAX 255	       /* of a byte of fan_gear */
#define FAN_PART 1	       /* ids in device.airduct.parts */
#define FAN_AUX 2
#define FAN_CHAMBER 3
#define FAN_LEFT_AUX 10

void state_unpack_temp(int64_t packed, double *ret_current_c, double *ret_target_c)
{
	if (packed < 0) {
		*ret_current_c = *ret_target_c = NAN;
		return;
	}
	*ret_current_c = (int16_t)(packed & 0xFFFF);
	*ret_target_c = (double)(packed >> 16 & 0xFFFF);
}

static void take_packed(struct merge *m, uint32_t node, int64_t *field)
{
	take_i64(&m->taker, node, -1, field);
}

/* An extruder with this id, made when it is new; NULL when there is no room. */
static struct sent_extruder *extruder_at(struct sent *sent, int id)
{
	struct sent_extruder *e;
	size_t i;

	for (i = 0; i < sent->extruder_count; i++) {
		if (sent->extruders[i].id == id) {
			return &sent->extruders[i];
		}
	}
	if (id == UNKNOWN_INT || sent->extruder_count == SENT_EXTRUDERS) {
		return NULL;
	}
	e = &sent->extruders[sent->extruder_count++];
	e->id = id;
	e->temp = -1;
	e->snow = AMS_SNOW_NONE;
	e->hotend = UNKNOWN_INT;
	return e;
}

/* An extruder cannot go away, so a list that names one of two is merged by id. */
static void take_extruder(struct merge *m, uint32_t extruder)
{
	const struct scan *s = m->taker.scan;
	struct sent *sent = m->s->sent;
	uint32_t info, node;

	take_int(&m->taker, take_sub(s, extruder, "state"), 0, INT32_MAX, &sent->extruder_state);
	info = take_array(&m->taker, take_sub(s, extruder, "info"));
	for (node = info != 0 ? scan_first(s, info) : 0; node != 0;
	     node = scan_next(s, info, node)) {
		struct sent_extruder *e;
		int id = UNKNOWN_INT, snow = UNKNOWN_INT;

		take_int(&m->taker, scan_get(s, node, "id"), 0, 15, &id);
		e = extruder_at(sent, id);
		if (e == NULL) {
			continue;
		}
		take_packed(m, scan_get(s, node, "temp"), &e->temp);
		take_int(&m->taker, scan_get(s, node, "hnow"), 0, 255, &e->hotend);
		take_int(&m->taker, scan_get(s, node, "snow"), 0, 0xFFFF, &snow);
		if (scan_get(s, node, "snow") != 0) {
			e->snow = snow == UNKNOWN_INT ? AMS_SNOW_NONE : snow;
		}
	}
}

/* Nozzle types are words, or codes like HS01 whose digits name the material (bambu.md 6.6). */
static void take_nozzle_type(struct merge *m, uint32_t node, char field[static 24])
{
	static const struct {
		const char *digits, *word;
	} materials[] = {
	    {"00", "stainless_steel"}, {"01", "hardened_steel"}, {"05", "tungsten_carbide"}};
	size_t i;

	if (node == 0) {
		return;
	}
	take_text(&m->taker, node, field, 24);
	if (strlen(field) != 4 || !isupper((unsigned char)field[0])) {
		return;
	}
	for (i = 0; i < ARRAY_SIZE(materials); i++) {
		if (strcmp(field + 2, materials[i].digits) == 0) {
			memset(field, 0, 24);
			str_copy(field, 24, materials[i].word);
			return;
		}
	}
}

static void take_diameter(struct merge *m, uint32_t node, double *field)
{
	take_num(&m->taker, node, field);
	*field = *field > 0 ? take_round(*field, 100) : (double)NAN;
}

static void take_hotends(struct merge *m, uint32_t nozzle)
{
	const struct scan *s = m->taker.scan;
	struct sent *sent = m->s->sent;
	uint32_t info = take_array(&m->taker, take_sub(s, nozzle, "info")), node;

	if (info == 0) {
		return;
	}
	sent->hotend_count = 0;
	for (node = scan_first(s, info); node != 0 && sent->hotend_count < SENT_HOTENDS;
	     node = scan_next(s, info, node)) {
		struct sent_hotend *h = &sent->hotends[sent->hotend_count];
		int id = UNKNOWN_INT;

		take_int(&m->taker, scan_get(s, node, "id"), 0, 255, &id);
		if (id == UNKNOWN_INT) {
			continue;
		}
		memset(h, 0, sizeof(*h));
		h->id = id;
		h->diameter_mm = NAN;
		take_diameter(m, scan_get(s, node, "diameter"), &h->diameter_mm);
		take_nozzle_type(m, scan_get(s, node, "type"), h->type);
		sent->hotend_count++;
	}
}

static void take_fan(struct sent *sent, int id, int pct)
{
	size_t i = 0;

	while (i < sent->fan_count && sent->fans[i].id != id) {
		i++;
	}
	if (i == SENT_FANS) {
		return;
	}
	if (i == sent->fan_count) {
		sent->fan_count++;
	}
	sent->fans[i].id = id;
	sent->fans[i].pct = pct;
}

/* Part ids are fan << 4 | type, type 0 a fan. A list without part and aux fan is a piece of the
 * whole one (bambu.md 4.3), so pieces are merged by id. */
static void take_airduct(struct merge *m, uint32_t airduct)
{
	const struct scan *s = m->taker.scan;
	uint32_t parts = take_array(&m->taker, take_sub(s, airduct, "parts")), node;
	struct sent *sent = m->s->sent, all = {.fan_count = 0};
	bool part = false, aux = false;
	size_t i;

	for (node = parts != 0 ? scan_first(s, parts) : 0; node != 0;
	     node = scan_next(s, parts, node)) {
		int id = UNKNOWN_INT, state = UNKNOWN_INT;

		take_int(&m->taker, scan_get(s, node, "id"), 0, 0xFFF, &id);
		take_int(&m->taker, scan_get(s, node, "state"), 0, INT32_MAX, &state);
		if (id == UNKNOWN_INT || (id & 0xF) != 0) {
			continue;
		}
		part = part || id >> 4 == FAN_PART;
		aux = aux || id >> 4 == FAN_AUX;
		state = state == UNKNOWN_INT || (state & 0xFF) > 100 ? UNKNOWN_INT : state & 0xFF;
		take_fan(&all, id >> 4, state);
	}
	if (part && aux) {
		sent->fan_count = 0;
	}
	for (i = 0; i < all.fan_count; i++) {
		take_fan(sent, all.fans[i].id, all.fans[i].pct);
	}
}

static void take_device_object(struct merge *m, uint32_t device)
{
	const struct scan *s = m->taker.scan;
	uint32_t bed = take_sub(s, take_sub(s, scan_get(s, device, "bed"), "info"), "temp");
	uint32_t ctc = take_sub(s, take_sub(s, scan_get(s, device, "ctc"), "info"), "temp");
	uint32_t extruder = take_object(&m->taker, scan_get(s, device, "extruder"));
	uint32_t nozzle = take_object(&m->taker, scan_get(s, device, "nozzle"));
	uint32_t airduct = take_object(&m->taker, scan_get(s, device, "airduct"));
	uint32_t touch = 0;

	take_packed(m, bed, &m->s->sent->bed_packed);
	take_packed(m, ctc, &m->s->sent->chamber_packed);
	if (bed != 0 || ctc != 0 || nozzle != 0) {
		touch |= SECTION_BIT(SECTION_TEMP);
	}
	take_hotends(m, nozzle);
	if (extruder != 0) {
		take_extruder(m, extruder);
		touch |= SECTION_BIT(SECTION_TEMP);
	}
	if (airduct != 0) {
		take_airduct(m, airduct);
		touch |= SECTION_BIT(SECTION_FANS);
	}
	m->touched |= touch;
	m->carried |= touch;
}

void state_take_temp(struct merge *m)
{
	struct sent *sent = m->s->sent;
	const uint32_t *at = m->at;
	uint32_t device;

	take_num(&m->taker, at[KEY_NOZZLE_TEMPER], &sent->nozzle_c);
	take_num(&m->taker, at[KEY_NOZZLE_TARGET_TEMPER], &sent->nozzle_target_c);
	take_num(&m->taker, at[KEY_BED_TEMPER], &sent->bed_c);
	take_num(&m->taker, at[KEY_BED_TARGET_TEMPER], &sent->bed_target_c);
	take_num(&m->taker, at[KEY_CHAMBER_TEMPER], &sent->chamber_c);
	take_num(&m->taker, at[KEY_CTT], &sent->chamber_target_c);
	if (at[KEY_NOZZLE_DIAMETER] != 0) {
		take_diameter(m, at[KEY_NOZZLE_DIAMETER], &sent->diameter_mm);
	}
	take_nozzle_type(m, at[KEY_NOZZLE_TYPE], sent->nozzle_type);
	take_int(&m->taker, at[KEY_COOLING_FAN_SPEED], 0, LEVEL_MAX, &sent->part_level);
	take_int(&m->taker, at[KEY_BIG_FAN1_SPEED], 0, LEVEL_MAX, &sent->aux_level);
	take_int(&m->taker, at[KEY_BIG_FAN2_SPEED], 0, LEVEL_MAX, &sent->chamber_level);
	take_int(&m->taker, at[KEY_HEATBREAK_FAN_SPEED], 0, LEVEL_MAX, &sent->heatbreak_level);
	take_i64(&m->taker, at[KEY_FAN_GEAR], -1, &sent->fan_gear);
	device = take_object(&m->taker, at[KEY_DEVICE]);
	if (device != 0) {
		take_device_object(m, device);
	}
}

static const struct sent_hotend *hotend_of(const struct sent *sent, int id)
{
	size_t i;

	for (i = 0; i < sent->hotend_count; i++) {
		if (sent->hotends[i].id == id) {
			return &sent->hotends[i];
		}
	}
	return NULL;
}

static void fill_nozzle(const struct sent *sent, struct state_nozzle *n, int hotend, bool only)
{
	const struct sent_hotend *h = hotend_of(sent, hotend);

	n->diameter_mm = NAN;
	if (h != NULL) {
		n->diameter_mm = h->diameter_mm;
		memcpy(n->type, h->type, sizeof(n->type));
	} else if (only) {
		n->diameter_mm = sent->diameter_mm;
		memcpy(n->type, sent->nozzle_type, sizeof(n->type));
	}
}

static void derive_extruder(
    const struct sent *sent, const struct sent_extruder *e, struct state_nozzle *n)
{
	int current = sent->extruder_state == UNKNOWN_INT ? EXTRUDER_SWITCHING
							  : sent->extruder_state >> 4 & 0xF;

	n->id = e->id;
	state_unpack_temp(e->temp, &n->current_c, &n->target_c);
	fill_nozzle(
	    sent, n, e->hotend == UNKNOWN_INT ? e->id : e->hotend, sent->extruder_count == 1);
	n->active = TRI_UNKNOWN;
	if (current != EXTRUDER_SWITCHING) {
		n->active = current == e->id ? TRI_YES : TRI_NO;
	}
}

/* A printer without device.extruder has one nozzle that speaks. */
static void derive_single(const struct state *s, struct state_temp *t)
{
	const struct sent *sent = s->sent;
	struct state_nozzle *n = &t->nozzles[0];

	if (isnan(sent->nozzle_c) && isnan(sent->nozzle_target_c) && isnan(sent->diameter_mm)) {
		return;
	}
	t->nozzle_count = 1;
	n->id = 0;
	n->current_c = take_round(sent->nozzle_c, 10);
	n->target_c = take_round(sent->nozzle_target_c, 10);
	fill_nozzle(sent, n, 0, true);
	n->active = s->info.caps->nozzles > 1 ? TRI_UNKNOWN : TRI_YES;
}

static void derive_chamber(const struct state *s, struct state_temp *t)
{
	const struct sent *sent = s->sent;
	const struct caps *caps = s->info.caps;
	bool stranger = caps->model == NULL; /* take what it sends */

	t->chamber_current_c = t->chamber_target_c = NAN;
	if (caps->chamber == CHAMBER_NONE && !stranger) {
		return; /* A1 and P1 send a fake 5 */
	}
	if (sent->chamber_packed >= 0) {
		state_unpack_temp(
		    sent->chamber_packed, &t->chamber_current_c, &t->chamber_target_c);
	} else if (caps->chamber == CHAMBER_TEMPER || stranger) {
		t->chamber_current_c = take_round(sent->chamber_c, 10);
		t->chamber_target_c = take_round(sent->chamber_target_c, 10);
	}
	if (!caps->chamber_heater && !stranger) {
		t->chamber_target_c = NAN;
	}
}

void state_derive_temp(struct state *s)
{
	const struct sent *sent = s->sent;
	struct state_temp *t = &s->temp;
	size_t i;

	memset(t, 0, sizeof(*t));
	t->nozzle_count = sent->extruder_count;
	for (i = 0; i < sent->extruder_count; i++) {
		derive_extruder(sent, &sent->extruders[i], &t->nozzles[i]);
	}
	if (sent->extruder_count == 0) {
		derive_single(s, t);
	}
	if (t->nozzle_count == 2 && t->nozzles[0].id > t->nozzles[1].id) {
		struct state_nozzle first;

		memcpy(&first, &t->nozzles[0], sizeof(first));
		memcpy(&t->nozzles[0], &t->nozzles[1], sizeof(first));
		memcpy(&t->nozzles[1], &first, sizeof(first));
	}
	if (sent->bed_packed >= 0) {
		state_unpack_temp(sent->bed_packed, &t->bed_current_c, &t->bed_target_c);
	} else {
		t->bed_current_c = take_round(sent->bed_c, 10);
		t->bed_target_c = take_round(sent->bed_target_c, 10);
	}
	derive_chamber(s, t);
}

static int fan_pct(const struct sent *sent, int fan, int shift, int level, bool gear)
{
	size_t i;

	for (i = 0; i < sent->fan_count; i++) {
		if (sent->fans[i].id == fan) {
			return sent->fans[i].pct;
		}
	}
	if (gear) {
		return (int)lround((double)(sent->fan_gear >> shift & 0xFF) * 100 / GEAR_MAX);
	}
	return level == UNKNOWN_INT ? UNKNOWN_INT : (int)lround(level * 100.0 / LEVEL_MAX);
}

/* Airduct parts first, then fan_gear, then the strings. A fan_gear of 0 beside a string that turns
 * is a firmware that does not fill it (P1 deltas carry the strings alone), so the strings speak. */
void state_derive_fans(struct state *s)
{
	const struct sent *sent = s->sent;
	struct state_fans *f = &s->fans;
	bool gear = sent->fan_gear > 0 || (sent->fan_gear == 0 && sent->part_level <= 0 &&
					      sent->aux_level <= 0 && sent->chamber_level <= 0);
	size_t i;

	f->part_pct = fan_pct(sent, FAN_PART, 0, sent->part_level, gear);
	f->aux_pct = fan_pct(sent, FAN_AUX, 8, sent->aux_level, gear);
	f->chamber_pct = fan_pct(sent, FAN_CHAMBER, 16, sent->chamber_level, gear);
	f->heatbreak_pct = fan_pct(sent, -1, 0, sent->heatbreak_level, false);
	for (i = 0; i < sent->fan_count; i++) {
		/* A printer whose only aux fan is the left one. */
		if (sent->fans[i].id == FAN_LEFT_AUX && f->aux_pct == UNKNOWN_INT) {
			f->aux_pct = sent->fans[i].pct;
		}
	}
}
