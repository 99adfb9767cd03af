/* SPDX-License-Identifier: MIT */
/* Small caches of rendered notifications, so that a thousand subscribers cost one rendering. */
#include "daemon/api/bodies.h"

#include <string.h>

#include "common/proto.h"
#include "daemon/api/render.h"
#include "daemon/fleet/printer.h"
#include "daemon/model/hub.h"

void bodies_init(struct bodies *b)
{
	memset(b, 0, sizeof(*b));
	for (size_t i = 0; i < BODIES_EVENTS; i++) {
		jw_init(&b->events[i].text);
	}
	for (size_t i = 0; i < BODIES_STATES; i++) {
		jw_init(&b->states[i].text);
	}
}

void bodies_finish(struct bodies *b)
{
	for (size_t i = 0; i < BODIES_EVENTS; i++) {
		jw_finish(&b->events[i].text);
	}
	for (size_t i = 0; i < BODIES_STATES; i++) {
		jw_finish(&b->states[i].text);
	}
}

void bodies_write_event(struct jw *w, const struct hub_event *e)
{
	jw_int(w, "seq", (int64_t)e->seq);
	jw_time(w, "time", e->wall_ms);
	jw_str(w, "printer", e->printer);
	jw_str(w, "serial", e->serial);
	jw_str(w, "kind", event_name(e->kind));
	jw_raw(w, "data", e->data, strlen(e->data));
}

/* A body is written as an object whose opening brace then becomes the comma after the head. */
static void body_begin(struct body *b, uint64_t key)
{
	b->key = key;
	jw_reset(&b->text);
	jw_object(&b->text, NULL);
}

static void body_end(struct body *b)
{
	jw_object_end(&b->text);
	jw_bytes(&b->text, "}\n", 2);
	b->text.buf[0] = ',';
}

const struct body *bodies_event(struct bodies *b, const struct hub_event *e)
{
	struct body *body = &b->events[e->seq % BODIES_EVENTS];

	if (body->key != e->seq || body->text.len == 0) {
		body_begin(body, e->seq);
		bodies_write_event(&body->text, e);
		body_end(body);
	}
	return body;
}

const struct body *bodies_state(struct bodies *b, const struct printer *p, uint32_t mask)
{
	struct body *body = &b->states[0];
	struct printer_view view;

	for (size_t i = 0; i < BODIES_STATES; i++) {
		if (b->states[i].key == mask) {
			return &b->states[i];
		}
		if (b->states[i].key == 0) {
			body = &b->states[i];
		}
	}
	printer_view(p, &view);
	body_begin(body, mask);
	jw_str(&body->text, "printer", printer_name(p));
	render_changes(&body->text, "changes", &view, mask);
	body_end(body);
	return body;
}

void bodies_forget_states(struct bodies *b)
{
	for (size_t i = 0; i < BODIES_STATES; i++) {
		b->states[i].key = 0;
	}
}

char *bodies_head(const char *method, unsigned number)
{
	struct jw w;

	jw_init(&w);
	proto_notify_begin(&w, method);
	jw_object(&w, "params");
	jw_int(&w, "sub", number);
	return jw_take(&w);
}

void bodies_write_lost(struct jw *w, unsigned number, int64_t from, uint64_t to)
{
	proto_notify_begin(w, "lost");
	jw_object(w, "params");
	jw_int(w, "sub", number);
	if (from >= 0) {
		jw_int(w, "from", from);
	} else {
		jw_null(w, "from");
	}
	jw_int(w, "to", (int64_t)to);
	jw_object_end(w);
	proto_end(w);
}
