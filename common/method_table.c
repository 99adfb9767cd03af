/* SPDX-License-Identifier: MIT */
/* The table of socket methods, one row each, sorted by name. */
#include "common/method.h"

#include "common/util.h"

#define PARAM(kind, word, text, ...)                                            \
	{                                                                       \
		.name = word, .type = PARAM_##kind, .help = text, ##__VA_ARGS__ \
	}
#define REQUIRED .required = true
#define RANGE(lo, hi) .bounded = true, .min = (lo), .max = (hi)
#define WORDS(list) .words = list

static const char *const action_words[] = {"resume", "ignore", "stop", NULL};
static const char *const airduct_words[] = {"cooling", "heating", "exhaust", NULL};
static const char *const ams_action_words[] = {"resume", "reset", "pause", "done", "abort", NULL};
static const char *const axis_words[] = {"x", "y", "z", NULL};
static const char *const fan_words[] = {"part", "aux", "chamber", NULL};
static const char *const heater_words[] = {"nozzle", "nozzle0", "nozzle1", "bed", "chamber", NULL};
static const char *const http_words[] = {"GET", "POST", "PUT", "PATCH", "DELETE", NULL};
static const char *const light_mode_words[] = {"on", "off", "blink", NULL};
static const char *const light_words[] = {"chamber", "work", "heatbed", NULL};
static const char *const log_words[] = {"err", "warn", "info", "debug", NULL};
static const char *const region_words[] = {"global", "china", "custom", NULL};
static const char *const section_words[] = {"print", "temp", "fans", "lights", "ams", "hms",
    "camera", "device", "link", "control", "options", NULL};
static const char *const sensitivity_words[] = {"low", "medium", "high", "never_halt", NULL};
static const char *const speed_words[] = {"silent", "standard", "sport", "ludicrous", NULL};
static const char *const until_words[] = {"sent", "acked", "effective", NULL};

/* Parameters that several rows share. */
#define PRINTER                   \
	PARAM(PRINTER, "printer", \
	    "which printers: name, serial, glob, @group; left out = the only one")
#define PRINTER_NEEDED \
	PARAM(PRINTER, "printer", "which printers: name, serial, glob, @group", REQUIRED)
#define PRINTERS PARAM(PRINTER, "printer", "which printers; left out = all")
#define AFTER PARAM(STRING, "after", "only what follows this id")
#define CONFIRM PARAM(BOOL, "confirm", "yes to the question a terminal would ask")
#define EXPECT PARAM(STRING, "expect", "act only while this job is printing")
#define KINDS PARAM(STRINGS, "kinds", "kinds of events, globs such as print.*")
#define LIMIT PARAM(INT, "limit", "at most that many", RANGE(1, 4096))
#define MANY PARAM(BOOL, "many", "more than one printer may match")
#define OPERATION PARAM(STRING, "op", "id of the operation", REQUIRED)
#define PROFILE PARAM(INT, "index", "number of the profile", REQUIRED, RANGE(0, 2147483647))
#define PRINTER_FILE PARAM(STRING, "path", "path on the printer's storage", REQUIRED)
#define RAW PARAM(BOOL, "raw", "add the answer of the cloud as it came")
#define SINCE PARAM(STRING, "since", "cursor or time to begin after")
#define PRINTS_SINCE PARAM(STRING, "since", "only prints heard of at this time or later")
#define SLOT PARAM(STRING, "slot", "A1..D4, HT-A, ext, ext-left or a tray number", REQUIRED)
#define UNIT PARAM(STRING, "unit", "A..D, HT-A or a unit number", REQUIRED)

/* What every command to a printer takes. */
#define CONTROL_PARAMS                                                                         \
	PARAM(STRING, "until", "stage to wait for; left out = effective", WORDS(until_words)), \
	    PARAM(INT, "timeout_ms",                                                           \
		"how long to wait; left out = 10000, to load or start 180000",                 \
		RANGE(100, 600000)),                                                           \
	    PARAM(BOOL, "dry_run", "check and show the message, send nothing"), MANY, CONFIRM

const struct method method_table[] =
    {
	{
	    .name = "account.devices",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "account devices",
	    .usage = "",
	    .help = "List the printers bound to the account",
	},
	{
	    .name = "account.limits",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "account limits",
	    .usage = "",
	    .help = "Show how much of the rate limits is left",
	},
	{
	    .name = "account.login",
	    .perm = PERM_ADMIN,
	    .since = "0.4.0",
	    .verb = "login",
	    .usage = "[--region REGION] [--email EMAIL | --token-stdin]",
	    .help = "Sign in to the cloud account",
	    .params =
		{
		    PARAM(STRING, "region", "where the account lives", WORDS(region_words)),
		    PARAM(STRING, "email", "name of the account"),
		    PARAM(STRING, "password", "password of the account"),
		    PARAM(STRING, "token", "token got elsewhere, in place of email and password"),
		},
	},
	{
	    .name = "account.logout",
	    .perm = PERM_ADMIN,
	    .since = "0.4.0",
	    .verb = "logout",
	    .usage = "",
	    .help = "Forget the token of the cloud account",
	},
	{
	    .name = "account.preferences",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "account preferences",
	    .usage = "",
	    .help = "Show the preferences of the account",
	    .params =
		{
		    RAW,
		},
	},
	{
	    .name = "account.profile",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "account profile",
	    .usage = "",
	    .help = "Show the profile of the account",
	    .params =
		{
		    RAW,
		},
	},
	{
	    .name = "account.profile_set",
	    .perm = PERM_ADMIN,
	    .since = "0.4.0",
	    .verb = "account profile set",
	    .usage = "KEY=VALUE...",
	    .help = "Change the profile of the account",
	    .params =
		{
		    PARAM(OBJECT, "values", "fields to change", REQUIRED),
		},
	},
	{
	    .name = "account.status",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "account",
	    .usage = "",
	    .help = "Show the state of the cloud account",
	},
	{
	    .name = "account.token_set",
	    .perm = PERM_ADMIN,
	    .since = "0.4.0",
	    .usage = "",
	    .help = "Use a token got elsewhere",
	    .params =
		{
		    PARAM(STRING, "token", "the token", REQUIRED),
		    PARAM(STRING, "region", "where the account lives", WORDS(region_words)),
		},
	},
	{
	    .name = "account.verify_code",
	    .perm = PERM_ADMIN,
	    .since = "0.4.0",
	    .usage = "",
	    .help = "Go on with a login by the code it asked for",
	    .params =
		{
		    PARAM(STRING, "login", "id the login answered with", REQUIRED),
		    PARAM(STRING, "code", "code from the mail, message or authenticator", REQUIRED),
		},
	},
	{
	    .name = "account.verify_token",
	    .perm = PERM_ADMIN,
	    .since = "0.4.0",
	    .verb = "account token",
	    .usage = "",
	    .help = "Ask the cloud whether the token is still good",
	},
	{
	    .name = "ams.calibrate_remain",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "ams calibrate-remain",
	    .usage = "PRINTER SLOT",
	    .help = "Measure how much filament is left",
	    .params =
		{
		    PRINTER_NEEDED,
		    SLOT,
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "ams.control",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "ams control",
	    .usage = "PRINTER resume|reset|pause|done|abort",
	    .help = "Go on after a filament change stopped",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "action", "what to do", REQUIRED, WORDS(ams_action_words)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "ams.dry_start",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "ams dry",
	    .usage = "PRINTER UNIT --temp CELSIUS --hours HOURS",
	    .help = "Start drying",
	    .params =
		{
		    PRINTER_NEEDED,
		    UNIT,
		    PARAM(INT, "target_c", "temperature", REQUIRED, RANGE(45, 85)),
		    PARAM(INT, "hours", "how long", REQUIRED, RANGE(1, 24)),
		    PARAM(BOOL, "rotate", "turn the spools meanwhile"),
		    PARAM(STRING, "type", "material that is dried"),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "ams.dry_stop",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .usage = "",
	    .help = "Stop drying",
	    .params =
		{
		    PRINTER_NEEDED,
		    UNIT,
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "ams.get",
	    .perm = PERM_READ,
	    .since = "0.1.0",
	    .verb = "ams",
	    .usage = "[PRINTER]",
	    .help = "Show filament units and spools",
	    .params =
		{
		    PRINTER,
		},
	},
	{
	    .name = "ams.load",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "ams load",
	    .usage = "PRINTER SLOT",
	    .help = "Load filament from a slot",
	    .params =
		{
		    PRINTER_NEEDED,
		    SLOT,
		    PARAM(NUMBER, "target_c", "nozzle temperature to load at", RANGE(150, 350)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "ams.option",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "ams option",
	    .usage = "PRINTER KEY=on|off",
	    .help = "Switch an option of the filament units",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "key", "option", REQUIRED),
		    PARAM(BOOL, "value", "on or off", REQUIRED),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "ams.rfid",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "ams rfid",
	    .usage = "PRINTER SLOT",
	    .help = "Read the tag of a spool again",
	    .params =
		{
		    PRINTER_NEEDED,
		    SLOT,
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "ams.set",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "ams set",
	    .usage = "PRINTER SLOT --type TYPE --color RRGGBB",
	    .help = "Tell the printer what a slot holds",
	    .params =
		{
		    PRINTER_NEEDED,
		    SLOT,
		    PARAM(STRING, "type", "material, as PLA"),
		    PARAM(STRING, "color", "RRGGBB or RRGGBBAA"),
		    PARAM(STRING, "profile", "filament profile"),
		    PARAM(INT, "nozzle_min_c", "lowest nozzle temperature", RANGE(0, 400)),
		    PARAM(INT, "nozzle_max_c", "highest nozzle temperature", RANGE(0, 400)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "ams.unload",
	    .perm = PERM_CONTROL,
	    .confirm = true,
	    .since = "0.3.0",
	    .verb = "ams unload",
	    .usage = "PRINTER",
	    .help = "Unload the filament",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "slot", "slot to unload; left out = the active one"),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "api.errors",
	    .perm = PERM_ANY,
	    .since = "0.1.0",
	    .usage = "",
	    .help = "List the error types and their codes",
	},
	{
	    .name = "api.events",
	    .perm = PERM_ANY,
	    .since = "0.1.0",
	    .usage = "",
	    .help = "List the kinds of events",
	},
	{
	    .name = "api.keys",
	    .perm = PERM_ANY,
	    .since = "0.1.0",
	    .verb = "keys",
	    .usage = "",
	    .help = "List the keys of the status object",
	},
	{
	    .name = "api.methods",
	    .perm = PERM_ANY,
	    .since = "0.1.0",
	    .usage = "",
	    .help = "List the methods with their parameters",
	},
	{
	    .name = "camera.snapshot",
	    .perm = PERM_CONTROL,
	    .since = "0.5.0",
	    .verb = "snapshot",
	    .usage = "PRINTER [FILE|-] [--show] [--max-age TIME]",
	    .help = "Take a picture",
	    .params =
		{
		    PRINTER,
		    PARAM(INT, "max_age_ms", "a picture up to this old will do", RANGE(0, 3600000)),
		},
	},
	{
	    .name = "camera.status",
	    .perm = PERM_CONTROL,
	    .since = "0.5.0",
	    .verb = "camera",
	    .usage = "[PRINTER]",
	    .help = "Show the state of the camera",
	    .params =
		{
		    PRINTERS,
		},
	},
	{
	    .name = "camera.stream",
	    .perm = PERM_CONTROL,
	    .since = "0.5.0",
	    .verb = "camera stream",
	    .usage = "PRINTER",
	    .help = "Stream pictures",
	    .params =
		{
		    PRINTER,
		    PARAM(NUMBER, "max_hz", "at most that many a second", RANGE(0.1, 30)),
		},
	},
	{
	    .name = "camera.ttcode",
	    .perm = PERM_CONTROL,
	    .since = "0.4.0",
	    .verb = "camera ttcode",
	    .usage = "PRINTER",
	    .help = "Show the credentials of the cloud stream",
	    .params =
		{
		    PRINTER,
		    PARAM(BOOL, "show", "with the secrets"),
		},
	},
	{
	    .name = "camera.url",
	    .perm = PERM_CONTROL,
	    .since = "0.5.0",
	    .verb = "camera url",
	    .usage = "PRINTER",
	    .help = "Show the address of the camera",
	    .params =
		{
		    PRINTER,
		    PARAM(BOOL, "show", "with the access code"),
		},
	},
	{
	    .name = "cloud.api",
	    .perm = PERM_ADMIN,
	    .confirm = true,
	    .since = "0.4.0",
	    .verb = "api",
	    .usage = "METHOD PATH [-d JSON|-] [-q KEY=VALUE]...",
	    .help = "Call any endpoint of the cloud",
	    .params =
		{
		    PARAM(STRING, "method", "HTTP method", REQUIRED, WORDS(http_words)),
		    PARAM(STRING, "path", "path, from the first slash", REQUIRED),
		    PARAM(OBJECT, "query", "query parameters"),
		    PARAM(ANY, "body", "JSON body"),
		    CONFIRM,
		},
	},
	{
	    .name = "cloud.device_info",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "cloud device",
	    .usage = "PRINTER",
	    .help = "Show what the cloud knows of a printer",
	    .params =
		{
		    PRINTER,
		    RAW,
		},
	},
	{
	    .name = "cloud.device_version",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "cloud version",
	    .usage = "[PRINTER]",
	    .help = "Show firmware versions as the cloud lists them",
	    .params =
		{
		    PRINTER,
		    RAW,
		},
	},
	{
	    .name = "cloud.files",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "cloud files",
	    .usage = "",
	    .help = "List files of the account",
	    .params =
		{
		    RAW,
		},
	},
	{
	    .name = "cloud.messages",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "messages",
	    .usage = "[--type N] [--after ID] [--limit N]",
	    .help = "List messages of the account",
	    .params =
		{
		    PARAM(INT, "type", "kind of message", RANGE(0, 1000)),
		    AFTER,
		    LIMIT,
		    RAW,
		},
	},
	{
	    .name = "cloud.notification_read",
	    .perm = PERM_ADMIN,
	    .since = "0.4.0",
	    .verb = "notifications read",
	    .usage = "ID",
	    .help = "Mark a notification as read",
	    .params =
		{
		    PARAM(STRING, "id", "the notification", REQUIRED),
		    PARAM(BOOL, "read", "false = unread again"),
		},
	},
	{
	    .name = "cloud.notifications",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "notifications",
	    .usage = "--unread | --action ACTION",
	    .help = "List notifications of the account",
	    .params =
		{
		    PARAM(BOOL, "unread", "only unread ones"),
		    PARAM(STRING, "action", "only of this action"),
		    RAW,
		},
	},
	{
	    .name = "cloud.print_start",
	    .perm = PERM_ADMIN,
	    .since = "0.4.0",
	    .verb = "cloud print",
	    .usage = "PRINTER ID",
	    .help = "Print a file of the account (experimental)",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "file", "id or name of the file", REQUIRED),
		    PARAM(OBJECT, "settings", "further fields of the request"),
		},
	},
	{
	    .name = "cloud.print_status",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "cloud prints",
	    .usage = "",
	    .help = "Show prints as the cloud lists them",
	    .params =
		{
		    PARAM(BOOL, "force", "false = as the cloud remembers them"),
		    RAW,
		},
	},
	{
	    .name = "cloud.project_create",
	    .perm = PERM_ADMIN,
	    .since = "0.4.0",
	    .verb = "project create",
	    .usage = "NAME",
	    .help = "Create a project",
	    .params =
		{
		    PARAM(STRING, "name", "name of the project", REQUIRED),
		},
	},
	{
	    .name = "cloud.project_get",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "project",
	    .usage = "ID",
	    .help = "Show a project",
	    .params =
		{
		    PARAM(STRING, "id", "the project", REQUIRED),
		    RAW,
		},
	},
	{
	    .name = "cloud.projects",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "projects",
	    .usage = "[--page N] [--limit N]",
	    .help = "List projects of the account",
	    .params =
		{
		    PARAM(INT, "page", "page of the list", RANGE(1, 1000000)),
		    LIMIT,
		    RAW,
		},
	},
	{
	    .name = "cloud.slicer_resources",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "cloud slicer-resources",
	    .usage = "[--type TYPE] [--version VERSION]",
	    .help = "List resources for slicers",
	    .params =
		{
		    PARAM(STRING, "type", "kind of resource"),
		    PARAM(STRING, "version", "version of the slicer"),
		    RAW,
		},
	},
	{
	    .name = "cloud.slicer_setting",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "cloud slicer-setting",
	    .usage = "ID",
	    .help = "Show a slicer preset",
	    .params =
		{
		    PARAM(STRING, "id", "the preset", REQUIRED),
		    RAW,
		},
	},
	{
	    .name = "cloud.slicer_settings",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "cloud slicer-settings",
	    .usage = "[--version VERSION]",
	    .help = "List slicer presets",
	    .params =
		{
		    PARAM(STRING, "version", "version of the slicer"),
		    RAW,
		},
	},
	{
	    .name = "cloud.snapshot_url",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "cloud snapshot-url",
	    .usage = "PRINTER",
	    .help = "Show the address of a picture from the cloud",
	    .params =
		{
		    PRINTER,
		    RAW,
		},
	},
	{
	    .name = "cloud.task_create",
	    .perm = PERM_ADMIN,
	    .since = "0.4.0",
	    .verb = "task create",
	    .usage = "JSON|-",
	    .help = "Create a task",
	    .params =
		{
		    PARAM(OBJECT, "task", "fields of the task", REQUIRED),
		},
	},
	{
	    .name = "cloud.task_get",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "task",
	    .usage = "ID",
	    .help = "Show a task",
	    .params =
		{
		    PARAM(STRING, "id", "the task", REQUIRED),
		    RAW,
		},
	},
	{
	    .name = "cloud.tasks",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "tasks",
	    .usage = "[PRINTER] [--after ID] [--limit N]",
	    .help = "List past prints of the account",
	    .params =
		{
		    PRINTERS,
		    AFTER,
		    LIMIT,
		    RAW,
		},
	},
	{
	    .name = "cloud.upload",
	    .perm = PERM_ADMIN,
	    .since = "0.4.0",
	    .verb = "cloud upload",
	    .usage = "FILE",
	    .help = "Upload a file to the account",
	    .params =
		{
		    PARAM(STRING, "name", "name of the file", REQUIRED),
		    PARAM(INT, "size", "length of the file in bytes", REQUIRED,
			RANGE(1, 17179869184)),
		},
	},
	{
	    .name = "cloud.upload_url",
	    .perm = PERM_ADMIN,
	    .since = "0.4.0",
	    .verb = "cloud upload-url",
	    .usage = "NAME SIZE",
	    .help = "Ask for the addresses of an upload",
	    .params =
		{
		    PARAM(STRING, "name", "name of the file", REQUIRED),
		    PARAM(INT, "size", "length of the file in bytes", REQUIRED,
			RANGE(1, 17179869184)),
		    RAW,
		},
	},
	{
	    .name = "cloud.video_url",
	    .perm = PERM_READ,
	    .since = "0.4.0",
	    .verb = "cloud video-url",
	    .usage = "PRINTER",
	    .help = "Show the address of a video from the cloud",
	    .params =
		{
		    PRINTER,
		    RAW,
		},
	},
	{
	    .name = "daemon.config",
	    .perm = PERM_ADMIN,
	    .since = "0.6.0",
	    .verb = "daemon config",
	    .usage = "",
	    .help = "Show the configuration in force, without secrets",
	},
	{
	    .name = "daemon.log_level",
	    .perm = PERM_ADMIN,
	    .since = "0.1.0",
	    .verb = "daemon log-level",
	    .usage = "err|warn|info|debug [PRINTER]",
	    .help = "Change what is logged until the next start",
	    .params =
		{
		    PARAM(STRING, "level", "least severe level that is logged", REQUIRED,
			WORDS(log_words)),
		    PARAM(PRINTER, "printer", "for these printers alone"),
		},
	},
	{
	    .name = "daemon.ping",
	    .perm = PERM_READ,
	    .since = "0.1.0",
	    .verb = "daemon ping",
	    .usage = "",
	    .help = "Check that the daemon answers",
	},
	{
	    .name = "daemon.reload",
	    .perm = PERM_ADMIN,
	    .since = "0.1.0",
	    .verb = "daemon reload",
	    .usage = "",
	    .help = "Read the configuration again",
	},
	{
	    .name = "daemon.stats",
	    .perm = PERM_READ,
	    .since = "0.1.0",
	    .verb = "daemon stats",
	    .usage = "",
	    .help = "Show the counters of the daemon and its printers",
	},
	{
	    .name = "daemon.status",
	    .perm = PERM_READ,
	    .since = "0.1.0",
	    .verb = "daemon status",
	    .usage = "",
	    .help = "Show version, uptime, load and configuration of the daemon",
	},
	{
	    .name = "device.access_code",
	    .perm = PERM_ADMIN,
	    .since = "0.3.0",
	    .verb = "access-code",
	    .usage = "PRINTER",
	    .help = "Ask the printer for its access code",
	    .params =
		{
		    PRINTER_NEEDED,
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.airduct",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "airduct",
	    .usage = "PRINTER cooling|heating|exhaust",
	    .help = "Set the mode of the air duct",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "mode", "mode wanted", REQUIRED, WORDS(airduct_words)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.buzzer",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "buzzer",
	    .usage = "PRINTER",
	    .help = "Sound the buzzer",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(INT, "mode", "0 silent, 1 alarm, 2 beep; left out = beep", RANGE(0, 2)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.extrude",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "extrude",
	    .usage = "PRINTER MM",
	    .help = "Push or pull filament",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(NUMBER, "mm", "length, negative = retract", REQUIRED, RANGE(-100, 100)),
		    PARAM(INT, "nozzle", "which nozzle", RANGE(0, 1)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.extruder",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "extruder",
	    .usage = "PRINTER left|right",
	    .help = "Choose the active extruder",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(INT, "index", "0 = right, 1 = left", REQUIRED, RANGE(0, 1)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.fan",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "fan",
	    .usage = "PRINTER part|aux|chamber PERCENT",
	    .help = "Set the speed of a fan",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "fan", "which fan", REQUIRED, WORDS(fan_words)),
		    PARAM(INT, "percent", "speed in percent", REQUIRED, RANGE(0, 100)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.firmware",
	    .perm = PERM_READ,
	    .since = "0.3.0",
	    .verb = "firmware",
	    .usage = "[PRINTER]",
	    .help = "Show the firmware of a printer and its modules",
	    .params =
		{
		    PRINTER,
		},
	},
	{
	    .name = "device.firmware_update",
	    .perm = PERM_ADMIN,
	    .confirm = true,
	    .since = "0.3.0",
	    .verb = "firmware update",
	    .usage = "PRINTER [VERSION]",
	    .help = "Update the firmware of the printer",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "version", "version wanted; left out = the newest"),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.gcode",
	    .perm = PERM_CONTROL,
	    .confirm = true,
	    .since = "0.3.0",
	    .verb = "gcode",
	    .usage = "PRINTER LINE|-f FILE|-",
	    .help = "Send G-code lines",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRINGS, "lines", "lines of G-code", REQUIRED),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.home",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "home",
	    .usage = "PRINTER",
	    .help = "Move the axes to their home",
	    .params =
		{
		    PRINTER_NEEDED,
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.light",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "light",
	    .usage = "PRINTER [chamber|work|heatbed] on|off|blink",
	    .help = "Switch a light",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "node", "which light; left out = chamber", WORDS(light_words)),
		    PARAM(STRING, "mode", "what it does", REQUIRED, WORDS(light_mode_words)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.move",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "move",
	    .usage = "PRINTER x|y|z MM",
	    .help = "Move an axis",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "axis", "which axis", REQUIRED, WORDS(axis_words)),
		    PARAM(NUMBER, "mm", "distance, negative = back; z at most 10", REQUIRED,
			RANGE(-100, 100)),
		    PARAM(NUMBER, "speed", "speed in mm per minute", RANGE(1, 30000)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.nozzle",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "nozzle",
	    .usage = "PRINTER [TYPE DIAMETER]",
	    .help = "Tell the printer which nozzle is mounted",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "type", "material of the nozzle", REQUIRED),
		    PARAM(NUMBER, "diameter_mm", "diameter", REQUIRED, RANGE(0.1, 2)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.reboot",
	    .perm = PERM_CONTROL,
	    .confirm = true,
	    .since = "0.3.0",
	    .verb = "reboot",
	    .usage = "PRINTER",
	    .help = "Restart the printer",
	    .params =
		{
		    PRINTER_NEEDED,
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.record",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "record-video",
	    .usage = "PRINTER on|off",
	    .help = "Switch recording on the printer",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(BOOL, "on", "on or off", REQUIRED),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.resolution",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "resolution",
	    .usage = "PRINTER SIZE",
	    .help = "Set the resolution of the printer's camera",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "size", "resolution, as 1080p", REQUIRED),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.temp",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "temp",
	    .usage = "PRINTER nozzle|nozzle0|nozzle1|bed|chamber CELSIUS|off",
	    .help = "Set a target temperature",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "heater", "what to heat", REQUIRED, WORDS(heater_words)),
		    PARAM(NUMBER, "target_c", "target, 0 = off", REQUIRED, RANGE(0, 400)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.timelapse",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "timelapse-switch",
	    .usage = "PRINTER on|off",
	    .help = "Switch the timelapse on the printer",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(BOOL, "on", "on or off", REQUIRED),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "device.xcam",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "xcam",
	    .usage = "PRINTER [MODULE on|off]",
	    .help = "Switch a watching function of the camera",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "module", "which function", REQUIRED),
		    PARAM(BOOL, "on", "on or off", REQUIRED),
		    PARAM(STRING, "sensitivity", "how soon it acts", WORDS(sensitivity_words)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "events.list",
	    .perm = PERM_READ,
	    .since = "0.1.0",
	    .verb = "events",
	    .usage = "[-f] [--since CURSOR|TIME] [--kind KIND]",
	    .help = "List past events",
	    .params =
		{
		    PARAM(STRING, "since", "cursor to begin after"),
		    LIMIT,
		    KINDS,
		    PRINTERS,
		},
	},
	{
	    .name = "events.subscribe",
	    .perm = PERM_READ,
	    .since = "0.1.0",
	    .verb = "watch",
	    .usage = "[PRINTER...]",
	    .help = "Follow states and events",
	    .params =
		{
		    PARAM(PRINTER, "printers", "which printers; left out = all"),
		    PARAM(BOOL, "state", "send changes of the state"),
		    PARAM(
			STRINGS, "sections", "only these parts of the state", WORDS(section_words)),
		    KINDS,
		    PARAM(STRING, "since", "cursor to go on from"),
		    PARAM(NUMBER, "max_hz", "state changes a second and printer, at most",
			RANGE(0.1, 10)),
		},
	},
	{
	    .name = "events.unsubscribe",
	    .perm = PERM_READ,
	    .since = "0.1.0",
	    .usage = "",
	    .help = "End a subscription",
	    .params =
		{
		    PARAM(INT, "sub", "number of the subscription", REQUIRED, RANGE(1, 2147483647)),
		},
	},
	{
	    .name = "file.delete",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .confirm = true,
	    .verb = "rm",
	    .usage = "PRINTER FILE",
	    .help = "Delete a file on the printer",
	    .params =
		{
		    PRINTER,
		    PRINTER_FILE,
		    CONFIRM,
		},
	},
	{
	    .name = "file.get",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "fetch",
	    .usage = "PRINTER FILE [DEST]",
	    .help = "Copy a file from the printer",
	    .params =
		{
		    PRINTER,
		    PRINTER_FILE,
		},
	},
	{
	    .name = "file.list",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "files",
	    .usage = "PRINTER [DIR]",
	    .help = "List files on the printer",
	    .params =
		{
		    PRINTER,
		    PARAM(STRING, "path", "folder; left out = the top"),
		},
	},
	{
	    .name = "file.mkdir",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "mkdir",
	    .usage = "PRINTER DIR",
	    .help = "Make a folder on the printer",
	    .params =
		{
		    PRINTER,
		    PRINTER_FILE,
		},
	},
	{
	    .name = "file.put",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "put",
	    .usage = "PRINTER FILE [DEST]",
	    .help = "Copy a file to the printer",
	    .params =
		{
		    PRINTER,
		    PRINTER_FILE,
		    PARAM(INT, "size", "length of the file in bytes", REQUIRED,
			RANGE(0, 17179869184)),
		},
	},
	{
	    .name = "hello",
	    .perm = PERM_ANY,
	    .since = "0.1.0",
	    .usage = "",
	    .help = "Tell both sides who they are talking to",
	    .params =
		{
		    PARAM(STRING, "client", "name and version of the client"),
		    PARAM(INT, "api", "API number the client was written for", RANGE(1, 1000000)),
		},
	},
	{
	    .name = "history.get",
	    .perm = PERM_READ,
	    .since = "0.6.0",
	    .verb = "history show",
	    .usage = "ID",
	    .help = "Show a past print",
	    .params =
		{
		    PARAM(STRING, "id", "the print, as 1.8811", REQUIRED),
		},
	},
	{
	    .name = "history.list",
	    .perm = PERM_READ,
	    .since = "0.6.0",
	    .verb = "history",
	    .usage = "[PRINTER] [--csv]",
	    .help = "List past prints",
	    .params =
		{
		    PRINTERS,
		    PRINTS_SINCE,
		    PARAM(STRING, "before", "only prints before the one with this id"),
		    LIMIT,
		},
	},
	{
	    .name = "history.stats",
	    .perm = PERM_READ,
	    .since = "0.6.0",
	    .verb = "history stats",
	    .usage = "[PRINTER]",
	    .help = "Show totals of past prints",
	    .params =
		{
		    PRINTERS,
		    PRINTS_SINCE,
		},
	},
	{
	    .name = "hms.list",
	    .perm = PERM_READ,
	    .since = "0.1.0",
	    .verb = "hms",
	    .usage = "[PRINTER] [--all]",
	    .help = "Show health messages",
	    .params =
		{
		    PRINTER,
		    PARAM(BOOL, "all", "mere information too"),
		},
	},
	{
	    .name = "hms.text",
	    .perm = PERM_READ,
	    .since = "0.1.0",
	    .verb = "hms text",
	    .usage = "CODE",
	    .help = "Explain a health or error code",
	    .params =
		{
		    PARAM(STRING, "code", "code, with or without dashes", REQUIRED),
		    PARAM(STRING, "lang", "language, as en"),
		},
	},
	{
	    .name = "kprofile.delete",
	    .perm = PERM_CONTROL,
	    .confirm = true,
	    .since = "0.3.0",
	    .verb = "kprofile delete",
	    .usage = "PRINTER INDEX",
	    .help = "Delete a flow profile",
	    .params =
		{
		    PRINTER_NEEDED,
		    PROFILE,
		    PARAM(STRING, "filament", "filament profile it belongs to"),
		    PARAM(NUMBER, "diameter_mm", "diameter of the nozzle", RANGE(0.1, 2)),
		    PARAM(INT, "nozzle", "which nozzle", RANGE(0, 1)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "kprofile.get",
	    .perm = PERM_READ,
	    .since = "0.3.0",
	    .verb = "kprofile",
	    .usage = "PRINTER",
	    .help = "List flow profiles",
	    .params =
		{
		    PRINTER,
		    PARAM(NUMBER, "diameter_mm", "of nozzles of this diameter", RANGE(0.1, 2)),
		    PARAM(STRING, "filament", "of this filament profile"),
		},
	},
	{
	    .name = "kprofile.select",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "kprofile select",
	    .usage = "PRINTER SLOT INDEX",
	    .help = "Choose the flow profile of a slot",
	    .params =
		{
		    PRINTER_NEEDED,
		    SLOT,
		    PROFILE,
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "kprofile.set",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "kprofile set",
	    .usage = "PRINTER NAME K",
	    .help = "Store a flow profile",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "name", "name of the profile", REQUIRED),
		    PARAM(NUMBER, "k", "flow factor", REQUIRED, RANGE(0, 2)),
		    PARAM(STRING, "filament", "filament profile", REQUIRED),
		    PARAM(NUMBER, "diameter_mm", "diameter of the nozzle", RANGE(0.1, 2)),
		    PARAM(INT, "nozzle", "which nozzle", RANGE(0, 1)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "metrics.text",
	    .perm = PERM_READ,
	    .since = "0.2.0",
	    .verb = "metrics",
	    .usage = "",
	    .help = "Show metrics in the text form of Prometheus",
	},
	{
	    .name = "mqtt.listen",
	    .perm = PERM_CONTROL,
	    .since = "0.2.0",
	    .verb = "mqtt listen",
	    .usage = "PRINTER",
	    .help = "Follow the messages of a printer",
	    .params =
		{
		    PRINTER,
		},
	},
	{
	    .name = "mqtt.request",
	    .perm = PERM_ADMIN,
	    .confirm = true,
	    .since = "0.3.0",
	    .verb = "mqtt request",
	    .usage = "PRINTER JSON|-",
	    .help = "Send a message to a printer as it is",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(OBJECT, "payload", "the message", REQUIRED),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "op.cancel",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .usage = "",
	    .help = "Cancel an operation",
	    .params =
		{
		    OPERATION,
		},
	},
	{
	    .name = "op.get",
	    .perm = PERM_READ,
	    .since = "0.3.0",
	    .usage = "",
	    .help = "Show an operation",
	    .params =
		{
		    OPERATION,
		},
	},
	{
	    .name = "op.list",
	    .perm = PERM_READ,
	    .since = "0.3.0",
	    .usage = "",
	    .help = "List operations",
	},
	{
	    .name = "print.calibrate",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "calibrate",
	    .usage = "PRINTER bed|vibration|motor...",
	    .help = "Run calibrations",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRINGS, "what", "calibrations to run", REQUIRED),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "print.clear_error",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "clear-error",
	    .usage = "PRINTER",
	    .help = "Dismiss the print error shown",
	    .params =
		{
		    PRINTER_NEEDED,
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "print.hms_action",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "hms-action",
	    .usage = "PRINTER resume|ignore|stop",
	    .help = "Answer a health message",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "action", "what to do", REQUIRED, WORDS(action_words)),
		    PARAM(STRING, "code", "message the answer is for"),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "print.option",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "option",
	    .usage = "PRINTER [KEY=on|off]",
	    .help = "Switch a print option",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "key", "option", REQUIRED),
		    PARAM(BOOL, "value", "on or off", REQUIRED),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "print.pause",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "pause",
	    .usage = "PRINTER",
	    .help = "Pause the print",
	    .params =
		{
		    PRINTER_NEEDED,
		    EXPECT,
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "print.resume",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "resume",
	    .usage = "PRINTER",
	    .help = "Go on with a paused print",
	    .params =
		{
		    PRINTER_NEEDED,
		    EXPECT,
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "print.skip",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "skip",
	    .usage = "PRINTER ID...",
	    .help = "Leave out objects of the running print",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(INTS, "objects", "ids of the objects", REQUIRED, RANGE(0, 2147483647)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "print.speed",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "speed",
	    .usage = "PRINTER silent|standard|sport|ludicrous",
	    .help = "Set the speed level",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "level", "speed level", REQUIRED, WORDS(speed_words)),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "print.start",
	    .perm = PERM_CONTROL,
	    .since = "0.3.0",
	    .verb = "print",
	    .usage = "[PRINTER] FILE|@sd:PATH [--plate N] [--ams SLOTS] [--check]",
	    .help = "Start a print",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "path", "file on the printer's storage"),
		    PARAM(STRING, "file", "id of a file handed over before"),
		    PARAM(INT, "plate", "plate of the file", RANGE(1, 100)),
		    PARAM(
			INTS, "ams_mapping", "tray for each filament, -1 = unused", RANGE(-1, 255)),
		    PARAM(OBJECT, "options", "bed type, levelling, calibration, timelapse"),
		    PARAM(BOOL, "check", "as dry_run, and refused if it could not start now"),
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "print.stop",
	    .perm = PERM_CONTROL,
	    .confirm = true,
	    .since = "0.3.0",
	    .verb = "stop",
	    .usage = "PRINTER",
	    .help = "End the print for good",
	    .params =
		{
		    PRINTER_NEEDED,
		    EXPECT,
		    CONTROL_PARAMS,
		},
	},
	{
	    .name = "printer.add",
	    .perm = PERM_ADMIN,
	    .since = "0.6.0",
	    .verb = "printer add",
	    .usage = "NAME --serial SERIAL [--address ADDRESS] [--code-stdin] [KEY=VALUE...]",
	    .help = "Add a printer to the configuration",
	    .params =
		{
		    PARAM(STRING, "name", "name it gets here", REQUIRED),
		    PARAM(STRING, "serial", "serial number", REQUIRED),
		    PARAM(STRING, "address", "host name or address"),
		    PARAM(STRING, "code", "access code"),
		    PARAM(OBJECT, "settings", "further keys of its section"),
		},
	},
	{
	    .name = "printer.bind",
	    .perm = PERM_ADMIN,
	    .since = "0.4.0",
	    .verb = "bind",
	    .usage = "SERIAL --code-stdin",
	    .help = "Bind a printer to the account",
	    .params =
		{
		    PARAM(STRING, "serial", "serial number", REQUIRED),
		    PARAM(STRING, "code", "code the printer shows", REQUIRED),
		    PARAM(STRING, "name", "name it gets in the account"),
		},
	},
	{
	    .name = "printer.discover",
	    .perm = PERM_ADMIN,
	    .since = "0.6.0",
	    .verb = "discover",
	    .usage = "",
	    .help = "List printers that announce themselves on the network",
	    .params =
		{
		    PARAM(INT, "timeout_ms", "how long to listen", RANGE(100, 60000)),
		},
	},
	{
	    .name = "printer.doctor",
	    .perm = PERM_CONTROL,
	    .since = "0.2.0",
	    .verb = "doctor",
	    .usage = "[PRINTER]",
	    .help = "Check step by step why a printer cannot be reached",
	    .params =
		{
		    PRINTER,
		},
	},
	{
	    .name = "printer.get",
	    .perm = PERM_READ,
	    .since = "0.1.0",
	    .verb = "status",
	    .usage = "[PRINTER]",
	    .help = "Show the state of a printer",
	    .params =
		{
		    PRINTER,
		    PARAM(
			STRINGS, "sections", "only these parts of the state", WORDS(section_words)),
		    PARAM(BOOL, "raw", "add the vendor's own values"),
		},
	},
	{
	    .name = "printer.list",
	    .perm = PERM_READ,
	    .since = "0.1.0",
	    .verb = "list",
	    .usage = "[PRINTER...]",
	    .help = "List printers with their state",
	    .params =
		{
		    PRINTERS,
		},
	},
	{
	    .name = "printer.raw",
	    .perm = PERM_CONTROL,
	    .since = "0.1.0",
	    .usage = "",
	    .help = "Show the vendor's own report as it was kept",
	    .params =
		{
		    PRINTER,
		    PARAM(STRING, "section", "one top-level key of the report"),
		},
	},
	{
	    .name = "printer.refresh",
	    .perm = PERM_CONTROL,
	    .since = "0.1.0",
	    .verb = "refresh",
	    .usage = "PRINTER",
	    .help = "Ask a printer for a full report",
	    .params =
		{
		    PRINTER_NEEDED,
		    MANY,
		},
	},
	{
	    .name = "printer.remove",
	    .perm = PERM_ADMIN,
	    .since = "0.6.0",
	    .verb = "printer remove",
	    .usage = "PRINTER",
	    .help = "Remove a printer from the configuration",
	    .params =
		{
		    PRINTER_NEEDED,
		},
	},
	{
	    .name = "printer.set",
	    .perm = PERM_ADMIN,
	    .since = "0.6.0",
	    .verb = "printer set",
	    .usage = "PRINTER [--address ADDRESS] [--code-stdin] [KEY=VALUE...]",
	    .help = "Change the configuration of a printer",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "address", "host name or address"),
		    PARAM(STRING, "code", "access code"),
		    PARAM(OBJECT, "settings", "further keys of its section"),
		},
	},
	{
	    .name = "printer.trust",
	    .perm = PERM_ADMIN,
	    .since = "0.2.0",
	    .verb = "printer trust",
	    .usage = "PRINTER [--pin SHA256 | --show]",
	    .help = "Show or pin a printer's certificate",
	    .params =
		{
		    PRINTER_NEEDED,
		    PARAM(STRING, "pin", "sha256 of the public key, in hex"),
		    PARAM(BOOL, "show", "show the certificate, change nothing"),
		},
	},
	{
	    .name = "printer.unbind",
	    .perm = PERM_ADMIN,
	    .confirm = true,
	    .since = "0.4.0",
	    .verb = "unbind",
	    .usage = "PRINTER",
	    .help = "Take a printer out of the account",
	    .params =
		{
		    PRINTER_NEEDED,
		    CONFIRM,
		},
	},
	{
	    .name = "record.start",
	    .perm = PERM_ADMIN,
	    .since = "0.6.0",
	    .verb = "record",
	    .usage = "PRINTER FILE",
	    .help = "Record the messages of a printer for replay",
	    .params =
		{
		    PRINTER,
		    PARAM(INT, "seconds", "how long", RANGE(1, 86400)),
		    PARAM(BOOL, "files", "keep the names of files and jobs"),
		},
	},
	{
	    .name = "record.stop",
	    .perm = PERM_ADMIN,
	    .since = "0.6.0",
	    .usage = "",
	    .help = "End a recording",
	    .params =
		{
		    PRINTER,
		},
	},
};

const size_t method_count = ARRAY_SIZE(method_table);
