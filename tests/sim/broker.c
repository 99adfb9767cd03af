/* SPDX-License-Identifier: MIT */
/* What the brokers of a printer and of the cloud do alike with one client. */
#include "tests/sim/broker.h"

#include <errno.h>

#include "tests/sim/conn.h"

int broker_read(struct conn *c, size_t max, broker_packet_fn fn, void *owner)
{
	struct mqtt_packet packet;
	bool more = true;

	while (more && !c->closing && c->in.len > 0) {
		int r = mqtt_peek(bytes_head(&c->in), c->in.len, max, &packet);

		if (r < 0) {
			return r == -EAGAIN ? 0 : r;
		}
		more = fn(owner, &packet);
		bytes_consume(&c->in, packet.total);
	}
	return 0;
}

int broker_read_publish(struct conn *c, const struct mqtt_packet *packet, struct mqtt_publish *ret)
{
	if (mqtt_read_publish(packet, ret) < 0 || ret->qos > 1) {
		return -EPROTO;
	}
	if (ret->qos == 1) {
		mqtt_put_ack(&c->out, MQTT_PUBACK, ret->packet_id);
		conn_flush(c);
	}
	return 0;
}

void broker_publish(
    struct conn *c, const char *topic, const void *payload, size_t len, uint8_t qos, uint16_t *id)
{
	if (qos > 0) {
		*id = *id == UINT16_MAX ? 1 : (uint16_t)(*id + 1);
	}
	mqtt_put_publish(&c->out, topic, payload, len, qos, *id);
	conn_flush(c);
}
