/* SPDX-License-Identifier: MIT */
/* What makes a printer usable, and the reason and remedy when it is not. */
#include "tests/unit/config/fixture.h"

/* The only printer of the text (and of a private file) is disabled, with these words. */
static void disabled(const char *text, const char *words)
{
	struct config *c = fixture_load(text);

	assert_int_equal(c->printer_count, 1);
	fixture_has(c->printers[0].disabled, words);
	fixture_one_warning(c, strncmp(words, ":1", 2) == 0 ? ":10: one disabled: " : words);
	assert_int_equal(c->error_count, 1);
	config_destroy(c);
}

static void printers_are_sorted_by_name(void **state)
{
	struct config *c = fixture_load("[Printer b]\n[Printer a]\n[Printer C]\n");

	assert_string_equal(c->printers[0].name, "C");
	assert_string_equal(c->printers[1].name, "a");
	assert_string_equal(c->printers[2].name, "b");
	config_destroy(c);
}

static void printers_of_unfit_names_are_left_out(void **state)
{
	static const char *const bad[] = {"a b", "a/b", "@all", "-p", ".", "..", ".hidden",
	    "123456789012345678901234567890123", "status", "ams", "help", "get", "\xc3\xbc"};
	static const char *const good[] = {
	    "a", "A.b_c-1", "12345678901234567890123456789012", "status1", "load", "Status"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = xasprintf("[Printer %s]\nPort=x\n", bad[i]);
		struct config *c = fixture_load(text);

		assert_int_equal(c->printer_count, 0);
		fixture_one_warning(c, "left out: a printer");
		assert_int_equal(c->error_count, 1);
		config_destroy(c);
	}
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_free_ char *text = xasprintf("[Printer %s]\n", good[i]);
		struct config *c = fixture_load(text);

		assert_int_equal(c->printer_count, 1);
		assert_string_equal(c->printers[0].name, good[i]);
		config_destroy(c);
	}
}

static void printers_bad_value_disables_that_one_only(void **state)
{
	struct config *c = fixture_load(FIXTURE_PRINTER
	    "Port=99999\n[Printer two]\nSerial=01P00A000000002\nAddress=h\nAccessCode=1\n");

	assert_string_equal(c->printers[0].name, "one");
	fixture_has(c->printers[0].disabled, "/t.conf:10: Port=99999: want a number, 1..65535");
	assert_int_equal(c->printers[0].port, 8883);
	assert_null(c->printers[1].disabled);
	assert_int_equal(c->error_count, 1);
	config_destroy(c);
}

static void printers_keep_their_first_reason_and_warn_of_each(void **state)
{
	struct config *c = fixture_load(FIXTURE_PRINTER "Port=x\nVerify=y\n");

	fixture_has(c->printers[0].disabled, "Port=x");
	assert_int_equal(c->warning_count, 2);
	assert_int_equal(c->error_count, 2);
	config_destroy(c);
}

static void printers_need_serial_code_and_address(void **state)
{
	disabled("[Printer one]\nAddress=h\nAccessCode=1\n", "no Serial=");
	disabled("[Printer one]\nSerial=01P00A000000001\nAddress=h\n", "no AccessCode=: add");
	disabled("[Printer one]\nSerial=01P00A000000001\nAddress=h\nAccessCode=\n",
	    "no AccessCode=: add");
	disabled("[Discovery]\nSsdp=no\n[Printer one]\nSerial=01P00A000000001\nAccessCode=1\n",
	    "no Address=, and Ssdp=no");
	disabled("[Printer one]\nSerial=01P00A000000001\nAccessCode=1\nVerify=insecure\n",
	    "no Address=: with Verify=insecure");
}

static void printers_in_the_cloud_only_need_the_account(void **state)
{
	disabled(FIXTURE_PRINTER "Mode=cloud\n", ":10: Mode=cloud needs the account");
}

/* Code and address may come from there: what is missing is judged when its list is known. */
static void printers_beside_an_account_may_lack_code_and_address(void **state)
{
	struct config *c = fixture_load("[Cloud]\nEnabled=yes\n"
					"[Printer a]\nSerial=01P00A000000001\n"
					"[Printer b]\nSerial=01P00A000000002\nMode=cloud\n"
					"[Printer c]\nAddress=h\nAccessCode=1\n");

	assert_null(c->printers[0].disabled);
	assert_null(c->printers[1].disabled);
	fixture_has(c->printers[2].disabled, "no Serial=");
	config_destroy(c);
	c = fixture_load(
	    "[Cloud]\nEnabled=yes\nRegion=custom\n[Printer a]\nSerial=01P00A000000001\n");
	fixture_has(c->printers[0].disabled, "no AccessCode=: add");
	config_destroy(c);
}

static void printers_of_one_serial_second_is_disabled(void **state)
{
	struct config *c =
	    fixture_load("[Printer z]\nSerial=01P00A000000001\nAddress=h\nAccessCode=1\n"
			 "[Printer a]\nSerial=01P00A000000001\nAddress=h\nAccessCode=1\n"
			 "[Printer m]\nSerial=01P00A000000001\nAddress=h\nAccessCode=1\n");

	assert_string_equal(c->printers[2].name, "z");
	assert_null(c->printers[2].disabled);
	fixture_has(
	    c->printers[0].disabled, ":11: Serial=01P00A000000001 is that of printer z already");
	fixture_has(
	    c->printers[1].disabled, ":15: Serial=01P00A000000001 is that of printer z already");
	assert_int_equal(c->error_count, 2);
	config_destroy(c);
}

static void printers_verified_by_pin_need_one(void **state)
{
	struct config *c;

	disabled(FIXTURE_PRINTER "Verify=pin\n", ":10: Verify=pin needs Pin=");
	disabled(FIXTURE_PRINTER "Verify=pin\nPin=abc\n", "Pin=abc: want 64 hexadecimal digits");
	c = fixture_load(
	    FIXTURE_PRINTER "Verify=pin\nPin="
			    "00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100\n");
	assert_null(c->printers[0].disabled);
	assert_int_equal(c->printers[0].verify, VERIFY_PIN);
	config_destroy(c);
}

static void printers_insecure_warns_at_every_load(void **state)
{
	struct config *c = fixture_load(FIXTURE_PRINTER "Verify=insecure\n");

	fixture_one_warning(c, ":10: one: Verify=insecure, whoever answers at 127.0.0.1");
	assert_int_equal(c->error_count, 0);
	assert_null(c->printers[0].disabled);
	config_destroy(c);
}

static void printers_extra_anchors_must_be_there(void **state)
{
	disabled(FIXTURE_PRINTER "CaFile=./none.pem\n", ":10: CaFile=");
}

static void printers_anchor_file_is_judged_per_path(void **state)
{
	struct config *c;

	fixture_write("ca.pem", 0644, "");
	c = fixture_load("[Printer a]\nSerial=01P00A000000001\nAddress=h\nAccessCode=1\n"
			 "CaFile=./ca.pem\n"
			 "[Printer b]\nSerial=01P00A000000002\nAddress=h\nAccessCode=1\n"
			 "CaFile=./none.pem\n"
			 "[Printer c]\nSerial=01P00A000000003\nAddress=h\nAccessCode=1\n"
			 "CaFile=./ca.pem\n");
	assert_null(c->printers[0].disabled);
	assert_non_null(c->printers[1].disabled);
	assert_null(c->printers[2].disabled);
	config_destroy(c);
}

static void printers_inline_secret_in_an_open_file_is_refused(void **state)
{
	struct config *c = fixture_load_mode(0644,
	    FIXTURE_DAEMON FIXTURE_PRINTER "[Printer two]\nSerial=01P00A000000002\nAddress=h\n"
					   "AccessCode=./code\n");

	fixture_has(c->printers[0].disabled, ":9: AccessCode: a secret may not stand here");
	fixture_has(c->printers[0].disabled, "(mode 0644): chmod 600 '");
	assert_null(strstr(c->printers[0].disabled, "12345678"));
	assert_null(c->printers[0].access_code);
	fixture_has(c->printers[1].disabled, "No such file");
	config_destroy(c);
}

static void printers_secret_of_a_private_file_is_taken_from_an_open_one(void **state)
{
	struct config *c;

	fixture_write("code", 0600, "87654321\n");
	c = fixture_load_mode(0644, FIXTURE_DAEMON FIXTURE_PRINTER "AccessCode=./code\n");
	assert_null(c->printers[0].disabled);
	assert_string_equal(secret_reveal(c->printers[0].access_code), "87654321");
	config_destroy(c);
}

static void printers_missing_credential_directory_is_no_error_of_the_file(void **state)
{
	struct config *c;

	unsetenv("CREDENTIALS_DIRECTORY");
	c = fixture_load(FIXTURE_PRINTER "AccessCode=@bambu.code.one\n");
	fixture_has(c->printers[0].disabled, "LoadCredential=bambu.code.one");
	assert_int_equal(c->warning_count, 1);
	assert_int_equal(c->error_count, 0);
	config_destroy(c);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(printers_are_sorted_by_name),
	    T(printers_of_unfit_names_are_left_out),
	    T(printers_bad_value_disables_that_one_only),
	    T(printers_keep_their_first_reason_and_warn_of_each),
	    T(printers_need_serial_code_and_address),
	    T(printers_in_the_cloud_only_need_the_account),
	    T(printers_beside_an_account_may_lack_code_and_address),
	    T(printers_of_one_serial_second_is_disabled),
	    T(printers_verified_by_pin_need_one),
	    T(printers_insecure_warns_at_every_load),
	    T(printers_extra_anchors_must_be_there),
	    T(printers_anchor_file_is_judged_per_path),
	    T(printers_inline_secret_in_an_open_file_is_refused),
	    T(printers_secret_of_a_private_file_is_taken_from_an_open_one),
	    T(printers_missing_credential_directory_is_no_error_of_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
