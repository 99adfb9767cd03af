/* SPDX-License-Identifier: MIT */
/* The camera of one printer: its life, its target, and who looks. */
#include "daemon/camera/camera.h"

#include <string.h>

#include "common/secret.h"
#include "daemon/camera/camera_internal.h"

enum {
	BACKOFF_BASE_MS = 1000,
	BACKOFF_CAP_MS = 60000,
	/* Who asks for a picture does not wait for a planned attempt, but not more often. */
	ASKED_GAP_MS = 10000,
};

static void target_finish(struct camera_target *t)
{
	free((char *)t->name);
	free((char *)t->serial);
	free((char *)t->address);
	free((char *)t->hold);
	secret_destroy((struct secret *)t->code);
	tls_profile_unref(t->profile);
	*t = (struct camera_target){0};
}

static void target_take(struct camera *c, const struct camera_target *t)
{
	struct camera_target old = c->target;

	c->target = *t;
	c->target.name = xstrdup(t->name);
	c->target.serial = xstrdup(t->serial);
	c->target.address = xstrdup(t->address);
	c->target.hold = xstrdup(t->hold);
	c->target.code = secret_dup(t->code);
	c->target.profile = t->profile ? tls_profile_ref(t->profile) : NULL;
	c->target.pin = NULL;
	if (t->pin) {
		memcpy(c->pin, t->pin, sizeof(c->pin));
		c->target.pin = c->pin;
	}
	target_finish(&old);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_code(const struct secret *a, const struct secret *b)
{
	return a && b ? secret_equal(a, b) : a == b;
}

static bool same_pin(const uint8_t *a, const uint8_t *b)
{
	return a && b ? memcmp(a, b, 32) == 0 : a == b;
}

static bool same_trust(const struct camera_target *a, const struct camera_target *b)
{
	return a->verify == b->verify && same_pin(a->pin, b->pin) && a->profile == b->profile &&
	       same_text(a->serial, b->serial) && a->protocol == b->protocol;
}

static bool same_door(const struct camera_target *a, const struct camera_target *b)
{
	return same_text(a->address, b->address) && a->port == b->port;
}

/* A stream proves what it runs by; whom it trusts is another matter. */
void camera_set(struct camera *c, const struct camera_target *t)
{
	const struct camera_target *old = &c->target;
	bool code_same = same_code(old->code, t->code);
	bool anew = !same_trust(old, t);

	if (c->phase != CAMERA_PHASE_STREAMING) {
		bool relieved = c->error == ERR_CAMERA_REFUSED && !old->code_works && t->code_works;

		anew = anew || !code_same || !same_door(old, t) || relieved;
	}
	c->proved = c->proved && code_same;
	target_take(c, t);
	if (anew && (c->feed.stream || loop_timer_armed(&c->redial))) {
		camera_restart(c);
	}
	camera_look(c);
}

/* ---- viewers ---- */

static void end_viewer(struct camera *c, struct camera_viewer *v)
{
	struct err why;

	err_set(&why, c->error != ERR_NONE ? c->error : ERR_CAMERA_OFF, "%s: %s",
	    c->target.name ? c->target.name : "camera", c->why);
	err_printer(&why, c->target.name ? c->target.name : "");
	camera_remove_viewer(c, v);
	v->ended(v, &why);
}

static struct camera_viewer *find_ended(const struct camera *c)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &c->viewers) {
		struct camera_viewer *v = container_of(pos, struct camera_viewer, link);

		if (camera_is_final(c, v)) {
			return v;
		}
	}
	return NULL;
}

static void on_tell(void *arg)
{
	struct camera *c = arg;
	struct camera_viewer *v;

	while ((v = find_ended(c)) != NULL) {
		end_viewer(c, v);
	}
}

static void on_linger(void *arg)
{
	camera_look(arg);
}

/* The next attempt may be minutes off. */
static bool is_worth_a_try(const struct camera *c)
{
	return loop_timer_armed(&c->redial) &&
	       loop_now_ms(c->loop) - c->closed_mono_ms >= ASKED_GAP_MS;
}

void camera_add_viewer(struct camera *c, struct camera_viewer *v)
{
	list_add_tail(&c->viewers, &v->link);
	c->viewer_count++;
	loop_timer_stop(&c->linger);
	if (is_worth_a_try(c)) {
		loop_timer_stop(&c->redial);
	}
	camera_look(c);
	loop_defer(c->loop, &c->tell);
}

void camera_remove_viewer(struct camera *c, struct camera_viewer *v)
{
	if (list_empty(&v->link)) {
		return;
	}
	list_del(&v->link);
	c->viewer_count--;
	if (c->viewer_count == 0 && c->target.wish == CAMERA_WISH_ON_DEMAND) {
		loop_timer_start(&c->linger, CAMERA_LINGER_MS);
	}
}

/* ---- what is seen of it ---- */

void camera_view(const struct camera *c, struct camera_view *ret)
{
	const struct frame *f = c->frames.latest;

	*ret = (struct camera_view){
	    .protocol = c->target.protocol,
	    .phase = c->phase,
	    .why = c->why[0] != '\0' ? c->why : NULL,
	    .error = c->error,
	    .frame_mono_ms = f ? f->mono_ms : -1,
	    .width = f ? f->width : -1,
	    .height = f ? f->height : -1,
	    .rate_hz = frames_rate(&c->frames, loop_now_ms(c->loop)),
	    .viewers = c->viewer_count,
	    .frames = c->frames.count,
	    .bytes = c->bytes,
	    .reconnects = c->reconnects,
	};
}

struct frame *camera_latest(const struct camera *c, int64_t max_age_ms)
{
	struct frame *f = c->frames.latest;

	if (!f || (max_age_ms >= 0 && loop_now_ms(c->loop) - f->mono_ms > max_age_ms)) {
		return NULL;
	}
	return frame_ref(f);
}

/* ---- life ---- */

struct camera *camera_create(struct loop *l, const struct camera_handler *h)
{
	struct camera *c = xcalloc(1, sizeof(*c));

	c->loop = l;
	c->handler = *h;
	c->closed_mono_ms = -1;
	c->gap_ms = CAMERA_GAP_MS;
	c->resting = true;
	backoff_init(&c->backoff, BACKOFF_BASE_MS, BACKOFF_CAP_MS);
	loop_timer_init(&c->redial, l, camera_on_redial, c);
	loop_timer_init(&c->stall, l, camera_on_stall, c);
	loop_timer_init(&c->linger, l, on_linger, c);
	loop_deferred_init(&c->tell, on_tell, c);
	list_init(&c->viewers);
	return c;
}

void camera_destroy(struct camera *c)
{
	if (!c) {
		return;
	}
	camera_close_feed(c);
	video_destroy(TAKE(c->video));
	c->error = ERR_CAMERA_OFF;
	str_copy(c->why, sizeof(c->why), "it is no longer served");
	while (!list_empty(&c->viewers)) {
		end_viewer(c, container_of(c->viewers.next, struct camera_viewer, link));
	}
	loop_timer_stop(&c->redial);
	loop_timer_stop(&c->linger);
	loop_deferred_cancel(&c->tell);
	frames_finish(&c->frames);
	target_finish(&c->target);
	free(c);
}
