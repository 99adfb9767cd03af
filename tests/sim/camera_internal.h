/* SPDX-License-Identifier: MIT */
/* Between the files of the JPEG camera: its port, and one client of it. */
#pragma once

#include "common/util.h"
#include "tests/sim/camera.h"
#include "tests/sim/conn.h"
#include "tests/sim/endpoint.h"
#include "tests/sim/printer.h"

struct picture_facts;

#define RTP_TYPE 96
#define RTP_GROUP 10 /* pictures from key to key */

struct camera {
	struct printer *printer;
	struct endpoint endpoint;
	struct list clients;
	struct event *tick;
	bool rtsp;		/* H.264 instead of JPEG */
	unsigned frame;		/* of its stream, the next one */
	int64_t picture_ms;	/* when the last one was made */
	uint32_t number;	/* of the last picture */
	int64_t taken_until_ms; /* by a client that is gone; 0 = no */
};

struct rtsp_client {
	char nonce[33];
	uint32_t source; /* of its RTP packets, and the number of its session */
	uint16_t sequence;
	uint8_t channel;
	bool set_up;
};

struct camera_client {
	struct list link;
	struct camera *camera;
	struct conn conn;
	struct event *reap;
	bool known;  /* its code was right */
	bool served; /* the place is its own */
	struct rtsp_client rtsp;
	bool stuck;		 /* inside a picture */
	int64_t first_ms;	 /* no picture before */
	struct bytes queue;	 /* pictures with their headers that were not given out yet */
	uint64_t queued, frames; /* pictures in it; given out in all */
};

bool camera_fault(const struct camera *c, enum fault which);
int64_t camera_fault_arg(const struct camera *c, enum fault which);

/* A client that found no place stays without one, also when it becomes free. */
void camera_take_place(struct camera_client *client);

/* camera_send.c */
/* Makes the next picture and gives it to all who are served. */
void camera_next(struct camera *c);
/* Half a picture, as far as it goes. */
void camera_send_half(struct camera_client *client);
/* Of the picture with the present number. */
void camera_write_facts(const struct camera *c, struct picture_facts *ret, char ret_caption[96]);

/* Requests that have come. rtsp.c */
void rtsp_input(struct camera_client *client);
void rtsp_init(struct camera_client *client);

/* One H.264 unit; true: a key picture. rtp.c */
bool rtp_next_picture(struct camera *c, struct bytes *ret);
/* Its packets go to the client's queue. */
void rtp_add_picture(struct camera_client *client, const struct bytes *unit, bool key);
void camera_write_parameters(const struct camera *c, struct bytes *ret_sps, struct bytes *ret_pps);
