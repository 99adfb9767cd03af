/* SPDX-License-Identifier: MIT */
/* SQLite with our errors, for the files of the history database only. */
#pragma once

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/util.h"

struct history_db {
	char *path; /* of the file */
	char *dir;
	sqlite3 *db;	    /* NULL: not open */
	atomic_bool in_use; /* by a thread, right now */
};

/* 0 or negative errno of a result code: -EBADMSG damaged or no database. */
int sql_error(int code);
int sql_exec(sqlite3 *db, const char *sql);
/* types: a letter an argument: i int64_t, m int64_t (negative is NULL), s text or NULL (borrowed
 * until the statement ends). 0 or negative errno. */
int sql_prepare(sqlite3 *db, sqlite3_stmt **ret, const char *sql, const char *types, ...);
/* The same for a statement without rows, run at once. */
int sql_run(sqlite3 *db, const char *sql, const char *types, ...);
/* 1 with a row, 0 at the end, or negative errno. */
int sql_step(sqlite3_stmt *s);
int64_t sql_int(sqlite3_stmt *s, int i); /* -1: NULL */
char *sql_text(sqlite3_stmt *s, int i);	 /* owned; NULL: NULL */

static inline void cleanup_stmtp(sqlite3_stmt **s)
{
	if (*s) {
		sqlite3_finalize(*s);
	}
}
#define _cleanup_stmt_ CLEANUP(cleanup_stmtp)

/* history_fold.c: what one event means. 0 or negative errno. */
struct history_item;
int history_fold(sqlite3 *db, uint32_t epoch, const struct history_item *item);
/* history_read.c */
struct history_answer;
struct history_query;
int history_read(sqlite3 *db, const struct history_query *q, struct history_answer *ret);
