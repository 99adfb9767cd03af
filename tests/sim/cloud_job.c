/* SPDX-License-Identifier: MIT */
/* Projects, tasks, files and notifications of the account, and how lists page. */
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "tests/sim/cloud_route.h"
#include "tests/sim/printer.h"

#define PAGE_DEFAULT 20
#define PAGE_MAX 100

enum { FORBIDDEN = 8 };

static void put_id(struct jw *w, const char *key, int64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)id);
	jw_str(w, key, text);
}

static void put_time(struct jw *w, const char *key, int64_t at_s)
{
	jw_time(w, key, at_s > 0 ? at_s * 1000 : -1);
}

static void write_project(struct jw *w, const struct cloud_project *p)
{
	put_id(w, "project_id", p->id);
	jw_str(w, "name", p->name);
	put_time(w, "created_at", p->made_s);
	put_time(w, "updated_at", p->made_s);
	jw_int(w, "file_count", p->files);
}

/* Newest first; page counts from 1. */
void cloud_run_projects(struct cloud_call *call)
{
	const struct cloud_items *items = &call->cloud->items;
	size_t limit = (size_t)cloud_number(call, "limit", PAGE_MAX, PAGE_DEFAULT);
	size_t page = (size_t)cloud_number(call, "page", 100000, 1);
	size_t first = page > 0 ? (page - 1) * limit : 0;
	struct jw *w = cloud_begin(call);

	jw_int(w, "total", (int64_t)items->projects);
	jw_int(w, "page", (int64_t)page);
	jw_array(w, "projects");
	for (size_t i = first; i < items->projects && i < first + limit; i++) {
		jw_object(w, NULL);
		write_project(w, &items->project[items->projects - 1 - i]);
		jw_object_end(w);
	}
	jw_array_end(w);
	cloud_end(call);
}

void cloud_run_project(struct cloud_call *call)
{
	const struct cloud_items *items = &call->cloud->items;
	int64_t id = 0;
	struct jw *w;

	parse_i64(call->part, 1, INT64_MAX, &id);
	for (size_t i = 0; i < items->projects; i++) {
		if (items->project[i].id != id) {
			continue;
		}
		w = cloud_begin_data(call);
		write_project(w, &items->project[i]);
		jw_array(w, "files");
		for (unsigned n = 0; n < items->project[i].files; n++) {
			jw_object(w, NULL);
			put_id(w, "id", id * 10 + n);
			jw_str(w, "name", "plate.3mf");
			jw_object_end(w);
		}
		jw_array_end(w);
		cloud_end(call);
		return;
	}
	cloud_error(call, 404, 1, "There is no such project");
}

void cloud_run_project_create(struct cloud_call *call)
{
	const char *name = cloud_word(call, "name");
	struct cloud_project *p = name ? cloud_add_project(&call->cloud->items, name) : NULL;
	struct jw *w;

	if (!p) {
		cloud_error(call, 400, 1, "A project needs a name");
		return;
	}
	w = cloud_begin(call);
	write_project(w, p);
	cloud_end(call);
}

static const char *task_serial(const struct cloud *c, const struct cloud_task *t)
{
	return t->device < c->sim->count ? c->sim->printers[t->device]->serial : "";
}

/* What both shapes of a task have. */
static void write_task_common(struct jw *w, const struct cloud *c, const struct cloud_task *t)
{
	put_id(w, "designId", t->id + 1000);
	put_id(w, "modelId", t->id + 2000);
	put_id(w, "profileId", t->id + 3000);
	jw_str(w, "deviceId", task_serial(c, t));
	jw_num(w, "weight", t->weight_g, 1);
	jw_int(w, "costTime", t->end_s > 0 ? t->end_s - t->begin_s : 3600);
	put_time(w, "startTime", t->begin_s);
	put_time(w, "endTime", t->end_s);
	jw_str(w, "cover", "https://localhost/cover.png");
}

/* The shape with a number as status, under "hits". */
static void write_hit(struct jw *w, const struct cloud *c, const struct cloud_task *t)
{
	jw_object(w, NULL);
	jw_int(w, "id", t->id);
	jw_str(w, "title", t->title);
	jw_int(w, "status", t->status);
	jw_int(w, "feedbackStatus", 0);
	jw_int(w, "plateIndex", 1);
	jw_str(w, "mode", "cloud_file");
	jw_array(w, "amsDetailMapping");
	jw_array_end(w);
	write_task_common(w, c, t);
	jw_object_end(w);
}

/* The shape with a word as status, under "tasks". */
static void write_task(struct jw *w, const struct cloud *c, const struct cloud_task *t)
{
	static const char *const words[] = {"", "", "finished", "failed", "running"};

	jw_object(w, NULL);
	put_id(w, "id", t->id);
	jw_str(w, "designTitle", t->title);
	jw_str(w, "status", words[t->status]);
	jw_str(w, "deviceName", t->device < c->sim->count ? c->sim->printers[t->device]->name : "");
	jw_num(w, "length", t->weight_g * 335, 1);
	jw_str(w, "thumbnail", "https://localhost/thumbnail.png");
	write_task_common(w, c, t);
	jw_object_end(w);
}

static bool is_wanted(const struct cloud *c, const struct cloud_task *t, const char *serial)
{
	return !serial || !serial[0] || strcmp(task_serial(c, t), serial) == 0;
}

/* Newest first, those older than the task `after`. */
static void write_tasks(
    struct cloud_call *call, struct jw *w, const char *serial, int64_t after, int64_t limit)
{
	const struct cloud *c = call->cloud;

	for (size_t i = c->items.tasks; i > 0 && limit > 0; i--) {
		const struct cloud_task *t = &c->items.task[i - 1];

		if (!is_wanted(c, t, serial) || (after > 0 && t->id >= after)) {
			continue;
		}
		if (c->set.tasks_shape) {
			write_task(w, c, t);
		} else {
			write_hit(w, c, t);
		}
		limit--;
	}
}

void cloud_run_tasks(struct cloud_call *call)
{
	const struct cloud *c = call->cloud;
	_cleanup_free_ char *serial = http_query(call->x, "deviceId");
	int64_t after = cloud_number(call, "after", INT64_MAX, 0), total = 0;
	int64_t limit = cloud_number(call, "limit", PAGE_MAX, PAGE_DEFAULT);
	struct jw *w = cloud_begin_bare(call);

	for (size_t i = 0; i < c->items.tasks; i++) {
		total += is_wanted(c, &c->items.task[i], serial);
	}
	if (c->set.tasks_shape) {
		jw_object(w, "hits");
		jw_object(w, "total");
		jw_int(w, "value", total);
		jw_str(w, "relation", "eq");
		jw_object_end(w);
		jw_object_end(w);
		jw_array(w, "tasks");
	} else {
		jw_int(w, "total", total);
		jw_array(w, "hits");
	}
	write_tasks(call, w, serial, after, limit);
	jw_array_end(w);
	cloud_end(call);
}

void cloud_run_task(struct cloud_call *call)
{
	cloud_error(call, 403, FORBIDDEN, "This is not for you");
}

void cloud_run_task_create(struct cloud_call *call)
{
	struct cloud *c = call->cloud;
	const char *serial = cloud_word(call, "deviceId"), *title = cloud_word(call, "title");
	struct cloud_task *t;
	struct jw *w;

	for (size_t i = 0; serial && title && cloud_word(call, "modelId") && i < c->sim->count;
	     i++) {
		if (!c->items.device[i].bound || strcmp(c->sim->printers[i]->serial, serial) != 0) {
			continue;
		}
		t = cloud_add_task(&c->items, title, i);
		if (t) {
			w = cloud_begin_bare(call);
			put_id(w, "id", t->id);
			jw_str(w, "status", "created");
			cloud_end(call);
			return;
		}
	}
	cloud_error(call, 400, 1, "modelId, title and a deviceId of yours are wanted");
}

void cloud_run_files(struct cloud_call *call)
{
	const struct cloud_items *items = &call->cloud->items;
	_cleanup_free_ char *base = cloud_url(call->cloud, CLOUD_HOST_STORE);
	struct jw *w = cloud_begin(call);

	jw_array(w, "files");
	for (size_t i = 0; i < items->files; i++) {
		const struct cloud_file *f = &items->file[i];
		_cleanup_free_ char *url = xasprintf("%s/files/%lld", base, (long long)f->id);

		if (!f->stored || !f->sized) {
			continue;
		}
		jw_object(w, NULL);
		put_id(w, "file_id", f->id);
		jw_str(w, "file_name", f->name);
		jw_str(w, "file_url", url);
		jw_int(w, "size", f->size);
		put_time(w, "created_at", f->made_s);
		jw_object_end(w);
	}
	jw_array_end(w);
	cloud_end(call);
}

void cloud_run_notifications(struct cloud_call *call)
{
	const struct cloud_items *items = &call->cloud->items;
	_cleanup_free_ char *unread = http_query(call->x, "unread");
	_cleanup_free_ char *action = http_query(call->x, "action");
	struct jw *w;

	if (!unread && !action) {
		cloud_plain(call->x, 502, "text/html",
		    "<html><body><h1>The gateway is unwell</h1></body></html>\n");
		return;
	}
	w = cloud_begin_data(call);
	jw_array(w, "notifications");
	for (size_t i = 0; i < items->notices; i++) {
		const struct cloud_notice *n = &items->notice[i];

		if (n->read && unread && strcmp(unread, "true") == 0) {
			continue;
		}
		jw_object(w, NULL);
		put_id(w, "id", n->id);
		jw_str(w, "type", "print_complete");
		jw_str(w, "message", n->text);
		put_time(w, "timestamp", n->at_s);
		jw_bool(w, "read", n->read);
		jw_object_end(w);
	}
	jw_array_end(w);
	cloud_end(call);
}

void cloud_run_notification_mark(struct cloud_call *call)
{
	struct cloud_items *items = &call->cloud->items;
	const char *text = cloud_word(call, "notification_id");
	int64_t id = 0;
	bool read = true;

	if (text) {
		parse_i64(text, 1, INT64_MAX, &id);
	}
	json_get_bool(call->body, "read", &read);
	for (size_t i = 0; i < items->notices; i++) {
		if (items->notice[i].id == id) {
			items->notice[i].read = read;
			cloud_done(call, "Success");
			return;
		}
	}
	cloud_error(call, 404, 1, "There is no such notification");
}
