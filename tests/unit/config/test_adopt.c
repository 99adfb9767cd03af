/* SPDX-License-Identifier: MIT */
/* Which printers are served: sections, the account's, and both at once. */
#include "tests/unit/config/fixture.h"

#include <time.h>

#include "common/secret.h"
#include "daemon/adopt.h"

#define A "01P00A000000001"
#define B "01P00A000000002"
#define C "01P00A000000003"
#define ON "[Cloud]\nEnabled=yes\n"

static struct account_device devices[8];
static struct adopt_source from;
static struct adopted now;
static char names[8][40];

static int setup(void **state)
{
	memset(devices, 0, sizeof(devices));
	from = (struct adopt_source){.used = true, .known = true, .devices = devices};
	return fixture_setup(state);
}

static int teardown(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		secret_destroy((struct secret *)(uintptr_t)devices[i].code);
	}
	adopted_finish(&now);
	return fixture_teardown(state);
}

static void bind(const char *serial, const char *name, const char *code)
{
	devices[from.count++] = (struct account_device){
	    .serial = serial,
	    .name = name,
	    .model_code = "C12",
	    .code = code ? secret_create(code, strlen(code)) : NULL,
	};
}

/* What is called something is called so from now on, as the account keeps it. */
static void keep_names(const struct config *c)
{
	for (size_t i = c->printer_count; i < now.count; i++) {
		for (size_t k = 0; k < from.count; k++) {
			if (strcmp(devices[k].serial, now.list[i].serial) == 0) {
				str_copy(names[k], sizeof(names[k]), now.list[i].name);
				devices[k].called = names[k];
			}
		}
	}
}

/* Merges once more. */
static void merge(const char *text)
{
	struct config *c = fixture_load(text);

	adopted_finish(&now);
	from.used = config_uses_account(c);
	adopt_merge(c, &from, &now);
	keep_names(c);
	config_destroy(c);
}

static const struct printer_config *of(const char *serial)
{
	for (size_t i = 0; i < now.count; i++) {
		if (now.list[i].serial && strcmp(now.list[i].serial, serial) == 0) {
			return &now.list[i];
		}
	}
	return NULL;
}

static void called(const char *serial, const char *name)
{
	assert_non_null(of(serial));
	assert_string_equal(of(serial)->name, name);
}

static void bound_printers_come_without_a_section(void **state)
{
	const struct printer_config *p;

	bind(A, "Shelf 1", "11111111");
	merge(ON);
	assert_int_equal(now.count, 1);
	p = of(A);
	assert_string_equal(p->name, "Shelf-1");
	assert_string_equal(secret_reveal(p->access_code), "11111111");
	assert_true(p->cloud);
	assert_null(p->address);
	assert_null(p->disabled);
	assert_int_equal(p->port, 8883);
	assert_int_equal(p->ftp_port, 990);
	assert_int_equal(p->mode, MODE_AUTO);
	assert_int_equal(p->verify, VERIFY_CHAIN);
	assert_int_equal(p->gcode, GCODE_CONFIRM);
}

static void only_sections_when_told_so(void **state)
{
	bind(A, "a", "11111111");
	bind(B, "b", "22222222");
	merge(ON "[Discovery]\nAdopt=configured\n[Printer x]\nSerial=" B "\n");
	assert_int_equal(now.count, 1);
	assert_string_equal(secret_reveal(of(B)->access_code), "22222222");
	merge(ON "[Discovery]\nAdopt=none\n");
	assert_int_equal(now.count, 0);
}

static void section_gets_the_code_it_lacks_and_keeps_the_rest(void **state)
{
	const struct printer_config *p;

	bind(A, "other name", "11111111");
	merge(ON "[Printer mine]\nSerial=" A "\nAddress=h\nTags=t\nMode=lan\n");
	assert_int_equal(now.count, 1);
	p = of(A);
	assert_string_equal(p->name, "mine");
	assert_string_equal(p->address, "h");
	assert_string_equal(p->tags[0], "t");
	assert_string_equal(secret_reveal(p->access_code), "11111111");
	assert_true(p->cloud);
	assert_null(p->disabled);
}

static void code_of_the_section_wins(void **state)
{
	bind(A, "a", "11111111");
	merge(ON "[Printer mine]\nSerial=" A "\nAddress=h\nAccessCode=99999999\n");
	assert_string_equal(secret_reveal(of(A)->access_code), "99999999");
}

static void section_of_another_printer_keeps_its_name(void **state)
{
	bind(A, "shelf", NULL);
	merge(ON "[Printer shelf]\nSerial=" B "\nAddress=h\nAccessCode=1\n");
	assert_int_equal(now.count, 2);
	called(B, "shelf");
	called(A, "shelf-0001");
	assert_false(of(B)->cloud);
	assert_null(of(A)->access_code);
	assert_null(of(A)->disabled);
}

static void section_that_nothing_reaches_is_disabled_with_the_reason(void **state)
{
	static const struct {
		const char *keys, *why;
	} rows[] = {
	    {"", "no AccessCode="},
	    {"AccessCode=1\nVerify=insecure\n", "no Address="},
	    {"Mode=cloud\n", "not bound to the account"},
	    {"Mode=lan\nAddress=h\n", "no AccessCode="},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text =
		    xasprintf(ON "[Printer x]\nSerial=" A "\n%s", rows[i].keys);

		merge(text);
		fixture_has(of(A)->disabled, rows[i].why);
	}
	from.known = false;
	merge(ON "[Printer x]\nSerial=" A "\nMode=cloud\n");
	fixture_has(of(A)->disabled, "not known yet");
	bind(A, "a", NULL);
	from.known = true;
	merge(ON "[Printer x]\nSerial=" A "\nMode=cloud\n");
	assert_null(of(A)->disabled);
	merge(ON "[Printer x]\nSerial=" A "\nMode=lan\n");
	fixture_has(of(A)->disabled, "no AccessCode=");
}

static void section_disabled_for_its_own_reason_stays_so_and_hides_nothing(void **state)
{
	bind(A, "a", "11111111");
	merge(ON "[Printer x]\nSerial=" A "\nPort=x\n");
	assert_int_equal(now.count, 1);
	fixture_has(of(A)->disabled, "Port=x");
	assert_null(of(A)->access_code);
}

static void account_that_is_off_brings_nothing(void **state)
{
	bind(A, "a", "11111111");
	merge("[Printer x]\nSerial=" B "\nAddress=h\nAccessCode=1\n");
	assert_int_equal(now.count, 1);
	assert_false(of(B)->cloud);
}

static void names_are_made_fit(void **state)
{
	static const struct {
		const char *name, *want;
	} rows[] = {
	    {"A1 mini", "A1-mini"},
	    {"  x  y  ", "x-y"},
	    {"Gr\xc3\xb6\xc3\x9f"
	     "e",
		"Gr-e"},
	    {"\xe6\x89\x93\xe5\x8d\xb0", A},
	    {"", A},
	    {NULL, A},
	    {"list", "list-0001"},
	    {"-.x", "x"},
	    {"../../etc/passwd", "etc-passwd"},
	    {"a\x1b[31mb\n", "a-31mb"},
	    {"1234567890123456789012345678901234567890", "12345678901234567890123456789012"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		from.count = 0;
		adopted_finish(&now);
		bind(A, rows[i].name, NULL);
		merge(ON);
		called(A, rows[i].want);
	}
}

static void same_names_get_the_end_of_the_serial(void **state)
{
	bind(A, "P1S", NULL);
	bind(B, "P1S", NULL);
	bind(C, "P1S!", NULL);
	merge(ON);
	called(A, "P1S");
	called(B, "P1S-0002");
	called(C, "P1S-0003");
}

static void names_once_given_stay(void **state)
{
	bind(A, "P1S", NULL);
	bind(B, "renamed", NULL);
	devices[1].called = "P1S"; /* when it was alone */
	merge(ON);
	called(B, "P1S");
	called(A, "P1S-0001");
	devices[1].name = "P1S";
	merge(ON);
	called(B, "P1S");
	called(A, "P1S-0001");
	from.count = 1; /* B is gone: its name is not passed on */
	merge(ON);
	called(A, "P1S-0001");
}

static void name_that_is_none_is_not_taken_over(void **state)
{
	static const char *const rows[] = {"", "a b", "../x", "list", "-x"};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		from.count = 0;
		bind(A, "shelf", NULL);
		devices[0].called = rows[i];
		merge(ON);
		called(A, "shelf");
	}
}

static void two_that_are_called_the_same_are_two(void **state)
{
	bind(A, "P1S", NULL);
	bind(B, "P1S", NULL);
	devices[0].called = devices[1].called = "P1S";
	merge(ON);
	called(A, "P1S");
	called(B, "P1S-0002");
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

/* The best of three: others use the machine too. */
static int64_t time_of(size_t count, struct account_device *list)
{
	struct config *c = fixture_load(ON);
	int64_t begin_us, best_us = INT64_MAX;

	from.devices = list;
	from.count = count;
	from.used = true;
	for (int i = 0; i < 3; i++) {
		adopted_finish(&now);
		begin_us = now_us();
		adopt_merge(c, &from, &now);
		best_us = now_us() - begin_us < best_us ? now_us() - begin_us : best_us;
		assert_int_equal(now.count, count);
	}
	config_destroy(c);
	return best_us;
}

static void five_thousand_printers_of_one_name_are_no_square(void **state)
{
	enum { FEW = 250, MANY = 5000 };
	struct account_device *list = xcalloc(MANY, sizeof(*list));
	int64_t few_us, many_us;

	for (size_t i = 0; i < MANY; i++) {
		list[i].serial = xasprintf("01P00A%09zu", i);
		list[i].name = i % 2 ? "P1S" : list[i].serial;
	}
	few_us = time_of(FEW, list);
	many_us = time_of(MANY, list);
	print_message(
	    "%d: %lld us, %d: %lld us\n", FEW, (long long)few_us, MANY, (long long)many_us);
	assert_true(many_us < 120 * few_us + 20000); /* a square: 400 times */
	for (size_t i = 0; i < MANY; i++) {
		free((char *)(uintptr_t)list[i].serial);
	}
	free(list);
}

static void name_taken_by_a_new_section_is_given_up(void **state)
{
	bind(A, "P1S", NULL);
	merge(ON);
	merge(ON "[Printer P1S]\nSerial=" B "\nAddress=h\nAccessCode=1\n");
	called(B, "P1S");
	called(A, "P1S-0001");
	merge(ON "[Printer mine]\nSerial=" A "\n");
	called(A, "mine");
	assert_int_equal(now.count, 1);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(bound_printers_come_without_a_section),
	    T(only_sections_when_told_so),
	    T(section_gets_the_code_it_lacks_and_keeps_the_rest),
	    T(code_of_the_section_wins),
	    T(section_of_another_printer_keeps_its_name),
	    T(section_that_nothing_reaches_is_disabled_with_the_reason),
	    T(section_disabled_for_its_own_reason_stays_so_and_hides_nothing),
	    T(account_that_is_off_brings_nothing),
	    T(names_are_made_fit),
	    T(same_names_get_the_end_of_the_serial),
	    T(names_once_given_stay),
	    T(name_that_is_none_is_not_taken_over),
	    T(two_that_are_called_the_same_are_two),
	    T(five_thousand_printers_of_one_name_are_no_square),
	    T(name_taken_by_a_new_section_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
