/* SPDX-License-Identifier: MIT */
/* What is known of a printer as a text that outlives the process: written, and taken up again. */
#include "daemon/fleet/memory.h"

#include <errno.h>
#include <string.h>

#include "daemon/fleet/printer_internal.h"
#include "daemon/fleet/tap.h"
#include "daemon/model/raw.h"
#include "daemon/model/saved.h"
#include "daemon/model/take.h"

enum { OLD_MS = 60 * 1000 };
#define VERSION 1 /* with every change of what is written that an older reader gets wrong */

static struct saved_at clocks(const struct printer *p)
{
	return (struct saved_at){
	    .wall_ms = loop_wall_ms(p->fleet->loop),
	    .boot_ms = loop_boot_ms(p->fleet->loop),
	};
}

static void write_head(struct printer *p, struct jw *w)
{
	int64_t now_ms = loop_now_ms(p->fleet->loop);
	struct saved_at now = clocks(p);

	jw_object(w, NULL);
	jw_int(w, "version", VERSION);
	jw_str(w, "serial", p->config.serial);
	jw_int(w, "wall_ms", now.wall_ms);
	jw_int(w, "boot_ms", now.boot_ms);
	jw_int(w, "epoch", hub_epoch(p->fleet->hub));
	jw_int(w, "seq", (int64_t)hub_last_seq(p->fleet->hub));
	jw_int(
	    w, "heard_age_ms", p->last_message_mono_ms < 0 ? -1 : now_ms - p->last_message_mono_ms);
	state_save(&p->state, w, "state", now_ms);
	derive_save(&p->derive, w, "derive", now_ms);
	jw_object_end(w);
	jw_bytes(w, "\n", 1);
}

/* The printer's own texts; what cannot be read again is left out. */
static void write_raw(const struct printer *p, struct jw *w)
{
	struct scan s;
	struct jw raw;

	jw_init(&raw);
	scan_init(&s);
	raw_write(p->state.raw, &raw, NULL, NULL);
	if (scan_parse(&s, raw.buf, raw.len) == SCAN_OK) {
		tap_mask(w, p, &s);
	} else {
		jw_bytes(w, "{}", 2);
	}
	jw_bytes(w, "\n", 1);
	scan_finish(&s);
	jw_finish(&raw);
}

bool memory_write(struct printer *p, struct jw *w)
{
	if (p->state.full_mono_ms < 0 && !p->memory.restored && !p->derive.known) {
		return false;
	}
	p->memory.written_mono_ms = loop_now_ms(p->fleet->loop);
	p->memory.soon = false;
	write_head(p, w);
	write_raw(p, w);
	return true;
}

enum memory_need memory_need(const struct printer *p)
{
	const struct printer_memory *m = &p->memory;

	if (m->soon) {
		return MEMORY_TOLD;
	}
	if (p->last_message_mono_ms <= m->kept_mono_ms) {
		return MEMORY_CURRENT;
	}
	return m->written_mono_ms < 0 || loop_now_ms(p->fleet->loop) - m->written_mono_ms >= OLD_MS
		   ? MEMORY_OLD
		   : MEMORY_HEARD;
}

void memory_failed(struct printer *p)
{
	p->memory.written_mono_ms = -1;
}

void memory_kept(struct printer *p)
{
	p->memory.kept_mono_ms = p->memory.written_mono_ms;
}

/* ---- taken up again ---- */

static int64_t number(const struct scan *s, const char *key)
{
	int64_t value = -1;

	scan_int(s, scan_get(s, 0, key), &value);
	return value;
}

static const char *why_not(const struct printer *p, const struct scan *s)
{
	char serial[64] = "";

	if (s->nodes[0].type != SCAN_OBJECT || number(s, "version") < 1) {
		return "it is damaged";
	}
	if (number(s, "version") > VERSION) {
		return "it is of a newer version";
	}
	scan_str(s, scan_get(s, 0, "serial"), serial, sizeof(serial));
	return strcmp(serial, p->config.serial) == 0 ? NULL : "it is another printer's";
}

static void take_head(struct printer *p, const struct scan *s)
{
	struct saved_at now = clocks(p);
	struct saved_at then = {.wall_ms = number(s, "wall_ms"), .boot_ms = number(s, "boot_ms")};
	int64_t now_ms = loop_now_ms(p->fleet->loop), elapsed_ms = saved_elapsed_ms(&then, &now);

	p->last_message_mono_ms = saved_mono_ms(number(s, "heard_age_ms"), elapsed_ms, now_ms);
	p->memory.epoch = (uint32_t)number(s, "epoch");
	p->memory.seq = (uint64_t)number(s, "seq");
	state_restore(&p->state, s, scan_get(s, 0, "state"), now_ms, elapsed_ms);
	derive_restore(&p->derive, s, scan_get(s, 0, "derive"), now_ms, elapsed_ms);
}

static void take_raw(struct printer *p, struct scan *s, const char *text, size_t len)
{
	if (scan_parse(s, text, len) == SCAN_OK) {
		raw_merge(p->state.raw, s, 0);
	}
}

static const char *take(struct printer *p, const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len), *why;
	struct scan s;

	if (end == NULL) {
		return "it is damaged";
	}
	scan_init(&s);
	why = scan_parse(&s, text, (size_t)(end - text)) == SCAN_OK ? why_not(p, &s)
								    : "it is damaged";
	if (why == NULL) {
		take_head(p, &s);
		take_raw(p, &s, end + 1, len - (size_t)(end - text) - 1);
	}
	scan_finish(&s);
	return why;
}

void printer_remember(struct printer *p)
{
	const struct fleet_memory *m = p->fleet->memory;
	_cleanup_free_ char *text = NULL;
	const char *why;
	size_t len = 0;
	int kept;

	p->memory.written_mono_ms = p->memory.kept_mono_ms = -1;
	kept = m != NULL && p->config.serial != NULL
		   ? m->load(m->arg, p->config.serial, &text, &len)
		   : -ENOENT;
	if (kept < 0) {
		return;
	}
	scan_repair(text, len); /* as any text of a printer: it is passed on as it stands */
	why = take(p, text, len);
	if (why != NULL) {
		m->refuse(m->arg, p->config.serial, why);
		return;
	}
	p->memory.restored = p->memory.comparing = true;
	p->memory.kept_mono_ms = kept == MEMORY_FILED ? p->last_message_mono_ms : -1;
}

void printer_told(struct printer *p, enum event_kind kind)
{
	const struct fleet_memory *m = p->fleet->memory;

	/* These are never told late. */
	if (m == NULL || kind == EVENT_PRINT_LAYER || kind == EVENT_PRINT_PROGRESS) {
		return;
	}
	p->memory.soon = true;
	m->told(m->arg, p);
}
