/* SPDX-License-Identifier: MIT */
/* Any bytes as a report: the scanner against json-c, then decoding, merging and the raw texts. */
#include <assert.h>
#include <json-c/json.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"
#include "daemon/model/raw.h"
#include "daemon/model/report.h"
#include "daemon/model/state.h"

#define ORACLE_DEPTH 64 /* more than the scanner takes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_object *oracle_parse(const char *text, size_t len)
{
	json_tokener *tok = json_tokener_new_ex(ORACLE_DEPTH);
	json_object *o;
	size_t end = 0;
	bool ok;

	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	o = json_tokener_parse_ex(tok, text, (int)len);
	end = json_tokener_get_parse_end(tok);
	if (json_tokener_get_error(tok) == json_tokener_continue) {
		/* A number may go on for ever; a NUL ends it. */
		o = json_tokener_parse_ex(tok, "", 1);
	}
	ok = json_tokener_get_error(tok) == json_tokener_success;
	json_tokener_free(tok);
	while (ok && end < len && strchr(" \t\r\n", text[end]) != NULL && text[end] != '\0') {
		end++;
	}
	if (!ok || end < len) {
		json_object_put(o);
		return NULL;
	}
	return o;
}

static bool starts_word(const char *p, const char *end, const char *word)
{
	return (size_t)(end - p) >= strlen(word) && strncasecmp(p, word, strlen(word)) == 0;
}

static const char *skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9') {
		p++;
	}
	return p;
}

/* The whole of p..end is a number of the grammar. */
static bool is_number(const char *p, const char *end)
{
	const char *digits;

	p += p < end && *p == '-';
	digits = p;
	p = skip_digits(p, end);
	if (p == digits || (*digits == '0' && p > digits + 1)) {
		return false;
	}
	if (p < end && *p == '.') {
		digits = ++p;
		p = skip_digits(p, end);
		if (p == digits) {
			return false;
		}
	}
	if (p < end && (*p | 0x20) == 'e') {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		digits = p;
		p = skip_digits(p, end);
		if (p == digits) {
			return false;
		}
	}
	return p == end;
}

/* Moves over a string; false when a control byte stands in it, which json-c takes. */
static bool skip_string(const char **p, const char *end)
{
	for ((*p)++; *p < end && **p != '"'; (*p)++) {
		if ((unsigned char)**p < 0x20) {
			return false;
		}
		*p += **p == '\\' && *p + 1 < end;
	}
	return true;
}

/* Texts on which json-c 0.16, strict as it is, takes more than RFC 8259 allows: control bytes in
 * strings, strings in apostrophes, "1." and "-01", NaN, Infinity, and \v or \f for white space. */
static bool is_json_c_lax(const char *p, size_t len)
{
	static const char numeric[] = "+-.0123456789eE";
	const char *end = p + len, *start;

	for (; p < end; p++) {
		if (*p == '"') {
			if (!skip_string(&p, end)) {
				return true;
			}
		} else if (*p == '\'' || *p == '\v' || *p == '\f' || *p == '\0' ||
			   starts_word(p, end, "nan") || starts_word(p, end, "inf")) {
			return true;
		} else if (strchr("+-.0123456789", *p) != NULL) {
			for (start = p; p < end && *p != '\0' && strchr(numeric, *p) != NULL; p++) {
			}
			if (!is_number(start, p)) {
				return true;
			}
			p--;
		}
	}
	return false;
}

static void compare(const struct scan *s, uint32_t node, json_object *o);

static void compare_object(const struct scan *s, uint32_t node, json_object *o)
{
	uint32_t k;

	for (k = scan_first(s, node); k != 0; k = scan_next(s, node, k + 1)) {
		json_object *member = NULL;
		char key[256];

		assert(scan_str(s, k, key, sizeof(key)));
		if (strlen(key) + 1 < sizeof(key) - 4 && strstr(key, "\xef\xbf\xbd") == NULL &&
		    !s->nodes[k].escaped) {
			assert(json_object_object_get_ex(o, key, &member));
			compare(s, scan_get(s, node, key), member);
		}
	}
}

static void compare_array(const struct scan *s, uint32_t node, json_object *o)
{
	size_t count = 0;
	uint32_t i;

	for (i = scan_first(s, node); i != 0; i = scan_next(s, node, i)) {
		compare(s, i, json_object_array_get_idx(o, count++));
	}
	assert(count == json_object_array_length(o));
}

static void compare_number(const struct scan *s, uint32_t node, json_object *o)
{
	int64_t i = 0;
	double d = 0, want = json_object_get_double(o);

	if (json_object_is_type(o, json_type_int)) {
		int64_t have = json_object_get_int64(o);

		if (scan_int(s, node, &i)) {
			assert(i == have);
		} else {
			/* Beyond int64 json-c saturates, or holds a uint64. */
			assert(have == INT64_MAX || have == INT64_MIN);
		}
		return;
	}
	if (scan_num(s, node, &d)) {
		assert(d == want);
	} else {
		assert(!isfinite(want));
	}
}

static void compare_string(const struct scan *s, uint32_t node, json_object *o)
{
	const char *want = json_object_get_string(o);
	size_t len = (size_t)json_object_get_string_len(o);
	_cleanup_free_ char *have = xmalloc(s->nodes[node].len + 1);

	assert(scan_str(s, node, have, s->nodes[node].len + 1));
	if (strlen(want) == len && strstr(have, "\xef\xbf\xbd") == NULL) {
		/* NUL and lone surrogates aside, which are ours to replace. */
		assert(strcmp(have, want) == 0);
	}
}

static void compare(const struct scan *s, uint32_t node, json_object *o)
{
	if (node == 0 && s->nodes[0].type < SCAN_ARRAY) {
		return; /* to the getters node 0 is "absent": no report is a bare scalar */
	}
	switch ((enum scan_type)s->nodes[node].type) {
	case SCAN_NULL:
		assert(o == NULL);
		break;
	case SCAN_FALSE:
	case SCAN_TRUE:
		assert(json_object_is_type(o, json_type_boolean));
		assert(json_object_get_boolean(o) == (s->nodes[node].type == SCAN_TRUE));
		break;
	case SCAN_NUMBER:
		compare_number(s, node, o);
		break;
	case SCAN_STRING:
		assert(json_object_is_type(o, json_type_string));
		compare_string(s, node, o);
		break;
	case SCAN_ARRAY:
		assert(json_object_is_type(o, json_type_array));
		compare_array(s, node, o);
		break;
	case SCAN_OBJECT:
		assert(json_object_is_type(o, json_type_object));
		compare_object(s, node, o);
		break;
	}
}

static void check_scan(const char *text, size_t len)
{
	json_object *o = oracle_parse(text, len);
	struct scan s;
	enum scan_error error;

	scan_init(&s);
	error = scan_parse(&s, text, len);
	if (error == SCAN_OK) {
		assert(s.nodes[0].next == s.count);
		if (o != NULL || s.nodes[0].type == SCAN_NULL) {
			compare(&s, 0, o);
		} else {
			abort(); /* json-c refuses what the grammar allows */
		}
	} else if (error == SCAN_E_SYNTAX) {
		assert(o == NULL || is_json_c_lax(text, len));
	}
	scan_finish(&s);
	json_object_put(o);
}

static void check_raw(const struct state *s)
{
	struct scan scan;
	struct jw w;

	jw_init(&w);
	raw_write(s->raw, &w, NULL, NULL);
	assert(w.len <= 6 * (RAW_BYTES_MAX + RAW_KEYS_MAX * 8));
	scan_init(&scan);
	assert(scan_parse(&scan, w.buf, w.len) != SCAN_E_SYNTAX);
	scan_finish(&scan);
	jw_finish(&w);
}

/* The same report a second time changes nothing. */
static void check_merge(const char *text, size_t len)
{
	static const char base[] = "{\"print\":{\"msg\":0,\"gcode_state\":\"IDLE\"}}";
	struct state_time now = {.mono_ms = 5, .wall_ms = 7};
	struct state_delta delta;
	struct report r;
	struct state s;

	state_init(&s, NULL, NULL);
	report_init(&r);
	assert(report_decode(&r, base, strlen(base)) == 0);
	state_merge(&s, &r, now, &delta);
	if (report_decode(&r, text, len) == 0) {
		state_merge(&s, &r, now, &delta);
		state_merge(&s, &r, now, &delta);
		assert(delta.changed == 0 && !delta.need_full && !delta.need_version);
		check_raw(&s);
	}
	report_finish(&r);
	state_finish(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = NULL;

	if (size == 0 || size > SCAN_BYTES_MAX) {
		return 0;
	}
	check_merge((const char *)data, size);
	text = xmalloc(size);
	memcpy(text, data, size);
	scan_repair(text, size);
	assert(text_is_utf8(text, size));
	check_scan(text, size);
	return 0;
}
