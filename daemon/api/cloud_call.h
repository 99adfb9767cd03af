/* SPDX-License-Identifier: MIT */
/* What all calls about the cloud have in common: the printer meant, and how an answer is written.
 */
#pragma once

#include <stdbool.h>

#include "daemon/cloud/endpoint_ask.h"
#include "daemon/cloud/shape.h"

struct call;
struct jw;

/* 0, or -EOPNOTSUPP with *c->e: this daemon serves no account. */
int cloud_rest(struct call *c, struct rest **ret);
/* Serial of the one printer that `printer` means; of a serial that is not known here, itself: an
 * account may have printers that nobody adopted. Without the parameter: the only one when needed,
 * else NULL. 0 with an owned text, or negative with *c->e. */
int cloud_serial(struct call *c, bool needed, char **ret);
/* What this client may see. */
struct shape_view cloud_view(const struct call *c);

/* How a call wants its answer. */
struct cloud_form {
	struct shape_view view;
	bool raw;
	int limit;
	int64_t page;
};
struct cloud_form cloud_form(const struct call *c);
/* The answer of an endpoint as the members of the present object. */
void cloud_write(
    struct jw *w, const struct endpoint *row, json_object *body, const struct cloud_form *f);
