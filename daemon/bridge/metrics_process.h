/* SPDX-License-Identifier: MIT */
/* What the kernel says about this process, for the usual process_* metrics. */
#pragma once

#include <stdint.h>

/* What cannot be read is -1. */
struct process_facts {
	double cpu_s;
	int64_t open_fds, max_fds, virtual_bytes, resident_bytes;
	double uptime_s; /* since the process began, suspend counted */
};

void process_facts_read(struct process_facts *ret);
