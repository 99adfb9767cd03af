/* SPDX-License-Identifier: MIT */
/* Any parameters for any command, on a printer that reported anything: messages of valid JSON with
 * our id, or a refusal in words. Two lines: the method, a blank and the parameters; then the
 * members of a report. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/json.h"
#include "common/util.h"
#include "daemon/model/effect.h"
#include "daemon/model/encode.h"
#include "daemon/model/report.h"
#include "daemon/model/state.h"

#define SEQUENCE 40001

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_report(struct state *s, const char *members)
{
	_cleanup_free_ char *text =
	    xasprintf("{\"print\":{\"msg\":0%s%s}}", *members != '\0' ? "," : "", members);
	struct state_time now = {.mono_ms = 1, .wall_ms = 1};
	struct state_delta delta;
	struct report r;

	report_init(&r);
	if (report_decode(&r, text, strlen(text)) == 0) {
		state_merge(s, &r, now, &delta);
	}
	report_finish(&r);
}

static void check_result(const struct encode_result *result)
{
	assert(result->count > 0 && result->category[0] != '\0' && result->command[0] != '\0');
	for (size_t i = 0; i < result->count; i++) {
		_cleanup_json_ json_object *o = NULL;
		char id[32];

		assert(json_parse(result->payloads[i], strlen(result->payloads[i]), 40, &o) == 0);
		snprintf(id, sizeof(id), "\"%zu\"", SEQUENCE + i);
		assert(strstr(result->payloads[i], id));
	}
}

static void run(const char *method, json_object *params, const struct state *s)
{
	struct encode_request request = {
	    .method = method, .params = params, .state = s, .sequence = SEQUENCE};
	struct encode_result result;
	struct err e = {.type = ERR_NONE};
	struct effect *effect;

	if (encode_command(&request, &result, &e) < 0) {
		assert(e.message[0] != '\0');
		assert(e.type == ERR_INVALID_PARAMS || e.type == ERR_UNSUPPORTED ||
		       e.type == ERR_GUARD);
		return;
	}
	check_result(&result);
	effect = effect_create(method, params, s);
	if (effect) {
		effect_check(effect, s, NULL);
		assert(effect_check(effect, s, NULL) != EFFECT_ALREADY);
	}
	effect_destroy(effect);
	encode_result_finish(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xstrndup((const char *)data, size);
	_cleanup_json_ json_object *params = NULL;
	char *members = text, *line = strsep(&members, "\n"), *method = strsep(&line, " ");
	static const char *const models[] = {"P1S", "A1", "X1E", "H2D", "nobody"};

	if (!line || json_parse(line, strlen(line), 16, &params) < 0 ||
	    !json_object_is_type(params, json_type_object)) {
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		struct state s;

		state_init(&s, NULL, models[i]);
		take_report(&s, members ? members : "");
		run(method, params, &s);
		state_finish(&s);
	}
	return 0;
}
