/* SPDX-License-Identifier: MIT */
/* The table of event kinds: name, whether the ring keeps it, weight, journal id. */
#include "common/event.h"

#include <assert.h>
#include <string.h>

#include "common/log.h"
#include "common/util.h"

struct event_row {
	const char *name;
	bool kept;
	enum log_level level;
	const char *id; /* 128 random bits, never given to another meaning */
	const char *help;
};

enum { MERGED = false, KEPT = true };

static const struct event_row rows[] = {
    [EVENT_PRINTER_ONLINE] = {"printer.online", KEPT, LOG_LEVEL_INFO,
	"6f8dee1c3187ec6e224e2a618fccb940", "The printer reports"},
    [EVENT_PRINTER_OFFLINE] = {"printer.offline", KEPT, LOG_LEVEL_WARN,
	"a4f4ef0ead697dabb0724ef4fd737131", "The printer cannot be reached"},
    [EVENT_PRINTER_ADDED] = {"printer.added", MERGED, LOG_LEVEL_INFO,
	"73c74df0bd245271b3cf0bc0aca379b0", "The daemon has a new printer"},
    [EVENT_PRINTER_REMOVED] = {"printer.removed", MERGED, LOG_LEVEL_INFO,
	"a0f63a3e8fde3a9209ed0e819d6e4d7d", "The daemon no longer has the printer"},
    [EVENT_PRINTER_AUTH_REFUSED] = {"printer.auth_refused", MERGED, LOG_LEVEL_ERR,
	"8750ec6b32aee7e123a77d2fc25009d0", "The access code was refused"},
    [EVENT_PRINTER_TLS_REFUSED] = {"printer.tls_refused", MERGED, LOG_LEVEL_ERR,
	"088b91a5583b5fedeb157654a2b57093", "The printer's certificate was not trusted"},
    [EVENT_PRINTER_CONTROL_LOCKED] = {"printer.control_locked", MERGED, LOG_LEVEL_WARN,
	"b4c9f408d779f029c5b9ede9be4ed34c", "The firmware takes signed commands only"},
    [EVENT_PRINTER_FIRMWARE_AVAILABLE] = {"printer.firmware_available", MERGED, LOG_LEVEL_INFO,
	"e5c8580b8de27ab8b4b7970f2345677a", "A newer firmware is offered"},
    [EVENT_PRINTER_STALE] = {"printer.stale", MERGED, LOG_LEVEL_WARN,
	"cfe46de459fd40a80bcfab6c97a13c2f", "Connected, but no report for too long"},
    [EVENT_PRINTER_RECOVERED] = {"printer.recovered", MERGED, LOG_LEVEL_INFO,
	"029e2f16960d8ace75102ca9b1eff23f", "Reports came back after a silence"},
    [EVENT_PRINTER_LAN_CLOSED] = {"printer.lan_closed", MERGED, LOG_LEVEL_WARN,
	"912d547d8bc31132d660c90b8a8a7336", "The printer is there but its LAN port is closed"},
    [EVENT_PRINTER_PLANE_CHANGED] = {"printer.plane_changed", MERGED, LOG_LEVEL_INFO,
	"5e36cc0fc4e162373da80dc532d51b80", "Reports come another way now, LAN or cloud"},
    [EVENT_PRINT_STARTED] = {"print.started", KEPT, LOG_LEVEL_INFO,
	"1014f283ef148ed8b9da7930df21ab91", "A print began"},
    [EVENT_PRINT_STUCK] = {"print.stuck", KEPT, LOG_LEVEL_WARN, "f1f2c88fa81f898ad8e0499cf275e022",
	"A print that was started here still prepares"},
    [EVENT_PRINT_PAUSED] = {"print.paused", KEPT, LOG_LEVEL_WARN,
	"9394556842eb0f73ef2019a9f8f127b7", "The print was paused"},
    [EVENT_PRINT_RESUMED] = {"print.resumed", KEPT, LOG_LEVEL_INFO,
	"e2b87ea00cf4a94fe62927099d27631c", "The print goes on"},
    [EVENT_PRINT_FINISHED] = {"print.finished", KEPT, LOG_LEVEL_INFO,
	"7d31d1117223695da0be1cdf4fad6511", "The print reached its end"},
    [EVENT_PRINT_FAILED] = {"print.failed", KEPT, LOG_LEVEL_WARN,
	"c4ee377e2c0a69ec2503012609665ccd", "The print ended in an error"},
    [EVENT_PRINT_CANCELLED] = {"print.cancelled", KEPT, LOG_LEVEL_INFO,
	"1f34d9a066fc61d1d9ec6674b4d19890", "The print was stopped by someone"},
    [EVENT_PRINT_LAYER] = {"print.layer", KEPT, LOG_LEVEL_DEBUG, "77b40a9cb6d89af18258a45541310b01",
	"The print reached another layer"},
    [EVENT_PRINT_PROGRESS] = {"print.progress", KEPT, LOG_LEVEL_DEBUG,
	"668ddd0f5fb09187cc4c0538778545dd", "The print passed another ten percent"},
    [EVENT_HMS_RAISED] = {"hms.raised", KEPT, LOG_LEVEL_WARN, "e295d20d21ae2ca1340c96a5fccf955f",
	"The printer shows a new health message"},
    [EVENT_HMS_CLEARED] = {"hms.cleared", KEPT, LOG_LEVEL_INFO, "62352a0a5f49805cac5943afa89945f1",
	"A health message went away"},
    [EVENT_ERROR_RAISED] = {"error.raised", KEPT, LOG_LEVEL_WARN,
	"c94f35ac3fb4b4af49096d8b10e4ec9a", "The printer shows a new print error"},
    [EVENT_ERROR_CLEARED] = {"error.cleared", KEPT, LOG_LEVEL_INFO,
	"92c0bd258aad17990d8370382a81ff8e", "The print error went away"},
    [EVENT_AMS_TRAY_CHANGED] = {"ams.tray_changed", MERGED, LOG_LEVEL_DEBUG,
	"936caf9009b94e000ab41f8c9c284f73", "Another tray feeds the printer"},
    [EVENT_AMS_SPOOL_INSERTED] = {"ams.spool_inserted", MERGED, LOG_LEVEL_INFO,
	"03856adc0272b795537dd8d026386eba", "A spool was put in"},
    [EVENT_AMS_SPOOL_REMOVED] = {"ams.spool_removed", MERGED, LOG_LEVEL_INFO,
	"f56e8725300f9611aac4900b2c438702", "A spool was taken out"},
    [EVENT_AMS_RUNOUT] = {"ams.runout", KEPT, LOG_LEVEL_WARN, "a46da1456948353864a64bde22834204",
	"A filament ran out"},
    [EVENT_AMS_HUMIDITY_HIGH] = {"ams.humidity_high", MERGED, LOG_LEVEL_WARN,
	"86d5381957e20b5c12ac1269496dd403", "An AMS unit became too humid"},
    [EVENT_AMS_HUMIDITY_OK] = {"ams.humidity_ok", MERGED, LOG_LEVEL_INFO,
	"04af87fea070447913caa74ac65b25cd", "An AMS unit is dry again"},
    [EVENT_AMS_TEMP_HIGH] = {"ams.temp_high", MERGED, LOG_LEVEL_WARN,
	"106a7b51cd3beabe511355d2b1d71809", "An AMS unit became too hot"},
    [EVENT_AMS_TEMP_OK] = {"ams.temp_ok", MERGED, LOG_LEVEL_INFO,
	"334257b5da04f7b7938aab7d637a74b2", "An AMS unit is no longer too hot"},
    [EVENT_AMS_FILAMENT_LOW] = {"ams.filament_low", MERGED, LOG_LEVEL_WARN,
	"b927e85cd71dd877be9ababd330ebbe7", "A spool is almost empty"},
    [EVENT_AMS_DRYING_STARTED] = {"ams.drying_started", MERGED, LOG_LEVEL_INFO,
	"7bfe3d2d17508dddecbbf14bbc90aacf", "An AMS unit began to dry"},
    [EVENT_AMS_DRYING_FINISHED] = {"ams.drying_finished", MERGED, LOG_LEVEL_INFO,
	"17e95cfb3c763c0833a8ddf62cdbee8d", "An AMS unit stopped drying"},
    [EVENT_DOOR_OPENED] = {"door.opened", MERGED, LOG_LEVEL_INFO,
	"9773d978848e1f9fe5edc58c594f5290", "The door was opened"},
    [EVENT_DOOR_CLOSED] = {"door.closed", MERGED, LOG_LEVEL_INFO,
	"a0dac282968007152a346f7feb7cd7af", "The door was closed"},
    [EVENT_LIGHT_CHANGED] = {"light.changed", MERGED, LOG_LEVEL_DEBUG,
	"daea89722ffb0ca3ba2ba94712780378", "A light was switched"},
    [EVENT_CAMERA_LOST] = {"camera.lost", MERGED, LOG_LEVEL_WARN,
	"da115d1b07e79ada2420668df7b754bf", "The camera gives no more pictures"},
    [EVENT_CAMERA_RECOVERED] = {"camera.recovered", MERGED, LOG_LEVEL_INFO,
	"07985864a1d0d8b9273d9fb64010529d", "The camera gives pictures again"},
    [EVENT_CLOUD_SIGNED_IN] = {"cloud.signed_in", KEPT, LOG_LEVEL_INFO,
	"486e329d84695d808bc2e062c1fd504c", "The account is signed in"},
    [EVENT_CLOUD_SIGNED_OUT] = {"cloud.signed_out", KEPT, LOG_LEVEL_WARN,
	"31a5c124dfcfff87c2c146d5258a3ff8", "The account was signed out"},
    [EVENT_CLOUD_LOGIN_NEEDED] = {"cloud.login_needed", KEPT, LOG_LEVEL_ERR,
	"3001c285d26c7c4e7b4ae0a59aa44d52", "The account must sign in again"},
    [EVENT_CLOUD_TOKEN_EXPIRING] = {"cloud.token_expiring", KEPT, LOG_LEVEL_WARN,
	"e811eff981447f2607738f2d4bac3670", "The account's token ends soon"},
    [EVENT_CLOUD_BLOCKED] = {"cloud.blocked", KEPT, LOG_LEVEL_ERR,
	"a7932f9e405bb9243b361a0bbdc39aec", "The cloud turns this address away"},
    [EVENT_NOTIFICATION_CREATED] = {"notification.created", MERGED, LOG_LEVEL_INFO,
	"f9597eb0ed7a728dbe50ac317bd58cf3", "The cloud has a notification"},
    [EVENT_COMMAND_DONE] = {"command.done", KEPT, LOG_LEVEL_DEBUG,
	"52b7e17539230a3b7c5c1dfec6fff2f7", "A command reached its stage"},
    [EVENT_COMMAND_REJECTED] = {"command.rejected", KEPT, LOG_LEVEL_WARN,
	"4c3797326ed845a76d47a9d582b28ce7", "A printer refused a command"},
    [EVENT_HOOK_FAILED] = {"hook.failed", MERGED, LOG_LEVEL_WARN,
	"cbe257c02bdf7b39541d20dbac37d37f", "A hook program failed"},
    [EVENT_DISK_FULL] = {"disk.full", MERGED, LOG_LEVEL_ERR, "5898052596b58cd72a9c482c126a35ec",
	"State can no longer be written to disk"},
    [EVENT_DISK_RECOVERED] = {"disk.recovered", MERGED, LOG_LEVEL_INFO,
	"d7a0de6f5f43ec5614a04defb1f825e7", "State is written to disk again"},
    [EVENT_CONFIG_REFUSED] = {"config.refused", MERGED, LOG_LEVEL_ERR,
	"11110d02120498e6c4ff46e2a1247473", "A changed configuration was refused"},
    [EVENT_CONFIG_RELOADED] = {"config.reloaded", MERGED, LOG_LEVEL_INFO,
	"522d438de358e85a489fe86d6ce99040", "A changed configuration is in use"},
    [EVENT_DAEMON_STARTED] = {"daemon.started", MERGED, LOG_LEVEL_INFO,
	"631316c40532347bbe43ea68a1c62383", "The daemon is ready"},
    [EVENT_DAEMON_STOPPING] = {"daemon.stopping", MERGED, LOG_LEVEL_INFO,
	"7ad4366f04fbbb2030fbbe46e0145435", "The daemon is about to end"},
};
static_assert(ARRAY_SIZE(rows) == EVENT_COUNT, "one row per kind of event");

static const struct event_row *row_of(enum event_kind kind)
{
	assert((unsigned)kind < EVENT_COUNT);
	return &rows[kind];
}

const char *event_name(enum event_kind kind)
{
	return row_of(kind)->name;
}

const char *event_help(enum event_kind kind)
{
	return row_of(kind)->help;
}

bool event_kept(enum event_kind kind)
{
	return row_of(kind)->kept;
}

int event_level(enum event_kind kind)
{
	return row_of(kind)->level;
}

const char *event_message_id(enum event_kind kind)
{
	return row_of(kind)->id;
}

int event_by_name(const char *name)
{
	for (int i = 0; name && i < EVENT_COUNT; i++) {
		if (strcmp(rows[i].name, name) == 0) {
			return i;
		}
	}
	return -1;
}
