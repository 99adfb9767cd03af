/* SPDX-License-Identifier: MIT */
/* The model table: complete, free of clashes, and found by every name the vendor uses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/caps.h"

static void assert_model(const struct caps *row, const char *model)
{
	assert_non_null(row);
	assert_string_equal(row->model, model);
}

static void caps_has_every_model_of_the_status_object(void **state)
{
	static const char *const models[] = {"X1C", "X1", "X1E", "P1P", "P1S", "A1", "A1MINI",
	    "A2L", "P2S", "X2D", "H2S", "H2D", "H2DPRO", "H2C"};

	assert_int_equal(caps_count, ARRAY_SIZE(models));
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		assert_model(caps_by_model(models[i]), models[i]);
	}
	assert_model(caps_by_model("a1mini"), "A1MINI");
	assert_null(caps_by_model("A9"));
}

static void caps_codes_and_prefixes_belong_to_one_model(void **state)
{
	for (size_t i = 0; i < caps_count; i++) {
		const struct caps *row = &caps_table[i];

		for (size_t k = 0; k < ARRAY_SIZE(row->codes) && row->codes[k] != NULL; k++) {
			assert_ptr_equal(caps_by_code(row->codes[k]), row);
		}
		for (size_t k = 0; k < ARRAY_SIZE(row->prefixes) && row->prefixes[k] != NULL; k++) {
			assert_int_equal(strlen(row->prefixes[k]), 3);
			assert_ptr_equal(caps_by_serial(row->prefixes[k]), row);
		}
		assert_ptr_equal(caps_by_product(row->product), row);
		assert_true(row->nozzles == 1 || row->nozzles == 2);
		assert_true(row->camera != CAMERA_NONE);
	}
}

static void caps_by_product_ignores_maker_case_blanks_and_dashes(void **state)
{
	assert_model(caps_by_product("Bambu Lab X1-Carbon"), "X1C");
	assert_model(caps_by_product("Bambu Lab X1 Carbon"), "X1C");
	assert_model(caps_by_product("3DPrinter-X1-Carbon"), "X1C");
	assert_model(caps_by_product("3DPrinter-X1"), "X1");
	assert_model(caps_by_product("bambu lab a1 MINI"), "A1MINI");
	assert_model(caps_by_product("Bambu Lab A1"), "A1");
	assert_model(caps_by_product("Bambu Lab H2D Pro"), "H2DPRO");
	assert_model(caps_by_product("P2S"), "P2S");
	assert_null(caps_by_product("AMS 2 Pro (1)"));
	assert_null(caps_by_product("Air Pump"));
	assert_null(caps_by_product("Bambu Lab"));
	assert_null(caps_by_product(""));
	assert_null(caps_by_product(
	    "Bambu Lab X1-Carbon and a very long tail that no printer would ever send us"));
}

static void caps_by_module_needs_a_board_that_sits_in_one_model(void **state)
{
	assert_model(caps_by_module("esp32", "AP04", "C11"), "P1P");
	assert_model(caps_by_module("esp32", "AP04", "C12"), "P1S");
	assert_model(caps_by_module("esp32", "AP05", "N2S"), "A1");
	assert_model(caps_by_module("mc", "MC02", "N1"), "A1MINI");
	assert_model(caps_by_module("rv1126", "AP05", NULL), "X1C");
	assert_model(caps_by_module("ap", "AP02", ""), "X1E");
	assert_null(caps_by_module("ap", "AP05", NULL));
	assert_null(caps_by_module("ap", "AP04", ""));
	assert_null(caps_by_module("mc", "MC07", "P1"));
	assert_null(caps_by_module("esp32", "AP05", ""));
}

static void caps_by_serial_goes_by_prefix(void **state)
{
	assert_model(caps_by_serial("00M09A000000001"), "X1C");
	assert_model(caps_by_serial("01P00A000000001"), "P1S");
	assert_model(caps_by_serial("0948BB540200427"), "H2D");
	assert_null(caps_by_serial("35F000000000001"));
	assert_null(caps_by_serial("01"));
	assert_null(caps_by_serial(""));
}

static void caps_lookups_tolerate_null(void **state)
{
	assert_null(caps_by_model(NULL));
	assert_null(caps_by_code(NULL));
	assert_null(caps_by_serial(NULL));
	assert_null(caps_by_product(NULL));
	assert_null(caps_by_module(NULL, NULL, NULL));
}

static void caps_unknown_row_claims_nothing(void **state)
{
	const struct caps *row = caps_unknown();

	assert_null(row->model);
	assert_int_equal(row->nozzles, 0);
	assert_int_equal(row->camera, CAMERA_NONE);
	assert_false(row->chamber_heater);
}

static void caps_of_the_families_differ_where_the_printers_do(void **state)
{
	assert_int_equal(caps_by_model("P1S")->chamber, CHAMBER_NONE);
	assert_int_equal(caps_by_model("P1S")->camera, CAMERA_JPEG);
	assert_int_equal(caps_by_model("X1C")->door, DOOR_HOME_FLAG);
	assert_int_equal(caps_by_model("P2S")->door, DOOR_STAT);
	assert_false(caps_by_model("P2S")->chamber_heater);
	assert_int_equal(caps_by_model("A1")->bed_max_c, 100);
	assert_int_equal(caps_by_model("A2L")->bed_max_c, 80);
	assert_int_equal(caps_by_model("H2D")->chamber_max_c, 65);
	assert_int_equal(caps_by_model("H2D")->nozzles, 2);
	assert_true(caps_by_model("A1MINI")->small_cpu);
	assert_true(caps_by_model("H2C")->always_signed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(caps_has_every_model_of_the_status_object),
	    cmocka_unit_test(caps_codes_and_prefixes_belong_to_one_model),
	    cmocka_unit_test(caps_by_product_ignores_maker_case_blanks_and_dashes),
	    cmocka_unit_test(caps_by_module_needs_a_board_that_sits_in_one_model),
	    cmocka_unit_test(caps_by_serial_goes_by_prefix),
	    cmocka_unit_test(caps_lookups_tolerate_null),
	    cmocka_unit_test(caps_unknown_row_claims_nothing),
	    cmocka_unit_test(caps_of_the_families_differ_where_the_printers_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
