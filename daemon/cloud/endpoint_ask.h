/* SPDX-License-Identifier: MIT */
/* Asks one endpoint: its paths one after the other, and an answer that is one, or a named error. */
#pragma once

#include "daemon/cloud/endpoint.h"

struct endpoint_ask;

/* Good for the call. */
struct endpoint_answer {
	struct err error;  /* ERR_NONE: it is good */
	bool absent;	   /* the service has no such thing */
	int status;	   /* of HTTP, 0 when none came */
	json_object *body; /* borrowed; fits the shape when it was asked for something */
};

/* Once, from the loop. */
typedef void (*endpoint_fn)(void *arg, const struct endpoint_answer *a);

/* params as checked against the method's row, serial of the printer meant or NULL: both copied. fn
 * follows; or NULL with *e = invalid_params, and it does not. */
struct endpoint_ask *endpoint_ask_start(struct rest *rest, const struct endpoint *p,
    json_object *params, const char *serial, endpoint_fn fn, void *arg, struct err *e);
/* fn is not called. NULL is fine. */
void endpoint_ask_cancel(struct endpoint_ask *a);
