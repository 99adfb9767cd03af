/* SPDX-License-Identifier: MIT */
/* `fetch`: a file of a printer to a local file, whole or not at all. */
#include <errno.h>
#include <fcntl.h>
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
/* The last bytes are held back until the end: they may be an error in place of contents. */
#define TAIL_MAX (8 * 1024)
#define ERROR_DEPTH_MAX 8
/* What poll promises that a pipe takes without blocking. */
#define PIPE_MAX 4096u

/* Where it goes. */
struct target {
	char *path;  /* NULL: stdout */
	char *draft; /* beside it, until all is there */
	int fd;
	bool replace; /* agreed to */
};

struct fetch {
	struct ctl *c;
	struct target *target;
	struct files_bar bar;
	int64_t size, got, written; /* size -1 unknown */
	size_t held;
	sigset_t wait_mask;
	char buf[TAIL_MAX + CHUNK];
};

static int fail_local(struct ctl *c, const char *path, const char *why)
{
	_cleanup_free_ char *shown = out_safe(&c->out, path);
	struct err e = {0};

	err_set(&e, ERR_INTERNAL, "%s: %s", shown, why);
	return out_fail(&c->out, &e);
}

/* ---- the local file ---- */

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The name is what the user typed, without its folders: it never leads out of DEST. */
static char *target_path(const char *file, const char *dest)
{
	const char *base = files_base_name(file);

	if (!dest) {
		return xstrdup(base);
	}
	if (is_folder(dest) || dest[strlen(dest) - 1] == '/') {
		return xasprintf("%s%s%s", dest, dest[strlen(dest) - 1] == '/' ? "" : "/", base);
	}
	return xstrdup(dest);
}

static bool may_replace(struct ctl *c, const char *path)
{
	_cleanup_free_ char *question = xasprintf("%s is there already, and would be lost.", path);

	return c->args.given[OPT_YES] || call_ask(c, question);
}

static int target_choose(struct ctl *c, const char *file, const char *dest, struct target *t)
{
	_cleanup_free_ char *shown = NULL;
	struct stat st;
	struct err e = {0};

	if (dest && *dest == '\0') {
		return call_misuse(c, "DEST is empty");
	}
	t->path = target_path(file, dest);
	if (*files_base_name(t->path) == '\0' || is_folder(t->path)) {
		return call_misuse(c, "\"%s\" names no file", file);
	}
	t->replace = lstat(t->path, &st) == 0;
	if (!t->replace || may_replace(c, t->path)) {
		return 0;
	}
	shown = out_safe(&c->out, t->path);
	err_set(&e, ERR_GUARD, "%s is there already", shown);
	err_hint(&e, "--yes replaces it");
	return out_fail(&c->out, &e);
}

static int target_open(struct ctl *c, struct target *t)
{
	int folder = (int)(files_base_name(t->path) - t->path);

	t->draft = xasprintf("%.*s.bambuctl-XXXXXX", folder, t->path);
	t->fd = mkostemp(t->draft, O_CLOEXEC);
	if (t->fd < 0) {
		free(TAKE(t->draft));
		return fail_local(c, t->path, strerror(errno));
	}
	return 0;
}

/* As open would have made it. */
static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* What came into being meanwhile was not agreed to. Some file systems cannot tell. */
static int put_in_place(const struct target *t)
{
	unsigned flags = t->replace ? 0 : RENAME_NOREPLACE;

	if (renameat2(AT_FDCWD, t->draft, AT_FDCWD, t->path, flags) == 0) {
		return 0;
	}
	return errno == EINVAL && access(t->path, F_OK) < 0 ? rename(t->draft, t->path) : -1;
}

static int target_keep(struct ctl *c, struct target *t)
{
	if (fchmod(t->fd, usual_mode()) < 0 || fsync(t->fd) < 0 || put_in_place(t) < 0) {
		return fail_local(c, t->path, strerror(errno));
	}
	free(TAKE(t->draft));
	return 0;
}

static void target_finish(struct target *t)
{
	if (t->path && t->fd >= 0) {
		close(t->fd);
	}
	if (t->draft) {
		unlink(t->draft);
	}
	free(t->draft);
	free(t->path);
}

/* ---- on its way ---- */

/* FOLLOW_ON, or the exit status, reported. */
static int write_some(struct fetch *f, size_t len)
{
	struct pollfd fd = {.fd = f->target->fd, .events = POLLOUT};
	size_t most = f->target->path ? len : len < PIPE_MAX ? len : PIPE_MAX;
	int status = f->target->path ? FOLLOW_ON : files_wait(f->c, &f->bar, &fd, &f->wait_mask);
	ssize_t n;

	if (status != FOLLOW_ON || (!f->target->path && fd.revents == 0)) {
		return status;
	}
	n = write(f->target->fd, f->buf, most);
	if (n < 0 && errno == EPIPE) {
		return FOLLOW_READER_GONE;
	}
	if (n < 0 && errno != EINTR && errno != EAGAIN) {
		files_bar_end(&f->bar);
		return fail_local(
		    f->c, f->target->path ? f->target->path : "stdout", strerror(errno));
	}
	if (n > 0) {
		memmove(f->buf, f->buf + n, f->held - (size_t)n);
		f->held -= (size_t)n;
		f->written += n;
	}
	return FOLLOW_ON;
}

/* All but what must be held back. */
static int write_down_to(struct fetch *f, size_t keep)
{
	int status = FOLLOW_ON;

	while (status == FOLLOW_ON && f->held > keep) {
		status = write_some(f, f->held - keep);
	}
	return status;
}

/* What came behind the first answer in one read with it. */
static void take_early(struct fetch *f)
{
	struct client *client = &f->c->client;
	size_t len = client->len - client->start;

	len = len < CHUNK ? len : CHUNK;
	memcpy(f->buf, client->buf + client->start, len);
	client->start += len;
	f->held = len;
	f->got = (int64_t)len;
}

/* FOLLOW_ON with *ret_ended at the end. */
static int read_some(struct fetch *f, bool *ret_ended)
{
	struct pollfd fd = {.fd = f->c->client.fd, .events = POLLIN};
	int status = files_wait(f->c, &f->bar, &fd, &f->wait_mask);
	ssize_t n;

	if (status != FOLLOW_ON || fd.revents == 0) {
		return status;
	}
	n = recv(f->c->client.fd, f->buf + f->held, sizeof(f->buf) - f->held, 0);
	*ret_ended = n == 0 || (n < 0 && errno != EINTR);
	if (n > 0) {
		f->held += (size_t)n;
		f->got += n;
		files_bar_move(&f->bar, f->got);
	}
	return FOLLOW_ON;
}

/* The error at the end of what came: behind a NUL byte. NULL when there is none. Owned. */
static json_object *find_error(const struct fetch *f)
{
	const char *nul = f->held > 0 ? memrchr(f->buf, '\0', f->held) : NULL;
	json_object *line = NULL;
	size_t len;

	if (!nul || f->buf[f->held - 1] != '\n') {
		return NULL;
	}
	len = (size_t)(f->buf + f->held - nul) - 1;
	if (json_parse(nul + 1, len - 1, ERROR_DEPTH_MAX, &line) < 0) {
		return NULL;
	}
	if (!json_get_obj(line, "error")) {
		json_object_put(line);
		return NULL;
	}
	return line;
}

static int fail_short(struct fetch *f)
{
	char got[FMT_SIZE], all[FMT_SIZE];
	struct err e = {0};

	err_set(&e, ERR_TRANSFER_FAILED, "the copy broke off after %s of %s",
	    fmt_bytes(f->got, got), fmt_bytes(f->size, all));
	return out_fail(&f->c->out, &e);
}

/* Judges what came, and writes the rest of it. 0, or the exit status, reported. */
static int settle(struct fetch *f)
{
	bool whole = f->size >= 0 && f->got == f->size;
	_cleanup_json_ json_object *error = whole ? NULL : find_error(f);
	int status;

	if (error) {
		return out_fail_reply(&f->c->out, json_get_obj(error, "error"), NULL);
	}
	if (f->size >= 0 && !whole) {
		return fail_short(f);
	}
	status = write_down_to(f, 0);
	return status == FOLLOW_ON ? 0 : status;
}

static int move_all(struct fetch *f)
{
	bool ended = false;
	int status = FOLLOW_ON;

	take_early(f);
	while (status == FOLLOW_ON && !ended) {
		status = read_some(f, &ended);
		if (status == FOLLOW_ON && !ended) {
			status = write_down_to(f, TAIL_MAX);
		}
	}
	files_bar_end(&f->bar);
	return status == FOLLOW_ON ? settle(f) : status;
}

static int fetch_into(struct ctl *c, struct fetch *f, json_object *begun)
{
	int status;

	f->size = -1;
	json_get_i64(begun, "size", &f->size);
	files_bar_begin(&f->bar, &c->out, f->size);
	follow_catch_signals(&f->wait_mask);
	status = f->target->path ? target_open(c, f->target) : 0;
	if (!status) {
		status = move_all(f);
	}
	if (!status && f->target->path) {
		status = target_keep(c, f->target);
	}
	sigprocmask(SIG_SETMASK, &f->wait_mask, NULL);
	return status;
}

/* ---- the verb ---- */

static void show_fetched(struct ctl *c, const struct fetch *f, int64_t took_ms)
{
	_cleanup_free_ char *path = out_safe(&c->out, f->target->path);
	char bytes[FMT_SIZE], time[FMT_SIZE];

	fprintf(c->out.f, "%s  %s fetched in %s\n", path, fmt_bytes(f->written, bytes),
	    fmt_age_fine(took_ms, time));
	if (f->size < 0) {
		out_note(
		    &c->out, "the printer did not tell the size: whether it is whole is unknown");
	}
}

static int fetch(struct ctl *c, const char *printer, const char *file, struct target *target)
{
	_cleanup_free_ struct fetch *f = xcalloc(1, sizeof(*f));
	_cleanup_json_ json_object *begun = NULL;
	json_object *params = json_object_new_object();
	int64_t begun_ms = client_now_ms();
	int status;

	f->c = c;
	f->target = target;
	json_object_object_add(params, "printer", json_object_new_string(printer));
	json_object_object_add(params, "path", json_object_new_string(file));
	files_bar_begin(&f->bar, &c->out, -1);
	status = files_upgrade(c, &f->bar, "file.get", params, &begun);
	if (!status) {
		status = fetch_into(c, f, begun);
	}
	client_finish(&c->client);
	if (status || !target->path) {
		return status;
	}
	if (c->out.json != OUT_TEXT) {
		out_json(&c->out, begun);
	} else {
		show_fetched(c, f, client_now_ms() - begun_ms);
	}
	return 0;
}

int files_fetch_to(struct ctl *c, const char *printer, const char *path, int fd)
{
	struct target target = {.fd = fd};

	return fetch(c, printer, path, &target);
}

int files_fetch_run(struct ctl *c)
{
	struct target target = {.fd = STDOUT_FILENO};
	_cleanup_free_ char *printer = NULL;
	const char *file, *dest;
	int status = files_words(c, &printer, &file, &dest);

	if (!status && dest && strcmp(dest, "-") == 0) {
		out_release(&c->out);
		status = c->out.json != OUT_TEXT
			     ? call_misuse(c, "--json and the contents do not go to stdout both")
			     : 0;
	} else if (!status) {
		target.fd = -1;
		status = target_choose(c, file, dest, &target);
	}
	if (!status) {
		status = fetch(c, printer, file, &target);
	}
	target_finish(&target);
	return status;
}
