/* SPDX-License-Identifier: MIT */
/* Between the files of the file server: one client, its data channel, its verbs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/util.h"
#include "tests/sim/conn.h"
#include "tests/sim/endpoint.h"
#include "tests/sim/printer.h"
#include "tests/sim/store.h"

struct jw;

enum ftp_kind { FTP_NOTHING, FTP_LIST, FTP_SEND, FTP_RECEIVE };

/* The data channel: opened by PASV, then used by one transfer. */
struct ftp_data {
	struct endpoint passive;
	bool listening, connected, clear;
	struct conn conn;
	bool used; /* conn was initialised and not finished */

	enum ftp_kind kind; /* not FTP_NOTHING: a transfer is on */
	bool announced;	    /* 150 was said */
	bool ended;	    /* every byte moved; the 226 is due */
	bool tls13;
	int64_t moved, length;	   /* length: of what is sent */
	struct bytes listing;	   /* FTP_LIST */
	char path[STORE_PATH_MAX]; /* FTP_SEND */
	struct store_upload *upload;
	struct event *timer;
	int timer_for;
};

struct ftp_session {
	struct list link;
	struct printer *printer;
	struct ftp_door *door;
	struct conn conn;
	struct event *reap, *resume;
	char user[16], cwd[STORE_PATH_MAX];
	bool logged_in, mute, leaving, prot_set, prot_clear;
	struct ftp_data data;
};

struct ftp_door {
	struct printer *printer;
	struct endpoint endpoint;
	struct list sessions;
	size_t count;
	struct ftp_session *transferring; /* one at a time */
};

void ftp_reply(struct ftp_session *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void ftp_close(struct ftp_session *s, const char *why);
bool ftp_fault(const struct ftp_session *s, enum fault which);
int64_t ftp_fault_arg(const struct ftp_session *s, enum fault which);

/* One line of a client, without its end. ftp_verb.c */
void ftp_run(struct ftp_session *s, char *line);

/* A listening port; 0 and it, or negative errno. ftp_data.c */
int ftp_data_listen(struct ftp_session *s, uint16_t *ret_port);
/* Begins once the client has connected; the kind's fields of s->data are set. Replies by itself. */
void ftp_data_start(struct ftp_session *s, enum ftp_kind kind);
/* Ends all of it without a word. */
void ftp_data_reset(struct ftp_session *s);
void ftp_data_init(struct ftp_session *s);
void ftp_data_finish(struct ftp_session *s);

/* A listing of a folder, or of one file. ftp_list.c */
void ftp_list_write(struct ftp_session *s, const char *path, bool names_only, struct bytes *out);
/* One more line of a listing that never ends. */
void ftp_list_write_endless(struct bytes *out, int64_t at);
