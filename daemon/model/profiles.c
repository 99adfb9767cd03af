/* SPDX-License-Identifier: MIT */
/* Flow profiles as a printer lists them in its answer. */
#include "daemon/model/profiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/report.h"
#include "daemon/model/words.h"

static double number(const struct scan *s, uint32_t object, const char *key, double otherwise)
{
	scan_num(s, scan_get(s, object, key), &otherwise);
	return otherwise;
}

static int small(const struct scan *s, uint32_t object, const char *key)
{
	int64_t value;

	return scan_int(s, scan_get(s, object, key), &value) && value >= 0 && value <= INT32_MAX
		   ? (int)value
		   : UNKNOWN_INT;
}

/* The answer repeats the diameter that was asked for; an entry's own one counts more
 * (bambu.md 4.3). */
static bool read_entry(
    const struct scan *s, uint32_t node, double diameter_mm, struct flow_profile *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->index = small(s, node, "cali_idx");
	ret->nozzle = small(s, node, "extruder_id");
	scan_str(s, scan_get(s, node, "name"), ret->name, sizeof(ret->name));
	scan_str(s, scan_get(s, node, "filament_id"), ret->filament, sizeof(ret->filament));
	scan_str(s, scan_get(s, node, "nozzle_id"), ret->hotend, sizeof(ret->hotend));
	ret->k = number(s, node, "k_value", NAN);
	ret->n = number(s, node, "n_coef", NAN);
	ret->diameter_mm = number(s, node, "nozzle_diameter", diameter_mm);
	return ret->index != UNKNOWN_INT;
}

bool profiles_take(struct profile_list *l, const struct report *r)
{
	const struct scan *s = &r->scan;
	uint32_t array = scan_get(s, r->body, "filaments"), node;
	double diameter_mm = number(s, r->body, "nozzle_diameter", NAN);

	profiles_finish(l);
	if (array == 0 || s->nodes[array].type != SCAN_ARRAY) {
		return false;
	}
	l->entries = xcalloc(PROFILES_MAX, sizeof(l->entries[0]));
	for (node = scan_first(s, array); node != 0 && l->count < PROFILES_MAX;
	     node = scan_next(s, array, node)) {
		if (s->nodes[node].type == SCAN_OBJECT &&
		    read_entry(s, node, diameter_mm, &l->entries[l->count])) {
			l->count++;
		}
	}
	return true;
}

void profiles_finish(struct profile_list *l)
{
	free(l->entries);
	memset(l, 0, sizeof(*l));
}
