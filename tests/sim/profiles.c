/* SPDX-License-Identifier: MIT */
/* The flow profiles of a simulated printer, as it lists them when asked. */
#include "tests/sim/profiles.h"

#include <string.h>

#include "common/json.h"
#include "common/util.h"

static const struct {
	const char *name, *filament, *k;
	int index;
} profiles[] = {
    {"PLA basic, mine", "GFL99", "0.020000", 1},
    {"PETG, dry", "GFG99", "0.045000", 7},
};

/* The answer repeats the diameter that was asked for, and its entries have none of their own. */
void sim_profiles_write(struct jw *w, json_object *body, const char *sequence)
{
	const char *filament = json_get_str(body, "filament_id");

	jw_object(w, NULL);
	jw_object(w, "print");
	jw_str(w, "command", "extrusion_cali_get");
	jw_str(w, "sequence_id", sequence);
	jw_str(w, "filament_id", filament ? filament : "");
	jw_str(w, "nozzle_diameter", json_get_str(body, "nozzle_diameter"));
	jw_array(w, "filaments");
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		if (filament && filament[0] && strcmp(filament, profiles[i].filament) != 0) {
			continue;
		}
		jw_object(w, NULL);
		jw_str(w, "filament_id", profiles[i].filament);
		jw_str(w, "setting_id", "");
		jw_str(w, "name", profiles[i].name);
		jw_str(w, "k_value", profiles[i].k);
		jw_str(w, "n_coef", "1.400000");
		jw_int(w, "cali_idx", profiles[i].index);
		jw_int(w, "extruder_id", 0);
		jw_str(w, "nozzle_id", "HS00-0.4");
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
	jw_object_end(w);
}
