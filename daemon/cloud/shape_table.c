/* SPDX-License-Identifier: MIT */
/* What the cloud calls its fields, in all forms that were seen or described, and what we call them
 * (bambu.md 1.7; seed-inventory 2). */
#include "daemon/cloud/shape.h"

/* Described, and answered with 405 (inventory 2.4). */
const struct shape shape_device = {
    .fields =
	{
	    {"serial", SHAPE_TEXT, {"device_id", "dev_id"}},
	    {"name", SHAPE_TEXT, {"device_name", "dev_name"}},
	    {"model", SHAPE_TEXT, {"model", "dev_product_name"}},
	    {"status", SHAPE_STATUS, {"status", "print_status"}},
	    {"firmware", SHAPE_TEXT, {"firmware_version"}},
	    {"nozzle_c", SHAPE_NUMBER, {"nozzle_temp"}},
	    {"bed_c", SHAPE_NUMBER, {"bed_temp"}},
	},
};

static const struct shape shape_offers = {
    .fields =
	{
	    {"version", SHAPE_TEXT, {"version"}},
	    {"forced", SHAPE_BOOL, {"force_update"}},
	    {"description", SHAPE_TEXT, {"description"}},
	},
};

/* The AMS list of this answer is empty whatever the printer has (inventory 2.5, 2.6). */
const struct shape shape_versions = {
    .lists = {"devices"},
    .fields =
	{
	    {"serial", SHAPE_TEXT, {"dev_id", "device_id"}},
	    {"current", SHAPE_TEXT, {"version", "current_version"}},
	    {"offered", SHAPE_LIST, {"firmware"}, &shape_offers},
	},
};

const struct shape shape_prints = {
    .lists = {"devices", "jobs"},
    .fields =
	{
	    {"serial", SHAPE_TEXT, {"dev_id", "device_id"}},
	    {"name", SHAPE_TEXT, {"dev_name", "name"}},
	    {"online", SHAPE_BOOL, {"dev_online", "online"}},
	    {"status", SHAPE_STATUS, {"task_status", "print_status", "status"}},
	    {"id", SHAPE_ID, {"task_id", "job_id"}},
	    {"title", SHAPE_TEXT, {"task_name", "file_name"}},
	    {"percent", SHAPE_NUMBER, {"progress"}},
	    {"begun", SHAPE_TIME, {"start_time", "started_at"}},
	},
};

const struct shape shape_files = {
    .lists = {"files"},
    .fields =
	{
	    {"id", SHAPE_ID, {"file_id", "model_id", "id"}},
	    {"name", SHAPE_TEXT, {"name", "file_name", "title"}},
	    {"size", SHAPE_NUMBER, {"size", "file_size"}},
	    {"created", SHAPE_TIME, {"created_at", "date", "create_time"}},
	},
};

/* A task stands for the file that was printed (inventory 2.21). */
const struct shape shape_task_files = {
    .lists = {"files"},
    .fields =
	{
	    {"id", SHAPE_ID, {"modelId", "id"}},
	    {"name", SHAPE_TEXT, {"title", "designTitle"}},
	    {"size", SHAPE_NUMBER, {"size"}},
	    {"created", SHAPE_TIME, {"startTime"}},
	},
};

#define PROJECT_FIELDS                                                          \
	{"id", SHAPE_ID, {"project_id", "id", "model_id"}},                     \
	    {"name", SHAPE_TEXT, {"name", "title"}},                            \
	    {"created", SHAPE_TIME, {"created_at", "create_time", "created"}},  \
	    {"changed", SHAPE_TIME, {"updated_at", "update_time", "modified"}}, \
	{                                                                       \
		"file_count", SHAPE_NUMBER,                                     \
		{                                                               \
			"file_count"                                            \
		}                                                               \
	}

const struct shape shape_projects = {
    .lists = {"projects"},
    .fields = {PROJECT_FIELDS},
};

const struct shape shape_project = {
    .fields = {PROJECT_FIELDS, {"files", SHAPE_LIST, {"files"}, &shape_files}},
};

/* Three forms: with "tasks" and words, with "hits" and numbers, and that of one task (inventory
 * 2.13, 2.14, 2.35). */
#define TASK_FIELDS                                                                             \
	{"id", SHAPE_ID, {"id", "task_id"}},                                                    \
	    {"title", SHAPE_TEXT, {"title", "designTitle", "file_name", "name"}},               \
	    {"status", SHAPE_STATUS, {"status"}},                                               \
	    {"serial", SHAPE_TEXT, {"deviceId", "device_id"}},                                  \
	    {"printer", SHAPE_TEXT, {"deviceName", "device_name"}},                             \
	    {"begun", SHAPE_TIME, {"startTime", "started_at"}},                                 \
	    {"ended", SHAPE_TIME, {"endTime", "completed_at"}},                                 \
	    {"estimate_s", SHAPE_NUMBER, {"costTime"}}, {"weight_g", SHAPE_NUMBER, {"weight"}}, \
	    {"length", SHAPE_NUMBER, {"length"}}, {"plate", SHAPE_NUMBER, {"plateIndex"}},      \
	    {"mode", SHAPE_TEXT, {"mode"}}, {"percent", SHAPE_NUMBER, {"progress"}},            \
	    {"design", SHAPE_ID, {"designId"}}, {"model", SHAPE_ID, {"modelId"}},               \
	    {"profile", SHAPE_ID, {"profileId"}},                                               \
	{                                                                                       \
		"cover", SHAPE_TEXT,                                                            \
		{                                                                               \
			"cover", "thumbnail"                                                    \
		}                                                                               \
	}

const struct shape shape_tasks = {.lists = {"tasks", "hits"}, .fields = {TASK_FIELDS}};
const struct shape shape_task = {.fields = {TASK_FIELDS}};

const struct shape shape_notifications = {
    .lists = {"notifications"},
    .fields =
	{
	    {"id", SHAPE_ID, {"id", "notification_id"}},
	    {"type", SHAPE_TEXT, {"type"}},
	    {"text", SHAPE_TEXT, {"message", "text"}},
	    {"time", SHAPE_TIME, {"timestamp", "createTime"}},
	    {"read", SHAPE_BOOL, {"read"}},
	},
};

const struct shape shape_messages = {
    .lists = {"hits", "messages"},
    .fields =
	{
	    {"id", SHAPE_ID, {"id"}},
	    {"type", SHAPE_NUMBER, {"type"}},
	    {"time", SHAPE_TIME, {"createTime"}},
	    {"from", SHAPE_TEXT, {"from.name"}},
	    {"title", SHAPE_TEXT, {"taskMessage.title", "title"}},
	    {"task", SHAPE_ID, {"taskMessage.id"}},
	    {"status", SHAPE_STATUS, {"taskMessage.status"}},
	    {"serial", SHAPE_TEXT, {"taskMessage.deviceId"}},
	    {"cover", SHAPE_TEXT, {"taskMessage.cover"}},
	},
};

const struct shape shape_profile = {
    .fields =
	{
	    {"uid", SHAPE_ID, {"uid", "user_id"}},
	    {"name", SHAPE_TEXT, {"name", "username"}},
	    {"account", SHAPE_MAIL, {"account", "email"}},
	    {"avatar", SHAPE_TEXT, {"avatar", "avatar_url"}},
	    {"models", SHAPE_WORDS, {"productModels"}},
	},
};

const struct shape shape_preferences = {
    .fields =
	{
	    {"uid", SHAPE_ID, {"uid"}},
	    {"name", SHAPE_TEXT, {"name"}},
	    {"handle", SHAPE_TEXT, {"handle"}},
	    {"bio", SHAPE_TEXT, {"bio"}},
	    {"avatar", SHAPE_TEXT, {"avatar"}},
	    {"background", SHAPE_TEXT, {"backgroundUrl"}},
	    {"links", SHAPE_ANY, {"links"}},
	},
};

const struct shape shape_presets = {
    .lists = {"print", "printer", "filament"},
    .grouped = true,
    .fields =
	{
	    {"id", SHAPE_ID, {"setting_id"}},
	    {"name", SHAPE_TEXT, {"name"}},
	    {"version", SHAPE_TEXT, {"version"}},
	    {"changed", SHAPE_TIME, {"update_time", "updated_time"}},
	},
};

const struct shape shape_preset = {
    .fields =
	{
	    {"id", SHAPE_ID, {"setting_id"}},
	    {"name", SHAPE_TEXT, {"name"}},
	    {"kind", SHAPE_TEXT, {"type"}},
	    {"public", SHAPE_BOOL, {"public"}},
	    {"version", SHAPE_TEXT, {"version"}},
	    {"changed", SHAPE_TIME, {"update_time"}},
	    {"values", SHAPE_ANY, {"setting"}},
	},
};

const struct shape shape_resources = {
    .lists = {"resources"},
    .fields =
	{
	    {"type", SHAPE_TEXT, {"type"}},
	    {"version", SHAPE_TEXT, {"version"}},
	    {"description", SHAPE_TEXT, {"description"}},
	    {"url", SHAPE_TEXT, {"url"}},
	    {"forced", SHAPE_BOOL, {"force_update"}},
	},
};

/* The twelve fields beside the envelope (inventory 2.29). */
const struct shape shape_ttcode = {
    .fields =
	{
	    {"type", SHAPE_TEXT, {"type"}},
	    {"region", SHAPE_TEXT, {"region"}},
	    {"ttcode", SHAPE_SECRET, {"ttcode"}},
	    {"authkey", SHAPE_SECRET, {"authkey"}},
	    {"passwd", SHAPE_SECRET, {"passwd"}},
	    {"stream_key", SHAPE_SECRET, {"stream_key"}},
	    {"stream_salt", SHAPE_SECRET, {"stream_salt"}},
	    {"channel_name", SHAPE_SECRET, {"channel_name"}},
	    {"app_id", SHAPE_SECRET, {"app_id"}},
	},
};

/* Of an upload: signed, so for admins alone. */
const struct shape shape_addresses = {
    .lists = {"urls"},
    .fields =
	{
	    {"type", SHAPE_TEXT, {"type"}},
	    {"file", SHAPE_TEXT, {"file"}},
	    {"url", SHAPE_TEXT, {"url"}},
	},
};

const struct shape shape_address = {
    .fields = {{"url", SHAPE_TEXT, {"url", "stream_url", "snapshot_url"}}},
};

const struct shape shape_job = {
    .fields =
	{
	    {"job", SHAPE_ID, {"job_id", "id"}},
	    {"status", SHAPE_STATUS, {"status"}},
	},
};

const struct shape shape_bound = {
    .fields =
	{
	    {"serial", SHAPE_TEXT, {"device_info.dev_id", "device_info.device_id", "bind_id"}},
	    {"name", SHAPE_TEXT, {"device_info.name", "device_info.device_name"}},
	},
};
