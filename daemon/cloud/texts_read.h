/* SPDX-License-Identifier: MIT */
/* A catalogue is made of an answer in a thread: 4 MiB of JSON would hold the loop up for 50 ms. */
#pragma once

#include <stddef.h>

#include "daemon/cloud/catalogue.h"

struct texts_read;
struct worker_pool;

/* From the loop, once, never before texts_read_start returned. result as of catalogue_take; c is
 * the callee's, NULL unless news is CATALOGUE_NEW. */
typedef void (*texts_read_fn)(void *arg, int result, enum catalogue_news news, struct catalogue *c);

/* text is copied. */
struct texts_read *texts_read_start(struct worker_pool *p, const char *text, size_t len,
    const char *lang, texts_read_fn fn, void *arg);
void texts_read_cancel(
    struct worker_pool *p, struct texts_read *r); /* fn is not called; NULL is fine */
