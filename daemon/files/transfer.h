/* SPDX-License-Identifier: MIT */
/* One request about a printer's files, from its first byte to its last, in a thread of its own. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/files/files.h"
#include "daemon/files/ftp.h"
#include "daemon/files/listing.h"

struct transfer {
	/* Set before it runs. */
	struct ftp_target target;
	enum files_verb verb;
	char *path;
	int fd;		    /* owned; the client's socket, or -1 */
	int wake_fd;	    /* owned; an eventfd by which the loop is heard */
	int64_t size_bytes; /* PUT: what comes */
	int64_t wall_s;
	void (*news)(struct transfer *t); /* in the thread: ready or ended changed */

	/* Between the threads. */
	struct ftp_cut cut, cut_cleanup;
	atomic_bool go, cancelled;
	atomic_bool ready, ended; /* ready_bytes, the results: good once these are true */
	_Atomic int64_t done_bytes, total_bytes;
	int64_t ready_bytes;

	/* The results. */
	struct err error;
	struct listing listing;

	/* Of the thread. */
	struct ftp ftp;
	bool stored;	  /* PUT: the printer has a file of ours, whole or in part */
	struct err local; /* why it was ended on this side */
	char *text;	  /* LIST */
	size_t text_len, text_size;
};

/* 0, or negative errno without an eventfd. The request's descriptor is taken in any case. */
int transfer_init(struct transfer *t, const struct files_request *r, int64_t wall_s);
void transfer_finish(struct transfer *t);
/* Blocks until all is over; the results are good from `ended` on, before the last cleaning up. */
void transfer_run(struct transfer *t);

/* From the loop. */
void transfer_go(struct transfer *t);
void transfer_cancel(struct transfer *t);
/* As cancel, and nothing is cleaned up either. */
void transfer_abandon(struct transfer *t);
