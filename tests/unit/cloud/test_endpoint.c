/* SPDX-License-Identifier: MIT */
/* The table of endpoints against the table of methods, and the requests it makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "common/json.h"
#include "common/method.h"
#include "daemon/cloud/endpoint.h"
#include "daemon/cloud/endpoint_ask.h"

/* Who asks is not tested here. */
struct rest_call *rest_start(struct rest *r, const struct rest_request *q, rest_fn fn, void *arg)
{
	fail_msg("nothing is to be sent");
	return NULL;
}

void rest_cancel(struct rest_call *c)
{
	fail_msg("nothing is to be cancelled");
}

static json_object *parse(const char *text)
{
	json_object *o = NULL;

	if (text != NULL) {
		assert_int_equal(json_parse(text, strlen(text), 16, &o), 0);
	}
	return o;
}

static const char *text_of(json_object *o)
{
	return o != NULL ? json_object_to_json_string_ext(
			       o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
			 : "-";
}

static void makes(const char *method, const char *params, const char *verb, const char *path,
    const char *query, const char *body)
{
	_cleanup_json_ json_object *given = parse(params);
	struct endpoint_request r;
	struct err e = {0};

	assert_int_equal(endpoint_request(endpoint_find(method), 0, given, "01P00A", &r, &e), 0);
	assert_string_equal(r.rest.method, verb);
	assert_string_equal(r.rest.path, path);
	assert_string_equal(text_of(r.rest.query), query);
	assert_string_equal(text_of(r.rest.body), body);
	assert_int_equal(r.rest.host, REST_API);
	assert_false(r.rest.anonymous);
	endpoint_request_finish(&r);
}

static void every_cloud_method_has_an_endpoint_and_the_other_way_round(void **state)
{
	for (size_t i = 0; i < method_count; i++) {
		const char *name = method_table[i].name;

		if (str_starts(name, "cloud.") && strcmp(name, "cloud.api") != 0) {
			assert_non_null(endpoint_find(name));
		}
	}
	for (size_t i = 0; i < endpoint_count; i++) {
		assert_non_null(method_find(endpoint_table[i].method));
		assert_true(
		    i == 0 || strcmp(endpoint_table[i - 1].method, endpoint_table[i].method) < 0);
		assert_true(endpoint_paths(&endpoint_table[i]) > 0);
		assert_int_equal(endpoint_table[i].paths[0][0], '/');
	}
}

static bool takes(const struct method *m, const char *name)
{
	for (size_t i = 0; i < method_param_count(m); i++) {
		if (strcmp(m->params[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

/* What no client may say is found out by the handler: the serial, and the file that was looked for.
 */
static void parameters_of_an_endpoint_are_those_of_its_method(void **state)
{
	for (size_t i = 0; i < endpoint_count; i++) {
		const struct endpoint *e = &endpoint_table[i];
		const struct method *m = method_find(e->method);

		for (size_t p = 0; p < ENDPOINT_PARAMS && e->params[p].ours != NULL; p++) {
			const char *ours = e->params[p].ours;

			if (strcmp(ours, "serial") == 0) {
				assert_true(takes(m, "printer") || takes(m, "serial"));
			} else if (!str_starts(ours, "file_")) {
				assert_true(takes(m, ours));
			}
		}
	}
}

/* Inventory trap 10. */
static void a_printer_is_called_as_each_endpoint_calls_it(void **state)
{
#define IOT "/v1/iot-service/api/user"
	makes("cloud.device_info", NULL, "GET", IOT "/device/info", "{\"device_id\":\"01P00A\"}",
	    "-");
	makes("cloud.device_version", NULL, "GET", IOT "/device/version", "{\"dev_id\":\"01P00A\"}",
	    "-");
	makes("printer.unbind", NULL, "DELETE", IOT "/bind", "{\"dev_id\":\"01P00A\"}", "-");
	makes("camera.ttcode", NULL, "POST", IOT "/ttcode", "-", "{\"dev_id\":\"01P00A\"}");
	makes("cloud.snapshot_url", NULL, "GET", IOT "/device/01P00A/snapshot", "-", "-");
	makes("printer.bind", "{\"code\":\"12345678\",\"name\":\"shelf\"}", "POST", IOT "/bind",
	    "-", "{\"device_id\":\"01P00A\",\"device_name\":\"shelf\",\"bind_code\":\"12345678\"}");
	makes("cloud.tasks", NULL, "GET", "/v1/user-service/my/tasks",
	    "{\"deviceId\":\"01P00A\",\"limit\":\"20\"}", "-");
}

static void what_is_left_out_is_sent_where_the_service_wants_it(void **state)
{
	makes("cloud.slicer_settings", NULL, "GET", "/v1/iot-service/api/slicer/setting",
	    "{\"version\":\"1.0.0.0\"}", "-");
	makes("cloud.projects", "{\"page\":3,\"limit\":7}", "GET", IOT "/project",
	    "{\"page\":\"3\",\"limit\":\"7\"}", "-");
	makes("cloud.projects", "{\"limit\":4000}", "GET", IOT "/project",
	    "{\"page\":\"1\",\"limit\":\"100\"}", "-");
	makes("cloud.print_status", "{\"force\":false}", "GET", IOT "/print",
	    "{\"force\":\"false\"}", "-");
	makes("cloud.notification_read", "{\"id\":\"51\"}", "PUT", IOT "/notification", "-",
	    "{\"notification_id\":\"51\",\"read\":true}");
	makes("cloud.notification_read", "{\"id\":\"51\",\"read\":false}", "PUT",
	    IOT "/notification", "-", "{\"notification_id\":\"51\",\"read\":false}");
	makes("cloud.upload_url", "{\"name\":\"a b.3mf\",\"size\":9}", "GET", IOT "/upload",
	    "{\"filename\":\"a b.3mf\",\"size\":\"9\"}", "-");
}

static void an_object_is_the_body_and_a_profile_has_our_names(void **state)
{
	makes("cloud.task_create", "{\"task\":{\"modelId\":\"7\",\"title\":\"x\"}}", "POST",
	    "/v1/user-service/my/task", "-", "{\"modelId\":\"7\",\"title\":\"x\"}");
	makes("account.profile_set", "{\"values\":{\"name\":\"n\",\"avatar\":\"a\",\"z\":1}}",
	    "PUT", "/v1/user-service/my/profile", "-",
	    "{\"username\":\"n\",\"avatar_url\":\"a\",\"z\":1}");
}

static void a_path_that_has_no_hole_takes_the_printer_in_its_query(void **state)
{
	const struct endpoint *video = endpoint_find("cloud.video_url");
	struct endpoint_request r;
	struct err e = {0};

	assert_int_equal(endpoint_paths(video), 3);
	assert_int_equal(endpoint_request(video, 1, NULL, "01P00A", &r, &e), 0);
	assert_string_equal(r.rest.path, IOT "/device/01P00A/stream");
	assert_null(r.rest.query);
	endpoint_request_finish(&r);
	assert_int_equal(endpoint_request(video, 2, NULL, "01P00A", &r, &e), 0);
	assert_string_equal(r.rest.path, IOT "/video/stream");
	assert_string_equal(text_of(r.rest.query), "{\"dev_id\":\"01P00A\"}");
	endpoint_request_finish(&r);
}

static void an_id_never_becomes_a_path(void **state)
{
	static const char *const bad[] = {"", ".", "..", "a/b", "a%2fb", "a?b", "a b", "\xc3\xa4",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_json_ json_object *params = json_object_new_object();
		struct endpoint_request r;
		struct err e = {0};

		json_object_object_add(params, "id", json_object_new_string(bad[i]));
		assert_true(endpoint_request(
				endpoint_find("cloud.project_get"), 0, params, NULL, &r, &e) < 0);
		assert_int_equal(e.type, ERR_INVALID_PARAMS);
	}
}

static void a_typed_path_stays_on_the_host(void **state)
{
	static const char *const bad[] = {"", "v1/x", "https://x/v1", "//x/v1", "/v1/../x",
	    "/v1/%2E%2e/x", "/v1/x?y=1", "/v1/x#y", "/v1/ x", "/v1/\nx", "/v1/\x7fx", "/v1\\x",
	    "/\xc3\xa4"};
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		e = (struct err){0};
		assert_true(endpoint_check_path(bad[i], &e) < 0);
		assert_int_equal(e.type, ERR_INVALID_PARAMS);
	}
	assert_int_equal(endpoint_check_path("/v1/iot-service/api/user/bind", &e), 0);
	assert_int_equal(endpoint_check_path("/v1/x/a%20b,c:d", &e), 0);
}

static void a_typed_path_is_counted_where_its_row_is(void **state)
{
	assert_int_equal(endpoint_bucket(IOT "/bind"), REST_DEVICE);
	assert_int_equal(endpoint_bucket(IOT "/upload"), REST_UPLOAD);
	assert_int_equal(endpoint_bucket(IOT "/device/01P00A/video"), REST_DEVICE);
	assert_int_equal(endpoint_bucket("/v1/user-service/my/profile"), REST_PROFILE);
	assert_int_equal(endpoint_bucket("/v1/user-service/user/login"), REST_LOGIN);
	assert_int_equal(endpoint_bucket(IOT "/bindings"), REST_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_cloud_method_has_an_endpoint_and_the_other_way_round),
	    cmocka_unit_test(parameters_of_an_endpoint_are_those_of_its_method),
	    cmocka_unit_test(a_printer_is_called_as_each_endpoint_calls_it),
	    cmocka_unit_test(what_is_left_out_is_sent_where_the_service_wants_it),
	    cmocka_unit_test(an_object_is_the_body_and_a_profile_has_our_names),
	    cmocka_unit_test(a_path_that_has_no_hole_takes_the_printer_in_its_query),
	    cmocka_unit_test(an_id_never_becomes_a_path),
	    cmocka_unit_test(a_typed_path_stays_on_the_host),
	    cmocka_unit_test(a_typed_path_is_counted_where_its_row_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
