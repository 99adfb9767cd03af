/* SPDX-License-Identifier: MIT */
/* Reading the history: a page of prints, one of them, totals. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "common/util.h"
#include "daemon/store/history_db.h"
#include "daemon/store/history_sql.h"

#define COLUMNS                                                                             \
	"epoch, seq, printer, serial, job, file, code, reason, filament, result, started, " \
	"ended, duration, first, last, percent, layer, total_layers, late, before_print"

static void print_finish(struct history_print *p)
{
	free(p->printer);
	free(p->serial);
	free(p->job);
	free(p->file);
	free(p->code);
	free(p->reason);
	free(p->filament);
}

void history_answer_finish(struct history_answer *a)
{
	for (size_t i = 0; i < a->print_count; i++) {
		print_finish(&a->prints[i]);
	}
	for (size_t i = 0; i < a->total_count; i++) {
		free(a->totals[i].printer);
		free(a->totals[i].serial);
	}
	free(a->prints);
	free(a->totals);
	*a = (struct history_answer){0};
}

/* An index that a damaged file may hold. */
static enum history_result result_of(int64_t value)
{
	return value >= 0 && value < HISTORY_RESULT_COUNT ? (enum history_result)value
							  : HISTORY_UNKNOWN;
}

static void read_row(sqlite3_stmt *s, struct history_print *p)
{
	*p = (struct history_print){.epoch = (uint32_t)sql_int(s, 0),
	    .seq = (uint64_t)sql_int(s, 1),
	    .printer = sql_text(s, 2),
	    .serial = sql_text(s, 3),
	    .job = sql_text(s, 4),
	    .file = sql_text(s, 5),
	    .code = sql_text(s, 6),
	    .reason = sql_text(s, 7),
	    .filament = sql_text(s, 8),
	    .result = result_of(sql_int(s, 9)),
	    .started_ms = sql_int(s, 10),
	    .ended_ms = sql_int(s, 11),
	    .duration_s = sql_int(s, 12),
	    .first_ms = sql_int(s, 13),
	    .last_ms = sql_int(s, 14),
	    .percent = sql_int(s, 15),
	    .layer = sql_int(s, 16),
	    .total_layers = sql_int(s, 17),
	    .late = sql_int(s, 18) > 0,
	    .before_print = sql_int(s, 19) > 0};
}

/* " AND ..." for printers and time; ?1 is the name, ?2 the time, the serials follow from ?10 on. */
static void write_filter(struct jw *w, const struct history_query *q)
{
	static const char since[] = " AND last >= ?2";
	static const char name[] = " AND (serial = ?1 OR printer = ?1)";
	char buf[24];

	if (q->since_ms >= 0) {
		jw_bytes(w, since, strlen(since));
	}
	if (q->name) {
		jw_bytes(w, name, strlen(name));
	}
	if (!q->serials) {
		return;
	}
	jw_bytes(w, " AND serial IN (", 16);
	for (size_t i = 0; i < q->serial_count; i++) {
		snprintf(buf, sizeof(buf), "%s?%zu", i ? "," : "", i + 10);
		jw_bytes(w, buf, strlen(buf));
	}
	jw_bytes(w, ")", 1);
}

/* before, filter and after make the statement. */
static int prepare(sqlite3 *db, sqlite3_stmt **ret, const struct history_query *q,
    const char *before, const char *after)
{
	struct jw w;
	int r, code = SQLITE_OK;

	jw_init(&w);
	jw_bytes(&w, before, strlen(before));
	write_filter(&w, q);
	jw_bytes(&w, after, strlen(after) + 1);
	r = sql_prepare(db, ret, w.buf, "");
	jw_finish(&w);
	if (r == 0 && q->name) {
		code = sqlite3_bind_text(*ret, 1, q->name, -1, SQLITE_STATIC);
	}
	if (r == 0 && code == SQLITE_OK && q->since_ms >= 0) {
		code = sqlite3_bind_int64(*ret, 2, q->since_ms);
	}
	for (size_t i = 0; r == 0 && code == SQLITE_OK && q->serials && i < q->serial_count; i++) {
		code = sqlite3_bind_text(*ret, (int)i + 10, q->serials[i], -1, SQLITE_STATIC);
	}
	return r < 0 ? r : sql_error(code);
}

/* Where a page begins: only what was recorded before that print. One that is no longer kept was the
 * oldest. */
static int page_start(sqlite3 *db, const struct history_query *q, int64_t *ret)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	int r;

	*ret = INT64_MAX;
	if (q->seq == 0) {
		return 0;
	}
	r = sql_prepare(db, &s, "SELECT n FROM print WHERE epoch = ?1 AND seq = ?2", "ii",
	    (int64_t)q->epoch, (int64_t)q->seq);
	if (r == 0) {
		r = sql_step(s);
	}
	if (r < 0) {
		return r;
	}
	*ret = r > 0 ? sql_int(s, 0) : 0;
	return 0;
}

static int read_list(sqlite3 *db, const struct history_query *q, struct history_answer *ret)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	int64_t below;
	int r = page_start(db, q, &below);

	if (r == 0) {
		r = prepare(db, &s, q, "SELECT " COLUMNS " FROM print WHERE n < ?3",
		    " ORDER BY n DESC LIMIT ?4");
	}
	if (r == 0) {
		r = sql_error(
		    sqlite3_bind_int64(s, 3, below) | sqlite3_bind_int64(s, 4, q->limit + 1));
	}
	if (r < 0) {
		return r;
	}
	ret->prints = xcalloc((size_t)q->limit, sizeof(*ret->prints));
	while ((r = sql_step(s)) > 0) {
		if (ret->print_count == (size_t)q->limit) {
			ret->more = true;
			return 0;
		}
		read_row(s, &ret->prints[ret->print_count++]);
	}
	return r;
}

static int read_one(sqlite3 *db, const struct history_query *q, struct history_answer *ret)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	int r = sql_prepare(db, &s, "SELECT " COLUMNS " FROM print WHERE epoch = ?1 AND seq = ?2",
	    "ii", (int64_t)q->epoch, (int64_t)q->seq);

	if (r == 0) {
		r = sql_step(s);
	}
	if (r <= 0) {
		return r;
	}
	ret->prints = xcalloc(1, sizeof(*ret->prints));
	read_row(s, ret->prints);
	ret->print_count = 1;
	return 0;
}

/* The rows come by serial, a row a result. */
static struct history_total *total_of(struct history_answer *a, char *serial)
{
	struct history_total *t = a->total_count > 0 ? &a->totals[a->total_count - 1] : NULL;

	if (t && strcmp(t->serial, serial) == 0) {
		free(serial);
		return t;
	}
	a->totals = xrealloc(a->totals, (a->total_count + 1) * sizeof(*a->totals));
	t = &a->totals[a->total_count++];
	*t = (struct history_total){.serial = serial};
	return t;
}

static int read_stats(sqlite3 *db, const struct history_query *q, struct history_answer *ret)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	int r = prepare(db, &s, q,
	    "SELECT serial, result, count(*), count(duration), ifnull(sum(duration), 0), (SELECT "
	    "printer FROM print AS p WHERE p.serial = print.serial ORDER BY n DESC LIMIT 1) FROM "
	    "print WHERE 1",
	    " GROUP BY serial, result ORDER BY serial");

	while (r == 0 && (r = sql_step(s)) > 0) {
		struct history_total *t = total_of(ret, sql_text(s, 0));

		t->prints[result_of(sql_int(s, 1))] += sql_int(s, 2);
		t->timed += sql_int(s, 3);
		t->timed_s += sql_int(s, 4);
		if (!t->printer) {
			t->printer = sql_text(s, 5);
		}
		r = 0;
	}
	return r;
}

int history_read(sqlite3 *db, const struct history_query *q, struct history_answer *ret)
{
	switch (q->question) {
	case HISTORY_LIST:
		return read_list(db, q, ret);
	case HISTORY_GET:
		return read_one(db, q, ret);
	case HISTORY_STATS:
		return read_stats(db, q, ret);
	}
	return -EINVAL;
}
