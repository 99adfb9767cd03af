/* SPDX-License-Identifier: MIT */
/* Rules of the registry: selectors, and keeping in step with the configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "common/event.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/model/hub.h"
#include "tests/unit/fleet/fake_mqtt.h"

static struct registry *r;
static struct printer_config configs[4];

static int setup(void **state)
{
	static char *tags[] = {(char *)"rack1", (char *)"pla", NULL};

	fake_start();
	r = registry_create(&fake.fleet);
	configs[0] = fake_config("rack1-02", "01P00A000000002");
	configs[1] = fake_config("rack1-01", "01P00A000000001");
	configs[2] = fake_config("mini", "03000A000000003");
	configs[3] = fake_config("big", "09400A000000004");
	configs[1].tags = tags;
	registry_sync(r, configs, 4);
	return 0;
}

static int teardown(void **state)
{
	registry_destroy(r);
	fake_stop();
	return 0;
}

/* Names of what a selector finds, joined by blanks; the error's name when it fails. */
static const char *select_names(const char *selector)
{
	static char names[256];
	struct printer **list = NULL;
	struct err e = {0};
	size_t n = 0, i;

	names[0] = '\0';
	if (registry_select(r, selector, &list, &n, NULL, &e) < 0) {
		return err_name(e.type);
	}
	for (i = 0; i < n; i++) {
		strncat(names, printer_name(list[i]), sizeof(names) - strlen(names) - 2);
		strncat(names, i + 1 < n ? " " : "", 2);
	}
	free(list);
	return names;
}

static void selector_takes_names_serials_and_groups(void **state)
{
	assert_string_equal(select_names("mini"), "mini");
	assert_string_equal(select_names("03000A000000003"), "mini");
	assert_string_equal(select_names("03000A"), "mini");
	assert_string_equal(select_names("@all"), "big mini rack1-01 rack1-02");
	assert_string_equal(select_names("rack1-*"), "rack1-01 rack1-02");
	assert_string_equal(select_names("tag=pla"), "rack1-01");
	assert_string_equal(select_names("model=h2d"), "big");
	assert_string_equal(select_names("mini,tag=rack1,mini"), "mini rack1-01");
	assert_string_equal(select_names("@printing"), "");
	assert_string_equal(select_names("@problem"), "");
}

static void selector_refuses_the_unknown_and_the_ambiguous(void **state)
{
	assert_string_equal(select_names("nobody"), "no_such_printer");
	assert_string_equal(select_names("01P00A"), "ambiguous_printer");
	assert_string_equal(select_names("01P00"), "no_such_printer");
	assert_string_equal(select_names("@nonsense"), "no_such_printer");
	assert_string_equal(select_names(""), "no_such_printer");
	assert_string_equal(select_names(","), "no_such_printer");
	assert_string_equal(select_names("mini,nobody"), "no_such_printer");
}

static void selector_offers_the_nearest_name(void **state)
{
	struct printer **list = NULL;
	struct err e = {0};
	size_t n;

	assert_true(registry_select(r, "minni", &list, &n, NULL, &e) < 0);
	assert_non_null(strstr(e.hint, "mini"));
}

static void literal_is_told_from_group(void **state)
{
	struct printer **list = NULL;
	struct err e;
	bool literal;
	size_t n;

	assert_int_equal(registry_select(r, "mini", &list, &n, &literal, &e), 0);
	assert_true(literal);
	free(list);
	assert_int_equal(registry_select(r, "min*", &list, &n, &literal, &e), 0);
	assert_false(literal);
	free(list);
}

static void sync_keeps_what_has_the_same_link(void **state)
{
	struct printer *mini = registry_by_name(r, "mini");

	configs[2].camera = CAMERA_OFF;
	configs[3].port = 18883;
	registry_sync(r, configs, 4);
	assert_ptr_equal(registry_by_name(r, "mini"), mini);
	assert_int_equal(printer_config(mini)->camera, CAMERA_OFF);
	assert_int_equal(printer_config(registry_by_name(r, "big"))->port, 18883);
	assert_int_equal(fake_events(EVENT_PRINTER_ADDED), 0);
	assert_int_equal(fake_events(EVENT_PRINTER_REMOVED), 0);
}

static void on_event(void *arg, const struct hub_event *e)
{
	/* Whoever hears of a change looks at the registry: it holds living printers only. */
	size_t i, *seen = arg;

	for (i = 0; i < registry_count(r); i++) {
		*seen += strlen(printer_name(registry_at(r, i)));
	}
}

static void sync_announces_what_comes_and_goes(void **state)
{
	size_t seen = 0;
	struct hub_observer o = {.event = on_event, .arg = &seen};

	hub_observe(fake.hub, &o);
	configs[0].name = (char *)"rack1-09";
	registry_sync(r, configs, 3);
	hub_unobserve(fake.hub, &o);
	assert_int_equal(registry_count(r), 3);
	assert_null(registry_by_name(r, "big"));
	assert_null(registry_by_serial(r, "09400A000000004"));
	assert_non_null(registry_by_name(r, "rack1-09"));
	assert_int_equal(fake_events(EVENT_PRINTER_ADDED), 1);
	assert_int_equal(fake_events(EVENT_PRINTER_REMOVED), 2);
	assert_true(seen > 0);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RULE(selector_takes_names_serials_and_groups),
	    RULE(selector_refuses_the_unknown_and_the_ambiguous),
	    RULE(selector_offers_the_nearest_name),
	    RULE(literal_is_told_from_group),
	    RULE(sync_keeps_what_has_the_same_link),
	    RULE(sync_announces_what_comes_and_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
