/* SPDX-License-Identifier: MIT */
/* What follows from the parts together: order of plates, size of a mapping, numbers of nozzles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "ctl/inspect/project.h"
#include "ctl/inspect/render.h"

static void project_keeps_plates_in_the_order_of_their_numbers(void **state)
{
	static const int order[] = {7, 2, 128, 1, 7};
	struct project *p = project_create();

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		assert_int_equal(project_plate(p, order[i])->index, order[i]);
	}
	assert_int_equal(p->plate_count, 4);
	assert_int_equal(p->plates[0].index, 1);
	assert_int_equal(p->plates[3].index, 128);
	assert_null(project_plate(p, 0));
	assert_null(project_plate(p, 129));
	assert_null(project_find(p, 3));
	for (int i = 1; i <= PROJECT_PLATES_MAX; i++) {
		assert_non_null(project_plate(p, i));
	}
	assert_int_equal(p->plate_count, PROJECT_PLATES_MAX);
	project_destroy(p);
}

static void filament_count_is_of_the_project_or_the_greatest_used(void **state)
{
	struct project *p = project_create();
	struct project_plate *plate = project_plate(p, 1);

	assert_int_equal(project_filament_count(p), 0);
	plate->filaments = xcalloc(1, sizeof(*plate->filaments));
	plate->filaments[0].id = 3;
	plate->filament_count = 1;
	assert_int_equal(project_filament_count(p), 3);
	p->filament_count = 5;
	assert_int_equal(project_filament_count(p), 5);
	p->filament_count = 2;
	assert_int_equal(project_filament_count(p), 3);
	project_destroy(p);
}

static void nozzle_is_the_printers_number_only_where_there_are_two(void **state)
{
	struct project *p = project_create();
	struct project_plate *plate = project_plate(p, 1);
	struct project_filament f = {.id = 2, .group = 0};

	assert_int_equal(project_nozzle(p, plate, &f), -1);
	plate->nozzle_count = 2;
	assert_int_equal(project_nozzle(p, plate, &f), 1); /* slicers count from the left */
	f.group = 1;
	assert_int_equal(project_nozzle(p, plate, &f), 0);
	p->physical[0] = 0;
	p->physical[1] = 1;
	p->physical_count = 2;
	assert_int_equal(project_nozzle(p, plate, &f), 1);
	plate->group_nozzle[1] = 1;
	assert_int_equal(project_nozzle(p, plate, &f), 0);
	plate->maps[1] = 2;
	plate->map_count = 2;
	assert_int_equal(project_nozzle(p, plate, &f), 1);
	plate->maps[1] = 3; /* there is no third */
	assert_int_equal(project_nozzle(p, plate, &f), -1);
	f = (struct project_filament){.id = 3, .group = -1};
	assert_int_equal(project_nozzle(p, plate, &f), -1);
	project_destroy(p);
}

static void models_and_warnings_are_bounded_and_told_once(void **state)
{
	struct project *p = project_create();
	char code[8];

	for (int i = 0; i < 2 * PROJECT_MODELS_MAX; i++) {
		snprintf(code, sizeof(code), "C%d", i / 2 + 1);
		project_add_model(p, code);
	}
	project_add_model(p, "");
	project_add_model(p, "more");
	assert_int_equal(p->model_count, PROJECT_MODELS_MAX);
	for (int i = 0; i <= PROJECT_WARNINGS_MAX; i++) {
		project_warn(p, "%d", i);
	}
	assert_int_equal(p->warning_count, PROJECT_WARNINGS_MAX);
	project_destroy(p);
}

static void model_is_found_by_code_and_by_product(void **state)
{
	assert_string_equal(render_model("C12"), "P1S");
	assert_string_equal(render_model("C11"), "P1P");
	assert_string_equal(render_model("O1D-V2"), "H2D");
	assert_string_equal(render_model("Bambu Lab A1 mini"), "A1MINI");
	assert_null(render_model("c12"));
	assert_null(render_model(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(project_keeps_plates_in_the_order_of_their_numbers),
	    cmocka_unit_test(filament_count_is_of_the_project_or_the_greatest_used),
	    cmocka_unit_test(nozzle_is_the_printers_number_only_where_there_are_two),
	    cmocka_unit_test(models_and_warnings_are_bounded_and_told_once),
	    cmocka_unit_test(model_is_found_by_code_and_by_product),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
