/* SPDX-License-Identifier: MIT */
/* What a helper program takes away from itself before it reads what others wrote. */
#pragma once

#include <stdint.h>

/* From here on no file and no socket can be opened, nothing gains rights, memory is bounded, and
 * the time of the processor too (cpu_max_s; 0: as long as it is needed). 0 or negative errno. */
int sandbox_enter(uint64_t memory_max, unsigned cpu_max_s);
