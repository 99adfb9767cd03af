/* SPDX-License-Identifier: MIT */
/* The parts of a 3mf file, read into a project. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "common/util.h"
#include "ctl/inspect/read.h"

static int set_up(void **state)
{
	*state = project_create();
	return 0;
}

static int tear_down(void **state)
{
	project_destroy(*state);
	return 0;
}

static int slice(struct project *p, const char *inside, struct err *e)
{
	_cleanup_free_ char *text = xasprintf("<config><header/>%s</config>", inside);

	return read_slice_info(p, text, strlen(text), e);
}

/* One plate of number 1. */
static struct project_plate *plate_with(struct project *p, const char *inside)
{
	_cleanup_free_ char *text =
	    xasprintf("<plate><metadata key=\"index\" value=\"1\"/>%s</plate>", inside);
	struct err e = {0};

	assert_int_equal(slice(p, text, &e), 0);
	return project_find(p, 1);
}

static void slice_info_gives_time_weight_nozzles_and_model(void **state)
{
	struct project *p = *state;
	struct project_plate *plate = plate_with(p,
	    "<metadata key=\"prediction\" value=\"59.5\"/><metadata key=\"weight\" value=\"2.5\"/>"
	    "<metadata key=\"nozzle_diameters\" value=\"0.4,0.6\"/>"
	    "<metadata key=\"printer_model_id\" value=\"C12\"/>");

	assert_float_equal(plate->time_s, 59.5, 0);
	assert_float_equal(plate->weight_g, 2.5, 0);
	assert_int_equal(plate->nozzle_count, 2);
	assert_float_equal(plate->nozzles_mm[1], 0.6, 1e-9);
	assert_int_equal(p->model_count, 1);
	assert_string_equal(p->models[0], "C12");
}

static void slice_info_leaves_unknown_what_is_no_amount(void **state)
{
	struct project_plate *plate = plate_with(*state,
	    "<metadata key=\"prediction\" value=\"-1\"/><metadata key=\"weight\" value=\"1e9\"/>"
	    "<metadata key=\"nozzle_diameters\" value=\"0,9,x\"/><metadata value=\"1\"/>"
	    "<filament id=\"1\" color=\"#12345\" used_g=\"inf\" used_m=\"\"/>");

	assert_true(isnan(plate->time_s) && isnan(plate->weight_g));
	assert_int_equal(plate->nozzle_count, 0);
	assert_string_equal(plate->filaments[0].color, "");
	assert_string_equal(plate->filaments[0].type, "");
	assert_true(isnan(plate->filaments[0].grams) && isnan(plate->filaments[0].meters));
}

static void slice_info_gives_filaments_with_a_plain_colour(void **state)
{
	struct project_plate *plate = plate_with(*state,
	    "<filament id=\"2\" type=\"PETG\" color=\"#f27aFe80\" tray_info_idx=\"GFG99\" "
	    "used_g=\"1.25\" used_m=\"0.5\" group_id=\"1\"/>"
	    "<filament id=\"64\" tray_info_idx=\"a/b\" group_id=\"0,2\"/>");

	assert_int_equal(plate->filament_count, 2);
	assert_int_equal(plate->filaments[0].id, 2);
	assert_string_equal(plate->filaments[0].type, "PETG");
	assert_string_equal(plate->filaments[0].color, "F27AFE");
	assert_string_equal(plate->filaments[0].profile, "GFG99");
	assert_int_equal(plate->filaments[0].group, 1);
	assert_string_equal(plate->filaments[1].profile, "");
	assert_int_equal(plate->filaments[1].group, -1);
}

static void slice_info_counts_objects_and_cuts_names_at_a_character(void **state)
{
	_cleanup_free_ char *name = xcalloc(1, 602), *text = NULL;
	struct project_plate *plate;

	for (size_t i = 0; i < 200; i++) {
		memcpy(name + 3 * i, "\xe2\x82\xac", 3);
	}
	text = xasprintf("<object identify_id=\"7\" name=\"%s\" skipped=\"TRUE\"/>"
			 "<object identify_id=\"x\" name=\"b\"/>",
	    name);
	plate = plate_with(*state, text);
	assert_int_equal(plate->objects_total, 2);
	assert_int_equal(plate->object_count, 1);
	assert_int_equal(plate->objects[0].id, 7);
	assert_true(plate->objects[0].skipped);
	assert_int_equal(strlen(plate->objects[0].name), 255);
}

static void slice_info_refuses_plates_and_filaments_that_cannot_be(void **state)
{
	static const char *const wrong[] = {
	    "<plate/>",
	    "<plate><metadata key=\"index\" value=\"0\"/></plate>",
	    "<plate><metadata key=\"index\" value=\"129\"/></plate>",
	    "<plate><metadata key=\"index\" value=\"1 \"/></plate>",
	    "<plate><metadata key=\"index\" value=\"5\"/></plate>"
	    "<plate><metadata key=\"index\" value=\"5\"/><object identify_id=\"1\"/></plate>",
	    "<plate><filament/></plate>",
	    "<plate><filament id=\"0\"/></plate>",
	    "<plate><filament id=\"1\"/><filament id=\"1\"/></plate>",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct project *p = project_create();
		struct err e = {0};

		assert_int_equal(slice(p, wrong[i], &e), -EINVAL);
		assert_int_equal(e.type, ERR_FILE_REFUSED);
		project_destroy(p);
	}
}

static void slice_info_looks_only_where_plates_stand(void **state)
{
	struct err e = {0};

	assert_int_equal(slice(*state,
			     "<x><plate><metadata key=\"index\" value=\"2\"/></plate></x>"
			     "<filament id=\"0\"/>"
			     "<plate><metadata key=\"index\" value=\"3\"/>"
			     "<y><filament id=\"1\"/></y></plate>",
			     &e),
	    0);
	assert_null(project_find(*state, 2));
	assert_int_equal(project_find(*state, 3)->filament_count, 0);
}

static void model_settings_name_plates_in_their_order(void **state)
{
	static const char text[] =
	    "<config><object><metadata key=\"plater_id\" value=\"9\"/></object>"
	    "<plate><metadata key=\"plater_id\" value=\"3\"/>"
	    "<metadata key=\"plater_name\" value=\"back\"/></plate>"
	    "<plate><metadata key=\"plater_id\" value=\"1\"/></plate></config>";
	struct project *p = *state;
	struct err e = {0};

	assert_int_equal(read_model_settings(p, text, strlen(text), &e), 0);
	assert_int_equal(p->plate_count, 2);
	assert_int_equal(p->plates[0].index, 1);
	assert_string_equal(p->plates[0].name, "");
	assert_string_equal(p->plates[1].name, "back");
	assert_false(p->plates[1].gcode);
}

static int settings(struct project *p, const char *text, struct err *e)
{
	return read_project_settings(p, text, strlen(text), e);
}

static void project_settings_count_filaments_and_map_nozzles(void **state)
{
	struct project *p = *state;
	struct err e = {0};

	assert_int_equal(settings(p,
			     "{\"filament_type\":[\"PLA\"],\"filament_colour\":[\"#1\",\"#2\"],"
			     "\"physical_extruder_map\":[\"1\",0,\"x\"],\"printer_model\":\"Z\"}",
			     &e),
	    0);
	assert_int_equal(p->filament_count, 2);
	assert_int_equal(p->physical_count, 3);
	assert_int_equal(p->physical[0], 1);
	assert_int_equal(p->physical[1], 0);
	assert_int_equal(p->physical[2], -1);
	assert_string_equal(p->product, "Z");
}

static void project_settings_refuse_what_is_no_object(void **state)
{
	static const char *const wrong[] = {"", "[]", "{", "{\"a\":1,\"a\":2}", "nul"};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct err e = {0};

		assert_int_equal(settings(*state, wrong[i], &e), -EINVAL);
		assert_int_equal(e.type, ERR_FILE_REFUSED);
	}
}

static void plate_json_gives_the_build_plate_or_a_warning(void **state)
{
	struct project *p = *state;
	struct project_plate *plate = plate_with(p, "");
	static const char *const wrong[] = {
	    "{\"bed_type\":\"Hot Plate\"}", "{\"bed_type\":5}", "[]"};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		read_plate_json(p, 1, wrong[i], strlen(wrong[i]));
		assert_string_equal(plate->bed_type, "");
	}
	assert_int_equal(p->warning_count, 0);
	read_plate_json(p, 1, "{\"bed_type\":\"hot_plate\"}", 24);
	assert_string_equal(plate->bed_type, "hot_plate");
	read_plate_json(p, 1, "{", 1);
	read_plate_json(p, 2, "{", 1); /* no such plate: nothing to tell */
	assert_int_equal(p->warning_count, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(slice_info_gives_time_weight_nozzles_and_model),
	    T(slice_info_leaves_unknown_what_is_no_amount),
	    T(slice_info_gives_filaments_with_a_plain_colour),
	    T(slice_info_counts_objects_and_cuts_names_at_a_character),
	    T(slice_info_refuses_plates_and_filaments_that_cannot_be),
	    T(slice_info_looks_only_where_plates_stand),
	    T(model_settings_name_plates_in_their_order),
	    T(project_settings_count_filaments_and_map_nozzles),
	    T(project_settings_refuse_what_is_no_object),
	    T(plate_json_gives_the_build_plate_or_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
