/* SPDX-License-Identifier: MIT */
/* file.list, file.delete, file.mkdir: answered when the printer has. */
#include <errno.h>
#include <string.h>

#include "daemon/api/core.h"
#include "daemon/api/file_call.h"
#include "daemon/api/handlers.h"
#include "daemon/api/reply.h"
#include "daemon/files/listing.h"

/* One call under way. */
struct errand {
	struct reply *reply;
	struct files_job *job;
	char *path;
};

static void errand_free(struct errand *t)
{
	free(t->path);
	free(t);
}

static void on_gone(void *arg)
{
	struct errand *t = arg;

	files_job_forget(t->job);
	errand_free(t);
}

/* ---- lists ---- */

static int by_kind_and_name(const void *a, const void *b)
{
	const struct listing_entry *x = *(const struct listing_entry *const *)a;
	const struct listing_entry *y = *(const struct listing_entry *const *)b;

	return x->dir != y->dir ? (x->dir ? -1 : 1) : strcmp(x->name, y->name);
}

/* Folders first. Owned array of borrowed entries. */
static const struct listing_entry **sort(const struct listing *l)
{
	const struct listing_entry **sorted = xcalloc(l->count + 1, sizeof(*sorted));

	for (size_t i = 0; i < l->count; i++) {
		sorted[i] = &l->entries[i];
	}
	qsort(sorted, l->count, sizeof(*sorted), by_kind_and_name);
	return sorted;
}

static void write_entry(struct jw *w, const struct listing_entry *entry)
{
	jw_object(w, NULL);
	jw_str(w, "name", entry->name);
	if (entry->size_bytes >= 0 && !entry->dir) {
		jw_int(w, "size", entry->size_bytes);
	} else {
		jw_null(w, "size");
	}
	jw_time(w, "time", entry->time_s >= 0 ? entry->time_s * 1000 : -1);
	jw_bool(w, "dir", entry->dir);
	jw_object_end(w);
}

static void write_listing(struct jw *w, const struct listing *l)
{
	_cleanup_free_ const struct listing_entry **sorted = sort(l);

	jw_array(w, "entries");
	for (size_t i = 0; i < l->count; i++) {
		write_entry(w, sorted[i]);
	}
	jw_array_end(w);
	jw_int(w, "refused", (int64_t)l->refused);
	if (l->cut) {
		jw_bool(w, "cut", true);
	}
}

/* ---- */

static void on_done(void *arg, const struct files_result *result)
{
	struct errand *t = arg;
	struct jw *w;

	if (result->error.type != ERR_NONE) {
		reply_fail(TAKE(t->reply), &result->error);
		errand_free(t);
		return;
	}
	w = reply_begin(t->reply);
	jw_object(w, "result");
	jw_str(w, "path", t->path);
	if (result->listing != NULL) {
		write_listing(w, result->listing);
	}
	jw_object_end(w);
	reply_end(TAKE(t->reply));
	errand_free(t);
}

static int run(struct call *c, const struct file_call *f, enum files_verb verb)
{
	struct errand *t = xcalloc(1, sizeof(*t));
	struct files_handler handler = {.done = on_done, .arg = t};
	int r = file_call_start(c, f, verb, -1, -1, &handler, &t->job);

	if (r < 0) {
		errand_free(t);
		return r;
	}
	t->path = xstrdup(f->path);
	r = reply_later(c, on_gone, t, &t->reply);
	if (r < 0) {
		on_gone(t);
		return r;
	}
	return CALL_LATER;
}

int h_file_list(struct call *c)
{
	_cleanup_file_call_ struct file_call f = {0};
	int r = file_call_read(c, true, &f);

	return r < 0 ? r : run(c, &f, FILES_LIST);
}

int h_file_delete(struct call *c)
{
	_cleanup_file_call_ struct file_call f = {0};
	int r = file_call_read(c, false, &f);

	if (r == 0) {
		r = file_call_guard(c, &f);
	}
	return r < 0 ? r : run(c, &f, FILES_DELETE);
}

static int refuse_top(struct call *c)
{
	err_set(c->e, ERR_FILE_REFUSED, "the top folder is there already");
	return -EINVAL;
}

int h_file_mkdir(struct call *c)
{
	_cleanup_file_call_ struct file_call f = {0};
	int r = file_call_read(c, true, &f);

	if (r == 0 && strcmp(f.path, "/") == 0) {
		r = refuse_top(c);
	}
	return r < 0 ? r : run(c, &f, FILES_MKDIR);
}
