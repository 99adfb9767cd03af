/* SPDX-License-Identifier: MIT */
/* One catalogue of the vendor's texts in little memory: from its answer, from a cache file, to one
 * (bambu.md 6.7). Pure. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct catalogue;

#define CATALOGUE_BYTES_MAX (4u * 1024 * 1024)
#define CATALOGUE_TEXTS_MAX 20000
#define CATALOGUE_FILE_MAX (CATALOGUE_BYTES_MAX + CATALOGUE_TEXTS_MAX * 24u)
#define CATALOGUE_TEXT_CHARS 400 /* what is longer is cut */

/* What an answer says. */
enum catalogue_news { CATALOGUE_NEW, CATALOGUE_SAME, CATALOGUE_NEWS_COUNT };

/* The body of an answer: 0 with CATALOGUE_NEW and an owned catalogue, or with CATALOGUE_SAME (up to
 * date). Texts with controls of terminal, line or direction are left out, breaks become blanks.
 * -EBADMSG: not such an answer; -E2BIG: over the bounds above. */
int catalogue_take(
    json_object *body, const char *lang, enum catalogue_news *ret_news, struct catalogue **ret);
void catalogue_destroy(struct catalogue *c); /* NULL is fine */

/* The content of a cache file for that language and prefix. 0 with an owned catalogue, or -EBADMSG
 * when a byte of it is not as catalogue_pack wrote it. */
int catalogue_unpack(
    const char *data, size_t len, const char *lang, const char *prefix, struct catalogue **ret);
/* Owned. */
char *catalogue_pack(
    const struct catalogue *c, const char *lang, const char *prefix, size_t *ret_len);

/* NULL: not in it; "": without words. Lives as long as the catalogue. Exactly this code, then with
 * the low byte of attr zero. */
const char *catalogue_find(const struct catalogue *c, bool is_hms, uint64_t key);
size_t catalogue_count(const struct catalogue *c);
int64_t catalogue_version(const struct catalogue *c);
size_t catalogue_bytes(const struct catalogue *c); /* of memory */
