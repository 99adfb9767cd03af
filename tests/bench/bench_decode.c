/* SPDX-License-Identifier: MIT */
/* Decode + merge + mark of a whole report and of a delta, beside json-c parsing the same bytes. */
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/util.h"
#include "daemon/model/hub.h"
#include "daemon/model/report.h"
#include "daemon/model/state.h"

#define ROUNDS 30
#define FULL_CALLS 200
#define DELTA_CALLS 5000
#define FULL_RATIO 5.0
#define DELTA_RATIO 2.0
#define FILE_MAX (64 * 1024)

/* What a printer sends in turn: two messages that differ in what changes all the time. */
struct pair {
	char *text[2];
	size_t len[2];
};

struct subject {
	struct report report;
	struct state state;
	struct hub *hub;
	struct hub_slot slot;
	uint32_t changed; /* of the last merge: that it was real work */
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The text without white space between its tokens, as printers send it. */
static void compact(char *text)
{
	bool quoted = false;
	char *to = text;

	for (; *text != '\0'; text++) {
		if (*text == '"') {
			quoted = !quoted; /* the fixture has no escapes */
		}
		if (quoted || strchr(" \t\r\n", *text) == NULL) {
			*to++ = *text;
		}
	}
	*to = '\0';
}

static void change(char *text, const char *from, const char *to)
{
	char *at = strstr(text, from);

	if (at == NULL || strlen(from) != strlen(to)) {
		fprintf(stderr, "bench_decode: no %s in the report\n", from);
		exit(1);
	}
	memcpy(at, to, strlen(to));
}

static void set_pair(struct pair *p)
{
	int i;

	for (i = 0; i < 2; i++) {
		p->len[i] = strlen(p->text[i]);
	}
}

static void read_full(struct pair *p)
{
	FILE *f = fopen(FIXTURES "/x1c_full.json", "rb");
	size_t len;

	if (f == NULL) {
		perror(FIXTURES "/x1c_full.json");
		exit(1);
	}
	p->text[0] = xmalloc(FILE_MAX);
	len = fread(p->text[0], 1, FILE_MAX - 1, f);
	fclose(f);
	p->text[0][len] = '\0';
	compact(p->text[0]);
	p->text[1] = xstrdup(p->text[0]);
	change(p->text[1], "219.84375", "220.15625");
	change(p->text[1], "\"mc_percent\":47", "\"mc_percent\":48");
	change(p->text[1], "-52dBm", "-54dBm");
	change(p->text[1], "\"remain\":83", "\"remain\":82");
	change(p->text[1], "\"sequence_id\":\"5531\"", "\"sequence_id\":\"5532\"");
	set_pair(p);
}

static void make_delta(struct pair *p)
{
	static const char text[] =
	    "{\"print\":{\"nozzle_temper\":219.875,\"nozzle_target_temper\":220,\"bed_temper\":64."
	    "9375,"
	    "\"mc_percent\":47,\"mc_remaining_time\":123,\"layer_num\":112,\"cooling_fan_speed\":"
	    "\"9\","
	    "\"big_fan1_speed\":\"7\",\"wifi_signal\":\"-52dBm\",\"stg_cur\":0,"
	    "\"ams\":{\"tray_now\":\"1\",\"tray_pre\":\"1\",\"version\":4},"
	    "\"command\":\"push_status\",\"msg\":1,\"sequence_id\":\"5531\"}}";

	p->text[0] = xstrdup(text);
	p->text[1] = xstrdup(text);
	change(p->text[1], "219.875", "220.125");
	change(p->text[1], "\"layer_num\":112", "\"layer_num\":113");
	change(p->text[1], "-52dBm", "-53dBm");
	change(p->text[1], "\"5531\"", "\"5532\"");
	set_pair(p);
}

static void ours(struct subject *s, const struct pair *p, int i)
{
	struct state_time now = {.mono_ms = i, .wall_ms = 1790000000000 + i};
	struct state_delta delta;

	if (report_decode(&s->report, p->text[i & 1], p->len[i & 1]) != 0) {
		fprintf(stderr, "bench_decode: the report is refused\n");
		exit(1);
	}
	state_merge(&s->state, &s->report, now, &delta);
	hub_mark(s->hub, &s->slot, delta.changed);
	hub_flush(s->hub);
	s->changed = delta.changed;
}

static void theirs(struct json_tokener *tok, const struct pair *p, int i)
{
	json_object *o;

	json_tokener_reset(tok);
	o = json_tokener_parse_ex(tok, p->text[i & 1], (int)p->len[i & 1]);
	if (o == NULL) {
		fprintf(stderr, "bench_decode: json-c refuses the report\n");
		exit(1);
	}
	json_object_put(o);
}

static double best_ours_us(struct subject *s, const struct pair *p, int calls, double best)
{
	double start = now_us(), took;
	int i;

	for (i = 0; i < calls; i++) {
		ours(s, p, i);
	}
	took = (now_us() - start) / calls;
	return took < best ? took : best;
}

static double best_theirs_us(struct json_tokener *tok, const struct pair *p, int calls, double best)
{
	double start = now_us(), took;
	int i;

	for (i = 0; i < calls; i++) {
		theirs(tok, p, i);
	}
	took = (now_us() - start) / calls;
	return took < best ? took : best;
}

/* Turn about, so that both see the same machine. True when the ratio is reached. */
static bool measure(
    const char *name, struct subject *s, const struct pair *p, int calls, double target)
{
	struct json_tokener *tok = json_tokener_new();
	double mine = 1e9, json = 1e9;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		mine = best_ours_us(s, p, calls, mine);
		json = best_theirs_us(tok, p, calls, json);
	}
	json_tokener_free(tok);
	if (s->changed == 0) {
		fprintf(stderr, "bench_decode: nothing changed, so nothing was measured\n");
		exit(1);
	}
	printf(
	    "%-18s %8.2f us of %5zu bytes, json-c parse %8.2f us: ratio %5.1f, at least %.0f %s\n",
	    name, mine, p->len[0], json, json / mine, target,
	    json / mine >= target ? "PASS" : "MISS");
	return json / mine >= target;
}

int main(void)
{
	struct subject s = {.hub = hub_create(1, 1, NULL, NULL)};
	struct pair full, delta;
	bool ok;
	int i;

	read_full(&full);
	make_delta(&delta);
	report_init(&s.report);
	state_init(&s.state, "00M00A000000001", NULL);
	hub_slot_init(&s.slot, &s.state);
	ok = measure("decode_full", &s, &full, FULL_CALLS, FULL_RATIO);
	ok = measure("decode_delta", &s, &delta, DELTA_CALLS, DELTA_RATIO) && ok;
	hub_slot_finish(s.hub, &s.slot);
	hub_destroy(s.hub);
	state_finish(&s.state);
	report_finish(&s.report);
	for (i = 0; i < 2; i++) {
		free(full.text[i]);
		free(delta.text[i]);
	}
	return ok ? 0 : 1;
}
