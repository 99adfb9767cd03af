/* SPDX-License-Identifier: MIT */
/* Every endpoint of the cloud that is a method here: one row each, and the request a call makes of
 * it (pure). */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "daemon/cloud/rest.h"

struct shape;

#define ENDPOINT_PARAMS 8
#define ENDPOINT_PATHS 3
#define ENDPOINT_LIMIT 20      /* things of a page when nobody says */
#define ENDPOINT_LIMIT_MAX 100 /* the service may give less than asked for; so much it gives */

/* Where a parameter goes. */
enum endpoint_place {
	ENDPOINT_QUERY,
	ENDPOINT_BODY,
	ENDPOINT_PATH,	    /* in place of {id} */
	ENDPOINT_WHOLE_BODY /* an object that is the body */
};

/* How a list goes on. */
enum endpoint_paging {
	ENDPOINT_WHOLE_LIST,
	ENDPOINT_PAGES, /* page, counted from 1 */
	ENDPOINT_AFTER	/* id of the last thing */
};

/* Devices are called dev_id, device_id and deviceId, endpoint by endpoint (inventory trap 10). */
struct endpoint_param {
	const char *ours; /* of the socket's method; "serial" is made of its `printer` */
	const char *wire;
	enum endpoint_place place;
	const char *otherwise; /* sent when it was left out; NULL: not sent */
};

struct endpoint {
	const char *method; /* of the socket */
	const char *verb;   /* of HTTP */
	/* Tried in their order while the one before is absent (404, 405). */
	const char *paths[ENDPOINT_PATHS];
	struct endpoint_param params[ENDPOINT_PARAMS];
	enum rest_bucket bucket;
	enum endpoint_paging paging;
	const struct shape *shape; /* NULL: success says all */
	/* What is said when the service has it no longer or never had: then it is `unsupported`,
	 * not a fault of the moment. NULL: 404 is a fault like any other. */
	const char *absent, *instead;
	bool refused_is_absent; /* 403 with code 8 as well */
	bool rebinds;		/* the list of printers is another one afterwards */
};

/* Sorted by method. */
extern const struct endpoint endpoint_table[];
extern const size_t endpoint_count;

/* NULL when the method is none. */
const struct endpoint *endpoint_find(const char *method);
size_t endpoint_paths(const struct endpoint *e);

/* A request; the strings and objects in it are owned. */
struct endpoint_request {
	struct rest_request rest;
	char *path;
	json_object *query, *body;
};

/* What params (checked against the method's row) ask of the path-th path; serial: of the printer
 * meant, or NULL. 0, or -EINVAL with *e = invalid_params. */
int endpoint_request(const struct endpoint *p, size_t path, json_object *params, const char *serial,
    struct endpoint_request *ret, struct err *e);
void endpoint_request_finish(struct endpoint_request *r);
/* How many things a page of this call has. */
int endpoint_limit(json_object *params);

/* A path that somebody typed: from the first slash, without query, fragment, "..", blanks, control
 * characters, another host. 0, or -EINVAL with *e = invalid_params. */
int endpoint_check_path(const char *path, struct err *e);
/* The bucket a typed path belongs to. */
enum rest_bucket endpoint_bucket(const char *path);
