/* SPDX-License-Identifier: MIT */
/* A camera whose printer is the test, and time that passes as told. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/camera/camera.h"
#include "tests/unit/camera/fake_stream.h"

#define RIG_SERIAL "01P00A000000001"

struct loop;
struct secret;
struct tls_store;

struct rig {
	int64_t now_ms;
	struct loop *loop;
	struct tls_store *store;
	struct tls_profile *profile;
	struct secret *code;
	struct camera *camera;
	struct camera_target target; /* for rig_begin; a JPEG camera, always */
	unsigned changes, frames, losses, recoveries;
	char why_lost[128];
};

int rig_setup(void **state);
int rig_teardown(void **state); /* no stream is left, and never were there two */
/* Time passes in small steps, so that timers are due in their order. */
void rig_pass(struct rig *r, int64_t ms);
void rig_begin(struct rig *r);	/* gives the camera the target as it is now */
void rig_stream(struct rig *r); /* connected, and one picture came */
void rig_picture(void);
struct camera_view rig_look(const struct rig *r);
void rig_expect(const struct rig *r, enum camera_phase phase, enum err_type error);
void rig_expect_why(const struct rig *r, const char *part);
/* ms until the next dial, which must come. */
int64_t rig_until_dial(struct rig *r, int64_t max_ms);
