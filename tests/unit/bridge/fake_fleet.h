/* SPDX-License-Identifier: MIT */
/* Stands in for fleet/: printers made of samples, so that metrics run without a network. */
#pragma once

#include "daemon/fleet/printer.h"
#include "tests/unit/render/states.h"

struct printer {
	struct sample sample;
	struct printer_counters counters;
};
struct registry {
	struct printer *printers;
	size_t count;
};
