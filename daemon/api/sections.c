/* SPDX-License-Identifier: MIT */
/* Names of sections to bits. */
#include "daemon/api/sections.h"

#include <errno.h>

#include "common/text.h"
#include "daemon/api/dispatch.h"
#include "daemon/api/render.h"

int sections_param(struct call *c, uint32_t *ret_mask)
{
	json_object *array = json_get_arr(c->params, "sections");
	uint32_t mask = 0;

	if (array == NULL) {
		*ret_mask = RENDER_ALL;
		return 0;
	}
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(array, i));
		int section = section_by_name(name);
		char shown[48];

		if (section < 0) {
			err_set(c->e, ERR_INVALID_PARAMS, "sections: %s is none",
			    text_escape_buf(name, shown, sizeof(shown)));
			err_hint(c->e, "info link control print temp fans lights ams hms camera "
				       "device options");
			return -EINVAL;
		}
		mask |= SECTION_BIT(section);
	}
	*ret_mask = mask;
	return 0;
}
