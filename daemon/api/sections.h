/* SPDX-License-Identifier: MIT */
/* The `sections` parameter of a call as a mask. */
#pragma once

#include <stdint.h>

struct call;

/* All sections when the parameter is absent. 0, or -EINVAL with *c->e naming what is unknown. */
int sections_param(struct call *c, uint32_t *ret_mask);
