/* SPDX-License-Identifier: MIT */
/* The vendor's catalogues of HMS and device-error texts: fetched, cached, looked up; one for the
 * printers of a serial prefix, in a language (bambu.md 6.7). */
#pragma once

#include <stdbool.h>

struct hms_texts;
struct loop;
struct rest;
struct texts;

#define TEXTS_URL "https://e.bambulab.com"
#define TEXTS_BOOKS_MAX 32	  /* in memory; who was not asked for the longest time goes */
#define TEXTS_REQUESTS_PER_HOUR 6 /* of all catalogues together */

/* A catalogue came: texts of printers whose serial begins with prefix may differ. From the loop. */
typedef void (*texts_fn)(void *arg, const char *prefix);

/* rest is borrowed; cache_dir copied. Nothing is looked up until texts_set_url. fn may be NULL. */
struct texts *texts_create(
    struct loop *l, struct rest *r, const char *cache_dir, texts_fn fn, void *arg);
void texts_destroy(struct texts *t); /* NULL is fine */
/* https://HOST; NULL: nothing is fetched and nothing found. */
void texts_set_url(struct texts *t, const char *url);
/* Whether an answer came that is not yet read. */
bool texts_is_reading(const struct texts *t);
/* The look-up, as long as t lives. A catalogue is loaded when it is first asked for, and the vendor
 * asked then for a newer one, at most daily; after a failure in an hour, two, four, up to a day. */
const struct hms_texts *texts_lookup(const struct texts *t);
