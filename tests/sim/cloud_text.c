/* SPDX-License-Identifier: MIT */
/* The catalogue of texts for health codes and print errors: invented ones, by serial prefix. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/cloud_route.h"

enum { UP_TO_DATE = 201 };

struct text {
	const char *prefix; /* "" = every printer */
	const char *code, *lang, *words;
};

static const struct text hms[] = {
    {"", "0300120000020001", "en", "The front cover of the toolhead came off."},
    {"", "0300120000020001", "de", "Die vordere Abdeckung des Werkzeugkopfs hat sich gelöst."},
    {"", "0700200000020001", "en", "Slot 1 of AMS A has no filament."},
    {"", "0500030000020010", "en", ""}, /* internal: a code without words */
    {"094", "0300120000020001", "en", "The cover of the right toolhead came off."},
};

static const struct text errors[] = {
    {"", "0300400C", "en", "The task was canceled."},
    {"", "0300400C", "de", "Der Auftrag wurde abgebrochen."},
    {"", "03008001", "en", "The task was paused by hand."},
    {"094", "05008051", "en", "The plate is not the one that the file was made for."},
};

/* A row for this very printer takes the place of the one for all. */
static bool is_replaced(
    const struct text *rows, size_t count, const struct text *row, const char *prefix)
{
	for (size_t i = 0; row->prefix[0] == '\0' && i < count; i++) {
		if (rows[i].prefix[0] && strcmp(rows[i].prefix, prefix) == 0 &&
		    strcmp(rows[i].code, row->code) == 0 && strcmp(rows[i].lang, row->lang) == 0) {
			return true;
		}
	}
	return false;
}

static void write_table(struct jw *w, const char *key, const struct text *rows, size_t count,
    const char *lang, const char *prefix)
{
	jw_object(w, key);
	jw_array(w, lang);
	for (size_t i = 0; i < count; i++) {
		const struct text *t = &rows[i];

		if (strcmp(t->lang, lang) != 0 ||
		    (t->prefix[0] && strcmp(t->prefix, prefix) != 0) ||
		    is_replaced(rows, count, t, prefix)) {
			continue;
		}
		jw_object(w, NULL);
		jw_str(w, "ecode", t->code);
		jw_str(w, "intro", t->words);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
}

static struct jw *begin(struct cloud_call *call, int result)
{
	struct jw *w = &call->x->out;

	call->x->status = 200;
	http_add(call->x, "Content-Type", "application/json");
	jw_object(w, NULL);
	jw_int(w, "result", result);
	jw_int(w, "ver", call->cloud->set.text_version);
	return w;
}

void cloud_run_text(struct cloud_call *call)
{
	_cleanup_free_ char *lang = http_query(call->x, "lang");
	_cleanup_free_ char *prefix = http_query(call->x, "d");
	bool same = cloud_number(call, "v", INT64_MAX, 0) == call->cloud->set.text_version;
	struct jw *w = begin(call, same ? UP_TO_DATE : 0);
	const char *in = lang ? lang : "en", *of = prefix ? prefix : "";

	if (!same) {
		jw_object(w, "data");
		write_table(w, "device_hms", hms, ARRAY_SIZE(hms), in, of);
		write_table(w, "device_error", errors, ARRAY_SIZE(errors), in, of);
		jw_object_end(w);
	}
	jw_object_end(w);
}

void cloud_run_text_version(struct cloud_call *call)
{
	jw_object_end(begin(call, 0));
}
