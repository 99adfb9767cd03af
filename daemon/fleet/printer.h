/* SPDX-License-Identifier: MIT */
/* One printer: its link's state machine, its cached state, its counters. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "daemon/io/mqtt.h"
#include "daemon/model/report.h"
#include "daemon/model/view.h"

struct fleet;
struct printer;
struct printer_config;

/* config is copied. Starts connecting on the next loop turn, or is LINK_DISABLED with the reason.
 * The caller owns it. */
struct printer *printer_create(struct fleet *f, const struct printer_config *config);
/* Ends the link and frees; not from a callback of the printer itself. NULL is fine. */
void printer_destroy(struct printer *p);
/* Takes a configuration that needs no new connection (printer_config_same_link). */
void printer_set_config(struct printer *p, const struct printer_config *config);

const char *printer_name(const struct printer *p);
const char *printer_serial(const struct printer *p);
const struct printer_config *printer_config(const struct printer *p);
enum link_state printer_link_state(const struct printer *p);
const struct state *printer_state(const struct printer *p);
/* What its camera does, for printer_view: copied; the state's word is static. Pictures alone mark
 * the hub once a second. */
void printer_set_camera(struct printer *p, const struct camera_summary *camera);
/* Borrowed pointers, valid till the next loop turn. */
void printer_view(const struct printer *p, struct printer_view *ret);

/* Asks the printer for a full report; connects at once when it waits in backoff. 0 with *ret_stage
 * "sent" or "connecting"; negative with *e: printer_offline (disabled), rate_limited (the model's
 * limit, hint says when). */
int printer_refresh(struct printer *p, const char **ret_stage, struct err *e);
/* Somebody on the network says that the printer is alive at this IPv4 address. A hint: it is tried
 * where the configuration asks for proof of who answers. */
void printer_announced(struct printer *p, const char *address);
/* Asks for a full report without the pace of routine ones: for what cannot be understood without.
 * Nothing while there is no way to it. */
void printer_ask_whole(struct printer *p);
/* The words for its codes may be others now. */
void printer_texts_changed(struct printer *p);
/* Problems sort first: refused, offline, stale, paused with error, failed, serious HMS. */
bool printer_has_problem(const struct printer *p);

struct printer_counters {
	uint64_t messages, bytes, full, delta, ack, event, version, ignored;
	uint64_t by_cloud[REPORT_KIND_COUNT]; /* of these kinds; ignored is REPORT_NONE */
	uint64_t dropped_syntax, dropped_limit, dropped_topic, repaired, wrong_types;
	uint64_t connects, reconnects, pushalls, raw_left_out;
	uint64_t down[MQTT_DOWN_COUNT]; /* sessions that ended and attempts that failed */
};
const struct printer_counters *printer_counters(const struct printer *p);
