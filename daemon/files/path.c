/* SPDX-License-Identifier: MIT */
/* A path on a printer as a client may name it. Pure. */
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"
#include "daemon/files/files.h"

#define PATH_BYTES_MAX 255

static int refuse(struct err *e, const char *why)
{
	err_set(e, ERR_FILE_REFUSED, "%s", why);
	return -EINVAL;
}

static bool has_control(const char *s)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f) {
			return true;
		}
	}
	return false;
}

static int check_text(const char *s, struct err *e)
{
	if (strlen(s) > PATH_BYTES_MAX) {
		return refuse(e, "a path on a printer has at most 255 bytes");
	}
	if (has_control(s)) {
		return refuse(e, "a path on a printer holds no control characters");
	}
	if (!text_is_utf8(s, strlen(s))) {
		return refuse(e, "a path on a printer is UTF-8");
	}
	return 0;
}

/* Appends the parts of s, each behind a slash. */
static int append_parts(char *path, size_t size, const char *s, struct err *e)
{
	while (*s != '\0') {
		size_t part = strcspn(s, "/"), used = strlen(path);

		if (part == 2 && strncmp(s, "..", 2) == 0) {
			return refuse(e, "a path on a printer does not go up with \"..\"");
		}
		if (part > 0 && !(part == 1 && s[0] == '.')) {
			if (used + 1 + part >= size) {
				return refuse(e, "a path on a printer has at most 255 bytes");
			}
			path[used] = '/';
			memcpy(path + used + 1, s, part);
			path[used + 1 + part] = '\0';
		}
		s += part;
		s += *s == '/';
	}
	return 0;
}

/* The last part of what the caller has: its name there. */
static int append_name(char *path, size_t size, const char *dest, struct err *e)
{
	const char *slash = strrchr(dest, '/');
	const char *name = slash != NULL ? slash + 1 : dest;

	if (name[0] == '\0' || strcmp(name, ".") == 0) {
		return refuse(e, "the path ends in '/' and there is no name to append");
	}
	return append_parts(path, size, name, e);
}

/* No part behind the last slash, or only a dot. */
static bool names_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *last = slash != NULL ? slash + 1 : path;

	return last[0] == '\0' || strcmp(last, ".") == 0;
}

int files_path(const char *path, const char *dest, char **ret, struct err *e)
{
	char clean[PATH_BYTES_MAX + 1] = "";
	int r = check_text(path, e);

	if (r == 0 && dest != NULL) {
		r = check_text(dest, e);
	}
	if (r == 0) {
		r = append_parts(clean, sizeof(clean), path, e);
	}
	if (r == 0 && dest != NULL && names_folder(path)) {
		r = append_name(clean, sizeof(clean), dest, e);
	}
	if (r < 0) {
		return r;
	}
	*ret = xstrdup(clean[0] != '\0' ? clean : "/");
	return 0;
}
