/* SPDX-License-Identifier: MIT */
/* The body of the server, for the parts of api/ only: clients, caps, counters, what handlers use.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/jw.h"
#include "common/log.h"
#include "daemon/api/conn.h"
#include "daemon/api/dispatch.h"
#include "daemon/api/listens.h"
#include "daemon/api/rate.h"
#include "daemon/api/recorders.h"
#include "daemon/api/server.h"
#include "daemon/api/subs.h"
#include "daemon/io/listener.h"

#define SERVER_CONNS_PER_UID 64 /* root and the daemon's user exempt */
#define SERVER_CONNS_MAX 512
#define SERVER_CONNS_SPARE 16			 /* above the second, for the exempt */
#define SERVER_UNREAD_PER_UID (64 * 1024 * 1024) /* queued for one user, all connections */

struct server_counters {
	uint64_t accepted, refused, requests, failed, denied;
};

struct server {
	struct api_deps deps;
	struct server_access access;
	struct conn_handler conn_handler;
	struct list conns;
	unsigned conn_count;
	uint64_t last_serial;
	struct listener *listener;
	struct subs *subs;
	struct listens *listens;
	struct recorders *recorders;
	struct rate rate;
	struct log_ratelimit audit_limit; /* of refused calls */
	struct jw scratch;		  /* the reply being written */
	handler_fn *handlers;		  /* by row of the method table, NULL = not built */
	char boot_id[33];		  /* of this run of the daemon */
	int64_t started_mono_ms;
	unsigned snapshots; /* calls that wait for a picture */
	struct server_counters counters;
};
