/* SPDX-License-Identifier: MIT */
/* The requests that still count against a rate, kept in the state directory: a server counts on
 * while we restart. */
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/log.h"
#include "common/private_file.h"
#include "common/secret.h"
#include "daemon/cloud/rest_internal.h"

#define FILE_NAME "cloud-requests"
#define FILE_VERSION 1
#define FILE_MAX (64 * 1024) /* the total is a thousand times of 14 digits */

/* In their order; NULL behind the last. */
static struct bucket *bucket_at(struct rest *r, size_t i)
{
	size_t at = 0;

	for (size_t k = 0; k < REST_BUCKET_COUNT; k++) {
		if (r->buckets[k].rate > 0 && at++ == i) {
			return &r->buckets[k];
		}
	}
	return at == i ? &r->total : NULL;
}

static int read_buckets(struct rest *r, const struct secret *text)
{
	_cleanup_json_ json_object *o = NULL;
	json_object *taken;
	struct bucket *b;
	int64_t version;
	int error = json_parse(secret_reveal(text), secret_len(text), 4, &o);

	if (error < 0 || !json_get_i64(o, "version", &version) || version != FILE_VERSION) {
		return -EBADMSG;
	}
	taken = json_get_obj(o, "taken");
	for (size_t i = 0; error == 0 && (b = bucket_at(r, i)) != NULL; i++) {
		error = bucket_read_taken(
		    b, json_get_arr(taken, b->name), loop_now_ms(r->loop), loop_wall_ms(r->loop));
	}
	/* All or nothing. */
	for (size_t i = 0; error < 0 && (b = bucket_at(r, i)) != NULL; i++) {
		bucket_clear(b);
	}
	return error;
}

void rest_load_rates(struct rest *r)
{
	_cleanup_secret_ struct secret *text = NULL;
	_cleanup_free_ char *why = NULL, *said = NULL;
	int error;

	if (r->state_dir == NULL) {
		return;
	}
	error = private_read_long(r->state_dir, FILE_NAME, FILE_MAX, &text, &why);
	if (error == 0) {
		error = read_buckets(r, text);
	}
	if (error == -EBADMSG) {
		said = private_set_aside(r->state_dir, FILE_NAME, loop_wall_ms(r->loop));
		log_warn("%s", said);
	} else if (error < 0 && error != -ENOENT) {
		log_warn("%s; earlier requests to the cloud are not counted", why);
	}
}

void rest_save_rates(struct rest *r)
{
	struct bucket *b;
	struct jw w;
	int error;

	if (r->state_dir == NULL) {
		return;
	}
	jw_init(&w);
	jw_object(&w, NULL);
	jw_int(&w, "version", FILE_VERSION);
	jw_object(&w, "taken");
	for (size_t i = 0; (b = bucket_at(r, i)) != NULL; i++) {
		bucket_write_taken(b, loop_now_ms(r->loop), loop_wall_ms(r->loop), &w);
	}
	jw_object_end(&w);
	jw_object_end(&w);
	/* Not worth a wait for the disk before each request. */
	error = private_write_soon(r->state_dir, FILE_NAME, w.buf, w.len);
	jw_finish(&w);
	if (error < 0 && !r->rates_unsaved) {
		log_warn("cannot write %s/%s: %s; after a restart more requests may go out than "
			 "the cloud takes",
		    r->state_dir, FILE_NAME, strerror(-error));
	}
	r->rates_unsaved = error < 0;
}
