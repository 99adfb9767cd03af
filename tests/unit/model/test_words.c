/* SPDX-License-Identifier: MIT */
/* The words of the status object: the agreed ones, for every value, nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/model/words.h"

/* Checks a word function against the agreed words in enum order; "" stands for null. */
#define ASSERT_WORDS(fn, type, count, ...)                                           \
	do {                                                                         \
		static const char *const agreed[] = {__VA_ARGS__};                   \
		assert_int_equal(sizeof(agreed) / sizeof(agreed[0]), count);         \
		for (int i_ = 0; i_ < (count); i_++) {                               \
			const char *word_ = fn((type)i_);                            \
			assert_string_equal(word_ == NULL ? "" : word_, agreed[i_]); \
		}                                                                    \
		assert_null(fn((type)(count)));                                      \
	} while (0)

static void words_are_the_agreed_ones(void **state)
{
	ASSERT_WORDS(link_state_word, enum link_state, LINK_STATE_COUNT, "connecting", "online",
	    "stale", "offline", "auth_refused", "tls_refused", "lan_closed", "disabled");
	ASSERT_WORDS(plane_word, enum plane, PLANE_COUNT, "", "lan", "cloud");
	ASSERT_WORDS(tls_word, enum tls_word, TLS_WORD_COUNT, "", "verified", "pinned", "insecure");
	ASSERT_WORDS(control_state_word, enum control_state, CONTROL_STATE_COUNT, "unknown", "full",
	    "locked");
	ASSERT_WORDS(print_state_word, enum print_state, PRINT_STATE_COUNT, "unknown", "idle",
	    "preparing", "slicing", "printing", "paused", "finished", "failed", "offline");
	ASSERT_WORDS(print_source_word, enum print_source, PRINT_SOURCE_COUNT, "", "cloud", "local",
	    "system");
	ASSERT_WORDS(light_mode_word, enum light_mode, LIGHT_MODE_COUNT, "", "on", "off", "blink");
	ASSERT_WORDS(
	    light_node_word, enum light_node, LIGHT_NODE_COUNT, "chamber", "work", "heatbed");
	ASSERT_WORDS(sdcard_word, enum sdcard, SDCARD_COUNT, "", "present", "absent", "abnormal",
	    "read_only");
	ASSERT_WORDS(
	    tray_state_word, enum tray_state, TRAY_STATE_COUNT, "", "empty", "present", "loaded");
	ASSERT_WORDS(ams_model_word, enum ams_model, AMS_MODEL_COUNT, "unknown", "ams", "lite",
	    "pro2", "ht");
	ASSERT_WORDS(hms_severity_word, enum hms_severity, HMS_SEVERITY_COUNT, "", "fatal",
	    "serious", "common", "info");
	ASSERT_WORDS(
	    camera_kind_word, enum camera_kind, CAMERA_KIND_COUNT, "none", "jpeg", "rtsps");
	ASSERT_WORDS(speed_word, enum speed_level, SPEED_LEVEL_COUNT, "", "silent", "standard",
	    "sport", "ludicrous");
}

static void stage_words_are_lower_snake_and_complete(void **state)
{
	char buf[16];

	for (int id = 0; id <= 77; id++) {
		const char *word = stage_word(id, buf);

		assert_non_null(word);
		assert_ptr_not_equal(word, buf);
		assert_int_equal(
		    strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(word));
	}
	assert_string_equal(stage_word(0, buf), "printing");
	assert_string_equal(stage_word(7, buf), "heating_nozzle");
	assert_string_equal(stage_word(77, buf), "preparing_ams");
}

static void stage_words_of_pauses_begin_with_pause(void **state)
{
	static const int pauses[] = {5, 6, 16, 17, 20, 21, 23, 26, 27, 28, 30, 32, 33, 34, 35};
	size_t found = 0;
	char buf[16];

	for (int id = 0; id <= 77; id++) {
		found += strncmp(stage_word(id, buf), "pause_", 6) == 0;
	}
	assert_int_equal(found, sizeof(pauses) / sizeof(pauses[0]));
	for (size_t i = 0; i < found; i++) {
		assert_memory_equal(stage_word(pauses[i], buf), "pause_", 6);
	}
}

static void stage_word_numbers_unknown_ids_and_is_null_when_idle(void **state)
{
	char buf[16];

	assert_string_equal(stage_word(78, buf), "stage_78");
	assert_string_equal(stage_word(99, buf), "stage_99");
	assert_string_equal(stage_word(999999999, buf), "stage_999999999");
	assert_string_equal(stage_word(-2, buf), "stage_-2");
	assert_null(stage_word(INT32_MAX, buf));
	assert_null(stage_word(UNKNOWN_INT, buf));
	assert_null(stage_word(-1, buf));
	assert_null(stage_word(255, buf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_are_the_agreed_ones),
	    cmocka_unit_test(stage_words_are_lower_snake_and_complete),
	    cmocka_unit_test(stage_words_of_pauses_begin_with_pause),
	    cmocka_unit_test(stage_word_numbers_unknown_ids_and_is_null_when_idle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
