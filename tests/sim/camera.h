/* SPDX-License-Identifier: MIT */
/* The camera of a simulated printer, JPEG or RTSP over TLS: one client is sent pictures. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/fault.h"

struct camera;
struct printer;
struct printer_counters;

struct camera_options {
	uint16_t port; /* of the first printer; 0 = the kernel chooses */
	double hz;     /* pictures a second */
	int width, height;
	const char *mode; /* of written configurations: always, on-demand, off */
};

/* One --camera or --camera-KEY of the command line; value must outlive the options. False = bad. */
bool camera_read_option(struct camera_options *o, const char *name, const char *value);

/* Beside the broker's address; port 0: the kernel chooses. 0 or negative errno. */
int camera_create(struct printer *p, uint16_t port, struct camera **ret);
void camera_destroy(struct camera *c); /* NULL is fine */
uint16_t camera_port(const struct camera *c);
/* Opens or closes the port and touches clients as the faults and the printer's setting want. 0 or
 * negative errno. */
int camera_apply_faults(struct camera *c);
/* Ends every connection in the middle of a picture. */
void camera_kick(struct camera *c);
void camera_drop(struct camera *c, const char *why);
/* What is known of those who are still there. */
void camera_add_living(const struct camera *c, struct printer_counters *n);
