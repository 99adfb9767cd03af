/* SPDX-License-Identifier: MIT */
/* HMS and print_error codes: form, severity, module, unit, slot, text and link. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/hms.h"
#include "daemon/model/hms_data.h"

static void hms_code_is_four_groups_of_upper_hex(void **state)
{
	struct hms_info info;

	hms_describe(0x03001200, 0x00020001, &info);
	assert_string_equal(info.code, "0300-1200-0002-0001");
	assert_int_equal(info.severity, HMS_SERIOUS);
	assert_string_equal(info.module, "motion");
	assert_int_equal(info.unit, UNKNOWN_INT);
	assert_int_equal(info.slot, UNKNOWN_INT);
	assert_string_equal(info.text, "The front cover of the toolhead fell off.");

	hms_describe(0x0c000300, 0x0003000b, &info);
	assert_string_equal(info.code, "0C00-0300-0003-000B");
}

static void hms_severity_is_the_upper_half_of_code(void **state)
{
	static const enum hms_severity severities[] = {HMS_SEVERITY_UNKNOWN, HMS_FATAL, HMS_SERIOUS,
	    HMS_COMMON, HMS_INFO, HMS_SEVERITY_UNKNOWN};
	struct hms_info info;

	for (uint32_t i = 0; i < ARRAY_SIZE(severities); i++) {
		hms_describe(0x05000500, i << 16 | 7, &info);
		assert_int_equal(info.severity, severities[i]);
	}
	hms_describe(0x05000500, 0xFFFF0007, &info);
	assert_int_equal(info.severity, HMS_SEVERITY_UNKNOWN);
}

static void hms_module_is_the_top_byte_of_attr(void **state)
{
	static const struct {
		uint32_t attr;
		const char *word;
	} cases[] = {
	    {0x03000000, "motion"},
	    {0x05000000, "mainboard"},
	    {0x07000000, "ams"},
	    {0x08000000, "toolhead"},
	    {0x0C000000, "xcam"},
	    {0x10000000, "system"},
	    {0x12000000, "ams_lite"},
	    {0x18000000, "ams_ht"},
	    {0x00000000, "unknown"},
	    {0xFF000000, "unknown"},
	};
	struct hms_info info;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		hms_describe(cases[i].attr, 0x00010001, &info);
		assert_string_equal(info.module, cases[i].word);
	}
}

static void assert_place(uint32_t attr, int unit, int slot)
{
	struct hms_info info;

	hms_describe(attr, 0x00020001, &info);
	assert_int_equal(info.unit, unit);
	assert_int_equal(info.slot, slot);
}

static void hms_unit_and_slot_come_only_from_ams_modules(void **state)
{
	assert_place(0x07002000, 0, 0);
	assert_place(0x07022300, 2, 3);
	assert_place(0x07031100, 3, 1);
	assert_place(0x07016200, 1, 2);
	assert_place(0x07004000, 0, UNKNOWN_INT);
	assert_place(0x07002400, 0, UNKNOWN_INT);
	assert_place(0x07FF2000, UNKNOWN_INT, UNKNOWN_INT);
	assert_place(0x07FE2000, UNKNOWN_INT, UNKNOWN_INT);
	assert_place(0x07092000, UNKNOWN_INT, UNKNOWN_INT);
	assert_place(0x12002100, 0, 1);
	assert_place(0x18002000, 128, 0);
	assert_place(0x18012000, 129, 0);
	assert_place(0x18802000, 128, 0);
	assert_place(0x18002100, 128, UNKNOWN_INT);
	assert_place(0x03012000, UNKNOWN_INT, UNKNOWN_INT);
}

static void assert_hms_text(uint32_t attr, uint32_t code, const char *text)
{
	struct hms_info info;

	hms_describe(attr, code, &info);
	if (text == NULL) {
		assert_null(info.text);
		return;
	}
	assert_non_null(info.text);
	assert_string_equal(info.text, text);
}

static void hms_text_names_the_unit_and_slot(void **state)
{
	assert_hms_text(0x07002000, 0x00020001, "The filament of AMS A slot 1 ran out.");
	assert_hms_text(0x07032300, 0x00020001, "The filament of AMS D slot 4 ran out.");
	assert_hms_text(0x12002200, 0x00020001, "The filament of AMS lite slot 3 ran out.");
	assert_hms_text(0x18012000, 0x00020001, "The filament of AMS HT-B ran out.");
	assert_hms_text(0x07FF2000, 0x00020001, "The filament of the spool holder ran out.");
	assert_hms_text(0x07010100, 0x00010001, "The assist motor of AMS B slips.");
	assert_hms_text(
	    0x07005100, 0x00030001, "AMS A is switched off; load filament from the spool holder.");
	assert_hms_text(0x18002100, 0x00020001, NULL);
}

static void hms_text_ignores_the_low_byte_of_attr(void **state)
{
	assert_hms_text(0x03001205, 0x00020001, "The front cover of the toolhead fell off.");
}

static void hms_text_of_an_unknown_code_is_null(void **state)
{
	assert_hms_text(0x03001200, 0x00020002, NULL);
	assert_hms_text(0x07002000, 0x0002FFFF, NULL);
	assert_hms_text(0x07092000, 0x00020001, NULL);
	assert_hms_text(0x07FF0100, 0x00010001, NULL);
	assert_hms_text(0, 0, NULL);
	assert_hms_text(0xFFFFFFFF, 0xFFFFFFFF, NULL);
}

static void hms_tables_are_sorted_and_reachable(void **state)
{
	for (size_t i = 0; i < hms_text_count; i++) {
		assert_true(i == 0 || hms_texts[i - 1].key < hms_texts[i].key);
		assert_hms_text((uint32_t)(hms_texts[i].key >> 32), (uint32_t)hms_texts[i].key,
		    hms_texts[i].text);
	}
	for (size_t i = 0; i < print_error_text_count; i++) {
		struct print_error_info info;

		assert_true(i == 0 || print_error_texts[i - 1].key < print_error_texts[i].key);
		print_error_describe(print_error_texts[i].key, &info);
		assert_ptr_equal(info.text, print_error_texts[i].text);
		assert_non_null(info.kind);
	}
}

static void hms_codes_the_protocol_notes_name_have_a_text(void **state)
{
	static const uint32_t errors[] = {0x0300400C, 0x0500400E, 0x03008001, 0x03008004,
	    0x07008011, 0x07018011, 0x07FF8011, 0x07FE8011, 0x05008051, 0x05004003, 0x05004004,
	    0x0500C010, 0x07FF8012, 0x0300800F, 0x05024007, 0x05024009};
	struct print_error_info info;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		print_error_describe(errors[i], &info);
		assert_non_null(info.text);
	}
	assert_hms_text(0x05000500, 0x00010007,
	    "A command was refused because it was not signed (authorization control).");
}

static void assert_error(uint32_t error, const char *code, const char *kind, const char *text)
{
	struct print_error_info info;

	print_error_describe(error, &info);
	assert_string_equal(info.code, code);
	assert_string_equal(info.kind == NULL ? "" : info.kind, kind);
	assert_string_equal(info.text == NULL ? "" : info.text, text);
}

static void print_error_kind_follows_the_low_half(void **state)
{
	assert_error(50348044, "0300-400C", "fatal", "The print was cancelled.");
	assert_error(0x03008001, "0300-8001", "pause", "The print was paused by the user.");
	assert_error(
	    0x0500C010, "0500-C010", "prompt", "The memory card cannot be read or written.");
	assert_error(0x03000007, "0300-0007", "", "");
	assert_error(0x10008001, "1000-8001", "pause", "");
	assert_error(0x12018011, "1201-8011", "pause", "The filament of AMS lite ran out.");
	assert_error(0x07038011, "0703-8011", "pause", "The filament of AMS D ran out.");
	assert_error(0x18008011, "1800-8011", "pause", "The filament of AMS HT-A ran out.");
	assert_error(0x07098011, "0709-8011", "pause", "");
	assert_error(0xFFFFFFFF, "FFFF-FFFF", "prompt", "");
}

static void hms_url_carries_all_digits_and_the_serial(void **state)
{
	char buf[160];

	assert_string_equal(hms_url(0x07002000, 0x00020001, "01P00A000000001", buf, sizeof(buf)),
	    "https://e.bambulab.com/index.php?"
	    "e=0700200000020001&d=01P00A000000001&s=device_hms&lang=en");
	assert_string_equal(hms_url(1, 2, NULL, buf, sizeof(buf)),
	    "https://e.bambulab.com/index.php?e=0000000100000002&s=device_hms&lang=en");
}

static void hms_parse_takes_a_code_as_people_write_it(void **state)
{
	static const char *const hms[] = {"0300-1200-0002-0001", "HMS_0300_1200_0002_0001",
	    "hms 0300 1200 0002 0001", "0300120000020001", "0300:1200:0002:0001"};
	static const char *const errors[] = {"0300-400C", "0300400c", "0300_400C", "HMS_0300-400c"};
	uint32_t attr, code;
	int is_hms;

	for (size_t i = 0; i < ARRAY_SIZE(hms); i++) {
		assert_int_equal(hms_parse_code(hms[i], &attr, &code, &is_hms), 0);
		assert_true(is_hms);
		assert_int_equal(attr, 0x03001200);
		assert_int_equal(code, 0x00020001);
	}
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		assert_int_equal(hms_parse_code(errors[i], &attr, &code, &is_hms), 0);
		assert_false(is_hms);
		assert_int_equal(attr, 0);
		assert_int_equal(code, 0x0300400C);
	}
}

static void hms_parse_refuses_what_is_no_code(void **state)
{
	static const char *const bad[] = {"", "HMS", "0300", "0300-1200-0002", "0300-400",
	    "0300-400G", "0300-1200-0002-00011", "0x0300400C", "0300-400C\n", "0300.400C"};
	uint32_t attr = 1, code = 2;
	int is_hms = 3;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(hms_parse_code(bad[i], &attr, &code, &is_hms), -EINVAL);
	}
	assert_int_equal(hms_parse_code(NULL, &attr, &code, &is_hms), -EINVAL);
	assert_int_equal(attr, 1);
	assert_int_equal(code, 2);
	assert_int_equal(is_hms, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hms_code_is_four_groups_of_upper_hex),
	    cmocka_unit_test(hms_severity_is_the_upper_half_of_code),
	    cmocka_unit_test(hms_module_is_the_top_byte_of_attr),
	    cmocka_unit_test(hms_unit_and_slot_come_only_from_ams_modules),
	    cmocka_unit_test(hms_text_names_the_unit_and_slot),
	    cmocka_unit_test(hms_text_ignores_the_low_byte_of_attr),
	    cmocka_unit_test(hms_text_of_an_unknown_code_is_null),
	    cmocka_unit_test(hms_tables_are_sorted_and_reachable),
	    cmocka_unit_test(hms_codes_the_protocol_notes_name_have_a_text),
	    cmocka_unit_test(print_error_kind_follows_the_low_half),
	    cmocka_unit_test(hms_url_carries_all_digits_and_the_serial),
	    cmocka_unit_test(hms_parse_takes_a_code_as_people_write_it),
	    cmocka_unit_test(hms_parse_refuses_what_is_no_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
