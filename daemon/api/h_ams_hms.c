/* SPDX-License-Identifier: MIT */
/* ams.get and hms.*: one section of a printer, and what a code means. */
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/pick.h"
#include "daemon/api/render.h"
#include "daemon/fleet/fleet.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/model/hms.h"

typedef void (*section_fn)(struct jw *w, const char *key, const struct printer *p, bool all);

static void write_ams(struct jw *w, const char *key, const struct printer *p, bool all)
{
	struct printer_view view;

	printer_view(p, &view);
	render_ams(w, key, &view);
}

/* Codes of severity info are left out unless asked for. */
static void write_hms(struct jw *w, const char *key, const struct printer *p, bool all)
{
	struct hms_entry entries[STATE_HMS_MAX];
	struct printer_view view;
	struct hms_info info;
	struct state shown;

	printer_view(p, &view);
	shown = *view.state;
	shown.hms.entries = entries;
	shown.hms.count = 0;
	for (size_t i = 0; i < view.state->hms.count && i < STATE_HMS_MAX; i++) {
		const struct hms_entry *e = &view.state->hms.entries[i];

		hms_describe(e->attr, e->code, &info);
		if (all || info.severity != HMS_INFO) {
			entries[shown.hms.count++] = *e;
		}
	}
	view.state = &shown;
	render_hms(w, key, &view);
}

static void write_results(
    struct call *c, const struct pick *pick, const char *key, section_fn fn, bool all)
{
	jw_object(c->w, "result");
	jw_array(c->w, "results");
	for (size_t i = 0; i < pick->count; i++) {
		jw_object(c->w, NULL);
		jw_str(c->w, "printer", printer_name(pick->list[i]));
		fn(c->w, key, pick->list[i], all);
		jw_object_end(c->w);
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
}

int h_ams_get(struct call *c)
{
	_cleanup_pick_ struct pick pick = {0};
	int r = pick_printers(c, &pick);

	if (r < 0) {
		return r;
	}
	if (pick.literal) {
		write_ams(c->w, "result", pick.list[0], true);
	} else {
		write_results(c, &pick, "ams", write_ams, true);
	}
	return 0;
}

int h_hms_list(struct call *c)
{
	_cleanup_pick_ struct pick pick = {0};
	bool all = false;
	int r = pick_printers(c, &pick);

	if (r < 0) {
		return r;
	}
	json_get_bool(c->params, "all", &all);
	if (pick.literal) {
		jw_object(c->w, "result");
		write_hms(c->w, "hms", pick.list[0], all);
		jw_object_end(c->w);
	} else {
		write_results(c, &pick, "hms", write_hms, all);
	}
	return 0;
}

/* A code that is asked about without a printer. */
struct question {
	struct call *call;
	const char *lang;
	uint32_t attr, code; /* of a print_error: code alone */
	bool is_hms;
};

static const char *words_of(const struct question *q, const char *serial)
{
	const struct hms_texts *texts = q->call->server->deps.fleet->texts;

	return q->is_hms ? hms_words(texts, serial, q->lang, q->attr, q->code, NULL)
			 : print_error_words(texts, serial, q->lang, q->code, NULL);
}

/* Words differ a little from model to model: the first printer's that has any will do. */
static const char *find_words(const struct question *q, const char *own)
{
	const struct registry *registry = q->call->server->deps.registry;
	size_t count = registry_count(registry);
	const char *text = NULL;

	for (size_t i = 0; i < count && text == NULL; i++) {
		text = words_of(q, printer_serial(registry_at(registry, i)));
	}
	return text != NULL ? text : own;
}

static void write_hms_text(struct jw *w, const struct question *q)
{
	struct hms_info info;
	char url[192];

	hms_describe(q->attr, q->code, &info);
	jw_str(w, "code", info.code);
	jw_str(w, "severity", hms_severity_word(info.severity));
	jw_str(w, "module", info.module);
	jw_str(w, "kind", NULL);
	jw_str(w, "text", find_words(q, info.text));
	jw_str(w, "url", hms_url(q->attr, q->code, NULL, url, sizeof(url)));
}

static void write_error_text(struct jw *w, const struct question *q)
{
	struct print_error_info info;

	print_error_describe(q->code, &info);
	jw_str(w, "code", info.code);
	jw_str(w, "severity", NULL);
	jw_str(w, "module", NULL);
	jw_str(w, "kind", info.kind);
	jw_str(w, "text", find_words(q, info.text));
	jw_str(w, "url", NULL);
}

static int take_lang(struct call *c, struct question *q)
{
	const struct hms_texts *texts = c->server->deps.fleet->texts;
	const char *lang = json_get_str(c->params, "lang");

	q->lang = lang != NULL ? lang : HMS_LANG;
	if (strcmp(q->lang, HMS_LANG) == 0 || (texts != NULL && texts->speaks(texts->arg, lang))) {
		return 0;
	}
	err_set(c->e, ERR_UNSUPPORTED, "there are no texts in that language");
	err_hint(c->e, "others than " HMS_LANG
		       " come from the vendor: [Cloud] Enabled= or TextUrl= in bambud.conf(5)");
	return -EOPNOTSUPP;
}

int h_hms_text(struct call *c)
{
	const char *text = json_get_str(c->params, "code");
	struct question q = {.call = c};
	char shown[48];
	int is_hms = 0;

	if (take_lang(c, &q) < 0) {
		return -EOPNOTSUPP;
	}
	if (text == NULL || hms_parse_code(text, &q.attr, &q.code, &is_hms) < 0) {
		err_set(c->e, ERR_INVALID_PARAMS, "code: %s is no HMS or error code",
		    text_escape_buf(text != NULL ? text : "", shown, sizeof(shown)));
		err_hint(c->e, "0300-1200-0002-0001 or 0300-400C");
		return -EINVAL;
	}
	jw_object(c->w, "result");
	q.is_hms = is_hms;
	if (q.is_hms) {
		write_hms_text(c->w, &q);
	} else {
		write_error_text(c->w, &q);
	}
	jw_object_end(c->w);
	return 0;
}
