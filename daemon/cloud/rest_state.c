/* SPDX-License-Identifier: MIT */
/* The pauses that servers asked for, kept in the state directory: a restart asks no sooner. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/log.h"
#include "common/private_file.h"
#include "common/secret.h"
#include "daemon/cloud/rest_internal.h"

#define FILE_NAME "cloud-backoff"
#define FILE_VERSION 1

static const char *const names[] = {
    [REST_DOOR_API] = "api",
    [REST_DOOR_WEB] = "web",
    [REST_DOOR_TEXT] = "text",
};
static_assert(ARRAY_SIZE(names) == REST_DOOR_COUNT, "one name per door");

static int read_door(struct rest *r, struct door *doors, json_object *o)
{
	const char *name = json_get_str(o, "door");

	for (size_t i = 0; name != NULL && i < REST_DOOR_COUNT; i++) {
		if (strcmp(name, names[i]) == 0) {
			return door_read(&doors[i], o, loop_now_ms(r->loop), loop_wall_ms(r->loop));
		}
	}
	return -EINVAL;
}

/* All or nothing. */
static int read_doors(struct rest *r, const char *text, size_t len)
{
	_cleanup_json_ json_object *o = NULL;
	struct door doors[REST_DOOR_COUNT] = {0};
	json_object *list;
	int64_t version;
	int error = json_parse(text, len, 4, &o);

	if (error < 0 || !json_get_i64(o, "version", &version) || version != FILE_VERSION) {
		return -EINVAL;
	}
	list = json_get_arr(o, "doors");
	if (list == NULL || json_object_array_length(list) > REST_DOOR_COUNT) {
		return -EINVAL;
	}
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		error = read_door(r, doors, json_object_array_get_idx(list, i));
		if (error < 0) {
			return error;
		}
	}
	for (size_t i = 0; i < REST_DOOR_COUNT; i++) {
		r->gates[i].door = doors[i];
	}
	return 0;
}

void rest_load(struct rest *r)
{
	_cleanup_secret_ struct secret *text = NULL;
	_cleanup_free_ char *why = NULL, *said = NULL;
	int error;

	if (r->state_dir == NULL) {
		return;
	}
	error = private_read(r->state_dir, FILE_NAME, &text, &why);
	if (error == 0) {
		error = read_doors(r, secret_reveal(text), secret_len(text)) < 0 ? -EBADMSG : 0;
	}
	if (error == -EBADMSG) {
		said = private_set_aside(r->state_dir, FILE_NAME, loop_wall_ms(r->loop));
		log_warn("%s", said);
	} else if (error < 0 && error != -ENOENT) {
		log_warn("%s; pauses that the cloud asked for before are not known", why);
	}
}

static size_t write_doors(const struct rest *r, struct jw *w)
{
	size_t shut = 0;

	jw_object(w, NULL);
	jw_int(w, "version", FILE_VERSION);
	jw_array(w, "doors");
	for (size_t i = 0; i < REST_DOOR_COUNT; i++) {
		const struct door *d = &r->gates[i].door;

		if (d->failures > 0) {
			door_write(d, names[i], loop_now_ms(r->loop), loop_wall_ms(r->loop), w);
			shut++;
		}
	}
	jw_array_end(w);
	jw_object_end(w);
	return shut;
}

void rest_save(struct rest *r)
{
	struct jw w;
	int error;

	if (r->state_dir == NULL) {
		return;
	}
	jw_init(&w);
	if (write_doors(r, &w) > 0) {
		error = private_write(r->state_dir, FILE_NAME, w.buf, w.len);
	} else {
		error = private_remove(r->state_dir, FILE_NAME);
	}
	jw_finish(&w);
	if (error < 0) {
		log_warn("cannot write %s/%s: %s; a restart would ask the cloud too soon",
		    r->state_dir, FILE_NAME, strerror(-error));
	}
}
