/* SPDX-License-Identifier: MIT */
/* printer.*: states and what makes them fresh. */
#include <errno.h>

#include "common/proto.h"
#include "daemon/api/account_note.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/pick.h"
#include "daemon/api/render.h"
#include "daemon/api/sections.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"

int h_printer_list(struct call *c)
{
	const struct registry *registry = c->server->deps.registry;
	_cleanup_free_ char *selector = pick_selector(c, "printer");
	_cleanup_pick_ struct pick pick = {0};
	struct printer_view view;
	int r;

	if (c->e->type != ERR_NONE) {
		return -EINVAL;
	}
	r = registry_select(
	    registry, selector != NULL ? selector : "@all", &pick.list, &pick.count, NULL, c->e);
	if (r < 0) {
		return r;
	}
	jw_object(c->w, "result");
	jw_array(c->w, "printers");
	for (size_t i = 0; i < pick.count; i++) {
		printer_view(pick.list[i], &view);
		render_printer_short(c->w, NULL, &view);
	}
	jw_array_end(c->w);
	write_account_note(c->w, c->server);
	jw_object_end(c->w);
	return 0;
}

static void write_status(
    struct jw *w, const char *key, const struct printer *p, uint32_t sections, bool raw)
{
	struct printer_view view;

	printer_view(p, &view);
	render_printer(w, key, &view, sections);
	if (raw) {
		/* One member more: the object's closing brace is taken back. */
		w->len--;
		w->comma = true;
		render_raw(w, "raw", &view, NULL);
		jw_object_end(w);
	}
}

int h_printer_get(struct call *c)
{
	_cleanup_pick_ struct pick pick = {0};
	uint32_t sections = 0;
	bool raw = false;
	int r = sections_param(c, &sections);

	if (r == 0) {
		r = pick_printers(c, &pick);
	}
	if (r < 0) {
		return r;
	}
	json_get_bool(c->params, "raw", &raw);
	if (raw && !access_allows(c->conn->perm, PERM_CONTROL)) {
		err_set(c->e, ERR_PERMISSION_DENIED, "raw needs control rights");
		return -EACCES;
	}
	if (pick.literal) {
		write_status(c->w, "result", pick.list[0], sections, raw);
		return 0;
	}
	jw_object(c->w, "result");
	jw_array(c->w, "results");
	for (size_t i = 0; i < pick.count; i++) {
		write_status(c->w, NULL, pick.list[i], sections, raw);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
	return 0;
}

int h_printer_raw(struct call *c)
{
	const char *section = json_get_str(c->params, "section");
	_cleanup_pick_ struct pick pick = {0};
	struct printer_view view;
	int r = pick_printers(c, &pick);

	if (r < 0) {
		return r;
	}
	if (pick.literal) {
		printer_view(pick.list[0], &view);
		render_raw(c->w, "result", &view, section);
		return 0;
	}
	jw_object(c->w, "result");
	jw_array(c->w, "results");
	for (size_t i = 0; i < pick.count; i++) {
		printer_view(pick.list[i], &view);
		jw_object(c->w, NULL);
		jw_str(c->w, "printer", printer_name(pick.list[i]));
		render_raw(c->w, "raw", &view, section);
		jw_object_end(c->w);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
	return 0;
}

static void refresh_into_results(struct jw *w, struct printer *p)
{
	const char *stage = NULL;
	struct err e = {0};

	jw_object(w, NULL);
	jw_str(w, "printer", printer_name(p));
	if (printer_refresh(p, &stage, &e) < 0) {
		proto_error_object(w, "error", &e);
	} else {
		jw_str(w, "stage", stage);
	}
	jw_object_end(w);
}

int h_printer_refresh(struct call *c)
{
	_cleanup_pick_ struct pick pick = {0};
	const char *stage = NULL;
	int r = pick_for_control(c, &pick);

	if (r < 0) {
		return r;
	}
	if (pick.literal) {
		r = printer_refresh(pick.list[0], &stage, c->e);
		if (r < 0) {
			return r;
		}
		jw_object(c->w, "result");
		jw_str(c->w, "stage", stage);
		jw_object_end(c->w);
		return 0;
	}
	jw_object(c->w, "result");
	jw_array(c->w, "results");
	for (size_t i = 0; i < pick.count; i++) {
		refresh_into_results(c->w, pick.list[i]);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
	return 0;
}
