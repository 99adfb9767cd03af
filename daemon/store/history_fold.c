/* SPDX-License-Identifier: MIT */
/* What events mean for the history: a job begins, goes on, is fed, ends. */
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/util.h"
#include "daemon/store/history_db.h"
#include "daemon/store/history_sql.h"

#define DEPTH_MAX 16
#define TRAYS_MAX 64 /* of one job */

/* The print of a printer that has no end yet. */
struct running {
	int64_t n; /* 0: none */
	char *job, *file, *filament;
	int64_t started_ms;
	bool gap; /* events were lost since: it may be over */
};

struct fold {
	sqlite3 *db;
	uint32_t epoch;
	const struct history_item *item;
	json_object *data;
	bool late;
	struct running running;
};

static void running_finish(struct running *r)
{
	free(TAKE(r->job));
	free(TAKE(r->file));
	free(TAKE(r->filament));
	*r = (struct running){0};
}

static int64_t number_of(json_object *o, const char *key)
{
	int64_t value = -1;

	return json_get_i64(o, key, &value) && value >= 0 ? value : -1;
}

static int look_up(struct fold *f)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	struct running *r = &f->running;
	int rc = sql_prepare(f->db, &s,
	    "SELECT n, job, file, filament, started, gap FROM print WHERE serial = ?1 AND result = "
	    "0",
	    "s", f->item->serial);

	running_finish(r);
	if (rc < 0 || (rc = sql_step(s)) <= 0) {
		return rc;
	}
	*r = (struct running){.n = sql_int(s, 0),
	    .job = sql_text(s, 1),
	    .file = sql_text(s, 2),
	    .filament = sql_text(s, 3),
	    .started_ms = sql_int(s, 4),
	    .gap = sql_int(s, 5) > 0};
	return 0;
}

/* Nobody saw how it ended. */
static int give_up(struct fold *f)
{
	int64_t n = f->running.n;

	running_finish(&f->running);
	return n == 0 ? 0
		      : sql_run(f->db, "UPDATE print SET result = ?1, gap = 0 WHERE n = ?2", "ii",
			    (int64_t)HISTORY_UNKNOWN, n);
}

static int begin(struct fold *f, int64_t started_ms)
{
	const struct history_item *i = f->item;
	int r = sql_run(f->db,
	    "INSERT INTO print (epoch, seq, printer, serial, started, first, last, result, late) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, 0)",
	    "iissmi", (int64_t)f->epoch, (int64_t)i->seq, i->printer, i->serial, started_ms,
	    i->wall_ms);

	return r < 0 ? r : look_up(f);
}

static bool differ(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) != 0;
}

/* After events were lost, or when an end is told of afterwards: a name says whether it is this job.
 */
static bool is_other_job(const struct fold *f)
{
	const struct running *r = &f->running;

	return (r->gap || f->late) && (differ(r->job, json_get_str(f->data, "job")) ||
					  differ(r->file, json_get_str(f->data, "file")));
}

/* The job that the event is about becomes the running one. */
static int find(struct fold *f)
{
	int r = look_up(f);

	if (r == 0 && f->running.n > 0 && is_other_job(f)) {
		r = give_up(f);
	}
	return r == 0 && f->running.n == 0 ? begin(f, -1) : r;
}

/* What the event says of it beside its kind. */
static int note(struct fold *f)
{
	return sql_run(f->db,
	    "UPDATE print SET printer = ifnull(?1, printer), job = ifnull(?2, job), file = "
	    "ifnull(?3, file), percent = ifnull(?4, percent), layer = ifnull(?5, layer), "
	    "total_layers = ifnull(?6, total_layers), last = ?7, late = late OR ?8, gap = 0 WHERE "
	    "n = ?9",
	    "sssmmmiii", f->item->printer, json_get_str(f->data, "job"),
	    json_get_str(f->data, "file"), number_of(f->data, "percent"),
	    number_of(f->data, "layer"), number_of(f->data, "total_layers"), f->item->wall_ms,
	    (int64_t)f->late, f->running.n);
}

static bool same_tray(json_object *a, json_object *b)
{
	const char *keys[] = {"type", "color"};
	bool same = number_of(a, "tray") == number_of(b, "tray");

	for (size_t i = 0; i < ARRAY_SIZE(keys) && same; i++) {
		const char *x = json_get_str(a, keys[i]), *y = json_get_str(b, keys[i]);

		same = x == y || (x && y && strcmp(x, y) == 0);
	}
	return same;
}

static bool is_listed(json_object *list, json_object *tray)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		if (same_tray(json_object_array_get_idx(list, i), tray)) {
			return true;
		}
	}
	return false;
}

static void put_number(struct jw *w, const char *key, int64_t value)
{
	if (value < 0) {
		jw_null(w, key);
	} else {
		jw_int(w, key, value);
	}
}

static void write_tray(struct jw *w, json_object *tray)
{
	jw_object(w, NULL);
	put_number(w, "tray", number_of(tray, "tray"));
	put_number(w, "unit", number_of(tray, "unit"));
	put_number(w, "slot", number_of(tray, "slot"));
	jw_str(w, "label", json_get_str(tray, "label"));
	jw_str(w, "type", json_get_str(tray, "type"));
	jw_str(w, "color", json_get_str(tray, "color"));
	jw_object_end(w);
}

/* Owned: the list with one more. NULL: it is there already, or there are too many. */
static char *add_tray(const char *filament, json_object *tray)
{
	_cleanup_json_ json_object *list = NULL;
	struct jw w;
	char *text;

	if (filament) {
		(void)json_parse(filament, strlen(filament), DEPTH_MAX, &list);
	}
	if (!json_object_is_type(list, json_type_array)) {
		json_object_put(list);
		list = json_object_new_array();
	}
	if (json_object_array_length(list) >= TRAYS_MAX || is_listed(list, tray)) {
		return NULL;
	}
	jw_init(&w);
	jw_array(&w, NULL);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		write_tray(&w, json_object_array_get_idx(list, i));
	}
	write_tray(&w, tray);
	jw_array_end(&w);
	text = jw_take(&w);
	jw_finish(&w);
	return text;
}

static int feed(struct fold *f, const char *key)
{
	json_object *tray = json_get_obj(f->data, key);
	_cleanup_free_ char *filament = NULL;

	if (tray == NULL || number_of(tray, "tray") < 0) {
		return 0;
	}
	filament = add_tray(f->running.filament, tray);
	return filament ? sql_run(f->db, "UPDATE print SET filament = ?1 WHERE n = ?2", "si",
			      filament, f->running.n)
			: 0;
}

static int start(struct fold *f)
{
	int r = look_up(f);

	if (r == 0) {
		r = give_up(f);
	}
	if (r == 0) {
		r = begin(f, f->late ? -1 : f->item->wall_ms);
	}
	return r;
}

/* The clock of the machine may have been set meanwhile: the span of the event counts first. */
static int64_t lasted_s(const struct fold *f, int64_t ended_ms)
{
	int64_t span = number_of(f->data, "duration_s"), started = f->running.started_ms;

	if (span >= 0) {
		return span;
	}
	return started >= 0 && ended_ms >= started ? (ended_ms - started) / 1000 : -1;
}

static int end(struct fold *f, enum history_result result)
{
	int64_t ended = f->late ? -1 : f->item->wall_ms, duration = lasted_s(f, ended);
	int64_t started = f->running.started_ms;
	bool before_print = false;

	if (started < 0 && ended >= 0 && duration >= 0) {
		started = ended - duration * 1000;
	}
	json_get_bool(f->data, "before_print", &before_print);
	return sql_run(f->db,
	    "UPDATE print SET result = ?1, started = ?2, ended = ?3, duration = ?4, code = ?5, "
	    "reason = ?6, before_print = ?7 WHERE n = ?8",
	    "immmssii", (int64_t)result, started, ended, duration, json_get_str(f->data, "code"),
	    json_get_str(f->data, "reason"), (int64_t)before_print, f->running.n);
}

static enum history_result end_of(enum event_kind kind)
{
	return kind == EVENT_PRINT_FINISHED    ? HISTORY_FINISHED
	       : kind == EVENT_PRINT_FAILED    ? HISTORY_FAILED
	       : kind == EVENT_PRINT_CANCELLED ? HISTORY_CANCELLED
					       : HISTORY_RUNNING;
}

static int fold_print(struct fold *f)
{
	enum history_result result = end_of(f->item->kind);
	int r = f->item->kind == EVENT_PRINT_STARTED ? start(f) : find(f);

	if (r == 0) {
		r = note(f);
	}
	if (r == 0 && f->item->kind >= EVENT_PRINT_FINISHED && !f->late) {
		r = feed(f, "tray"); /* before the first layer it may be that of another job */
	}
	return r == 0 && result != HISTORY_RUNNING ? end(f, result) : r;
}

/* A tray that feeds while a job runs; after lost events nobody knows which. */
static int fold_feed(struct fold *f)
{
	int r = look_up(f);

	return r < 0 || f->running.n == 0 || f->running.gap ? r : feed(f, "to");
}

int history_fold(sqlite3 *db, uint32_t epoch, const struct history_item *item)
{
	struct fold f = {.db = db, .epoch = epoch, .item = item};
	int r;

	if (item->serial == NULL ||
	    json_parse(item->data, strlen(item->data), DEPTH_MAX, &f.data) < 0) {
		return 0; /* nothing to go by */
	}
	json_get_bool(f.data, "late", &f.late);
	r = item->kind == EVENT_AMS_TRAY_CHANGED ? fold_feed(&f) : fold_print(&f);
	running_finish(&f.running);
	json_object_put(f.data);
	return r;
}
