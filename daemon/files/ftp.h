/* SPDX-License-Identifier: MIT */
/* One thread's connection to a printer's files: a curl handle that verifies as the printer's MQTT
 * does, hears every reply, and can be cut from another thread. */
#pragma once

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/files/reply.h"
#include "daemon/io/tls.h"

#define FTP_SOCKETS_MAX 8

/* Sockets that live, so that whoever cuts need not wait for a poll to end. */
struct ftp_cut {
	pthread_mutex_t lock;
	int sockets[FTP_SOCKETS_MAX];
	bool is_cut;
};
void ftp_cut_init(struct ftp_cut *c);
void ftp_cut_finish(struct ftp_cut *c);
/* Ends what goes on, now; what is opened later fails. In any thread. */
void ftp_cut_all(struct ftp_cut *c);

/* Whom to talk to: copies, for the thread. */
struct ftp_target {
	char *name, *serial, *address;
	uint16_t port;
	struct secret *code;
	struct tls_lent *trust;
	enum tls_verify verify;
	uint8_t pin[32];
	bool tls12, clear_fallback, internal;
	bool clear; /* the contents go in the clear: learnt, not configured */
};
void ftp_target_copy(const struct files_printer *p, struct ftp_target *ret);
void ftp_target_finish(struct ftp_target *t);

struct ftp {
	CURL *easy;
	const struct ftp_target *target;
	struct ftp_cut *cut;
	struct tls_peer peer;
	struct curl_slist *resolve;
	struct reply last;  /* what the server said last */
	int64_t size_bytes; /* what it said to SIZE, -1 */
	bool opened;	    /* 150 or 125 came: the contents may flow */
	/* The clock of the wait for the printer; touched by ftp_alive. */
	int64_t alive_ms;
	int64_t moved_bytes;
	int control_fd;
	bool upload;
	bool flowing;  /* the contents began: the data channel is fine */
	bool complete; /* nothing more to come but the reply */
	bool stalled;
};

/* 0, or negative without memory or a name that no URL holds. */
int ftp_init(struct ftp *f, const struct ftp_target *t, struct ftp_cut *cut);
void ftp_finish(struct ftp *f);
/* Back to a handle that does nothing yet; live connections stay. */
void ftp_reset(struct ftp *f);
/* The URL of a clean path. */
void ftp_path(struct ftp *f, const char *path, bool folder);
CURLcode ftp_perform(struct ftp *f);
/* Something moved, or the wait was not for the printer. */
void ftp_alive(struct ftp *f);

/* Requests without contents; what the server said is in f->last. */
CURLcode ftp_size(struct ftp *f, const char *path); /* f->size_bytes, -1 unknown */
CURLcode ftp_is_folder(struct ftp *f, const char *path);
/* verb: "DELE", "MKD" */
CURLcode ftp_command(struct ftp *f, const char *verb, const char *path);

/* True when the contents were announced and the data channel then hung: not when some came. */
bool ftp_hung_in_tls(const struct ftp *f, CURLcode code);
/* What a failed request means, as far as no contents are concerned. evidence: for refusals. */
void ftp_error(const struct ftp *f, CURLcode code, enum files_verb verb, const char *path,
    enum reply_evidence evidence, struct err *e);
/* True when the server itself said no. */
bool ftp_was_refused(CURLcode code);
