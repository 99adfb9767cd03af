/* SPDX-License-Identifier: MIT */
/* Between the files of the JPEG camera: its port, and one client of it. */
#pragma once

#include "common/util.h"
#include "tests/sim/camera.h"
#include "tests/sim/conn.h"
#include "tests/sim/endpoint.h"
#include "tests/sim/printer.h"

struct camera {
	struct printer *printer;
	struct endpoint endpoint;
	struct list clients;
	struct event *tick;
	uint32_t number;	/* of the last picture */
	int64_t taken_until_ms; /* by a client that is gone; 0 = no */
};

struct camera_client {
	struct list link;
	struct camera *camera;
	struct conn conn;
	struct event *reap;
	bool known;		 /* its code was right */
	bool served;		 /* the place is its own */
	bool stuck;		 /* inside a picture */
	int64_t first_ms;	 /* no picture before */
	struct bytes queue;	 /* pictures with their headers that were not given out yet */
	uint64_t queued, frames; /* pictures in it; given out in all */
};

bool camera_fault(const struct camera *c, enum fault which);
int64_t camera_fault_arg(const struct camera *c, enum fault which);

/* camera_send.c */
/* Makes the next picture and gives it to all who are served. */
void camera_next(struct camera *c);
/* Half a picture, as far as it goes. */
void camera_send_half(struct camera_client *client);
