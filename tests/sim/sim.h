/* SPDX-License-Identifier: MIT */
/* The whole simulator: what every printer of the farm shares. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cloud;
struct cloud_broker;
struct event;
struct event_base;
struct pictures;
struct pki;
struct printer;
struct ssdp;

struct sim {
	struct event_base *base;
	struct pki *pki;
	struct cloud *cloud;	     /* NULL = none */
	struct cloud_broker *broker; /* the cloud's; NULL = none */
	struct pictures *pictures;
	struct ssdp *ssdp; /* NULL: nobody announces himself */
	uint16_t ssdp_port;
	double camera_hz;
	double rate_hz; /* what printers begin with */
	bool deltas;	/* X1 sends deltas too, instead of a full report every time */
	double pace;	/* simulated seconds in one real second */
	bool verbose;	/* connections and requests on stderr */
	struct printer **printers;
	size_t count;
};

int64_t sim_now_ms(void); /* monotonic */
void sim_arm(struct event *timer, int64_t ms);
/* By name or serial; NULL when unknown. */
struct printer *sim_find(struct sim *sim, const char *word);
