/* SPDX-License-Identifier: MIT */
/* One simulated printer: its port, certificate, clients, moving state and faults. */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/util.h"
#include "tests/sim/endpoint.h"
#include "tests/sim/fault.h"
#include "tests/sim/report.h"
#include "tests/sim/sim.h"
#include "tests/sim/state.h"

struct camera;
struct ftp_door;
struct jw;
struct store;

struct printer_counters {
	uint64_t connections_now, connections, tls_done, tls_failed;
	uint64_t connects, logins, logins_refused, crowded, subscribes, pings, disconnects,
	    keepalive_cuts;
	uint64_t bytes_in, bytes_out; /* application bytes of ended connections */
	uint64_t requests, pushalls, get_versions, published;
	uint64_t ftp_connections, ftp_logins, ftp_refused, ftp_commands;
	uint64_t ftp_resumed, ftp_fresh, ftp_clear; /* data channels, by how they were secured */
	uint64_t ftp_transfers, ftp_failed, ftp_busy;
	uint64_t camera_connections_now, camera_served_now, camera_connections;
	uint64_t camera_tls_done, camera_tls_failed;
	uint64_t camera_logins, camera_refused, camera_crowded;
	uint64_t camera_frames, camera_skipped, camera_number; /* number: in the last picture */
	uint64_t camera_bytes_in, camera_stray;		       /* stray: after the login */
	uint64_t camera_unclean;			       /* ended without close_notify */
	uint64_t camera_prepare_connections, camera_prepare_frames; /* while PREPARE */
	char tls_error[80]; /* of the last failed handshake */
};

/* What a farm file or the command line says about one printer. */
struct printer_spec {
	char name[33], serial[24], code[32], tags[64], ams[64];
	bool ams_given;
	const struct sim_model *model;
	struct sockaddr_in address;
	uint16_t ftp_port, camera_port; /* 0: the kernel chooses */
	uint64_t seed;
};

struct printer {
	struct sim *sim;
	char name[33], serial[24], code[32], tags[64];
	char topic_report[48], topic_request[48];
	const struct sim_model *model;
	struct sim_identity identity;
	struct sim_state state, sent;
	struct faults faults;
	struct printer_counters counters;
	struct endpoint endpoint;
	struct list sessions;
	uint32_t cloud_subs; /* sessions of the cloud's broker that hear it, a bit each */
	struct store *store;
	struct ftp_door *ftp;
	struct camera *camera;
	X509 *leaf; /* made at the first connection, again when a fault asks for another */
	struct event *tick;
	int64_t ticked_ms;
	double rate_hz; /* reports a second; 0 = none by itself */
	double debt;	/* reports due, not sent yet (flood) */
	unsigned sequence;
	char *last_request; /* NULL before the first */
	char *last_start;   /* what the last project_file came to, JSON; NULL before the first */
};

/* 0, or negative errno of the port; -EINVAL for the ams words. */
int printer_create(struct sim *sim, const struct printer_spec *spec, struct printer **ret);
void printer_destroy(struct printer *p);
/* Begins to move; phase 0..1 spreads printers over the interval. */
void printer_start(struct printer *p, double phase);
/* TLS session as the faults want it; of the file server (its sessions can be resumed) or the
 * broker. NULL when OpenSSL fails. */
SSL *printer_new_ssl(struct printer *p, int fd, bool files);
/* A message on the request topic. */
void printer_on_request(struct printer *p, const void *payload, size_t len);
void printer_publish(struct printer *p, const void *payload, size_t len);
/* A delta since the last report, or everything, to all subscribers; nothing while muted. */
void printer_report(struct printer *p, bool full);
void printer_set_rate(struct printer *p, double rate_hz);
/* A new access code: every client is dropped. -EINVAL when it is too long. */
int printer_set_code(struct printer *p, const char *code);
/* 0, or negative errno (-EINVAL: argument). */
int printer_fault(struct printer *p, enum fault which, bool on, const char *arg);
/* One JSON object of counters. */
void printer_write_stats(const struct printer *p, struct jw *w);
