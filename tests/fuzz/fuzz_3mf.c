/* SPDX-License-Identifier: MIT */
/* Any text as a part of a 3mf file: read within the limits or refused in words, and what was read
 * is told as valid JSON. The first byte says which part: s, m, p or j. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/util.h"
#include "ctl/inspect/read.h"
#include "ctl/inspect/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_part(struct project *p, char part, const char *text, size_t len, struct err *e)
{
	switch (part) {
	case 's':
		return read_slice_info(p, text, len, e);
	case 'm':
		return read_model_settings(p, text, len, e);
	case 'p':
		return read_project_settings(p, text, len, e);
	default:
		project_plate(p, 1);
		read_plate_json(p, 1, text, len);
		return 0;
	}
}

static void check_project(const struct project *p)
{
	assert(p->plate_count <= PROJECT_PLATES_MAX && p->object_count <= PROJECT_OBJECTS_MAX);
	assert(project_filament_count(p) <= PROJECT_FILAMENTS_MAX);
	for (size_t i = 0; i < p->plate_count; i++) {
		const struct project_plate *plate = &p->plates[i];

		assert(i == 0 || plate->index > plate[-1].index);
		assert(plate->object_count <= plate->objects_total);
	}
}

/* The caller takes 16 MiB and a depth of 8. */
static void check_answer(const struct project *p)
{
	_cleanup_json_ json_object *o = NULL;
	struct jw w;

	jw_init(&w);
	render_project(&w, p, "x.3mf", 1);
	assert(w.len <= 16u * 1024 * 1024);
	assert(json_parse(w.buf, w.len, 8, &o) == 0);
	jw_finish(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct project *p;
	struct err e = {.type = ERR_NONE};

	if (size == 0) {
		return 0;
	}
	p = project_create();
	if (read_part(p, (char)data[0], (const char *)data + 1, size - 1, &e) < 0) {
		assert(e.type == ERR_FILE_REFUSED && e.message[0] != '\0');
	}
	check_project(p);
	check_answer(p);
	project_destroy(p);
	return 0;
}
