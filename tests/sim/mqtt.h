/* SPDX-License-Identifier: MIT */
/* MQTT 3.1.1 packets as a broker reads and writes them: pure, no I/O (OASIS standard, 2014). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes;

enum mqtt_type {
	MQTT_CONNECT = 1,
	MQTT_CONNACK,
	MQTT_PUBLISH,
	MQTT_PUBACK,
	MQTT_PUBREC,
	MQTT_PUBREL,
	MQTT_PUBCOMP,
	MQTT_SUBSCRIBE,
	MQTT_SUBACK,
	MQTT_UNSUBSCRIBE,
	MQTT_UNSUBACK,
	MQTT_PINGREQ,
	MQTT_PINGRESP,
	MQTT_DISCONNECT,
	MQTT_TYPE_COUNT
};

enum mqtt_connack {
	MQTT_ACCEPTED = 0,
	MQTT_BAD_VERSION = 1,
	MQTT_BAD_LOGIN = 4,
	MQTT_NOT_AUTHORIZED = 5,
};

#define MQTT_MAX_REMAINING 268435455u /* what four length bytes can say */
#define MQTT_SUBACK_FAILURE 0x80

/* A piece of a packet: borrowed from the input, not NUL-terminated. */
struct mqtt_span {
	const uint8_t *data;
	size_t len;
};

struct mqtt_packet {
	enum mqtt_type type;
	uint8_t flags; /* low nibble of the first byte */
	struct mqtt_span body;
	size_t total; /* bytes on the wire, header included */
};

struct mqtt_connect {
	uint8_t level;
	bool clean_session, has_will, has_user, has_password;
	uint16_t keepalive_s;
	struct mqtt_span client_id, user, password;
};

struct mqtt_publish {
	struct mqtt_span topic, payload;
	uint8_t qos;
	uint16_t packet_id; /* 0 with QoS 0 */
};

/* First whole packet in data. 0; -EAGAIN (not whole yet); -EPROTO (type, flags or length field that
 * MQTT 3.1.1 forbids); -EMSGSIZE (longer than max). */
int mqtt_peek(const uint8_t *data, size_t len, size_t max, struct mqtt_packet *ret);

/* Each reads the body of one packet: 0 or -EPROTO. */
int mqtt_read_connect(const struct mqtt_packet *p, struct mqtt_connect *ret);
int mqtt_read_publish(const struct mqtt_packet *p, struct mqtt_publish *ret);
/* PUBACK, UNSUBACK and the like: two bytes of packet id and nothing more. */
int mqtt_read_ack(const struct mqtt_packet *p, uint16_t *ret_id);
/* Walks the filters of SUBSCRIBE or UNSUBSCRIBE: *pos starts at 0. 1 = one more filter, 0 = end,
 * -EPROTO. The packet id comes with each filter; qos is 0 for UNSUBSCRIBE. */
int mqtt_next_filter(const struct mqtt_packet *p, size_t *pos, uint16_t *ret_id,
    struct mqtt_span *ret_filter, uint8_t *ret_qos);

void mqtt_put_connack(struct bytes *out, bool session_present, enum mqtt_connack code);
void mqtt_put_suback(struct bytes *out, uint16_t id, const uint8_t *codes, size_t count);
/* PUBACK, UNSUBACK. */
void mqtt_put_ack(struct bytes *out, enum mqtt_type type, uint16_t id);
void mqtt_put_pingresp(struct bytes *out);
/* Header and topic of a PUBLISH that announces payload_len bytes, which the caller appends. id is
 * unused with qos 0. */
void mqtt_put_publish_head(
    struct bytes *out, const char *topic, size_t payload_len, uint8_t qos, uint16_t id);
void mqtt_put_publish(struct bytes *out, const char *topic, const void *payload, size_t len,
    uint8_t qos, uint16_t id);

/* Whether a filter is well formed ('#' last and alone in its level, '+' alone). */
bool mqtt_filter_ok(const char *filter);
bool mqtt_filter_matches(const char *filter, const char *topic);
