/* SPDX-License-Identifier: MIT */
/* The status block and its parts as people see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/util.h"
#include "ctl/show.h"
#include "tests/unit/ctl/show_fixture.h"

#define TRAY(slot, state, type, color, remain, active)                                  \
	"{\"slot\":" #slot ",\"tray\":" #slot ",\"state\":\"" state "\",\"type\":" type \
	",\"color\":" color ",\"remain_pct\":" remain ",\"active\":" active             \
	",\"nozzle_min_c\":190,\"nozzle_max_c\":230,\"k\":0.02,\"brand\":null}"
#define AMS                                                                                      \
	"{\"units\":[{\"id\":0,\"label\":\"A\",\"model\":\"ams\",\"humidity_level\":5,"          \
	"\"humidity_pct\":19,\"temp_c\":27.0,\"drying\":{\"active\":false,\"remaining_min\":0}," \
	"\"trays\":[" TRAY(0, "loaded", "\"PLA\"", "\"FFFFFFFF\"", "83", "true") "," TRAY(       \
	    1, "loaded", "\"PLA\"", "\"000000FF\"", "12", "false") "," TRAY(2, "loaded",         \
	    "\"PETG\"", "\"FF0000FF\"", "null", "false") "," TRAY(3, "empty", "null", "null",    \
	    "null", "false") "]}],\"external\":[{\"tray\":254,"                                  \
			     "\"slot\":null,\"state\":\"present\"}]}"
#define HEAD(link)                                                                              \
	"{\"name\":\"rack1-01\",\"serial\":\"0948BB540200427\",\"model\":\"H2D\",\"firmware\":" \
	"\"01.03.00.00\",\"link\":" link ",\"control\":{\"state\":\"locked\",\"evidence\":"     \
	"\"signature bit\"},\"device\":{\"wifi_dbm\":-52},"
#define BODY                                                                                     \
	"\"print\":{\"state\":\"printing\",\"stage\":null,\"percent\":47,\"layer\":112,"         \
	"\"total_layers\":238,\"remaining_s\":7380,\"eta\":\"2026-11-23T14:03:00.000Z\","        \
	"\"file\":\"lid_plate2.gcode.3mf\",\"job\":\"lid_plate2\",\"source\":\"cloud\","         \
	"\"speed\":\"standard\",\"error\":null},\"temp\":{\"nozzles\":[{\"position\":\"right\"," \
	"\"current_c\":31,\"target_c\":0},{\"position\":\"left\",\"current_c\":219.8,"           \
	"\"target_c\":220}],\"bed\":{\"current_c\":65,\"target_c\":65},\"chamber\":"             \
	"{\"current_c\":41,\"target_c\":0}},\"fans\":{\"part_pct\":60,\"aux_pct\":30,"           \
	"\"chamber_pct\":20},\"ams\":" AMS ",\"hms\":[]}"
#define ONLINE                                                                          \
	"{\"state\":\"online\",\"plane\":\"lan\",\"address\":\"192.0.2.31\",\"since\":" \
	"\"2026-11-20T08:00:00.000Z\",\"age_ms\":412,\"full_age_ms\":41012,\"tls\":"    \
	"\"verified\",\"last_error\":null}"
#define REFUSED                                                                               \
	"{\"state\":\"auth_refused\",\"plane\":null,\"address\":\"192.0.2.31\",\"since\":"    \
	"\"2026-11-23T11:46:00.000Z\",\"age_ms\":840000,\"full_age_ms\":900000,\"tls\":null," \
	"\"last_error\":\"not authorised\",\"last_error_hint\":null}"

static void status_matches_the_manual(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_status, HEAD(ONLINE) BODY, &o);

	assert_string_equal(text,
	    "rack1-01  H2D  0948BB...27  fw 01.03.00.00        control: locked (signature bit)\n"
	    "  Job     lid_plate2.gcode.3mf   47 %  layer 112/238   left 2h03m   ends 15:03 CET\n"
	    "  Stage   printing               speed standard   from cloud\n"
	    "  Heat    left 220/220  right 31/0   bed 65/65   chamber 41   fans part 60 aux 30 "
	    "chamber 20\n"
	    "  AMS A   1 PLA white 83 % <   2 PLA black 12 %   3 PETG red ?   4 empty     RH 19 %  "
	    "27 C\n"
	    "  Spool   ext present\n"
	    "  Errors  none\n"
	    "  Link    lan 192.0.2.31 tls verified  up 3d04h  report 0.4 s ago  full 41 s ago  "
	    "wifi "
	    "-52 dBm\n");
}

static void status_of_a_lost_printer_says_that_it_is_old(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_status, HEAD(REFUSED) BODY, &o);

	assert_non_null(strstr(text, "  Old     auth_refused: what follows is 14m old\n"));
	assert_non_null(strstr(text, "  Link    auth_refused 192.0.2.31  since 12:46 CET (14m)"));
	assert_non_null(strstr(text, "          not authorised\n"));
	assert_null(strstr(text, "wifi"));
}

static void status_of_a_lost_printer_is_dim_as_a_whole(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = NULL;
	const char *dim, *end;

	o.color = true;
	text = show_to_text(show_status, HEAD(REFUSED) BODY, &o);
	dim = strstr(text, "\033[2m");
	assert_non_null(dim);
	end = strstr(dim, "\033[0m");
	assert_non_null(end);
	assert_non_null(strstr(dim, "Errors"));
	assert_true(strstr(dim, "Errors") < end);
}

static void status_never_heard_of_claims_nothing(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_status,
	    "{\"name\":\"one\",\"serial\":\"01P00A000000001\",\"model\":\"P1S\",\"firmware\":null,"
	    "\"link\":{\"state\":\"connecting\",\"plane\":null,\"address\":\"127.0.0.1\",\"age_"
	    "ms\":"
	    "null},\"control\":{\"state\":\"unknown\",\"evidence\":null},\"print\":null}",
	    &o);

	assert_string_equal(text, "one  P1S  01P00A...01  fw -        control: unknown\n"
				  "  State   connecting: nothing heard from it yet\n"
				  "  Link    connecting 127.0.0.1\n");
}

static void status_lists_errors_and_messages(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_status,
	    "{\"name\":\"one\",\"link\":{\"state\":\"online\",\"age_ms\":1},\"print\":{\"error\":"
	    "{\"code\":\"0300-400C\",\"text\":\"cancelled\",\"kind\":\"fatal\"}},\"hms\":[{"
	    "\"code\":"
	    "\"0300-1200-0002-0001\",\"severity\":\"serious\",\"text\":\"cover\\u001b[1m off\"}]}",
	    &o);

	assert_non_null(
	    strstr(text, "  Errors  0300-400C: cancelled\n"
			 "          HMS 0300-1200-0002-0001 serious: cover\\x1B[1m off\n"));
}

static void status_names_the_job_not_the_printers_own_path(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_status,
	    "{\"name\":\"one\",\"link\":{\"state\":\"online\",\"age_ms\":1},\"print\":{\"file\":"
	    "\"/data/Metadata/plate_1.gcode\",\"job\":\"Cage v3\"},\"ams\":{\"units\":[{\"id\":128,"
	    "\"label\":\"HT-A\",\"humidity_level\":4,\"trays\":[{\"slot\":0,\"state\":\"empty\"}]}]"
	    "}}",
	    &o);

	assert_non_null(strstr(text, "  Job     Cage v3\n"));
	assert_non_null(strstr(text, "  AMS HT-A empty     dryness 4/5\n"));
}

static void hms_text_leaves_out_what_is_unknown(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_hms_text,
	    "{\"code\":\"0300-400C\",\"severity\":null,\"module\":null,\"kind\":\"fatal\","
	    "\"text\":\"Cancelled.\",\"url\":null}",
	    &o);

	assert_string_equal(text, "0300-400C  fatal\nCancelled.\n");
}

static void draw_ams_all(struct out *o, json_object *value)
{
	show_ams(o, value, SHOW_AMS_ALL);
}

static void draw_ams_low(struct out *o, json_object *value)
{
	show_ams(o, value, SHOW_AMS_LOW);
}

static void ams_marks_the_tray_in_use(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(draw_ams_all, AMS, &o);

	assert_string_equal(text, "  SLOT  STATE    TYPE  BRAND  COLOR  REMAIN   NOZZLE     K\n"
				  "* A1    loaded   PLA   -      white    83 %  190-230  0.02\n"
				  "  A2    loaded   PLA   -      black    12 %  190-230  0.02\n"
				  "  A3    loaded   PETG  -      red         -  190-230  0.02\n"
				  "  A4    empty    -     -      -           -  190-230  0.02\n"
				  "  ext   present  -     -      -           -        -     -\n"
				  "\n"
				  "AMS  MODEL  HUMIDITY  DRYNESS  TEMP  DRYING\n"
				  "A    ams        19 %      5/5  27 C  no\n");
}

static void draw_ams_env(struct out *o, json_object *value)
{
	show_ams(o, value, SHOW_AMS_ENV);
}

static void ams_of_several_is_one_table_that_names_them(void **state)
{
	static const char both[] = "{\"results\":[{\"printer\":\"one\",\"ams\":" AMS
				   "},{\"printer\":\"two\",\"error\":{\"code\":5}},"
				   "{\"printer\":\"three\",\"ams\":" AMS "}]}";
	struct out o = show_plain();
	_cleanup_free_ char *env = show_to_text(draw_ams_env, both, &o), *low = NULL, *none = NULL;

	assert_string_equal(env, "PRINTER  AMS  MODEL  HUMIDITY  DRYNESS  TEMP  DRYING\n"
				 "one      A    ams        19 %      5/5  27 C  no\n"
				 "three    A    ams        19 %      5/5  27 C  no\n");
	o.columns = "printer,slot,remain";
	low = show_to_text(draw_ams_low, both, &o);
	assert_string_equal(low, "PRINTER  SLOT  REMAIN\n"
				 "one      A2      12 %\n"
				 "one      A4         -\n"
				 "three    A2      12 %\n"
				 "three    A4         -\n");
	none = show_to_text(draw_ams_low, "{\"units\":[],\"external\":[]}", &o);
	assert_string_equal(none, "no spool is low\n");
}

static void ams_low_shows_only_what_ends_soon(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = NULL;

	o.legend = false;
	o.columns = "slot,remain";
	text = show_to_text(draw_ams_low, AMS, &o);
	assert_string_equal(text, "A2  12 %\n"
				  "A4     -\n");
}

static void hms_names_the_place_and_the_time(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = show_to_text(show_hms,
	    "{\"hms\":[{\"code\":\"0700-2000-0002-0001\",\"severity\":\"serious\",\"module\":"
	    "\"ams\","
	    "\"unit\":0,\"slot\":0,\"text\":\"ran out\",\"since\":\"2026-11-23T10:00:00.000Z\"}]}",
	    &o);

	assert_string_equal(text,
	    "CODE                 SEVERITY  MODULE  WHERE  SINCE                TEXT\n"
	    "0700-2000-0002-0001  serious   ams     A1     2026-11-23 11:00:00  ran out\n");
}

static void hms_of_several_names_the_printers(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = NULL;

	o.legend = false;
	o.columns = "printer,code,where";
	text = show_to_text(show_hms,
	    "{\"results\":[{\"printer\":\"a\",\"hms\":[]},{\"printer\":\"b\",\"hms\":[{\"code\":"
	    "\"1\",\"unit\":128,\"slot\":0}]}]}",
	    &o);
	assert_string_equal(text, "b  1  HT-A\n");
}

static void event_is_one_line_whatever_it_carries(void **state)
{
	struct out o = show_plain();
	_cleanup_free_ char *text = NULL;

	o.verbose = true;
	text = show_to_text(show_event,
	    "{\"time\":\"2026-11-23T10:00:00.000Z\",\"printer\":\"a\",\"kind\":\"print.paused\","
	    "\"late\":true,\"data\":{\"job\":\"x\\ny\",\"n\":3,\"z\":null}}",
	    &o);

	assert_string_equal(text,
	    "2026-11-23 11:00:00  a             print.paused          the print was paused "
	    "(job=x\\x0Ay, n=3)  (late: it happened while the printer was not heard)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(status_matches_the_manual),
	    cmocka_unit_test(status_of_a_lost_printer_says_that_it_is_old),
	    cmocka_unit_test(status_of_a_lost_printer_is_dim_as_a_whole),
	    cmocka_unit_test(status_never_heard_of_claims_nothing),
	    cmocka_unit_test(status_lists_errors_and_messages),
	    cmocka_unit_test(status_names_the_job_not_the_printers_own_path),
	    cmocka_unit_test(hms_text_leaves_out_what_is_unknown),
	    cmocka_unit_test(ams_marks_the_tray_in_use),
	    cmocka_unit_test(ams_of_several_is_one_table_that_names_them),
	    cmocka_unit_test(ams_low_shows_only_what_ends_soon),
	    cmocka_unit_test(hms_names_the_place_and_the_time),
	    cmocka_unit_test(hms_of_several_names_the_printers),
	    cmocka_unit_test(event_is_one_line_whatever_it_carries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
