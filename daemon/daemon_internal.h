/* SPDX-License-Identifier: MIT */
/* The body of the daemon, for the files of the composition root only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/event.h"
#include "daemon/daemon.h"
#include "daemon/fleet/dropin.h"
#include "daemon/fleet/fleet.h"
#include "daemon/io/loop.h"
#include "daemon/model/hub.h"

#define DAEMON_STATUS_BYTES 160

struct daemon {
	const struct config_sources *sources;
	struct config *config;
	int lock_fd;
	struct loop *loop;
	struct daemon_spawner spawner;
	struct spawn_port *spawns;
	struct hub *hub;
	struct event_log *events;
	struct journal *journal;
	struct loop_deferred flush;
	struct hub_observer observer;
	struct fleet fleet;
	struct keeper *keeper;
	struct registry *registry;
	struct http *http;
	struct rest *rest;
	struct uploads *uploads;
	struct account *account;
	struct texts *texts;
	struct wake *wake;
	struct files *files;
	struct cameras *cameras;
	struct hooks *hooks;
	struct discovery *discovery; /* NULL: nobody listens */
	uint16_t discovery_port;     /* where it does */
	struct history *history;
	struct metrics *metrics;
	struct textfile *textfile;
	struct scrape *scrape;
	struct server *server;
	struct notify *notify;
	char shown[DAEMON_STATUS_BYTES]; /* the STATUS= line */
	bool status_changed;
	struct loop_timer status_timer, stop_timer;
	int64_t stop_mono_ms; /* when the end was asked for, 0 not yet */
	size_t started;	      /* steps done, for the stop list */
};

/* Files an event of the daemon itself: {name: json}, or {name: text} when json is NULL. */
void daemon_file_event(
    struct daemon *d, enum event_kind kind, const char *name, const char *text, const char *json);
/* Renews the line that the service manager shows. */
void daemon_show_status(struct daemon *d);
void daemon_log_warnings(const struct config *c);
/* Gives the present configuration to everybody who runs by it. */
void daemon_apply_config(struct daemon *d);
/* Reads the configuration again (arg: struct daemon). 0 with *ret_changed an owned JSON array of
 * strings; negative with *e: the old one stays. */
int daemon_reload(void *arg, char **ret_changed, struct err *e);
/* Gives the registry the printers of the configuration and those of the account. */
void daemon_sync_printers(struct daemon *d);
/* The account and what it asks over; a step of the start list and its mirror. */
int daemon_start_cloud(struct daemon *d, struct err *e);
void daemon_stop_cloud(struct daemon *d);
void daemon_apply_cloud(struct daemon *d); /* after a change of the configuration */
/* The event log: opened before the hub is made, closed before it is destroyed. */
void daemon_open_events(struct daemon *d);
void daemon_close_events(struct daemon *d);
/* The vendor's texts of codes; a step of the start list and its mirror. */
int daemon_start_texts(struct daemon *d, struct err *e);
void daemon_stop_texts(struct daemon *d);
void daemon_apply_texts(struct daemon *d); /* after a change of the configuration */
/* States that outlive the daemon; a step of the start list and its mirror. */
int daemon_start_saved(struct daemon *d, struct err *e);
void daemon_stop_saved(struct daemon *d);
const char *daemon_saved_error(void *arg); /* arg: struct daemon; NULL: they can be written */
void daemon_save_all(struct daemon *d);	   /* the last thing while printers are there */
/* A camera for each printer; a step of the start list and its mirror. */
int daemon_start_cameras(struct daemon *d, struct err *e);
void daemon_stop_cameras(struct daemon *d);
void daemon_sync_cameras(struct daemon *d);		     /* the registry has other printers */
struct camera *daemon_camera(void *arg, const char *serial); /* arg: struct daemon; NULL: none */
/* What is told to programs and web servers; a step of the start list and its mirror. */
int daemon_start_hooks(struct daemon *d, struct err *e);
void daemon_stop_hooks(struct daemon *d);
void daemon_apply_hooks(struct daemon *d); /* after a change of the configuration */
/* The history of prints; a step of the start list and its mirror. */
int daemon_start_history(struct daemon *d, struct err *e);
void daemon_stop_history(struct daemon *d);
void daemon_apply_history(struct daemon *d); /* after a change of the configuration */
/* The metrics, their file and their socket; a step of the start list and its mirror. */
int daemon_start_metrics(struct daemon *d, struct err *e);
void daemon_stop_metrics(struct daemon *d);
void daemon_apply_metrics(struct daemon *d); /* after a change of the configuration */
/* Announcements of printers; a step of the start list and its mirror. */
int daemon_start_discovery(struct daemon *d, struct err *e);
void daemon_stop_discovery(struct daemon *d);
void daemon_apply_discovery(struct daemon *d); /* after a change of the configuration */
void daemon_sync_discovery(struct daemon *d);  /* the registry has other printers */
struct discovery *daemon_discovery(void *arg); /* arg: struct daemon */
/* As edit_printer of struct api_deps (arg: struct daemon). */
int daemon_edit_printer(void *arg, enum printer_edit what, const char *name,
    const struct dropin_value *values, size_t count, struct err *e);
/* The control socket, listening; a step of the start list and its mirror. */
int daemon_start_server(struct daemon *d, struct err *e);
void daemon_stop_server(struct daemon *d);
