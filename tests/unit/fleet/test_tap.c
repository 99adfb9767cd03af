/* SPDX-License-Identifier: MIT */
/* What listeners hear of a printer's messages, and what they never hear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/json.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/tap.h"
#include "tests/unit/fleet/fake_mqtt.h"

#define SERIAL "01P00A000000001"
#define REPORT "device/" SERIAL "/report"
#define CODE "12345678" /* of fake_config */

static struct printer *p;
static bool wanted;
static unsigned heard;
static char last[2048];

static bool on_wants(void *arg, const struct printer *printer)
{
	assert_ptr_equal(printer, p);
	return wanted;
}

static void on_message(
    void *arg, const struct printer *printer, const char *topic, const char *payload, size_t len)
{
	_cleanup_json_ json_object *parsed = NULL;

	heard++;
	assert_string_equal(topic, REPORT);
	assert_true(len < sizeof(last));
	memcpy(last, payload, len);
	last[len] = '\0';
	/* It goes into a line of JSON as it is. */
	assert_int_equal(json_parse(payload, len, 40, &parsed), 0);
	assert_null(memchr(payload, '\n', len));
}

static const struct fleet_tap tap = {.wants = on_wants, .message = on_message};

static int setup(void **state)
{
	struct printer_config c = fake_config("one", SERIAL);

	fake_start();
	fake.fleet.tap = &tap;
	wanted = true;
	heard = 0;
	p = printer_create(&fake.fleet, &c);
	fake_advance(100);
	fake_up();
	return 0;
}

static int teardown(void **state)
{
	printer_destroy(p);
	fake_stop();
	return 0;
}

static void expect(const char *message, const char *shown)
{
	unsigned before = heard;

	fake_message(REPORT, message);
	assert_int_equal(heard, before + 1);
	assert_string_equal(last, shown);
}

static void message_is_heard_as_it_came(void **state)
{
	expect("{\"print\":{\"bed_temper\":21.50,\"a\":[1,{\"b\":null}]}}",
	    "{\"print\":{\"bed_temper\":21.50,\"a\":[1,{\"b\":null}]}}");
	expect("{\"info\":{\"command\":\"x\"}}", "{\"info\":{\"command\":\"x\"}}");
}

static void printer_that_nobody_wants_is_not_heard(void **state)
{
	wanted = false;
	fake_message(REPORT, "{\"print\":{\"bed_temper\":21}}");
	assert_int_equal(heard, 0);
	fake.fleet.tap = NULL;
	fake_message(REPORT, "{\"print\":{\"bed_temper\":22}}");
	assert_int_equal(printer_counters(p)->messages, 2);
}

static void access_code_is_never_heard(void **state)
{
	expect("{\"system\":{\"command\":\"get_access_code\",\"access_code\":\"87654321\"}}",
	    "{\"system\":{\"command\":\"get_access_code\",\"access_code\":\"***\"}}");
	expect("{\"system\":{\"access_code\":87654321,\"x\":1}}",
	    "{\"system\":{\"access_code\":\"***\",\"x\":1}}");
	expect("{\"a\":[{\"access_code\":{\"deep\":[1,2]}}],\"b\":2}",
	    "{\"a\":[{\"access_code\":\"***\"}],\"b\":2}");
	expect("{\"a\\u0063cess_code\":\"x\"}", "{\"a\\u0063cess_code\":\"***\"}");
	expect("{\"print\":{\"ipcam\":{\"url\":\"rtsps://bblp:" CODE "@10.0.0.1\"}}}",
	    "{\"print\":{\"ipcam\":{\"url\":\"***\"}}}");
	expect("{\"" CODE "\":1}", "{\"***\":1}");
	/* A word of that name as a value is no secret. */
	expect("{\"command\":\"access_code\",\"x\":1}", "{\"command\":\"access_code\",\"x\":1}");
}

static void line_breaks_between_tokens_are_left_out(void **state)
{
	expect("{\n \"print\":\r\n\t{\"a\": 1}\n}\n", "{ \"print\":\t{\"a\": 1}}");
	expect("{\n\"access_code\"\n:\n1\n}", "{\"access_code\":\"***\"}");
}

static void what_is_no_json_is_heard_as_text(void **state)
{
	expect("hello \"you\"", "\"hello \\\"you\\\"\"");
	fake_message(REPORT, "{\"access_code\":\"87654321\"");
	assert_null(strstr(last, "87654321"));
	assert_non_null(strstr(last, "not shown"));
	fake_message(REPORT, "code " CODE " here");
	assert_null(strstr(last, CODE));
	assert_int_equal(heard, 3);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(message_is_heard_as_it_came),
	    RULE(printer_that_nobody_wants_is_not_heard),
	    RULE(access_code_is_never_heard),
	    RULE(line_breaks_between_tokens_are_left_out),
	    RULE(what_is_no_json_is_heard_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
