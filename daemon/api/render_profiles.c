/* SPDX-License-Identifier: MIT */
/* Flow profiles as the socket tells them. */
#include <string.h>

#include "common/jw.h"
#include "daemon/api/render.h"
#include "daemon/model/profiles.h"
#include "daemon/model/words.h"

static void write_profile(struct jw *w, const struct flow_profile *p)
{
	jw_object(w, NULL);
	jw_int(w, "index", p->index);
	jw_str(w, "name", p->name[0] != '\0' ? p->name : NULL);
	jw_str(w, "filament", p->filament[0] != '\0' ? p->filament : NULL);
	jw_num(w, "k", p->k, 6);
	jw_num(w, "n", p->n, 6);
	jw_num(w, "diameter_mm", p->diameter_mm, 2);
	if (p->nozzle == UNKNOWN_INT) {
		jw_null(w, "nozzle");
	} else {
		jw_int(w, "nozzle", p->nozzle);
	}
	jw_str(w, "hotend", p->hotend[0] != '\0' ? p->hotend : NULL);
	jw_object_end(w);
}

char *render_profiles(const struct profile_list *l)
{
	struct jw w;

	jw_init(&w);
	jw_array(&w, NULL);
	for (size_t i = 0; i < l->count; i++) {
		write_profile(&w, &l->entries[i]);
	}
	jw_array_end(&w);
	return jw_take(&w);
}
