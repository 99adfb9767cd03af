/* SPDX-License-Identifier: MIT */
/* What can be switched on a printer and stays so: options of the print, watching by camera. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/model/words.h"

struct state;

enum option_key {
	OPTION_AIRPRINT_DETECT,
	OPTION_AUTO_RECOVERY,
	OPTION_AUTO_REFILL,
	OPTION_BLOB_DETECT,
	OPTION_SOUND,
	OPTION_TANGLE_DETECT,
	OPTION_COUNT
};
const char *option_word(enum option_key key);

enum xcam_module {
	XCAM_AIRPRINT_DETECTOR,
	XCAM_BUILDPLATE_MARKER_DETECTOR,
	XCAM_CLUMP_DETECTOR,
	XCAM_FIRST_LAYER_INSPECTOR,
	XCAM_PILEUP_DETECTOR,
	XCAM_PLATE_OFFSET_SWITCH,
	XCAM_PRINTING_MONITOR,
	XCAM_SPAGHETTI_DETECTOR,
	XCAM_COUNT
};
const char *xcam_word(enum xcam_module module);
bool xcam_has_sensitivity(enum xcam_module module);
/* "never_halt", "low" ...; NULL for 0, unknown. */
const char *xcam_sensitivity_word(uint8_t sensitivity);

/* Bytes, for there is one of it per printer: of enum tri, and of sensitivities. */
struct state_options {
	uint8_t on[OPTION_COUNT];
	uint8_t xcam[XCAM_COUNT];
	uint8_t sensitivity[XCAM_COUNT];
};

/* Whether the printer says that it has the option; TRI_UNKNOWN when it says nothing. */
enum tri option_is_supported(const struct state *s, enum option_key key);
