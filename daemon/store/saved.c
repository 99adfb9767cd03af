/* SPDX-License-Identifier: MIT */
/* The last state of each printer, a file by serial. */
#include "daemon/store/saved.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/atomic_file.h"
#include "common/crc.h"
#include "common/log.h"
#include "common/util.h"
#include "daemon/io/loop.h"
#include "daemon/io/worker.h"
#include "daemon/store/aside.h"

enum {
	FILE_MAX = 1024 * 1024,
	SERIAL_MAX = 40,
	WAITING_MAX = 8, /* texts handed over and not yet written */
	RETRY_FIRST_MS = 5 * 1000,
	RETRY_MAX_MS = 60 * 1000,
	END_WAIT_MS = 5000,
	KEEP_S = 30 * 24 * 3600,
	BAD_MAX = 3,
};

#define SEAL "{\"crc32\":\"%08x\"}\n"
#define SEAL_BYTES (sizeof("{\"crc32\":\"01234567\"}\n") - 1)

struct saved {
	struct loop *loop;
	struct worker_pool *pool;
	struct saved_handler handler;
	char *dir;
	unsigned waiting;
	int error; /* of the last write, 0 none */
	int64_t retry_ms, retry_at_ms;
};

/* One text on its way to the disk. */
struct put {
	struct worker_job job;
	struct saved *saved; /* the loop's alone */
	char *dir;
	char serial[SERIAL_MAX];
	char *text;
	size_t len;
	bool sync;
	int error;
};

/* Letters and digits: anything else might be a path. */
static bool makes_name(const char *serial)
{
	size_t len = strlen(serial);

	return len > 0 && len < SERIAL_MAX &&
	       strspn(serial, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
		   len;
}

static int open_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT && mkdir(dir, 0700) == 0) {
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	}
	return fd < 0 ? -errno : fd;
}

static int write_sealed(
    const char *dir, const char *serial, const char *text, size_t len, bool sync)
{
	_cleanup_free_ char *name = xasprintf("%s.json", serial);
	_cleanup_free_ char *whole = xmalloc(len + SEAL_BYTES + 1);
	struct atomic_file file = {
	    .data = whole, .len = len + SEAL_BYTES, .mode = 0600, .sync = sync};
	_cleanup_close_ int fd = open_dir(dir);

	if (fd < 0) {
		return fd;
	}
	memcpy(whole, text, len);
	snprintf(whole + len, SEAL_BYTES + 1, SEAL, (unsigned)crc32_of(text, len));
	return atomic_file_write(fd, name, &file);
}

static void free_put(struct put *p)
{
	free(p->dir);
	free(p->text);
	free(p);
}

static struct put *put_of(struct worker_job *job)
{
	return container_of(job, struct put, job);
}

static void run_put(struct worker_job *job)
{
	struct put *p = put_of(job);

	p->error = write_sealed(p->dir, p->serial, p->text, p->len, p->sync);
}

static void drop_put(struct worker_job *job)
{
	free_put(put_of(job));
}

static void note_result(struct saved *s, int error)
{
	bool changed;

	if (error < 0) {
		s->retry_ms = s->error == 0		       ? RETRY_FIRST_MS
			      : s->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS
							       : s->retry_ms * 2;
		s->retry_at_ms = loop_now_ms(s->loop) + s->retry_ms;
	}
	changed = (error < 0) != (s->error < 0);
	s->error = error;
	if (changed && s->handler.trouble != NULL) {
		s->handler.trouble(s->handler.arg, s->dir, error);
	}
}

static void on_put(struct worker_job *job)
{
	struct put *p = put_of(job);
	struct saved *s = p->saved;

	s->waiting--;
	note_result(s, p->error);
	if (s->handler.done != NULL) {
		s->handler.done(s->handler.arg, p->serial, p->error);
	}
	free_put(p);
}

struct saved *saved_create(struct loop *l, const char *state_dir, const struct saved_handler *h)
{
	struct saved *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->handler = *h;
	s->dir = xasprintf("%s/printers", state_dir);
	s->pool = worker_pool_create(l, 1);
	return s;
}

void saved_destroy(struct saved *s)
{
	if (s == NULL) {
		return;
	}
	worker_pool_destroy_wait(s->pool, END_WAIT_MS);
	free(s->dir);
	free(s);
}

bool saved_has_room(const struct saved *s)
{
	if (s->error < 0) {
		return s->waiting == 0 && loop_now_ms(s->loop) >= s->retry_at_ms;
	}
	return s->pool != NULL && s->waiting < WAITING_MAX;
}

void saved_put(struct saved *s, const char *serial, char *text, size_t len, bool sync)
{
	struct put *p;

	if (!makes_name(serial) || s->pool == NULL) {
		free(text);
		return;
	}
	p = xcalloc(1, sizeof(*p));
	p->job = (struct worker_job){.run = run_put, .done = on_put, .drop = drop_put};
	p->saved = s;
	p->dir = xstrdup(s->dir);
	str_copy(p->serial, sizeof(p->serial), serial);
	p->text = text;
	p->len = len;
	p->sync = sync;
	s->waiting++;
	worker_submit(s->pool, &p->job);
}

int saved_put_now(struct saved *s, const char *serial, const char *text, size_t len)
{
	int error = makes_name(serial) ? write_sealed(s->dir, serial, text, len, false) : -EINVAL;

	if (error != -EINVAL) {
		note_result(s, error);
	}
	return error;
}

const char *saved_error(const struct saved *s)
{
	return s->error < 0 ? strerror(-s->error) : NULL;
}

/* ---- read ---- */

static int read_file(int dir, const char *name, char **ret, size_t *ret_len)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t len = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0) {
		return -errno;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		return -EBADMSG;
	}
	text = xmalloc((size_t)st.st_size + 1);
	while (len < (size_t)st.st_size) {
		n = read(fd, text + len, (size_t)st.st_size - len);
		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		if (n == 0) {
			break;
		}
		len += n > 0 ? (size_t)n : 0;
	}
	text[len] = '\0';
	*ret = TAKE(text);
	*ret_len = len;
	return 0;
}

/* Takes the seal off. */
static int unseal(char *text, size_t *len)
{
	char seal[SEAL_BYTES + 1];

	if (*len < SEAL_BYTES) {
		return -EBADMSG;
	}
	*len -= SEAL_BYTES;
	snprintf(seal, sizeof(seal), SEAL, (unsigned)crc32_of(text, *len));
	if (memcmp(text + *len, seal, SEAL_BYTES) != 0) {
		return -EBADMSG;
	}
	text[*len] = '\0';
	return 0;
}

static int load(struct saved *s, const char *serial, char **ret, size_t *ret_len)
{
	_cleanup_free_ char *name = xasprintf("%s.json", serial), *text = NULL;
	_cleanup_close_ int dir = open_dir(s->dir);
	size_t len = 0;
	int error;

	if (dir < 0) {
		return dir;
	}
	error = read_file(dir, name, &text, &len);
	if (error == 0) {
		error = unseal(text, &len);
	}
	if (error == 0) {
		*ret = TAKE(text);
		*ret_len = len;
	}
	return error;
}

int saved_load(struct saved *s, const char *serial, char **ret, size_t *ret_len)
{
	int error = makes_name(serial) ? load(s, serial, ret, ret_len) : -ENOENT;

	if (error == -EBADMSG) {
		saved_set_aside(s, serial, "it is damaged");
	} else if (error < 0 && error != -ENOENT) {
		log_warn("%s/%s.json: %s; the printer starts without its last state", s->dir,
		    serial, strerror(-error));
	}
	return error;
}

void saved_set_aside(struct saved *s, const char *serial, const char *why)
{
	_cleanup_free_ char *name = xasprintf("%s.json", serial);
	_cleanup_close_ int dir = open_dir(s->dir);
	int error = dir < 0 ? dir : aside_keep(dir, name, loop_wall_ms(s->loop), BAD_MAX);

	if (error == 0) {
		unlinkat(dir, name, 0);
		log_warn("%s/%s cannot be taken: %s; kept with the end .bad-<time>, the printer "
			 "starts without its last state",
		    s->dir, name, why);
	} else {
		log_warn("%s/%s cannot be taken: %s; nor set aside: %s", s->dir, name, why,
		    strerror(-error));
	}
}

/* ---- tidied ---- */

/* The serial of SERIAL.json, SERIAL.json.bad-TIME and .SERIAL.json.new; false for what is not
 * ours. */
static bool serial_of(const char *name, char *ret, size_t size)
{
	const char *from = name + (*name == '.'), *end = strstr(from, ".json");

	if (end == NULL || end == from || (size_t)(end - from) >= size) {
		return false;
	}
	memcpy(ret, from, (size_t)(end - from));
	ret[end - from] = '\0';
	return true;
}

static bool is_old(int dir, const char *name, int64_t now_s)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && now_s - st.st_mtime > KEEP_S;
}

static void tidy_one(
    struct saved *s, int dir, const char *name, bool (*is_known)(void *, const char *), void *arg)
{
	char serial[SERIAL_MAX];
	bool kept = *name != '.' && strstr(name, ".bad-") == NULL;

	if (!serial_of(name, serial, sizeof(serial)) || (kept && is_known(arg, serial)) ||
	    !is_old(dir, name, loop_wall_ms(s->loop) / 1000)) {
		return;
	}
	if (unlinkat(dir, name, 0) == 0) {
		log_info("%s/%s removed: 30 days old%s", s->dir, name,
		    kept ? ", of a printer that is not configured" : "");
	}
}

void saved_tidy(struct saved *s, bool (*is_known)(void *arg, const char *serial), void *arg)
{
	DIR *dir = opendir(s->dir);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		tidy_one(s, dirfd(dir), entry->d_name, is_known, arg);
	}
	if (dir != NULL) {
		closedir(dir);
	}
}
