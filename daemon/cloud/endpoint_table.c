/* SPDX-License-Identifier: MIT */
/* The endpoints, one row each (seed-inventory 2; bambu.md 1.7 where they disagree). */
#include "common/util.h"
#include "daemon/cloud/endpoint.h"
#include "daemon/cloud/shape.h"

#define IOT "/v1/iot-service/api/user"
#define SLICER "/v1/iot-service/api/slicer"
#define USER "/v1/user-service/my"

#define LIMIT_20                                    \
	{                                           \
		"limit", "limit", .otherwise = "20" \
	}

const struct endpoint endpoint_table[] = {
    {"account.preferences", "GET", {"/v1/design-user-service/my/preference"},
	.bucket = REST_PROFILE, .shape = &shape_preferences},
    {"account.profile", "GET", {USER "/profile"}, .bucket = REST_PROFILE, .shape = &shape_profile},
    {"account.profile_set", "PUT", {USER "/profile"},
	.params = {{"values", "", ENDPOINT_WHOLE_BODY}}, .bucket = REST_PROFILE},
    {"camera.ttcode", "POST", {IOT "/ttcode"}, .params = {{"serial", "dev_id", ENDPOINT_BODY}},
	.bucket = REST_DEVICE, .shape = &shape_ttcode},
    /* Described, and answered with 405 by the service that was asked (inventory 2.4). */
    {"cloud.device_info", "GET", {IOT "/device/info"}, .params = {{"serial", "device_id"}},
	.bucket = REST_DEVICE, .shape = &shape_device,
	.absent = "the cloud does not tell about single printers",
	.instead = "bambuctl account devices"},
    {"cloud.device_version", "GET", {IOT "/device/version"}, .params = {{"serial", "dev_id"}},
	.bucket = REST_DEVICE, .shape = &shape_versions},
    {"cloud.files", "GET", {IOT "/files"}, .bucket = REST_OTHER, .shape = &shape_files},
    {"cloud.messages", "GET", {USER "/messages"},
	.params = {{"type", "type"}, {"after", "after"}, LIMIT_20}, .bucket = REST_OTHER,
	.paging = ENDPOINT_AFTER, .shape = &shape_messages},
    {"cloud.notification_read", "PUT", {IOT "/notification"},
	.params =
	    {
		{"id", "notification_id", ENDPOINT_BODY},
		{"read", "read", ENDPOINT_BODY, "true"},
	    },
	.bucket = REST_OTHER},
    {"cloud.notifications", "GET", {IOT "/notification"},
	.params = {{"unread", "unread"}, {"action", "action"}}, .bucket = REST_OTHER,
	.shape = &shape_notifications},
    {"cloud.print_start", "POST", {IOT "/print"},
	.params =
	    {
		{"serial", "device_id", ENDPOINT_BODY},
		{"file_id", "file_id", ENDPOINT_BODY},
		{"file_name", "file_name", ENDPOINT_BODY},
		{"file_url", "file_url", ENDPOINT_BODY},
		{"settings", "settings", ENDPOINT_BODY},
	    },
	.bucket = REST_DEVICE, .shape = &shape_job},
    {"cloud.print_status", "GET", {IOT "/print"},
	.params = {{"force", "force", .otherwise = "true"}}, .bucket = REST_DEVICE,
	.shape = &shape_prints},
    {"cloud.project_create", "POST", {IOT "/project"}, .params = {{"name", "name", ENDPOINT_BODY}},
	.bucket = REST_OTHER, .shape = &shape_project},
    {"cloud.project_get", "GET", {IOT "/project/{id}"}, .params = {{"id", "", ENDPOINT_PATH}},
	.bucket = REST_OTHER, .shape = &shape_project},
    {"cloud.projects", "GET", {IOT "/project"},
	.params = {{"page", "page", .otherwise = "1"}, LIMIT_20}, .bucket = REST_OTHER,
	.paging = ENDPOINT_PAGES, .shape = &shape_projects},
    {"cloud.slicer_resources", "GET", {SLICER "/resource"},
	.params = {{"type", "type"}, {"version", "version"}}, .bucket = REST_OTHER,
	.shape = &shape_resources},
    {"cloud.slicer_setting", "GET", {SLICER "/setting/{id}"}, .params = {{"id", "", ENDPOINT_PATH}},
	.bucket = REST_OTHER, .shape = &shape_preset},
    /* Without a version: 400; with one of another form than XX.YY.ZZ.WW: 422. */
    {"cloud.slicer_settings", "GET", {SLICER "/setting"},
	.params = {{"version", "version", .otherwise = "1.0.0.0"}}, .bucket = REST_OTHER,
	.shape = &shape_presets},
    {"cloud.snapshot_url", "GET", {IOT "/device/{id}/snapshot"},
	.params = {{"serial", "", ENDPOINT_PATH}}, .bucket = REST_DEVICE, .shape = &shape_address,
	.absent = "not available: the cloud has no picture of this printer",
	.instead = "bambuctl camera ttcode PRINTER"},
    {"cloud.task_create", "POST", {"/v1/user-service/my/task"},
	.params = {{"task", "", ENDPOINT_WHOLE_BODY}}, .bucket = REST_OTHER, .shape = &shape_task},
    /* bambu.md 1.7: 403 with code 8. */
    {"cloud.task_get", "GET", {IOT "/task/{id}"}, .params = {{"id", "", ENDPOINT_PATH}},
	.bucket = REST_OTHER, .shape = &shape_task,
	.absent = "the cloud does not show single tasks to us", .instead = "bambuctl tasks",
	.refused_is_absent = true},
    {"cloud.tasks", "GET", {USER "/tasks"},
	.params = {{"serial", "deviceId"}, {"after", "after"}, LIMIT_20}, .bucket = REST_OTHER,
	.paging = ENDPOINT_AFTER, .shape = &shape_tasks},
    {"cloud.upload", "GET", {IOT "/upload"}, .params = {{"name", "filename"}, {"size", "size"}},
	.bucket = REST_UPLOAD, .shape = &shape_addresses},
    {"cloud.upload_url", "GET", {IOT "/upload"}, .params = {{"name", "filename"}, {"size", "size"}},
	.bucket = REST_UPLOAD, .shape = &shape_addresses},
    {"cloud.video_url", "GET",
	{IOT "/device/{id}/video", IOT "/device/{id}/stream", IOT "/video/stream"},
	.params = {{"serial", "dev_id", ENDPOINT_PATH}}, .bucket = REST_DEVICE,
	.shape = &shape_address, .absent = "not available: the cloud has no video of this printer",
	.instead = "bambuctl camera ttcode PRINTER"},
    {"printer.bind", "POST", {IOT "/bind"},
	.params =
	    {
		{"serial", "device_id", ENDPOINT_BODY},
		{"name", "device_name", ENDPOINT_BODY},
		{"code", "bind_code", ENDPOINT_BODY},
	    },
	.bucket = REST_DEVICE, .shape = &shape_bound, .rebinds = true},
    {"printer.unbind", "DELETE", {IOT "/bind"}, .params = {{"serial", "dev_id"}},
	.bucket = REST_DEVICE, .rebinds = true},
};
const size_t endpoint_count = ARRAY_SIZE(endpoint_table);
