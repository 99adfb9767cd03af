/* SPDX-License-Identifier: MIT */
/* device.firmware: what runs on a printer and its parts, and what is offered. */
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/pick.h"
#include "daemon/fleet/printer.h"
#include "daemon/model/state.h"

static void write_text(struct jw *w, const char *key, const char *text)
{
	jw_str(w, key, text[0] != '\0' ? text : NULL);
}

static void write_module(struct jw *w, const struct module_info *m)
{
	jw_object(w, NULL);
	write_text(w, "name", m->name);
	write_text(w, "product", m->product);
	write_text(w, "version", m->version);
	write_text(w, "new", m->offered);
	write_text(w, "hardware", m->hardware);
	write_text(w, "serial", m->serial);
	jw_object_end(w);
}

static void write_firmware(struct jw *w, const struct printer *p)
{
	const struct state *s = printer_state(p);

	write_text(w, "current", s->info.firmware);
	write_text(w, "new", s->device.firmware_new);
	jw_array(w, "modules");
	for (size_t i = 0; i < s->modules.count; i++) {
		write_module(w, &s->modules.entries[i]);
	}
	jw_array_end(w);
}

int h_device_firmware(struct call *c)
{
	_cleanup_pick_ struct pick pick = {0};
	int r = pick_printers(c, &pick);

	if (r < 0) {
		return r;
	}
	jw_object(c->w, "result");
	if (pick.literal) {
		write_firmware(c->w, pick.list[0]);
		jw_object_end(c->w);
		return 0;
	}
	jw_array(c->w, "results");
	for (size_t i = 0; i < pick.count; i++) {
		jw_object(c->w, NULL);
		jw_str(c->w, "printer", printer_name(pick.list[i]));
		write_firmware(c->w, pick.list[i]);
		jw_object_end(c->w);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
	return 0;
}
