/* SPDX-License-Identifier: MIT */
/* `mqtt listen`: the messages of a printer as they come; and `metrics`. */
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/fmt.h"
#include "ctl/follow.h"
#include "ctl/look.h"

/* "report" of "device/SERIAL/report". */
static const char *short_topic(const char *topic)
{
	const char *slash = topic ? strrchr(topic, '/') : NULL;

	return slash ? slash + 1 : topic;
}

static void draw(struct out *o, json_object *params)
{
	json_object *payload = NULL;
	_cleanup_free_ char *printer = out_member(o, params, "printer");
	_cleanup_free_ char *topic = out_safe(o, short_topic(json_get_str(params, "topic")));
	const char *time = json_get_str(params, "time");
	struct out flat = *o;
	char stamp[FMT_SIZE];
	int64_t lost = 0;

	if (json_get_i64(params, "lost", &lost) && lost > 0) {
		fprintf(
		    o->f, "(%lld messages before this one were not passed on)\n", (long long)lost);
	}
	fprintf(o->f, "%s  %-12s  %s%-7s%s  ", fmt_stamp(fmt_parse_time(time), stamp), printer,
	    out_color(o, OUT_DIM), topic, out_color(o, OUT_PLAIN));
	json_object_object_get_ex(params, "payload", &payload);
	if (json_object_is_type(payload, json_type_string)) {
		_cleanup_free_ char *text = out_safe(o, json_object_get_string(payload));

		fprintf(o->f, "%s\n", text);
		return;
	}
	flat.json = OUT_JSON_SHORT;
	out_json(&flat, payload);
}

static int on_line(void *arg, const char *method, json_object *params)
{
	struct ctl *c = arg;

	if (strcmp(method, "mqtt") == 0 && c->out.json != OUT_TEXT) {
		out_json(&c->out, params);
	} else if (strcmp(method, "mqtt") == 0) {
		draw(&c->out, params);
	}
	return FOLLOW_ON;
}

int listen_run(struct ctl *c)
{
	struct follow f = {.c = c, .arg = c, .on_line = on_line, .timeout_ms = -1};
	json_object *params = json_object_new_object();
	_cleanup_json_ json_object *result = NULL;
	const char *printer = call_take_printer(c);
	int status;

	if (printer) {
		json_object_object_add(params, "printer", json_object_new_string(printer));
	}
	if (c->word_count > 0) {
		json_object_put(params);
		return call_misuse(c, "unexpected \"%s\"", c->words[0]);
	}
	status = follow_begin(&f, "mqtt.listen", params, &result);
	return status ? status : follow_run(&f);
}

/* As it came, line by line: it is meant for a machine. */
void metrics_show(struct ctl *c, json_object *result)
{
	const char *text = json_get_str(result, "text");

	for (const char *p = text ? text : ""; *p;) {
		size_t len = strcspn(p, "\n");
		_cleanup_free_ char *line = xstrndup(p, len), *safe = out_safe(&c->out, line);

		fprintf(c->out.f, "%s\n", safe);
		p += len + (p[len] == '\n');
	}
}
