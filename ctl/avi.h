/* SPDX-License-Identifier: MIT */
/* JPEGs as a video: an AVI file of Motion JPEG, every picture as it is. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define AVI_FPS_MAX 120 /* pictures a second */
#define AVI_E_FULL 1	/* the format ends at 4 GiB */

struct avi {
	int fd; /* borrowed; a file that can be written anywhere */
	int width, height, fps;
	int64_t at; /* where the next picture goes */
	uint32_t largest;
	struct avi_entry *index; /* owned */
	size_t count, room;
};

/* Begins. Nothing is valid before avi_end. 0 or negative errno. */
int avi_begin(struct avi *a, int fd, int width, int height, int fps);
/* 0; AVI_E_FULL: what is there can still be ended well; or negative errno. */
int avi_add(struct avi *a, const void *jpeg, size_t len);
/* Writes index and header. 0 or negative errno. */
int avi_end(struct avi *a);
void avi_finish(struct avi *a);
