/* SPDX-License-Identifier: MIT */
/* http without a network, in the place of the real one: keeps what was asked, and is told what the
 * answers are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/io/http.h"

struct loop;

/* What every call is answered with at the loop's next turn; NULL: calls stay open. */
struct fake_answer {
	enum http_fault fault;
	int status;
	const char *body;
	struct http_header headers[4];
};

struct http *fake_http_create(struct loop *l);
void fake_http_destroy(struct http *h);
void fake_http_script(struct http *h, const struct fake_answer *a);
/* Answers the oldest open call. False when there is none. */
bool fake_http_answer(struct http *h, const struct fake_answer *a);
unsigned fake_http_sent(const struct http *h); /* calls so far */
unsigned fake_http_open(const struct http *h);
/* Of the last request; "" = none. */
const char *fake_http_url(const struct http *h);
const char *fake_http_method(const struct http *h);
const char *fake_http_headers(const struct http *h); /* one a line */
const char *fake_http_bearer(const struct http *h);
const char *fake_http_body(const struct http *h);
