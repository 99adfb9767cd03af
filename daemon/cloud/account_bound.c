/* SPDX-License-Identifier: MIT */
/* The account's list of printers: whose it is, how old, kept for a start without the cloud. */
#include <errno.h>
#include <string.h>

#include "common/jw.h"
#include "common/log.h"
#include "daemon/cloud/account_internal.h"
#include "daemon/cloud/bound_file.h"

/* A list that stays the same is written so often, that its age is about right after a restart. */
enum { SAVE_AGAIN_MS = 60 * 60 * 1000 };

static void set_file_error(struct account *a, char *why)
{
	free(a->list_error);
	a->list_error = why;
	if (why) {
		log_err("cloud account: %s", why);
	}
}

/* ---- the file ---- */

static void drop_save(struct account *a)
{
	a->bound_unsaved = false;
	loop_deferred_cancel(&a->bound_save);
}

static void save(struct account *a)
{
	int r;

	drop_save(a);
	if (!a->state_dir || !a->bound.user) {
		return;
	}
	r = bound_file_write(a->state_dir, &a->bound);
	a->bound_saved_ms = a->bound.told_ms;
	set_file_error(a,
	    r < 0 ? xasprintf("%s/" BOUND_FILE ": %s; a start without the cloud has no printers of "
			      "the account",
			a->state_dir, strerror(-r))
		  : NULL);
}

static void on_save(void *arg)
{
	save(arg);
}

static void save_later(struct account *a)
{
	a->bound_unsaved = true;
	loop_defer(a->loop, &a->bound_save);
}

void account_remove_bound(struct account *a)
{
	int r;

	drop_save(a);
	r = a->state_dir ? bound_file_remove(a->state_dir) : 0;
	set_file_error(
	    a, r < 0 ? xasprintf("%s/" BOUND_FILE ": %s", a->state_dir, strerror(-r)) : NULL);
}

/* ---- whose list ---- */

/* A user that is not known yet may be the same one. */
static bool is_ours(const struct account *a, const struct bound *b)
{
	return b->region == a->token.region &&
	       (!a->token.user || (b->user && strcmp(b->user, a->token.user) == 0));
}

void account_forget_bound(struct account *a)
{
	struct bound old = a->bound;

	if (a->bound_unsaved) {
		save(a);
	}
	a->bound = (struct bound){0};
	a->bound_known = false;
	a->bound_kept = false;
	a->handler.devices(a->handler.arg, NULL, 0);
	bound_finish(&old);
}

static void read_kept(struct account *a)
{
	struct bound kept = {0};
	char *why = NULL;
	int r = bound_file_read(a->state_dir, loop_wall_ms(a->loop), &kept, &why);

	if (r < 0) {
		set_file_error(a, why);
		return;
	}
	if (!is_ours(a, &kept)) {
		/* Codes lent to an account that is not signed in are nobody's to keep. */
		bound_finish(&kept);
		account_remove_bound(a);
		return;
	}
	a->bound = kept;
	a->bound_known = true;
	a->bound_kept = true;
	a->bound_saved_ms = kept.told_ms;
	log_debug("cloud account: %zu printers were kept from an earlier run", kept.count);
	a->handler.devices(a->handler.arg, kept.list, kept.count);
}

void account_own_bound(struct account *a)
{
	if (a->bound_known && !is_ours(a, &a->bound)) {
		drop_save(a);
		account_forget_bound(a);
	}
	if (!a->bound_known && a->state_dir && a->token.text && a->token.user) {
		read_kept(a);
	}
}

void account_take_bound(struct account *a, json_object *devices)
{
	struct bound now = {0}, old = a->bound;
	bool was_confirmed = a->bound_known && !a->bound_kept;
	int64_t since_save_ms;
	bool is_news;

	bound_parse(devices, &now);
	bound_take_names(&now, &old);
	now.user = xstrdup(a->token.user);
	now.region = a->token.region;
	now.told_ms = loop_wall_ms(a->loop);
	since_save_ms = now.told_ms - a->bound_saved_ms;
	if (!a->bound_known || !bound_equal_kept(&now, &old) || since_save_ms >= SAVE_AGAIN_MS ||
	    since_save_ms < 0) {
		save_later(a);
	}
	is_news = !was_confirmed || !bound_equal(&now, &old);
	a->bound = now;
	a->bound_known = true;
	a->bound_kept = false;
	a->bound_mono_ms = loop_now_ms(a->loop);
	if (is_news) {
		a->handler.devices(a->handler.arg, now.list, now.count);
		account_changed(a);
	}
	bound_finish(&old);
}

void account_name_device(struct account *a, const char *serial, const char *name)
{
	if (bound_name(&a->bound, serial, name)) {
		save_later(a);
	}
}

/* ---- what is said of it ---- */

const struct account_device *account_devices(const struct account *a, size_t *ret_count)
{
	*ret_count = a->bound.count;
	return a->bound.list;
}

bool account_devices_known(const struct account *a)
{
	return a->bound_known;
}

bool account_devices_kept(const struct account *a)
{
	return a->bound_kept;
}

/* Of one that was kept only the wall clock knows, which may have been set back since. */
static int64_t age_ms(const struct account *a)
{
	int64_t ms = a->bound_kept ? loop_wall_ms(a->loop) - a->bound.told_ms
				   : loop_now_ms(a->loop) - a->bound_mono_ms;

	return ms > 0 ? ms : 0;
}

void account_write_list(const struct account *a, struct jw *w)
{
	if (!a->bound_known) {
		jw_null(w, "list");
		return;
	}
	jw_object(w, "list");
	jw_time(w, "told", a->bound.told_ms);
	jw_int(w, "age_ms", age_ms(a));
	jw_bool(w, "kept", a->bound_kept);
	jw_object_end(w);
}

/* ---- start and end ---- */

void account_start_bound(struct account *a)
{
	loop_deferred_init(&a->bound_save, on_save, a);
}

void account_end_bound(struct account *a)
{
	if (a->bound_unsaved) {
		save(a);
	}
	bound_finish(&a->bound);
	free(TAKE(a->list_error));
}
