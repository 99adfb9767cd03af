/* SPDX-License-Identifier: MIT */
/* `camera timelapse`: a picture for each layer, time or percent of one job. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base64.h"
#include "common/util.h"
#include "ctl/call.h"
#include "ctl/camera.h"
#include "ctl/camera_file.h"
#include "ctl/camera_video.h"
#include "ctl/fmt.h"
#include "ctl/follow.h"
#include "ctl/mirror.h"

#define SHOT_MS 10000	    /* how long one picture is waited for */
#define SHOT_MAX_AGE_MS 300 /* of a picture that shows the milestone */
#define EVERY_MS_MIN 1000

enum every { EVERY_LAYER, EVERY_TIME, EVERY_PERCENT };

/* One job from its first printed line to its end. */
struct lapse {
	struct ctl *c;
	struct ctl shot; /* the same run with a connection of its own */
	const char *printer, *dir;
	char *name; /* owned: of the printer */
	enum every every;
	int64_t step; /* ms or percent */
	struct follow follow;
	struct mirror mirror;
	char *prefix; /* owned: of the files; NULL = the job has not begun */
	int64_t
	    reached; /* highest milestone so far: each counts once, also when it is told again */
	int64_t due_ms;
	int64_t number, taken;
	int64_t first;	    /* number of the first picture of this job */
	int64_t started_ms; /* of the job, wall clock; -1 = that was not seen */
	int fps;	    /* of the video; 0 = none is wanted */
	char *said;	    /* owned: what was wrong with the last picture; NULL = nothing */
	bool printing;
};

static int fail(struct lapse *l, const char *path, int error)
{
	_cleanup_free_ char *shown = out_safe(&l->c->out, path);
	struct err e = {0};

	err_set(&e, ERR_INTERNAL, "%s: %s", shown, strerror(error));
	return out_fail(&l->c->out, &e);
}

/* ---- one picture ---- */

static int keep(struct lapse *l, const char *jpeg, size_t len)
{
	_cleanup_free_ char *path = NULL, *shown = NULL;
	int r;

	if (l->number >= CAMERA_FILE_MAX) {
		return fail(l, l->dir, EOVERFLOW);
	}
	path = xasprintf("%s/%s%06lld.jpg", l->dir, l->prefix, (long long)l->number + 1);
	r = camera_file_write(path, jpeg, len, false);
	if (r < 0) {
		return fail(l, path, -r);
	}
	l->number++;
	l->taken++;
	shown = out_safe(&l->c->out, path);
	if (l->c->out.json == OUT_TEXT && !l->c->out.quiet) {
		fprintf(l->c->out.f, "%s\n", shown);
	}
	return FOLLOW_ON;
}

/* What is wrong is said once, not at each milestone again. */
static bool is_said(struct lapse *l, json_object *reply)
{
	const char *why = json_get_str(json_get_obj(reply, "error"), "message");
	bool again = why && l->said && strcmp(why, l->said) == 0;

	if (!again) {
		free(l->said);
		l->said = xstrdup(why);
	}
	return again;
}

/* A picture that cannot be had is no end of the others. */
static int shoot(struct lapse *l)
{
	json_object *params = json_object_new_object();
	_cleanup_json_ json_object *reply = NULL, *result = NULL;
	_cleanup_free_ char *jpeg = NULL;
	const char *text;
	size_t len = 0;

	json_object_object_add(params, "printer", json_object_new_string(l->printer));
	json_object_object_add(params, "max_age_ms", json_object_new_int64(SHOT_MAX_AGE_MS));
	client_deadline(&l->shot.client, SHOT_MS);
	if (call_exchange(&l->shot, "camera.snapshot", params, &reply)) {
		/* An answer that comes too late must not be taken for the next one. */
		client_finish(&l->shot.client);
		return FOLLOW_ON;
	}
	if (is_said(l, reply) || call_open_reply(&l->shot, reply, NULL, &result)) {
		return FOLLOW_ON;
	}
	text = json_get_str(result, "jpeg");
	jpeg = text ? base64_decode(text, &len) : NULL;
	return jpeg ? keep(l, jpeg, len) : FOLLOW_ON;
}

/* ---- the job ---- */

/* Pictures that an earlier run took of the same job belong to it. */
static void find_first(struct lapse *l)
{
	for (l->first = l->number + 1; l->started_ms >= 0 && l->first > 1; l->first--) {
		_cleanup_free_ char *path =
		    xasprintf("%s/%s%06lld.jpg", l->dir, l->prefix, (long long)l->first - 1);
		struct stat st;

		if (stat(path, &st) < 0 || st.st_mtime < l->started_ms / 1000) {
			break;
		}
	}
}

static int begin(struct lapse *l, json_object *print)
{
	const char *job = json_get_str(print, "job");
	_cleanup_free_ char *word = camera_file_word(job ? job : "");
	int r;

	l->prefix = xasprintf("%s-", word);
	l->reached = l->every == EVERY_LAYER ? 0 : -1;
	l->due_ms = client_now_ms();
	r = camera_file_dir(l->dir, l->prefix, &l->number);
	if (r < 0) {
		return fail(l, l->dir, -r);
	}
	l->started_ms = fmt_parse_time(json_get_str(print, "started"));
	find_first(l);
	return FOLLOW_ON;
}

static bool is_over(const char *state)
{
	return strcmp(state, "finished") == 0 || strcmp(state, "failed") == 0 ||
	       strcmp(state, "idle") == 0;
}

static int end(struct lapse *l, const char *state)
{
	int status = strcmp(state, "finished") == 0 ? shoot(l) : FOLLOW_ON;

	return status == FOLLOW_ON ? 0 : status;
}

/* Whether a milestone is new. Values that jump back are no milestones. */
static bool is_reached(struct lapse *l, json_object *print)
{
	int64_t value = -1;

	switch (l->every) {
	case EVERY_TIME:
		return false;
	case EVERY_LAYER:
		json_get_i64(print, "layer", &value);
		break;
	case EVERY_PERCENT:
		value = json_get_i64(print, "percent", &value) ? value / l->step : -1;
		break;
	}
	if (value <= l->reached) {
		return false;
	}
	l->reached = value;
	return true;
}

static int look(struct lapse *l)
{
	json_object *print = json_get_obj(mirror_get(&l->mirror, l->name), "print");
	const char *state = json_get_str(print, "state");
	int status = FOLLOW_ON;

	l->printing = state && strcmp(state, "printing") == 0;
	if (!state || (!l->prefix && !l->printing)) {
		return FOLLOW_ON;
	}
	if (!l->prefix) {
		status = begin(l, print);
	} else if (is_over(state)) {
		return end(l, state);
	}
	return status == FOLLOW_ON && l->printing && is_reached(l, print) ? shoot(l) : status;
}

static int on_line(void *arg, const char *method, json_object *params)
{
	struct lapse *l = arg;

	if (strcmp(method, "state") != 0) {
		return FOLLOW_ON;
	}
	mirror_apply(&l->mirror, params);
	return look(l);
}

static int on_idle(void *arg, int64_t *ret_again_ms)
{
	struct lapse *l = arg;
	int status = FOLLOW_ON;

	if (l->every != EVERY_TIME || !l->printing) {
		return FOLLOW_ON;
	}
	if (client_now_ms() >= l->due_ms) {
		status = shoot(l);
		while (l->due_ms <= client_now_ms()) {
			l->due_ms += l->step;
		}
	}
	*ret_again_ms = l->due_ms - client_now_ms();
	return status;
}

/* ---- the verb ---- */

/* layer, 30s or 10%. */
static int read_every(struct ctl *c, struct lapse *l)
{
	const char *text = c->args.value[OPT_EVERY];
	size_t len = text ? strlen(text) : 0;
	_cleanup_free_ char *number = len > 0 ? xstrndup(text, len - 1) : NULL;

	if (!text) {
		return call_misuse(c, "--every layer, 30s or 10%% says when");
	}
	if (strcmp(text, "layer") == 0) {
		l->every = EVERY_LAYER;
		return 0;
	}
	if (len > 1 && text[len - 1] == '%' && parse_i64(number, 1, 100, &l->step) == 0) {
		l->every = EVERY_PERCENT;
		return 0;
	}
	if (parse_duration_ms(text, &l->step) == 0 && l->step >= EVERY_MS_MIN) {
		l->every = EVERY_TIME;
		return 0;
	}
	return call_misuse(c, "\"%s\" is neither layer nor like 30s or 10%%", text);
}

static int read_fps(struct ctl *c, struct lapse *l)
{
	const char *text = c->args.value[OPT_FPS];
	int64_t fps = CAMERA_FPS;

	if (text && parse_i64(text, 1, CAMERA_FPS_MAX, &fps) < 0) {
		return call_misuse(c, "\"%s\" is not a number from 1 to %d", text, CAMERA_FPS_MAX);
	}
	l->fps = c->args.given[OPT_NO_VIDEO] ? 0 : (int)fps;
	return 0;
}

/* What was typed may be a part of a serial; what comes bears its name. */
static int name_printer(struct lapse *l)
{
	size_t count = (size_t)json_object_object_length(l->mirror.printers);

	if (count != 1) {
		return call_misuse(l->c, "one printer at a time, not %zu", count);
	}
	json_object_object_foreach(l->mirror.printers, name, unused)
	{
		(void)unused;
		l->name = xstrdup(name);
	}
	return 0;
}

static int subscribe(struct lapse *l)
{
	json_object *params = json_object_new_object(), *sections = json_object_new_array();
	_cleanup_json_ json_object *result = NULL;
	int status;

	json_object_array_add(sections, json_object_new_string("print"));
	json_object_object_add(params, "printers", json_object_new_string(l->printer));
	json_object_object_add(params, "sections", sections);
	json_object_object_add(params, "kinds", json_object_new_array());
	json_object_object_add(params, "state", json_object_new_boolean(true));
	status = follow_begin(&l->follow, "events.subscribe", params, &result);
	if (status) {
		return status;
	}
	mirror_load(&l->mirror, json_get_obj(result, "snapshot"));
	status = name_printer(l);
	if (!status) {
		status = look(l);
	}
	if (status == FOLLOW_ON && !l->prefix) {
		out_note(&l->c->out, "waiting for a job to print; Ctrl-C ends");
	}
	return status == FOLLOW_ON ? follow_run(&l->follow) : status;
}

static void show_video(struct out *o, const struct camera_video *v)
{
	_cleanup_free_ char *path = out_safe(o, v->path);
	char bytes[FMT_SIZE];

	fprintf(o->f, "%s  %lld pictures  %.1f s  %s\n", path, (long long)v->frames,
	    (double)v->frames / v->fps, fmt_bytes(v->bytes, bytes));
}

static void show_taken(const struct lapse *l, const struct camera_video *v)
{
	struct out *o = &l->c->out;
	_cleanup_json_ json_object *done = NULL;
	_cleanup_free_ char *dir = out_safe(o, l->dir);

	if (o->json == OUT_TEXT) {
		fprintf(o->f, "%s  %lld picture%s\n", dir, (long long)l->taken,
		    l->taken == 1 ? "" : "s");
		if (v->path) {
			show_video(o, v);
		}
		return;
	}
	done = json_object_new_object();
	json_object_object_add(done, "path", json_object_new_string(l->dir));
	json_object_object_add(done, "frames", json_object_new_int64(l->taken));
	json_object_object_add(done, "video", v->path ? json_object_new_string(v->path) : NULL);
	out_json(o, done);
}

/* The end: what there is becomes a video, unless the rest of the job may still come. */
static int wind_up(struct lapse *l, int status)
{
	struct camera_video v = {.dir = l->dir, .prefix = l->prefix, .fps = l->fps};
	int ended = status;

	if (status == FOLLOW_INTERRUPTED && l->taken > 0) {
		status = ended = 0;
	}
	if (status == 0 && l->fps > 0 && l->taken > 0) {
		v.first = l->first;
		v.last = l->number;
		status = camera_video_make(l->c, &v);
	}
	if (l->taken > 0 || ended == 0) {
		show_taken(l, &v);
	}
	camera_video_finish(&v);
	return status;
}

static int run(struct lapse *l)
{
	int status;

	l->follow = (struct follow){.c = l->c,
	    .arg = l,
	    .on_line = on_line,
	    .on_idle = on_idle,
	    .timeout_ms = -1,
	    .go_on = "bambuctl camera timelapse goes on where it is started again"};
	l->shot = *l->c;
	client_init(&l->shot.client);
	mirror_init(&l->mirror);
	status = wind_up(l, subscribe(l));
	mirror_finish(&l->mirror);
	client_finish(&l->shot.client);
	free(l->prefix);
	free(l->name);
	free(l->said);
	return status;
}

int camera_timelapse_run(struct ctl *c)
{
	struct lapse l = {.c = c};
	_cleanup_free_ char *printer = NULL;
	int status = read_every(c, &l);

	if (!status) {
		status = read_fps(c, &l);
	}
	if (!status) {
		status = camera_words(c, "folder", &printer, &l.dir);
	}
	if (!status && *l.dir == '\0') {
		status = call_misuse(c, "DIR is empty");
	}
	l.printer = printer;
	return status ? status : run(&l);
}
