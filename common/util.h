/* SPDX-License-Identifier: MIT */
/* Small helpers: owned locals, strict number parsing, intrusive list, times as text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* Hands over what an owning local holds: the local is NULL afterwards. */
#define TAKE(p)                       \
	({                            \
		__typeof__(p) t_ = p; \
		(p) = NULL;           \
		t_;                   \
	})

#define CLEANUP(fn) __attribute__((cleanup(fn)))
static inline void cleanup_freep(void *p)
{
	free(*(void **)p);
}
static inline void cleanup_closep(int *fd)
{
	if (*fd >= 0) {
		close(*fd);
	}
}
#define _cleanup_free_ CLEANUP(cleanup_freep)
#define _cleanup_close_ CLEANUP(cleanup_closep)

/* malloc family that aborts when memory is out (bounded memory, restart, state never torn). */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *s); /* NULL gives NULL */
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Asks for memory that will be used soon: many such requests are under way at once, while what is
 * merely used is waited for piece by piece. Any address will do. */
static inline void memory_fetch(const void *p, size_t size)
{
	uintptr_t end = (uintptr_t)p + size;

	for (uintptr_t at = (uintptr_t)p / 64 * 64; at < end; at += 64) {
		__builtin_prefetch((const void *)at);
	}
}

/* Strict parsing of a whole NUL-terminated string; no blanks, no sign tricks.
 * 0, or -EINVAL (not such a value), -ERANGE (outside min..max); *ret untouched on failure. */
int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret);
int parse_double(const char *s, double *ret); /* finite decimal only; no hex, inf, nan */
int parse_bool(const char *s, bool *ret);     /* yes no true false on off 1 0 */
int parse_duration_ms(
    const char *s, int64_t *ret);		   /* 500ms 30s 5min 2h; a bare number is seconds */
int parse_size_bytes(const char *s, int64_t *ret); /* 64K 16M 1G, 1024-based; bare = bytes */

/* "2026-11-23T01:02:03.004Z" from milliseconds since 1970 (UTC). buf holds at least 32 bytes. */
char *time_rfc3339(int64_t wall_ms, char buf[static 32]);
/* The reverse, with or without a fraction. 0, or -EINVAL. */
int time_parse_rfc3339(const char *s, int64_t *ret_wall_ms);
/* Copies a string, cut to size, NUL-terminated always. Returns true when nothing was cut. */
bool str_copy(char *dst, size_t size, const char *src);
bool str_starts(const char *s, const char *prefix);
/* Shell glob with * ? only, case-insensitive; no backtracking blow-up (linear per star). */
bool glob_match(const char *pattern, const char *s);
/* Edit distance of two short words (<= 64 bytes), for "did you mean". */
unsigned edit_distance(const char *a, const char *b);

/* Doubly linked intrusive list with a head node. */
struct list {
	struct list *prev, *next;
};
static inline void list_init(struct list *l)
{
	l->prev = l->next = l;
}
static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}
static inline void list_add_tail(struct list *head, struct list *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}
static inline void list_del(struct list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}
/* The body may remove the present element, nothing else. */
#define list_for_each(pos, tmp, head)                                    \
	for ((pos) = (head)->next, (tmp) = (pos)->next; (pos) != (head); \
	     (pos) = (tmp), (tmp) = (pos)->next)
