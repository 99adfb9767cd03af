/* SPDX-License-Identifier: MIT */
/* `camera record`: each new picture as a file of a folder. */
#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/camera.h"
#include "ctl/camera_file.h"
#include "ctl/camera_parts.h"
#include "ctl/files_bar.h"
#include "ctl/fmt.h"
#include "ctl/follow.h"

struct record {
	struct ctl *c;
	const char *dir;
	struct files_bar bar;
	int64_t number; /* of the last file */
	int64_t taken, bytes, most;
	uint64_t last; /* picture */
};

static int fail_dir(struct ctl *c, const char *dir, int error)
{
	_cleanup_free_ char *shown = out_safe(&c->out, dir);
	struct err e = {0};

	err_set(&e, ERR_INTERNAL, "%s: %s", shown, strerror(error));
	return out_fail(&c->out, &e);
}

static int open_dir(struct record *r)
{
	int error = camera_file_dir(r->dir, "frame_", &r->number);

	return error < 0 ? fail_dir(r->c, r->dir, -error) : 0;
}

static int keep(void *arg, const struct part *p)
{
	struct record *r = arg;
	_cleanup_free_ char *path = NULL;
	int error;

	if (p->number != 0 && p->number == r->last) {
		return FOLLOW_ON;
	}
	if (r->number >= CAMERA_FILE_MAX) {
		return fail_dir(r->c, r->dir, EOVERFLOW);
	}
	path = xasprintf("%s/frame_%06lld.jpg", r->dir, (long long)r->number + 1);
	error = camera_file_write(path, p->jpeg, p->len, false);
	if (error < 0) {
		files_bar_end(&r->bar);
		return fail_dir(r->c, path, -error);
	}
	r->last = p->number;
	r->number++;
	r->taken++;
	r->bytes += (int64_t)p->len;
	files_bar_move(&r->bar, r->bytes);
	return r->most > 0 && r->taken >= r->most ? 0 : FOLLOW_ON;
}

static void show_recorded(const struct record *r)
{
	struct out *o = &r->c->out;
	_cleanup_json_ json_object *done = NULL;
	_cleanup_free_ char *dir = out_safe(o, r->dir);
	char bytes[FMT_SIZE];

	if (o->json == OUT_TEXT) {
		fprintf(o->f, "%s  %lld picture%s  %s\n", dir, (long long)r->taken,
		    r->taken == 1 ? "" : "s", fmt_bytes(r->bytes, bytes));
		return;
	}
	done = json_object_new_object();
	json_object_object_add(done, "path", json_object_new_string(r->dir));
	json_object_object_add(done, "frames", json_object_new_int64(r->taken));
	json_object_object_add(done, "bytes", json_object_new_int64(r->bytes));
	out_json(o, done);
}

static int read_limits(struct ctl *c, struct record *r, int64_t *ret_for_ms)
{
	const char *time = c->args.value[OPT_FOR], *most = c->args.value[OPT_MAX_FRAMES];

	*ret_for_ms = -1;
	if (time && (parse_duration_ms(time, ret_for_ms) < 0 || *ret_for_ms < 1)) {
		return call_misuse(c, "\"%s\" is not a time such as 30s, 10min", time);
	}
	if (most && parse_i64(most, 1, CAMERA_FILE_MAX, &r->most) < 0) {
		return call_misuse(c, "\"%s\" is not a number from 1 to %d", most, CAMERA_FILE_MAX);
	}
	return 0;
}

static int record(struct record *r, const char *printer, int64_t for_ms)
{
	struct camera_follow f = {.c = r->c, .arg = r, .picture = keep};
	sigset_t wait_mask;
	int status;

	out_release(&r->c->out);
	f.end_ms = for_ms < 0 ? -1 : client_now_ms() + for_ms;
	f.wait_mask = &wait_mask;
	files_bar_begin(&r->bar, &r->c->out, -1);
	follow_catch_signals(&wait_mask);
	status = camera_follow_run(&f, printer);
	sigprocmask(SIG_SETMASK, &wait_mask, NULL);
	files_bar_end(&r->bar);
	if (status == FOLLOW_INTERRUPTED && r->taken > 0) {
		status = 0; /* how a recording without an end usually ends */
	}
	if (r->taken > 0 || status == 0) {
		show_recorded(r);
	}
	return status;
}

int camera_record_run(struct ctl *c)
{
	struct record r = {.c = c};
	_cleanup_free_ char *printer = NULL;
	int64_t for_ms;
	int status = read_limits(c, &r, &for_ms);

	if (!status) {
		status = camera_words(c, "folder", &printer, &r.dir);
	}
	if (!status && *r.dir == '\0') {
		status = call_misuse(c, "DIR is empty");
	}
	if (!status) {
		status = open_dir(&r);
	}
	return status ? status : record(&r, printer, for_ms);
}
