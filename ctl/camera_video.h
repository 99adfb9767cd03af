/* SPDX-License-Identifier: MIT */
/* Pictures of a folder as one video beside them. */
#pragma once

#include <stdint.h>

#include "ctl/avi.h"
#include "ctl/verbs.h"

#define CAMERA_FPS 24
#define CAMERA_FPS_MAX AVI_FPS_MAX

struct camera_video {
	const char *dir, *prefix; /* pictures are DIR/PREFIX000001.jpg, the video DIR/PREFIX.avi */
	int64_t first, last;	  /* numbers; one that is not there is left out */
	int fps;
	char *path;		/* owned, set by camera_video_make; NULL = none was made */
	int64_t frames, others; /* pictures in it; left out as their size is another */
	int64_t bytes;
};

/* Fewer than two pictures make no video, and a file that is there is never replaced: -2, -3 ... is
 * put behind the name. The exit status, reported; the pictures stay in any case. */
int camera_video_make(struct ctl *c, struct camera_video *v);
void camera_video_finish(struct camera_video *v);
