/* SPDX-License-Identifier: MIT */
/* Envelopes of the control protocol. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/proto.h"

static void requests_are_taken_apart(void **state)
{
	static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"print.pause\","
				   "\"params\":{\"printer\":\"a\"}}";
	struct proto_request r;
	struct err e;

	assert_int_equal(proto_parse(line, sizeof(line) - 1, &r, &e), 0);
	assert_string_equal(r.id, "7");
	assert_string_equal(r.method, "print.pause");
	assert_string_equal(json_get_str(r.params, "printer"), "a");
	proto_request_finish(&r);
	assert_null(r.id);
	proto_request_finish(&r);
}

static void id_is(const char *line, const char *id)
{
	struct proto_request r;
	struct err e;

	assert_int_equal(proto_parse(line, strlen(line), &r, &e), 0);
	assert_string_equal(r.id, id);
	assert_null(r.params);
	proto_request_finish(&r);
}

static void ids_come_back_as_they_were(void **state)
{
	id_is("{\"id\":0,\"method\":\"m\"}", "0");
	id_is("{\"id\":-5,\"method\":\"m\"}", "-5");
	id_is("{\"id\":9223372036854775807,\"method\":\"m\"}", "9223372036854775807");
	id_is("{\"id\":18446744073709551615,\"method\":\"m\"}", "18446744073709551615");
	id_is("{\"id\":\"a\",\"method\":\"m\"}", "\"a\"");
	id_is("{\"id\":\"\",\"method\":\"m\"}", "\"\"");
	id_is("{\"id\":\"q\\\"\\\\\\n\\u00e4\\/\",\"method\":\"m\"}", "\"q\\\"\\\\\\n\xc3\xa4/\"");
}

static void refused(const char *line, enum err_type type, const char *id)
{
	struct proto_request r;
	struct err e;

	if (proto_parse(line, strlen(line), &r, &e) != -EINVAL) {
		fail_msg("accepted: %s", line);
	}
	assert_int_equal(e.type, type);
	assert_true(strlen(e.message) > 10);
	if (id) {
		assert_non_null(r.id);
		assert_string_equal(r.id, id);
	} else {
		assert_null(r.id);
	}
	proto_request_finish(&r);
}

static void text_that_is_not_json_is_a_parse_error(void **state)
{
	char deep[64];

	refused("", ERR_PARSE_ERROR, NULL);
	refused("{\"id\":1,\"method\":\"m\"", ERR_PARSE_ERROR, NULL);
	refused("{\"id\":1,\"method\":\"m\"} x", ERR_PARSE_ERROR, NULL);
	refused("{'id':1,'method':'m'}", ERR_PARSE_ERROR, NULL);
	refused("{\"id\":1,\"id\":2,\"method\":\"m\"}", ERR_PARSE_ERROR, NULL);
	snprintf(deep, sizeof(deep), "%s", "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]");
	refused(deep, ERR_PARSE_ERROR, NULL);
}

static void sixteen_levels_are_allowed(void **state)
{
	static const char line[] =
	    "{\"id\":1,\"method\":\"m\",\"params\":{\"a\":[[[[[[[[[[[[[[1]]]]]]]]]]]]]]}}";
	struct proto_request r;
	struct err e;

	assert_int_equal(proto_parse(line, sizeof(line) - 1, &r, &e), 0);
	proto_request_finish(&r);
}

static void json_that_is_no_request_is_invalid(void **state)
{
	refused("[]", ERR_INVALID_REQUEST, NULL);
	refused("[{\"id\":1,\"method\":\"m\"}]", ERR_INVALID_REQUEST, NULL);
	refused("null", ERR_INVALID_REQUEST, NULL);
	refused("1", ERR_INVALID_REQUEST, NULL);
	refused("{}", ERR_INVALID_REQUEST, NULL);
	refused("{\"method\":\"m\"}", ERR_INVALID_REQUEST, NULL);
	refused("{\"id\":null,\"method\":\"m\"}", ERR_INVALID_REQUEST, NULL);
	refused("{\"id\":1.5,\"method\":\"m\"}", ERR_INVALID_REQUEST, NULL);
	refused("{\"id\":true,\"method\":\"m\"}", ERR_INVALID_REQUEST, NULL);
	refused("{\"id\":[1],\"method\":\"m\"}", ERR_INVALID_REQUEST, NULL);
	refused("{\"id\":1}", ERR_INVALID_REQUEST, "1");
	refused("{\"id\":\"a\",\"method\":5}", ERR_INVALID_REQUEST, "\"a\"");
	refused("{\"id\":1,\"method\":\"\"}", ERR_INVALID_REQUEST, "1");
	refused("{\"id\":1,\"method\":\"m\",\"jsonrpc\":\"1.0\"}", ERR_INVALID_REQUEST, "1");
	refused("{\"id\":1,\"method\":\"m\",\"jsonrpc\":2.0}", ERR_INVALID_REQUEST, "1");
	refused("{\"id\":1,\"method\":\"m\",\"jsonrpc\":null}", ERR_INVALID_REQUEST, "1");
	refused("{\"id\":1,\"method\":\"m\",\"params\":[]}", ERR_INVALID_REQUEST, "1");
	refused("{\"id\":1,\"method\":\"m\",\"params\":null}", ERR_INVALID_REQUEST, "1");
	refused("{\"id\":1,\"method\":\"m\",\"printer\":\"a\"}", ERR_INVALID_REQUEST, "1");
}

static void replies_and_notifications_are_whole_lines(void **state)
{
	struct jw w;

	jw_init(&w);
	proto_reply_begin(&w, "\"a\"");
	jw_object(&w, "result");
	jw_bool(&w, "pong", true);
	jw_object_end(&w);
	proto_end(&w);
	proto_reply_begin(&w, NULL);
	jw_null(&w, "result");
	proto_end(&w);
	proto_notify_begin(&w, "event");
	jw_object(&w, "params");
	jw_object_end(&w);
	proto_end(&w);
	assert_string_equal(w.buf, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{\"pong\":true}}\n"
				   "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":null}\n"
				   "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{}}\n");
	jw_finish(&w);
}

static void errors_carry_type_printer_and_hint(void **state)
{
	struct err e;
	struct jw w;

	jw_init(&w);
	err_set(&e, ERR_PRINTER_OFFLINE, "rack1-07 is offline");
	err_printer(&e, "rack1-07");
	err_hint(&e, "bambuctl doctor rack1-07");
	proto_error(&w, "7", &e);
	assert_string_equal(w.buf,
	    "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":5,\"message\":\"rack1-07 is "
	    "offline\","
	    "\"data\":{\"type\":\"printer_offline\",\"printer\":\"rack1-07\","
	    "\"hint\":\"bambuctl doctor rack1-07\"}}}\n");
	jw_reset(&w);
	err_set(&e, ERR_PARSE_ERROR, "%s", "");
	proto_error(&w, NULL, &e);
	assert_string_equal(w.buf, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"
				   "\"message\":\"The line is not "
				   "one JSON object.\",\"data\":{\"type\":\"parse_error\"}}}\n");
	jw_finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_taken_apart),
	    cmocka_unit_test(ids_come_back_as_they_were),
	    cmocka_unit_test(text_that_is_not_json_is_a_parse_error),
	    cmocka_unit_test(sixteen_levels_are_allowed),
	    cmocka_unit_test(json_that_is_no_request_is_invalid),
	    cmocka_unit_test(replies_and_notifications_are_whole_lines),
	    cmocka_unit_test(errors_carry_type_printer_and_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
