/* SPDX-License-Identifier: MIT */
/* MQTT 3.1.1 packets as a broker reads and writes them: pure, no I/O (OASIS standard, 2014). */
#include "tests/sim/mqtt.h"

#include <errno.h>
#include <string.h>

#include "tests/sim/bytes.h"

/* What a broker may receive, and the flags the standard fixes for it (-1: QoS, DUP and RETAIN). */
static const int client_flags[MQTT_TYPE_COUNT] = {
    [MQTT_CONNECT] = 0,
    [MQTT_CONNACK] = -2,
    [MQTT_PUBLISH] = -1,
    [MQTT_PUBACK] = 0,
    [MQTT_PUBREC] = 0,
    [MQTT_PUBREL] = 2,
    [MQTT_PUBCOMP] = 0,
    [MQTT_SUBSCRIBE] = 2,
    [MQTT_SUBACK] = -2,
    [MQTT_UNSUBSCRIBE] = 2,
    [MQTT_UNSUBACK] = -2,
    [MQTT_PINGREQ] = 0,
    [MQTT_PINGRESP] = -2,
    [MQTT_DISCONNECT] = 0,
};

struct reader {
	const uint8_t *data;
	size_t len, pos;
	bool failed;
};

static uint8_t read_u8(struct reader *r)
{
	if (r->failed || r->pos >= r->len) {
		r->failed = true;
		return 0;
	}
	return r->data[r->pos++];
}

static uint16_t read_u16(struct reader *r)
{
	uint16_t high = read_u8(r);

	return (uint16_t)(high << 8 | read_u8(r));
}

static struct mqtt_span read_string(struct reader *r)
{
	size_t len = read_u16(r);
	struct mqtt_span span = {0};

	if (r->failed || r->len - r->pos < len) {
		r->failed = true;
		return span;
	}
	span.data = r->data + r->pos;
	span.len = len;
	r->pos += len;
	return span;
}

/* Length field: 1..4 bytes. Returns its size, 0 when not whole yet, negative when malformed. */
static int read_remaining(const uint8_t *data, size_t len, size_t *ret)
{
	size_t value = 0;

	for (unsigned i = 0; i < 4; i++) {
		if (i >= len) {
			return 0;
		}
		value |= (size_t)(data[i] & 0x7f) << (7 * i);
		if (!(data[i] & 0x80)) {
			*ret = value;
			return (int)i + 1;
		}
	}
	return -EPROTO;
}

int mqtt_peek(const uint8_t *data, size_t len, size_t max, struct mqtt_packet *ret)
{
	size_t remaining;
	int size, type, flags;

	if (len == 0) {
		return -EAGAIN;
	}
	type = data[0] >> 4;
	flags = data[0] & 0x0f;
	if (type == 0 || type >= MQTT_TYPE_COUNT || client_flags[type] == -2 ||
	    (client_flags[type] >= 0 && client_flags[type] != flags)) {
		return -EPROTO;
	}
	size = read_remaining(data + 1, len - 1, &remaining);
	if (size <= 0) {
		return size < 0 ? size : -EAGAIN;
	}
	if (remaining > max) {
		return -EMSGSIZE;
	}
	if (len - 1 - (size_t)size < remaining) {
		return -EAGAIN;
	}
	*ret = (struct mqtt_packet){
	    .type = (enum mqtt_type)type,
	    .flags = (uint8_t)flags,
	    .body = {data + 1 + size, remaining},
	    .total = 1 + (size_t)size + remaining,
	};
	return 0;
}

/* The rules of section 3.1.2.3: reserved bit 0, will flags only together, no password without a
 * user. */
static bool connect_flags_ok(uint8_t flags)
{
	bool will = flags & 0x04;
	unsigned will_qos = (flags >> 3) & 3;

	return !(flags & 0x01) && will_qos < 3 && (will || !(flags & 0x38)) &&
	       ((flags & 0x80) || !(flags & 0x40));
}

int mqtt_read_connect(const struct mqtt_packet *p, struct mqtt_connect *ret)
{
	struct reader r = {p->body.data, p->body.len, 0, false};
	struct mqtt_connect c = {0};
	struct mqtt_span name = read_string(&r);
	uint8_t flags;

	c.level = read_u8(&r);
	flags = read_u8(&r);
	c.keepalive_s = read_u16(&r);
	if (r.failed || name.len != 4 || memcmp(name.data, "MQTT", 4) != 0) {
		return -EPROTO;
	}
	if (c.level != 4) {
		*ret = c; /* the caller answers BAD_VERSION; the rest may have another layout */
		return 0;
	}
	if (!connect_flags_ok(flags)) {
		return -EPROTO;
	}
	c.clean_session = flags & 0x02;
	c.has_will = flags & 0x04;
	c.has_user = flags & 0x80;
	c.has_password = flags & 0x40;
	c.client_id = read_string(&r);
	if (c.has_will) {
		read_string(&r);
		read_string(&r);
	}
	if (c.has_user) {
		c.user = read_string(&r);
	}
	if (c.has_password) {
		c.password = read_string(&r);
	}
	if (r.failed || r.pos != r.len || (c.client_id.len == 0 && !c.clean_session)) {
		return -EPROTO;
	}
	*ret = c;
	return 0;
}

int mqtt_read_publish(const struct mqtt_packet *p, struct mqtt_publish *ret)
{
	struct reader r = {p->body.data, p->body.len, 0, false};
	struct mqtt_publish m = {.qos = (p->flags >> 1) & 3};

	m.topic = read_string(&r);
	if (m.qos > 0) {
		m.packet_id = read_u16(&r);
	}
	if (r.failed || m.qos == 3 || (m.qos > 0 && m.packet_id == 0) || m.topic.len == 0 ||
	    memchr(m.topic.data, '#', m.topic.len) || memchr(m.topic.data, '+', m.topic.len) ||
	    memchr(m.topic.data, 0, m.topic.len)) {
		return -EPROTO;
	}
	m.payload.data = r.data + r.pos;
	m.payload.len = r.len - r.pos;
	*ret = m;
	return 0;
}

int mqtt_read_ack(const struct mqtt_packet *p, uint16_t *ret_id)
{
	struct reader r = {p->body.data, p->body.len, 0, false};
	uint16_t id = read_u16(&r);

	if (r.failed || r.pos != r.len || id == 0) {
		return -EPROTO;
	}
	*ret_id = id;
	return 0;
}

int mqtt_next_filter(const struct mqtt_packet *p, size_t *pos, uint16_t *ret_id,
    struct mqtt_span *ret_filter, uint8_t *ret_qos)
{
	struct reader r = {p->body.data, p->body.len, 0, false};
	uint16_t id = read_u16(&r);
	struct mqtt_span filter;
	uint8_t qos = 0;

	if (r.failed || id == 0 || (*pos == 0 && p->body.len == 2)) {
		return -EPROTO; /* at least one filter is required */
	}
	if (*pos == p->body.len) {
		return 0;
	}
	r.pos = *pos > 0 ? *pos : 2;
	filter = read_string(&r);
	if (p->type == MQTT_SUBSCRIBE) {
		qos = read_u8(&r);
	}
	if (r.failed || qos > 2 || filter.len == 0 || memchr(filter.data, 0, filter.len)) {
		return -EPROTO;
	}
	*pos = r.pos;
	*ret_id = id;
	*ret_filter = filter;
	*ret_qos = qos;
	return 1;
}

static void put_head(struct bytes *out, uint8_t first, size_t remaining)
{
	bytes_add_u8(out, first);
	do {
		uint8_t digit = remaining & 0x7f;

		remaining >>= 7;
		bytes_add_u8(out, remaining > 0 ? digit | 0x80 : digit);
	} while (remaining > 0);
}

void mqtt_put_connack(struct bytes *out, bool session_present, enum mqtt_connack code)
{
	put_head(out, MQTT_CONNACK << 4, 2);
	bytes_add_u8(out, session_present ? 1 : 0);
	bytes_add_u8(out, (uint8_t)code);
}

void mqtt_put_suback(struct bytes *out, uint16_t id, const uint8_t *codes, size_t count)
{
	put_head(out, MQTT_SUBACK << 4, 2 + count);
	bytes_add_u16(out, id);
	bytes_add(out, codes, count);
}

void mqtt_put_ack(struct bytes *out, enum mqtt_type type, uint16_t id)
{
	put_head(out, (uint8_t)(type << 4), 2);
	bytes_add_u16(out, id);
}

void mqtt_put_pingresp(struct bytes *out)
{
	put_head(out, MQTT_PINGRESP << 4, 0);
}

void mqtt_put_publish_head(
    struct bytes *out, const char *topic, size_t payload_len, uint8_t qos, uint16_t id)
{
	size_t topic_len = strlen(topic);

	put_head(out, (uint8_t)(MQTT_PUBLISH << 4 | qos << 1),
	    2 + topic_len + (qos > 0 ? 2 : 0) + payload_len);
	bytes_add_u16(out, (uint16_t)topic_len);
	bytes_add(out, topic, topic_len);
	if (qos > 0) {
		bytes_add_u16(out, id);
	}
}

void mqtt_put_publish(
    struct bytes *out, const char *topic, const void *payload, size_t len, uint8_t qos, uint16_t id)
{
	mqtt_put_publish_head(out, topic, len, qos, id);
	bytes_add(out, payload, len);
}

bool mqtt_filter_ok(const char *filter)
{
	size_t len = strlen(filter);

	for (size_t i = 0; i < len; i++) {
		bool alone =
		    (i == 0 || filter[i - 1] == '/') && (i + 1 == len || filter[i + 1] == '/');

		if (filter[i] == '#' && (!alone || i + 1 != len)) {
			return false;
		}
		if (filter[i] == '+' && !alone) {
			return false;
		}
	}
	return len > 0;
}

bool mqtt_filter_matches(const char *filter, const char *topic)
{
	while (*filter) {
		if (*filter == '#') {
			return true;
		}
		if (*filter == '+') {
			topic += strcspn(topic, "/");
			filter++;
		} else if (*filter == *topic) {
			filter++;
			topic++;
		} else {
			/* "a/#" also takes "a" itself */
			return *topic == '\0' && strcmp(filter, "/#") == 0;
		}
	}
	return *topic == '\0';
}
