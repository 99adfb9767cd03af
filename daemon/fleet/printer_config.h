/* SPDX-License-Identifier: MIT */
/* What is configured for one printer, ready to use: paths made absolute, secrets read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/secret.h"

enum verify_mode { VERIFY_CHAIN, VERIFY_PIN, VERIFY_INSECURE, VERIFY_MODE_COUNT };
enum link_mode { MODE_AUTO, MODE_LAN, MODE_CLOUD, LINK_MODE_COUNT };
enum camera_mode { CAMERA_ALWAYS, CAMERA_ON_DEMAND, CAMERA_OFF, CAMERA_MODE_COUNT };
enum gcode_mode { GCODE_ALLOW, GCODE_CONFIRM, GCODE_DENY, GCODE_MODE_COUNT };

struct printer_config {
	char *name, *serial;
	char *address;			      /* NULL: not known yet */
	uint16_t port, camera_port, ftp_port; /* camera_port 0: by model */
	struct secret *access_code; /* NULL: none given, or refused (then disabled says why) */
	char *model;		    /* NULL: detected */
	enum link_mode mode;
	enum verify_mode verify;
	char *ca_file; /* absolute; NULL: built-in anchors only */
	uint8_t pin[32];
	char **tags; /* NULL-terminated, or NULL */
	enum camera_mode camera;
	enum gcode_mode gcode;
	int max_nozzle_c, max_bed_c; /* 0: from the model */
	bool cloud;		     /* bound to the account that is signed in */
	char *disabled; /* NULL: usable; else one sentence why not, with what to type */
};

void printer_config_finish(struct printer_config *c);
/* Deep copy into a zeroed ret. */
void printer_config_copy(const struct printer_config *c, struct printer_config *ret);
/* True when nothing differs that needs a new connection (tags, guards, camera may differ). */
bool printer_config_same_link(const struct printer_config *a, const struct printer_config *b);
/* True when nothing differs at all. */
bool printer_config_equal(const struct printer_config *a, const struct printer_config *b);
