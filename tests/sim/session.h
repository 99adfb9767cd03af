/* SPDX-License-Identifier: MIT */
/* One MQTT client of one printer, from TLS handshake to DISCONNECT. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/util.h"

struct printer;
struct session;

/* fd from accept; the session joins printer->sessions and leaves it when it is freed. */
void session_create(struct printer *p, int fd);
/* At once, for the end of the program; inside callbacks use session_close. */
void session_destroy(struct session *s);
void session_close(struct session *s, const char *why);
/* Sends to a subscriber of the topic, else does nothing. With force the filters are not asked. */
void session_publish(
    struct session *s, const char *topic, const void *payload, size_t len, bool force);
bool session_is_live(const struct session *s); /* CONNECT was accepted, not closing */
bool session_has_subscriptions(const struct session *s);
/* Application bytes of the connection so far; the printer's counters take them over at its end. */
uint64_t session_bytes_in(const struct session *s);
uint64_t session_bytes_out(const struct session *s);
/* Brings the connection in line with the printer's fault switches. */
void session_apply_faults(struct session *s);
struct session *session_from_link(struct list *link);
