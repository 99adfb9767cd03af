/* SPDX-License-Identifier: MIT */
/* From the archive to the project: which parts are looked for, and how large they may be. */
#include "ctl/inspect/gather.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "ctl/inspect/archive.h"
#include "ctl/inspect/project.h"
#include "ctl/inspect/read.h"

#define PART_MAX (32u * 1024 * 1024) /* model_settings.config of thousands of parts */
#define PLATE_JSON_MAX (4u * 1024 * 1024)
#define PNG_SIDE_MAX 16384
#define FOLDER "Metadata/plate_"

struct finding {
	struct project *project;
	bool is_3mf;
	bool json[PROJECT_PLATES_MAX + 1], png[PROJECT_PLATES_MAX + 1];
};

/* Number of the plate of "Metadata/plate_7.png" and the ending (".png"); 0 = another name. */
static int plate_of(const char *name, const char **ret_ending)
{
	const char *digits = name + strlen(FOLDER);
	size_t len;
	char text[8];
	int64_t index;

	if (!str_starts(name, FOLDER)) {
		return 0;
	}
	len = strspn(digits, "0123456789");
	if (len == 0 || len >= sizeof(text) || digits[0] == '0') {
		return 0;
	}
	memcpy(text, digits, len);
	text[len] = '\0';
	*ret_ending = digits + len;
	return parse_i64(text, 1, PROJECT_PLATES_MAX, &index) == 0 ? (int)index : 0;
}

static void find_entry(void *arg, const char *name, uint64_t size_bytes)
{
	struct finding *f = arg;
	const char *ending;
	int index = plate_of(name, &ending);

	f->is_3mf |= strcmp(name, "[Content_Types].xml") == 0 || str_starts(name, "3D/") ||
		     strcmp(name, "Metadata/slice_info.config") == 0;
	if (index > 0 && strcmp(ending, ".gcode") == 0 && size_bytes > 0) {
		project_plate(f->project, index)->gcode = true;
	}
	if (index > 0) {
		f->json[index] |= strcmp(ending, ".json") == 0;
		f->png[index] |= strcmp(ending, ".png") == 0;
	}
}

static uint32_t big_endian(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Its signature, and a first chunk that gives a size. */
static bool is_png(const char *data, size_t len)
{
	return len > 45 && memcmp(data, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) == 0 &&
	       big_endian(data + 16) - 1 < PNG_SIDE_MAX && big_endian(data + 20) - 1 < PNG_SIDE_MAX;
}

int gather_png(struct archive *a, int plate, char **ret, size_t *ret_len, struct err *e)
{
	_cleanup_free_ char *name = xasprintf(FOLDER "%d.png", plate), *data = NULL;
	size_t len;
	int r = archive_read(a, name, GATHER_PNG_MAX, &data, &len, e);

	if (r == ARCHIVE_E_ABSENT) {
		err_set(e, ERR_FILE_REFUSED, "there is no picture of plate %d in it", plate);
		return -EINVAL;
	}
	if (r < 0) {
		return r;
	}
	if (!is_png(data, len)) {
		err_set(e, ERR_FILE_REFUSED, "%s is no PNG picture", name);
		return -EINVAL;
	}
	*ret = TAKE(data);
	*ret_len = len;
	return 0;
}

/* Reads one part when it is there. */
static int gather_part(struct archive *a, struct project *p, const char *name,
    int (*read)(struct project *, const char *, size_t, struct err *), struct err *e)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = archive_read(a, name, PART_MAX, &text, &len, e);

	if (r == ARCHIVE_E_ABSENT) {
		return 0;
	}
	return r < 0 ? r : read(p, text, len, e);
}

/* The build plate and the picture: not worth a refusal, unless the archive itself is at fault. */
static int gather_plate(
    struct archive *a, struct project *p, struct finding *f, int index, struct err *e)
{
	_cleanup_free_ char *name = xasprintf(FOLDER "%d.json", index), *text = NULL, *png = NULL;
	struct err why;
	size_t len;

	if (f->json[index]) {
		if (archive_read(a, name, PLATE_JSON_MAX, &text, &len, e) < 0) {
			return -EINVAL;
		}
		read_plate_json(p, index, text, len);
	}
	if (f->png[index] && gather_png(a, index, &png, &len, &why) < 0) {
		project_warn(p, "plate %d: %s", index, why.message);
	}
	project_find(p, index)->thumbnail = png != NULL;
	return 0;
}

static void look_over(struct project *p)
{
	size_t sliced = 0, objects = 0, count = project_filament_count(p);

	for (size_t i = 0; i < p->plate_count; i++) {
		const struct project_plate *plate = &p->plates[i];

		sliced += plate->gcode;
		objects += plate->objects_total;
		if (!plate->gcode && plate->filament_count > 0) {
			project_warn(
			    p, "plate %d is described, but its G-code is missing", plate->index);
		}
	}
	if (sliced == 0) {
		project_warn(p, "not sliced: there is no G-code in it");
	}
	if (objects > p->object_count) {
		project_warn(p, "%zu of %zu objects are listed", p->object_count, objects);
	}
	if (p->filament_count > 0 && count > p->filament_count) {
		project_warn(
		    p, "filament %zu is used, the project has %zu", count, p->filament_count);
	}
}

int gather_project(struct archive *a, struct project *p, struct err *e)
{
	struct finding f = {.project = p};
	int r;

	/* Slices first: a plate that stands there twice is an error only among them. */
	r = gather_part(a, p, "Metadata/slice_info.config", read_slice_info, e);
	if (r == 0) {
		r = gather_part(a, p, "Metadata/model_settings.config", read_model_settings, e);
	}
	if (r == 0) {
		r = gather_part(a, p, "Metadata/project_settings.config", read_project_settings, e);
	}
	if (r < 0) {
		return r;
	}
	archive_each(a, find_entry, &f);
	if (!f.is_3mf) {
		err_set(e, ERR_FILE_REFUSED, "it is no 3mf file: an archive of something else");
		return -EINVAL;
	}
	for (size_t i = 0; i < p->plate_count; i++) {
		if (gather_plate(a, p, &f, p->plates[i].index, e) < 0) {
			return -EINVAL;
		}
	}
	look_over(p);
	return 0;
}
