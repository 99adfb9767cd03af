/* SPDX-License-Identifier: MIT */
/* ams.get and hms.*: one section of a printer, and what a code means. */
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/pick.h"
#include "daemon/api/render.h"
#include "daemon/fleet/printer.h"
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

static void write_hms_text(struct jw *w, uint32_t attr, uint32_t code)
{
	struct hms_info info;
	char url[192];

	hms_describe(attr, code, &info);
	jw_str(w, "code", info.code);
	jw_str(w, "severity", hms_severity_word(info.severity));
	jw_str(w, "module", info.module);
	jw_str(w, "kind", NULL);
	jw_str(w, "text", info.text);
	jw_str(w, "url", hms_url(attr, code, NULL, url, sizeof(url)));
}

static void write_error_text(struct jw *w, uint32_t error)
{
	struct print_error_info info;

	print_error_describe(error, &info);
	jw_str(w, "code", info.code);
	jw_str(w, "severity", NULL);
	jw_str(w, "module", NULL);
	jw_str(w, "kind", info.kind);
	jw_str(w, "text", info.text);
	jw_str(w, "url", NULL);
}

int h_hms_text(struct call *c)
{
	const char *text = json_get_str(c->params, "code"), *lang = json_get_str(c->params, "lang");
	uint32_t attr = 0, code = 0;
	char shown[48];
	int is_hms = 0;

	if (lang != NULL && strcmp(lang, "en") != 0) {
		err_set(c->e, ERR_UNSUPPORTED, "texts are in English only in this version");
		return -EOPNOTSUPP;
	}
	if (text == NULL || hms_parse_code(text, &attr, &code, &is_hms) < 0) {
		err_set(c->e, ERR_INVALID_PARAMS, "code: %s is no HMS or error code",
		    text_escape_buf(text != NULL ? text : "", shown, sizeof(shown)));
		err_hint(c->e, "0300-1200-0002-0001 or 0300-400C");
		return -EINVAL;
	}
	jw_object(c->w, "result");
	if (is_hms) {
		write_hms_text(c->w, attr, code);
	} else {
		write_error_text(c->w, code);
	}
	jw_object_end(c->w);
	return 0;
}
