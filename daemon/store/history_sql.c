/* SPDX-License-Identifier: MIT */
/* SQLite with our errors: prepared statements and their values. */
#include "daemon/store/history_sql.h"

#include <errno.h>
#include <stdarg.h>

int sql_error(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
	case SQLITE_ERROR: /* tables that are not ours */
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
		return -EBADMSG;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return -EROFS;
	case SQLITE_CANTOPEN:
		return -ENOENT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	default:
		return -EIO;
	}
}

int sql_exec(sqlite3 *db, const char *sql)
{
	return sql_error(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

static int bind_one(sqlite3_stmt *s, int at, char type, va_list *ap)
{
	const char *text;
	int64_t number;

	if (type == 's') {
		text = va_arg(*ap, const char *);
		return text ? sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC)
			    : sqlite3_bind_null(s, at);
	}
	number = va_arg(*ap, int64_t);
	return type == 'm' && number < 0 ? sqlite3_bind_null(s, at)
					 : sqlite3_bind_int64(s, at, number);
}

static int prepare(sqlite3 *db, sqlite3_stmt **ret, const char *sql, const char *types, va_list *ap)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &s, NULL);

	for (int i = 0; code == SQLITE_OK && types[i] != '\0'; i++) {
		code = bind_one(s, i + 1, types[i], ap);
	}
	if (code != SQLITE_OK) {
		sqlite3_finalize(s);
		return sql_error(code);
	}
	*ret = s;
	return 0;
}

int sql_prepare(sqlite3 *db, sqlite3_stmt **ret, const char *sql, const char *types, ...)
{
	va_list ap;
	int r;

	va_start(ap, types);
	r = prepare(db, ret, sql, types, &ap);
	va_end(ap);
	return r;
}

int sql_run(sqlite3 *db, const char *sql, const char *types, ...)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	va_list ap;
	int r;

	va_start(ap, types);
	r = prepare(db, &s, sql, types, &ap);
	va_end(ap);
	while (r == 0) {
		r = sql_step(s);
		if (r <= 0) {
			return r;
		}
		r = 0;
	}
	return r;
}

int sql_step(sqlite3_stmt *s)
{
	int code = sqlite3_step(s);

	return code == SQLITE_ROW ? 1 : sql_error(code);
}

int64_t sql_int(sqlite3_stmt *s, int i)
{
	return sqlite3_column_type(s, i) == SQLITE_INTEGER ? sqlite3_column_int64(s, i) : -1;
}

char *sql_text(sqlite3_stmt *s, int i)
{
	return xstrdup((const char *)sqlite3_column_text(s, i));
}
