/* SPDX-License-Identifier: MIT */
/* Messages for listeners: the text as it came, without what must not be shown. */
#include "daemon/fleet/tap.h"

#include <string.h>

#include "common/jw.h"
#include "common/secret.h"
#include "common/util.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/printer_config.h"
#include "daemon/model/report.h"

#define MASK "***"

static bool holds(const char *text, size_t len, const char *part)
{
	return memmem(text, len, part, strlen(part)) != NULL;
}

/* The printer's own code, wherever it stands. */
static bool holds_code(const struct printer *p, const char *text, size_t len)
{
	const struct secret *code = printer_config(p)->access_code;

	return code != NULL && secret_len(code) > 0 && holds(text, len, secret_reveal(code));
}

/* A text on its way out: what stands before `from` is written or left out. */
struct mask {
	const struct printer *printer;
	const struct scan *scan;
	struct jw *w;
	size_t from;
};

/* Between tokens a message may hold line breaks; inside strings JSON has none. */
static void copy_to(struct mask *m, size_t end)
{
	const char *text = m->scan->text;

	while (m->from < end) {
		size_t len = end - m->from, line = m->scan->spaced ? 0 : len;

		while (line < len && text[m->from + line] != '\n' && text[m->from + line] != '\r') {
			line++;
		}
		jw_bytes(m->w, text + m->from, line);
		m->from += line < len ? line + 1 : line;
	}
}

static void hide(struct mask *m, uint32_t node)
{
	const struct scan_node *n = &m->scan->nodes[node];

	copy_to(m, n->off);
	if (n->type == SCAN_STRING) {
		jw_bytes(m->w, MASK, strlen(MASK));
	} else {
		jw_bytes(m->w, "\"" MASK "\"", strlen(MASK) + 2);
	}
	m->from = n->off + n->len;
}

static void hide_in_value(struct mask *m, uint32_t node);

static bool is_secret(const struct scan *s, uint32_t key)
{
	static const char *const names[] = {
	    "access_code", "authkey", "passwd", "password", "token", "ttcode"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (scan_key_is(s, key, names[i])) {
			return true;
		}
	}
	return false;
}

/* An address with a name and a password in it, or with a query: who has it, may come in. */
static bool is_pass(const char *text, size_t len)
{
	const char *host = memmem(text, len, "://", 3);

	return host != NULL && (memchr(host, '@', len - (size_t)(host - text)) != NULL ||
				   memchr(host, '?', len - (size_t)(host - text)) != NULL);
}

static void hide_in_object(struct mask *m, uint32_t object)
{
	uint32_t k;

	for (k = scan_first(m->scan, object); k != 0; k = scan_next(m->scan, object, k + 1)) {
		if (is_secret(m->scan, k)) {
			hide(m, k + 1);
		} else {
			hide_in_value(m, k);
			hide_in_value(m, k + 1);
		}
	}
}

/* As deep as the scanner let it be: 32. */
static void hide_in_value(struct mask *m, uint32_t node)
{
	const struct scan_node *n = &m->scan->nodes[node];
	uint32_t i;

	if (n->type == SCAN_OBJECT) {
		hide_in_object(m, node);
	} else if (n->type == SCAN_ARRAY) {
		for (i = scan_first(m->scan, node); i != 0; i = scan_next(m->scan, node, i)) {
			hide_in_value(m, i);
		}
	} else if (n->type == SCAN_STRING &&
		   (holds_code(m->printer, m->scan->text + n->off, n->len) ||
		       is_pass(m->scan->text + n->off, n->len))) {
		hide(m, node);
	}
}

void tap_mask(struct jw *w, const struct printer *p, const struct scan *s)
{
	struct mask m = {.printer = p, .scan = s, .w = w};

	hide_in_value(&m, 0);
	copy_to(&m, s->text_len);
}

static void write_text(struct jw *w, const struct printer *p, const char *bytes, size_t len)
{
	if (holds(bytes, len, "access_code") || holds_code(p, bytes, len)) {
		jw_str(w, NULL, "(not shown: no JSON, and it may hold the access code)");
	} else {
		jw_strn(w, NULL, bytes, len);
	}
}

void tap_tell(const struct fleet_tap *t, const struct printer *p, const char *topic,
    const char *bytes, size_t len, const struct report *r)
{
	struct jw w;

	if (t == NULL || !t->wants(t->arg, p)) {
		return;
	}
	jw_init(&w);
	if (r != NULL) {
		tap_mask(&w, p, &r->scan);
	} else {
		write_text(&w, p, bytes, len);
	}
	t->message(t->arg, p, topic, w.buf, w.len);
	jw_finish(&w);
}
