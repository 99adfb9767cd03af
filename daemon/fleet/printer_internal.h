/* SPDX-License-Identifier: MIT */
/* The struct behind printer.h, for the files that make a printer: life, ways, link, reports. */
#pragma once

#include "common/log.h"
#include "daemon/fleet/cloud_link.h"
#include "daemon/fleet/doctor.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/memory.h"
#include "daemon/fleet/pending.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/printer_config.h"
#include "daemon/fleet/start.h"
#include "daemon/fleet/uplink.h"
#include "daemon/io/loop.h"
#include "daemon/model/derive.h"
#include "daemon/model/hub.h"
#include "daemon/model/state.h"

/* The printer's side of the link as people see it; written by printer_enter alone. */
struct printer_link {
	enum link_state state;
	enum plane plane;
	int64_t since_wall_ms;
	int64_t
	    outage_mono_ms; /* when the last session was lost, -1 while up or before the first */
	bool was_online;    /* since this printer was created */
	int64_t up_mono_ms, down_mono_ms; /* begin of the last session; last verdict; -1 never */
	enum mqtt_down down_why;
	unsigned downs; /* verdicts so far */
	char last_error[256], hint[96];
};

/* The ways to the printer. One is active: its messages make the state, commands go by it. What
 * comes by the other is a sign of life and nothing else. Written by printer_plane.c alone. */
struct printer_planes {
	enum plane active, last;   /* PLANE_NONE while none is open; the last that was not */
	struct cloud_route *route; /* NULL: not an account's printer, or Mode=lan */
	int64_t cloud_heard_ms;	   /* sign of life through the cloud; -1: none that holds */
	int64_t asked_ms;	   /* a standing-by way was asked for one, -1 never */
	int64_t lan_up_ms;	   /* begin of the last session of the local network */
	bool lan_heard;		   /* something came in it */
	unsigned lan_short;	   /* sessions of it in a row that did not stand */
	bool unproven; /* the cloud took over by what was heard before, nothing came since */
	struct loop_timer watch; /* of the cloud's silence */
};

/* What is said of its address. Written by printer_address.c alone. */
struct printer_told {
	char address[16], tried[16]; /* the latest; the last one other than where it was; "" none */
	const char *source;	     /* "printer" (through the cloud), "discovery"; NULL: nobody */
	int64_t mono_ms;	     /* when it was said */
	int64_t followed_ms;	     /* when an attempt was made because of it, -1 never */
};

/* Requests to the printer that are paced: full reports and versions. */
struct printer_asks {
	uint32_t sequence;
	int64_t pushall_mono_ms[PLANE_COUNT]; /* last sent each way, -1 never */
	unsigned base_tries;		      /* full reports asked for since a base was missed */
	unsigned version_tries;
	struct loop_timer pushall, version;
};

struct printer {
	struct fleet *fleet;
	struct printer_config config;
	/* What every message touches stands together, to the first line of link: printer_ahead
	 * fetches it. */
	char *topic_report;
	struct hub_slot slot;
	struct loop_timer verdict;    /* an end of a job that waits for its reason */
	struct uplink *uplink;	      /* of the local network; NULL: disabled, or no way there */
	struct doctor *doctor;	      /* who looks at it now, or NULL */
	int64_t last_message_mono_ms; /* -1 never */
	int64_t heard_mono_ms;	      /* last message or connect in the local network */
	int64_t flood_window_ms;
	unsigned flood_count;
	bool silence_asked; /* the one full report of a silence was asked for */
	bool wrong_types_logged;
	struct start start;
	struct pending pending;
	struct printer_planes planes;
	struct printer_counters counters;
	struct printer_link link;
	struct state state;
	struct derive derive;
	struct printer_told told;
	char *topic_request;
	struct printer_asks asks;
	struct printer_memory memory;
	struct camera_summary camera; /* its why is below */
	char camera_why[256];
	int64_t camera_marked_ms; /* last told of */
	bool lock_learnt;	  /* a command was refused as unsigned, */
	char locked_firmware[24]; /* by this firmware */
	unsigned renewals;	  /* sessions given up because they carried no command */
	struct loop_timer silence;
	int64_t full_tokens_milli, full_tokens_at_ms;
	struct log_ratelimit drop_log;
};

/* There is a way for messages and commands. */
static inline bool printer_is_up(const struct printer *p)
{
	return p->planes.active == PLANE_CLOUD ? cloud_route_is_up(p->planes.route)
					       : uplink_is_up(p->uplink);
}

/* printer_link.c */
void printer_link_init(struct printer *p);
void printer_link_finish(struct printer *p);
/* A new session that the broker does not take for the old one; nothing by the cloud. */
void printer_renew_session(struct printer *p, const char *why);
/* Begins the session of the local network: at its address, by its trust. */
void printer_open_uplink(struct printer *p);
/* The verdict of a way that is closed, with its remedy. */
enum link_state printer_state_after(const struct printer *p, enum mqtt_down why);
const char *printer_hint_after(const struct printer *p, enum link_state state);
/* The one writer of link.state: marks the hub, files the event that the log is made of. Same state:
 * only the error text may change. */
void printer_enter(struct printer *p, enum link_state state, const char *error, const char *hint);
/* A valid message came by the active way. */
void printer_heard(struct printer *p);

/* printer_report.c */
void printer_derive_init(struct printer *p);
void printer_derive_finish(struct printer *p);
enum pushall_reason { PUSHALL_CONNECT, PUSHALL_BASE, PUSHALL_SILENCE, PUSHALL_ASKED };
void printer_on_message(
    struct printer *p, enum plane plane, const char *topic, char *payload, size_t len);
/* A message follows: fetches what it will touch, as in cloud_route_handler. */
void printer_ahead(const struct printer *p, int depth);
/* Makes a standing-by way speak. */
void printer_ask_life(struct printer *p, enum plane plane);
/* Sends when the pace allows it, else later. Returns 0, or the ms to wait when nothing will be sent
 * (PUSHALL_ASKED only). */
int64_t printer_ask_full(struct printer *p, enum pushall_reason reason);
void printer_ask_version(struct printer *p);
void printer_asks_init(struct printer *p);
void printer_asks_stop(struct printer *p);

/* command.c */
void printer_commands_init(struct printer *p);
void printer_commands_finish(struct printer *p);
/* Before the message is merged. */
void printer_commands_ack(struct printer *p, const struct report *r);

struct log_subject printer_subject(const struct printer *p);
