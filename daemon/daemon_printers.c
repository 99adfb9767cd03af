/* SPDX-License-Identifier: MIT */
/* Printers that are added, changed and removed while the daemon runs: drop-ins of its own. */
#include "daemon/daemon_internal.h"

#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "daemon/config.h"
#include "daemon/config_edit.h"
#include "daemon/fleet/dropin.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"

/* ---- what may be done ---- */

static const char *serial_of(const struct dropin_value *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(values[i].key, "Serial") == 0) {
			return values[i].text;
		}
	}
	return "";
}

static int check_new(const struct daemon *d, const char *name, const struct dropin_value *values,
    size_t count, struct err *e)
{
	const struct printer *same = registry_by_serial(d->registry, serial_of(values, count));

	if (config_edit_check_name(name, e) < 0) {
		return -EINVAL;
	}
	if (registry_by_name(d->registry, name)) {
		err_set(e, ERR_INVALID_PARAMS, "there is a printer called %s already", name);
		err_hint(e, "bambuctl printer set %s changes it", name);
		return -EEXIST;
	}
	if (same && !printer_config(same)->cloud) {
		err_set(e, ERR_INVALID_PARAMS, "this serial is %s already", printer_name(same));
		err_hint(e, "bambuctl printer set %s changes it", printer_name(same));
		return -EEXIST;
	}
	return 0;
}

/* Only what printer add wrote can be removed. */
static int check_removable(const struct daemon *d, const char *name, struct err *e)
{
	_cleanup_free_ char *where = config_printer_place(d->config, name);
	_cleanup_free_ char *own = dropin_path(d->fleet.state_dir, name);
	size_t len = strlen(own);

	if (!where) {
		err_set(e, ERR_INVALID_PARAMS, "%s comes with the account", name);
		err_hint(e,
		    "bambuctl unbind %s takes it out of the account; Adopt=none keeps all out",
		    name);
		return -EPERM;
	}
	if (strncmp(where, own, len) != 0 || where[len] != ':') {
		err_set(e, ERR_INVALID_PARAMS, "%s stands in %s", name, where);
		err_hint(e, "remove its section there, then: bambuctl daemon reload");
		return -EPERM;
	}
	return 0;
}

/* ---- doing it ---- */

/* A section without a serial belongs to a printer of the account: the drop-in needs one. */
static int write_dropin(struct daemon *d, enum printer_edit what, const char *name,
    const struct dropin_value *values, size_t count, struct err *e)
{
	const struct printer *p = registry_by_name(d->registry, name);
	_cleanup_free_ char *where = config_printer_place(d->config, name);
	struct dropin_value serial = {"Serial", p ? printer_serial(p) : ""};
	int r = 0;

	if (what == PRINTER_SET && p && !where) {
		r = dropin_set(d->fleet.state_dir, name, &serial, 1, e);
	}
	return r == 0 ? dropin_set(d->fleet.state_dir, name, values, count, e) : r;
}

/* The configuration with the change in it; the old drop-in comes back when it is refused. */
static int take_over(
    struct daemon *d, const char *name, const struct dropin_text *old, struct err *e)
{
	_cleanup_free_ char *changed = NULL;
	struct err ignored;
	int r = daemon_reload(d, &changed, e);

	if (r < 0) {
		dropin_restore(d->fleet.state_dir, name, old, &ignored);
		err_hint(e, "nothing was changed");
	}
	return r;
}

static int check(struct daemon *d, enum printer_edit what, const char *name,
    const struct dropin_value *values, size_t count, struct err *e)
{
	int r = 0;

	switch (what) {
	case PRINTER_ADD:
		r = check_new(d, name, values, count, e);
		break;
	case PRINTER_SET:
		break;
	case PRINTER_REMOVE:
		r = check_removable(d, name, e);
		break;
	}
	for (size_t i = 0; i < count && r == 0; i++) {
		r = config_edit_check(values[i].key, values[i].text, e);
	}
	return r;
}

int daemon_edit_printer(void *arg, enum printer_edit what, const char *name,
    const struct dropin_value *values, size_t count, struct err *e)
{
	struct daemon *d = arg;
	struct dropin_text old = {0};
	int r = check(d, what, name, values, count, e);

	if (r == 0) {
		r = dropin_save(d->fleet.state_dir, name, &old, e);
	}
	if (r == 0 && what == PRINTER_REMOVE) {
		r = dropin_remove(d->fleet.state_dir, name, e);
	} else if (r == 0) {
		r = write_dropin(d, what, name, values, count, e);
	}
	if (r == 0) {
		r = take_over(d, name, &old, e);
	}
	dropin_text_finish(&old);
	return r;
}
