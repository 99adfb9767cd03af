/* SPDX-License-Identifier: MIT */
/* Files on printers over implicit FTPS: a thread each transfer, eight at once, one at a time a
 * printer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "daemon/io/tls.h"

struct files;
struct files_job;
struct listing;
struct loop;
struct secret;

#define FILES_THREADS 8
#define FILES_WAITING_MAX 64 /* jobs that wait for a thread or for their printer */

enum files_verb { FILES_LIST, FILES_PUT, FILES_GET, FILES_DELETE, FILES_MKDIR, FILES_VERB_COUNT };

/* Whom to talk to, and how; copied. */
struct files_printer {
	const char *name, *serial; /* serial: also the certificate's CN and the queue's key */
	const char *address;	   /* numeric */
	uint16_t port;
	const struct secret *code;
	struct tls_profile *profile; /* of the printer; ref taken */
	enum tls_verify verify;
	const uint8_t *pin;  /* 32 bytes, for TLS_VERIFY_PIN */
	bool tls12;	     /* TLS 1.3 tickets break the reuse its data channel demands */
	bool clear_fallback; /* its data channel may hang in TLS: tried in the clear then */
	bool internal;	     /* has a storage of its own beside the card, which FTP does not show */
};

struct files_request {
	enum files_verb verb;
	struct files_printer printer;
	const char *path; /* as files_path wrote it; copied */
	int fd;		  /* PUT, GET: the client's socket, dup'ed, taken in any case; else -1 */
	int64_t size;	  /* PUT: bytes that come; else -1 */
};

struct files_result {
	struct err error;	       /* ERR_NONE: done */
	const struct listing *listing; /* LIST, good for the call */
	int64_t bytes;		       /* moved */
	bool clear_data;	       /* the contents went unencrypted over the network */
};

/* Called from the loop, never before files_start returns. */
struct files_handler {
	/* PUT, GET: the printer takes or gives the contents; size: of GET, -1 unknown. Nothing
	 * moves until files_job_go. Not called when it fails before. */
	void (*ready)(void *arg, int64_t size);
	/* Last call. PUT: every byte is there, the printer's size of the file was compared. */
	void (*done)(void *arg, const struct files_result *result);
	void *arg;
};

/* NULL without an eventfd. */
struct files *files_create(struct loop *l);
/* Cancels all without telling anybody; what runs is cut and waited for, some milliseconds. NULL is
 * fine. */
void files_destroy(struct files *f);

/* 0 and the job, or negative with *e: busy (too many wait). */
int files_start(struct files *f, const struct files_request *r, const struct files_handler *h,
    struct files_job **ret, struct err *e);
void files_job_go(struct files_job *job);
/* done follows, with ERR_CANCELLED unless it has just ended. */
void files_job_cancel(struct files_job *job);
/* Cancels, and the handler is not called any more. */
void files_job_forget(struct files_job *job);
/* Still waits for its turn. */
bool files_job_is_queued(const struct files_job *job);
/* Bytes so far and in all, -1 unknown. */
void files_job_progress(const struct files_job *job, int64_t *ret_done, int64_t *ret_total);

/* A path of a client made clean: absolute, without empty parts, no "..", no control character,
 * UTF-8, at most 255 bytes. `dest` names what the caller has (NULL: nothing is appended);
 * a path that ends in '/' gets its last part appended. 0 with an owned path, or -EINVAL with *e =
 * file_refused. */
int files_path(const char *path, const char *dest, char **ret, struct err *e);
