/* SPDX-License-Identifier: MIT */
/* printer.add, printer.set and printer.remove: a drop-in is written, and the configuration read
 * anew. */
#include <errno.h>
#include <string.h>

#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/pick.h"
#include "daemon/api/render.h"
#include "daemon/fleet/dropin.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"

#define VALUES_MAX 24

struct edit {
	struct dropin_value values[VALUES_MAX];
	size_t count;
};

static int put(struct call *c, struct edit *e, const char *key, const char *text)
{
	if (text == NULL) {
		return 0;
	}
	if (e->count == VALUES_MAX) {
		err_set(c->e, ERR_INVALID_PARAMS, "settings: more than %d keys", VALUES_MAX);
		return -E2BIG;
	}
	e->values[e->count++] = (struct dropin_value){key, text};
	return 0;
}

static int put_settings(struct call *c, struct edit *e)
{
	json_object *settings = NULL;
	int r = 0;

	if (!json_object_object_get_ex(c->params, "settings", &settings)) {
		return 0;
	}
	json_object_object_foreach(settings, key, value)
	{
		if (!json_object_is_type(value, json_type_string)) {
			err_set(c->e, ERR_INVALID_PARAMS,
			    "settings: every value is text, as in the configuration");
			return -EINVAL;
		}
		if (r == 0) {
			r = put(c, e, key, json_object_get_string(value));
		}
	}
	return r;
}

static int collect(struct call *c, struct edit *e)
{
	int r = put(c, e, "Serial", json_get_str(c->params, "serial"));

	if (r == 0) {
		r = put(c, e, "Address", json_get_str(c->params, "address"));
	}
	if (r == 0) {
		r = put(c, e, "AccessCode", json_get_str(c->params, "code"));
	}
	return r == 0 ? put_settings(c, e) : r;
}

static int edit(struct call *c, enum printer_edit what, const char *name, const struct edit *e)
{
	const struct api_deps *deps = &c->server->deps;

	if (!deps->edit_printer) {
		err_set(c->e, ERR_UNSUPPORTED, "this daemon's configuration cannot be changed");
		return -ENOTSUP;
	}
	str_copy(c->about, sizeof(c->about), name);
	return deps->edit_printer(deps->arg, what, name, e->values, e->count, c->e);
}

static int answer(struct call *c, const char *name)
{
	const struct printer *p = registry_by_name(c->server->deps.registry, name);
	struct printer_view view;

	if (!p) {
		err_set(c->e, ERR_INTERNAL, "%s is written, but the configuration does not take it",
		    name);
		err_hint(c->e, "bambud --dump-config shows what is in force and where it stands");
		return -EIO;
	}
	printer_view(p, &view);
	render_printer(c->w, "result", &view, RENDER_ALL);
	return 0;
}

int h_printer_add(struct call *c)
{
	const char *name = json_get_str(c->params, "name");
	struct edit e = {0};
	int r = collect(c, &e);

	if (r == 0) {
		r = edit(c, PRINTER_ADD, name, &e);
	}
	return r == 0 ? answer(c, name) : r;
}

/* The name, owned: the printer is another object after the reload. */
static int pick_name(struct call *c, char **ret)
{
	struct printer *p = NULL;
	int r = pick_one(c, &p);

	if (r == 0) {
		*ret = xstrdup(printer_name(p));
	}
	return r;
}

int h_printer_set(struct call *c)
{
	_cleanup_free_ char *name = NULL;
	struct edit e = {0};
	int r = pick_name(c, &name);

	if (r == 0) {
		r = collect(c, &e);
	}
	if (r == 0 && e.count == 0) {
		err_set(c->e, ERR_INVALID_PARAMS, "nothing to set: want address, code or settings");
		r = -EINVAL;
	}
	if (r == 0) {
		r = edit(c, PRINTER_SET, name, &e);
	}
	return r == 0 ? answer(c, name) : r;
}

int h_printer_remove(struct call *c)
{
	_cleanup_free_ char *name = NULL, *serial = NULL;
	struct edit e = {0};
	int r = pick_name(c, &name);

	if (r == 0) {
		const struct printer *p = registry_by_name(c->server->deps.registry, name);

		serial = xstrdup(printer_serial(p));
		r = edit(c, PRINTER_REMOVE, name, &e);
	}
	if (r < 0) {
		return r;
	}
	jw_object(c->w, "result");
	jw_str(c->w, "printer", name);
	jw_str(c->w, "serial", serial);
	jw_bool(c->w, "removed", true);
	jw_object_end(c->w);
	return 0;
}
