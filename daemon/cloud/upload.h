/* SPDX-License-Identifier: MIT */
/* A file from a client's socket to the two signed addresses of an upload: a thread each. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct loop;
struct upload;
struct uploads;

#define UPLOADS_MAX 2 /* at once; the others wait in their order */

/* Copied. */
struct upload_request {
	const char *file_url; /* takes the contents */
	const char *size_url; /* takes their length in digits; NULL: none was named */
	const char *ca_file;  /* anchors beside the system's; NULL: none */
	int fd;		      /* the client's socket, dup'ed; taken in any case */
	int64_t size_bytes;
};

/* From the loop, never before upload_start returns. */
struct upload_handler {
	/* The storage takes the contents. Nothing moves until upload_go. */
	void (*ready)(void *arg);
	/* Last call. ERR_NONE: the storage has said that it has both. */
	void (*done)(void *arg, const struct err *error);
	void *arg;
};

/* NULL without an eventfd. */
struct uploads *uploads_create(struct loop *l);
/* Cuts what runs, tells nobody. NULL is fine. */
void uploads_destroy(struct uploads *u);

/* 0, or negative with *e: cloud_error when an address is not one of https. */
int upload_start(struct uploads *u, const struct upload_request *r, const struct upload_handler *h,
    struct upload **ret, struct err *e);
void upload_go(struct upload *u);
/* done follows, with ERR_CANCELLED unless it has just ended. */
void upload_cancel(struct upload *u);
/* Cancels, and the handler is not called any more. */
void upload_forget(struct upload *u);
void upload_progress(const struct upload *u, int64_t *ret_done, int64_t *ret_total);

/* What a refusal of the storage means: the status, and the body it came with. */
void upload_refused(int status, const char *body, struct err *ret);
