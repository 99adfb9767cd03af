/* SPDX-License-Identifier: MIT */
/* Copies and comparisons of a printer's configuration. */
#include "common/secret.h"
#include "tests/unit/config/fixture.h"

static void fill(struct printer_config *p)
{
	*p = (struct printer_config){.name = xstrdup("one"),
	    .serial = xstrdup("01P00A000000001"),
	    .address = xstrdup("192.0.2.1"),
	    .port = 8883,
	    .access_code = secret_create("12345678", 8),
	    .model = xstrdup("P1S"),
	    .ca_file = xstrdup("/ca.pem"),
	    .tags = xcalloc(3, sizeof(char *)),
	    .pin = {1, 2, 3}};
	p->tags[0] = xstrdup("a");
	p->tags[1] = xstrdup("b");
}

static void change_text(char **field, const char *text)
{
	free(*field);
	*field = xstrdup(text);
}

static void change_code(struct printer_config *p)
{
	secret_destroy(p->access_code);
	p->access_code = secret_create("87654321", 8);
}

static void printer_config_copy_is_deep_and_equal(void **state)
{
	struct printer_config a, b = {0};

	fill(&a);
	printer_config_copy(&a, &b);
	assert_true(printer_config_equal(&a, &b));
	assert_true(printer_config_same_link(&a, &b));
	assert_ptr_not_equal(a.name, b.name);
	assert_ptr_not_equal(a.tags[0], b.tags[0]);
	printer_config_finish(&a);
	assert_string_equal(b.tags[1], "b");
	assert_string_equal(secret_reveal(b.access_code), "12345678");
	printer_config_finish(&b);
}

static void printer_config_zeroed_copies_and_finishes(void **state)
{
	struct printer_config a = {0}, b = {0};

	printer_config_copy(&a, &b);
	assert_true(printer_config_equal(&a, &b));
	printer_config_finish(&a);
	printer_config_finish(&b);
}

/* Each change in turn: does it need a new connection? */
static void check(int change, bool want_same_link)
{
	struct printer_config a, b = {0};

	fill(&a);
	printer_config_copy(&a, &b);
	switch (change) {
	case 0:
		change_text(&b.serial, "01P00A000000002");
		break;
	case 1:
		change_text(&b.address, NULL);
		break;
	case 2:
		b.port = 1;
		break;
	case 3:
		change_code(&b);
		break;
	case 4:
		b.verify = VERIFY_PIN;
		break;
	case 5:
		b.pin[31] = 1;
		break;
	case 6:
		change_text(&b.ca_file, NULL);
		break;
	case 7:
		b.mode = MODE_LAN;
		break;
	case 8:
		b.disabled = xstrdup("why");
		break;
	case 9:
		change_text(&b.tags[1], "c");
		break;
	case 10:
		change_text(&b.tags[1], NULL);
		break;
	case 11:
		b.max_bed_c = 90;
		break;
	case 12:
		b.camera = CAMERA_OFF;
		break;
	case 13:
		b.gcode = GCODE_DENY;
		break;
	case 14:
		change_text(&b.model, "X1C");
		break;
	case 15:
		b.ftp_port = 2;
		break;
	case 16:
		b.camera_port = 2;
		break;
	default:
		b.max_nozzle_c = 250;
		break;
	}
	assert_false(printer_config_equal(&a, &b));
	assert_false(printer_config_equal(&b, &a));
	assert_int_equal(printer_config_same_link(&a, &b), want_same_link);
	printer_config_finish(&a);
	printer_config_finish(&b);
}

static void printer_config_link_fields_need_a_new_connection(void **state)
{
	int i;

	for (i = 0; i <= 8; i++) {
		check(i, false);
	}
}

static void printer_config_other_fields_keep_the_connection(void **state)
{
	int i;

	for (i = 9; i <= 17; i++) {
		check(i, true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(printer_config_copy_is_deep_and_equal),
	    cmocka_unit_test(printer_config_zeroed_copies_and_finishes),
	    cmocka_unit_test(printer_config_link_fields_need_a_new_connection),
	    cmocka_unit_test(printer_config_other_fields_keep_the_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
