/* SPDX-License-Identifier: MIT */
/* Between the files that make the metrics: what writers look at, and the tables of families. */
#pragma once

#include "daemon/bridge/metrics.h"
#include "daemon/bridge/metrics_counts.h"
#include "daemon/bridge/metrics_out.h"
#include "daemon/bridge/metrics_process.h"
#include "daemon/fleet/printer.h"

/* One printer, prepared once for all families. */
struct subject {
	struct printer_view view;
	const struct printer_counters *counters;
	const struct printer_counts *counts; /* NULL: none yet */
	struct metrics_labels labels;
};

/* The daemon itself. */
struct daemon_facts {
	const struct metrics_deps *deps;
	const struct metrics_counts *counts;
	double started_wall_s; /* NAN unknown */
	struct process_facts process;
};

/* One row a family; the writer adds its samples, or none. */
struct printer_family {
	const char *name;
	enum metric_type type;
	const char *help;
	void (*write)(struct metrics_out *o, const struct subject *s);
};
struct daemon_family {
	const char *name;
	enum metric_type type;
	const char *help;
	void (*write)(struct metrics_out *o, const struct daemon_facts *d);
};
extern const struct printer_family printer_families[];
extern const size_t printer_family_count;
extern const struct daemon_family daemon_families[];
extern const size_t daemon_family_count;
