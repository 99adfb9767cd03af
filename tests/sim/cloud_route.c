/* SPDX-License-Identifier: MIT */
/* What the hosts of the cloud answer to: one table row for each method and path. */
#include "tests/sim/cloud_route.h"

#include <string.h>

#include "common/util.h"

#define IOT "/v1/iot-service/api"
#define USER "/v1/user-service"

/* gin, which the real service seems to be made with, speaks plain text here. */
static void run_absent(struct cloud_call *call)
{
	cloud_plain(call->x, 404, "text/plain", "404 page not found");
}

static void run_not_allowed(struct cloud_call *call)
{
	cloud_plain(call->x, 405, "text/plain", "405 method not allowed");
}

/* Name, method, path, host, then: does it want a token, does it take a JSON body. */
const struct cloud_route cloud_routes[] = {
    {"login", "POST", USER "/user/login", CLOUD_HOST_API, false, true, cloud_run_login},
    {"send-mail", "POST", USER "/user/sendemail/code", CLOUD_HOST_API, false, true,
	cloud_run_send_mail},
    {"send-sms", "POST", "/api" USER "/user/sendsmscode", CLOUD_HOST_WEB, false, true,
	cloud_run_send_sms},
    {"tfa", "POST", USER "/user/tfa/login", CLOUD_HOST_API, false, true, cloud_run_tfa_api},
    {"csrf", "GET", "/api/csrf", CLOUD_HOST_WEB, false, false, cloud_run_csrf},
    {"tfa-web", "POST", "/api/sign-in/tfa", CLOUD_HOST_WEB, false, true, cloud_run_tfa_web},
    {"refresh", "POST", USER "/user/refreshtoken", CLOUD_HOST_API, false, true, cloud_run_refresh},
    {"bind", "GET", IOT "/user/bind", CLOUD_HOST_API, true, false, cloud_run_bind_list},
    {"bind-add", "POST", IOT "/user/bind", CLOUD_HOST_API, true, true, cloud_run_bind},
    {"bind-del", "DELETE", IOT "/user/bind", CLOUD_HOST_API, true, false, cloud_run_unbind},
    {"device-info", "GET", IOT "/user/device/info", CLOUD_HOST_API, true, false, run_not_allowed},
    {"version", "GET", IOT "/user/device/version", CLOUD_HOST_API, true, false, cloud_run_version},
    {"video", "GET", IOT "/user/device/*/video", CLOUD_HOST_API, true, false, run_absent},
    {"stream", "GET", IOT "/user/device/*/stream", CLOUD_HOST_API, true, false, run_absent},
    {"snapshot", "GET", IOT "/user/device/*/snapshot", CLOUD_HOST_API, true, false, run_absent},
    {"video-stream", "GET", IOT "/user/video/stream", CLOUD_HOST_API, true, false, run_not_allowed},
    {"prints", "GET", IOT "/user/print", CLOUD_HOST_API, true, false, cloud_run_print_list},
    {"print", "POST", IOT "/user/print", CLOUD_HOST_API, true, true, cloud_run_print},
    {"ttcode", "POST", IOT "/user/ttcode", CLOUD_HOST_API, true, true, cloud_run_ttcode},
    {"projects", "GET", IOT "/user/project", CLOUD_HOST_API, true, false, cloud_run_projects},
    {"project-add", "POST", IOT "/user/project", CLOUD_HOST_API, true, true,
	cloud_run_project_create},
    {"project", "GET", IOT "/user/project/*", CLOUD_HOST_API, true, false, cloud_run_project},
    {"tasks", "GET", USER "/my/tasks", CLOUD_HOST_API, true, false, cloud_run_tasks},
    {"task", "GET", IOT "/user/task/*", CLOUD_HOST_API, true, false, cloud_run_task},
    {"task-add", "POST", USER "/my/task", CLOUD_HOST_API, true, true, cloud_run_task_create},
    {"files", "GET", IOT "/user/files", CLOUD_HOST_API, true, false, cloud_run_files},
    {"upload", "GET", IOT "/user/upload", CLOUD_HOST_API, true, false, cloud_run_upload},
    {"notices", "GET", IOT "/user/notification", CLOUD_HOST_API, true, false,
	cloud_run_notifications},
    {"notice-mark", "PUT", IOT "/user/notification", CLOUD_HOST_API, true, true,
	cloud_run_notification_mark},
    {"messages", "GET", USER "/my/messages", CLOUD_HOST_API, true, false, cloud_run_messages},
    {"preference", "GET", "/v1/design-user-service/my/preference", CLOUD_HOST_API, true, false,
	cloud_run_preference},
    {"profile", "GET", USER "/my/profile", CLOUD_HOST_API, true, false, cloud_run_profile},
    {"profile-set", "PUT", USER "/my/profile", CLOUD_HOST_API, true, true, cloud_run_profile_set},
    {"slicer", "GET", IOT "/slicer/setting", CLOUD_HOST_API, true, false, cloud_run_slicer},
    {"slicer-one", "GET", IOT "/slicer/setting/*", CLOUD_HOST_API, true, false,
	cloud_run_slicer_one},
    {"resource", "GET", IOT "/slicer/resource", CLOUD_HOST_API, true, false, cloud_run_resource},
    {"put-file", "PUT", CLOUD_STORE_FILE "*/*", CLOUD_HOST_STORE, false, false, cloud_run_put_file},
    {"put-size", "PUT", CLOUD_STORE_SIZE "*/*", CLOUD_HOST_STORE, false, false, cloud_run_put_size},
    {"text", "GET", "/query.php", CLOUD_HOST_TEXT, false, false, cloud_run_text},
    {"text-version", "GET", "/GetVersion.php", CLOUD_HOST_TEXT, false, false,
	cloud_run_text_version},
};
const size_t cloud_route_count = ARRAY_SIZE(cloud_routes);

/* Segment by segment; * is one that is not empty, the last of them goes to *ret_part. */
static bool path_matches(
    const char *pattern, const char *path, const char **ret_part, size_t *ret_len)
{
	for (;;) {
		size_t want = strcspn(pattern, "/"), have = strcspn(path, "/");

		if (want == 1 && pattern[0] == '*' && have > 0) {
			*ret_part = path;
			*ret_len = have;
		} else if (want != have || strncmp(pattern, path, want) != 0) {
			return false;
		}
		pattern += want;
		path += have;
		if (*pattern != *path) {
			return false;
		}
		if (*pattern == '\0') {
			return true;
		}
		pattern++;
		path++;
	}
}

const struct cloud_route *cloud_route_find(
    enum cloud_host host, const char *method, const char *path, char **ret_part, int *ret_status)
{
	int status = 404;

	for (size_t i = 0; i < cloud_route_count; i++) {
		const struct cloud_route *r = &cloud_routes[i];
		const char *part = "";
		size_t len = 0;

		if (r->host != host || !path_matches(r->path, path, &part, &len)) {
			continue;
		}
		if (strcmp(r->method, method) == 0) {
			*ret_part = xstrndup(part, len);
			return r;
		}
		status = 405;
	}
	*ret_status = status;
	return NULL;
}
