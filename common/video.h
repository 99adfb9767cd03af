/* SPDX-License-Identifier: MIT */
/* What bambud says to bambud-video. The answers are pictures as a port 6000 sends them: 16 bytes,
 * the first four the size, little-endian, then a JPEG. */
#pragma once

/* Before each unit, little-endian: its size, then its flags. */
#define VIDEO_HEAD_BYTES 8
#define VIDEO_UNIT_MAX (2u * 1024 * 1024)
#define VIDEO_ANSWER_HEAD_BYTES 16

/* A key picture after which nothing comes that builds on it: it is shown at once. */
#define VIDEO_ALONE 1u
