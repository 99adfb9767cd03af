/* SPDX-License-Identifier: MIT */
/* The cloud's broker: one port for all printers of the account, told by topic. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct cloud_broker;
struct jw;
struct printer;
struct sim;

/* More sessions at a time are refused. */
#define CLOUD_SESSIONS_MAX 32

/* sim->cloud exists and is told the port. 0 or negative errno. */
int cloud_broker_open(struct sim *sim, struct cloud_broker **ret);
void cloud_broker_close(struct cloud_broker *b); /* NULL is fine */
/* To the sessions that subscribed to the printer's reports. */
void cloud_broker_publish(
    struct cloud_broker *b, struct printer *p, const void *payload, size_t len);
/* The printer came to the cloud or left it: who subscribed is told. */
void cloud_broker_presence(struct cloud_broker *b, struct printer *p, bool connected);
/* `broker kick | kick-at-once on|off | stats` */
void cloud_broker_command(struct cloud_broker *b, char *rest, struct jw *reply);
