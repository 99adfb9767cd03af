/* SPDX-License-Identifier: MIT */
/* Which printers there are: from a count, a farm file or the demo; and configurations for them. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/camera.h"
#include "tests/sim/model.h"

struct sim;

#define FARM_MODELS_MAX 32

struct farm_options {
	size_t printers;   /* of a farm by count */
	const char *file;  /* a farm file, or "demo"; NULL = by count */
	const char *code;  /* the access code of all; NULL = each its own */
	const char *ams;   /* AMS words of all; NULL = what is usual for the model */
	const char *state; /* mood of all; NULL = different ones */
	const struct sim_model *model[FARM_MODELS_MAX];
	size_t models; /* 0 = all, in turn */
	struct in_addr address;
	bool address_each; /* printer n listens on address + n */
	uint16_t port;	   /* first port; 0 = the kernel chooses */
	uint16_t ftp_port; /* the same for the file servers */
	struct camera_options camera;
	uint64_t seed;
	bool still;
};

/* Creates all printers of sim. 0, or negative errno after a message on stderr. */
int farm_create(struct sim *sim, const struct farm_options *o);
void farm_start(struct sim *sim);
void farm_destroy(struct sim *sim);
/* A bambud configuration, mode 0600, replaced at once; whole = with a [Daemon] section. ca_path as
 * it shall stand in the file; camera: the mode of those that have one here. 0 or negative errno. */
int farm_write_config(
    const struct sim *sim, const char *path, const char *ca_path, const char *camera, bool whole);
