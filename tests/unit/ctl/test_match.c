/* SPDX-License-Identifier: MIT */
/* Rules of the choice: type first, then the nearest colour, then what is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "ctl/match.h"

#define NEED(i, t, c)                                                                   \
	{                                                                               \
		.id = (i), .type = (t), .color = (c), .nozzle = MATCH_ANY, .grams = 10, \
		.meters = 3                                                             \
	}
#define SLOT(l, n, t, c)                                                                       \
	{                                                                                      \
		.label = (l), .tray = (n), .content = MATCH_LOADED, .type = (t), .color = (c), \
		.meters = NAN, .nozzle = MATCH_ANY                                             \
	}
#define EXTERNAL(l, n, t)                                                                          \
	{                                                                                          \
		.label = (l), .tray = (n), .external = true, .content = MATCH_LOADED, .type = (t), \
		.meters = NAN, .nozzle = MATCH_ANY                                                 \
	}

static struct match with(const struct match_need *needs, size_t need_count,
    const struct match_slot *slots, size_t slot_count)
{
	return (struct match){
	    .needs = needs, .need_count = need_count, .slots = slots, .slot_count = slot_count};
}
#define WITH(needs, slots) with((needs), ARRAY_SIZE(needs), (slots), ARRAY_SIZE(slots))

/* "A1 A2 -": what each need got. */
static void got(const struct match *m, const char *want)
{
	char text[256] = "";

	for (size_t i = 0; i < m->need_count; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "",
		    m->pairs[i].slot < 0 ? "-" : m->slots[m->pairs[i].slot].label);
	}
	assert_string_equal(text, want);
}

static void chosen(struct match m, const char *want)
{
	match_auto(&m);
	got(&m, want);
}

static void type_goes_before_colour(void **state)
{
	const struct match_need needs[] = {NEED(1, "PETG", "FF0000")};
	const struct match_slot slots[] = {SLOT("A1", 0, "PLA", "FF0000FF"),
	    SLOT("A2", 1, "PLA-CF", "FF0000FF"), SLOT("A3", 2, "PETG", "000000FF"),
	    SLOT("A4", 3, "PETG-CF", "FF0000FF")};
	struct match m = WITH(needs, slots);

	match_auto(&m);
	got(&m, "A3");
	assert_int_equal(m.pairs[0].fault, MATCH_FITS);
	assert_int_equal(m.pairs[0].color, COLOR_DIFFERENT);
}

static void nearest_colour_goes_before_what_is_left(void **state)
{
	const struct match_need needs[] = {NEED(1, "PLA", "FF0000")};
	struct match_slot slots[] = {SLOT("A1", 0, "PLA", "0000FFFF"),
	    SLOT("A2", 1, "PLA", "E03030FF"), SLOT("A3", 2, "PLA", "00FF00FF")};

	slots[0].meters = 300;
	slots[1].meters = 1;
	chosen(WITH(needs, slots), "A2");
}

static void of_equal_spools_one_with_enough_and_then_the_fuller_is_taken(void **state)
{
	const struct match_need needs[] = {NEED(1, "PLA", "FFFFFF")};
	struct match_slot slots[] = {SLOT("A1", 0, "PLA", "FFFFFFFF"),
	    SLOT("A2", 1, "PLA", "FFFFFFFF"), SLOT("A3", 2, "PLA", "FFFFFFFF")};

	slots[0].meters = 2;
	slots[1].meters = 100;
	slots[2].meters = 200;
	chosen(WITH(needs, slots), "A3");
	slots[2].meters = NAN; /* unknown is not full */
	chosen(WITH(needs, slots), "A2");
	slots[1].meters = 1;
	chosen(WITH(needs, slots), "A3");
}

static void profile_decides_between_equal_colours(void **state)
{
	struct match_need needs[] = {NEED(1, "PLA", "FFFFFF")};
	struct match_slot slots[] = {
	    SLOT("A1", 0, "PLA", "FFFFFFFF"), SLOT("A2", 1, "PLA", "FFFFFFFF")};

	needs[0].profile = "GFA00";
	slots[0].profile = "GFL99";
	slots[1].profile = "gfa00";
	chosen(WITH(needs, slots), "A2");
}

static void words_of_a_type_are_compared_without_case_and_dashes(void **state)
{
	assert_true(match_same_type("PLA-CF", "pla cf"));
	assert_true(match_same_type("PA6-CF", "PA6_CF"));
	assert_false(match_same_type("PLA", "PLA-CF"));
	assert_false(match_same_type("PLA-CF", "PLA"));
	assert_false(match_same_type("", ""));
	assert_false(match_same_type(NULL, "PLA"));
}

static void colours_are_compared_as_an_eye_does(void **state)
{
	assert_int_equal(match_color_judge("ff0000", "FF0000FF"), COLOR_SAME);
	assert_int_equal(match_color_judge("#FF0000", "FE0202FF"), COLOR_SAME);
	assert_int_equal(match_color_judge("FF0000", "D02020FF"), COLOR_NEAR);
	assert_int_equal(match_color_judge("FF0000", "00FF00"), COLOR_DIFFERENT);
	assert_int_equal(match_color_judge("FF0000", "FF000000"), COLOR_UNKNOWN); /* never set */
	assert_int_equal(match_color_judge("FF0000", NULL), COLOR_UNKNOWN);
	assert_int_equal(match_color_judge("FF0000", "red"), COLOR_UNKNOWN);
	assert_int_equal(match_color_judge("FF00", "FF00"), COLOR_UNKNOWN);
	assert_true(fabs(match_color_distance("000000", "FFFFFF") - 100) < 1);
	assert_string_equal(match_color_word(COLOR_NEAR), "near");
}

static void all_together_are_served_best(void **state)
{
	/* Filament 1 would take A1 alone, and nothing would be left for filament 2. */
	struct match_need needs[] = {NEED(1, "PLA", "FF0000"), NEED(2, "PLA", "FE0000")};
	struct match_slot slots[] = {
	    SLOT("A1", 0, "PLA", "FF0000FF"), SLOT("B1", 4, "PLA", "FF8080FF")};

	needs[1].nozzle = 1;
	slots[0].nozzle = 1;
	slots[1].nozzle = 0;
	chosen(WITH(needs, slots), "B1 A1");
}

static void each_filament_has_a_slot_of_its_own(void **state)
{
	const struct match_need needs[] = {
	    NEED(1, "PLA", "FF0000"), NEED(2, "PLA", "00FF00"), NEED(4, "PLA", "0000FF")};
	const struct match_slot slots[] = {SLOT("A1", 0, "PLA", "0000FFFF"),
	    SLOT("A2", 1, "PLA", "00FF00FF"), SLOT("A3", 2, "PLA", "FF0000FF"),
	    SLOT("A4", 3, "PLA", "FFFFFFFF")};

	chosen(WITH(needs, slots), "A3 A2 A1");
}

static void one_slot_serves_two_filaments_only_when_they_are_alike(void **state)
{
	struct match_need needs[] = {
	    NEED(1, "PLA", "FF0000"), NEED(2, "PLA", "FF0000FF"), NEED(3, "PLA", "00FF00")};
	struct match_slot slots[] = {SLOT("A1", 0, "PLA", "FF0000FF")};
	struct match m = WITH(needs, slots);

	slots[0].meters = 5; /* enough for either of them, not for both */
	match_auto(&m);
	got(&m, "A1 A1 -");
	assert_int_equal(m.pairs[0].fault, MATCH_SHORT);
	assert_string_equal(m.pairs[0].why, "6.0 m needed in all, 5.0 m left");
	assert_int_equal(match_worst(&m), MATCH_NONE);
	assert_string_equal(m.pairs[2].why, "no further PLA: A1 serves another filament");
	assert_false(match_may_go(MATCH_NONE));
}

static void what_does_not_fit_says_why(void **state)
{
	struct match_need needs[] = {NEED(1, "ABS", "FF0000"), NEED(2, "PETG", "FF0000")};
	struct match_slot slots[] = {SLOT("A1", 0, "PETG", "FF0000FF")};
	struct match m = WITH(needs, slots);

	needs[1].nozzle = 0;
	slots[0].nozzle = 1;
	match_auto(&m);
	got(&m, "- -");
	assert_string_equal(m.pairs[0].why, "no slot holds ABS");
	assert_string_equal(m.pairs[1].why, "PETG in A1 feeds the other nozzle");
}

static void empty_and_unread_slots_are_no_choice(void **state)
{
	const struct match_need needs[] = {NEED(1, "PLA", "FF0000")};
	struct match_slot slots[] = {SLOT("A1", 0, "PLA", "FF0000FF"),
	    SLOT("A2", 1, "", "FF0000FF"), SLOT("HT-A", 128, "PLA", "000000FF")};

	slots[0].content = MATCH_EMPTY;
	slots[1].content = MATCH_PRESENT;
	chosen(WITH(needs, slots), "HT-A");
}

static void nozzles_are_fed_by_their_own_units(void **state)
{
	struct match_need needs[] = {NEED(1, "PLA", "FF0000"), NEED(2, "PLA", "FF0000")};
	struct match_slot slots[] = {SLOT("A1", 0, "PLA", "FF0000FF"),
	    SLOT("B1", 4, "PLA", "FF0000FF"), SLOT("HT-A", 128, "PLA", "00FF00FF")};

	needs[0].nozzle = 0;
	needs[1].nozzle = 1;
	slots[0].nozzle = 1;
	slots[1].nozzle = 0;
	chosen(WITH(needs, slots), "B1 A1");
	slots[1].nozzle = MATCH_ANY; /* it may feed either */
	chosen(WITH(needs, slots), "B1 A1");
}

static void external_spool_is_chosen_only_where_there_is_no_ams(void **state)
{
	const struct match_need needs[] = {NEED(1, "PLA", "FF0000")};
	const struct match_slot both[] = {
	    SLOT("A1", 0, "PETG", "FF0000FF"), EXTERNAL("ext", 254, "PLA")};
	const struct match_slot alone[] = {EXTERNAL("ext", 254, "PLA")};
	const struct match_slot unread[] = {EXTERNAL("ext", 254, "")};
	const struct match_slot other[] = {EXTERNAL("ext", 254, "TPU")};
	struct match m = WITH(needs, unread);

	chosen(WITH(needs, both), "-");
	chosen(WITH(needs, alone), "ext");
	chosen(WITH(needs, other), "-");
	match_auto(&m);
	got(&m, "ext");
	assert_int_equal(match_worst(&m), MATCH_FITS);
}

static void lite_of_the_a2l_is_a_unit_like_others(void **state)
{
	const struct match_need needs[] = {NEED(1, "PLA", "FF0000"), NEED(3, "PLA", "0000FF")};
	const struct match_slot slots[] = {
	    SLOT("L1", 24, "PLA", "0000FFFF"), SLOT("L4", 27, "PLA", "FF0000FF")};

	chosen(WITH(needs, slots), "L4 L1");
}

static void shortage_is_none_where_an_equal_spool_goes_on(void **state)
{
	const struct match_need needs[] = {NEED(1, "PLA", "FF0000")};
	struct match_slot slots[] = {
	    SLOT("A1", 0, "PLA", "FF0000FF"), SLOT("A2", 1, "PLA", "FF0000FF")};
	struct match m = WITH(needs, slots);

	slots[0].meters = 2;
	slots[1].meters = 1;
	match_auto(&m);
	got(&m, "A1");
	assert_int_equal(m.pairs[0].fault, MATCH_SHORT);
	assert_true(match_may_go(MATCH_SHORT));
	m.refills = true;
	match_auto(&m);
	assert_int_equal(m.pairs[0].fault, MATCH_FITS);
}

static void more_filaments_than_slots_leave_some_without(void **state)
{
	struct match_need needs[MATCH_NEEDS_MAX];
	struct match_slot slots[MATCH_SLOTS_MAX];
	char colors[MATCH_NEEDS_MAX][8];
	size_t without = 0;
	struct match m;

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		snprintf(colors[i], sizeof(colors[i]), "%02X%02X00", (unsigned)i * 4,
		    255 - (unsigned)i * 4);
		needs[i] = (struct match_need)NEED((int)i + 1, "PLA", colors[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
		slots[i] =
		    (struct match_slot)SLOT("A1", (int)i, i < 40 ? "PLA" : "ABS", "FF0000FF");
	}
	m = WITH(needs, slots);
	match_auto(&m);
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		without += m.pairs[i].slot < 0;
	}
	assert_int_equal(without, 24);
}

static const struct match_need two[] = {NEED(1, "PLA", "FF0000"), NEED(3, "PETG", "0000FF")};
static const struct match_slot some[] = {SLOT("A1", 0, "PLA", "FF0000FF"),
    SLOT("A2", 1, "PETG", "0000FFFF"), SLOT("HT-A", 128, "ABS", "FFFFFFFF"),
    EXTERNAL("ext", 254, "PLA")};

static void named_slots_are_taken_in_the_order_of_the_filaments(void **state)
{
	static const struct {
		const char *list, *want;
	} rows[] = {{"A1,A2", "A1 A2"}, {"a2,EXT", "A2 ext"}, {"0,1", "A1 A2"},
	    {"254,128", "ext HT-A"}, {"3=A1,1=ext", "ext A1"}, {"3=A2,A1", "A1 A2"},
	    {"HT-A1,ext-right", "HT-A ext"}, {"A1,A1", "A1 A1"}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct match m = WITH(two, some);
		char why[160] = "";

		if (match_named(&m, rows[i].list, why, sizeof(why)) < 0) {
			fail_msg("%s: %s", rows[i].list, why);
		}
		got(&m, rows[i].want);
	}
}

static void named_slots_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *list, *why;
	} rows[] = {{"A1", "filament 3"}, {"A1,A2,A1", "more slots"}, {"A1,B1", "no slot \"B1\""},
	    {"1=A1,2=A2", "no filament 2"}, {"1=A1,1=A2", "twice"}, {"A1,", "no slot \"\""},
	    {"", "no slot \"\""}, {"A11,A2", "no slot \"A11\""}, {"x=A1,A2", "no filament x"},
	    {"-1,A2", "no slot"}, {"A1,\x1b[31m", "\\x1B"}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct match m = WITH(two, some);
		char why[160] = "";

		assert_int_equal(match_named(&m, rows[i].list, why, sizeof(why)), -22);
		if (!strstr(why, rows[i].why)) {
			fail_msg("%s: %s", rows[i].list, why);
		}
	}
}

static void named_slot_that_does_not_fit_is_said(void **state)
{
	struct match_slot slots[ARRAY_SIZE(some)];
	struct match m = WITH(two, slots);
	char why[160];

	memcpy(slots, some, sizeof(slots));
	slots[0].content = MATCH_EMPTY;
	assert_int_equal(match_named(&m, "A1,HT-A", why, sizeof(why)), 0);
	assert_int_equal(m.pairs[0].fault, MATCH_NO_SPOOL);
	assert_false(match_may_go(MATCH_NO_SPOOL));
	assert_int_equal(m.pairs[1].fault, MATCH_WRONG);
	assert_string_equal(m.pairs[1].why, "needs PETG, holds ABS");
	assert_true(match_may_go(MATCH_WRONG));
	slots[0].content = MATCH_PRESENT;
	slots[0].type = "";
	assert_int_equal(match_named(&m, "A1,A2", why, sizeof(why)), 0);
	assert_int_equal(match_worst(&m), MATCH_UNREAD);
}

static void of_a_file_that_was_not_read_any_spool_will_do(void **state)
{
	const struct match_need needs[] = {NEED(1, NULL, NULL), NEED(2, NULL, NULL)};
	struct match_slot slots[ARRAY_SIZE(some)];
	struct match m = WITH(needs, slots);
	char why[160];

	memcpy(slots, some, sizeof(slots));
	m.blind = true;
	assert_int_equal(match_named(&m, "A1,HT-A", why, sizeof(why)), 0);
	assert_int_equal(match_worst(&m), MATCH_FITS);
	slots[2].content = MATCH_EMPTY;
	assert_int_equal(match_named(&m, "A1,HT-A", why, sizeof(why)), 0);
	assert_int_equal(match_worst(&m), MATCH_NO_SPOOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(type_goes_before_colour),
	    cmocka_unit_test(nearest_colour_goes_before_what_is_left),
	    cmocka_unit_test(of_equal_spools_one_with_enough_and_then_the_fuller_is_taken),
	    cmocka_unit_test(profile_decides_between_equal_colours),
	    cmocka_unit_test(words_of_a_type_are_compared_without_case_and_dashes),
	    cmocka_unit_test(colours_are_compared_as_an_eye_does),
	    cmocka_unit_test(all_together_are_served_best),
	    cmocka_unit_test(each_filament_has_a_slot_of_its_own),
	    cmocka_unit_test(one_slot_serves_two_filaments_only_when_they_are_alike),
	    cmocka_unit_test(what_does_not_fit_says_why),
	    cmocka_unit_test(empty_and_unread_slots_are_no_choice),
	    cmocka_unit_test(nozzles_are_fed_by_their_own_units),
	    cmocka_unit_test(external_spool_is_chosen_only_where_there_is_no_ams),
	    cmocka_unit_test(lite_of_the_a2l_is_a_unit_like_others),
	    cmocka_unit_test(shortage_is_none_where_an_equal_spool_goes_on),
	    cmocka_unit_test(more_filaments_than_slots_leave_some_without),
	    cmocka_unit_test(named_slots_are_taken_in_the_order_of_the_filaments),
	    cmocka_unit_test(named_slots_that_make_no_sense_are_refused),
	    cmocka_unit_test(named_slot_that_does_not_fit_is_said),
	    cmocka_unit_test(of_a_file_that_was_not_read_any_spool_will_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
