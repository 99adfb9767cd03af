/* SPDX-License-Identifier: MIT */
/* What of a printer decides the form of a command: kind, bits and settings as it reported them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/util.h"
#include "daemon/model/encode_internal.h"
#include "daemon/model/raw.h"

#define FACT_DEPTH 40 /* deeper than any report that is accepted */

bool encode_is_dual(const struct state *s)
{
	return s->info.caps->nozzles > 1 || s->temp.nozzle_count > 1;
}

bool encode_is_i3(const struct caps *caps)
{
	return caps->model &&
	       (strcmp(caps->model, "A1") == 0 || strcmp(caps->model, "A1MINI") == 0 ||
		   strcmp(caps->model, "A2L") == 0);
}

bool encode_is_busy(const struct state *s)
{
	return s->print.state == PRINT_PREPARING || s->print.state == PRINT_SLICING ||
	       s->print.state == PRINT_PRINTING;
}

int encode_needs_rest(struct encoder *enc, const char *what, bool paused_will_do)
{
	if (encode_is_busy(enc->state)) {
		return encode_refuse(enc, ERR_GUARD, "%s would spoil the job: the printer is %s",
		    what, print_state_word(enc->state->print.state));
	}
	if (enc->state->print.state == PRINT_PAUSED && !paused_will_do) {
		return encode_refuse(enc, ERR_GUARD, "%s would spoil the paused job", what);
	}
	return 0;
}

const char *encode_model(const struct encoder *enc)
{
	return enc->caps->product ? enc->caps->product : "this printer";
}

json_object *encode_fact(const struct state *s, const char *key)
{
	_cleanup_json_ json_object *all = NULL;
	json_object *value = NULL;
	struct jw w;

	jw_init(&w);
	raw_write(s->raw, &w, NULL, key);
	if (json_parse(w.buf, w.len, FACT_DEPTH, &all) == 0 &&
	    json_object_object_get_ex(all, key, &value)) {
		json_object_get(value);
	}
	jw_finish(&w);
	return value;
}

/* home_flag is a signed 32-bit number, the others are hex of up to 64 bits (bambu.md 6.5). */
enum tri encode_fact_bit(const struct state *s, const char *key, int bit)
{
	_cleanup_json_ json_object *value = encode_fact(s, key);
	const char *text = value ? json_object_get_string(value) : NULL;
	uint64_t bits;
	size_t len;
	char *end;

	if (!text) {
		return TRI_UNKNOWN;
	}
	if (json_object_is_type(value, json_type_int)) {
		bits = (uint32_t)json_object_get_int64(value);
	} else {
		len = strlen(text);
		bits = strtoull(text, &end, 16);
		if (len == 0 || len > 16 || *end != '\0') {
			return TRI_UNKNOWN;
		}
	}
	return bits >> bit & 1 ? TRI_YES : TRI_NO;
}

/* The value below a path whose first step is a key of the report. */
static json_object *fact_at(const struct state *s, const char *path)
{
	_cleanup_free_ char *key = xstrdup(path);
	_cleanup_json_ json_object *top = NULL;
	json_object *value = NULL;
	char *dot = strchr(key, '.');

	if (dot) {
		*dot = '\0';
	}
	top = encode_fact(s, key);
	if (!dot) {
		return TAKE(top);
	}
	return top && json_get_path(top, dot + 1, &value) ? json_object_get(value) : NULL;
}

void encode_fact_text(const struct state *s, const char *path, char *buf, size_t size)
{
	_cleanup_json_ json_object *value = fact_at(s, path);
	bool scalar = json_object_is_type(value, json_type_string) ||
		      json_object_is_type(value, json_type_int);

	str_copy(buf, size, scalar ? json_object_get_string(value) : "");
}

enum tri encode_fact_tri(const struct state *s, const char *path)
{
	char text[16];
	_cleanup_json_ json_object *value = fact_at(s, path);

	if (json_object_is_type(value, json_type_boolean)) {
		return json_object_get_boolean(value) ? TRI_YES : TRI_NO;
	}
	encode_fact_text(s, path, text, sizeof(text));
	if (strcmp(text, "1") == 0 || strcmp(text, "enable") == 0) {
		return TRI_YES;
	}
	return strcmp(text, "0") == 0 || strcmp(text, "disable") == 0 ? TRI_NO : TRI_UNKNOWN;
}

int encode_heater_nozzle(const struct state *s, const char *heater)
{
	if (strcmp(heater, "nozzle") != 0) {
		return heater[strlen(heater) - 1] - '0';
	}
	if (!encode_is_dual(s)) {
		return 0;
	}
	for (size_t i = 0; i < s->temp.nozzle_count; i++) {
		if (s->temp.nozzles[i].active == TRI_YES) {
			return s->temp.nozzles[i].id;
		}
	}
	return -1;
}

bool encode_error_parse(const char *text, uint32_t *ret)
{
	char digits[9];
	size_t len = 0;

	for (; *text != '\0'; text++) {
		if (*text == '-' && len == 4) {
			continue;
		}
		if (len == 8 || !strchr("0123456789abcdefABCDEF", *text)) {
			return false;
		}
		digits[len++] = *text;
	}
	digits[len] = '\0';
	if (len == 8) {
		*ret = (uint32_t)strtoul(digits, NULL, 16);
	}
	return len == 8;
}
