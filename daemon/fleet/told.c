/* SPDX-License-Identifier: MIT */
/* What a kept state is too old to know of: events that were told after it was written. */
#include <string.h>

#include "daemon/fleet/printer_internal.h"
#include "daemon/model/take.h"

/* Kinds of which the last one counts: they tell of one thing, which the members name. */
static const struct topic {
	enum event_kind kinds[6];
	size_t kind_count;
	const char *members[3];
	bool held; /* told only after it has stood for a while: not in the first look */
} topics[] = {
    {{EVENT_PRINT_STARTED, EVENT_PRINT_PAUSED, EVENT_PRINT_RESUMED, EVENT_PRINT_FINISHED,
	 EVENT_PRINT_FAILED, EVENT_PRINT_CANCELLED},
	6, {"job"}},
    {{EVENT_HMS_RAISED, EVENT_HMS_CLEARED}, 2, {"code"}},
    {{EVENT_ERROR_RAISED, EVENT_ERROR_CLEARED}, 2, {"code"}},
    {{EVENT_AMS_TRAY_CHANGED}, 1, {"to"}},
    {{EVENT_AMS_SPOOL_INSERTED, EVENT_AMS_SPOOL_REMOVED}, 2, {"tray"}},
    {{EVENT_AMS_FILAMENT_LOW}, 1, {"tray"}, true},
    {{EVENT_AMS_RUNOUT}, 1, {"tray", "code"}},
    {{EVENT_AMS_DRYING_STARTED, EVENT_AMS_DRYING_FINISHED}, 2, {"unit"}},
    {{EVENT_AMS_HUMIDITY_HIGH, EVENT_AMS_HUMIDITY_OK}, 2, {"unit"}, true},
    {{EVENT_AMS_TEMP_HIGH, EVENT_AMS_TEMP_OK}, 2, {"unit"}, true},
    {{EVENT_DOOR_OPENED, EVENT_DOOR_CLOSED}, 2, {NULL}},
    {{EVENT_LIGHT_CHANGED}, 1, {"light", "to"}},
    {{EVENT_PRINTER_CONTROL_LOCKED}, 1, {NULL}},
    {{EVENT_PRINTER_FIRMWARE_AVAILABLE}, 1, {"version"}},
};

static bool has_kind(const struct topic *t, enum event_kind kind)
{
	for (size_t i = 0; i < t->kind_count; i++) {
		if (t->kinds[i] == kind) {
			return true;
		}
	}
	return false;
}

static const struct topic *topic_of(enum event_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++) {
		if (has_kind(&topics[i], kind)) {
			return &topics[i];
		}
	}
	return NULL;
}

/* The text of the members that name the thing, as it stands. */
static bool same_thing(const struct topic *t, const struct scan *a, const struct scan *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(t->members) && t->members[i] != NULL; i++) {
		uint32_t x = scan_get(a, 0, t->members[i]), y = scan_get(b, 0, t->members[i]);

		if (x == 0 || y == 0 || a->nodes[x].len != b->nodes[y].len ||
		    memcmp(a->text + a->nodes[x].off, b->text + b->nodes[y].off, a->nodes[x].len) !=
			0) {
			return false;
		}
	}
	return true;
}

static bool is_late(const char *data)
{
	return strstr(data, "\"late\":true") != NULL;
}

bool printer_was_told(struct printer *p, enum event_kind kind, const char *data)
{
	const struct topic *t = topic_of(kind);
	const struct hub *hub = p->fleet->hub;
	const struct hub_event *e = NULL;
	struct scan now, then;
	bool told = false;

	if (t == NULL ||
	    !(p->memory.comparing || (p->memory.restored && t->held && is_late(data))) ||
	    p->memory.epoch != hub_epoch(hub)) {
		return false;
	}
	scan_init(&now);
	scan_init(&then);
	if (scan_parse(&now, data, strlen(data)) == SCAN_OK) {
		e = hub_next(hub, p->memory.seq);
	}
	for (; e != NULL; e = hub_next(hub, e->seq)) {
		if (e->serial != NULL && strcmp(e->serial, p->config.serial) == 0 &&
		    has_kind(t, e->kind) &&
		    scan_parse(&then, e->data, strlen(e->data)) == SCAN_OK &&
		    same_thing(t, &now, &then)) {
			told = e->kind == kind;
		}
	}
	scan_finish(&now);
	scan_finish(&then);
	return told;
}
