/* SPDX-License-Identifier: MIT */
/* What lies on the storage of a simulated printer: folders and files, in memory. */
#include "tests/sim/store.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/jw.h"
#include "common/util.h"
#include "tests/sim/bytes.h"

#define HASH_CHUNK 65536

struct store {
	struct store_file *file; /* sorted by path */
	size_t count;
	size_t kept;
};

struct store_upload {
	struct store *store;
	char path[STORE_PATH_MAX];
	struct bytes data;
	bool keep;
	int64_t size;
	EVP_MD_CTX *sum;
};

static const struct store_file root = {.path = "/", .folder = true};

/* Index of the path, or where it would stand. */
static bool locate(const struct store *s, const char *path, size_t *ret)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(s->file[middle].path, path);

		if (order == 0) {
			*ret = middle;
			return true;
		}
		if (order < 0) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	*ret = low;
	return false;
}

const struct store_file *store_find(const struct store *s, const char *path)
{
	size_t index;

	if (strcmp(path, "/") == 0) {
		return &root;
	}
	return locate(s, path, &index) ? &s->file[index] : NULL;
}

static bool has_folder(const struct store *s, const char *path)
{
	_cleanup_free_ char *folder = xstrdup(path);
	const struct store_file *f;

	*strrchr(folder, '/') = '\0';
	f = store_find(s, folder[0] ? folder : "/");
	return f && f->folder;
}

static void forget(struct store *s, struct store_file *f)
{
	if (f->data) {
		s->kept -= (size_t)f->size;
		free(f->data);
		f->data = NULL;
	}
}

/* A place for path: of the file it replaces, or a new one. */
static int place(struct store *s, const char *path, bool folder, struct store_file **ret)
{
	size_t index;

	if (!has_folder(s, path)) {
		return -ENOENT;
	}
	if (locate(s, path, &index)) {
		if (folder || s->file[index].folder) {
			return -EEXIST;
		}
		forget(s, &s->file[index]);
	} else if (s->count == STORE_FILES_MAX) {
		return -ENOSPC;
	} else {
		s->file = xrealloc(s->file, (s->count + 1) * sizeof(*s->file));
		memmove(
		    &s->file[index + 1], &s->file[index], (s->count - index) * sizeof(*s->file));
		s->count++;
	}
	s->file[index] = (struct store_file){.folder = folder, .time_s = time(NULL)};
	str_copy(s->file[index].path, STORE_PATH_MAX, path);
	*ret = &s->file[index];
	return 0;
}

int store_mkdir(struct store *s, const char *path)
{
	struct store_file *f;

	return strcmp(path, "/") == 0 ? -EEXIST : place(s, path, true, &f);
}

struct store *store_create(void)
{
	static const char *const folders[] = {"/cache", "/ipcam", "/model", "/timelapse"};
	struct store *s = xcalloc(1, sizeof(*s));

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		store_mkdir(s, folders[i]);
	}
	return s;
}

void store_destroy(struct store *s)
{
	if (!s) {
		return;
	}
	for (size_t i = 0; i < s->count; i++) {
		free(s->file[i].data);
	}
	free(s->file);
	free(s);
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f) {
			return true;
		}
	}
	return false;
}

int store_path(const char *cwd, const char *text, char ret[static STORE_PATH_MAX])
{
	_cleanup_free_ char *whole = xasprintf("%s/%s", text[0] == '/' ? "" : cwd, text);
	char *rest = whole, path[STORE_PATH_MAX] = "";
	size_t used = 0;

	if (has_control(text)) {
		return -EINVAL;
	}
	for (char *part = strsep(&rest, "/"); part; part = strsep(&rest, "/")) {
		size_t len = strlen(part);

		if (len == 0 || strcmp(part, ".") == 0) {
			continue;
		}
		if (strcmp(part, "..") == 0 || used + 1 + len >= sizeof(path)) {
			return -EINVAL;
		}
		path[used++] = '/';
		memcpy(path + used, part, len + 1);
		used += len;
	}
	str_copy(ret, STORE_PATH_MAX, used ? path : "/");
	return 0;
}

const char *store_name(const struct store_file *f)
{
	return strrchr(f->path, '/') + 1;
}

const struct store_file *store_next(const struct store *s, const char *folder, size_t *pos)
{
	size_t len = strcmp(folder, "/") == 0 ? 0 : strlen(folder);

	while (*pos < s->count) {
		const struct store_file *f = &s->file[(*pos)++];

		if (strncmp(f->path, folder, len) == 0 && f->path[len] == '/' &&
		    !strchr(f->path + len + 1, '/')) {
			return f;
		}
	}
	return NULL;
}

/* A byte at any place without those before it. */
void store_made(int64_t offset, uint8_t *ret, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint64_t at = (uint64_t)offset + i;

		ret[i] = (uint8_t)((at * 167 + (at >> 8) * 13) ^ (at >> 16));
	}
}

static void write_sum(EVP_MD_CTX *sum, char ret[static 65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	ret[0] = '\0';
	if (EVP_DigestFinal_ex(sum, digest, &size)) {
		for (unsigned i = 0; i < size && i < 32; i++) {
			snprintf(ret + 2 * (size_t)i, 3, "%02x", digest[i]);
		}
	}
}

int store_make(struct store *s, const char *path, int64_t size)
{
	_cleanup_free_ uint8_t *chunk = xmalloc(HASH_CHUNK);
	EVP_MD_CTX *sum;
	struct store_file *f;
	int r = strcmp(path, "/") == 0 ? -EEXIST : place(s, path, false, &f);

	if (r < 0) {
		return r;
	}
	f->size = size;
	f->made = true;
	sum = EVP_MD_CTX_new();
	EVP_DigestInit_ex(sum, EVP_sha256(), NULL);
	for (int64_t at = 0; at < size; at += HASH_CHUNK) {
		size_t len = size - at < HASH_CHUNK ? (size_t)(size - at) : HASH_CHUNK;

		store_made(at, chunk, len);
		EVP_DigestUpdate(sum, chunk, len);
	}
	write_sum(sum, f->sha256);
	EVP_MD_CTX_free(sum);
	return 0;
}

int store_remove(struct store *s, const char *path)
{
	size_t index;

	if (!locate(s, path, &index)) {
		return strcmp(path, "/") == 0 ? -EISDIR : -ENOENT;
	}
	if (s->file[index].folder) {
		return -EISDIR;
	}
	forget(s, &s->file[index]);
	s->count--;
	memmove(&s->file[index], &s->file[index + 1], (s->count - index) * sizeof(*s->file));
	return 0;
}

int store_upload_begin(struct store *s, const char *path, struct store_upload **ret)
{
	const struct store_file *old = store_find(s, path);
	struct store_upload *u;

	if (old && old->folder) {
		return -EISDIR;
	}
	if (!has_folder(s, path)) {
		return -ENOENT;
	}
	u = xcalloc(1, sizeof(*u));
	u->store = s;
	u->keep = true;
	u->sum = EVP_MD_CTX_new();
	EVP_DigestInit_ex(u->sum, EVP_sha256(), NULL);
	str_copy(u->path, sizeof(u->path), path);
	*ret = u;
	return 0;
}

void store_upload_add(struct store_upload *u, const void *data, size_t len)
{
	EVP_DigestUpdate(u->sum, data, len);
	u->size += (int64_t)len;
	if (u->keep &&
	    (u->size > STORE_KEPT_FILE_MAX || u->store->kept + (size_t)u->size > STORE_KEPT_MAX)) {
		u->keep = false;
		bytes_finish(&u->data);
	}
	if (u->keep) {
		bytes_add(&u->data, data, len);
	}
}

int64_t store_upload_size(const struct store_upload *u)
{
	return u->size;
}

int store_upload_commit(struct store_upload *u)
{
	struct store_file *f;
	int r = place(u->store, u->path, false, &f);

	if (r == 0) {
		f->size = u->size;
		f->uploaded = true;
		write_sum(u->sum, f->sha256);
		if (u->keep) {
			f->data = xmalloc(u->data.len + 1);
			if (u->data.len > 0) {
				memcpy(f->data, bytes_head(&u->data), u->data.len);
			}
			u->store->kept += u->data.len;
		}
	}
	store_upload_drop(u);
	return r;
}

void store_upload_drop(struct store_upload *u)
{
	if (u) {
		bytes_finish(&u->data);
		EVP_MD_CTX_free(u->sum);
		free(u);
	}
}

void store_write(const struct store *s, struct jw *w)
{
	jw_array(w, NULL);
	for (size_t i = 0; i < s->count; i++) {
		const struct store_file *f = &s->file[i];

		jw_object(w, NULL);
		jw_str(w, "path", f->path);
		jw_bool(w, "folder", f->folder);
		if (!f->folder) {
			jw_int(w, "size", f->size);
			jw_str(w, "sha256", f->sha256);
			jw_bool(w, "kept", f->data || f->made);
		}
		jw_object_end(w);
	}
	jw_array_end(w);
}
