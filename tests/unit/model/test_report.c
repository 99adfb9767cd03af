/* SPDX-License-Identifier: MIT */
/* What kind of message a text is: full, delta, ack, event, version, or nothing for us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model/feed.h"

static enum report_kind kind_of(const char *text)
{
	_cleanup_free_ char *json = quoted(text);
	struct report r;
	enum report_kind kind;

	report_init(&r);
	assert_int_equal(report_decode(&r, json, strlen(json)), 0);
	kind = r.kind;
	report_finish(&r);
	return kind;
}

static void report_is_full_with_msg_0(void **state)
{
	assert_int_equal(
	    kind_of("{'print':{'command':'push_status','msg':0,'mc_percent':1}}"), REPORT_FULL);
	assert_int_equal(kind_of("{'print':{'command':'push_status','msg':'0'}}"), REPORT_FULL);
	assert_int_equal(kind_of("{'print':{'msg':0,'gcode_state':'IDLE'}}"), REPORT_FULL);
}

static void report_is_full_without_msg_when_it_names_the_state(void **state)
{
	assert_int_equal(
	    kind_of("{'print':{'command':'push_status','gcode_state':'IDLE'}}"), REPORT_FULL);
	assert_int_equal(
	    kind_of("{'print':{'command':'push_status','mc_percent':1}}"), REPORT_DELTA);
	assert_int_equal(kind_of("{'print':{'gcode_state':'IDLE'}}"), REPORT_DELTA);
}

static void report_is_a_delta_otherwise(void **state)
{
	assert_int_equal(
	    kind_of("{'print':{'command':'push_status','msg':1,'gcode_state':'IDLE'}}"),
	    REPORT_DELTA);
	assert_int_equal(kind_of("{'print':{'stat':'46258008'}}"), REPORT_DELTA);
	assert_int_equal(
	    kind_of("{'print':{'command':'push_status','msg':{},'gcode_state':'IDLE'}}"),
	    REPORT_DELTA);
	assert_int_equal(kind_of("{'print':{'command':null,'stat':'0'}}"), REPORT_DELTA);
	assert_int_equal(kind_of("{'print':{}}"), REPORT_DELTA);
}

static void report_keeps_acks_out_of_the_state(void **state)
{
	assert_int_equal(
	    kind_of("{'print':{'result':'success','msg':0,'gcode_state':'IDLE'}}"), REPORT_ACK);
	assert_int_equal(
	    kind_of("{'print':{'command':'push_status','result':'fail'}}"), REPORT_ACK);
	assert_int_equal(kind_of("{'print':{'command':'pause','sequence_id':'7'}}"), REPORT_ACK);
	assert_int_equal(
	    kind_of("{'print':{'command':'extrusion_cali_get','msg':0,'nozzle_diameter':'0.2'}}"),
	    REPORT_ACK);
	assert_int_equal(kind_of("{'system':{'command':'ledctrl'}}"), REPORT_ACK);
	assert_int_equal(kind_of("{'camera':{'result':'success'}}"), REPORT_ACK);
	assert_int_equal(kind_of("{'xcam':{'command':'xcam_control_set'}}"), REPORT_ACK);
	assert_int_equal(kind_of("{'info':{'command':'get_version','result':'fail'}}"), REPORT_ACK);
}

static void report_ack_names_its_command(void **state)
{
	_cleanup_free_ char *json = quoted("{'system':{'command':'ledctrl','sequence_id':40017}}");
	struct report r;

	report_init(&r);
	assert_int_equal(report_decode(&r, json, strlen(json)), 0);
	assert_string_equal(r.category, "system");
	assert_string_equal(r.command, "ledctrl");
	assert_string_equal(r.sequence_id, "40017");
	assert_int_equal(report_decode(&r, "{}", 2), 0);
	assert_int_equal(r.kind, REPORT_NONE);
	assert_string_equal(r.command, "");
	assert_string_equal(r.category, "");
	report_finish(&r);
}

static void report_ignores_what_is_not_for_us(void **state)
{
	static const char *const texts[] = {"{}", "[]", "7", "null", "{'t_utc':1}", "{'print':7}",
	    "{'print':[]}", "{'mc_print':{'command':'push_info','param':'[AMS] x'}}",
	    "{'event':{}}", "{'event':{'event':'client.moved'}}", "{'event':{'event':{}}}",
	    "{'info':{}}", "{'system':{}}", "{'system':'x'}", "{'liveview':{'command':'x'}}"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (kind_of(texts[i]) != REPORT_NONE) {
			fail_msg("%s", texts[i]);
		}
	}
}

static void report_hears_presence(void **state)
{
	static const char on[] = "{\"event\":{\"event\":\"client.connected\",\"t\":1}}";
	static const char off[] = "{\"event\":{\"event\":\"client.disconnected\"}}";
	struct report r;

	report_init(&r);
	assert_int_equal(report_decode(&r, on, strlen(on)), 0);
	assert_int_equal(r.kind, REPORT_EVENT);
	assert_true(r.connected);
	assert_int_equal(report_decode(&r, off, strlen(off)), 0);
	assert_int_equal(r.kind, REPORT_EVENT);
	assert_false(r.connected);
	report_finish(&r);
}

static void report_takes_version_replies(void **state)
{
	assert_int_equal(kind_of("{'info':{'command':'get_version','module':[]}}"), REPORT_VERSION);
	assert_int_equal(
	    kind_of("{'info':{'command':'get_version','module':[],'result':'success'}}"),
	    REPORT_VERSION);
	assert_int_equal(kind_of("{'info':{'command':'get_version','module':{}}}"), REPORT_ACK);
}

static void report_repairs_invalid_utf8_and_counts_it(void **state)
{
	static const char bad[] = "{\"print\":{\"subtask_name\":\"a\xff\xfe\"}}";
	static const char good[] = "{\"print\":{\"subtask_name\":\"a\xc3\xa9\"}}";
	struct report r;

	report_init(&r);
	assert_int_equal(report_decode(&r, bad, strlen(bad)), 0);
	assert_int_equal(r.repaired, 2);
	assert_non_null(r.text);
	assert_int_equal(r.kind, REPORT_DELTA);
	assert_int_equal(report_decode(&r, good, strlen(good)), 0);
	assert_int_equal(r.repaired, 0);
	assert_null(r.text);
	report_finish(&r);
}

static void report_refuses_what_is_no_json(void **state)
{
	_cleanup_free_ char *large = xmalloc(SCAN_BYTES_MAX + 1);
	struct report r;

	memset(large, ' ', SCAN_BYTES_MAX + 1);
	report_init(&r);
	assert_int_equal(report_decode(&r, "", 0), SCAN_E_SYNTAX);
	assert_int_equal(report_decode(&r, "{\"print\":NaN}", 13), SCAN_E_SYNTAX);
	assert_int_equal(report_decode(&r, "{} ]", 4), SCAN_E_SYNTAX);
	assert_int_equal(report_decode(&r, large, SCAN_BYTES_MAX + 1), SCAN_E_BYTES);
	assert_int_equal(r.kind, REPORT_NONE);
	report_finish(&r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(report_is_full_with_msg_0),
	    cmocka_unit_test(report_is_full_without_msg_when_it_names_the_state),
	    cmocka_unit_test(report_is_a_delta_otherwise),
	    cmocka_unit_test(report_keeps_acks_out_of_the_state),
	    cmocka_unit_test(report_ack_names_its_command),
	    cmocka_unit_test(report_ignores_what_is_not_for_us),
	    cmocka_unit_test(report_hears_presence),
	    cmocka_unit_test(report_takes_version_replies),
	    cmocka_unit_test(report_repairs_invalid_utf8_and_counts_it),
	    cmocka_unit_test(report_refuses_what_is_no_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
