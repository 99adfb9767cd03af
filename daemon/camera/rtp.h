/* SPDX-License-Identifier: MIT */
/* H.264 out of RTP packets: units put together, each one picture (RFC 3550, 6184). Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_UNIT_MAX (2u * 1024 * 1024) /* a picture: its biggest seen have 400 kB */
#define RTP_PARAMETERS_MAX 1024

/* Timestamps are not looked at: a P2S freezes them (bambu.md 2.7). What a marker does not end, the
 * next picture's beginning does. */
struct rtp_h264 {
	int payload_type;
	uint8_t parameters[RTP_PARAMETERS_MAX]; /* put before a key picture that brings none */
	size_t parameters_len;
	/* A whole picture, each part behind 00 00 00 01; borrowed. May not finish the struct. */
	void (*unit)(void *arg, const uint8_t *data, size_t len, bool key);
	void *arg;
	/* its own */
	uint8_t *data;
	size_t len, size;
	bool key, has_picture, has_parameters, broken;
	bool in_fragment;
	bool lost; /* nothing is given before the next key picture */
	bool started;
	uint16_t sequence;
	uint64_t dropped; /* pictures */
};

void rtp_h264_init(struct rtp_h264 *r, int payload_type);
void rtp_h264_set_parameters(struct rtp_h264 *r, const uint8_t *data, size_t len);
/* One packet, any bytes. */
void rtp_h264_take(struct rtp_h264 *r, const uint8_t *packet, size_t len);
void rtp_h264_finish(struct rtp_h264 *r);
