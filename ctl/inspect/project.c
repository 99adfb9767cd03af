/* SPDX-License-Identifier: MIT */
/* What a 3mf file tells: plates with their filaments and objects, gathered from its parts. */
#include "ctl/inspect/project.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"

struct project *project_create(void)
{
	return xcalloc(1, sizeof(struct project));
}

void project_init_plate(struct project_plate *plate)
{
	*plate = (struct project_plate){.time_s = NAN, .weight_g = NAN};
}

void project_finish_plate(struct project_plate *plate)
{
	free(TAKE(plate->filaments));
	free(TAKE(plate->objects));
}

void project_destroy(struct project *p)
{
	for (size_t i = 0; p && i < p->plate_count; i++) {
		project_finish_plate(&p->plates[i]);
	}
	free(p);
}

struct project_plate *project_find(struct project *p, int index)
{
	for (size_t i = 0; i < p->plate_count; i++) {
		if (p->plates[i].index == index) {
			return &p->plates[i];
		}
	}
	return NULL;
}

struct project_plate *project_plate(struct project *p, int index)
{
	struct project_plate *plate = project_find(p, index);
	size_t at = 0;

	/* Distinct numbers in this range always fit. */
	if (plate || index < 1 || index > PROJECT_PLATES_MAX) {
		return plate;
	}
	while (at < p->plate_count && p->plates[at].index < index) {
		at++;
	}
	plate = &p->plates[at];
	memmove(plate + 1, plate, (p->plate_count - at) * sizeof(*plate));
	p->plate_count++;
	project_init_plate(plate);
	plate->index = index;
	return plate;
}

void project_add_model(struct project *p, const char *code)
{
	for (size_t i = 0; i < p->model_count; i++) {
		if (strcmp(p->models[i], code) == 0) {
			return;
		}
	}
	if (*code && p->model_count < PROJECT_MODELS_MAX) {
		str_copy(p->models[p->model_count++], PROJECT_WORD_SIZE, code);
	}
}

void project_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src), used = 0, n;

	while ((n = text_utf8_len(src + used, len - used)) > 0 && used + n < size) {
		used += n;
	}
	memcpy(dst, src, used);
	dst[used] = '\0';
}

void project_warn(struct project *p, const char *fmt, ...)
{
	va_list ap;

	if (p->warning_count == PROJECT_WARNINGS_MAX) {
		return;
	}
	va_start(ap, fmt);
	vsnprintf(p->warnings[p->warning_count++], PROJECT_NAME_SIZE, fmt, ap);
	va_end(ap);
}

size_t project_filament_count(const struct project *p)
{
	size_t most = p->filament_count;

	for (size_t i = 0; i < p->plate_count; i++) {
		for (size_t k = 0; k < p->plates[i].filament_count; k++) {
			size_t id = (size_t)p->plates[i].filaments[k].id;

			most = id > most ? id : most;
		}
	}
	return most;
}

/* From 1; 0 = not told. */
static int slicer_nozzle(const struct project_plate *plate, const struct project_filament *filament)
{
	size_t at = (size_t)filament->id - 1;

	if (at < plate->map_count && plate->maps[at] > 0) {
		return plate->maps[at];
	}
	if (filament->group < 0 || filament->group >= PROJECT_NOZZLES_MAX) {
		return 0;
	}
	return plate->group_nozzle[filament->group] ? plate->group_nozzle[filament->group]
						    : filament->group + 1;
}

int project_nozzle(const struct project *p, const struct project_plate *plate,
    const struct project_filament *filament)
{
	int nozzle = slicer_nozzle(plate, filament), physical;

	if ((plate->nozzle_count < 2 && p->physical_count < 2) || nozzle < 1) {
		return -1;
	}
	if (p->physical_count < 2) {
		/* Slicers count from the left, printers from the right. */
		return nozzle <= 2 ? 2 - nozzle : -1;
	}
	physical = (size_t)nozzle <= p->physical_count ? p->physical[nozzle - 1] : -1;
	return physical == 0 || physical == 1 ? physical : -1;
}
