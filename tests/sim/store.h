/* SPDX-License-Identifier: MIT */
/* What lies on the storage of a simulated printer: folders and files, in memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jw;
struct store;
struct store_upload;

#define STORE_PATH_MAX 256
#define STORE_FILES_MAX 4096
#define STORE_KEPT_MAX (256u * 1024 * 1024) /* contents of all files; beyond: size and sum only */
#define STORE_KEPT_FILE_MAX (64u * 1024 * 1024)

struct store_file {
	char path[STORE_PATH_MAX]; /* absolute, clean */
	bool folder, uploaded;
	int64_t size, time_s; /* wall clock */
	uint8_t *data;	      /* NULL: not kept */
	bool made;	      /* contents come from store_made */
	char sha256[65];
};

/* With the folders every printer has. */
struct store *store_create(void);
void store_destroy(struct store *s);

/* Path as a client says it, in the folder cwd: absolute, no empty parts. 0, or -EINVAL: "..",
 * control characters, too long. */
int store_path(const char *cwd, const char *text, char ret[static STORE_PATH_MAX]);
/* NULL when there is none. "/" is a folder. Valid until something is added or removed. */
const struct store_file *store_find(const struct store *s, const char *path);
/* The next entry of a folder, by name; *pos begins at 0. NULL at the end. */
const struct store_file *store_next(const struct store *s, const char *folder, size_t *pos);
/* The name in its folder. */
const char *store_name(const struct store_file *f);
/* 0, -ENOENT (its folder), -EEXIST, -ENOSPC. */
int store_mkdir(struct store *s, const char *path);
/* A file of that size whose contents can be told at any place. As store_mkdir. */
int store_make(struct store *s, const char *path, int64_t size);
/* The bytes of a made file. */
void store_made(int64_t offset, uint8_t *ret, size_t len);
/* 0, -ENOENT; -EISDIR. */
int store_remove(struct store *s, const char *path);

/* A file on its way in: it appears, or replaces another, when it is committed. */
int store_upload_begin(struct store *s, const char *path, struct store_upload **ret);
void store_upload_add(struct store_upload *u, const void *data, size_t len);
int64_t store_upload_size(const struct store_upload *u);
/* Either frees u. */
int store_upload_commit(struct store_upload *u);
void store_upload_drop(struct store_upload *u);

/* A JSON array of all, for the control channel. */
void store_write(const struct store *s, struct jw *w);
