/* SPDX-License-Identifier: MIT */
/* The blocking side of an upload: two PUTs as the storage's signatures want them. */
#pragma once

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

#define PUT_BODY_MAX 4096 /* kept of what the storage says */

struct put {
	/* Set before it runs. */
	char *file_url, *size_url, *ca_file;
	int fd;	     /* owned; the client's socket */
	int wake_fd; /* owned; an eventfd by which the loop is heard */
	int64_t size_bytes;
	void (*news)(struct put *p); /* in the thread: ready has changed */

	/* Between the threads. */
	atomic_bool go, cancelled, ready;
	_Atomic int64_t done_bytes;

	/* The result. */
	struct err error;

	/* Of the thread. */
	CURL *easy;
	struct err local; /* why it was ended on this side */
	int64_t alive_ms, moved_bytes;
	char body[PUT_BODY_MAX + 1];
	size_t body_len;
};

void put_run(struct put *p);
void put_wake(struct put *p);
void put_finish(struct put *p);
