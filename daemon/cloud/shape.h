/* SPDX-License-Identifier: MIT */
/* Answers of the cloud in our own words: one table of fields for each kind of thing (pure). */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jw;

#define SHAPE_ITEMS_MAX 4096 /* of a list; the rest is left out */

/* How a value is read, and what it becomes. What does not fit is null. */
enum shape_kind {
	SHAPE_TEXT,
	SHAPE_ID,     /* a number or a text: a text */
	SHAPE_NUMBER, /* a text that is a number will do */
	SHAPE_BOOL,
	SHAPE_TIME,   /* ISO 8601, or seconds or milliseconds since 1970: RFC 3339 in UTC */
	SHAPE_STATUS, /* a word in small letters, or the number of a task's state: a word */
	SHAPE_MAIL,   /* masked unless asked for */
	SHAPE_SECRET, /* null unless asked for */
	SHAPE_WORDS,  /* a list of texts */
	SHAPE_LIST,   /* a list of things, as `of` */
	SHAPE_ANY,    /* as it came */
	SHAPE_KIND_COUNT
};

#define SHAPE_NAMES 4
#define SHAPE_FIELDS 18

struct shape;
struct shape_field {
	const char *ours;
	enum shape_kind kind;
	const char *wire[SHAPE_NAMES]; /* the first that is there; "a.b" goes down */
	const struct shape *of;
};

struct shape {
	/* Where its list may stand; none: it is a single thing. */
	const char *lists[SHAPE_NAMES];
	/* Names of lists that are one list; its name becomes the field `kind`. */
	bool grouped;
	struct shape_field fields[SHAPE_FIELDS];
};

/* What a caller may see. */
struct shape_view {
	bool secrets; /* SHAPE_SECRET */
	bool whole;   /* mail addresses */
};

/* The list of the shape, at the top or in "data"; NULL: there is none. Borrowed. */
json_object *shape_list(const struct shape *s, json_object *body);
/* The object that has its fields: `data` or the body itself; NULL: neither has one of them.
 * Borrowed. */
json_object *shape_object(const struct shape *s, json_object *body);
/* Whether the answer is one of this shape at all. */
bool shape_fits(const struct shape *s, json_object *body);
/* The fields of one thing, as members of the present object. */
void shape_write(struct jw *w, const struct shape *s, json_object *one, const struct shape_view *v);
/* The list as the array `key`; returns how many elements it has in the answer. */
size_t shape_write_list(struct jw *w, const char *key, const struct shape *s, json_object *body,
    const struct shape_view *v);
/* One field of a thing as a text; NULL: not there. Owned. */
char *shape_text(const struct shape *s, json_object *one, const char *ours);
/* How many there are in all, as the answer says; -1: it does not. */
int64_t shape_total(json_object *body);
/* The answer as it came, without access codes, and for those who may not see all of it without
 * addresses of files and mail addresses. */
void shape_write_raw(struct jw *w, const char *key, json_object *body, const struct shape_view *v);

extern const struct shape shape_device, shape_versions, shape_prints, shape_files, shape_task_files,
    shape_projects, shape_project, shape_tasks, shape_task, shape_notifications, shape_messages,
    shape_profile, shape_preferences, shape_presets, shape_preset, shape_resources, shape_ttcode,
    shape_addresses, shape_address, shape_job, shape_bound;
