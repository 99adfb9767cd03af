/* SPDX-License-Identifier: MIT */
/* The table of event kinds. */
#include "common/event.h"

#include <assert.h>
#include <string.h>

#include "common/util.h"

struct event_row {
	const char *name;
	bool kept;
	const char *help;
};

enum { MERGED = false, KEPT = true };

static const struct event_row rows[] = {
    [EVENT_PRINTER_ONLINE] = {"printer.online", KEPT, "The printer reports"},
    [EVENT_PRINTER_OFFLINE] = {"printer.offline", KEPT, "The printer cannot be reached"},
    [EVENT_PRINTER_ADDED] = {"printer.added", MERGED, "The daemon has a new printer"},
    [EVENT_PRINTER_REMOVED] = {"printer.removed", MERGED, "The daemon no longer has the printer"},
    [EVENT_PRINTER_AUTH_REFUSED] = {"printer.auth_refused", MERGED, "The access code was refused"},
    [EVENT_PRINTER_TLS_REFUSED] = {"printer.tls_refused", MERGED,
	"The printer's certificate was not trusted"},
    [EVENT_PRINTER_CONTROL_LOCKED] = {"printer.control_locked", MERGED,
	"The firmware takes signed commands only"},
    [EVENT_PRINTER_FIRMWARE_AVAILABLE] = {"printer.firmware_available", MERGED,
	"A newer firmware is offered"},
    [EVENT_PRINTER_STALE] = {"printer.stale", MERGED, "Connected, but no report for too long"},
    [EVENT_PRINTER_RECOVERED] = {"printer.recovered", MERGED, "Reports came back after a silence"},
    [EVENT_PRINTER_LAN_CLOSED] = {"printer.lan_closed", MERGED,
	"The printer is there but its LAN port is closed"},
    [EVENT_PRINTER_PLANE_CHANGED] = {"printer.plane_changed", MERGED,
	"Reports come another way now, LAN or cloud"},
    [EVENT_PRINT_STARTED] = {"print.started", KEPT, "A print began"},
    [EVENT_PRINT_PAUSED] = {"print.paused", KEPT, "The print was paused"},
    [EVENT_PRINT_RESUMED] = {"print.resumed", KEPT, "The print goes on"},
    [EVENT_PRINT_FINISHED] = {"print.finished", KEPT, "The print reached its end"},
    [EVENT_PRINT_FAILED] = {"print.failed", KEPT, "The print ended in an error"},
    [EVENT_PRINT_CANCELLED] = {"print.cancelled", KEPT, "The print was stopped by someone"},
    [EVENT_PRINT_LAYER] = {"print.layer", KEPT, "The print reached another layer"},
    [EVENT_PRINT_PROGRESS] = {"print.progress", KEPT, "The print passed another ten percent"},
    [EVENT_HMS_RAISED] = {"hms.raised", KEPT, "The printer shows a new health message"},
    [EVENT_HMS_CLEARED] = {"hms.cleared", KEPT, "A health message went away"},
    [EVENT_ERROR_RAISED] = {"error.raised", KEPT, "The printer shows a new print error"},
    [EVENT_ERROR_CLEARED] = {"error.cleared", KEPT, "The print error went away"},
    [EVENT_AMS_TRAY_CHANGED] = {"ams.tray_changed", MERGED, "Another tray feeds the printer"},
    [EVENT_AMS_SPOOL_INSERTED] = {"ams.spool_inserted", MERGED, "A spool was put in"},
    [EVENT_AMS_SPOOL_REMOVED] = {"ams.spool_removed", MERGED, "A spool was taken out"},
    [EVENT_AMS_RUNOUT] = {"ams.runout", KEPT, "A filament ran out"},
    [EVENT_AMS_HUMIDITY_HIGH] = {"ams.humidity_high", MERGED, "An AMS unit became too humid"},
    [EVENT_AMS_HUMIDITY_OK] = {"ams.humidity_ok", MERGED, "An AMS unit is dry again"},
    [EVENT_AMS_TEMP_HIGH] = {"ams.temp_high", MERGED, "An AMS unit became too hot"},
    [EVENT_AMS_TEMP_OK] = {"ams.temp_ok", MERGED, "An AMS unit is no longer too hot"},
    [EVENT_AMS_FILAMENT_LOW] = {"ams.filament_low", MERGED, "A spool is almost empty"},
    [EVENT_AMS_DRYING_STARTED] = {"ams.drying_started", MERGED, "An AMS unit began to dry"},
    [EVENT_AMS_DRYING_FINISHED] = {"ams.drying_finished", MERGED, "An AMS unit stopped drying"},
    [EVENT_DOOR_OPENED] = {"door.opened", MERGED, "The door was opened"},
    [EVENT_DOOR_CLOSED] = {"door.closed", MERGED, "The door was closed"},
    [EVENT_LIGHT_CHANGED] = {"light.changed", MERGED, "A light was switched"},
    [EVENT_CAMERA_LOST] = {"camera.lost", MERGED, "The camera gives no more pictures"},
    [EVENT_CAMERA_RECOVERED] = {"camera.recovered", MERGED, "The camera gives pictures again"},
    [EVENT_CLOUD_SIGNED_IN] = {"cloud.signed_in", KEPT, "The account is signed in"},
    [EVENT_CLOUD_SIGNED_OUT] = {"cloud.signed_out", KEPT, "The account was signed out"},
    [EVENT_CLOUD_LOGIN_NEEDED] = {"cloud.login_needed", KEPT, "The account must sign in again"},
    [EVENT_CLOUD_TOKEN_EXPIRING] = {"cloud.token_expiring", KEPT, "The account's token ends soon"},
    [EVENT_CLOUD_BLOCKED] = {"cloud.blocked", KEPT, "The cloud turns this address away"},
    [EVENT_NOTIFICATION_CREATED] = {"notification.created", MERGED, "The cloud has a notification"},
    [EVENT_COMMAND_DONE] = {"command.done", KEPT, "A command reached its stage"},
    [EVENT_COMMAND_REJECTED] = {"command.rejected", KEPT, "A printer refused a command"},
    [EVENT_HOOK_FAILED] = {"hook.failed", MERGED, "A hook program failed"},
    [EVENT_DISK_FULL] = {"disk.full", MERGED, "State can no longer be written to disk"},
    [EVENT_DISK_RECOVERED] = {"disk.recovered", MERGED, "State is written to disk again"},
    [EVENT_CONFIG_REFUSED] = {"config.refused", MERGED, "A changed configuration was refused"},
    [EVENT_CONFIG_RELOADED] = {"config.reloaded", MERGED, "A changed configuration is in use"},
    [EVENT_DAEMON_STARTED] = {"daemon.started", MERGED, "The daemon is ready"},
    [EVENT_DAEMON_STOPPING] = {"daemon.stopping", MERGED, "The daemon is about to end"},
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

int event_by_name(const char *name)
{
	for (int i = 0; name && i < EVENT_COUNT; i++) {
		if (strcmp(rows[i].name, name) == 0) {
			return i;
		}
	}
	return -1;
}
