/* SPDX-License-Identifier: MIT */
/* A state that is kept and taken up again is shown as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "daemon/api/render.h"
#include "daemon/model/saved.h"
#include "daemon/model/view.h"
#include "tests/unit/model/feed.h"

#define NOW 5000000

static char *shown(const struct state *s, int64_t now_ms)
{
	const struct printer_view view = {
	    .name = "one",
	    .serial = "00M",
	    .state = s,
	    .now_mono_ms = now_ms,
	    .now_wall_ms = now_ms,
	    .link = {.last_message_mono_ms = -1},
	    .camera = {.frame_mono_ms = -1, .width = UNKNOWN_INT, .height = UNKNOWN_INT},
	};
	struct jw w;

	jw_init(&w);
	render_printer(&w, NULL, &view, RENDER_ALL);
	return jw_take(&w);
}

/* Kept at now_ms, taken up elapsed_ms later on a clock that went on. */
static void take_up(const struct state *s, struct state *ret, int64_t now_ms, int64_t elapsed_ms)
{
	struct scan scan;
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	state_save(s, &w, "state", now_ms);
	jw_object_end(&w);
	scan_init(&scan);
	assert_int_equal(scan_parse(&scan, w.buf, w.len), SCAN_OK);
	state_init(ret, NULL, NULL);
	assert_int_equal(state_restore(ret, &scan, scan_get(&scan, 0, "state"),
			     now_ms + (elapsed_ms < 0 ? 0 : elapsed_ms), elapsed_ms),
	    0);
	scan_finish(&scan);
	jw_finish(&w);
}

static void assert_same(const struct state *s)
{
	_cleanup_free_ char *before = shown(s, NOW), *after = NULL;
	struct state restored;

	take_up(s, &restored, NOW, 0);
	after = shown(&restored, NOW);
	assert_string_equal(after, before);
	state_finish(&restored);
}

static void fixtures_are_shown_as_before(void **state)
{
	static const char *const names[] = {
	    "a1mini_full.json", "h2d_full.json", "p1s_full.json", "p2s_full.json", "x1c_full.json"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct state_delta d;
		struct state s;

		state_init(&s, NULL, NULL);
		assert_true(feed_file(&s, FIXTURES, names[i], &d));
		assert_true(s.has_base);
		assert_same(&s);
		state_finish(&s);
	}
}

static void real_dumps_are_shown_as_before(void **state)
{
	static const char *const models[] = {"A1", "A1mini", "H2D", "P1P", "P2S"};
	const char *folder = getenv("BAMBU_PAYLOADS");
	unsigned found = 0;

	if (folder == NULL || folder[0] == '\0') {
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		_cleanup_free_ char *version = xasprintf("%s-version.json", models[i]);
		_cleanup_free_ char *full = xasprintf("%s-full.json", models[i]);
		struct state_delta d;
		struct state s;

		state_init(&s, NULL, NULL);
		feed_file(&s, folder, version, &d);
		if (feed_file(&s, folder, full, &d)) {
			assert_same(&s);
			found++;
		}
		for (int n = 1; n < 20; n++) {
			_cleanup_free_ char *delta = xasprintf("%s-delta-%03d.json", models[i], n);

			if (feed_file(&s, folder, delta, &d)) {
				assert_same(&s);
			}
		}
		state_finish(&s);
	}
	assert_int_equal(found, ARRAY_SIZE(models));
}

/* What raw texts alone would not say: arrays in pieces, bits that clear, edges that count. */
static void what_deltas_left_behind_is_shown_as_before(void **state)
{
	static const char *const deltas[] = {
	    "'lights_report':[{'node':'work_light','mode':'flashing'}]",
	    "'ams':{'ams':[{'id':'0','tray':[{'id':'1','state':11}]}]}",
	    "'ams':{'tray_exist_bits':'1','ams_exist_bits':'1'}",
	    "'ams':{'tray_exist_bits':'3','ams_exist_bits':'1'}",
	    "'ams':{'ams':[{'id':'128','temp':'31.5','humidity_raw':'20','tray':[{'id':'0',"
	    "'tray_type':'PETG','tray_color':'00FF00FF','cols':['00FF00FF','112233FF'],'k':0.031}]}"
	    "]}",
	    "'home_flag':8388608",
	    "'home_flag':0,'sdcard':true",
	    "'gcode_state':'RUNNING','mc_remaining_time':73,'s_obj':[3,9],'layer_num':4",
	    "'hms':[{'attr':50335744,'code':131074}],'print_error':50348044",
	    "'subtask_name':'a \\\"quoted\\\" job','xcam':{'cfg':12345,'printing_monitor':true}",
	    "'device':{'airduct':{'parts':[{'id':16,'state':40},{'id':32,'state':80}]}}",
	    "'device':{'airduct':{'parts':[{'id':48,'state':10}]}}",
	    "'device':{'extruder':{'state':2,'info':[{'id':0,'temp':14417920,'snow':1,'hnow':0},"
	    "{'id':1,'temp':100,'snow':65535,'hnow':1}]}}",
	    "'device':{'nozzle':{'info':[{'id':0,'diameter':0.4,'type':'HS01'}]}}",
	    "'ipcam':{'rtsp_url':'disable','timelapse':'enable'},'fun':'20000000','cfg':'ff'",
	    "'vir_slot':[{'id':'254','tray_type':'ABS'},{'id':'255'}]",
	    "'upgrade_state':{'dis_state':1,'ota_new_version_number':'01.02.03.04'}",
	    "'online':{'version':7},'wifi_signal':'-61dBm'",
	};
	struct state_delta d;
	struct state s;

	state_init(&s, NULL, NULL);
	assert_true(feed_file(&s, FIXTURES, "x1c_full.json", &d));
	for (size_t i = 0; i < ARRAY_SIZE(deltas); i++) {
		feed_delta(&s, deltas[i]);
		assert_same(&s);
	}
	state_finish(&s);
}

/* The next full report and what follows makes the same of both. */
static void a_restored_state_goes_on_like_the_old_one(void **state)
{
	_cleanup_free_ char *a = NULL, *b = NULL;
	struct state s, restored;
	struct state_delta d;

	state_init(&s, NULL, NULL);
	assert_true(feed_file(&s, FIXTURES, "h2d_full.json", &d));
	take_up(&s, &restored, 2000, 0);
	state_reset(&s);
	assert_false(restored.has_base);
	feed_delta(&restored, "'mc_percent':99");
	assert_true(feed_file(&s, FIXTURES, "h2d_full.json", &d));
	assert_true(feed_file(&restored, FIXTURES, "h2d_full.json", &d));
	assert_int_equal(d.changed, 0);
	feed_delta(&s, "'gcode_state':'PAUSE'");
	feed_delta(&restored, "'gcode_state':'PAUSE'");
	a = shown(&s, NOW);
	b = shown(&restored, NOW);
	assert_string_equal(a, b);
	state_finish(&s);
	state_finish(&restored);
}

static void nothing_known_stays_nothing_known(void **state)
{
	struct state s;

	state_init(&s, NULL, NULL);
	assert_same(&s);
	state_finish(&s);
}

static void ages_go_on_and_are_unknown_when_time_is(void **state)
{
	struct state s, restored;

	state_init(&s, NULL, NULL);
	feed_full(&s, "'gcode_state':'IDLE'"); /* at 1000 */
	take_up(&s, &restored, 5000, 60000);
	assert_int_equal(65000 - restored.full_mono_ms, 64000);
	assert_int_equal(65000 - restored.section_mono_ms[SECTION_PRINT], 64000);
	assert_int_equal(restored.section_mono_ms[SECTION_AMS], -1);
	state_finish(&restored);
	take_up(&s, &restored, 5000, -1);
	assert_int_equal(restored.full_mono_ms, -1);
	assert_int_equal(restored.section_mono_ms[SECTION_PRINT], -1);
	state_finish(&restored);
	state_finish(&s);
}

/* Files of an older daemon hold these numbers: another order is another VERSION (fleet/memory). */
static void numbers_in_the_file_mean_what_they_meant(void **state)
{
	static const int print[] = {PRINT_UNKNOWN, PRINT_IDLE, PRINT_PREPARING, PRINT_SLICING,
	    PRINT_PRINTING, PRINT_PAUSED, PRINT_FINISHED, PRINT_FAILED, PRINT_OFFLINE};
	static const int source[] = {SOURCE_UNKNOWN, SOURCE_CLOUD, SOURCE_LOCAL, SOURCE_SYSTEM};
	static const int speed[] = {
	    SPEED_UNKNOWN, SPEED_SILENT, SPEED_STANDARD, SPEED_SPORT, SPEED_LUDICROUS};
	static const int mode[] = {LIGHT_UNKNOWN, LIGHT_ON, LIGHT_OFF, LIGHT_BLINK};
	static const int node[] = {LIGHT_CHAMBER, LIGHT_WORK, LIGHT_HEATBED};
	static const int card[] = {
	    SDCARD_UNKNOWN, SDCARD_PRESENT, SDCARD_ABSENT, SDCARD_ABNORMAL, SDCARD_READ_ONLY};
	static const int tri[] = {TRI_UNKNOWN, TRI_NO, TRI_YES};
	static const int tray[] = {TRAY_UNKNOWN, TRAY_EMPTY, TRAY_PRESENT, TRAY_LOADED};
	static const int unit[] = {
	    AMS_MODEL_UNKNOWN, AMS_MODEL_AMS, AMS_MODEL_LITE, AMS_MODEL_PRO2, AMS_MODEL_HT};
	static const int control[] = {CONTROL_UNKNOWN, CONTROL_FULL, CONTROL_LOCKED};
	static const int xcam[] = {XCAM_AIRPRINT_DETECTOR, XCAM_BUILDPLATE_MARKER_DETECTOR,
	    XCAM_CLUMP_DETECTOR, XCAM_FIRST_LAYER_INSPECTOR, XCAM_PILEUP_DETECTOR,
	    XCAM_PLATE_OFFSET_SWITCH, XCAM_PRINTING_MONITOR, XCAM_SPAGHETTI_DETECTOR};
	static const struct {
		const int *values;
		size_t count;
	} tables[] = {
#define TABLE(list) {list, ARRAY_SIZE(list)}
	    TABLE(print), TABLE(source), TABLE(speed), TABLE(mode), TABLE(node), TABLE(card),
	    TABLE(tri), TABLE(tray), TABLE(unit), TABLE(control), TABLE(xcam)};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		for (size_t n = 0; n < tables[i].count; n++) {
			assert_int_equal(tables[i].values[n], n);
		}
	}
}

static void saved_as(const char *name, const struct state *s)
{
	_cleanup_free_ char *path = xasprintf(GOLDEN "/%s.json", name), *want = NULL;
	const char *update = getenv("SAVED_GOLDEN_OUT");
	struct jw w;
	size_t len = 0;

	jw_init(&w);
	jw_object(&w, NULL);
	state_save(s, &w, "state", NOW);
	jw_object_end(&w);
	jw_bytes(&w, "\n", 1);
	if (update != NULL) { /* writes what would be right now */
		_cleanup_free_ char *out = xasprintf("%s/%s.json", update, name);
		FILE *f = fopen(out, "we");

		assert_non_null(f);
		assert_int_equal(fwrite(w.buf, 1, w.len, f), w.len);
		fclose(f);
	}
	want = read_whole(path, &len);
	if (want == NULL) {
		fail_msg("cannot read %s", path);
	}
	assert_string_equal(w.buf, want);
	jw_finish(&w);
}

/* Fields, their names and their numbers in the file are those of the golden one: a file of today
 * is read by the daemon of tomorrow. A field more is fine there, then the golden file is renewed:
 * SAVED_GOLDEN_OUT=tests/unit/render/golden in the environment. */
static void file_is_written_as_the_golden_one(void **state)
{
	static const char *const names[] = {"h2d_full.json", "x1c_full.json"};
	static const char *const golden[] = {"saved_h2d", "saved_x1c"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct state_delta d;
		struct state s;

		state_init(&s, NULL, NULL);
		assert_true(feed_file(&s, FIXTURES, names[i], &d));
		saved_as(golden[i], &s);
		state_finish(&s);
	}
}

/* The other direction: what the golden file says is shown as what it was written from. */
static void golden_file_is_read_as_it_was_meant(void **state)
{
	_cleanup_free_ char *text = NULL, *before = NULL, *after = NULL;
	struct state s, restored;
	struct state_delta d;
	struct scan scan;
	size_t len = 0;

	state_init(&s, NULL, NULL);
	assert_true(feed_file(&s, FIXTURES, "h2d_full.json", &d));
	text = read_whole(GOLDEN "/saved_h2d.json", &len);
	assert_non_null(text);
	scan_init(&scan);
	assert_int_equal(scan_parse(&scan, text, len), SCAN_OK);
	state_init(&restored, NULL, NULL);
	assert_int_equal(state_restore(&restored, &scan, scan_get(&scan, 0, "state"), NOW, 0), 0);
	before = shown(&s, NOW);
	after = shown(&restored, NOW);
	assert_string_equal(after, before);
	scan_finish(&scan);
	state_finish(&restored);
	state_finish(&s);
}

static void elapsed_time_is_never_less_than_it_was(void **state)
{
	const struct saved_at then = {.wall_ms = 1000000, .boot_ms = 500000};
	static const struct {
		int64_t wall_ms, boot_ms, elapsed_ms;
	} cases[] = {
	    {1060000, 560000, 60000}, /* the same run of the machine */
	    {1060000, 563000, 63000}, /* the wall clock was set a little */
	    {1063000, 560000, 63000}, {9000000, 30000, 8000000}, /* another run */
	    {1010000, 560000, -1},				 /* set back by a minute */
	    {900000, 560000, -1},				 /* by more */
	    {1005000, 30000, -1}, /* another run, a clock that stood still meanwhile */
	    {990000, 1000, -1},
	    {9000000, 560000, 8000000}, /* set forward: older than it is, but not younger */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct saved_at now = {.wall_ms = cases[i].wall_ms, .boot_ms = cases[i].boot_ms};

		assert_int_equal(saved_elapsed_ms(&then, &now), cases[i].elapsed_ms);
	}
}

static void clocks_that_no_machine_has_had_tell_nothing(void **state)
{
	static const struct saved_at now = {.wall_ms = 1060000, .boot_ms = 560000};
	static const struct saved_at cases[] = {
	    {INT64_MIN, 500000},
	    {1000000, INT64_MIN},
	    {-1, 500000}, /* not there */
	    {1000000, -1},
	    {INT64_MAX, INT64_MAX},
	    {INT64_MAX, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(saved_elapsed_ms(&cases[i], &now), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fixtures_are_shown_as_before),
	    cmocka_unit_test(real_dumps_are_shown_as_before),
	    cmocka_unit_test(what_deltas_left_behind_is_shown_as_before),
	    cmocka_unit_test(a_restored_state_goes_on_like_the_old_one),
	    cmocka_unit_test(nothing_known_stays_nothing_known),
	    cmocka_unit_test(ages_go_on_and_are_unknown_when_time_is),
	    cmocka_unit_test(numbers_in_the_file_mean_what_they_meant),
	    cmocka_unit_test(file_is_written_as_the_golden_one),
	    cmocka_unit_test(golden_file_is_read_as_it_was_meant),
	    cmocka_unit_test(elapsed_time_is_never_less_than_it_was),
	    cmocka_unit_test(clocks_that_no_machine_has_had_tell_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
