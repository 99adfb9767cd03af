/* SPDX-License-Identifier: MIT */
/* What bambu-inspect takes away from itself before it reads what others wrote. */
#pragma once

/* From here on no file and no socket can be opened, nothing gains rights, memory and time are
 * bounded. 0 or negative errno. */
int sandbox_enter(void);
