/* SPDX-License-Identifier: MIT */
/* The last bind list on disk, with access codes and the names given here, for a start without the
 * cloud. */
#include "daemon/cloud/bound_file.h"

#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/private_file.h"
#include "common/secret.h"
#include "common/util.h"
#include "daemon/cloud/token.h"

enum { FILE_VERSION = 1, FILE_MAX = 4 * 1024 * 1024, CALLED_MAX = 64 };

/* The keys are those of the cloud's list, so that one parser reads both. */
static void put_device(struct jw *w, const struct account_device *d)
{
	jw_object(w, NULL);
	jw_str(w, "dev_id", d->serial);
	jw_str(w, "name", d->name);
	jw_str(w, "dev_model_name", d->model_code);
	jw_str(w, "dev_product_name", d->product);
	jw_str(w, "called", d->called);
	jw_str(w, "dev_access_code", d->code ? secret_reveal(d->code) : NULL);
	jw_object_end(w);
}

/* The whole text of the file; the reader writes what it has read once more and compares. */
static void put_file(struct jw *w, const struct bound *b)
{
	jw_object(w, NULL);
	jw_int(w, "version", FILE_VERSION);
	jw_str(w, "region", account_region_word(b->region));
	jw_str(w, "user", b->user);
	jw_int(w, "told_ms", b->told_ms);
	jw_array(w, "devices");
	for (size_t i = 0; i < b->count; i++) {
		put_device(w, &b->list[i]);
	}
	jw_array_end(w);
	private_seal(w);
}

/* The cloud's answer has no such key that counts. */
static int get_names(json_object *devices, struct bound *b)
{
	if (b->count != json_object_array_length(devices)) {
		return -EBADMSG;
	}
	for (size_t i = 0; i < b->count; i++) {
		json_object *o = json_object_array_get_idx(devices, i);
		const char *called = json_get_str(o, "called"), *serial = json_get_str(o, "dev_id");

		if (strcmp(serial, b->list[i].serial) != 0 ||
		    (called && strlen(called) > CALLED_MAX)) {
			return -EBADMSG;
		}
		b->list[i].called = xstrdup(called);
	}
	return 0;
}

static int get_fields(json_object *o, struct bound *b)
{
	json_object *devices = json_get_arr(o, "devices");
	const char *user = json_get_str(o, "user");
	int64_t version = 0;

	if (devices) {
		bound_parse(devices, b); /* first: it wipes the codes */
	}
	if (!devices || !json_get_i64(o, "version", &version) || version != FILE_VERSION ||
	    !token_user_is_fit(user) || !json_get_i64(o, "told_ms", &b->told_ms) ||
	    b->told_ms < 0 || account_region_parse(json_get_str(o, "region"), &b->region) < 0) {
		return -EBADMSG;
	}
	b->user = xstrdup(user);
	return get_names(devices, b);
}

int bound_file_parse(const struct secret *file, struct bound *ret)
{
	_cleanup_json_ json_object *o = NULL;
	struct jw again;
	int r = private_parse(file, &o);

	if (r == 0) {
		r = get_fields(o, ret);
	}
	if (r < 0) {
		return r;
	}
	jw_init_secret(&again);
	put_file(&again, ret);
	r = private_compare(file, &again);
	jw_finish(&again);
	return r;
}

int bound_file_read(const char *dir, int64_t wall_ms, struct bound *ret, char **ret_why)
{
	_cleanup_secret_ struct secret *file = NULL;
	int r = private_read_long(dir, BOUND_FILE, FILE_MAX, &file, ret_why);

	if (r == 0) {
		r = bound_file_parse(file, ret);
	}
	if (r == -EBADMSG) {
		bound_finish(ret);
		*ret_why = private_set_aside(dir, BOUND_FILE, wall_ms);
	}
	return r;
}

int bound_file_write(const char *dir, const struct bound *b)
{
	struct jw w;
	int r;

	jw_init_secret(&w);
	put_file(&w, b);
	r = w.len <= FILE_MAX ? private_write(dir, BOUND_FILE, w.buf, w.len) : -EFBIG;
	jw_finish(&w);
	return r;
}

int bound_file_remove(const char *dir)
{
	return private_remove(dir, BOUND_FILE);
}
