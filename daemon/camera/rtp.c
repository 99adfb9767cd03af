/* SPDX-License-Identifier: MIT */
/* H.264 out of RTP packets: units put together, each one picture (RFC 3550, 6184). Pure. */
#include "daemon/camera/rtp.h"

#include <string.h>

#include "common/util.h"

enum {
	HEADER_BYTES = 12,
	UNIT_FIRST = 64 * 1024, /* what is taken at first, then doubled */
	NAL_PICTURE = 1,
	NAL_KEY = 5,
	NAL_SEI = 6,
	NAL_SPS = 7,
	NAL_DELIMITER = 9,
	NAL_STAP_A = 24,
	NAL_FU_A = 28,
	FU_START = 0x80,
	FU_END = 0x40,
};

static const uint8_t start_code[] = {0, 0, 0, 1};

void rtp_h264_init(struct rtp_h264 *r, int payload_type)
{
	*r = (struct rtp_h264){.payload_type = payload_type, .lost = true};
}

void rtp_h264_set_parameters(struct rtp_h264 *r, const uint8_t *data, size_t len)
{
	r->parameters_len = len <= sizeof(r->parameters) ? len : 0;
	memcpy(r->parameters, data, r->parameters_len);
}

void rtp_h264_finish(struct rtp_h264 *r)
{
	free(r->data);
	r->data = NULL;
	r->len = r->size = 0;
}

static void forget(struct rtp_h264 *r)
{
	r->len = 0;
	r->key = r->has_picture = r->has_parameters = r->broken = r->in_fragment = false;
}

static void add(struct rtp_h264 *r, const void *data, size_t len)
{
	if (r->broken || len > RTP_UNIT_MAX - r->len) {
		r->broken = true;
		return;
	}
	if (r->len + len > r->size) {
		r->size = r->size ? r->size : UNIT_FIRST;
		while (r->size < r->len + len) {
			r->size *= 2;
		}
		r->data = xrealloc(r->data, r->size);
	}
	memcpy(r->data + r->len, data, len);
	r->len += len;
}

static void put_parameters_first(struct rtp_h264 *r)
{
	size_t len = r->len;

	if (r->has_parameters || r->parameters_len == 0) {
		return;
	}
	add(r, r->parameters, r->parameters_len);
	if (!r->broken) {
		memmove(r->data + r->parameters_len, r->data, len);
		memcpy(r->data, r->parameters, r->parameters_len);
	}
}

/* What came before a loss or without its key picture cannot be shown. */
static void end_unit(struct rtp_h264 *r)
{
	if (!r->has_picture) {
		return; /* parameters alone: they belong to what follows */
	}
	if (r->key && !r->broken && !r->in_fragment) {
		put_parameters_first(r);
		r->lost = false;
	}
	if (r->broken || r->in_fragment) {
		r->lost = true;
	}
	if (r->lost) {
		r->dropped++;
	} else {
		r->unit(r->arg, r->data, r->len, r->key);
	}
	forget(r);
}

/* Is it the beginning of the next picture? (H.264, 7.4.1.2.3: the first slice says so with the
 * first bit behind its header.) */
static bool begins_picture(int type, bool first_slice)
{
	return (type >= NAL_SEI && type <= NAL_DELIMITER) ||
	       ((type == NAL_PICTURE || type == NAL_KEY) && first_slice);
}

static void begin_nal(struct rtp_h264 *r, uint8_t header, bool first_slice)
{
	int type = header & 0x1f;

	if (r->has_picture && begins_picture(type, first_slice)) {
		end_unit(r);
	}
	r->key |= type == NAL_KEY;
	r->has_picture |= type >= NAL_PICTURE && type <= NAL_KEY;
	r->has_parameters |= type == NAL_SPS;
	add(r, start_code, sizeof(start_code));
	add(r, &header, 1);
}

static bool is_first_slice(const uint8_t *body, size_t len)
{
	return len > 0 && (body[0] & 0x80);
}

static void take_nal(struct rtp_h264 *r, const uint8_t *nal, size_t len)
{
	begin_nal(r, nal[0], is_first_slice(nal + 1, len - 1));
	add(r, nal + 1, len - 1);
}

static void take_many(struct rtp_h264 *r, const uint8_t *p, size_t len)
{
	while (len > 2) {
		size_t size = (size_t)p[0] << 8 | p[1];

		if (size == 0 || size > len - 2) {
			r->broken = true;
			return;
		}
		take_nal(r, p + 2, size);
		p += 2 + size;
		len -= 2 + size;
	}
}

static void take_fragment(struct rtp_h264 *r, const uint8_t *p, size_t len)
{
	if (len < 2) {
		r->broken = true;
		return;
	}
	if (p[1] & FU_START) {
		r->broken |= r->in_fragment;
		begin_nal(
		    r, (uint8_t)((p[0] & 0xe0) | (p[1] & 0x1f)), is_first_slice(p + 2, len - 2));
		r->in_fragment = true;
	} else if (!r->in_fragment) {
		r->broken = true; /* its beginning is missing */
		r->has_picture = true;
	}
	add(r, p + 2, len - 2);
	if (p[1] & FU_END) {
		r->in_fragment = false;
	}
}

static void take_payload(struct rtp_h264 *r, const uint8_t *p, size_t len)
{
	int type = p[0] & 0x1f;

	if (type == NAL_STAP_A) {
		take_many(r, p + 1, len - 1);
	} else if (type == NAL_FU_A) {
		take_fragment(r, p, len);
	} else if (type > 0 && type < NAL_STAP_A) {
		r->broken |= r->in_fragment;
		r->in_fragment = false;
		take_nal(r, p, len);
	}
}

/* Behind the fixed header: sources, an extension, padding. 0: no payload. */
static size_t find_payload(const uint8_t *p, size_t len, size_t *ret_len)
{
	size_t at = HEADER_BYTES + (size_t)(p[0] & 0x0f) * 4;

	if (p[0] & 0x10) {
		if (at + 4 > len) {
			return 0;
		}
		at += 4 + ((size_t)p[at + 2] << 8 | p[at + 3]) * 4;
	}
	if (p[0] & 0x20) {
		len -= p[len - 1] <= len ? p[len - 1] : len;
	}
	if (at >= len) {
		return 0;
	}
	*ret_len = len - at;
	return at;
}

/* Servers drop packets when the connection is slow. */
static void look_at_sequence(struct rtp_h264 *r, uint16_t sequence)
{
	if (r->started && sequence != (uint16_t)(r->sequence + 1)) {
		r->broken = r->lost = true;
		r->in_fragment = false;
	}
	r->started = true;
	r->sequence = sequence;
}

void rtp_h264_take(struct rtp_h264 *r, const uint8_t *packet, size_t len)
{
	size_t at, payload_len = 0;

	if (len <= HEADER_BYTES || packet[0] >> 6 != 2 || (packet[1] & 0x7f) != r->payload_type) {
		return;
	}
	look_at_sequence(r, (uint16_t)(packet[2] << 8 | packet[3]));
	at = find_payload(packet, len, &payload_len);
	if (at > 0) {
		take_payload(r, packet + at, payload_len);
	}
	if (packet[1] & 0x80) {
		end_unit(r);
	}
}
