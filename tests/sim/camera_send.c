/* SPDX-License-Identifier: MIT */
/* What the JPEG camera sends: pictures with their headers, and the ways they can be wrong. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/sim/camera_internal.h"
#include "tests/sim/picture.h"

/* bambu.md 2.6: size, then three words that are always the same. */
#define HEADER_BYTES 16
#define FLAGS 1

#define COMMENT_MAX 65533 /* bytes in one comment segment */

static void put_u32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++) {
		to[i] = (uint8_t)(value >> 8 * i);
	}
}

static void add_header(struct camera *c, size_t size, struct bytes *out)
{
	uint8_t header[HEADER_BYTES] = {0};

	if (camera_fault(c, FAULT_CAM_HUGE_HEADER)) {
		size = (size_t)camera_fault_arg(c, FAULT_CAM_HUGE_HEADER);
	}
	put_u32(header, (uint32_t)size);
	put_u32(header + 8, FLAGS);
	bytes_add(out, header, sizeof(header));
}

/* Comments behind the start marker make a picture larger: exactly so, but for the last four bytes
 * that no comment can have. */
static void add_padding(struct bytes *out, size_t missing)
{
	while (missing >= 4) {
		size_t len = missing - 4 < COMMENT_MAX ? missing - 4 : COMMENT_MAX;
		const uint8_t head[4] = {0xff, 0xfe, (len + 2) >> 8 & 0xff, (len + 2) & 0xff};

		bytes_add(out, head, sizeof(head));
		memset(bytes_reserve(out, len), 'x', len);
		bytes_grew(out, len);
		missing -= len + 4;
	}
}

static void write_caption(const struct printer *p, uint32_t number, int64_t clock_ms, char ret[96])
{
	time_t clock_s = clock_ms / 1000;
	struct tm broken;
	char when[16];

	gmtime_r(&clock_s, &broken);
	strftime(when, sizeof(when), "%H:%M:%S", &broken);
	snprintf(ret, 96, "#%u %s %s %s %d%%", number, when, p->name, sim_mood_name(p->state.mood),
	    p->state.percent);
}

void camera_write_facts(const struct camera *c, struct picture_facts *ret, char ret_caption[96])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*ret = (struct picture_facts){
	    c->printer->serial, c->number, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000};
	write_caption(c->printer, c->number, ret->clock_ms, ret_caption);
}

/* As the switches want it. */
static void add_jpeg(struct camera *c, struct bytes *out)
{
	struct picture_facts facts;
	struct bytes jpeg = {0};
	char caption[96];
	size_t big =
	    camera_fault(c, FAULT_CAM_BIG) ? (size_t)camera_fault_arg(c, FAULT_CAM_BIG) : 0;
	uint8_t *data;

	camera_write_facts(c, &facts, caption);
	pictures_write(c->printer->sim->pictures, &facts, caption, &jpeg);
	bytes_add(out, bytes_head(&jpeg), 2);
	add_padding(out, big > jpeg.len ? big - jpeg.len : 0);
	bytes_add(out, bytes_head(&jpeg) + 2, jpeg.len - 2);
	bytes_finish(&jpeg);
	data = out->data + out->start;
	if (camera_fault(c, FAULT_CAM_BAD_SOI)) {
		memset(data, 0, 2);
	}
	if (camera_fault(c, FAULT_CAM_NO_EOI)) {
		memset(data + out->len - 2, 0, 2);
	}
}

/* With its header, or one unit. True when it counts: not one that repeats the last. */
static bool make_picture(struct camera *c, struct bytes *out)
{
	struct bytes jpeg = {0};

	if (c->rtsp) {
		return rtp_next_picture(c, out);
	}
	c->number++;
	if (camera_fault(c, FAULT_CAM_ZERO)) {
		add_header(c, 0, out);
		return true;
	}
	add_jpeg(c, &jpeg);
	add_header(c, jpeg.len, out);
	bytes_add(out, bytes_head(&jpeg), jpeg.len);
	bytes_finish(&jpeg);
	return true;
}

static void enqueue(struct camera_client *client, const struct bytes *picture, bool counts)
{
	if (client->camera->rtsp) {
		rtp_add_picture(client, picture, counts);
	} else {
		bytes_add(&client->queue, bytes_head(picture), picture->len);
	}
	client->queued += counts;
}

/* Gives out so much of what is queued. */
static void give(struct camera_client *client, size_t len)
{
	struct printer_counters *n = &client->camera->printer->counters;

	bytes_add(&client->conn.out, bytes_head(&client->queue), len);
	bytes_consume(&client->queue, len);
	if (client->queue.len == 0) {
		client->frames += client->queued;
		n->camera_frames += client->queued;
		n->camera_number = client->camera->number;
		if (client->camera->printer->state.mood == SIM_PREPARING) {
			n->camera_prepare_frames += client->queued;
		}
		client->queued = 0;
	}
	conn_flush(&client->conn);
}

static void give_what_is_due(struct camera_client *client)
{
	struct camera *c = client->camera;
	int64_t gather = camera_fault_arg(c, FAULT_CAM_COALESCE);

	if (camera_fault(c, FAULT_CAM_STALL_MID_FRAME)) {
		size_t part = HEADER_BYTES + (size_t)camera_fault_arg(c, FAULT_CAM_STALL_MID_FRAME);

		client->stuck = true;
		/* all but the last byte at most */
		give(client, part < client->queue.len ? part : client->queue.len - 1);
	} else if (!camera_fault(c, FAULT_CAM_COALESCE) || (int64_t)client->queued >= gather) {
		give(client, client->queue.len);
	}
}

/* Whether the client gets the picture that is made now. */
static bool wants(struct camera_client *client)
{
	struct camera *c = client->camera;

	if (client->served && camera_fault(c, FAULT_CAM_CUT) &&
	    (int64_t)client->frames >= camera_fault_arg(c, FAULT_CAM_CUT)) {
		conn_close(&client->conn, "cut after its pictures");
	}
	if (!client->served || client->conn.closing || sim_now_ms() < client->first_ms ||
	    (camera_fault(c, FAULT_CAM_STALL) &&
		(int64_t)client->frames >= camera_fault_arg(c, FAULT_CAM_STALL))) {
		return false;
	}
	if (client->stuck) {
		if (camera_fault(c, FAULT_CAM_STALL_MID_FRAME)) {
			return false;
		}
		client->stuck = false;
		give(client, client->queue.len);
		return false;
	}
	if (client->conn.out.len > 0) { /* it reads too slowly */
		c->printer->counters.camera_skipped++;
		return false;
	}
	return true;
}

void camera_next(struct camera *c)
{
	struct bytes picture = {0};
	struct list *pos, *tmp;
	bool counts = false;

	list_for_each (pos, tmp, &c->clients) {
		struct camera_client *client = container_of(pos, struct camera_client, link);

		if (wants(client)) {
			if (picture.len == 0) {
				counts = make_picture(c, &picture);
			}
			enqueue(client, &picture, counts);
			give_what_is_due(client);
		}
	}
	bytes_finish(&picture);
}

void camera_send_half(struct camera_client *client)
{
	struct bytes picture = {0};

	if (client->conn.out.len == 0) {
		enqueue(client, &picture, make_picture(client->camera, &picture));
		bytes_add(&client->conn.out, bytes_head(&client->queue), client->queue.len / 2);
		conn_flush(&client->conn);
	}
	bytes_finish(&picture);
}
