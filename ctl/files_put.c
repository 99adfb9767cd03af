/* SPDX-License-Identifier: MIT */
/* `put`: a local file to a printer. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/files.h"
#include "ctl/files_bar.h"
#include "ctl/fmt.h"
#include "ctl/follow.h"

#define CHUNK (64 * 1024)
#define SIZE_MAX_BYTES INT64_C(17179869184) /* what file.put takes */

/* ---- the local file ---- */

static int refuse_file(struct ctl *c, const char *file, const char *why)
{
	_cleanup_free_ char *shown = out_safe(&c->out, file);
	struct err e = {0};

	err_set(&e, ERR_FILE_REFUSED, "%s: %s", shown, why);
	return out_fail(&c->out, &e);
}

static int64_t copy_all(int from, int to)
{
	static char chunk[CHUNK];
	int64_t size = 0;

	for (;;) {
		ssize_t n = read(from, chunk, sizeof(chunk)), put = 0;

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : size;
		}
		size += n;
		if (size > SIZE_MAX_BYTES) {
			return -EFBIG;
		}
		while (put < n) {
			ssize_t w = write(to, chunk + put, (size_t)(n - put));

			if (w < 0 && errno != EINTR) {
				return -errno;
			}
			put += w > 0 ? w : 0;
		}
	}
}

/* The size must be known beforehand: what comes through a pipe waits in a file without a name. */
static int spool(struct ctl *c, struct files_source *ret)
{
	const char *folder = getenv("TMPDIR");
	_cleanup_free_ char *path =
	    xasprintf("%s/bambuctl-XXXXXX", folder && *folder ? folder : "/var/tmp");
	int64_t size;

	ret->fd = mkostemp(path, O_CLOEXEC);
	if (ret->fd < 0) {
		return refuse_file(c, path, strerror(errno));
	}
	unlink(path);
	size = copy_all(STDIN_FILENO, ret->fd);
	if (size < 0) {
		files_source_close(ret);
		return refuse_file(c, "stdin", strerror((int)-size));
	}
	ret->size = size;
	return 0;
}

static int measure(struct ctl *c, const char *file, struct files_source *s)
{
	struct stat st;

	if (fstat(s->fd, &st) < 0) {
		return refuse_file(c, file, strerror(errno));
	}
	if (!S_ISREG(st.st_mode)) {
		return refuse_file(c, file, S_ISDIR(st.st_mode) ? "is a folder" : "is no file");
	}
	s->size = st.st_size - s->offset;
	if (s->size < 0 || s->size > SIZE_MAX_BYTES) {
		return refuse_file(c, file, "is larger than a printer takes");
	}
	return 0;
}

int files_source_open(struct ctl *c, const char *file, struct files_source *ret)
{
	bool is_stdin = strcmp(file, "-") == 0;
	off_t at = is_stdin ? lseek(STDIN_FILENO, 0, SEEK_CUR) : 0;
	int status;

	*ret = (struct files_source){.fd = -1};
	if (is_stdin && at < 0) {
		return spool(c, ret);
	}
	/* O_NONBLOCK: a FIFO in the place of the file must not hold us up. */
	ret->fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
			   : open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ret->offset = at;
	if (ret->fd < 0) {
		return refuse_file(c, file, strerror(errno));
	}
	status = measure(c, file, ret);
	if (status) {
		files_source_close(ret);
	}
	return status;
}

void files_source_close(struct files_source *s)
{
	if (s->fd >= 0) {
		close(s->fd);
	}
	s->fd = -1;
}

char *files_dest(const char *file, const char *dest)
{
	if (!dest) {
		return xasprintf("/%s", files_base_name(file));
	}
	if (*dest && dest[strlen(dest) - 1] == '/') {
		return xasprintf("%s%s", dest, files_base_name(file));
	}
	return xstrdup(dest);
}

/* ---- on its way ---- */

struct put {
	struct ctl *c;
	const struct files_source *source;
	const char *waiting; /* said when all is sent */
	struct files_bar bar;
	int64_t sent;
	bool closed; /* the daemon takes no more: its last word is on the way */
	sigset_t wait_mask;
	json_object *last; /* owned */
};

/* FOLLOW_ON, or the exit status, reported. */
static int send_some(struct put *p)
{
	static char chunk[CHUNK];
	int64_t left = p->source->size - p->sent;
	ssize_t n = pread(
	    p->source->fd, chunk, left < CHUNK ? (size_t)left : CHUNK, p->source->offset + p->sent);
	struct err e = {0};

	if (n <= 0) {
		files_bar_end(&p->bar);
		err_set(&e, ERR_FILE_REFUSED, "the file %s",
		    n < 0 ? strerror(errno) : "became shorter while it was read");
		return out_fail(&p->c->out, &e);
	}
	n = send(p->c->client.fd, chunk, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0) {
		p->closed = errno != EAGAIN && errno != EINTR;
		return FOLLOW_ON;
	}
	p->sent += n;
	files_bar_move(&p->bar, p->sent);
	if (p->sent == p->source->size) {
		files_bar_say(&p->bar, p->waiting);
	}
	return FOLLOW_ON;
}

static int take_last(struct put *p)
{
	struct err e = {0};

	if (client_fill(&p->c->client, &e) < 0 || client_take(&p->c->client, &p->last, &e) < 0) {
		files_bar_end(&p->bar);
		return out_fail(&p->c->out, &e);
	}
	return FOLLOW_ON;
}

static int wait_and_move(struct put *p)
{
	bool more = !p->closed && p->sent < p->source->size;
	struct pollfd fd = {.fd = p->c->client.fd, .events = more ? POLLIN | POLLOUT : POLLIN};
	int status = files_wait(p->c, &p->bar, &fd, &p->wait_mask);

	if (status != FOLLOW_ON || fd.revents == 0) {
		return status;
	}
	return fd.revents & ~POLLOUT ? take_last(p) : send_some(p);
}

static int move_all(struct put *p, json_object **ret)
{
	int status = FOLLOW_ON;

	follow_catch_signals(&p->wait_mask);
	while (status == FOLLOW_ON && !p->last) {
		status = wait_and_move(p);
	}
	files_bar_end(&p->bar);
	sigprocmask(SIG_SETMASK, &p->wait_mask, NULL);
	if (status == FOLLOW_ON) {
		status = files_open_reply(p->c, p->last, ret);
	}
	json_object_put(p->last);
	return status;
}

int files_send(struct ctl *c, const char *method, json_object *params, const struct files_source *s,
    const char *waiting, json_object **ret)
{
	_cleanup_json_ json_object *begun = NULL;
	struct put p = {.c = c, .source = s, .waiting = waiting};
	int status;

	files_bar_begin(&p.bar, &c->out, s->size);
	status = files_upgrade(c, &p.bar, method, params, &begun);
	if (!status) {
		files_bar_begin(&p.bar, &c->out, s->size);
		status = move_all(&p, ret);
	}
	client_finish(&c->client);
	return status;
}

int files_put(struct ctl *c, const char *printer, const struct files_source *s, const char *path,
    json_object **ret)
{
	json_object *params = json_object_new_object();

	json_object_object_add(params, "printer", json_object_new_string(printer));
	json_object_object_add(params, "path", json_object_new_string(path));
	json_object_object_add(params, "size", json_object_new_int64(s->size));
	return files_send(c, "file.put", params, s, "waiting for the printer to store it", ret);
}

/* ---- the verb ---- */

static void show_stored(struct ctl *c, json_object *result)
{
	_cleanup_free_ char *path = out_member(&c->out, result, "path");
	int64_t size = -1, took_ms = -1;
	char bytes[FMT_SIZE], time[FMT_SIZE];
	bool clear = false;

	json_get_i64(result, "size", &size);
	json_get_i64(result, "took_ms", &took_ms);
	json_get_bool(result, "clear_data", &clear);
	fprintf(c->out.f, "%s  %s stored in %s%s\n", path, fmt_bytes(size, bytes),
	    fmt_age_fine(took_ms, time), clear ? ", sent unencrypted" : "");
}

int files_put_run(struct ctl *c)
{
	_cleanup_free_ char *printer = NULL, *path = NULL;
	_cleanup_json_ json_object *result = NULL;
	const char *file, *dest;
	struct files_source source;
	int status = files_words(c, &printer, &file, &dest);

	if (status) {
		return status;
	}
	path = files_dest(file, dest);
	if (strcmp(file, "-") == 0 && (!dest || *files_base_name(dest) == '\0')) {
		return call_misuse(c, "what comes from stdin needs a name as DEST");
	}
	status = files_source_open(c, file, &source);
	if (status) {
		return status;
	}
	status = files_put(c, printer, &source, path, &result);
	files_source_close(&source);
	return status ? status : call_print(c, result, show_stored);
}
