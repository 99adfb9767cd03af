/* SPDX-License-Identifier: MIT */
/* What the brokers of a printer and of the cloud do alike with one client. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/mqtt.h"

struct conn;

/* Whether the next packet may be handled at once. */
typedef bool (*broker_packet_fn)(void *owner, const struct mqtt_packet *packet);
/* Hands over every whole packet that has come, until the connection is closed. 0; -EPROTO or
 * -EMSGSIZE (longer than max): the client does not speak MQTT 3.1.1. */
int broker_read(struct conn *c, size_t max, broker_packet_fn fn, void *owner);
/* Reads a PUBLISH and acknowledges it. 0 or -EPROTO, for QoS 2 too. */
int broker_read_publish(struct conn *c, const struct mqtt_packet *packet, struct mqtt_publish *ret);
/* Sends one; *id is that of the last one before it with QoS 1. */
void broker_publish(
    struct conn *c, const char *topic, const void *payload, size_t len, uint8_t qos, uint16_t *id);
