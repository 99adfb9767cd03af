/* SPDX-License-Identifier: MIT */
/* The families of metrics that speak of a printer, one table row each (contract.md). */
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "daemon/bridge/metrics_internal.h"
#include "daemon/model/hms.h"
#include "daemon/model/shown.h"

static void write_info(struct metrics_out *o, const struct subject *s)
{
	const struct state_info *info = &s->view.state->info;
	const struct {
		const char *name, *value;
	} rows[] = {
	    {"model", info->caps->model ? info->caps->model : info->code},
	    {"firmware", info->firmware},
	    {"plane", plane_word(s->view.link.plane)},
	};
	struct metrics_labels labels = {0};

	metrics_labels_add(&labels, "serial", s->view.serial ? s->view.serial : "");
	metrics_labels_add(&labels, "printer", s->view.name);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].value && rows[i].value[0]) {
			metrics_labels_add(&labels, rows[i].name, rows[i].value);
		}
	}
	metrics_share(o, &labels);
	metrics_int(o, NULL, 1);
	metrics_share(o, &s->labels);
	metrics_labels_finish(&labels);
}

static void write_up(struct metrics_out *o, const struct subject *s)
{
	metrics_int(o, NULL, s->view.link.state == LINK_ONLINE);
}

static void write_age(struct metrics_out *o, const struct subject *s)
{
	int64_t last_ms = s->view.link.last_message_mono_ms;

	if (last_ms >= 0) {
		metrics_num(o, NULL, (double)(s->view.now_mono_ms - last_ms) / 1000, 3);
	}
}

static void write_print_state(struct metrics_out *o, const struct subject *s)
{
	for (int i = 0; i < PRINT_STATE_COUNT; i++) {
		struct metrics_words words = {"state", print_state_word((enum print_state)i)};

		metrics_int(o, &words, (int)s->view.state->print.state == i);
	}
}

static void write_error(struct metrics_out *o, const struct subject *s)
{
	const struct state_print *print = &s->view.state->print;

	if (print->state != PRINT_UNKNOWN) {
		metrics_int(o, NULL, print_error_is_trouble(print->error));
	}
}

static void put_known(struct metrics_out *o, const struct metrics_words *words, int value)
{
	if (value != UNKNOWN_INT) {
		metrics_int(o, words, value);
	}
}

static void put_percent(struct metrics_out *o, const struct metrics_words *words, int percent)
{
	if (percent != UNKNOWN_INT) {
		metrics_num(o, words, percent / 100.0, 2);
	}
}

static void write_progress(struct metrics_out *o, const struct subject *s)
{
	put_percent(o, NULL, shown_percent(&s->view.state->print));
}

static void write_remaining(struct metrics_out *o, const struct subject *s)
{
	int remaining_min = shown_remaining_min(&s->view.state->print);

	if (remaining_min != UNKNOWN_INT) {
		metrics_int(o, NULL, (int64_t)remaining_min * 60);
	}
}

static void write_layer(struct metrics_out *o, const struct subject *s)
{
	put_known(o, NULL, shown_layer(&s->view.state->print));
}

static void write_layers(struct metrics_out *o, const struct subject *s)
{
	put_known(o, NULL, shown_total_layers(&s->view.state->print));
}

static const char *nozzle_sensor(const struct state *s, const struct state_nozzle *nozzle)
{
	const char *position = shown_nozzle_position(s, nozzle);

	return position == NULL			? "nozzle"
	       : strcmp(position, "right") == 0 ? "nozzle_right"
						: "nozzle_left";
}

static void put_temps(struct metrics_out *o, const struct subject *s, bool target)
{
	const struct state *st = s->view.state;
	const struct state_temp *t = &st->temp;

	for (size_t i = 0; i < t->nozzle_count; i++) {
		const struct state_nozzle *n = &t->nozzles[i];
		struct metrics_words words = {"sensor", nozzle_sensor(st, n)};

		metrics_num(o, &words, target ? n->target_c : n->current_c, 1);
	}
	metrics_num(o, &(struct metrics_words){"sensor", "bed"},
	    target ? t->bed_target_c : t->bed_current_c, 1);
	metrics_num(o, &(struct metrics_words){"sensor", "chamber"},
	    target ? shown_chamber_target_c(st) : shown_chamber_c(st), 1);
}

static void write_temps(struct metrics_out *o, const struct subject *s)
{
	put_temps(o, s, false);
}

static void write_targets(struct metrics_out *o, const struct subject *s)
{
	put_temps(o, s, true);
}

static void write_fans(struct metrics_out *o, const struct subject *s)
{
	const struct state_fans *f = &s->view.state->fans;

	put_percent(o, &(struct metrics_words){"fan", "part"}, f->part_pct);
	put_percent(o, &(struct metrics_words){"fan", "aux"}, f->aux_pct);
	put_percent(o, &(struct metrics_words){"fan", "chamber"}, f->chamber_pct);
	put_percent(o, &(struct metrics_words){"fan", "heatbreak"}, f->heatbreak_pct);
}

/* The name of a unit, its number when it has none. */
static const char *unit_word(const struct ams_unit *u, char buf[static 16])
{
	if (!shown_unit_label(u->id, buf)) {
		snprintf(buf, 16, "%d", u->id);
	}
	return buf;
}

static void write_humidity(struct metrics_out *o, const struct subject *s)
{
	const struct state_ams *ams = &s->view.state->ams;
	char label[16];

	for (size_t i = 0; i < ams->unit_count; i++) {
		struct metrics_words words = {"ams", unit_word(&ams->units[i], label)};

		put_percent(o, &words, ams->units[i].humidity_pct);
	}
}

static void write_ams_temp(struct metrics_out *o, const struct subject *s)
{
	const struct state_ams *ams = &s->view.state->ams;
	char label[16];

	for (size_t i = 0; i < ams->unit_count; i++) {
		struct metrics_words words = {"ams", unit_word(&ams->units[i], label)};

		metrics_num(o, &words, ams->units[i].temp_c, 1);
	}
}

static void write_filament(struct metrics_out *o, const struct subject *s)
{
	static const char *const slots[] = {"1", "2", "3", "4"}; /* as A1..D4 */
	const struct state_ams *ams = &s->view.state->ams;
	char label[16];

	for (size_t i = 0; i < ams->unit_count; i++) {
		const struct ams_unit *u = &ams->units[i];

		unit_word(u, label);
		for (size_t slot = 0; slot < u->tray_count; slot++) {
			int at = u->trays[slot].slot;

			if (at >= 0 && at < (int)ARRAY_SIZE(slots)) {
				put_percent(o,
				    &(struct metrics_words){"ams", label, "slot", slots[at]},
				    u->trays[slot].remain_pct);
			}
		}
	}
}

static void write_hms(struct metrics_out *o, const struct subject *s)
{
	const struct state_hms *hms = &s->view.state->hms;
	int active[HMS_SEVERITY_COUNT] = {0};

	for (size_t i = 0; i < hms->count; i++) {
		struct hms_info info;

		hms_describe(hms->entries[i].attr, hms->entries[i].code, &info);
		active[info.severity]++;
	}
	for (int i = HMS_SEVERITY_UNKNOWN + 1; i < HMS_SEVERITY_COUNT && hms->known; i++) {
		metrics_int(o,
		    &(struct metrics_words){"severity", hms_severity_word((enum hms_severity)i)},
		    active[i]);
	}
}

static void write_wifi(struct metrics_out *o, const struct subject *s)
{
	put_known(o, NULL, s->view.state->device.wifi_dbm);
}

static void write_prints(struct metrics_out *o, const struct subject *s)
{
	for (size_t i = 0; i < PRINT_RESULT_COUNT; i++) {
		metrics_int(o,
		    &(struct metrics_words){"result", print_result_word((enum print_result)i)},
		    s->counts ? (int64_t)s->counts->ended[i] : 0);
	}
}

static void write_commands(struct metrics_out *o, const struct subject *s)
{
	for (size_t i = 0; s->counts && i < s->counts->command_count; i++) {
		const struct command_count *c = &s->counts->commands[i];
		struct metrics_words words = {"method", c->method, "result", c->result};

		metrics_int(o, &words, (int64_t)c->count);
	}
}

static void write_reconnects(struct metrics_out *o, const struct subject *s)
{
	for (int i = 0; i < MQTT_DOWN_COUNT; i++) {
		struct metrics_words words = {
		    "plane", plane_word(PLANE_LAN), "reason", mqtt_down_word((enum mqtt_down)i)};

		if (s->counters->down[i] > 0) {
			metrics_int(o, &words, (int64_t)s->counters->down[i]);
		}
	}
}

static void write_messages(struct metrics_out *o, const struct subject *s)
{
	const struct printer_counters *n = s->counters;
	const struct {
		const char *word;
		uint64_t count;
		enum report_kind kind;
	} rows[] = {
	    {"full", n->full, REPORT_FULL},
	    {"delta", n->delta, REPORT_DELTA},
	    {"ack", n->ack, REPORT_ACK},
	    {"event", n->event, REPORT_EVENT},
	    {"version", n->version, REPORT_VERSION},
	    {"ignored", n->ignored, REPORT_NONE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct metrics_words lan = {"plane", plane_word(PLANE_LAN), "kind", rows[i].word};
		struct metrics_words cloud = {
		    "plane", plane_word(PLANE_CLOUD), "kind", rows[i].word};
		uint64_t by_cloud = n->by_cloud[rows[i].kind];

		metrics_int(o, &lan, (int64_t)(rows[i].count - by_cloud));
		if (by_cloud > 0) {
			metrics_int(o, &cloud, (int64_t)by_cloud);
		}
	}
}

static void write_dropped(struct metrics_out *o, const struct subject *s)
{
	const struct printer_counters *n = s->counters;

	metrics_int(o, &(struct metrics_words){"reason", "syntax"}, (int64_t)n->dropped_syntax);
	metrics_int(o, &(struct metrics_words){"reason", "limit"}, (int64_t)n->dropped_limit);
	metrics_int(o, &(struct metrics_words){"reason", "topic"}, (int64_t)n->dropped_topic);
}

static void write_frames(struct metrics_out *o, const struct subject *s)
{
	metrics_int(o, NULL, (int64_t)s->view.camera.frames);
}

const struct printer_family printer_families[] = {
    {"bambu_printer_info", METRIC_GAUGE,
	"Always 1; model, firmware and the present way to the printer are labels.", write_info},
    {"bambu_printer_up", METRIC_GAUGE, "1 while the printer is connected and reports, else 0.",
	write_up},
    {"bambu_report_age_seconds", METRIC_GAUGE, "Time since the last message of the printer.",
	write_age},
    {"bambu_print_state", METRIC_GAUGE,
	"1 for what the printer does or last did, 0 for every other state.", write_print_state},
    {"bambu_print_error", METRIC_GAUGE,
	"1 while the printer shows a print error, not counting what somebody wanted, else 0.",
	write_error},
    {"bambu_job_progress_ratio", METRIC_GAUGE, "How much of the job is done, 0 to 1.",
	write_progress},
    {"bambu_job_remaining_seconds", METRIC_GAUGE,
	"Time the printer says the running job still takes.", write_remaining},
    {"bambu_job_layer", METRIC_GAUGE, "The layer of the job.", write_layer},
    {"bambu_job_layers", METRIC_GAUGE, "All layers of the job.", write_layers},
    {"bambu_temperature_celsius", METRIC_GAUGE, "Temperature of a nozzle, the bed or the chamber.",
	write_temps},
    {"bambu_temperature_target_celsius", METRIC_GAUGE,
	"Temperature a heater is set to, 0 while it is off.", write_targets},
    {"bambu_fan_speed_ratio", METRIC_GAUGE, "Speed of a fan, 0 to 1.", write_fans},
    {"bambu_ams_humidity_ratio", METRIC_GAUGE, "Relative humidity inside an AMS unit, 0 to 1.",
	write_humidity},
    {"bambu_ams_temperature_celsius", METRIC_GAUGE, "Temperature inside an AMS unit.",
	write_ams_temp},
    {"bambu_filament_remaining_ratio", METRIC_GAUGE,
	"How much of a spool is left, 0 to 1; absent when the printer does not know.",
	write_filament},
    {"bambu_hms_active", METRIC_GAUGE, "Health messages that stand, by severity.", write_hms},
    {"bambu_wifi_signal_dbm", METRIC_GAUGE, "Strength of the printer's wireless signal.",
	write_wifi},
    {"bambu_prints_total", METRIC_COUNTER, "Jobs that ended since the daemon started.",
	write_prints},
    {"bambu_commands_total", METRIC_COUNTER,
	"Commands by method and the stage they reached, or how they failed.", write_commands},
    {"bambu_reconnects_total", METRIC_COUNTER,
	"Connections that ended or did not come up, each followed by another attempt.",
	write_reconnects},
    {"bambu_messages_total", METRIC_COUNTER, "Messages of the printer that were understood.",
	write_messages},
    {"bambu_messages_dropped_total", METRIC_COUNTER,
	"Messages thrown away: no JSON, over a limit, or of another printer.", write_dropped},
    {"bambu_camera_frames_total", METRIC_COUNTER, "Pictures its camera gave.", write_frames},
};
const size_t printer_family_count = ARRAY_SIZE(printer_families);
