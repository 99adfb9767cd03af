/* SPDX-License-Identifier: MIT */
/* The vendor's catalogue of HMS and device-error texts: fetched, checked, cached, looked up
 * (bambu.md 6.7). */
#pragma once

#include <stdbool.h>

struct loop;
struct rest;
struct texts;

/* lang: "en"; cache_dir: where catalogues are kept; url: without the query, NULL = never fetched.
 */
struct texts *texts_create(struct loop *l, struct rest *r, const char *cache_dir, const char *url);
void texts_destroy(struct texts *t); /* NULL is fine */
void texts_set_url(struct texts *t, const char *url);
/* Printers whose serial begins so (3 characters) exist: its catalogue is loaded, and fetched at
 * most once a day. */
void texts_want(struct texts *t, const char *serial, const char *lang);
/* key: 16 hex digits of an HMS code or 8 of a device error, capitals. NULL: not known (an empty
 * text of the vendor too). Good until the loop's next turn. */
const char *texts_find(
    const struct texts *t, const char *serial, const char *lang, const char *key);
