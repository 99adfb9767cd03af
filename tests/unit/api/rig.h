/* SPDX-License-Identifier: MIT */
/* A server on a real socket with a real hub and registry, fake printers and a clock of its own. */
#pragma once

#include "common/event.h"
#include "common/json.h"
#include "daemon/api/core.h"
#include "daemon/fleet/fleet.h"
#include "tests/unit/api/fake_printer.h"

struct rig {
	int64_t now_ms; /* monotonic; wall clock is WALL_BASE later */
	struct loop *loop;
	struct hub *hub;
	struct loop_deferred flush;
	struct fleet fleet;
	struct registry *registry;
	struct server *server;
	struct server_access access;
	char dir[64], path[96];
	unsigned reloads;
	bool reload_fails;
};

#define RIG_EPOCH 5
#define RIG_WALL_BASE INT64_C(1795395600000) /* 2026-11-23T01:00:00Z at now_ms 0 */

/* With printers p0, p1, ... of serials 01P00A000000000 and up. */
void rig_start(struct rig *r, size_t printers);
void rig_stop(struct rig *r);
/* Makes the registry hold exactly so many printers. */
void rig_printers(struct rig *r, size_t printers);
struct printer *rig_printer(struct rig *r, size_t i);
void rig_turn(struct rig *r, unsigned turns);
void rig_pass(struct rig *r, int64_t ms); /* time passes, timers run */
void rig_event(struct rig *r, enum event_kind kind, size_t printer);

struct client {
	int fd;
	char *buf;
	size_t len, cap;
	int next_id;
};
void client_dial(struct rig *r, struct client *c);
void client_hang_up(struct client *c);
/* The server's end of the connection dialled last. */
struct conn *client_conn(struct rig *r);
void client_say(struct rig *r, struct client *c, const char *text);
/* Next line, parsed; owned. NULL when none comes, or at the end of the stream. */
json_object *client_line(struct rig *r, struct client *c);
bool client_at_end(struct rig *r, struct client *c);
/* Sends one request and takes the next line. */
json_object *client_call(struct rig *r, struct client *c, const char *method, const char *params);
/* The result of a call that must succeed; owned. */
json_object *client_result(struct rig *r, struct client *c, const char *method, const char *params);
/* Fails unless the call answers with that error. */
void client_refused(
    struct rig *r, struct client *c, const char *method, const char *params, enum err_type type);

/* "a.b.0.c" of an object as text ("null" for null, "-" when there is no such path), good till the
 * next call. */
const char *at(json_object *o, const char *path);
