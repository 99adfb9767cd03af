/* SPDX-License-Identifier: MIT */
/* cloud.*: from a call to the question of the cloud, and from its answer to ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/api/rig.h"
#include "tests/unit/cloud/fake_rest.h"

#define IOT "/v1/iot-service/api/user"

static struct rig rig;
static struct client client;
static struct rest *rest;

static int setup(void **state)
{
	rig_start(&rig, 2);
	rest = fake_rest_create();
	rig.server->deps.rest = rest;
	client_dial(&rig, &client);
	return 0;
}

static int teardown(void **state)
{
	client_hang_up(&client);
	rig_stop(&rig);
	fake_rest_destroy(rest);
	return 0;
}

static void ask(const char *method, const char *params)
{
	static int id = 100;
	_cleanup_free_ char *line =
	    xasprintf("{\"id\":%d,\"method\":\"%s\",\"params\":%s}\n", id++, method, params);

	client_say(&rig, &client, line);
	rig_turn(&rig, 4);
}

static void asked(const char *verb, const char *path, const char *body)
{
	const struct fake_asked *a = fake_rest_asked(rest);

	assert_non_null(a);
	assert_string_equal(a->method, verb);
	assert_string_equal(a->path, path);
	if (body != NULL) {
		assert_string_equal(a->body, body);
	}
}

/* Answers what is asked now and takes our answer; owned. */
static json_object *answered(int status, const char *body)
{
	fake_rest_answer(rest, status, body);
	rig_turn(&rig, 4);
	return client_line(&rig, &client);
}

static void refused_with(json_object *line, const char *type)
{
	assert_string_equal(at(line, "error.data.type"), type);
	json_object_put(line);
}

static void a_list_says_where_it_goes_on(void **state)
{
	json_object *line;

	ask("cloud.tasks", "{\"limit\":2}");
	asked("GET", "/v1/user-service/my/tasks", NULL);
	line = answered(
	    200, "{\"total\":5,\"hits\":[{\"id\":9,\"title\":\"a\"},{\"id\":7,\"title\":\"b\"}]}");
	assert_string_equal(at(line, "result.items.1.title"), "b");
	assert_string_equal(at(line, "result.next"), "7");
	assert_string_equal(at(line, "result.total"), "5");
	json_object_put(line);
	ask("cloud.tasks", "{\"limit\":2,\"after\":\"7\"}");
	line = answered(200, "{\"total\":5,\"hits\":[{\"id\":6}]}");
	assert_string_equal(at(line, "result.next"), "null");
	json_object_put(line);
	ask("cloud.projects", "{\"limit\":2,\"page\":2}");
	line = answered(200, "{\"data\":{\"projects\":[{\"project_id\":\"1\"},{\"project_id\":"
			     "\"2\"}],\"total\":5}}");
	assert_string_equal(at(line, "result.next"), "3");
	json_object_put(line);
}

static void what_the_service_lacks_is_unsupported_with_a_way_out(void **state)
{
	ask("cloud.device_info", "{\"printer\":\"p1\"}");
	asked("GET", IOT "/device/info", NULL);
	refused_with(answered(405, "{}"), "unsupported");
	ask("cloud.task_get", "{\"id\":\"7\"}");
	asked("GET", IOT "/task/7", NULL);
	refused_with(answered(403, "{\"code\":8}"), "unsupported");
	ask("cloud.task_get", "{\"id\":\"7\"}");
	refused_with(answered(403, "{\"code\":7}"), "cloud_error");
	ask("cloud.project_get", "{\"id\":\"7\"}");
	refused_with(answered(404, "{}"), "cloud_error");
}

static void a_video_is_looked_for_in_three_places(void **state)
{
	json_object *line;

	ask("cloud.video_url", "{\"printer\":\"p1\"}");
	asked("GET", IOT "/device/01P00A000000001/video", NULL);
	fake_rest_answer(rest, 404, "{}");
	asked("GET", IOT "/device/01P00A000000001/stream", NULL);
	fake_rest_answer(rest, 405, "{}");
	asked("GET", IOT "/video/stream", NULL);
	refused_with(answered(404, "{}"), "unsupported");
	ask("cloud.video_url", "{\"printer\":\"p1\"}");
	fake_rest_answer(rest, 404, "{}");
	line = answered(200, "{\"stream_url\":\"https://x\"}");
	assert_string_equal(at(line, "result.url"), "https://x");
	json_object_put(line);
	ask("cloud.video_url", "{\"printer\":\"p1\"}");
	refused_with(answered(500, "{}"), "cloud_error");
}

static void files_are_looked_for_where_the_service_may_keep_them(void **state)
{
	json_object *line;

	ask("cloud.files", "{}");
	asked("GET", IOT "/files", NULL);
	fake_rest_answer(rest, 404, "{}");
	asked("GET", IOT "/project", NULL);
	fake_rest_answer(rest, 200, "{\"projects\":[{\"project_id\":\"1\"}]}");
	asked("GET", "/v1/user-service/my/tasks", NULL);
	line = answered(200, "{\"hits\":[{\"id\":1,\"modelId\":\"m\",\"title\":\"cube\"}]}");
	assert_string_equal(at(line, "result.source"), "tasks");
	assert_string_equal(at(line, "result.items.0.id"), "m");
	assert_string_equal(at(line, "result.items.0.name"), "cube");
	json_object_put(line);
	ask("cloud.files", "{}");
	fake_rest_answer(rest, 200, "{\"files\":[]}");
	line = answered(200, "{\"projects\":[{\"project_id\":\"1\",\"files\":[{\"id\":5}]}]}");
	assert_string_equal(at(line, "result.items.0.id"), "5");
	json_object_put(line);
}

static void an_account_without_files_has_none_and_one_that_cannot_be_asked_an_error(void **state)
{
	json_object *line;

	ask("cloud.files", "{}");
	fake_rest_answer(rest, 200, "{\"files\":[]}");
	fake_rest_answer(rest, 404, "{}");
	line = answered(404, "{}");
	assert_string_equal(at(line, "result.items"), "[]");
	json_object_put(line);
	ask("cloud.files", "{}");
	fake_rest_answer(rest, 404, "{}");
	fake_rest_answer(rest, 404, "{}");
	refused_with(answered(404, "{}"), "cloud_error");
	ask("cloud.files", "{}");
	fake_rest_fail(rest, ERR_TOKEN_DEAD);
	rig_turn(&rig, 4);
	refused_with(client_line(&rig, &client), "token_dead");
}

static struct printer *free_printer(void)
{
	struct printer *p = rig_printer(&rig, 0);

	fake_printer_link(p, LINK_ONLINE);
	fake_printer_print_state(p, PRINT_IDLE);
	return p;
}

static void a_print_begins_with_the_file(void **state)
{
	json_object *line;

	free_printer();
	ask("cloud.print_start", "{\"printer\":\"p0\",\"file\":\"cube.3mf\"}");
	fake_rest_answer(rest, 200,
	    "{\"files\":[{\"file_id\":\"3\",\"file_name\":\"cube.3mf\",\"file_url\":\"https://"
	    "f\"}]}");
	asked("POST", IOT "/print",
	    "{\"device_id\":\"01P00A000000000\",\"file_id\":\"3\",\"file_name\":\"cube.3mf\","
	    "\"file_url\":\"https:\\/\\/f\"}");
	line = answered(200, "{\"code\":0,\"data\":{\"job_id\":\"j\",\"status\":\"queued\"}}");
	assert_string_equal(at(line, "result.job"), "j");
	assert_string_equal(at(line, "result.status"), "queued");
	json_object_put(line);
	ask("cloud.print_start", "{\"printer\":\"p0\",\"file\":\"other\"}");
	fake_rest_answer(rest, 200, "{\"files\":[]}");
	fake_rest_answer(rest, 200, "{\"projects\":[]}");
	refused_with(answered(200, "{\"hits\":[]}"), "no_such_file");
}

static void a_printer_that_is_not_free_is_sent_nothing(void **state)
{
	struct printer *p = free_printer();
	unsigned before = fake_rest_count(rest);

	fake_printer_print_state(p, PRINT_PRINTING);
	ask("cloud.print_start", "{\"printer\":\"p0\",\"file\":\"cube.3mf\"}");
	refused_with(client_line(&rig, &client), "busy");
	fake_printer_link(p, LINK_STALE);
	ask("cloud.print_start", "{\"printer\":\"p0\",\"file\":\"cube.3mf\"}");
	refused_with(client_line(&rig, &client), "stale");
	assert_int_equal(fake_rest_count(rest), before);
	/* A job that begins while the file is looked for. */
	free_printer();
	ask("cloud.print_start", "{\"printer\":\"p0\",\"file\":\"cube.3mf\"}");
	fake_printer_print_state(p, PRINT_PREPARING);
	refused_with(
	    answered(200, "{\"files\":[{\"file_id\":\"3\",\"file_name\":\"cube.3mf\"}]}"), "busy");
	assert_int_equal(fake_rest_count(rest), before + 1);
	/* Whose state nobody here knows: the cloud has to. */
	ask("cloud.print_start", "{\"printer\":\"01P00A0000000ZZ\",\"file\":\"3\"}");
	fake_rest_answer(rest, 200, "{\"files\":[{\"file_id\":\"3\",\"file_name\":\"c\"}]}");
	asked("POST", IOT "/print", NULL);
	json_object_put(answered(200, "{\"job_id\":\"j\"}"));
}

static void answers_of_another_form_are_errors(void **state)
{
	ask("cloud.projects", "{}");
	refused_with(answered(200, "{\"message\":\"hello\"}"), "cloud_error");
	ask("account.profile", "{}");
	refused_with(answered(200, NULL), "cloud_error");
}

static void what_cannot_be_meant_is_refused_before_it_is_sent(void **state)
{
	unsigned before = fake_rest_count(rest);

	client_refused(&rig, &client, "cloud.notifications", "{}", ERR_INVALID_PARAMS);
	client_refused(&rig, &client, "cloud.project_get", "{\"id\":\"../x\"}", ERR_INVALID_PARAMS);
	client_refused(&rig, &client, "cloud.task_create", "{\"task\":{}}", ERR_INVALID_PARAMS);
	client_refused(&rig, &client, "account.profile_set", "{\"values\":{}}", ERR_INVALID_PARAMS);
	client_refused(&rig, &client, "cloud.device_info", "{}", ERR_AMBIGUOUS_PRINTER);
	client_refused(
	    &rig, &client, "cloud.device_info", "{\"printer\":\"nobody\"}", ERR_NO_SUCH_PRINTER);
	client_refused(&rig, &client, "printer.unbind", "{\"printer\":\"p0\"}", ERR_GUARD);
	assert_int_equal(fake_rest_count(rest), before);
}

static void a_serial_that_nobody_adopted_is_one(void **state)
{
	json_object *line;

	ask("printer.unbind", "{\"printer\":\"09400B123456789\",\"confirm\":true}");
	asked("DELETE", IOT "/bind", NULL);
	line = answered(200, "{\"code\":0,\"message\":\"Device unbound successfully\"}");
	assert_string_equal(at(line, "result.serial"), "09400B123456789");
	assert_string_equal(at(line, "result.bound"), "false");
	json_object_put(line);
	ask("printer.bind", "{\"serial\":\"01S\",\"code\":\"12345678\"}");
	asked("POST", IOT "/bind", "{\"device_id\":\"01S\",\"bind_code\":\"12345678\"}");
	refused_with(answered(400, "{\"code\":1}"), "cloud_error");
}

static void secrets_of_a_camera_are_shown_when_asked_for(void **state)
{
	static const char body[] = "{\"ttcode\":\"T\",\"authkey\":\"A\",\"passwd\":\"P\","
				   "\"region\":\"us\",\"type\":\"tutk\"}";
	json_object *line;

	ask("camera.ttcode", "{\"printer\":\"p0\"}");
	asked("POST", IOT "/ttcode", "{\"dev_id\":\"01P00A000000000\"}");
	line = answered(200, body);
	assert_string_equal(at(line, "result.type"), "tutk");
	assert_string_equal(at(line, "result.authkey"), "null");
	json_object_put(line);
	ask("camera.ttcode", "{\"printer\":\"p0\",\"show\":true}");
	line = answered(200, body);
	assert_string_equal(at(line, "result.authkey"), "A");
	json_object_put(line);
}

static void any_path_can_be_asked_but_writes_are_confirmed(void **state)
{
	json_object *line;

	ask("cloud.api", "{\"method\":\"GET\",\"path\":\"/v1/x\"}");
	asked("GET", "/v1/x", NULL);
	line = answered(404, "{\"message\":\"none\"}");
	assert_string_equal(at(line, "result.status"), "404");
	assert_string_equal(at(line, "result.body.message"), "none");
	json_object_put(line);
	client_refused(
	    &rig, &client, "cloud.api", "{\"method\":\"DELETE\",\"path\":\"/v1/x\"}", ERR_GUARD);
	client_refused(&rig, &client, "cloud.api", "{\"method\":\"GET\",\"path\":\"https://x/v1\"}",
	    ERR_INVALID_PARAMS);
	client_refused(&rig, &client, "cloud.api",
	    "{\"method\":\"GET\",\"path\":\"/v1\",\"query\":{\"a\":[1]}}", ERR_INVALID_PARAMS);
	ask("cloud.api",
	    "{\"method\":\"PUT\",\"path\":\"/v1/x\",\"body\":{\"a\":1},\"confirm\":true}");
	asked("PUT", "/v1/x", "{\"a\":1}");
	line = answered(200, NULL);
	assert_string_equal(at(line, "result.body"), "null");
	json_object_put(line);
	ask("cloud.api", "{\"method\":\"GET\",\"path\":\"/v1/x\"}");
	fake_rest_fail(rest, ERR_LOGIN_NEEDED);
	rig_turn(&rig, 4);
	refused_with(client_line(&rig, &client), "login_needed");
}

static void a_client_that_leaves_takes_its_question_along(void **state)
{
	struct client other;

	client_dial(&rig, &other);
	client_say(&rig, &other, "{\"id\":1,\"method\":\"cloud.projects\"}\n");
	client_say(&rig, &other, "{\"id\":2,\"method\":\"cloud.files\"}\n");
	client_say(&rig, &other,
	    "{\"id\":3,\"method\":\"cloud.api\",\"params\":{\"method\":\"GET\",\"path\":\"/v1/"
	    "x\"}}\n");
	rig_turn(&rig, 4);
	assert_non_null(fake_rest_asked(rest));
	client_hang_up(&other);
	rig_turn(&rig, 4);
	assert_null(fake_rest_asked(rest));
}

static void names_of_uploads_are_no_paths(void **state)
{
	static const char *const bad[] = {"", "a/b", "..", "a\\\\b", "a\\nb"};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *params = xasprintf("{\"name\":\"%s\",\"size\":1}", bad[i]);

		client_refused(&rig, &client, "cloud.upload", params, ERR_INVALID_PARAMS);
	}
}

static void without_an_account_nothing_is_promised(void **state)
{
	rig.server->deps.rest = NULL;
	client_refused(&rig, &client, "cloud.projects", "{}", ERR_UNSUPPORTED);
	client_refused(&rig, &client, "cloud.files", "{}", ERR_UNSUPPORTED);
	client_refused(
	    &rig, &client, "cloud.upload", "{\"name\":\"a\",\"size\":1}", ERR_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_list_says_where_it_goes_on, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		what_the_service_lacks_is_unsupported_with_a_way_out, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_video_is_looked_for_in_three_places, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		files_are_looked_for_where_the_service_may_keep_them, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		an_account_without_files_has_none_and_one_that_cannot_be_asked_an_error, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(a_print_begins_with_the_file, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_printer_that_is_not_free_is_sent_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(answers_of_another_form_are_errors, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		what_cannot_be_meant_is_refused_before_it_is_sent, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_serial_that_nobody_adopted_is_one, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		secrets_of_a_camera_are_shown_when_asked_for, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		any_path_can_be_asked_but_writes_are_confirmed, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_client_that_leaves_takes_its_question_along, setup, teardown),
	    cmocka_unit_test_setup_teardown(names_of_uploads_are_no_paths, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		without_an_account_nothing_is_promised, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
