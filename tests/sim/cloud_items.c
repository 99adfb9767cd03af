/* SPDX-License-Identifier: MIT */
/* What the account holds: bound printers, projects, tasks, files, notifications, messages. */
#include "tests/sim/cloud_items.h"

#include <stdio.h>
#include <time.h>

#include "common/util.h"

#define PROJECTS 45
#define TASKS 53
#define HOUR_S 3600

static const char *const titles[] = {"Cube", "Gear box", "Plant pot", "Cable clip", "Lamp foot"};

/* One more element at the end of a growing array. */
static void *grow(void *array, size_t *count, size_t size)
{
	char *longer = xrealloc(array, (*count + 1) * size);

	for (size_t i = 0; i < size; i++) {
		longer[*count * size + i] = 0;
	}
	(*count)++;
	return longer;
}

struct cloud_project *cloud_add_project(struct cloud_items *i, const char *name)
{
	struct cloud_project *p;

	if (i->projects == CLOUD_ITEMS_MAX) {
		return NULL;
	}
	i->project = grow(i->project, &i->projects, sizeof(*i->project));
	p = &i->project[i->projects - 1];
	p->id = 700000 + (int64_t)i->projects;
	p->made_s = time(NULL);
	str_copy(p->name, sizeof(p->name), name);
	return p;
}

struct cloud_task *cloud_add_task(struct cloud_items *i, const char *title, size_t device)
{
	struct cloud_task *t;

	if (i->tasks == CLOUD_ITEMS_MAX) {
		return NULL;
	}
	i->task = grow(i->task, &i->tasks, sizeof(*i->task));
	t = &i->task[i->tasks - 1];
	t->id = 910000 + (int64_t)i->tasks;
	t->begin_s = time(NULL);
	t->status = 4;
	t->device = device;
	str_copy(t->title, sizeof(t->title), title);
	return t;
}

struct cloud_file *cloud_add_file(struct cloud_items *i, const char *name, int64_t size)
{
	struct cloud_file *f;

	if (i->files == CLOUD_ITEMS_MAX) {
		return NULL;
	}
	i->file = grow(i->file, &i->files, sizeof(*i->file));
	f = &i->file[i->files - 1];
	f->id = 330000 + (int64_t)i->files;
	f->size = size;
	f->made_s = time(NULL);
	str_copy(f->name, sizeof(f->name), name);
	return f;
}

static void add_notice(struct cloud_items *i, const char *text)
{
	struct cloud_notice *n;

	i->notice = grow(i->notice, &i->notices, sizeof(*i->notice));
	n = &i->notice[i->notices - 1];
	n->id = 50 + (int64_t)i->notices;
	n->at_s = time(NULL) - HOUR_S;
	str_copy(n->text, sizeof(n->text), text);
}

static void add_past_task(struct cloud_items *i, size_t number)
{
	const char *title = titles[number % ARRAY_SIZE(titles)];
	struct cloud_task *t = cloud_add_task(i, title, i->devices ? number % i->devices : 0);

	t->status = number % 7 == 3 ? 3 : 2;
	t->begin_s -= (int64_t)(TASKS - number) * 5 * HOUR_S;
	t->end_s = t->begin_s + HOUR_S + (int64_t)number * 60;
	t->weight_g = 10.5 + (double)number;
}

void cloud_items_init(struct cloud_items *i, size_t devices, int64_t uid)
{
	char name[32];

	*i = (struct cloud_items){.devices = devices};
	i->device = xcalloc(devices ? devices : 1, sizeof(*i->device));
	for (size_t n = 0; n < devices; n++) {
		i->device[n].bound = true;
		snprintf(i->device[n].bind_code, sizeof(i->device[n].bind_code), "%08zu",
		    (n * 7919 + 1234567) % 100000000);
	}
	for (size_t n = 0; n < PROJECTS; n++) {
		snprintf(name, sizeof(name), "Project %zu", n + 1);
		cloud_add_project(i, name)->files = (unsigned)(n % 4);
	}
	for (size_t n = 0; n < TASKS; n++) {
		add_past_task(i, n);
	}
	for (size_t n = 0; n < 2; n++) {
		struct cloud_file *f =
		    cloud_add_file(i, n ? "pot.gcode.3mf" : "cube.gcode.3mf", n ? 70411 : 51200);

		f->stored = f->sized = true;
	}
	add_notice(i, "A print is complete");
	add_notice(i, "An import is done");
	snprintf(i->name, sizeof(i->name), "user_%lld", (long long)uid);
	str_copy(i->avatar, sizeof(i->avatar), "https://localhost/avatar.png");
}

void cloud_items_finish(struct cloud_items *i)
{
	free(i->device);
	free(i->project);
	free(i->task);
	free(i->file);
	free(i->notice);
	*i = (struct cloud_items){0};
}
