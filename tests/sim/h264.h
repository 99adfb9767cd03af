/* SPDX-License-Identifier: MIT */
/* Writes H.264 without compressing: key pictures from plain blocks, and pictures that change
 * nothing. */
#pragma once

#include <stdint.h>

struct bytes;

#define H264_BLOCK 16

/* One unit each, without a start code, appended. */
void h264_write_sps(int width, int height, struct bytes *out); /* even sides */
void h264_write_pps(struct bytes *out);

struct h264_key {
	int width, height;
	uint32_t number;     /* of this key picture */
	const uint8_t *gray; /* upper rows of whole blocks, width bytes a line */
	int gray_rows;	     /* rows of blocks in it; below them come coloured bars */
};

/* A key picture; the frames of its group count from 0, so it is the first. */
void h264_write_key(const struct h264_key *key, struct bytes *out);
/* The picture before once more; frame: its place in the group, from 1. */
void h264_write_same(int width, int height, unsigned frame, struct bytes *out);
