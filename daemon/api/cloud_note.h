/* SPDX-License-Identifier: MIT */
/* What is said of the cloud account while this version has none. */
#pragma once

#include "common/jw.h"

static inline void write_cloud_note(struct jw *w)
{
	jw_object(w, "cloud");
	jw_null(w, "state");
	jw_str(w, "why", "not in this version");
	jw_object_end(w);
}
