/* SPDX-License-Identifier: MIT */
/* A client's copy of the printers, kept true by the daemon's state notifications (pure). */
#include "ctl/mirror.h"

void mirror_init(struct mirror *m)
{
	m->printers = json_object_new_object();
}

void mirror_finish(struct mirror *m)
{
	json_object_put(TAKE(m->printers));
}

void mirror_load(struct mirror *m, json_object *snapshot)
{
	json_object *list = json_get_arr(snapshot, "printers");
	size_t count = list ? json_object_array_length(list) : 0;

	mirror_finish(m);
	mirror_init(m);
	for (size_t i = 0; i < count; i++) {
		json_object *printer = json_object_array_get_idx(list, i);
		const char *name = json_get_str(printer, "name");

		if (name) {
			json_object_object_add(m->printers, name, json_object_get(printer));
		}
	}
}

void mirror_merge(json_object *into, json_object *changes)
{
	json_object_object_foreach(changes, key, value)
	{
		json_object *old = json_get_obj(into, key);

		if (old && json_object_is_type(value, json_type_object)) {
			mirror_merge(old, value);
		} else {
			json_object_object_add(into, key, json_object_get(value));
		}
	}
}

json_object *mirror_get(const struct mirror *m, const char *name)
{
	return json_get_obj(m->printers, name);
}

json_object *mirror_apply(struct mirror *m, json_object *params)
{
	const char *name = json_get_str(params, "printer");
	json_object *changes = json_get_obj(params, "changes");
	json_object *printer;

	if (!name) {
		return NULL;
	}
	printer = mirror_get(m, name);
	if (!printer) {
		printer = json_object_new_object();
		json_object_object_add(printer, "name", json_object_new_string(name));
		json_object_object_add(m->printers, name, printer);
	}
	if (changes) {
		mirror_merge(printer, changes);
	}
	return printer;
}

void mirror_drop(struct mirror *m, const char *name)
{
	json_object_object_del(m->printers, name);
}
