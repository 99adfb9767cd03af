/* SPDX-License-Identifier: MIT */
/* The interface of daemon/camera without a network: the test is the camera. */
#pragma once

#include "daemon/camera/camera.h"

/* p0 has a camera that is idle, every other printer has none. */
void fake_camera_reset(struct loop *l);
/* For api_deps. */
struct camera *fake_camera_of(void *arg, const char *serial);
void fake_camera_phase(enum camera_phase phase, enum err_type error, const char *why);
/* A new picture of so many bytes, whose every byte is the low one of its number. */
void fake_camera_frame(size_t len);
/* Nobody gets a picture any more. */
void fake_camera_end(enum err_type error, const char *why);
unsigned fake_camera_viewers(void);
/* References to the newest picture, the camera's own among them. */
unsigned fake_camera_refs(void);
