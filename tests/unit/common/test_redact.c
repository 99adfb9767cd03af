/* SPDX-License-Identifier: MIT */
/* What the redactor hides, and what it leaves as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* After the four above. */
#include <cmocka.h>

#include "common/json.h"
#include "common/redact.h"
#include "common/util.h"

#define CODE "12345678"
#define SERIAL "01P00A000000042"

static struct redact *make(bool keep_files)
{
	struct redact *r = redact_create(keep_files);

	redact_know(r, REDACT_SECRET, CODE);
	redact_know(r, REDACT_PRINTER, "rack1-07");
	return r;
}

/* Single quotes stand for double ones. */
static char *quoted(const char *text)
{
	char *copy = xstrdup(text);

	for (char *p = copy; *p; p++) {
		*p = *p == '\'' ? '"' : *p;
	}
	return copy;
}

static void expect_with(struct redact *r, const char *in, const char *out)
{
	_cleanup_free_ char *from = quoted(in), *wanted = quoted(out);
	struct jw w;

	jw_init(&w);
	redact_json(r, from, strlen(from), &w);
	assert_string_equal(w.len > 0 ? w.buf : "", wanted);
	jw_finish(&w);
}

static void expect(const char *in, const char *out)
{
	struct redact *r = make(false);

	expect_with(r, in, out);
	redact_destroy(r);
}

static void expect_text(const char *in, const char *out)
{
	struct redact *r = make(false);
	struct jw w;

	jw_init(&w);
	redact_text(r, in, strlen(in), &w);
	assert_string_equal(w.buf, out);
	jw_finish(&w);
	redact_destroy(r);
}

static void what_tells_nothing_stays_byte_for_byte(void **state)
{
	static const char report[] =
	    " { 'print' : {'nozzle_temper':22.0e0,'mc_percent':5, 'command':'push_status',\n"
	    "'msg':1,'wifi_signal':'-44dBm','caf\\u00e9':'\\/x\\ty','hms':[],'a':[1,-2,null,true],"
	    "'ver':'01.08.00.00','sw_ver':'10.1.2.3','time':'12:34:56'} } ";

	expect(report, report);
	expect("", "");
	expect("{'a':'\xff\xfe'}", "{'a':'\xff\xfe'}");
}

static void codes_tokens_and_networks_are_masked(void **state)
{
	expect("{'access_code':'abcd1234','dev_access_code':'','token':'x','n':1}",
	    "{'access_code':'***','dev_access_code':'','token':'***','n':1}");
	expect("{'ssid':'My home','passwd':\"a\\\"b\",'authkey':'k','user_id':'77','uid':4711}",
	    "{'ssid':'***','passwd':\"***\",'authkey':'***','user_id':'***','uid':0}");
	expect("{'sign_string':'AbC=','cert_id':'x','accessToken':['a',{'b':'c'}]}",
	    "{'sign_string':'***','cert_id':'***','accessToken':['***',{'b':'***'}]}");
}

static void a_known_secret_is_hidden_wherever_it_stands(void **state)
{
	expect("{'note':'bblp:" CODE "@x','k" CODE "':1}", "{'note':'bblp:***@x','k***':1}");
	expect("{'n':" CODE ",'m':[9" CODE "1]}", "{'n':0,'m':[0]}");
	expect("{'a':'1234\\u0035678'}", "{'a':'***'}");
	expect("no JSON, a" CODE "b", "no JSON, a***b");
	expect("{'cut':'" CODE, "{'cut':'***");
	expect("{'m':'a" CODE "://x/y b'}", "{'m':'*** b'}"); /* no scheme of any URL */
}

static void serials_get_names_that_stay_and_keep_the_model(void **state)
{
	expect("{'sn':'" SERIAL "','t':'device/" SERIAL "/report','o':'03W00X987654321'}",
	    "{'sn':'01P000000000001','t':'device/01P000000000001/report','o':'03W000000000002'}");
	expect("{'module':[{'name':'ams/0','sn':'00600A1B2C3D4E5'},{'sn':''}]}",
	    "{'module':[{'name':'ams/0','sn':'006000000000001'},{'sn':''}]}");
}

static void numbers_of_tasks_and_spools_stay_different(void **state)
{
	expect("{'task_id':'123','subtask_id':'0','project_id':123,'x':{'task_id':'124'}}",
	    "{'task_id':'101','subtask_id':'0','project_id':101,'x':{'task_id':'102'}}");
	expect("{'tag_uid':'0000000000000000','tray_uuid':'AB12','job_id':-1}",
	    "{'tag_uid':'0000000000000000','tray_uuid':'1001','job_id':-1}");
}

static void files_keep_their_end_alone(void **state)
{
	expect("{'gcode_file':'For Anna.gcode.3mf','subtask_name':'For Anna','file':'For Anna'}",
	    "{'gcode_file':'file-1.gcode.3mf','subtask_name':'file-2','file':'file-2'}");
	expect("{'gcode_file':'/data/Metadata/plate_12.gcode'}",
	    "{'gcode_file':'/data/Metadata/plate_12.gcode'}");
}

static void files_stay_where_that_is_wanted(void **state)
{
	struct redact *r = make(true);

	expect_with(r, "{'gcode_file':'cube.3mf','note':'" CODE "'}",
	    "{'gcode_file':'cube.3mf','note':'***'}");
	expect_with(r, "{'file':'" CODE ".3mf'}", "{'file':'***.3mf'}");
	redact_destroy(r);
}

static void addresses_become_those_of_examples(void **state)
{
	/* 84584640 = 192.168.10.5, as printers write it */
	expect("{'net':{'info':[{'ip':84584640,'mask':16777215},{'ip':0}]},'a':'192.168.10.5'}",
	    "{'net':{'info':[{'ip':16908480,'mask':16777215},{'ip':0}]},'a':'192.0.2.1'}");
	expect("{'e':'10.0.0.9:8883: no route; then fe80::1 and a4:cf:12:00:aa:01.'}",
	    "{'e':'192.0.2.1:8883: no route; then 2001:db8::1 and 02:00:00:00:00:01.'}");
	expect("{'address':'p1s.home.example','host':'127.0.0.1'}",
	    "{'address':'host-1','host':'127.0.0.1'}");
}

static void urls_mail_and_tokens_are_told_by_their_looks(void **state)
{
	expect(
	    "{'rtsp_url':'rtsps://10.0.0.9:322/x','u':'see https://a.b/c?d=e, then','r':'disable'}",
	    "{'rtsp_url':'rtsps://***','u':'see https://***, then','r':'disable'}");
	expect("{'a':'of anna.b@example.org','b':'eyJhbGciOiJIUzI1NiJ9.eyJzdWIifQ.abc'}",
	    "{'a':'of ***@***','b':'***'}");
}

static void json_in_a_string_is_looked_into(void **state)
{
	expect("{'p':\"{\\\"access_code\\\":\\\"q\\\",\\\"n\\\":1}\"}",
	    "{'p':\"{\\\"access_code\\\":\\\"***\\\",\\\"n\\\":1}\"}");
	expect("{'p':\"[{}]\"}", "{'p':\"[{}]\"}");
}

static void names_of_printers_are_replaced_as_words(void **state)
{
	expect("{'printer':'rack1-07','m':'rack1-07: lost. Ask rack1-07.','x':'rack1-071'}",
	    "{'printer':'printer-1','m':'printer-1: lost. Ask printer-1.','x':'rack1-071'}");
	expect("{'rack1-07':{}}", "{'printer-1':{}}");
}

static void lines_of_a_configuration_go_by_their_key(void **state)
{
	expect_text("[Printer rack1-07]\nSerial=" SERIAL
		    "\nAddress=10.1.1.1\nTags=a\n# read: /home/me.2/x\n",
	    "[Printer printer-1]\nSerial=01P000000000001\nAddress=192.0.2.1\nTags=a\n"
	    "# read: /home/user/x\n");
	expect_text("bambu_up{serial=\"" SERIAL "\",printer=\"rack1-07\"} 1",
	    "bambu_up{serial=\"01P000000000001\",printer=\"printer-1\"} 1");
}

static void what_stands_before_a_key_is_looked_at_too(void **state)
{
	expect_text(
	    "rack1-07 says " CODE ", firmware=1.2.3.4\n", "printer-1 says ***, firmware=1.2.3.4\n");
	expect_text("10.1.1.1 ver=2", "192.0.2.1 ver=2");
}

/* They are no JSON, and come from a printer all the same. */
static void values_with_nul_inside_are_told_apart(void **state)
{
	static const char in[] = "{\"sn\":\"01P00A\0"
				 "111\",\"a\":{\"sn\":\"01P00A\0"
				 "222\"},"
				 "\"b\":{\"sn\":\"01P00A\0"
				 "111\"}}";
	static const char out[] = "{\"sn\":\"01P0000001\",\"a\":{\"sn\":\"01P0000002\"},"
				  "\"b\":{\"sn\":\"01P0000001\"}}";
	struct redact *r = make(false);
	struct jw w;

	jw_init(&w);
	redact_json(r, in, sizeof(in) - 1, &w);
	assert_int_equal(w.len, sizeof(out) - 1);
	assert_memory_equal(w.buf, out, w.len);
	jw_finish(&w);
	redact_destroy(r);
}

/* A message of a stranger must not make it grow without an end. */
static void too_many_names_share_one(void **state)
{
	struct redact *r = make(false);
	char text[32];

	for (int i = 0; i < REDACT_ENTRIES_MAX + 10; i++) {
		snprintf(text, sizeof(text), "file%d", i);
		redact_name(r, REDACT_FILE, text);
	}
	assert_string_equal(redact_name(r, REDACT_FILE, "other"), "file-0");
	assert_string_equal(redact_name(r, REDACT_FILE, "file0"), "file-1");
	redact_destroy(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_tells_nothing_stays_byte_for_byte),
	    cmocka_unit_test(codes_tokens_and_networks_are_masked),
	    cmocka_unit_test(a_known_secret_is_hidden_wherever_it_stands),
	    cmocka_unit_test(serials_get_names_that_stay_and_keep_the_model),
	    cmocka_unit_test(numbers_of_tasks_and_spools_stay_different),
	    cmocka_unit_test(files_keep_their_end_alone),
	    cmocka_unit_test(files_stay_where_that_is_wanted),
	    cmocka_unit_test(addresses_become_those_of_examples),
	    cmocka_unit_test(urls_mail_and_tokens_are_told_by_their_looks),
	    cmocka_unit_test(json_in_a_string_is_looked_into),
	    cmocka_unit_test(names_of_printers_are_replaced_as_words),
	    cmocka_unit_test(lines_of_a_configuration_go_by_their_key),
	    cmocka_unit_test(what_stands_before_a_key_is_looked_at_too),
	    cmocka_unit_test(values_with_nul_inside_are_told_apart),
	    cmocka_unit_test(too_many_names_share_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
