/* SPDX-License-Identifier: MIT */
/* Pictures of a folder, read one by one and put into a video. */
#include "ctl/camera_video.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/jpeg_size.h"
#include "common/util.h"
#include "ctl/avi.h"
#include "ctl/camera_file.h"
#include "ctl/camera_parts.h"
#include "ctl/files_bar.h"

#define NAMES_MAX 999

/* A video on its way. */
struct job {
	struct camera_video *v;
	struct avi avi;
	struct files_bar bar;
	bool begun, full;
};

void camera_video_finish(struct camera_video *v)
{
	free(v->path);
	v->path = NULL;
}

/* An owned picture; NULL when it is none, or not there. */
static uint8_t *read_picture(const char *path, size_t *ret_len)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_cleanup_free_ uint8_t *data = NULL;
	size_t len = 0, size;
	struct stat st;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 1 ||
	    st.st_size > PART_BYTES_MAX) {
		return NULL;
	}
	size = (size_t)st.st_size;
	data = xmalloc(size);
	while (len < size && n != 0) {
		n = read(fd, data + len, size - len);
		if (n < 0 && errno != EINTR) {
			return NULL;
		}
		len += n > 0 ? (size_t)n : 0;
	}
	*ret_len = len;
	return TAKE(data);
}

/* 0 or negative errno. The first picture says what size the video has. */
static int add(struct job *j, int fd, const uint8_t *jpeg, size_t len)
{
	int width, height, r = 0;

	if (!jpeg_size(jpeg, len, &width, &height)) {
		return 0;
	}
	if (!j->begun) {
		r = avi_begin(&j->avi, fd, width, height, j->v->fps);
		j->begun = r == 0;
	}
	if (r == 0 && (width != j->avi.width || height != j->avi.height)) {
		j->v->others++;
		return 0;
	}
	r = r < 0 ? r : avi_add(&j->avi, jpeg, len);
	if (r == AVI_E_FULL) {
		j->full = true;
		return 0;
	}
	return r;
}

static int write_video(struct job *j, int fd)
{
	int r = 0;

	for (int64_t n = j->v->first; r == 0 && n <= j->v->last && !j->full; n++) {
		_cleanup_free_ char *path =
		    xasprintf("%s/%s%06lld.jpg", j->v->dir, j->v->prefix, (long long)n);
		_cleanup_free_ uint8_t *jpeg = NULL;
		size_t len;

		jpeg = read_picture(path, &len);
		if (jpeg) {
			r = add(j, fd, jpeg, len);
		}
		files_bar_move(&j->bar, j->avi.at);
	}
	if (r == 0 && j->avi.count > 1) {
		r = avi_end(&j->avi);
	}
	return r;
}

/* The first of the names that is free. 0 with v->path, or negative errno. */
static int put(struct camera_video *v, int fd, char *draft)
{
	int stem = (int)strlen(v->prefix) - 1; /* the dash before the number */
	int r = -EEXIST;

	for (int n = 1; r == -EEXIST && n <= NAMES_MAX; n++) {
		char more[16] = "";

		if (n > 1) {
			snprintf(more, sizeof(more), "-%d", n);
		}
		free(v->path);
		v->path = xasprintf("%s/%.*s%s.avi", v->dir, stem, v->prefix, more);
		r = camera_draft_put(fd, draft, v->path, false);
	}
	if (r < 0) {
		camera_video_finish(v);
	}
	return r;
}

static int fail(struct ctl *c, const struct camera_video *v, int error)
{
	_cleanup_free_ char *dir = out_safe(&c->out, v->dir);
	struct err e = {0};

	err_set(&e, ERR_INTERNAL, "%s: no video, the pictures stay: %s", dir, strerror(error));
	return out_fail(&c->out, &e);
}

static void tell(struct ctl *c, const struct job *j)
{
	char text[128];

	if (j->v->others > 0) {
		snprintf(text, sizeof(text), "not in the video, of another size: %lld picture%s",
		    (long long)j->v->others, j->v->others == 1 ? "" : "s");
		out_note(&c->out, text);
	}
	if (j->full) {
		out_note(&c->out, "the video ends early: it would be longer than 4 GiB");
	}
}

int camera_video_make(struct ctl *c, struct camera_video *v)
{
	struct job j = {.v = v, .avi = {.fd = -1}};
	_cleanup_free_ char *draft = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	v->frames = v->others = v->bytes = 0;
	if (v->last - v->first < 1) {
		return 0;
	}
	fd = camera_draft_open(v->dir, "video", &draft);
	if (fd < 0) {
		return fail(c, v, -fd);
	}
	files_bar_begin(&j.bar, &c->out, -1);
	r = write_video(&j, fd);
	files_bar_end(&j.bar);
	if (r == 0 && j.avi.count > 1) {
		v->frames = (int64_t)j.avi.count;
		v->bytes = lseek(fd, 0, SEEK_END);
		r = put(v, fd, draft);
	}
	if (!v->path) {
		unlink(draft);
	}
	avi_finish(&j.avi);
	if (r < 0) {
		return fail(c, v, -r);
	}
	tell(c, &j);
	return 0;
}
