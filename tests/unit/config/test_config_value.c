/* SPDX-License-Identifier: MIT */
/* One value of each type, read and written back. */
#include <errno.h>

#include "common/secret.h"
#include "daemon/config_files.h"
#include "daemon/config_keys.h"
#include "daemon/config_value.h"
#include "tests/unit/config/fixture.h"

static struct config_file here = {.dir = fixture_dir};

static const struct config_key *row(const char *section, const char *name)
{
	unsigned i;

	for (i = 0; i < config_key_count; i++) {
		if (strcmp(config_keys[i].section, section) == 0 &&
		    strcmp(config_keys[i].name, name) == 0) {
			return &config_keys[i];
		}
	}
	fail_msg("no row %s.%s", section, name);
	return NULL;
}

/* The value as the field gives it back, or the reason of its refusal. */
static const char *through_row(const struct config_key *k, void *base, const char *text)
{
	static char out[512];
	_cleanup_free_ char *why = NULL, *back = NULL;

	if (config_value_set(k, base, text, &here, &why) < 0) {
		snprintf(out, sizeof(out), "refused: %s", why);
	} else {
		back = config_value_text(k, base);
		snprintf(out, sizeof(out), "%s", back);
	}
	return out;
}

static const char *through(const char *name, const char *text)
{
	struct printer_config p = {0};
	const char *out = through_row(row("Printer", name), &p, text);

	printer_config_finish(&p);
	return out;
}

static void value_port_is_1_to_65535(void **state)
{
	assert_string_equal(through("Port", "1"), "1");
	assert_string_equal(through("Port", "65535"), "65535");
	assert_string_equal(through("Port", "0"), "refused: want a number, 1..65535");
	assert_string_equal(through("Port", "65536"), "refused: want a number, 1..65535");
	assert_string_equal(through("Port", "88x"), "refused: want a number, 1..65535");
	assert_string_equal(through("Port", "+88"), "refused: want a number, 1..65535");
}

static void value_int_keeps_its_range(void **state)
{
	assert_string_equal(through("MaxNozzle", "300"), "300");
	assert_string_equal(through("MaxNozzle", "0"), "0");
	assert_string_equal(through("MaxNozzle", "501"), "refused: want a number, 0..500");
	assert_string_equal(through("MaxNozzle", "-1"), "refused: want a number, 0..500");
}

static void value_limit_may_be_off(void **state)
{
	static const char wrong[] = "refused: want a number, off|1..99";
	const struct config_key *k = row("Alerts", "FilamentLow");
	struct derive_limits l = {0};

	assert_string_equal(through_row(k, &l, "99"), "99");
	assert_string_equal(through_row(k, &l, "off"), "off");
	assert_string_equal(through_row(k, &l, "0"), "off");
	assert_string_equal(through_row(k, &l, "100"), wrong);
	assert_string_equal(through_row(k, &l, "no"), wrong);
	assert_string_equal(through("MaxNozzle", "off"), "refused: want a number, 0..500");
}

static void value_enum_is_one_of_its_words(void **state)
{
	assert_string_equal(through("Camera", "on-demand"), "on-demand");
	assert_string_equal(through("Verify", "insecure"), "insecure");
	assert_string_equal(through("Verify", "in"), "refused: want one of chain|pin|insecure");
	assert_string_equal(through("Verify", "Chain"), "refused: want one of chain|pin|insecure");
	assert_string_equal(
	    through("Verify", "chain|pin"), "refused: want one of chain|pin|insecure");
}

static void value_words_of_enums_match_the_constants(void **state)
{
	struct printer_config p = {0};
	struct config_daemon d = {0};

	through_row(row("Printer", "Camera"), &p, "off");
	assert_int_equal(p.camera, CAMERA_OFF);
	through_row(row("Printer", "Camera"), &p, "on-demand");
	assert_int_equal(p.camera, CAMERA_ON_DEMAND);
	through_row(row("Printer", "Verify"), &p, "pin");
	assert_int_equal(p.verify, VERIFY_PIN);
	through_row(row("Printer", "Verify"), &p, "insecure");
	assert_int_equal(p.verify, VERIFY_INSECURE);
	through_row(row("Printer", "Mode"), &p, "lan");
	assert_int_equal(p.mode, MODE_LAN);
	through_row(row("Printer", "Mode"), &p, "cloud");
	assert_int_equal(p.mode, MODE_CLOUD);
	through_row(row("Printer", "Gcode"), &p, "confirm");
	assert_int_equal(p.gcode, GCODE_CONFIRM);
	through_row(row("Printer", "Gcode"), &p, "deny");
	assert_int_equal(p.gcode, GCODE_DENY);
	through_row(row("Daemon", "LogLevel"), &d, "warn");
	assert_int_equal(d.log_level, LOG_LEVEL_WARN);
	through_row(row("Daemon", "LogLevel"), &d, "debug");
	assert_int_equal(d.log_level, LOG_LEVEL_DEBUG);
}

static void value_bool_takes_the_usual_words_or_its_own(void **state)
{
	static const struct config_key plain = {.name = "B", .type = CONFIG_BOOL, .values = ""};
	struct config_daemon d = {0};
	bool b = false;

	assert_string_equal(through_row(&plain, &b, "on"), "yes");
	assert_string_equal(through_row(&plain, &b, "0"), "no");
	assert_string_equal(through_row(&plain, &b, "maybe"), "refused: want yes or no");
	assert_string_equal(through_row(row("Daemon", "Others"), &d, "read"), "read");
	assert_true(d.others_read);
	assert_string_equal(through_row(row("Daemon", "Others"), &d, "none"), "none");
	assert_false(d.others_read);
	assert_string_equal(
	    through_row(row("Daemon", "Others"), &d, "yes"), "refused: want one of none|read");
}

static void value_words_are_split_at_blanks(void **state)
{
	assert_string_equal(through("Tags", " rack2\t pla  "), "rack2 pla");
	assert_string_equal(through("Tags", "x"), "x");
}

static void value_path_starts_at_its_file(void **state)
{
	assert_string_equal(through("CaFile", "/etc/ca.pem"), "/etc/ca.pem");
	assert_string_equal(through("CaFile", "./ca.pem"), fixture_path("ca.pem"));
	assert_string_equal(through("CaFile", "ca.pem"), fixture_path("ca.pem"));
}

static void value_serial_is_capitals_and_digits(void **state)
{
	assert_string_equal(through("Serial", "01P00A123456789"), "01P00A123456789");
	assert_string_equal(through("Serial", "01p00a123456789"),
	    "refused: a serial is in capitals: Serial=01P00A123456789");
	assert_string_equal(
	    through("Serial", "01P00A1"), "refused: a serial is 8 to 20 letters and digits");
	assert_string_equal(through("Serial", "01P00A123456789012345"),
	    "refused: a serial is 8 to 20 letters and digits");
	assert_string_equal(
	    through("Serial", "01P00A/+#56789"), "refused: a serial is 8 to 20 letters and digits");
}

static void value_host_is_an_address_or_name_alone(void **state)
{
	assert_string_equal(through("Address", "192.0.2.31"), "192.0.2.31");
	assert_string_equal(through("Address", "fe80::1%eth0"), "fe80::1%eth0");
	assert_string_equal(through("Address", "shelf-1.example.org"), "shelf-1.example.org");
	fixture_has(through("Address", "\"192.0.2.31\""), "refused: want an address");
	fixture_has(through("Address", "[::1]"), "refused: want an address");
	fixture_has(through("Address", "192.0.2.31 # old"), "refused: want an address");
	fixture_has(through("Address", "-oProxy"), "refused: want an address");
}

static void value_pin_is_64_hexadecimal_digits(void **state)
{
	static const char pin[] =
	    "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100";
	struct printer_config p = {0};

	through_row(row("Printer", "Pin"), &p, pin);
	assert_int_equal(p.pin[1], 0x11);
	assert_int_equal(p.pin[16], 0xff);
	assert_int_equal(p.pin[31], 0x00);
	assert_string_equal(through("Pin", "0011"), "refused: want 64 hexadecimal digits");
	assert_string_equal(
	    through("Pin", "g0112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100"),
	    "refused: want 64 hexadecimal digits");
}

static void value_secret_is_shown_as_stars(void **state)
{
	assert_string_equal(through("AccessCode", "12345678"), "***");
}

static void value_unset_fields_have_no_text(void **state)
{
	struct printer_config p = {0};
	static const char *const names[] = {
	    "Serial", "Address", "CameraPort", "AccessCode", "Model", "CaFile", "Pin", "Tags"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *text = config_value_text(row("Printer", names[i]), &p);

		assert_string_equal(text, "");
	}
}

/* The table itself: what its readers rely on. */
static void value_every_default_is_a_value_of_its_row(void **state)
{
	unsigned i;

	for (i = 0; i < config_key_count; i++) {
		const struct config_key *k = &config_keys[i];
		struct printer_config p = {0};
		struct config c = {0};
		enum config_section_id id = config_section_find(k->section);
		void *base;

		assert_true(id != SECTION_COUNT);
		base = config_sections[id].named ? (void *)&p : config_section_base(&c, id);
		assert_true(*k->help && k->help[strlen(k->help) - 1] != '.');
		assert_true(*config_type_name(k->type));
		if (k->offset != CONFIG_NO_FIELD && *k->preset) {
			assert_string_equal(through_row(k, base, k->preset), k->preset);
		}
		printer_config_finish(&p);
		free(c.daemon.group);
		free(c.daemon.read_group);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(value_port_is_1_to_65535),
	    cmocka_unit_test(value_int_keeps_its_range),
	    cmocka_unit_test(value_limit_may_be_off),
	    cmocka_unit_test(value_enum_is_one_of_its_words),
	    cmocka_unit_test(value_words_of_enums_match_the_constants),
	    cmocka_unit_test(value_bool_takes_the_usual_words_or_its_own),
	    cmocka_unit_test(value_words_are_split_at_blanks),
	    cmocka_unit_test(value_path_starts_at_its_file),
	    cmocka_unit_test(value_serial_is_capitals_and_digits),
	    cmocka_unit_test(value_host_is_an_address_or_name_alone),
	    cmocka_unit_test(value_pin_is_64_hexadecimal_digits),
	    cmocka_unit_test(value_secret_is_shown_as_stars),
	    cmocka_unit_test(value_unset_fields_have_no_text),
	    cmocka_unit_test(value_every_default_is_a_value_of_its_row),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
