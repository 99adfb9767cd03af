/* SPDX-License-Identifier: MIT */
/* Whom HTTPS trusts: the system's store, which OpenSSL reads as it needs it, and a file beside. */
#include <string.h>
#include <sys/stat.h>

#include "daemon/io/http_internal.h"

#define ANCHORS_MAX 8 /* CaFile= and what it was before */

static void anchors_drop(struct http_anchors *a)
{
	list_del(&a->link);
	X509_STORE_free(a->store);
	free(a->ca_file);
	free(a);
}

void http_anchors_free(struct http *h)
{
	while (!list_empty(&h->anchors)) {
		anchors_drop(container_of(h->anchors.next, struct http_anchors, link));
	}
}

/* What tells that the file is another one; zeroes for none. */
static void stamp(const char *ca_file, int64_t *ret_mtime_ns, int64_t *ret_size_bytes)
{
	struct stat st = {0};

	if (ca_file != NULL && stat(ca_file, &st) < 0) {
		st = (struct stat){0};
	}
	*ret_mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	*ret_size_bytes = st.st_size;
}

static X509_STORE *store_create(const char *ca_file)
{
	X509_STORE *store = X509_STORE_new();

	if (store == NULL || X509_STORE_set_default_paths(store) != 1 ||
	    (ca_file != NULL && X509_STORE_load_file(store, ca_file) != 1)) {
		X509_STORE_free(store);
		return NULL;
	}
	return store;
}

static struct http_anchors *find(struct http *h, const char *ca_file)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &h->anchors) {
		struct http_anchors *a = container_of(pos, struct http_anchors, link);

		if (ca_file == NULL ? a->ca_file == NULL
				    : a->ca_file != NULL && strcmp(a->ca_file, ca_file) == 0) {
			return a;
		}
	}
	return NULL;
}

static void make_room(struct http *h)
{
	struct list *pos, *tmp;
	size_t count = 0;

	list_for_each (pos, tmp, &h->anchors) {
		count++;
	}
	if (count >= ANCHORS_MAX) {
		anchors_drop(container_of(h->anchors.next, struct http_anchors, link));
	}
}

X509_STORE *http_anchors_get(struct http *h, const char *ca_file)
{
	struct http_anchors *a = find(h, ca_file);
	int64_t mtime_ns, size_bytes;

	stamp(ca_file, &mtime_ns, &size_bytes);
	if (a != NULL && (a->mtime_ns != mtime_ns || a->size_bytes != size_bytes)) {
		anchors_drop(a);
		a = NULL;
	}
	if (a == NULL) {
		X509_STORE *store = store_create(ca_file);

		if (store == NULL) {
			return NULL;
		}
		make_room(h);
		a = xcalloc(1, sizeof(*a));
		*a = (struct http_anchors){.ca_file = xstrdup(ca_file),
		    .mtime_ns = mtime_ns,
		    .size_bytes = size_bytes,
		    .store = store};
		list_init(&a->link);
		list_add_tail(&h->anchors, &a->link);
	}
	X509_STORE_up_ref(a->store);
	return a->store;
}
