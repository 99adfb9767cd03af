/* SPDX-License-Identifier: MIT */
/* The metrics over a Unix socket: GET /metrics of HTTP/1.0 and 1.1, one request a connection. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#define SCRAPE_CLIENTS_MAX 8
#define SCRAPE_HEAD_MAX 8192	       /* bytes of a request */
#define SCRAPE_DEADLINE_MS (10 * 1000) /* from the connection to its end, whoever is slow */
#define SCRAPE_KEPT_MS 1000	       /* who asks more often gets the same text */

struct loop;
struct scrape;

struct scrape_deps {
	struct loop *loop;
	char *(*text)(void *arg);	     /* the present metrics; freed here */
	bool (*may_read)(void *arg, int fd); /* who has connected may have them */
	void *arg;
};

struct scrape *scrape_create(const struct scrape_deps *deps);
/* Ends all clients and removes the socket. NULL is fine. */
void scrape_destroy(struct scrape *s);
/* Listens at path (absolute), which replaces the one of before; NULL: nowhere. 0 or negative errno:
 * then nothing listens. */
int scrape_listen(struct scrape *s, const char *path, mode_t mode);
