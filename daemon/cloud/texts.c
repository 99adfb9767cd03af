/* SPDX-License-Identifier: MIT */
/* When catalogues are loaded, asked for and given up. */
#include "daemon/cloud/texts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "common/util.h"
#include "daemon/cloud/catalogue.h"
#include "daemon/cloud/rest.h"
#include "daemon/cloud/texts_cache.h"
#include "daemon/cloud/texts_read.h"
#include "daemon/io/loop.h"
#include "daemon/io/worker.h"
#include "daemon/model/hms.h"

#define HOUR_MS (60 * 60 * INT64_C(1000))
#define DAY_MS (24 * HOUR_MS)
#define PREFIX_LEN 3
#define READ_END_MS 500 /* an answer takes a tenth of it */
#define LANG_SIZE 6

/* What the vendor's own programs ask for. */
static const char *const languages[] = {"en", "de", "fr", "es", "it", "nl", "sv", "hu", "pt", "tr",
    "uk", "cs", "pl", "ru", "ja", "ko", "zh-cn"};

struct book {
	struct list link; /* the one asked for last comes last */
	struct texts *texts;
	char prefix[PREFIX_LEN + 1], lang[LANG_SIZE];
	struct catalogue *catalogue; /* NULL: none yet */
	int64_t due_ms;		     /* not asked for before */
	unsigned failures;	     /* in a row */
	struct rest_call *call;	     /* under way, or NULL */
	struct texts_read *read;     /* its answer, or NULL */
};

struct texts {
	struct loop *loop;
	struct rest *rest;
	struct worker_pool *readers; /* NULL: none yet */
	char *dir, *url;
	texts_fn fn;
	void *arg;
	struct hms_texts lookup;
	struct list books;
	size_t count;
	/* Of the last requests, a ring; 0 = none. */
	int64_t asked_ms[TEXTS_REQUESTS_PER_HOUR];
	size_t next;
};

static void name_of(const struct book *b, char buf[static 32])
{
	snprintf(buf, 32, "texts-%s-%s", b->lang, b->prefix);
}

/* Files */

/* ms of `span` that are left since then; a time to come is that of a clock that was set, and says
 * nothing. */
static int64_t left_of(int64_t span_ms, int64_t then_wall_ms, int64_t now_wall_ms)
{
	int64_t age_ms = now_wall_ms - then_wall_ms;

	return then_wall_ms >= 0 && age_ms >= 0 && age_ms < span_ms ? span_ms - age_ms : 0;
}

static void load(struct book *b)
{
	const struct texts *t = b->texts;
	_cleanup_free_ char *data = NULL;
	int64_t now_wall_ms = loop_wall_ms(t->loop), checked_ms = -1, wait_ms;
	char name[32];
	size_t len = 0;
	int r;

	name_of(b, name);
	r = texts_cache_read(t->dir, name, CATALOGUE_FILE_MAX, &data, &len, &checked_ms);
	if (r == 0) {
		r = catalogue_unpack(data, len, b->lang, b->prefix, &b->catalogue);
	}
	if (r < 0 && r != -ENOENT) {
		log_warn("%s/%s cannot be used (%s): set aside, and fetched anew", t->dir, name,
		    r == -EBADMSG ? "damaged" : strerror(-r));
		texts_cache_set_aside(t->dir, name);
	}
	wait_ms = left_of(HOUR_MS, texts_cache_tried(t->dir, name), now_wall_ms);
	if (b->catalogue != NULL && left_of(DAY_MS, checked_ms, now_wall_ms) > wait_ms) {
		wait_ms = left_of(DAY_MS, checked_ms, now_wall_ms);
	}
	b->due_ms = loop_now_ms(t->loop) + wait_ms;
}

static void save(const struct book *b)
{
	const struct texts *t = b->texts;
	_cleanup_free_ char *data = NULL;
	char name[32];
	size_t len;
	int r;

	name_of(b, name);
	data = catalogue_pack(b->catalogue, b->lang, b->prefix, &len);
	r = texts_cache_write(t->dir, name, data, len, loop_wall_ms(t->loop));
	if (r < 0) {
		log_warn(
		    "cannot write %s/%s: %s; the texts stay in memory", t->dir, name, strerror(-r));
	}
}

/* The vendor was asked, and what we have is what there is. */
static void note_checked(struct book *b)
{
	const struct texts *t = b->texts;
	char name[32];

	name_of(b, name);
	b->failures = 0;
	b->due_ms = loop_now_ms(t->loop) + DAY_MS;
	texts_cache_set_tried(t->dir, name, -1);
	if (texts_cache_touch(t->dir, name, loop_wall_ms(t->loop)) < 0) {
		save(b);
	}
}

static void note_failed(struct book *b, int64_t retry_after_ms, const char *why)
{
	const struct texts *t = b->texts;
	int64_t wait_ms = HOUR_MS << (b->failures < 5 ? b->failures : 5);
	char name[32];

	name_of(b, name);
	wait_ms = wait_ms > retry_after_ms ? wait_ms : retry_after_ms;
	wait_ms = wait_ms < DAY_MS ? wait_ms : DAY_MS;
	b->due_ms = loop_now_ms(t->loop) + wait_ms;
	texts_cache_set_tried(t->dir, name, loop_wall_ms(t->loop));
	log_write(b->failures++ == 0 ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, NULL,
	    "the vendor's texts of codes (%s, %s): %s; %s, asked again in %" PRId64 " h", b->prefix,
	    b->lang, why, b->catalogue ? "the old ones stay" : "only our own are shown",
	    (wait_ms + HOUR_MS - 1) / HOUR_MS);
}

/* Requests */

static void take_new(struct book *b, struct catalogue *c)
{
	const struct texts *t = b->texts;

	catalogue_destroy(b->catalogue);
	b->catalogue = c;
	log_info("the vendor's texts of codes (%s, %s): version %" PRId64 ", %zu texts", b->prefix,
	    b->lang, catalogue_version(c), catalogue_count(c));
	save(b);
	note_checked(b);
	if (t->fn != NULL) {
		t->fn(t->arg, b->prefix);
	}
}

/* One that has lost every text is no newer one. */
static bool is_emptied(const struct book *b, const struct catalogue *c)
{
	return b->catalogue != NULL && catalogue_count(b->catalogue) > 0 && catalogue_count(c) == 0;
}

static void on_read(void *arg, int r, enum catalogue_news news, struct catalogue *c)
{
	struct book *b = arg;

	b->read = NULL;
	if (r == 0 && news == CATALOGUE_SAME && b->catalogue != NULL) {
		note_checked(b);
	} else if (r == 0 && news == CATALOGUE_NEW && !is_emptied(b, c)) {
		take_new(b, c);
	} else {
		catalogue_destroy(c);
		note_failed(
		    b, -1, r == -E2BIG ? "the answer is too large" : "the answer is no catalogue");
	}
}

static void on_answer(void *arg, const struct rest_answer *a)
{
	struct book *b = arg;
	struct texts *t = b->texts;

	b->call = NULL;
	if (t->readers == NULL) {
		t->readers = worker_pool_create(t->loop, 1);
	}
	if (a->error.type != ERR_NONE) {
		note_failed(b, a->retry_after_ms, a->error.message);
	} else if (t->readers == NULL || a->text == NULL) {
		note_failed(b, -1, "the answer cannot be read");
	} else {
		b->read = texts_read_start(t->readers, a->text, a->text_len, b->lang, on_read, b);
	}
}

static json_object *query_of(const struct book *b)
{
	int64_t version = b->catalogue != NULL ? catalogue_version(b->catalogue) : 0;
	json_object *query = json_object_new_object();
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, version);
	json_object_object_add(query, "lang", json_object_new_string(b->lang));
	json_object_object_add(query, "v", json_object_new_string(text));
	json_object_object_add(query, "d", json_object_new_string(b->prefix));
	return query;
}

static void ask(struct book *b)
{
	struct texts *t = b->texts;
	_cleanup_free_ char *url = xasprintf("%s/query.php", t->url);
	json_object *query = query_of(b);

	b->call = rest_start(t->rest,
	    &(struct rest_request){.method = "GET",
		.host = REST_ABSOLUTE,
		.path = url,
		.query = query,
		.bucket = REST_TEXT,
		.anonymous = true,
		.unread = true,
		.body_max = CATALOGUE_BYTES_MAX},
	    on_answer, b);
	json_object_put(query);
}

static void ask_when_due(struct book *b)
{
	struct texts *t = b->texts;
	int64_t now_ms = loop_now_ms(t->loop), *oldest_ms = &t->asked_ms[t->next];

	if (b->call != NULL || b->read != NULL || now_ms < b->due_ms ||
	    (*oldest_ms > 0 && now_ms - *oldest_ms <= HOUR_MS)) {
		return;
	}
	*oldest_ms = now_ms > 0 ? now_ms : 1;
	t->next = (t->next + 1) % TEXTS_REQUESTS_PER_HOUR;
	ask(b);
}

/* Catalogues */

static void book_free(struct book *b)
{
	rest_cancel(b->call);
	texts_read_cancel(b->texts->readers, b->read);
	list_del(&b->link);
	b->texts->count--;
	catalogue_destroy(b->catalogue);
	free(b);
}

static struct book *book_create(struct texts *t, const char *prefix, const char *lang)
{
	struct book *b = xcalloc(1, sizeof(*b));

	b->texts = t;
	str_copy(b->prefix, sizeof(b->prefix), prefix);
	str_copy(b->lang, sizeof(b->lang), lang);
	if (t->count >= TEXTS_BOOKS_MAX) {
		book_free(container_of(t->books.next, struct book, link));
	}
	list_add_tail(&t->books, &b->link);
	t->count++;
	load(b);
	return b;
}

static struct book *book_get(struct texts *t, const char *prefix, const char *lang)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &t->books) {
		struct book *b = container_of(pos, struct book, link);

		if (strcmp(b->prefix, prefix) == 0 && strcmp(b->lang, lang) == 0) {
			list_del(&b->link);
			list_add_tail(&t->books, &b->link);
			return b;
		}
	}
	return book_create(t, prefix, lang);
}

/* It becomes part of a file's name. */
static bool prefix_of(const char *serial, char ret[static PREFIX_LEN + 1])
{
	size_t i;

	for (i = 0; i < PREFIX_LEN; i++) {
		char c = serial[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))) {
			return false;
		}
		ret[i] = c;
	}
	ret[i] = '\0';
	return true;
}

static bool on_speaks(void *arg, const char *lang)
{
	const struct texts *t = arg;

	for (size_t i = 0; t->url != NULL && i < ARRAY_SIZE(languages); i++) {
		if (strcmp(languages[i], lang) == 0) {
			return true;
		}
	}
	return false;
}

static const char *on_find(
    void *arg, const char *serial, const char *lang, bool is_hms, uint64_t key)
{
	struct texts *t = arg;
	char prefix[PREFIX_LEN + 1];
	struct book *b;

	if (!on_speaks(t, lang) || !prefix_of(serial, prefix)) {
		return NULL;
	}
	b = book_get(t, prefix, lang);
	ask_when_due(b);
	return b->catalogue != NULL ? catalogue_find(b->catalogue, is_hms, key) : NULL;
}

struct texts *texts_create(
    struct loop *l, struct rest *r, const char *cache_dir, texts_fn fn, void *arg)
{
	struct texts *t = xcalloc(1, sizeof(*t));

	t->loop = l;
	t->rest = r;
	t->dir = xstrdup(cache_dir);
	t->fn = fn;
	t->arg = arg;
	t->lookup = (struct hms_texts){.find = on_find, .speaks = on_speaks, .arg = t};
	list_init(&t->books);
	return t;
}

static void forget_all(struct texts *t)
{
	while (!list_empty(&t->books)) {
		book_free(container_of(t->books.next, struct book, link));
	}
}

void texts_destroy(struct texts *t)
{
	if (t == NULL) {
		return;
	}
	forget_all(t);
	worker_pool_destroy_wait(t->readers, READ_END_MS);
	free(t->dir);
	free(t->url);
	free(t);
}

void texts_set_url(struct texts *t, const char *url)
{
	bool same = url != NULL && t->url != NULL && strcmp(url, t->url) == 0;

	if (!same) {
		/* What the old address has sent stays in the cache: it is the same catalogue. */
		forget_all(t);
		free(t->url);
		t->url = xstrdup(url);
	}
}

bool texts_is_reading(const struct texts *t)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &t->books) {
		if (container_of(pos, struct book, link)->read != NULL) {
			return true;
		}
	}
	return false;
}

const struct hms_texts *texts_lookup(const struct texts *t)
{
	return &t->lookup;
}
