/* SPDX-License-Identifier: MIT */
/* Messages to a printer being written, and the parameters they are made of. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/util.h"
#include "daemon/model/encode_internal.h"

struct jw *encode_begin(struct encoder *enc, const char *category, const char *command)
{
	struct encode_result *ret = enc->ret;
	char id[16];

	assert(ret->count < ARRAY_SIZE(ret->payloads));
	if (ret->count == 0) {
		str_copy(ret->category, sizeof(ret->category), category);
		str_copy(ret->command, sizeof(ret->command), command);
	}
	ret->needs_control = ret->needs_control || !encode_works_locked(category, command);
	snprintf(id, sizeof(id), "%u", enc->sequence);
	jw_object(&enc->w, NULL);
	jw_object(&enc->w, category);
	jw_str(&enc->w, "sequence_id", id);
	jw_str(&enc->w, "command", command);
	return &enc->w;
}

void encode_end(struct encoder *enc)
{
	jw_object_end(&enc->w);
	jw_object_end(&enc->w);
	enc->ret->payloads[enc->ret->count++] = jw_take(&enc->w);
	enc->ret->last_sequence = enc->sequence;
	enc->sequence = encode_next_sequence(enc->sequence);
}

void encode_param(struct encoder *enc, const char *command, const char *param)
{
	jw_str(encode_begin(enc, "print", command), "param", param);
	encode_end(enc);
}

void encode_gcode(struct encoder *enc, const char *fmt, ...)
{
	char text[256];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	assert(n >= 0 && (size_t)n < sizeof(text));
	encode_param(enc, "gcode_line", text);
}

int encode_refuse(struct encoder *enc, enum err_type type, const char *fmt, ...)
{
	char text[sizeof(enc->e->message)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err_set(enc->e, type, "%s", text);
	return -EINVAL;
}

bool encode_works_locked(const char *category, const char *command)
{
	static const struct {
		const char *category, *command; /* NULL: all of it */
	} open[] = {
	    {"info", NULL}, {"pushing", NULL}, {"system", "ledctrl"}, {"system", "get_access_code"},
	    {"system", "get_accessories"},
	    {"print", "extrusion_cali_get"}, /* asks, changes nothing */
	};

	for (size_t i = 0; i < ARRAY_SIZE(open); i++) {
		if (strcmp(open[i].category, category) == 0 &&
		    (!open[i].command || strcmp(open[i].command, command) == 0)) {
			return true;
		}
	}
	return false;
}

double encode_num(struct encoder *enc, const char *name, double otherwise)
{
	json_get_num(enc->params, name, &otherwise);
	return otherwise;
}

int encode_int(struct encoder *enc, const char *name, int otherwise)
{
	int64_t value = otherwise;

	json_get_i64(enc->params, name, &value);
	return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int)value;
}

bool encode_bool(struct encoder *enc, const char *name, bool otherwise)
{
	json_get_bool(enc->params, name, &otherwise);
	return otherwise;
}
