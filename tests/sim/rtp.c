/* SPDX-License-Identifier: MIT */
/* The stream of an RTSP camera: pictures as H.264 units, units as RTP packets. */
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/sim/camera_internal.h"
#include "tests/sim/h264.h"
#include "tests/sim/picture.h"

#define PACKET_MAX 1400
#define UNIT_PART 28 /* FU-A */
#define SAFE_HEAD 16 /* bytes of a unit that a switch leaves as they are */

void camera_write_parameters(const struct camera *c, struct bytes *ret_sps, struct bytes *ret_pps)
{
	int width, height;

	pictures_size(c->printer->sim->pictures, &width, &height);
	h264_write_sps(width & ~1, height & ~1, ret_sps);
	h264_write_pps(ret_pps);
}

static void add_packet(struct camera_client *client, const uint8_t *head, size_t head_len,
    const uint8_t *data, size_t len, bool last)
{
	struct rtsp_client *r = &client->rtsp;
	size_t size = 12 + head_len + len;
	uint32_t when = camera_fault(client->camera, FAULT_RTSP_FROZEN)
			    ? 0
			    : (uint32_t)(client->camera->picture_ms * 90);
	uint8_t packet[16] = {'$', r->channel, (uint8_t)(size >> 8), (uint8_t)size, 0x80,
	    (uint8_t)(last << 7 | RTP_TYPE), (uint8_t)(r->sequence >> 8), (uint8_t)r->sequence};

	for (int i = 0; i < 4; i++) {
		packet[8 + i] = (uint8_t)(when >> (24 - 8 * i));
		packet[12 + i] = (uint8_t)(r->source >> (24 - 8 * i));
	}
	r->sequence++;
	bytes_add(&client->queue, packet, sizeof(packet));
	bytes_add(&client->queue, head, head_len);
	bytes_add(&client->queue, data, len);
}

static void add_unit(struct camera_client *client, const uint8_t *unit, size_t len, bool last)
{
	uint8_t kind = unit[0] & 0x1f;

	if (len <= PACKET_MAX) {
		add_packet(client, NULL, 0, unit, len, last);
		return;
	}
	for (size_t at = 1; at < len;) {
		size_t part = len - at < PACKET_MAX ? len - at : PACKET_MAX;
		bool end = at + part == len;
		const uint8_t head[2] = {(uint8_t)((unit[0] & 0xe0) | UNIT_PART),
		    (uint8_t)((at == 1) << 7 | end << 6 | kind)};

		add_packet(client, head, sizeof(head), unit + at, part, last && end);
		at += part;
	}
}

static void make_key(struct camera *c, struct bytes *out)
{
	struct pictures *pictures = c->printer->sim->pictures;
	struct h264_key key = {.number = c->number};
	_cleanup_free_ uint8_t *gray = NULL;
	const uint8_t *rgb;
	int lines, width, height;
	char caption[96];
	struct picture_facts facts;

	pictures_size(pictures, &width, &height);
	key.width = width & ~1;
	key.height = height & ~1;
	camera_write_facts(c, &facts, caption);
	rgb = pictures_draw_top(pictures, &facts, caption, &lines);
	key.gray_rows = lines / H264_BLOCK;
	gray = xmalloc((size_t)lines * (size_t)width);
	for (int y = 0; y < lines; y++) {
		for (int x = 0; x < key.width; x++) {
			gray[y * key.width + x] = rgb[(y * width + x) * 3];
		}
	}
	key.gray = gray;
	h264_write_key(&key, out);
}

/* Some bytes turn into others. */
static void spoil(struct bytes *unit)
{
	uint8_t *data = unit->data + unit->start, random[64];

	RAND_bytes(random, sizeof(random));
	for (size_t i = 0; i + 1 < sizeof(random) && unit->len > SAFE_HEAD; i += 2) {
		size_t span = unit->len - SAFE_HEAD;

		data[SAFE_HEAD + (random[i] * 257u * (i + 1)) % span] = random[i + 1];
	}
}

bool rtp_next_picture(struct camera *c, struct bytes *ret)
{
	int width, height;
	bool key = c->frame % RTP_GROUP == 0 && !camera_fault(c, FAULT_RTSP_NO_KEY);

	c->picture_ms = sim_now_ms();
	if (key) {
		c->number++;
		make_key(c, ret);
	} else {
		pictures_size(c->printer->sim->pictures, &width, &height);
		h264_write_same(width & ~1, height & ~1, c->frame % RTP_GROUP, ret);
	}
	if (camera_fault(c, FAULT_RTSP_GARBAGE)) {
		spoil(ret);
	}
	c->frame++;
	return key;
}

void rtp_add_picture(struct camera_client *client, const struct bytes *unit, bool key)
{
	if (key) {
		struct bytes sps = {0}, pps = {0};

		camera_write_parameters(client->camera, &sps, &pps);
		add_unit(client, bytes_head(&sps), sps.len, false);
		add_unit(client, bytes_head(&pps), pps.len, false);
		bytes_finish(&sps);
		bytes_finish(&pps);
	}
	add_unit(client, bytes_head(unit), unit->len, true);
}
