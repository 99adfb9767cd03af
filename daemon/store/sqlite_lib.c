/* SPDX-License-Identifier: MIT */
/* SQLite, loaded with its first use: the functions of sqlite3.h that we call, each going on to the
 * library. */
#include "daemon/store/sqlite_lib.h"

#include <dlfcn.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/log.h"
#include "common/util.h"

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
#define MEMBER(name) typeof(name) *name;
	FUNCTIONS(MEMBER)
};

static const struct {
	const char *name;
	size_t at; /* in struct api */
} rows[] = {
#define ROW(name) {#name, offsetof(struct api, name)},
    FUNCTIONS(ROW)};

static struct api api;
static bool loaded, complained;

/* NULL, or what is wrong with it. */
static const char *find_all(void *library)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		void *function = dlsym(library, rows[i].name);

		if (function == NULL) {
			return dlerror();
		}
		memcpy((char *)&api + rows[i].at, &function, sizeof(function));
	}
	return NULL;
}

int sqlite_lib_load(void)
{
	void *library;
	const char *why;

	if (loaded) {
		return 0;
	}
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	why = library != NULL ? find_all(library) : dlerror();
	loaded = why == NULL;
	if (loaded) {
		return 0;
	}
	if (!complained) {
		complained = true;
		log_err("%s cannot be loaded: %s; no history of prints is kept without it (Debian: "
			"libsqlite3-0)",
		    LIBRARY, why);
	}
	if (library != NULL) {
		dlclose(library);
	}
	return -ELIBACC;
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
