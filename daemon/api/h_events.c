/* SPDX-License-Identifier: MIT */
/* events.subscribe and events.unsubscribe. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/event.h"
#include "common/text.h"
#include "daemon/api/bodies.h"
#include "daemon/api/core.h"
#include "daemon/api/events_params.h"
#include "daemon/api/handlers.h"
#include "daemon/api/past.h"
#include "daemon/api/pick.h"
#include "daemon/api/render.h"
#include "daemon/api/sections.h"
#include "daemon/api/selection.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/model/hub.h"

int events_kinds_param(struct call *c, uint64_t *ret_mask)
{
	json_object *array = json_get_arr(c->params, "kinds");
	size_t n = array != NULL ? json_object_array_length(array) : 0;
	uint64_t mask = 0;

	for (size_t i = 0; i < n; i++) {
		const char *glob = json_object_get_string(json_object_array_get_idx(array, i));
		uint64_t found = 0;
		char shown[48];

		for (enum event_kind k = 0; k < EVENT_COUNT; k++) {
			found |= glob_match(glob, event_name(k)) ? UINT64_C(1) << k : 0;
		}
		if (found == 0) {
			err_set(c->e, ERR_INVALID_PARAMS, "kinds: %s is no kind of event",
			    text_escape_buf(glob, shown, sizeof(shown)));
			err_hint(c->e, "api.events lists them; print.* means a family");
			return -EINVAL;
		}
		mask |= found;
	}
	*ret_mask = array != NULL ? mask : UINT64_MAX;
	return 0;
}

void events_write_cursor(struct jw *w, const struct hub *h, uint64_t seq)
{
	char text[40];

	snprintf(text, sizeof(text), "%u.%llu", (unsigned)hub_epoch(h), (unsigned long long)seq);
	jw_str(w, "cursor", text);
}

/* ---- events.subscribe, events.unsubscribe ---- */

static int spec_params(struct call *c, struct sub_spec *spec)
{
	int r = sections_param(c, &spec->sections);

	if (r == 0) {
		r = events_kinds_param(c, &spec->kinds);
	}
	if (r == 0) {
		r = past_since_param(c, &spec->since_epoch, &spec->since_seq);
		spec->since = r > 0;
	}
	if (r < 0) {
		return r;
	}
	spec->state = true;
	json_get_bool(c->params, "state", &spec->state);
	json_get_num(c->params, "max_hz", &spec->max_hz);
	return 0;
}

static void write_snapshot(struct call *c, const struct pick *pick, const struct sub_spec *spec)
{
	struct printer_view view;

	if (!spec->state) {
		jw_null(c->w, "snapshot");
		return;
	}
	jw_object(c->w, "snapshot");
	jw_array(c->w, "printers");
	for (size_t i = 0; i < pick->count; i++) {
		printer_view(pick->list[i], &view);
		render_printer(c->w, NULL, &view, spec->sections);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
}

int h_events_subscribe(struct call *c)
{
	_cleanup_free_ char *selector = pick_selector(c, "printers");
	const struct api_deps *deps = &c->server->deps;
	_cleanup_pick_ struct pick pick = {0};
	struct sub_spec spec = {.selector = selector != NULL ? selector : "@all"};
	unsigned number = 0;
	int r = c->e->type != ERR_NONE ? -EINVAL : spec_params(c, &spec);

	if (r == 0) {
		r = registry_select(
		    deps->registry, spec.selector, &pick.list, &pick.count, NULL, c->e);
	}
	if (r == 0) {
		r = subs_add(c->server->subs, c->conn, &spec, &number, c->e);
	}
	if (r < 0) {
		return r;
	}
	/* Cursor and snapshot are of this very moment; what comes later comes as notification. */
	jw_object(c->w, "result");
	jw_int(c->w, "sub", number);
	events_write_cursor(c->w, deps->hub, hub_last_seq(deps->hub));
	write_snapshot(c, &pick, &spec);
	jw_object_end(c->w);
	return 0;
}

int h_events_unsubscribe(struct call *c)
{
	int64_t number = 0;

	if (!json_get_i64(c->params, "sub", &number) ||
	    (subs_remove(c->server->subs, c->conn, number) < 0 &&
		listens_remove(c->server->listens, c->conn, number) < 0)) {
		err_set(c->e, ERR_INVALID_PARAMS, "sub: this connection has no subscription %lld",
		    (long long)number);
		return -EINVAL;
	}
	jw_object(c->w, "result");
	jw_object_end(c->w);
	return 0;
}
