/* SPDX-License-Identifier: MIT */
/* The database of past prints: the file, its schema, and what is written at once. */
#include "daemon/store/history_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/log.h"
#include "common/util.h"
#include "daemon/store/aside.h"
#include "daemon/store/history_sql.h"
#include "daemon/store/sqlite_lib.h"

#define NAME "history.sqlite"
#define APPLICATION 0x62626873 /* "bbhs" */
#define VERSION 1
#define BAD_MAX 3

#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)

/* Alone with the file: no shared memory, nothing mapped; what is remembered of it is bounded. */
static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA mmap_size = 0; "
			       "PRAGMA cache_size = -256; PRAGMA soft_heap_limit = 1048576; "
			       "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; "
			       "PRAGMA trusted_schema = OFF; PRAGMA journal_mode = WAL; "
			       "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 64; "
			       "PRAGMA journal_size_limit = 524288;";

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE cursor (one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL,"
    " seq INTEGER NOT NULL);"
    "CREATE TABLE print (n INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " printer TEXT, serial TEXT NOT NULL, job TEXT, file TEXT, started INTEGER, ended INTEGER,"
    " duration INTEGER, first INTEGER NOT NULL, last INTEGER NOT NULL, result INTEGER NOT NULL,"
    " late INTEGER NOT NULL, percent INTEGER, layer INTEGER, total_layers INTEGER, code TEXT,"
    " reason TEXT, before_print INTEGER, filament TEXT, gap INTEGER NOT NULL DEFAULT 0);"
    "CREATE UNIQUE INDEX print_id ON print (epoch, seq);"
    "CREATE UNIQUE INDEX print_running ON print (serial) WHERE result = 0;"
    "CREATE INDEX print_serial ON print (serial, n);"
    "PRAGMA application_id = " TEXT_OF(APPLICATION) ";"
						    "PRAGMA user_version = " TEXT_OF(
							VERSION) ";"
								 "COMMIT;";

struct history_db *history_db_create(const char *dir)
{
	struct history_db *d = xcalloc(1, sizeof(*d));

	d->dir = xstrdup(dir);
	d->path = xasprintf("%s/" NAME, dir);
	return d;
}

static void close_db(struct history_db *d)
{
	if (d->db) {
		sqlite3_close(TAKE(d->db));
	}
}

void history_db_destroy(struct history_db *d)
{
	if (!d) {
		return;
	}
	close_db(d);
	free(d->dir);
	free(d->path);
	free(d);
}

bool history_db_exists(const struct history_db *d)
{
	struct stat st;

	return lstat(d->path, &st) == 0;
}

bool history_db_in_use(const struct history_db *d)
{
	return atomic_load(&d->in_use);
}

/* SQLite would give it the rights of the umask. */
static int make_file(const char *path)
{
	_cleanup_close_ int fd =
	    open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat st;

	if (fd < 0) {
		return errno == ELOOP ? -EBADMSG : -errno;
	}
	if (fstat(fd, &st) < 0) {
		return -errno;
	}
	return S_ISREG(st.st_mode) ? 0 : -EBADMSG;
}

static int64_t pragma(sqlite3 *db, const char *sql)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	int r = sql_prepare(db, &s, sql, "");

	if (r == 0) {
		r = sql_step(s);
	}
	return r < 0 ? r : r > 0 ? sql_int(s, 0) : -EBADMSG;
}

/* 0 when every page of the file hangs together. */
static int check_pages(sqlite3 *db)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	int r = sql_prepare(db, &s, "PRAGMA integrity_check(1)", "");

	if (r == 0) {
		r = sql_step(s);
	}
	if (r > 0) {
		_cleanup_free_ char *verdict = sql_text(s, 0);

		r = verdict && strcmp(verdict, "ok") == 0 ? 0 : -EBADMSG;
	}
	return r;
}

/* New: makes the tables. 0, -EBADMSG for what is not ours, or of a later version. */
static int check_schema(sqlite3 *db)
{
	int64_t application = pragma(db, "PRAGMA application_id");
	int64_t version = pragma(db, "PRAGMA user_version");

	if (application < 0 || version < 0) {
		return (int)(application < 0 ? application : version);
	}
	if (application == 0 && version == 0 &&
	    pragma(db, "SELECT count(*) FROM sqlite_schema") == 0) {
		return sql_exec(db, schema);
	}
	return application == APPLICATION && version == VERSION ? check_pages(db) : -EBADMSG;
}

static int open_now(struct history_db *d)
{
	int r = make_file(d->path);

	if (r < 0) {
		return r;
	}
	r = sql_error(sqlite3_open_v2(d->path, &d->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
		SQLITE_OPEN_NOFOLLOW,
	    NULL));
	if (r == 0) {
		r = sql_exec(d->db, settings);
	}
	return r == 0 ? check_schema(d->db) : r;
}

static void remove_beside(const struct history_db *d)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		_cleanup_free_ char *path = xasprintf("%s%s", d->path, suffixes[i]);

		(void)unlink(path);
	}
}

static int64_t wall_now_ms(void)
{
	return (int64_t)time(NULL) * 1000;
}

/* -EAGAIN with a new file in its place, or why there is none. */
static int set_aside(struct history_db *d)
{
	_cleanup_close_ int dir = open(d->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = dir < 0 ? -errno : 0;

	close_db(d);
	if (r == 0) {
		r = aside_keep(dir, NAME, wall_now_ms(), BAD_MAX);
	}
	if (r < 0) {
		log_warn("%s is damaged and cannot be set aside: %s", d->path, strerror(-r));
		return r;
	}
	log_warn("%s is damaged, or not of this version: kept as .bad-<seconds>; the history "
		 "begins anew with what the event log holds",
	    d->path);
	remove_beside(d);
	r = open_now(d);
	if (r < 0) {
		close_db(d);
		return r;
	}
	return -EAGAIN;
}

/* Runs after each use: what it says about the file is done about it. */
static int judge(struct history_db *d, int r)
{
	return r == -EBADMSG ? set_aside(d) : r;
}

static int make_open(struct history_db *d)
{
	int r = sqlite_lib_load();

	if (r < 0 || d->db) {
		return r;
	}
	r = open_now(d);
	if (r < 0) {
		close_db(d);
	}
	return judge(d, r);
}

static int read_cursor(sqlite3 *db, uint32_t *ret_epoch, uint64_t *ret_seq)
{
	_cleanup_stmt_ sqlite3_stmt *s = NULL;
	int r = sql_prepare(db, &s, "SELECT epoch, seq FROM cursor", "");

	if (r == 0) {
		r = sql_step(s);
	}
	if (r >= 0) {
		*ret_epoch = r > 0 ? (uint32_t)sql_int(s, 0) : 0;
		*ret_seq = r > 0 ? (uint64_t)sql_int(s, 1) : 0;
	}
	return r > 0 ? 0 : r;
}

int history_db_cursor(struct history_db *d, uint32_t *ret_epoch, uint64_t *ret_seq)
{
	int r;

	atomic_store(&d->in_use, true);
	r = make_open(d);
	if (r == 0) {
		r = judge(d, read_cursor(d->db, ret_epoch, ret_seq));
	}
	atomic_store(&d->in_use, false);
	return r;
}

static int record(sqlite3 *db, const struct history_batch *b)
{
	uint32_t epoch = 0;
	uint64_t seq = 0;
	int r = read_cursor(db, &epoch, &seq);

	if (r == 0 && b->gap) {
		r = sql_exec(db, "UPDATE print SET gap = 1 WHERE result = 0");
	}
	for (size_t i = 0; i < b->count && r == 0; i++) {
		if (epoch != b->epoch || b->items[i].seq > seq) { /* else it is in there */
			r = history_fold(db, b->epoch, &b->items[i]);
		}
	}
	if (r == 0) {
		r = sql_run(db, "DELETE FROM print WHERE n <= (SELECT max(n) FROM print) - ?1", "i",
		    b->keep);
	}
	return r < 0 ? r
		     : sql_run(db,
			   "INSERT INTO cursor (one, epoch, seq) VALUES (1, ?1, ?2) ON CONFLICT "
			   "(one) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq",
			   "ii", (int64_t)b->epoch, (int64_t)b->upto);
}

/* All of it, or nothing. */
static int record_whole(sqlite3 *db, const struct history_batch *b)
{
	int r = sql_exec(db, "BEGIN IMMEDIATE");

	if (r < 0) {
		return r;
	}
	r = record(db, b);
	if (r == 0) {
		r = sql_exec(db, "COMMIT");
	}
	if (r < 0) {
		(void)sql_exec(db, "ROLLBACK");
	}
	return r;
}

int history_db_record(struct history_db *d, const struct history_batch *b)
{
	int r;

	atomic_store(&d->in_use, true);
	r = make_open(d);
	if (r == 0) {
		r = judge(d, record_whole(d->db, b));
	}
	atomic_store(&d->in_use, false);
	return r;
}

int history_db_read(struct history_db *d, const struct history_query *q, struct history_answer *ret)
{
	int r;

	atomic_store(&d->in_use, true);
	r = make_open(d);
	if (r == 0) {
		r = judge(d, history_read(d->db, q, ret));
	}
	atomic_store(&d->in_use, false);
	if (r < 0) {
		history_answer_finish(ret);
	}
	return r;
}

bool history_wants(enum event_kind kind)
{
	/* Layers are many, and every other event says how far the job is. */
	return kind == EVENT_PRINT_STARTED || kind == EVENT_AMS_TRAY_CHANGED ||
	       kind == EVENT_PRINT_PROGRESS ||
	       (kind >= EVENT_PRINT_PAUSED && kind <= EVENT_PRINT_CANCELLED);
}

void history_batch_finish(struct history_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free(b->items[i].printer);
		free(b->items[i].serial);
		free(b->items[i].data);
	}
	free(b->items);
	*b = (struct history_batch){0};
}
