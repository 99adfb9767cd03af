/* SPDX-License-Identifier: MIT */
/* What a light of a printer does. */
#include "tests/sim/lamp.h"

#include <string.h>

#include "common/util.h"

static const char *const lamp_names[] = {[SIM_LAMP_SAME] = "",
    [SIM_LAMP_OFF] = "off",
    [SIM_LAMP_ON] = "on",
    [SIM_LAMP_FLASHING] = "flashing"};

enum sim_lamp sim_lamp_by_name(const char *name)
{
	for (size_t i = SIM_LAMP_OFF; i < ARRAY_SIZE(lamp_names); i++) {
		if (strcmp(lamp_names[i], name) == 0) {
			return (enum sim_lamp)i;
		}
	}
	return SIM_LAMP_SAME;
}

const char *sim_lamp_name(enum sim_lamp lamp)
{
	return lamp_names[lamp];
}
