/* SPDX-License-Identifier: MIT */
/* The model table, and finding a model by what printers and cloud call it. */
#include "daemon/model/caps.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/util.h"

/* Source of every row: bambu.md 3 (codes, prefixes, camera, chamber, door, nozzles, Ethernet, bed
 * limits), 2.5 (file door), 5 `chamber` (set_ctt takes 0..65), 5.2 (always signed), 8 (P1 and A1
 * pushall interval). 00M is X1C and X1 alike: the row that comes first is the guess, the version
 * reply tells. */
const struct caps caps_table[] = {
    {
	.model = "X1C",
	.product = "Bambu Lab X1-Carbon",
	.codes = {"BL-P001", "3DPrinter-X1-Carbon"},
	.prefixes = {"00M"},
	.camera = CAMERA_RTSPS,
	.chamber = CHAMBER_TEMPER,
	.door = DOOR_HOME_FLAG,
	.door_since = "01.07",
	.nozzles = 1,
    },
    {
	.model = "X1",
	.product = "Bambu Lab X1",
	.codes = {"BL-P002", "3DPrinter-X1"},
	.prefixes = {"00W"},
	.camera = CAMERA_RTSPS,
	.chamber = CHAMBER_TEMPER,
	.door = DOOR_HOME_FLAG,
	.door_since = "01.07",
	.nozzles = 1,
    },
    {
	.model = "X1E",
	.product = "Bambu Lab X1E",
	.codes = {"C13"},
	.prefixes = {"03W"},
	.camera = CAMERA_RTSPS,
	.chamber = CHAMBER_TEMPER,
	.chamber_heater = true,
	.door = DOOR_HOME_FLAG,
	.door_since = "01.01.02",
	.nozzles = 1,
	.ethernet = true,
    },
    {
	.model = "P1P",
	.product = "Bambu Lab P1P",
	.codes = {"C11"},
	.prefixes = {"01S"},
	.camera = CAMERA_JPEG,
	.nozzles = 1,
	.small_cpu = true,
    },
    {
	.model = "P1S",
	.product = "Bambu Lab P1S",
	.codes = {"C12"},
	.prefixes = {"01P"},
	.camera = CAMERA_JPEG,
	.nozzles = 1,
	.small_cpu = true,
    },
    {
	.model = "A1",
	.product = "Bambu Lab A1",
	.codes = {"N2S"},
	.prefixes = {"039"},
	.camera = CAMERA_JPEG,
	.nozzles = 1,
	.bed_max_c = 100,
	.small_cpu = true,
	.ftp_clear = true,
    },
    {
	.model = "A1MINI",
	.product = "Bambu Lab A1 mini",
	.codes = {"N1"},
	.prefixes = {"030"},
	.camera = CAMERA_JPEG,
	.nozzles = 1,
	.small_cpu = true,
	.ftp_clear = true,
    },
    {
	/* small_cpu: of the A1 family; the careful guess until somebody has measured one. */
	.model = "A2L",
	.product = "Bambu Lab A2L",
	.codes = {"N9"},
	.prefixes = {"26A"},
	.camera = CAMERA_JPEG,
	.nozzles = 1,
	.bed_max_c = 80,
	.small_cpu = true,
	.always_signed = true,
    },
    {
	.model = "P2S",
	.product = "Bambu Lab P2S",
	.codes = {"N7"},
	.prefixes = {"22E"},
	.camera = CAMERA_RTSPS,
	.chamber = CHAMBER_CTC,
	.door = DOOR_STAT,
	.nozzles = 1,
	.always_signed = true,
	.ethernet = true,
	.ftp_tls12 = true,
	.emmc = true,
    },
    {
	.model = "X2D",
	.product = "Bambu Lab X2D",
	.codes = {"N6"},
	.prefixes = {"20P"},
	.camera = CAMERA_RTSPS,
	.chamber = CHAMBER_CTC,
	.chamber_heater = true,
	.door = DOOR_STAT,
	.nozzles = 2,
	.chamber_max_c = 65,
	.always_signed = true,
	.ethernet = true,
	.ftp_tls12 = true,
	.emmc = true,
    },
    {
	.model = "H2S",
	.product = "Bambu Lab H2S",
	.codes = {"O1S"},
	.prefixes = {"093"},
	.camera = CAMERA_RTSPS,
	.chamber = CHAMBER_CTC,
	.chamber_heater = true,
	.door = DOOR_STAT,
	.nozzles = 1,
	.chamber_max_c = 65,
	.always_signed = true,
	.ethernet = true,
	.emmc = true,
    },
    {
	.model = "H2D",
	.product = "Bambu Lab H2D",
	.codes = {"O1D", "O1D-V2"},
	.prefixes = {"094"},
	.camera = CAMERA_RTSPS,
	.chamber = CHAMBER_CTC,
	.chamber_heater = true,
	.door = DOOR_STAT,
	.nozzles = 2,
	.chamber_max_c = 65,
	.ethernet = true,
	.emmc = true,
    },
    {
	.model = "H2DPRO",
	.product = "Bambu Lab H2D Pro",
	.codes = {"O1E", "O2D"},
	.prefixes = {"239"},
	.camera = CAMERA_RTSPS,
	.chamber = CHAMBER_CTC,
	.chamber_heater = true,
	.door = DOOR_STAT,
	.nozzles = 2,
	.chamber_max_c = 65,
	.ethernet = true,
	.emmc = true,
    },
    {
	.model = "H2C",
	.product = "Bambu Lab H2C",
	.codes = {"O1C2", "O1C"},
	.prefixes = {"31B"},
	.camera = CAMERA_RTSPS,
	.chamber = CHAMBER_CTC,
	.chamber_heater = true,
	.door = DOOR_STAT,
	.nozzles = 2,
	.chamber_max_c = 65,
	.always_signed = true,
	.ethernet = true,
	.ftp_tls12 = true,
	.emmc = true,
    },
};
const size_t caps_count = ARRAY_SIZE(caps_table);

/* device.ctc is a real sensor wherever it is sent, chamber_temper may be a fake 5 (bambu.md 0). */
static const struct caps unknown_row = {.chamber = CHAMBER_CTC};

const struct caps *caps_unknown(void)
{
	return &unknown_row;
}

const struct caps *caps_by_model(const char *model)
{
	for (size_t i = 0; model != NULL && i < caps_count; i++) {
		if (strcasecmp(caps_table[i].model, model) == 0) {
			return &caps_table[i];
		}
	}
	return NULL;
}

static bool row_has_code(const struct caps *row, const char *code)
{
	for (size_t i = 0; i < ARRAY_SIZE(row->codes) && row->codes[i] != NULL; i++) {
		if (strcasecmp(row->codes[i], code) == 0) {
			return true;
		}
	}
	return false;
}

const struct caps *caps_by_code(const char *code)
{
	for (size_t i = 0; code != NULL && i < caps_count; i++) {
		if (row_has_code(&caps_table[i], code)) {
			return &caps_table[i];
		}
	}
	/* The account lists newer printers by their marketing name (bambu.md 1.7). */
	return caps_by_model(code);
}

static bool row_has_prefix(const struct caps *row, const char *serial)
{
	for (size_t i = 0; i < ARRAY_SIZE(row->prefixes) && row->prefixes[i] != NULL; i++) {
		if (strncasecmp(serial, row->prefixes[i], strlen(row->prefixes[i])) == 0) {
			return true;
		}
	}
	return false;
}

const struct caps *caps_by_serial(const char *serial)
{
	for (size_t i = 0; serial != NULL && i < caps_count; i++) {
		if (row_has_prefix(&caps_table[i], serial)) {
			return &caps_table[i];
		}
	}
	return NULL;
}

/* What is left of a product name without maker, blanks and dashes: "Bambu Lab X1-Carbon" ->
 * "X1CARBON". Cut to size: no model has a name that long. */
static void product_normalise(const char *name, char *buf, size_t size)
{
	static const char *const fillers[] = {"BAMBULAB", "3DPRINTER"};
	size_t len = 0;

	for (; *name != '\0' && len + 1 < size; name++) {
		if (isalnum((unsigned char)*name)) {
			buf[len++] = (char)toupper((unsigned char)*name);
		}
	}
	buf[len] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(fillers); i++) {
		size_t skip = strlen(fillers[i]);

		if (strncmp(buf, fillers[i], skip) == 0) {
			memmove(buf, buf + skip, len - skip + 1);
			len -= skip;
		}
	}
}

const struct caps *caps_by_product(const char *product_name)
{
	char want[48], have[48];

	if (product_name == NULL) {
		return NULL;
	}
	product_normalise(product_name, want, sizeof(want));
	for (size_t i = 0; i < caps_count; i++) {
		product_normalise(caps_table[i].product, have, sizeof(have));
		if (strcmp(want, have) == 0) {
			return &caps_table[i];
		}
	}
	return caps_by_model(want);
}

/* Boards that sit in one model only (bambu.md 3 "Best model detection"). The `ap` AP05 is left
 * out: an H2D carries it as well as an X1C. */
static const struct {
	const char *name, *hw_ver, *model;
} boards[] = {
    {"rv1126", "AP05", "X1C"},
    {"ap", "AP02", "X1E"},
};

const struct caps *caps_by_module(const char *name, const char *hw_ver, const char *project)
{
	const struct caps *row = caps_by_code(project);

	if (row != NULL || name == NULL || hw_ver == NULL) {
		return row;
	}
	for (size_t i = 0; i < ARRAY_SIZE(boards); i++) {
		if (strcasecmp(boards[i].name, name) == 0 &&
		    strcasecmp(boards[i].hw_ver, hw_ver) == 0) {
			return caps_by_model(boards[i].model);
		}
	}
	return NULL;
}
