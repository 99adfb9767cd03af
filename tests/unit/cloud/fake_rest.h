/* SPDX-License-Identifier: MIT */
/* The REST interface without a network: a test sees what is asked and says what is answered. */
#pragma once

#include "daemon/cloud/rest.h"
#include "daemon/io/loop.h"

/* What was asked last. */
struct fake_asked {
	char method[8], path[96], query[96], body[512], header[2][256];
	enum rest_host host;
	bool anonymous;
	char token[128]; /* of rest, "" none */
};

struct rest *fake_rest_create(void);
void fake_rest_destroy(struct rest *r);
/* The oldest question that is not answered; NULL none. */
const struct fake_asked *fake_rest_asked(const struct rest *r);
/* How many there have been. */
unsigned fake_rest_count(const struct rest *r);
/* Answers the oldest one. error ERR_NONE with a 4xx status becomes cloud_error, as the real one
 * says it. body may be NULL. */
void fake_rest_answer(struct rest *r, int status, const char *body);
void fake_rest_fail(struct rest *r, enum err_type type);
void fake_rest_cookies(
    struct rest *r, const char *token, const char *csrf); /* of the next answer */
void fake_rest_retry_after(struct rest *r, int64_t ms);	  /* of the next answer */
void fake_rest_block(struct rest *r, int64_t ms);
