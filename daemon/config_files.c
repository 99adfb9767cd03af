/* SPDX-License-Identifier: MIT */
/* Finds and reads configuration files, and judges whether one may hold a secret. */
#include "daemon/config_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "common/paths.h"
#include "common/util.h"

void config_strings_free(char **v)
{
	char **s;

	for (s = v; s && *s; s++) {
		free(*s);
	}
	free(v);
}

static void wipe_free(char *text, size_t size)
{
	if (text) {
		explicit_bzero(text, size);
		free(text);
	}
}

void config_file_destroy(struct config_file *f)
{
	if (!f) {
		return;
	}
	wipe_free(f->text, f->len);
	free(f->path);
	free(f->dir);
	free(f->inline_refused);
	free(f);
}

/* 0640 of root and the service's group (config.md). Root's own group is nobody's service. */
static bool is_service_group(gid_t gid)
{
	struct group entry, *found = NULL;
	char buf[4096];

	if (gid == getegid() && gid != 0) {
		return true;
	}
	return getgrnam_r("bambud", &entry, buf, sizeof(buf), &found) == 0 && found &&
	       found->gr_gid == gid;
}

static char *why_not_private(const char *path, const struct stat *st, bool is_link)
{
	unsigned mode = st->st_mode & 07777;

	if (is_link) {
		return xasprintf("%s is a symbolic link", path);
	}
	if (!S_ISREG(st->st_mode)) {
		return xasprintf("%s is not a regular file", path);
	}
	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		return xasprintf(
		    "%s belongs to user %u: chown root '%s'", path, (unsigned)st->st_uid, path);
	}
	if ((mode & 077) == 0 ||
	    (mode == 0640 && st->st_uid == 0 && is_service_group(st->st_gid))) {
		return NULL;
	}
	return xasprintf("%s may be read by others (mode %04o): chmod 600 '%s'", path, mode, path);
}

/* Reads to the end; the buffer grows by copy and wipe, as realloc would leave secrets behind. */
static int read_all(int fd, size_t hint, char **ret_text, size_t *ret_len)
{
	size_t cap = hint + 1, len = 0;
	char *text = xmalloc(cap);

	for (;;) {
		ssize_t n;

		if (len + 1 == cap) {
			char *bigger = xmalloc(cap * 2);

			memcpy(bigger, text, len);
			wipe_free(text, len);
			text = bigger;
			cap *= 2;
		}
		n = read(fd, text + len, cap - len - 1);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0 || len + (size_t)n > CONFIG_FILE_MAX) {
			int rc = n < 0 ? -errno : -EFBIG;

			if (n == 0) {
				break;
			}
			wipe_free(text, len);
			return rc;
		}
		len += (size_t)n;
	}
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	return 0;
}

static char *absolute(const char *path)
{
	char cwd[PATH_MAX];

	return paths_join(getcwd(cwd, sizeof(cwd)), path);
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash > path ? xstrndup(path, (size_t)(slash - path)) : xstrdup("/");
}

int config_file_read(const char *path, struct config_file **ret, struct err *e)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool is_link = fd < 0 && errno == ELOOP;
	struct config_file *f;
	struct stat st;
	int rc = 0;

	if (is_link) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 || fstat(fd, &st) < 0) {
		rc = -errno;
	}
	f = xcalloc(1, sizeof(*f));
	if (rc == 0) {
		rc = read_all(fd,
		    S_ISREG(st.st_mode) && st.st_size < CONFIG_FILE_MAX ? (size_t)st.st_size + 1
									: 4096,
		    &f->text, &f->len);
	}
	if (rc < 0) {
		config_file_destroy(f);
		err_set(e, ERR_USAGE, "%s: %s", path, strerror(-rc));
		return rc == -ENOENT ? -ENOENT : -EINVAL;
	}
	f->path = absolute(path);
	f->dir = folder_of(f->path);
	f->inline_refused = why_not_private(f->path, &st, is_link);
	*ret = f;
	return 0;
}

struct config_file *config_file_empty(const char *path)
{
	struct config_file *f = xcalloc(1, sizeof(*f));

	f->path = absolute(path);
	f->dir = folder_of(f->path);
	f->text = xstrdup("");
	return f;
}

void config_file_clear(struct config_file *f)
{
	wipe_free(f->text, f->len);
	f->text = xstrdup("");
	f->len = 0;
}

/* A file found, and the rank of its folder. */
struct found {
	char *path;
	const char *name; /* within path */
	size_t rank;
};

struct found_list {
	struct found *items;
	size_t count, cap;
};

static void add_found(struct found_list *l, const char *dir, const char *name, size_t rank)
{
	struct found *f;

	if (l->count == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->items = xrealloc(l->items, l->cap * sizeof(*l->items));
	}
	f = &l->items[l->count++];
	f->path = paths_join(dir, name);
	f->name = strrchr(f->path, '/') + 1;
	f->rank = rank;
}

static int list_folder(struct found_list *l, const char *dir, size_t rank, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	if (!d) {
		if (errno == ENOENT) {
			return 0;
		}
		err_set(e, ERR_USAGE, "%s: %s", dir, strerror(errno));
		return -EINVAL;
	}
	while ((entry = readdir(d))) {
		size_t len = strlen(entry->d_name);

		if (entry->d_name[0] != '.' && len > 5 &&
		    strcmp(entry->d_name + len - 5, ".conf") == 0) {
			add_found(l, dir, entry->d_name, rank);
		}
	}
	closedir(d);
	return 0;
}

/* By name; of one name the highest rank first. */
static int compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->rank < y->rank) - (x->rank > y->rank);
}

int config_files_list(const char *const dirs[], char ***ret, struct err *e)
{
	struct found_list l = {0};
	char **paths;
	size_t i, n = 0;
	int rc = 0;

	for (i = 0; dirs[i] && rc == 0; i++) {
		rc = list_folder(&l, dirs[i], i, e);
	}
	if (l.count > 1) {
		qsort(l.items, l.count, sizeof(*l.items), compare_found);
	}
	paths = xcalloc(l.count + 1, sizeof(*paths));
	for (i = 0; i < l.count; i++) {
		if (n > 0 && strcmp(strrchr(paths[n - 1], '/') + 1, l.items[i].name) == 0) {
			free(l.items[i].path);
		} else {
			paths[n++] = l.items[i].path;
		}
	}
	free(l.items);
	if (rc < 0) {
		config_strings_free(paths);
		return rc;
	}
	*ret = paths;
	return 0;
}
