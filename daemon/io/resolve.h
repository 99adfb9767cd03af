/* SPDX-License-Identifier: MIT */
/* Names to addresses in two worker threads; results arrive on the loop. */
#pragma once

#include <stdbool.h>

struct loop;
struct resolver;
struct resolve_request;

/* address: numeric, owned by the resolver for the call; NULL with a message (gai_strerror) on
 * failure. Never called before resolve_start returned. The request is gone afterwards. */
typedef void (*resolve_fn)(void *arg, const char *address, const char *error);

struct resolver *resolver_create(struct loop *l);
/* Waits for no look-up in flight: a thread that hangs in getaddrinfo is left to end with the
 * process. */
void resolver_destroy(struct resolver *r);
/* A numeric host is answered without a thread (still later). Owned by the resolver until answered
 * or cancelled. */
struct resolve_request *resolve_start(
    struct resolver *r, const char *host, resolve_fn fn, void *arg);
void resolve_cancel(struct resolve_request *q); /* NULL is fine; fn is not called */
bool resolve_is_numeric(const char *host);
