/* SPDX-License-Identifier: MIT */
/* Commands to a running job and answers to its messages (bambu.md 5). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/model/encode_internal.h"
#include "daemon/model/hms.h"

#define HINTED_MAX 3 /* codes that a hint has room for */
#define OBJECTS_MAX 64

/* Only where it is sure that nothing runs: a state that is not known stops nobody. */
static bool is_at_rest(const struct state *s)
{
	return s->print.state == PRINT_IDLE || s->print.state == PRINT_FINISHED ||
	       s->print.state == PRINT_FAILED;
}

static int needs_job(struct encoder *enc)
{
	return is_at_rest(enc->state) ? encode_refuse(enc, ERR_GUARD, "no job is running") : 0;
}

int encode_print_stop(struct encoder *enc)
{
	if (is_at_rest(enc->state)) {
		return encode_refuse(enc, ERR_GUARD, "no job is running: nothing to stop");
	}
	encode_param(enc, "stop", "");
	return 0;
}

int encode_print_pause(struct encoder *enc)
{
	int r = needs_job(enc);

	if (r == 0) {
		encode_param(enc, "pause", "");
	}
	return r;
}

int encode_print_resume(struct encoder *enc)
{
	int r = needs_job(enc);

	if (r == 0) {
		encode_param(enc, "resume", "");
	}
	return r;
}

int encode_print_speed(struct encoder *enc)
{
	const char *level = json_get_str(enc->params, "level");
	char digit[2] = "0";

	for (int i = SPEED_SILENT; i < SPEED_LEVEL_COUNT; i++) {
		if (strcmp(speed_word((enum speed_level)i), level) == 0) {
			digit[0] = (char)('0' + i); /* spd_lvl 1..4 */
		}
	}
	encode_param(enc, "print_speed", digit);
	return 0;
}

int encode_print_skip(struct encoder *enc)
{
	json_object *objects = json_get_arr(enc->params, "objects");
	size_t count = json_object_array_length(objects);
	struct jw *w;
	int r = needs_job(enc);

	if (r < 0) {
		return r;
	}
	if (count == 0 || count > OBJECTS_MAX) {
		return encode_refuse(
		    enc, ERR_INVALID_PARAMS, "\"objects\" must name 1 to %d objects", OBJECTS_MAX);
	}
	if (encode_fact_bit(enc->state, "fun", 49) == TRI_NO) {
		return encode_refuse(
		    enc, ERR_UNSUPPORTED, "%s cannot leave out objects", encode_model(enc));
	}
	w = encode_begin(enc, "print", "skip_objects");
	jw_array(w, "obj_list");
	for (size_t i = 0; i < count; i++) {
		jw_int(w, NULL, json_object_get_int64(json_object_array_get_idx(objects, i)));
	}
	jw_array_end(w);
	encode_end(enc);
	return 0;
}

/* The error is taken off the list, then off the screen. */
int encode_print_clear_error(struct encoder *enc)
{
	uint32_t error = enc->state->print.error;
	char subtask[64], text[16];
	struct jw *w;

	encode_fact_text(enc->state, "subtask_id", subtask, sizeof(subtask));
	w = encode_begin(enc, "print", "clean_print_error");
	jw_str(w, "subtask_id", subtask);
	jw_int(w, "print_error", (int32_t)error);
	encode_end(enc);
	if (error == 0) {
		return 0;
	}
	snprintf(text, sizeof(text), "%08X", error);
	w = encode_begin(enc, "system", "uiop");
	jw_str(w, "name", "print_error");
	jw_str(w, "action", "close");
	jw_int(w, "source", 1);
	jw_str(w, "type", "dialog");
	jw_str(w, "err", text);
	encode_end(enc);
	return 0;
}

/* Health messages are no print errors, but tell which one may be meant. */
static int refuse_nameless(struct encoder *enc)
{
	const struct state_hms *h = &enc->state->hms;
	char list[100] = "";
	size_t used = 0;

	for (size_t i = 0; i < h->count && i < HINTED_MAX; i++) {
		struct hms_info info;

		hms_describe(h->entries[i].attr, h->entries[i].code, &info);
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
		    i > 0 ? ", " : "; health messages: ", info.code);
	}
	encode_refuse(
	    enc, ERR_INVALID_PARAMS, "the printer shows no print error; say which with \"code\"");
	err_hint(enc->e, "as 0300-8004%s", list);
	return -EINVAL;
}

int encode_print_hms_action(struct encoder *enc)
{
	const char *action = json_get_str(enc->params, "action");
	const char *code = json_get_str(enc->params, "code");
	uint32_t error = enc->state->print.error;
	char text[16], job[64];
	struct jw *w;

	if (code && !encode_error_parse(code, &error)) {
		return encode_refuse(enc, ERR_INVALID_PARAMS,
		    "\"code\" must be the code of a print error, as 0300-8004");
	}
	if (error == 0) {
		return refuse_nameless(enc);
	}
	snprintf(text, sizeof(text), "%u", error);
	if (strcmp(action, "ignore") == 0 && is_at_rest(enc->state)) {
		w = encode_begin(enc, "print", "idle_ignore");
		jw_str(w, "err", text);
		jw_int(w, "type", 0);
	} else {
		encode_fact_text(enc->state, "job_id", job, sizeof(job));
		w = encode_begin(enc, "print", action);
		jw_str(w, "err", text);
		jw_str(w, "param", "reserve");
		jw_str(w, "job_id", job);
	}
	encode_end(enc);
	return 0;
}

/* Which printers can do it: all of them, those with a lidar, those with two nozzles. */
enum need { NEED_NOTHING, NEED_LIDAR, NEED_DUAL };

static const struct {
	const char *word;
	int bit;
	enum need need;
} calibrations[] = {
    {"lidar", 1, NEED_LIDAR},
    {"bed", 2, NEED_NOTHING},
    {"vibration", 4, NEED_NOTHING},
    {"motor", 8, NEED_NOTHING},
    {"nozzle-offset", 16, NEED_DUAL},
    {"bed-hot", 32, NEED_NOTHING},
    {"clump", 64, NEED_NOTHING},
};

static bool has_need(const struct encoder *enc, enum need need)
{
	const char *model = enc->caps->model;

	switch (need) {
	case NEED_NOTHING:
		return true;
	case NEED_LIDAR:
		return !model || str_starts(model, "X1");
	case NEED_DUAL:
		return !model || encode_is_dual(enc->state);
	}
	return false;
}

/* The bit of one word, or -EINVAL. */
static int calibration_bit(struct encoder *enc, const char *word)
{
	char shown[32];

	for (size_t i = 0; i < ARRAY_SIZE(calibrations); i++) {
		if (strcmp(calibrations[i].word, word) != 0) {
			continue;
		}
		if (!has_need(enc, calibrations[i].need)) {
			return encode_refuse(enc, ERR_UNSUPPORTED, "%s has no calibration \"%s\"",
			    encode_model(enc), word);
		}
		return calibrations[i].bit;
	}
	return encode_refuse(enc, ERR_INVALID_PARAMS,
	    "\"what\" must be among bed, vibration, motor, lidar, nozzle-offset, bed-hot, clump, "
	    "not \"%s\"",
	    text_escape_buf(word, shown, sizeof(shown)));
}

int encode_print_calibrate(struct encoder *enc)
{
	json_object *what = json_get_arr(enc->params, "what");
	int mask = 0, r = encode_needs_rest(enc, "a calibration", false);

	if (r < 0) {
		return r;
	}
	for (size_t i = 0; i < json_object_array_length(what); i++) {
		int bit = calibration_bit(
		    enc, json_object_get_string(json_object_array_get_idx(what, i)));

		if (bit < 0) {
			return bit;
		}
		mask |= bit;
	}
	if (mask == 0) {
		return encode_refuse(enc, ERR_INVALID_PARAMS, "\"what\" names no calibration");
	}
	jw_int(encode_begin(enc, "print", "calibration"), "option", mask);
	encode_end(enc);
	return 0;
}
