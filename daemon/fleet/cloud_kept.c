/* SPDX-License-Identifier: MIT */
/* The file of the account's connects: wall times in it, monotonic ones in memory. */
#include "daemon/fleet/cloud_kept.h"

#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/log.h"
#include "common/private_file.h"
#include "common/secret.h"
#include "common/util.h"
#include "daemon/fleet/uplink.h"

#define FILE_NAME "cloud-connects"
#define FILE_VERSION 1

static int read_connects(
    json_object *list, struct uplink_budget *b, int64_t now_ms, int64_t wall_ms)
{
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list)
								  : UPLINK_BUDGET_MAX + 1;

	if (count > UPLINK_BUDGET_MAX) {
		return -EBADMSG;
	}
	for (size_t i = 0; i < count; i++) {
		json_object *o = json_object_array_get_idx(list, i);
		int64_t age_ms;

		if (!json_object_is_type(o, json_type_int) || json_object_get_int64(o) < 0) {
			return -EBADMSG;
		}
		/* Of a time to come nothing is known but that it is over: as if it were now. */
		age_ms = wall_ms - json_object_get_int64(o);
		age_ms = age_ms > 0 ? age_ms : 0;
		if (age_ms < b->within_ms) {
			b->at_ms[b->used++] = now_ms - age_ms;
		}
	}
	return 0;
}

static int read_away(json_object *o, struct uplink_budget *b, int64_t now_ms, int64_t wall_ms)
{
	const char *why = json_get_str(o, "away");
	int64_t left_ms;

	if (!json_object_object_get_ex(o, "away", NULL)) {
		return 0;
	}
	if (why == NULL || (strcmp(why, "kicked") != 0 && strcmp(why, "refused") != 0) ||
	    !json_get_i64(o, "until", &left_ms) || left_ms < 0) {
		return -EBADMSG;
	}
	left_ms -= wall_ms;
	left_ms = left_ms < UPLINK_AWAY_MAX_MS ? left_ms : UPLINK_AWAY_MAX_MS;
	b->away_ms = left_ms > 0 ? now_ms + left_ms : 0;
	b->away_kicked = strcmp(why, "kicked") == 0;
	return 0;
}

int cloud_kept_parse(
    const struct secret *text, struct uplink_budget *b, int64_t now_ms, int64_t wall_ms)
{
	struct uplink_budget read = *b;
	_cleanup_json_ json_object *o = NULL;
	json_object *list = NULL;
	int64_t version;

	if (private_parse(text, &o) < 0 || !json_get_i64(o, "version", &version) ||
	    version != FILE_VERSION || !json_object_object_get_ex(o, "connects", &list) ||
	    read_connects(list, &read, now_ms, wall_ms) < 0 ||
	    read_away(o, &read, now_ms, wall_ms) < 0) {
		return -EBADMSG;
	}
	*b = read;
	return 0;
}

void cloud_kept_read(const char *dir, struct uplink_budget *b, int64_t now_ms, int64_t wall_ms)
{
	_cleanup_secret_ struct secret *text = NULL;
	_cleanup_free_ char *why = NULL, *said = NULL;
	int r = private_read(dir, FILE_NAME, &text, &why);

	if (r == 0) {
		r = cloud_kept_parse(text, b, now_ms, wall_ms);
	}
	if (r == -EBADMSG) {
		said = private_set_aside(dir, FILE_NAME, wall_ms);
		log_warn("%s", said);
	} else if (r < 0 && r != -ENOENT) {
		log_warn("%s; earlier connects to the cloud's broker are not known", why);
	}
}

void cloud_kept_format(const struct uplink_budget *b, int64_t now_ms, int64_t wall_ms, struct jw *w)
{
	unsigned kept = b->used < UPLINK_BUDGET_MAX ? b->used : UPLINK_BUDGET_MAX;

	jw_object(w, NULL);
	jw_int(w, "version", FILE_VERSION);
	jw_array(w, "connects");
	for (unsigned i = kept; i > 0; i--) { /* oldest first */
		int64_t age_ms = now_ms - b->at_ms[(b->used - i) % UPLINK_BUDGET_MAX];

		if (age_ms < b->within_ms && age_ms <= wall_ms) {
			jw_int(w, NULL, wall_ms - age_ms);
		}
	}
	jw_array_end(w);
	if (b->away_ms > now_ms) {
		jw_str(w, "away", b->away_kicked ? "kicked" : "refused");
		jw_int(w, "until", wall_ms + b->away_ms - now_ms);
	}
	jw_object_end(w);
	jw_bytes(w, "\n", 1);
}

void cloud_kept_write(
    const char *dir, const struct uplink_budget *b, int64_t now_ms, int64_t wall_ms)
{
	struct jw w;
	int r;

	jw_init(&w);
	cloud_kept_format(b, now_ms, wall_ms, &w);
	/* Not worth a wait for the disk before each connect. */
	r = private_write_soon(dir, FILE_NAME, w.buf, w.len);
	jw_finish(&w);
	if (r < 0) {
		log_warn("cannot write %s/%s: %s; a restart would ask the cloud's broker too soon",
		    dir, FILE_NAME, strerror(-r));
	}
}
