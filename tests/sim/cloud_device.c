/* SPDX-License-Identifier: MIT */
/* Printers of the account: bound, unbound, their firmware, what they print, camera codes. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/cloud_route.h"
#include "tests/sim/printer.h"

enum { NOT_YOURS = 8 };

/* Newer models give their marketing name here. */
static const char *model_name(const struct sim_model *m)
{
	return m->family == SIM_FAMILY_NEW ? m->name : m->code;
}

static const char *device_name(const struct cloud *c, size_t index)
{
	const char *given = c->items.device[index].name;

	return given[0] ? given : c->sim->printers[index]->name;
}

static bool is_online(const struct printer *p)
{
	return p->endpoint.mode == ENDPOINT_OPEN;
}

static const char *print_status(const struct printer *p)
{
	static const char *const words[SIM_MOOD_COUNT] = {[SIM_IDLE] = "ACTIVE",
	    [SIM_PREPARING] = "PREPARE",
	    [SIM_PRINTING] = "RUNNING",
	    [SIM_PAUSED] = "PAUSE",
	    [SIM_FINISHED] = "SUCCESS",
	    [SIM_FAILED] = "FAIL"};

	return words[p->state.mood];
}

/* Index of a printer that is bound (or not, as wanted); negative when there is none. */
static int find_device(const struct cloud *c, const char *serial, bool bound)
{
	for (size_t i = 0; serial && i < c->items.devices; i++) {
		if (strcmp(c->sim->printers[i]->serial, serial) == 0 &&
		    c->items.device[i].bound == bound) {
			return (int)i;
		}
	}
	return -1;
}

static void refuse_device(struct cloud_call *call)
{
	cloud_error(call, 403, NOT_YOURS, "You do not have this device");
}

static void write_device(struct jw *w, const struct cloud *c, size_t index)
{
	const struct printer *p = c->sim->printers[index];
	/* The real service keeps the newline of what the printer sent. */
	_cleanup_free_ char *code = xasprintf("%s\n", p->code);
	const char *name = p->model->name;

	jw_object(w, NULL);
	jw_str(w, "dev_id", p->serial);
	jw_str(w, "name", device_name(c, index));
	jw_bool(w, "online", is_online(p));
	jw_str(w, "print_status", print_status(p));
	jw_str(w, "dev_model_name", model_name(p->model));
	jw_str(w, "dev_product_name", name);
	jw_str(w, "dev_access_code", code);
	jw_num(w, "nozzle_diameter", 0.4, 1);
	jw_str(w, "dev_structure", name[0] == 'A' ? "I3" : "CoreXY");
	jw_object_end(w);
}

void cloud_run_bind_list(struct cloud_call *call)
{
	const struct cloud *c = call->cloud;
	struct jw *w = cloud_begin(call);

	jw_array(w, "devices");
	for (size_t i = 0; i < c->items.devices; i++) {
		if (c->items.device[i].bound) {
			write_device(w, c, i);
		}
	}
	jw_array_end(w);
	cloud_end(call);
}

void cloud_run_bind(struct cloud_call *call)
{
	struct cloud *c = call->cloud;
	const char *code = cloud_word(call, "bind_code"), *name = cloud_word(call, "device_name");
	int index = find_device(c, cloud_word(call, "device_id"), false);
	struct jw *w;

	if (index < 0 || !code || strcmp(code, c->items.device[index].bind_code) != 0) {
		cloud_error(call, 400, 1, "The device or the code is not right");
		return;
	}
	c->items.device[index].bound = true;
	str_copy(
	    c->items.device[index].name, sizeof(c->items.device[index].name), name ? name : "");
	w = cloud_begin_data(call);
	jw_str(w, "bind_id", c->sim->printers[index]->serial);
	jw_object(w, "device_info");
	jw_str(w, "dev_id", c->sim->printers[index]->serial);
	jw_str(w, "name", device_name(c, (size_t)index));
	jw_object_end(w);
	cloud_end(call);
}

void cloud_run_unbind(struct cloud_call *call)
{
	_cleanup_free_ char *serial = http_query(call->x, "dev_id");
	int index = find_device(call->cloud, serial, true);

	if (index < 0) {
		refuse_device(call);
		return;
	}
	call->cloud->items.device[index].bound = false;
	cloud_done(call, "Device unbound successfully");
}

static void write_version(struct jw *w, const struct printer *p)
{
	jw_object(w, NULL);
	jw_str(w, "dev_id", p->serial);
	jw_str(w, "version", p->model->firmware);
	jw_array(w, "firmware");
	jw_object(w, NULL);
	jw_str(w, "version", p->model->firmware);
	jw_bool(w, "force_update", false);
	jw_str(w, "description", "");
	jw_str(w, "url", "");
	jw_object_end(w);
	jw_array_end(w);
	jw_array(w, "ams"); /* empty even with an AMS on the printer */
	jw_array_end(w);
	jw_object_end(w);
}

void cloud_run_version(struct cloud_call *call)
{
	_cleanup_free_ char *serial = http_query(call->x, "dev_id");
	const struct cloud *c = call->cloud;
	struct jw *w;

	if (serial && find_device(c, serial, true) < 0) {
		refuse_device(call);
		return;
	}
	w = cloud_begin(call);
	jw_array(w, "devices");
	for (size_t i = 0; i < c->items.devices; i++) {
		const struct printer *p = c->sim->printers[i];

		if (c->items.device[i].bound && (!serial || strcmp(serial, p->serial) == 0)) {
			write_version(w, p);
		}
	}
	jw_array_end(w);
	cloud_end(call);
}

static void write_print(struct jw *w, const struct cloud *c, size_t index)
{
	const struct printer *p = c->sim->printers[index];

	jw_object(w, NULL);
	jw_str(w, "dev_id", p->serial);
	jw_str(w, "dev_name", device_name(c, index));
	jw_str(w, "dev_model_name", model_name(p->model));
	jw_str(w, "dev_product_name", p->model->name);
	jw_bool(w, "dev_online", is_online(p));
	jw_null(w, "task_id");
	jw_null(w, "task_name");
	jw_str(w, "task_status", print_status(p));
	jw_object_end(w);
}

void cloud_run_print_list(struct cloud_call *call)
{
	const struct cloud *c = call->cloud;
	struct jw *w = cloud_begin(call);

	jw_array(w, "devices");
	for (size_t i = 0; i < c->items.devices; i++) {
		if (c->items.device[i].bound) {
			write_print(w, c, i);
		}
	}
	jw_array_end(w);
	cloud_end(call);
}

/* Becomes a task; whether a real account may do it at all is not known. */
void cloud_run_print(struct cloud_call *call)
{
	struct cloud *c = call->cloud;
	int index = find_device(c, cloud_word(call, "device_id"), true);
	const char *name = cloud_word(call, "file_name");
	struct cloud_task *task;
	struct jw *w;
	char id[24];

	if (index < 0) {
		refuse_device(call);
		return;
	}
	task = name ? cloud_add_task(&c->items, name, (size_t)index) : NULL;
	if (!task) {
		cloud_error(call, 400, 1, "No file to print");
		return;
	}
	snprintf(id, sizeof(id), "%lld", (long long)task->id);
	w = cloud_begin_data(call);
	jw_str(w, "job_id", id);
	jw_str(w, "status", "queued");
	cloud_end(call);
}

void cloud_run_ttcode(struct cloud_call *call)
{
	static const char *const empty[] = {"stream_key", "stream_salt", "channel_name", "app_id"};
	struct cloud *c = call->cloud;
	char uid[21], key[9], word[7];
	struct jw *w;

	if (find_device(c, cloud_word(call, "dev_id"), true) < 0) {
		refuse_device(call);
		return;
	}
	cloud_random_hex(uid, sizeof(uid));
	cloud_random_hex(key, sizeof(key));
	cloud_random_hex(word, sizeof(word));
	w = cloud_begin(call);
	jw_str(w, "ttcode", uid);
	jw_str(w, "authkey", key);
	jw_str(w, "passwd", word);
	jw_str(w, "region", c->region == CLOUD_REGION_CHINA ? "cn" : "us");
	jw_str(w, "type", "tutk");
	jw_null(w, "streams");
	jw_null(w, "peers");
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
		jw_str(w, empty[i], "");
	}
	jw_null(w, "rtm");
	cloud_end(call);
}
