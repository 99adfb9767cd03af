/* SPDX-License-Identifier: MIT */
/* Options and camera watches: what reports say of them, and what they leave open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/model/encode_internal.h"
#include "tests/unit/model/feed.h"

#define U TRI_UNKNOWN
#define N TRI_NO
#define Y TRI_YES

/* In the order of the enum: airprint, recovery, refill, blob, sound, tangle. */
static void check_options(const struct state *s, const uint8_t want[OPTION_COUNT])
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		if (s->options.on[i] != want[i]) {
			fail_msg("%s is %d, not %d", option_word(i), s->options.on[i], want[i]);
		}
	}
}

/* airprint, marker, clump, first layer, pile, plate, monitor, spaghetti; levels as a text. */
static void check_xcam(const struct state *s, const uint8_t want[XCAM_COUNT], const char *levels)
{
	char have[128] = "";

	for (int i = 0; i < XCAM_COUNT; i++) {
		const char *word = xcam_sensitivity_word(s->options.sensitivity[i]);
		size_t used = strlen(have);

		if (s->options.xcam[i] != want[i]) {
			fail_msg("%s is %d, not %d", xcam_word(i), s->options.xcam[i], want[i]);
		}
		snprintf(have + used, sizeof(have) - used, "%s%s", i ? " " : "", word ? word : "-");
	}
	assert_string_equal(have, levels);
}

static struct state *fixture(void **state, const char *model, const char *name)
{
	struct state *s = as_model(state, model);
	struct state_delta d;

	assert_true(feed_file(s, FIXTURES, name, &d));
	assert_true(d.changed & BIT(OPTIONS));
	return s;
}

static void options_of_whole_reports(void **state)
{
	check_options(fixture(state, "X1C", "x1c_full.json"), (uint8_t[]){U, N, Y, U, U, U});
	check_xcam(*state, (uint8_t[]){U, Y, U, Y, U, U, Y, Y}, "- - - - - - medium -");
	check_options(fixture(state, "A1MINI", "a1mini_full.json"), (uint8_t[]){Y, Y, Y, N, Y, Y});
	check_xcam(*state, (uint8_t[]){U, Y, U, U, U, U, U, U}, "- - - - - - - -");
	check_options(fixture(state, "P1S", "p1s_full.json"), (uint8_t[]){U, N, Y, U, U, U});
	check_xcam(*state, (uint8_t[]){U, N, U, U, U, U, U, U}, "- - - - - - - -");
	check_options(fixture(state, "H2D", "h2d_full.json"), (uint8_t[]){U, Y, Y, U, U, U});
	check_xcam(*state, (uint8_t[]){Y, Y, Y, Y, Y, N, Y, Y}, "high - high - high - medium high");
	check_options(fixture(state, "P2S", "p2s_full.json"), (uint8_t[]){U, Y, N, U, U, U});
	check_xcam(*state, (uint8_t[]){U, Y, U, Y, U, U, Y, Y}, "- - - - - - medium -");
}

static void options_of_a_dump(void **state)
{
	const char *folder = getenv("BAMBU_PAYLOADS");
	struct state *s = as_model(state, "P2S");
	struct state_delta d;

	if (!folder || !*folder) {
		skip();
	}
	assert_true(feed_file(s, folder, "P2S-full.json", &d));
	check_xcam(
	    s, (uint8_t[]){Y, Y, Y, Y, Y, N, Y, Y}, "medium - medium - medium - medium medium");
}

static void nothing_said_is_unknown(void **state)
{
	struct state *s = *state;

	feed_full(s, "");
	check_options(s, (uint8_t[]){U, U, U, U, U, U});
	check_xcam(s, (uint8_t[]){U, U, U, U, U, U, U, U}, "- - - - - - - -");
	feed_full(s, "'xcam':{'printing_monitor':true,'cfg':128},'home_flag':16");
	assert_int_equal(s->options.on[OPTION_AUTO_RECOVERY], Y);
	/* The next full report holds neither. */
	assert_true(feed_full(s, "") & BIT(OPTIONS));
	check_options(s, (uint8_t[]){U, U, U, U, U, U});
	check_xcam(s, (uint8_t[]){U, U, U, U, U, U, U, U}, "- - - - - - - -");
}

static void cfg_beats_home_flag(void **state)
{
	struct state *s = *state;

	feed_full(s, "'home_flag':1040,'cfg':'0'");
	assert_int_equal(s->options.on[OPTION_AUTO_RECOVERY], N);
	assert_int_equal(s->options.on[OPTION_AUTO_REFILL], N);
	assert_int_equal(feed_delta(s, "'cfg':'10000'") & BIT(OPTIONS), BIT(OPTIONS));
	assert_int_equal(s->options.on[OPTION_AUTO_RECOVERY], Y);
	assert_int_equal(feed_delta(s, "'home_flag':0") & BIT(OPTIONS), 0);
}

static void a_bit_of_an_option_that_is_not_there_means_nothing(void **state)
{
	struct state *s = *state;

	/* Bit 17 is the sound, 18 that there is one; fun, where it is sent, knows better. */
	feed_full(s, "'home_flag':131072");
	assert_int_equal(s->options.on[OPTION_SOUND], U);
	assert_int_equal(option_is_supported(s, OPTION_SOUND), N);
	feed_delta(s, "'home_flag':393216");
	assert_int_equal(s->options.on[OPTION_SOUND], Y);
	feed_delta(s, "'fun':'0'");
	assert_int_equal(s->options.on[OPTION_SOUND], U);
	feed_delta(s, "'fun':'100'");
	assert_int_equal(s->options.on[OPTION_SOUND], Y);
}

static void a_part_of_xcam_leaves_the_rest(void **state)
{
	struct state *s = *state;

	feed_full(s, "'xcam':{'printing_monitor':true,'spaghetti_detector':true,"
		     "'halt_print_sensitivity':'low'}");
	feed_delta(s, "'xcam':{'spaghetti_detector':false}");
	check_xcam(s, (uint8_t[]){U, U, U, U, U, U, Y, N}, "- - - - - - low -");
	feed_delta(s, "'xcam':{'halt_print_sensitivity':'whatever','spaghetti_detector':null}");
	check_xcam(s, (uint8_t[]){U, U, U, U, U, U, Y, U}, "- - - - - - - -");
	/* 3 is no sensitivity. */
	feed_delta(s, "'xcam':{'cfg':896}");
	check_xcam(s, (uint8_t[]){N, U, N, U, N, N, Y, Y}, "low - low - low - - -");
	feed_delta(s, "'xcam':{'cfg':-1}");
	assert_int_equal(s->options.xcam[XCAM_SPAGHETTI_DETECTOR], U);
	assert_int_equal(s->wrong_types, 0);
	feed_delta(s, "'xcam':7");
	assert_int_equal(s->wrong_types, 1);
}

static void every_word_is_one_that_can_be_set(void **state)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		assert_true(encode_option_find("print.option", option_word(i)) != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STATE_TEST(options_of_whole_reports),
	    STATE_TEST(options_of_a_dump),
	    STATE_TEST(nothing_said_is_unknown),
	    STATE_TEST(cfg_beats_home_flag),
	    STATE_TEST(a_bit_of_an_option_that_is_not_there_means_nothing),
	    STATE_TEST(a_part_of_xcam_leaves_the_rest),
	    STATE_TEST(every_word_is_one_that_can_be_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
