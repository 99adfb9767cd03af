/* SPDX-License-Identifier: MIT */
/* Files on printers: listed, copied both ways, deleted. */
#pragma once

#include <poll.h>
#include <signal.h>
#include <stdint.h>

#include "ctl/verbs.h"

struct files_bar;

extern const struct column_set files_columns;

/* files, rm, mkdir: a call whose answer the printer may take its time for. */
int files_run(struct ctl *c);
void files_show(struct ctl *c, json_object *result);
void files_show_deleted(struct ctl *c, json_object *result);
void files_show_made(struct ctl *c, json_object *result);
int files_put_run(struct ctl *c);
int files_fetch_run(struct ctl *c);

/* The last part of a path; "" when it ends in '/'. */
const char *files_base_name(const char *path);
/* The printer and the words of put and fetch: [PRINTER] FILE [DEST]; a FILE alone is meant for the
 * only printer there is. Connects. 0 with an owned printer, or the exit status, reported. */
int files_words(struct ctl *c, char **ret_printer, const char **ret_file, const char **ret_dest);
/* The `result` of the first answer of file.put or file.get, waited for as long as it takes unless
 * --timeout says otherwise. params is taken. 0, or the exit status, reported. */
int files_upgrade(struct ctl *c, struct files_bar *bar, const char *method, json_object *params,
    json_object **ret);

/* The `result` of a reply. 0, or the exit status, reported. */
int files_open_reply(struct ctl *c, json_object *reply, json_object **ret);
/* ppoll within the time there is. FOLLOW_ON, or the exit status, reported. */
int files_wait(struct ctl *c, struct files_bar *bar, struct pollfd *fd, const sigset_t *wait_mask);

/* A local file on its way. */
struct files_source {
	int fd;
	int64_t offset, size; /* what is to be sent */
};
/* "-": stdin, kept in a file of its own unless it is one. 0, or the exit status, reported. */
int files_source_open(struct ctl *c, const char *file, struct files_source *ret);
void files_source_close(struct files_source *s);
/* Sends it by a method that upgrades; as files_put. params is taken. waiting: said when all is
 * sent. */
int files_send(struct ctl *c, const char *method, json_object *params, const struct files_source *s,
    const char *waiting, json_object **ret);
/* Copies it to path on the printer, with a progress bar on a terminal. 0 with the final result
 * (owned; its `op` names the file for print.start), or the exit status, reported. The connection is
 * used up: the next call opens another. */
int files_put(struct ctl *c, const char *printer, const struct files_source *s, const char *path,
    json_object **ret);
/* Copies a file of the printer to fd, with a progress bar on a terminal. As files_put. */
int files_fetch_to(struct ctl *c, const char *printer, const char *path, int fd);
/* What a put without DEST, or with a folder as DEST, means. Owned. */
char *files_dest(const char *file, const char *dest);
