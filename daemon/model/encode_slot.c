/* SPDX-License-Identifier: MIT */
/* Slots and units by the names people use for them (bambu.md 6.6). */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/model/encode_internal.h"

#define UNITS_PLAIN 4 /* A..D */
#define UNITS_HT 8    /* HT-A..HT-H */
#define TRAY_LITE_A2L 24

const struct ams_unit *encode_unit_find(const struct state *s, int id)
{
	for (size_t i = 0; i < s->ams.unit_count; i++) {
		if (s->ams.units[i].id == id) {
			return &s->ams.units[i];
		}
	}
	return NULL;
}

/* The letters in front of a slot: returns how long they are, 0 when there are none. */
static size_t parse_letters(const char *text, int *ret_unit)
{
	int letter;

	if (strncasecmp(text, "HT-", 3) == 0) {
		letter = toupper((unsigned char)text[3]) - 'A';
		*ret_unit = AMS_ID_HT + letter;
		return letter >= 0 && letter < UNITS_HT ? 4 : 0;
	}
	letter = toupper((unsigned char)text[0]);
	if (letter == 'L') {
		*ret_unit = AMS_ID_LITE_A2L;
		return 1;
	}
	*ret_unit = letter - 'A';
	return *ret_unit >= 0 && *ret_unit < UNITS_PLAIN ? 1 : 0;
}

/* What is not known to be missing may be there. */
static int check_unit(const struct state *s, int id)
{
	return s->ams.known && !encode_unit_find(s, id) ? -ENOENT : 0;
}

int encode_unit_parse(const struct state *s, const char *text, int *ret)
{
	int64_t number;
	int id = -1;
	size_t len = parse_letters(text, &id);

	if (len == 0 || text[len] != '\0') {
		if (parse_i64(text, 0, AMS_ID_HT + UNITS_HT - 1, &number) < 0 ||
		    (number >= UNITS_PLAIN && number != AMS_ID_LITE_A2L && number < AMS_ID_HT)) {
			return -EINVAL;
		}
		id = (int)number;
	}
	*ret = id;
	return check_unit(s, id);
}

/* Of one nozzle there is one spool, whatever number the printer gives it. */
static int external_slot(const struct state *s, bool left, bool by_side, struct encode_slot *ret)
{
	bool dual = encode_is_dual(s);

	if (left && by_side && !dual) {
		return -ENOENT;
	}
	ret->external = true;
	ret->unit = left && dual ? AMS_TRAY_LEFT : AMS_TRAY_RIGHT;
	ret->slot = 0;
	ret->tray = dual ? ret->unit : AMS_TRAY_LEFT;
	ret->tray_now = NULL;
	for (size_t i = 0; i < s->ams.external_count; i++) {
		if (!dual || s->ams.external[i].tray == ret->tray) {
			ret->tray_now = &s->ams.external[i];
			ret->tray = s->ams.external[i].tray;
		}
	}
	return 0;
}

static int unit_slot(const struct state *s, int unit, int slot, struct encode_slot *ret)
{
	const struct ams_unit *u = encode_unit_find(s, unit);
	int r = check_unit(s, unit);

	*ret =
	    (struct encode_slot){.unit = unit, .slot = slot, .tray = ams_tray_number(unit, slot)};
	for (int i = 0; u && i < u->tray_count; i++) {
		if (u->trays[i].slot == slot) {
			ret->tray_now = &u->trays[i];
		}
	}
	return r == 0 && u && u->tray_count > 0 && !ret->tray_now ? -ENOENT : r;
}

int encode_slot_by_tray(const struct state *s, int tray, struct encode_slot *ret)
{
	if (tray >= 0 && tray < UNITS_PLAIN * 4) {
		return unit_slot(s, tray / 4, tray % 4, ret);
	}
	if (tray >= TRAY_LITE_A2L && tray < TRAY_LITE_A2L + 4) {
		return unit_slot(s, AMS_ID_LITE_A2L, tray - TRAY_LITE_A2L, ret);
	}
	if (tray >= AMS_ID_HT && tray < AMS_ID_HT + UNITS_HT) {
		return unit_slot(s, tray, 0, ret);
	}
	if (tray == AMS_TRAY_LEFT || tray == AMS_TRAY_RIGHT) {
		return external_slot(s, tray == AMS_TRAY_LEFT, false, ret);
	}
	return -EINVAL;
}

int encode_slot_parse(const struct state *s, const char *text, struct encode_slot *ret)
{
	int64_t number;
	size_t len;
	int unit;

	if (strcasecmp(text, "ext") == 0 || strcasecmp(text, "ext-right") == 0) {
		return external_slot(s, false, true, ret);
	}
	if (strcasecmp(text, "ext-left") == 0) {
		return external_slot(s, true, true, ret);
	}
	if (parse_i64(text, 0, AMS_TRAY_RIGHT, &number) == 0) {
		return encode_slot_by_tray(s, (int)number, ret);
	}
	len = parse_letters(text, &unit);
	if (len == 0) {
		return -EINVAL;
	}
	if (unit >= AMS_ID_HT && (text[len] == '\0' || strcmp(text + len, "1") == 0)) {
		return unit_slot(s, unit, 0, ret);
	}
	if (unit >= AMS_ID_HT || text[len] < '1' || text[len] > '4' || text[len + 1] != '\0') {
		return -EINVAL;
	}
	return unit_slot(s, unit, text[len] - '1', ret);
}

int encode_slot_param(struct encoder *enc, const char *name, struct encode_slot *ret)
{
	const char *text = json_get_str(enc->params, name);
	char shown[32];
	int r = encode_slot_parse(enc->state, text, ret);

	text_escape_buf(text, shown, sizeof(shown));
	if (r == -ENOENT) {
		return encode_refuse(
		    enc, ERR_INVALID_PARAMS, "the printer has no slot \"%s\"", shown);
	}
	if (r < 0) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "\"%s\" must be A1 to D4, HT-A, L1 to L4, ext, ext-left or a tray number, not "
		    "\"%s\"",
		    name, shown);
	}
	return 0;
}
