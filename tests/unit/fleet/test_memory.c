/* SPDX-License-Identifier: MIT */
/* A kept text that is none is refused with its reason; one that is taken up harms nobody. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/json.h"
#include "common/jw.h"
#include "daemon/fleet/memory.h"
#include "daemon/fleet/printer_internal.h"
#include "daemon/model/raw.h"
#include "tests/unit/fleet/fake_mqtt.h"

#define SERIAL "01P00A000000001"
#define HEAD "{\"version\":1,\"serial\":\"" SERIAL "\""

static const char *kept;
static char refused[64];

static int load(void *arg, const char *serial, char **ret, size_t *ret_len)
{
	*ret = xstrdup(kept);
	*ret_len = strlen(kept);
	return MEMORY_FILED;
}

static void refuse(void *arg, const char *serial, const char *why)
{
	str_copy(refused, sizeof(refused), why);
}

static void told(void *arg, struct printer *p)
{
}

static const struct fleet_memory memory = {.load = load, .refuse = refuse, .told = told};

static int setup(void **state)
{
	fake_start();
	fake.fleet.memory = &memory;
	refused[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	fake_stop();
	return 0;
}

static struct printer *make(const char *text)
{
	struct printer_config c = fake_config("one", SERIAL);

	kept = text;
	return printer_create(&fake.fleet, &c);
}

static void what_is_no_text_of_this_printer_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"", "it is damaged"},
	    {HEAD "}", "it is damaged"}, /* no second line */
	    {"[]\n{}\n", "it is damaged"},
	    {"{}\n{}\n", "it is damaged"},
	    {"{\"version\":2}\n{}\n", "it is of a newer version"},
	    {"{\"version\":1,\"serial\":\"other\"}\n{}\n", "it is another printer's"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct printer *p = make(cases[i].text);

		assert_string_equal(refused, cases[i].why);
		assert_false(p->memory.restored);
		printer_destroy(p);
		refused[0] = '\0';
	}
}

/* Raw texts go to clients as they stand, who read JSON. */
static void bytes_that_are_no_text_are_repaired(void **state)
{
	struct printer *p = make(HEAD "}\n{\"net\":\"a\xcf\"}\n");
	_cleanup_json_ json_object *o = NULL;
	struct jw w;

	assert_string_equal(refused, "");
	assert_true(p->memory.restored);
	jw_init(&w);
	raw_write(p->state.raw, &w, NULL, NULL);
	assert_int_equal(json_parse(w.buf, w.len, 4, &o), 0);
	assert_string_equal(json_get_str(o, "net"), "a?");
	jw_finish(&w);
	printer_destroy(p);
}

/* Times of clocks at their ends: nothing is known then, and nothing is younger than now. */
static void clocks_out_of_this_world_make_ages_unknown(void **state)
{
	struct printer *p = make(HEAD ",\"wall_ms\":-9223372036854775808,\"boot_ms\":1,"
				      "\"heard_age_ms\":5,\"state\":{\"ages_ms\":{\"full\":5}}}\n"
				      "{}\n");

	assert_string_equal(refused, "");
	assert_int_equal(p->last_message_mono_ms, -1);
	assert_int_equal(p->state.full_mono_ms, -1);
	printer_destroy(p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_is_no_text_of_this_printer_is_refused),
	    TEST(bytes_that_are_no_text_are_repaired),
	    TEST(clocks_out_of_this_world_make_ages_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
