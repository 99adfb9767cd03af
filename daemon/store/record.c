/* SPDX-License-Identifier: MIT */
/* Lines of the event log: eight hex digits of CRC-32, a blank, the event's JSON with data last. */
#include "daemon/store/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/crc.h"
#include "common/json.h"
#include "common/json_check.h"
#include "common/jw.h"
#include "common/util.h"

#define SUM_LEN 9 /* with the blank */
#define HEAD "{\"seq\":"
#define TIME ",\"time\":\""
#define DATA ",\"data\":"
#define HEAD_DEPTH 2
#define DATA_DEPTH 32

void record_write(struct jw *w, const struct hub_event *e)
{
	size_t start = w->len;
	char sum[SUM_LEN + 1];

	jw_bytes(w, "00000000 ", SUM_LEN);
	w->comma = false;
	jw_object(w, NULL);
	jw_int(w, "seq", (int64_t)e->seq);
	jw_time(w, "time", e->wall_ms);
	jw_str(w, "printer", e->printer);
	jw_str(w, "serial", e->serial);
	jw_str(w, "kind", event_name(e->kind));
	jw_raw(w, "data", e->data, strlen(e->data));
	jw_object_end(w);
	snprintf(sum, sizeof(sum), "%08x ",
	    (unsigned)crc32_of(w->buf + start + SUM_LEN, w->len - start - SUM_LEN));
	memcpy(w->buf + start, sum, SUM_LEN);
	jw_bytes(w, "\n", 1);
	w->comma = false;
}

static int read_seq(const char *json, uint64_t *ret_seq, const char **ret_rest)
{
	size_t digits;
	char text[24];
	int64_t seq;

	json += strlen(HEAD);
	digits = strspn(json, "0123456789");
	if (digits >= sizeof(text)) {
		return -EBADMSG;
	}
	memcpy(text, json, digits);
	text[digits] = '\0';
	if (parse_i64(text, 1, INT64_MAX, &seq) < 0) {
		return -EBADMSG;
	}
	*ret_seq = (uint64_t)seq;
	*ret_rest = json + digits;
	return 0;
}

int record_check(const char *line, size_t len, uint64_t *ret_seq, int64_t *ret_wall_ms)
{
	const char *json = line + SUM_LEN, *rest, *end;
	char sum[SUM_LEN + 1], time[32];
	int64_t wall_ms;
	uint64_t seq;

	if (len < SUM_LEN + strlen(HEAD) || memchr(line, '\0', len) ||
	    memcmp(json, HEAD, strlen(HEAD)) != 0) {
		return -EBADMSG;
	}
	snprintf(sum, sizeof(sum), "%08x ", (unsigned)crc32_of(json, len - SUM_LEN));
	/* A number that reaches the end of the line has no brace behind it: never past it. */
	if (memcmp(line, sum, SUM_LEN) != 0 || line[len - 1] != '}' ||
	    read_seq(json, &seq, &rest) < 0 || !str_starts(rest, TIME)) {
		return -EBADMSG;
	}
	rest += strlen(TIME);
	end = memchr(rest, '"', (size_t)(line + len - rest));
	if (!end || (size_t)(end - rest) >= sizeof(time)) {
		return -EBADMSG;
	}
	memcpy(time, rest, (size_t)(end - rest));
	time[end - rest] = '\0';
	if (time_parse_rfc3339(time, &wall_ms) < 0 || wall_ms < 0) {
		return -EBADMSG;
	}
	*ret_seq = seq;
	*ret_wall_ms = wall_ms;
	return 0;
}

/* What is in front of data, as an object of its own. */
static json_object *parse_head(const char *json, size_t len)
{
	_cleanup_free_ char *head = xmalloc(len + 2);
	json_object *o = NULL;

	memcpy(head, json, len);
	memcpy(head + len, "}", 2);
	return json_parse(head, len + 1, HEAD_DEPTH, &o) < 0 ? NULL : o;
}

/* It is handed on as it stands. */
static bool is_object(const char *json, size_t len)
{
	size_t members;

	return len > 0 && *json == '{' && json_check(json, len, DATA_DEPTH, &members) == 0;
}

int record_read(const char *line, size_t len, struct hub_event *ret)
{
	const char *json = line + SUM_LEN, *data;
	_cleanup_json_ json_object *head = NULL;
	struct hub_event e = {0};
	int kind;

	if (record_check(line, len, &e.seq, &e.wall_ms) < 0) {
		return -EBADMSG;
	}
	/* A quote inside a string has a backslash in front: the first one found is the member. */
	data = memmem(json, len - SUM_LEN, DATA, strlen(DATA));
	if (!data || !(head = parse_head(json, (size_t)(data - json)))) {
		return -EBADMSG;
	}
	data += strlen(DATA);
	if (!is_object(data, (size_t)(line + len - 1 - data))) {
		return -EBADMSG;
	}
	kind = event_by_name(json_get_str(head, "kind"));
	if (kind < 0) {
		return -ENOTSUP;
	}
	e.kind = (enum event_kind)kind;
	e.printer = xstrdup(json_get_str(head, "printer"));
	e.serial = xstrdup(json_get_str(head, "serial"));
	e.data = xstrndup(data, (size_t)(line + len - 1 - data));
	*ret = e;
	return 0;
}

void record_clear(struct hub_event *e)
{
	free(TAKE(e->printer));
	free(TAKE(e->serial));
	free(TAKE(e->data));
}
