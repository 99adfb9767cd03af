/* SPDX-License-Identifier: MIT */
/* The project as the one JSON object that bambu-inspect prints. */
#include "ctl/inspect/render.h"

#include <string.h>

#include "common/jw.h"
#include "common/util.h"
#include "ctl/inspect/project.h"

/* bambu.md 3: slicers write the codes that printers announce. */
static const struct {
	const char *model, *product, *codes[2];
} models[] = {
    {"X1C", "Bambu Lab X1 Carbon", {"BL-P001", "3DPrinter-X1-Carbon"}},
    {"X1", "Bambu Lab X1", {"BL-P002", "3DPrinter-X1"}},
    {"X1E", "Bambu Lab X1E", {"C13"}},
    {"P1P", "Bambu Lab P1P", {"C11"}},
    {"P1S", "Bambu Lab P1S", {"C12"}},
    {"A1", "Bambu Lab A1", {"N2S"}},
    {"A1MINI", "Bambu Lab A1 mini", {"N1"}},
    {"A2L", "Bambu Lab A2L", {"N9"}},
    {"P2S", "Bambu Lab P2S", {"N7"}},
    {"X2D", "Bambu Lab X2D", {"N6"}},
    {"H2S", "Bambu Lab H2S", {"O1S"}},
    {"H2D", "Bambu Lab H2D", {"O1D", "O1D-V2"}},
    {"H2DPRO", "Bambu Lab H2D Pro", {"O1E", "O2D"}},
    {"H2C", "Bambu Lab H2C", {"O1C2", "O1C"}},
};

static bool is_called(size_t i, const char *code)
{
	for (size_t k = 0; k < ARRAY_SIZE(models[i].codes); k++) {
		if (models[i].codes[k] && strcmp(models[i].codes[k], code) == 0) {
			return true;
		}
	}
	return strcmp(models[i].product, code) == 0;
}

const char *render_model(const char *code)
{
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		if (is_called(i, code)) {
			return models[i].model;
		}
	}
	return NULL;
}

static void render_text(struct jw *w, const char *key, const char *text)
{
	jw_str(w, key, *text ? text : NULL);
}

static void render_models(struct jw *w, const struct project *p)
{
	jw_array(w, "printer_models");
	for (size_t i = 0; i < p->model_count; i++) {
		jw_str(w, NULL, p->models[i]);
	}
	jw_array_end(w);
	jw_array(w, "models");
	for (size_t i = 0; i < p->model_count; i++) {
		const char *model = render_model(p->models[i]);

		jw_str(w, NULL, model ? model : p->models[i]);
	}
	/* Before slicing only the project knows what it is meant for. */
	if (p->model_count == 0 && render_model(p->product)) {
		jw_str(w, NULL, render_model(p->product));
	}
	jw_array_end(w);
}

static void render_filament(struct jw *w, const struct project *p,
    const struct project_plate *plate, const struct project_filament *f)
{
	int nozzle = project_nozzle(p, plate, f);

	jw_object(w, NULL);
	jw_int(w, "id", f->id);
	render_text(w, "type", f->type);
	render_text(w, "color", f->color);
	render_text(w, "profile", f->profile);
	jw_num(w, "grams", f->grams, 2);
	jw_num(w, "meters", f->meters, 2);
	if (nozzle < 0) {
		jw_null(w, "nozzle");
	} else {
		jw_int(w, "nozzle", nozzle);
	}
	jw_object_end(w);
}

static void render_plate(struct jw *w, const struct project *p, const struct project_plate *plate)
{
	jw_object(w, NULL);
	jw_int(w, "index", plate->index);
	render_text(w, "name", plate->name);
	jw_bool(w, "gcode", plate->gcode);
	jw_num(w, "time_s", plate->time_s, 0);
	jw_num(w, "weight_g", plate->weight_g, 2);
	render_text(w, "bed_type", plate->bed_type);
	jw_array(w, "nozzles_mm");
	for (size_t i = 0; i < plate->nozzle_count; i++) {
		jw_num(w, NULL, plate->nozzles_mm[i], 2);
	}
	jw_array_end(w);
	jw_array(w, "filaments");
	for (size_t i = 0; i < plate->filament_count; i++) {
		render_filament(w, p, plate, &plate->filaments[i]);
	}
	jw_array_end(w);
	jw_array(w, "objects");
	for (size_t i = 0; i < plate->object_count; i++) {
		jw_object(w, NULL);
		jw_int(w, "id", plate->objects[i].id);
		jw_str(w, "name", plate->objects[i].name);
		jw_bool(w, "skipped", plate->objects[i].skipped);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_int(w, "objects_total", (int64_t)plate->objects_total);
	jw_bool(w, "thumbnail", plate->thumbnail);
	jw_object_end(w);
}

void render_project(struct jw *w, const struct project *p, const char *file, int64_t size_bytes)
{
	jw_object(w, NULL);
	jw_str(w, "file", file);
	jw_int(w, "size_bytes", size_bytes);
	render_models(w, p);
	jw_int(w, "filament_count", (int64_t)project_filament_count(p));
	jw_array(w, "plates");
	for (size_t i = 0; i < p->plate_count; i++) {
		render_plate(w, p, &p->plates[i]);
	}
	jw_array_end(w);
	jw_array(w, "warnings");
	for (size_t i = 0; i < p->warning_count; i++) {
		jw_str(w, NULL, p->warnings[i]);
	}
	jw_array_end(w);
	jw_object_end(w);
}
