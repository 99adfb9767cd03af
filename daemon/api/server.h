/* SPDX-License-Identifier: MIT */
/* The control socket: listener, clients, their rights; the composition root gives it what it
 * serves. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"
#include "common/method.h"
#include "daemon/fleet/dropin.h"

struct account;
struct camera;
struct discovery;
struct event_log;
struct files;
struct fleet;
struct history;
struct hub;
struct jw;
struct loop;
struct registry;
struct rest;
struct server;
struct uploads;

/* What handlers may use. All borrowed, all outlive the server. */
struct api_deps {
	struct loop *loop;
	struct hub *hub;
	struct event_log *events; /* NULL: only what the hub holds is served */
	struct registry *registry;
	struct fleet *fleet;	 /* its tap and wire are the server's */
	struct history *history; /* NULL: history.* is unsupported */
	struct files *files;	 /* NULL: file.* is unsupported */
	struct account *account; /* NULL: none is served */
	struct rest *rest;	 /* goes with it */
	struct uploads *uploads; /* goes with it */
	const char *version;	 /* "0.1.0" */
	const char *(*instance)(void *arg);
	/* daemon.reload: re-reads the configuration; 0 with *ret_changed an owned JSON array of
	 * strings, else negative and *e. */
	int (*reload)(void *arg, char **ret_changed, struct err *e);
	/* Configuration files read and warnings, as two owned JSON arrays of strings. */
	void (*config_info)(void *arg, char **ret_files, char **ret_warnings);
	/* daemon.config: owned text, secrets as ***. May be NULL: unsupported. */
	char *(*config_text)(void *arg);
	/* Further subjects of daemon.stats: members of the `counters` object. May be NULL. */
	void (*stats)(void *arg, struct jw *w);
	/* metrics.text: owned text. May be NULL: unsupported. */
	char *(*metrics)(void *arg);
	/* printer.add, .set and .remove: writes the printer's drop-in and takes it into force;
	 * every printer may be another object afterwards. 0, or negative with *e and nothing
	 * changed. May be NULL: unsupported. */
	int (*edit_printer)(void *arg, enum printer_edit what, const char *name,
	    const struct dropin_value *values, size_t count, struct err *e);
	/* Who listens for announcements, NULL when nobody does; valid till the loop turns. May be
	 * NULL. */
	struct discovery *(*discovery)(void *arg);
	/* Why states of printers cannot be written, NULL: they can. May be NULL. */
	const char *(*states_error)(void *arg);
	/* The camera of a printer, NULL when it has none. */
	struct camera *(*camera)(void *arg, const char *serial);
	void *arg;
};

struct server_access {
	uid_t own_uid;		     /* the daemon's: admin */
	bool private_user;	     /* run by an ordinary user: only that user (and root) */
	gid_t control_gid, read_gid; /* (gid_t)-1 = none */
	bool others_read;
};

struct server *server_create(const struct api_deps *deps, const struct server_access *access);
/* Listens at path (mode 0600 or 0666) or on an inherited fd (fd >= 0, path ignored). 0 or negative
 * errno. The caller holds the state-directory lock, so a stale socket at path is unlinked here. */
int server_listen(struct server *s, const char *path, mode_t mode, int fd);
/* Takes new rights; every client is judged again, those left without any are closed. */
void server_set_access(struct server *s, const struct server_access *access);
/* Accepts no more, and ends transfers. Served until server_destroy are those who are connected. */
void server_pause(struct server *s);
/* True when every client has had a reply (one that has just connected is about to ask), and no
 * transfer is left. */
bool server_settled(const struct server *s);
/* Tells subscribers the daemon stops, answers what has come in, flushes what fits, closes, unlinks
 * its own socket file. NULL is fine. */
void server_destroy(struct server *s);
/* Whoever is at the other end of that connection may call methods of the class. */
bool server_allows(const struct server *s, int fd, enum perm need);
unsigned server_clients(const struct server *s);
