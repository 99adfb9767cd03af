/* SPDX-License-Identifier: MIT */
/* SQLite, loaded with its first use: the functions of sqlite3.h that we call, each going on to the
 * library. */
#include "daemon/store/sqlite_lib.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/log.h"
#include "common/util.h"
#include "daemon/io/late_lib.h"

#define LIBRARY "libsqlite3.so.0"

#define FUNCTIONS(X)            \
	X(sqlite3_bind_int64)   \
	X(sqlite3_bind_null)    \
	X(sqlite3_bind_text)    \
	X(sqlite3_close)        \
	X(sqlite3_column_int64) \
	X(sqlite3_column_text)  \
	X(sqlite3_column_type)  \
	X(sqlite3_exec)         \
	X(sqlite3_finalize)     \
	X(sqlite3_open_v2)      \
	X(sqlite3_prepare_v2)   \
	X(sqlite3_step)

struct api {
	FUNCTIONS(LATE_MEMBER)
};

static const struct late_function rows[] = {FUNCTIONS(LATE_ROW)};

static struct api api;
static bool loaded, complained;

int sqlite_lib_load(void)
{
	char why[LATE_WHY_BYTES];

	if (loaded) {
		return 0;
	}
	loaded = late_load(LIBRARY, rows, ARRAY_SIZE(rows), &api, why) == 0;
	if (!loaded && !complained) {
		complained = true;
		log_err("%s cannot be loaded: %s; no history of prints is kept without it (Debian: "
			"libsqlite3-0)",
		    LIBRARY, why);
	}
	return loaded ? 0 : -ELIBACC;
}

/* ---- what sqlite3.h declares ---- */

int sqlite3_bind_int64(sqlite3_stmt *s, int i, sqlite3_int64 value)
{
	return api.sqlite3_bind_int64(s, i, value);
}

int sqlite3_bind_null(sqlite3_stmt *s, int i)
{
	return api.sqlite3_bind_null(s, i);
}

int sqlite3_bind_text(sqlite3_stmt *s, int i, const char *text, int len, void (*end)(void *))
{
	return api.sqlite3_bind_text(s, i, text, len, end);
}

int sqlite3_close(sqlite3 *db)
{
	return api.sqlite3_close(db);
}

sqlite3_int64 sqlite3_column_int64(sqlite3_stmt *s, int i)
{
	return api.sqlite3_column_int64(s, i);
}

const unsigned char *sqlite3_column_text(sqlite3_stmt *s, int i)
{
	return api.sqlite3_column_text(s, i);
}

int sqlite3_column_type(sqlite3_stmt *s, int i)
{
	return api.sqlite3_column_type(s, i);
}

int sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **), void *arg,
    char **ret_why)
{
	return api.sqlite3_exec(db, sql, row, arg, ret_why);
}

int sqlite3_finalize(sqlite3_stmt *s)
{
	return api.sqlite3_finalize(s);
}

int sqlite3_open_v2(const char *path, sqlite3 **ret, int flags, const char *vfs)
{
	return api.sqlite3_open_v2(path, ret, flags, vfs);
}

int sqlite3_prepare_v2(
    sqlite3 *db, const char *sql, int len, sqlite3_stmt **ret, const char **ret_rest)
{
	return api.sqlite3_prepare_v2(db, sql, len, ret, ret_rest);
}

int sqlite3_step(sqlite3_stmt *s)
{
	return api.sqlite3_step(s);
}
