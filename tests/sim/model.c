/* SPDX-License-Identifier: MIT */
/* The printer models the simulator can play, one table row each. */
#include "tests/sim/model.h"

#include <ctype.h>
#include <string.h>

#include "common/util.h"

static const struct sim_model models[] = {
    {.name = "P1S",
	.code = "C12",
	.product = "Bambu Lab P1S",
	.serial_prefix = "01P",
	.firmware = "01.08.02.00",
	.ap_hw = "AP04",
	.family = SIM_FAMILY_ESP,
	.unit = SIM_UNIT_AMS,
	.nozzles = 1,
	.jpeg = true,
	.drops_spies = true},
    {.name = "X1C",
	.code = "BL-P001",
	.product = "Bambu Lab X1-Carbon",
	.serial_prefix = "00M",
	.firmware = "01.09.00.00",
	.ap_hw = "AP05",
	.family = SIM_FAMILY_X1,
	.unit = SIM_UNIT_AMS,
	.nozzles = 1,
	.chamber = true},
    {.name = "A1MINI",
	.code = "N1",
	.product = "Bambu Lab A1 mini",
	.serial_prefix = "030",
	.firmware = "01.06.00.00",
	.ap_hw = "AP05",
	.family = SIM_FAMILY_ESP,
	.unit = SIM_UNIT_LITE,
	.nozzles = 1,
	.jpeg = true,
	.drops_spies = true},
    {.name = "H2D",
	.code = "O1D",
	.product = "Bambu Lab H2D",
	.serial_prefix = "094",
	.firmware = "01.02.00.00",
	.ap_hw = "AP05",
	.family = SIM_FAMILY_NEW,
	.unit = SIM_UNIT_PRO2,
	.nozzles = 2,
	.chamber = true,
	.cert_v3 = true,
	.heats_chamber = true},
    {.name = "P2S",
	.code = "N7",
	.product = "Bambu Lab P2S",
	.serial_prefix = "22E",
	.firmware = "01.01.01.00",
	.ap_hw = "AP04",
	.family = SIM_FAMILY_NEW,
	.unit = SIM_UNIT_PRO2,
	.nozzles = 1,
	.chamber = true,
	.tls13 = true,
	.cert_v3 = true,
	.tells_time = true},
    {.name = "A1",
	.code = "N2S",
	.product = "Bambu Lab A1",
	.serial_prefix = "039",
	.firmware = "01.05.02.00",
	.ap_hw = "AP05",
	.family = SIM_FAMILY_ESP,
	.unit = SIM_UNIT_LITE,
	.nozzles = 1,
	.jpeg = true,
	.drops_spies = true},
    {.name = "P1P",
	.code = "C11",
	.product = "",
	.serial_prefix = "01S",
	.firmware = "01.07.00.00",
	.ap_hw = "AP04",
	.family = SIM_FAMILY_ESP,
	.unit = SIM_UNIT_AMS,
	.nozzles = 1,
	.jpeg = true,
	.drops_spies = true},
    {.name = "X1E",
	.code = "C13",
	.product = "Bambu Lab X1E",
	.serial_prefix = "03W",
	.firmware = "01.02.00.00",
	.ap_hw = "AP02",
	.family = SIM_FAMILY_X1,
	.unit = SIM_UNIT_AMS,
	.nozzles = 1,
	.chamber = true,
	.no_msg = true},
    {.name = "H2S",
	.code = "O1S",
	.product = "Bambu Lab H2S",
	.serial_prefix = "093",
	.firmware = "01.01.00.00",
	.ap_hw = "AP05",
	.family = SIM_FAMILY_NEW,
	.unit = SIM_UNIT_PRO2,
	.nozzles = 1,
	.chamber = true,
	.cert_v3 = true,
	.heats_chamber = true},
    {.name = "X2D",
	.code = "N6",
	.product = "Bambu Lab X2D",
	.serial_prefix = "20P",
	.firmware = "01.00.02.00",
	.ap_hw = "AP04",
	.family = SIM_FAMILY_NEW,
	.unit = SIM_UNIT_PRO2,
	.nozzles = 2,
	.chamber = true,
	.tls13 = true,
	.cert_v3 = true,
	.heats_chamber = true},
    {.name = "X1",
	.code = "BL-P002",
	.product = "Bambu Lab X1",
	.serial_prefix = "00M",
	.firmware = "01.08.02.00",
	.ap_hw = "AP05",
	.family = SIM_FAMILY_X1,
	.unit = SIM_UNIT_AMS,
	.nozzles = 1,
	.chamber = true},
    {.name = "A2L",
	.code = "N9",
	.product = "Bambu Lab A2L",
	.serial_prefix = "26A",
	.firmware = "01.00.01.00",
	.ap_hw = "AP05",
	.family = SIM_FAMILY_NEW,
	.unit = SIM_UNIT_LITE,
	.nozzles = 1,
	.tls13 = true,
	.cert_v3 = true,
	.jpeg = true,
	.lite_inside = true},
    {.name = "H2DPRO",
	.code = "O1E",
	.product = "Bambu Lab H2D Pro",
	.serial_prefix = "239",
	.firmware = "01.01.00.00",
	.ap_hw = "AP05",
	.family = SIM_FAMILY_NEW,
	.unit = SIM_UNIT_PRO2,
	.nozzles = 2,
	.chamber = true,
	.cert_v3 = true,
	.heats_chamber = true},
    {.name = "H2C",
	.code = "O1C2",
	.product = "Bambu Lab H2C",
	.serial_prefix = "31B",
	.firmware = "01.01.00.00",
	.ap_hw = "AP05",
	.family = SIM_FAMILY_NEW,
	.unit = SIM_UNIT_PRO2,
	.nozzles = 2,
	.chamber = true,
	.tls13 = true,
	.cert_v3 = true,
	.heats_chamber = true,
	.rack = 6},
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

/* An open frame has none; P1 has one without a switch. */
bool sim_model_has_door(const struct sim_model *m)
{
	return m->family != SIM_FAMILY_ESP && !m->jpeg;
}

/* bambu.md 2.5: X1 and P1; A1 does not. */
bool sim_model_wants_reuse(const struct sim_model *m)
{
	return m->family == SIM_FAMILY_X1 || strcmp(m->code, "C11") == 0 ||
	       strcmp(m->code, "C12") == 0;
}
