/* SPDX-License-Identifier: MIT */
/* The person: profile, preference, messages; and what slicers ask for. */
#include <ctype.h>
#include <string.h>

#include "tests/sim/cloud_route.h"
#include "tests/sim/printer.h"

#define MESSAGES 27

void cloud_run_preference(struct cloud_call *call)
{
	const struct cloud *c = call->cloud;
	struct jw *w = cloud_begin_bare(call);

	jw_int(w, "uid", c->uid);
	jw_str(w, "name", c->items.name);
	jw_str(w, "handle", c->items.name);
	jw_str(w, "avatar", c->items.avatar);
	jw_str(w, "bio", "");
	jw_array(w, "links");
	jw_array_end(w);
	jw_str(w, "backgroundUrl", "");
	cloud_end(call);
}

/* Each model name once. */
static void write_models(struct jw *w, const struct cloud *c)
{
	jw_array(w, "productModels");
	for (size_t i = 0; i < c->sim->count; i++) {
		bool seen = !c->items.device[i].bound;

		for (size_t j = 0; j < i && !seen; j++) {
			seen = c->items.device[j].bound &&
			       c->sim->printers[j]->model == c->sim->printers[i]->model;
		}
		if (!seen) {
			jw_str(w, NULL, c->sim->printers[i]->model->name);
		}
	}
	jw_array_end(w);
}

void cloud_run_profile(struct cloud_call *call)
{
	const struct cloud *c = call->cloud;
	struct jw *w = cloud_begin_bare(call);

	jw_int(w, "uid", c->uid);
	jw_str(w, "name", c->items.name);
	jw_str(w, "account", c->account);
	jw_str(w, "avatar", c->items.avatar);
	write_models(w, c);
	cloud_end(call);
}

void cloud_run_profile_set(struct cloud_call *call)
{
	struct cloud_items *items = &call->cloud->items;
	const char *name = cloud_word(call, "username"), *avatar = cloud_word(call, "avatar_url");

	if (!name && !avatar) {
		cloud_error(call, 400, 1, "Nothing to change");
		return;
	}
	if (name) {
		str_copy(items->name, sizeof(items->name), name);
	}
	if (avatar) {
		str_copy(items->avatar, sizeof(items->avatar), avatar);
	}
	cloud_done(call, "Profile updated");
}

static void write_message(struct jw *w, const struct cloud *c, int64_t id)
{
	const struct printer *p = c->sim->count > 0 ? c->sim->printers[0] : NULL;

	jw_object(w, NULL);
	jw_int(w, "id", id);
	jw_int(w, "type", id % 3 == 0 ? 1 : 6);
	jw_object(w, "taskMessage");
	jw_int(w, "id", 910000 + id);
	jw_str(w, "title", "Untitled");
	jw_str(w, "cover", "https://localhost/cover.png");
	jw_int(w, "status", 2);
	jw_str(w, "deviceId", p ? p->serial : "");
	jw_object_end(w);
	jw_object(w, "from");
	jw_int(w, "uid", 2);
	jw_str(w, "name", "The service");
	jw_str(w, "avatar", "https://localhost/avatar.png");
	jw_object_end(w);
	jw_str(w, "createTime", "2026-11-22T02:54:12Z");
	jw_object_end(w);
}

/* Newest first, as tasks. */
void cloud_run_messages(struct cloud_call *call)
{
	int64_t type = cloud_number(call, "type", 100, 0);
	int64_t after = cloud_number(call, "after", INT64_MAX, 0);
	int64_t limit = cloud_number(call, "limit", 100, 20);
	struct jw *w = cloud_begin_bare(call);

	jw_array(w, "hits");
	for (int64_t id = MESSAGES; id > 0 && limit > 0; id--) {
		bool wanted = type == 0 || type == (id % 3 == 0 ? 1 : 6);

		if (wanted && (after == 0 || id < after)) {
			write_message(w, call->cloud, id);
			limit--;
		}
	}
	jw_array_end(w);
	cloud_end(call);
}

/* Four numbers with dots between. */
static bool is_version(const char *text)
{
	int dots = 0;

	for (const char *c = text; *c; c++) {
		if (*c == '.' && c > text && c[-1] != '.' && c[1] != '\0') {
			dots++;
		} else if (!isdigit((unsigned char)*c)) {
			return false;
		}
	}
	return dots == 3;
}

/* False after a refusal. */
static bool check_version(struct cloud_call *call)
{
	_cleanup_free_ char *version = http_query(call->x, "version");

	if (!version || !version[0]) {
		cloud_error(call, 400, 1, "version is wanted");
		return false;
	}
	if (!is_version(version)) {
		cloud_error(call, 422, 1, "version shall be XX.YY.ZZ.WW");
		return false;
	}
	return true;
}

static void write_preset(struct jw *w, const char *id, const char *name)
{
	jw_object(w, NULL);
	jw_str(w, "setting_id", id);
	jw_str(w, "version", "1.0.0.0");
	jw_str(w, "name", name);
	jw_str(w, "update_time", "2026-10-01 10:00:00");
	jw_object_end(w);
}

void cloud_run_slicer(struct cloud_call *call)
{
	static const char *const kinds[] = {"print", "printer", "filament"};
	struct jw *w;

	if (!check_version(call)) {
		return;
	}
	w = cloud_begin(call);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		bool filament = i == 2;

		jw_object(w, kinds[i]);
		jw_array(w, "public");
		jw_array_end(w);
		jw_array(w, "private");
		if (filament) {
			write_preset(w, "PFUS0000000000000a", "Workshop PETG");
			write_preset(w, "PFUS0000000000000b", "Glow PLA");
		}
		jw_array_end(w);
		jw_object_end(w);
	}
	cloud_end(call);
}

void cloud_run_slicer_one(struct cloud_call *call)
{
	bool known = str_starts(call->part, "PFUS");
	struct jw *w;

	if (!known) {
		cloud_error(call, 404, 1, "There is no such setting");
		return;
	}
	w = cloud_begin(call);
	jw_bool(w, "public", false);
	jw_str(w, "setting_id", call->part);
	jw_str(w, "type", "filament");
	jw_str(w, "name", "Workshop PETG");
	jw_str(w, "version", "1.0.0.0");
	jw_object(w, "setting");
	jw_str(w, "filament_type", "PETG");
	jw_str(w, "nozzle_temperature", "245");
	jw_object_end(w);
	cloud_end(call);
}

void cloud_run_resource(struct cloud_call *call)
{
	_cleanup_free_ char *type = http_query(call->x, "type");
	_cleanup_free_ char *version = http_query(call->x, "version");
	struct jw *w = cloud_begin(call);

	jw_array(w, "resources");
	jw_object(w, NULL);
	jw_str(w, "type", type ? type : "slicer/plugins/cloud");
	jw_str(w, "version", version ? version : "01.00.00.00");
	jw_str(w, "description", "");
	jw_str(w, "url", "https://localhost/plugin.zip");
	jw_bool(w, "force_update", false);
	jw_object_end(w);
	jw_array_end(w);
	cloud_end(call);
}
