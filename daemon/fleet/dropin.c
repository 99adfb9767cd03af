/* SPDX-License-Identifier: MIT */
/* Edits a printer's drop-in line by line and replaces it in one step. */
#include "daemon/fleet/dropin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "common/atomic_file.h"
#include "common/jw.h"
#include "common/util.h"

#define DROPIN_MAX (64 * 1024)

static void put(struct jw *w, const char *text)
{
	jw_bytes(w, text, strlen(text));
}

/* 0 with what is there, nothing when there is none; or negative errno. */
static int read_old(int dir, const char *name, char *buf, size_t size, size_t *ret_len)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0) {
		return errno == ENOENT ? 0 : -errno;
	}
	while (n > 0 && len < size) {
		n = read(fd, buf + len, size - len);
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0) {
		return -errno;
	}
	if (len == size) {
		return -EFBIG;
	}
	*ret_len = len;
	return 0;
}

static bool is_line(const char *line, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(line, text, len) == 0;
}

/* "Key=..." or "Key = ..." */
static bool sets(const char *line, size_t len, const char *key)
{
	size_t at = strlen(key);

	if (len <= at || memcmp(line, key, at) != 0) {
		return false;
	}
	while (at < len && (line[at] == ' ' || line[at] == '\t')) {
		at++;
	}
	return at < len && line[at] == '=';
}

static bool sets_any(const char *line, size_t len, const struct dropin_value *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (sets(line, len, values[i].key)) {
			return true;
		}
	}
	return false;
}

static void put_values(struct jw *w, const struct dropin_value *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		put(w, values[i].key);
		put(w, "=");
		put(w, values[i].text);
		put(w, "\n");
	}
}

/* The old text with the values right after the first header of the section. */
static void edit(struct jw *w, const char *old, size_t old_len, const char *header,
    const struct dropin_value *values, size_t count)
{
	const char *line = old, *end = old + old_len;
	bool inside = false, done = false;

	while (line < end) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((nl != NULL ? nl : end) - line), text = len;

		while (text > 0 && strchr(" \t\r", line[text - 1]) != NULL) {
			text--;
		}
		if (text > 0 && line[0] == '[') {
			inside = is_line(line, text, header);
		}
		if (!inside || !sets_any(line, text, values, count)) {
			jw_bytes(w, line, len);
			put(w, "\n");
		}
		if (inside && !done) {
			put_values(w, values, count);
			done = true;
		}
		line += len + 1;
	}
	if (!done) {
		put(w, header);
		put(w, "\n");
		put_values(w, values, count);
	}
}

/* The name of the draft is none that the configuration reads. The lock of the state directory keeps
 * a second writer out. */
static int replace(int dir, const char *name, const struct jw *w)
{
	const struct atomic_file f = {.data = w->buf, .len = w->len, .mode = 0600, .sync = true};

	return atomic_file_write(dir, name, &f);
}

static int set_in(
    int dir, const char *name, const char *header, const struct dropin_value *values, size_t count)
{
	char old[DROPIN_MAX];
	size_t old_len = 0;
	struct jw w;
	int r = read_old(dir, name, old, sizeof(old), &old_len);

	jw_init_secret(&w);
	if (r == 0) {
		edit(&w, old, old_len, header, values, count);
		r = replace(dir, name, &w);
	}
	jw_finish(&w); /* the file may hold an access code */
	explicit_bzero(old, sizeof(old));
	return r;
}

/* Where the drop-in of a printer lies. */
struct place {
	char *folder, *name;
	int dir;
};

static void place_finish(struct place *p)
{
	if (p->dir >= 0) {
		close(p->dir);
	}
	free(p->folder);
	free(p->name);
}

static int place_open(struct place *p, const char *state_dir, const char *printer)
{
	int r;

	p->folder = xasprintf("%s/printers.d", state_dir);
	p->name = xasprintf("%s.conf", printer);
	p->dir = -1;
	r = mkdir(p->folder, 0700) < 0 && errno != EEXIST ? -errno : 0;
	if (r == 0) {
		p->dir = open(p->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = p->dir < 0 ? -errno : 0;
	}
	return r;
}

/* Says what went wrong, if anything did. */
static int place_end(struct place *p, int r, const char *verb, struct err *e)
{
	if (r < 0) {
		err_set(
		    e, ERR_INTERNAL, "cannot %s %s/%s: %s", verb, p->folder, p->name, strerror(-r));
	}
	place_finish(p);
	return r;
}

char *dropin_path(const char *state_dir, const char *printer)
{
	return xasprintf("%s/printers.d/%s.conf", state_dir, printer);
}

int dropin_set(const char *state_dir, const char *printer, const struct dropin_value *values,
    size_t count, struct err *e)
{
	_cleanup_free_ char *header = xasprintf("[Printer %s]", printer);
	struct place p;
	int r = place_open(&p, state_dir, printer);

	if (r == 0) {
		r = set_in(p.dir, p.name, header, values, count);
	}
	return place_end(&p, r, "write", e);
}

int dropin_save(const char *state_dir, const char *printer, struct dropin_text *ret, struct err *e)
{
	struct dropin_text t = {.text = xmalloc(DROPIN_MAX)};
	struct place p;
	int r = place_open(&p, state_dir, printer);

	if (r == 0) {
		r = read_old(p.dir, p.name, t.text, DROPIN_MAX, &t.len);
	}
	if (r == 0 && faccessat(p.dir, p.name, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		free(TAKE(t.text));
	}
	if (r < 0) {
		dropin_text_finish(&t);
	} else {
		*ret = t;
	}
	return place_end(&p, r, "read", e);
}

int dropin_restore(
    const char *state_dir, const char *printer, const struct dropin_text *old, struct err *e)
{
	const struct atomic_file f = {
	    .data = old->text, .len = old->len, .mode = 0600, .sync = true};
	struct place p;
	int r;

	if (!old->text) {
		return dropin_remove(state_dir, printer, e);
	}
	r = place_open(&p, state_dir, printer);
	if (r == 0) {
		r = atomic_file_write(p.dir, p.name, &f);
	}
	return place_end(&p, r, "write", e);
}

void dropin_text_finish(struct dropin_text *t)
{
	if (t->text) {
		explicit_bzero(t->text, DROPIN_MAX);
		free(TAKE(t->text));
	}
}

int dropin_remove(const char *state_dir, const char *printer, struct err *e)
{
	struct place p;
	int r = place_open(&p, state_dir, printer);

	if (r == 0 && unlinkat(p.dir, p.name, 0) < 0 && errno != ENOENT) {
		r = -errno;
	}
	if (r == 0 && fsync(p.dir) < 0) {
		r = -errno;
	}
	return place_end(&p, r, "remove", e);
}
