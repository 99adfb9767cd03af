/* SPDX-License-Identifier: MIT */
/* The printer models the simulator can play, one table row each. */
#include "tests/sim/model.h"

#include <ctype.h>

#include "common/util.h"

static const struct sim_model models[] = {
    {"P1S", "C12", "Bambu Lab P1S", "01P", "01.08.02.00", "AP04", SIM_FAMILY_ESP, SIM_UNIT_AMS, 1,
	false, false, false, true},
    {"X1C", "BL-P001", "Bambu Lab X1-Carbon", "00M", "01.09.00.00", "AP05", SIM_FAMILY_X1,
	SIM_UNIT_AMS, 1, true, false, false, false},
    {"A1MINI", "N1", "Bambu Lab A1 mini", "030", "01.06.00.00", "AP05", SIM_FAMILY_ESP,
	SIM_UNIT_LITE, 1, false, false, false, true},
    {"H2D", "O1D", "Bambu Lab H2D", "094", "01.02.00.00", "AP05", SIM_FAMILY_NEW, SIM_UNIT_PRO2, 2,
	true, false, true, false},
    {"P2S", "N7", "Bambu Lab P2S", "22E", "01.01.01.00", "AP04", SIM_FAMILY_NEW, SIM_UNIT_PRO2, 1,
	true, true, true, false},
    {"A1", "N2S", "Bambu Lab A1", "039", "01.05.02.00", "AP05", SIM_FAMILY_ESP, SIM_UNIT_LITE, 1,
	false, false, false, true},
    {"P1P", "C11", "", "01S", "01.07.00.00", "AP04", SIM_FAMILY_ESP, SIM_UNIT_AMS, 1, false, false,
	false, true},
    {"X1E", "C13", "Bambu Lab X1E", "03W", "01.02.00.00", "AP02", SIM_FAMILY_X1, SIM_UNIT_AMS, 1,
	true, false, false, false},
    {"H2S", "O1S", "Bambu Lab H2S", "093", "01.01.00.00", "AP05", SIM_FAMILY_NEW, SIM_UNIT_PRO2, 1,
	true, false, true, false},
    {"X2D", "N6", "Bambu Lab X2D", "20P", "01.00.02.00", "AP04", SIM_FAMILY_NEW, SIM_UNIT_PRO2, 2,
	true, true, true, false},
};

static bool same_word(const char *a, const char *b)
{
	while (*a || *b) {
		while (*a == ' ' || *a == '-') {
			a++;
		}
		while (*b == ' ' || *b == '-') {
			b++;
		}
		if (toupper((unsigned char)*a) != toupper((unsigned char)*b)) {
			return false;
		}
		if (*a) {
			a++;
			b++;
		}
	}
	return true;
}

const struct sim_model *sim_model_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		if (same_word(models[i].name, name)) {
			return &models[i];
		}
	}
	return NULL;
}

const struct sim_model *sim_model_at(size_t index)
{
	return index < ARRAY_SIZE(models) ? &models[index] : NULL;
}

size_t sim_model_count(void)
{
	return ARRAY_SIZE(models);
}
