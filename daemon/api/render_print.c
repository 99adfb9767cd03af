/* SPDX-License-Identifier: MIT */
/* The sections of the job: print, temp and hms. */
#include "daemon/api/render_internal.h"
#include "daemon/model/hms.h"
#include "daemon/model/shown.h"

static void render_stage(struct jw *w, const struct state_print *print)
{
	char buf[16];
	const char *word = print->state == PRINT_IDLE ? NULL : stage_word(print->stage_id, buf);

	jw_str(w, "stage", word);
	put_int(w, "stage_id", word != NULL ? print->stage_id : UNKNOWN_INT);
}

static void render_progress(struct jw *w, const struct state_print *print)
{
	put_int(w, "percent", shown_percent(print));
	put_int(w, "layer", shown_layer(print));
	put_int(w, "total_layers", shown_total_layers(print));
}

static void render_remaining(struct jw *w, const struct state_print *print)
{
	int remaining_min = shown_remaining_min(print);

	if (remaining_min != UNKNOWN_INT) {
		jw_int(w, "remaining_s", (int64_t)remaining_min * 60);
		jw_time(w, "eta", print->eta_wall_ms);
	} else {
		jw_null(w, "remaining_s");
		jw_null(w, "eta");
	}
}

static void render_skipped(struct jw *w, const struct state_print *print)
{
	if (print->state == PRINT_UNKNOWN) {
		jw_null(w, "skipped_objects");
		return;
	}
	jw_array(w, "skipped_objects");
	for (size_t i = 0; i < print->skipped_count; i++) {
		jw_int(w, NULL, print->skipped[i]);
	}
	jw_array_end(w);
}

static void render_error(struct jw *w, const struct printer_view *v)
{
	uint32_t error = v->state->print.error;
	struct print_error_info info = {0};

	if (error != 0) {
		print_error_describe(error, &info);
	}
	if (info.kind == NULL) {
		jw_null(w, "error");
		return;
	}
	jw_object(w, "error");
	jw_str(w, "code", info.code);
	jw_str(w, "text", print_error_words(v->texts, v->serial, HMS_LANG, error, info.text));
	jw_str(w, "kind", info.kind);
	jw_object_end(w);
}

void render_section_print(struct jw *w, const char *key, const struct printer_view *v)
{
	const struct state_print *print = &v->state->print;
	bool preparing = print->state == PRINT_PREPARING;

	jw_object(w, key);
	jw_str(w, "state", print_state_word(print->state));
	render_stage(w, print);
	render_progress(w, print);
	render_remaining(w, print);
	jw_time(w, "started", print->started_wall_ms);
	put_str(w, "job", print->job);
	put_str(w, "file", print->file);
	put_str(w, "task_id", print->task_id);
	jw_str(w, "source", print_source_word(print->source));
	put_int(w, "prepare_percent", preparing ? print->prepare_percent : UNKNOWN_INT);
	jw_str(w, "speed", speed_word(print->speed));
	put_int(w, "speed_percent", print->speed_percent);
	render_skipped(w, print);
	render_error(w, v);
	jw_object_end(w);
}

static void render_nozzle(struct jw *w, const struct state *s, const struct state_nozzle *nozzle)
{
	jw_object(w, NULL);
	put_int(w, "id", nozzle->id);
	jw_str(w, "position", shown_nozzle_position(s, nozzle));
	put_temp(w, "current_c", nozzle->current_c);
	put_temp(w, "target_c", nozzle->target_c);
	jw_num(w, "diameter_mm", nozzle->diameter_mm, 2);
	put_str(w, "type", nozzle->type);
	put_tri(w, "active", nozzle->active);
	jw_object_end(w);
}

static void render_nozzles(struct jw *w, const struct state *s)
{
	if (s->temp.nozzle_count == 0) {
		jw_null(w, "nozzles");
		return;
	}
	jw_array(w, "nozzles");
	for (size_t i = 0; i < s->temp.nozzle_count; i++) {
		render_nozzle(w, s, &s->temp.nozzles[i]);
	}
	jw_array_end(w);
}

static void render_heater(struct jw *w, const char *key, double current_c, double target_c)
{
	jw_object(w, key);
	put_temp(w, "current_c", current_c);
	put_temp(w, "target_c", target_c);
	jw_object_end(w);
}

void render_section_temp(struct jw *w, const char *key, const struct printer_view *v)
{
	const struct state_temp *temp = &v->state->temp;

	jw_object(w, key);
	render_nozzles(w, v->state);
	render_heater(w, "bed", temp->bed_current_c, temp->bed_target_c);
	render_heater(w, "chamber", shown_chamber_c(v->state), shown_chamber_target_c(v->state));
	jw_object_end(w);
}

static void render_hms_entry(
    struct jw *w, const struct hms_entry *entry, const struct printer_view *v)
{
	struct hms_info info;
	char url[160];

	hms_describe(entry->attr, entry->code, &info);
	jw_object(w, NULL);
	jw_str(w, "code", info.code);
	jw_str(w, "severity", hms_severity_word(info.severity));
	jw_str(w, "module", info.module);
	put_int(w, "unit", info.unit);
	put_int(w, "slot", info.slot);
	jw_str(w, "text",
	    hms_words(v->texts, v->serial, HMS_LANG, entry->attr, entry->code, info.text));
	jw_str(w, "url", hms_url(entry->attr, entry->code, v->serial, url, sizeof(url)));
	jw_time(w, "since", entry->since_wall_ms);
	jw_object_end(w);
}

void render_section_hms(struct jw *w, const char *key, const struct printer_view *v)
{
	const struct state_hms *hms = &v->state->hms;

	if (!hms->known) {
		jw_null(w, key);
		return;
	}
	jw_array(w, key);
	for (size_t i = 0; i < hms->count; i++) {
		render_hms_entry(w, &hms->entries[i], v);
	}
	jw_array_end(w);
}
