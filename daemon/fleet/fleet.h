/* SPDX-License-Identifier: MIT */
/* What all printers share: the loop, the hub, the connection machinery, one report tape. Plain
 * data, owned by daemon.c. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/model/limits.h"
#include "daemon/model/report.h"

struct cloud_link;
struct fleet_memory;
struct fleet_tap;
struct fleet_wire;
struct hms_texts;
struct hub;
struct loop;
struct mqtt_pool;
struct ops;
struct resolver;
struct tls_store;

struct fleet {
	struct loop *loop;
	struct hub *hub;
	struct resolver *resolver;
	struct mqtt_pool *pool;
	struct tls_store *tls;
	const char *instance; /* name of this daemon in status objects */
	uint64_t client_salt; /* makes client ids of this daemon its own, and stable */
	char *state_dir;      /* where drop-ins are written; of this run, whatever a reload says */
	struct ops *ops;
	struct cloud_link *cloud;      /* the account's session, or NULL: no printer has a route */
	bool listens;		       /* printers that announce themselves are heard */
	bool prefer_cloud;	       /* Prefer=cloud: where both ways are open */
	const struct fleet_tap *tap;   /* who listens to messages, or NULL */
	const struct fleet_wire *wire; /* who records them, or NULL */
	const struct fleet_memory *memory; /* who keeps states, or NULL */
	const struct hms_texts *texts;	   /* the vendor's words for codes, or NULL */
	struct derive_limits limits;	   /* where AMS units warn */
	struct report report;		   /* reused for every message: one tape for all */
};

/* 32 random bits for jitter; never blocks. */
uint32_t fleet_random(void);
