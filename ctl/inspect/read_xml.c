/* SPDX-License-Identifier: MIT */
/* The XML parts: what was sliced, and the names of the plates. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "common/util.h"
#include "ctl/inspect/read.h"
#include "ctl/inspect/xml.h"

#define SLICE_PART "Metadata/slice_info.config"
#define MODEL_PART "Metadata/model_settings.config"
#define TIME_MAX_S (366.0 * 24 * 3600)
#define AMOUNT_MAX 1e6 /* grams and metres beyond are no amounts */
#define NOZZLE_MAX_MM 5.0
#define ID_MAX 0x7fffffffLL

/* One plate as it is being read; config > plate > what it holds. */
struct slice {
	struct project *project;
	struct project_plate plate;
	bool inside;
};

/* NAN unless it is a number from 0 to max. */
static double amount(const char *s, double max)
{
	double value;

	return s && parse_double(s, &value) == 0 && value >= 0 && value <= max ? value : NAN;
}

static void copy_word(char dst[static PROJECT_WORD_SIZE], const char *src)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-+. ";

	if (src && strspn(src, plain) == strlen(src)) {
		str_copy(dst, PROJECT_WORD_SIZE, src);
	}
}

/* "#f2754e" or "#F2754EFF" -> "F2754E". */
static void copy_color(char dst[static 8], const char *src)
{
	size_t len;

	if (!src) {
		return;
	}
	src += *src == '#';
	len = strspn(src, "0123456789abcdefABCDEF");
	if ((len != 6 && len != 8) || src[len]) {
		return;
	}
	for (size_t i = 0; i < 6; i++) {
		dst[i] = src[i] >= 'a' ? (char)(src[i] - 'a' + 'A') : src[i];
	}
	dst[6] = '\0';
}

/* "1 2 2": the nozzle of each filament. */
static void read_maps(struct project_plate *plate, const char *value)
{
	_cleanup_free_ char *copy = xstrdup(value);
	char *rest = copy, *word;

	plate->map_count = 0;
	while ((word = strsep(&rest, " ,")) && plate->map_count < PROJECT_FILAMENTS_MAX) {
		int64_t nozzle = 0;

		if (*word) {
			parse_i64(word, 0, PROJECT_NOZZLES_MAX, &nozzle);
			plate->maps[plate->map_count++] = (int)nozzle;
		}
	}
}

/* "0.4" or "0.4,0.4". */
static void read_nozzles(struct project_plate *plate, const char *value)
{
	_cleanup_free_ char *copy = xstrdup(value);
	char *rest = copy, *word;

	plate->nozzle_count = 0;
	while ((word = strsep(&rest, ",; ")) && plate->nozzle_count < PROJECT_NOZZLES_MAX) {
		double mm = amount(word, NOZZLE_MAX_MM);

		if (mm > 0) {
			plate->nozzles_mm[plate->nozzle_count++] = mm;
		}
	}
}

static int read_metadata(struct slice *s, const char **attributes, struct err *e)
{
	const char *key = xml_attribute(attributes, "key");
	const char *value = xml_attribute(attributes, "value");
	int64_t index;

	if (!key || !value) {
		return 0;
	}
	if (strcmp(key, "index") == 0) {
		if (parse_i64(value, 1, PROJECT_PLATES_MAX, &index) < 0) {
			err_set(e, ERR_FILE_REFUSED,
			    SLICE_PART ": \"%.20s\" is no number of a plate", value);
			return -EINVAL;
		}
		s->plate.index = (int)index;
	} else if (strcmp(key, "prediction") == 0) {
		s->plate.time_s = amount(value, TIME_MAX_S);
	} else if (strcmp(key, "weight") == 0) {
		s->plate.weight_g = amount(value, AMOUNT_MAX);
	} else if (strcmp(key, "nozzle_diameters") == 0) {
		read_nozzles(&s->plate, value);
	} else if (strcmp(key, "filament_maps") == 0) {
		read_maps(&s->plate, value);
	} else if (strcmp(key, "printer_model_id") == 0) {
		char code[PROJECT_WORD_SIZE];

		project_copy(code, sizeof(code), value);
		project_add_model(s->project, code);
	}
	return 0;
}

static int read_filament(struct slice *s, const char **attributes, struct err *e)
{
	const char *id = xml_attribute(attributes, "id"), *type = xml_attribute(attributes, "type");
	const char *group = xml_attribute(attributes, "group_id");
	struct project_filament *f;
	int64_t number;

	if (!id || parse_i64(id, 1, PROJECT_FILAMENTS_MAX, &number) < 0) {
		err_set(e, ERR_FILE_REFUSED, SLICE_PART ": \"%.20s\" is no number of a filament",
		    id ? id : "");
		return -EINVAL;
	}
	for (size_t i = 0; i < s->plate.filament_count; i++) {
		if (s->plate.filaments[i].id == number) {
			err_set(e, ERR_FILE_REFUSED, SLICE_PART ": filament %d twice on a plate",
			    (int)number);
			return -EINVAL;
		}
	}
	s->plate.filaments =
	    xrealloc(s->plate.filaments, (s->plate.filament_count + 1) * sizeof(*f));
	f = &s->plate.filaments[s->plate.filament_count++];
	*f = (struct project_filament){.id = (int)number, .group = -1};
	project_copy(f->type, sizeof(f->type), type ? type : "");
	copy_color(f->color, xml_attribute(attributes, "color"));
	copy_word(f->profile, xml_attribute(attributes, "tray_info_idx"));
	f->grams = amount(xml_attribute(attributes, "used_g"), AMOUNT_MAX);
	f->meters = amount(xml_attribute(attributes, "used_m"), AMOUNT_MAX);
	if (group && parse_i64(group, 0, PROJECT_NOZZLES_MAX - 1, &number) == 0) {
		f->group = (int)number;
	}
	return 0;
}

static void read_object(struct slice *s, const char **attributes)
{
	const char *id = xml_attribute(attributes, "identify_id");
	const char *name = xml_attribute(attributes, "name");
	const char *skipped = xml_attribute(attributes, "skipped");
	struct project_plate *plate = &s->plate;
	struct project_object *o;
	int64_t number;

	plate->objects_total++;
	if (!id || parse_i64(id, 0, ID_MAX, &number) < 0 ||
	    s->project->object_count == PROJECT_OBJECTS_MAX) {
		return;
	}
	s->project->object_count++;
	plate->objects = xrealloc(plate->objects, (plate->object_count + 1) * sizeof(*o));
	o = &plate->objects[plate->object_count++];
	o->id = number;
	o->skipped = skipped && strcasecmp(skipped, "true") == 0;
	project_copy(o->name, sizeof(o->name), name ? name : "");
}

static void read_nozzle(struct slice *s, const char **attributes)
{
	const char *id = xml_attribute(attributes, "id");
	const char *extruder = xml_attribute(attributes, "extruder_id");
	int64_t group, nozzle;

	if (id && extruder && parse_i64(id, 0, PROJECT_NOZZLES_MAX - 1, &group) == 0 &&
	    parse_i64(extruder, 1, PROJECT_NOZZLES_MAX, &nozzle) == 0) {
		s->plate.group_nozzle[group] = (int)nozzle;
	}
}

static int slice_start(
    void *arg, int depth, const char *element, const char **attributes, struct err *e)
{
	struct slice *s = arg;

	if (depth == 2 && strcmp(element, "plate") == 0) {
		project_init_plate(&s->plate);
		s->inside = true;
	}
	if (depth != 3 || !s->inside) {
		return 0;
	}
	if (strcmp(element, "metadata") == 0) {
		return read_metadata(s, attributes, e);
	}
	if (strcmp(element, "filament") == 0) {
		return read_filament(s, attributes, e);
	}
	if (strcmp(element, "object") == 0) {
		read_object(s, attributes);
	} else if (strcmp(element, "nozzle") == 0) {
		read_nozzle(s, attributes);
	}
	return 0;
}

static int slice_end(void *arg, int depth, const char *element, struct err *e)
{
	struct slice *s = arg;
	struct project_plate *plate;

	if (depth != 2 || !s->inside) {
		return 0;
	}
	s->inside = false;
	if (s->plate.index == 0 || project_find(s->project, s->plate.index)) {
		err_set(e, ERR_FILE_REFUSED,
		    s->plate.index ? SLICE_PART ": plate %d stands there twice"
				   : SLICE_PART ": a plate without a number",
		    s->plate.index);
		project_finish_plate(&s->plate);
		return -EINVAL;
	}
	plate = project_plate(s->project, s->plate.index);
	*plate = s->plate;
	s->plate = (struct project_plate){0};
	return 0;
}

int read_slice_info(struct project *p, const char *text, size_t len, struct err *e)
{
	struct slice s = {.project = p};
	struct xml_reader reader = {.start = slice_start, .end = slice_end, .arg = &s};
	int r = xml_read(&reader, text, len, SLICE_PART, e);

	project_finish_plate(&s.plate);
	return r;
}

/* The plate of the model settings as it is being read. */
struct naming {
	struct project *project;
	bool inside;
	int64_t index;
	char name[PROJECT_NAME_SIZE];
};

static int naming_start(
    void *arg, int depth, const char *element, const char **attributes, struct err *e)
{
	struct naming *n = arg;
	const char *key = xml_attribute(attributes, "key");
	const char *value = xml_attribute(attributes, "value");

	if (depth == 2) {
		n->inside = strcmp(element, "plate") == 0;
		n->index = 0;
		n->name[0] = '\0';
	}
	if (depth != 3 || !n->inside || strcmp(element, "metadata") != 0 || !key || !value) {
		return 0;
	}
	if (strcmp(key, "plater_id") == 0 &&
	    parse_i64(value, 1, PROJECT_PLATES_MAX, &n->index) < 0) {
		err_set(
		    e, ERR_FILE_REFUSED, MODEL_PART ": \"%.20s\" is no number of a plate", value);
		return -EINVAL;
	}
	if (strcmp(key, "plater_name") == 0) {
		project_copy(n->name, sizeof(n->name), value);
	}
	return 0;
}

static int naming_end(void *arg, int depth, const char *element, struct err *e)
{
	struct naming *n = arg;
	struct project_plate *plate;

	if (depth == 2 && n->inside && n->index > 0) {
		plate = project_plate(n->project, (int)n->index);
		str_copy(plate->name, sizeof(plate->name), n->name);
	}
	n->inside = n->inside && depth > 2;
	return 0;
}

int read_model_settings(struct project *p, const char *text, size_t len, struct err *e)
{
	struct naming n = {.project = p};
	struct xml_reader reader = {.start = naming_start, .end = naming_end, .arg = &n};

	return xml_read(&reader, text, len, MODEL_PART, e);
}
