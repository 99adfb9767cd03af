/* SPDX-License-Identifier: MIT */
/* The walk over JSON text, token by token: strings and numbers are looked at, the rest is copied.
 */
#include "common/redact.h"

#include <string.h>

#include "common/redact_internal.h"
#include "common/util.h"

#define DEPTH_MAX 64 /* rules held; what is deeper is masked */
#define NESTED_MAX 3 /* JSON in a string in a string */

struct walk {
	struct redact *r;
	const char *text;
	size_t len, at;
	struct jw *out;
	unsigned nested, depth;
	enum redact_rule member;	   /* of the member whose value comes */
	enum redact_rule inner[DEPTH_MAX]; /* of the container at that depth */
	bool object[DEPTH_MAX];
};

static void walk_json(
    struct redact *r, unsigned nested, const char *text, size_t len, struct jw *out);

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- strings ---- */

static int hex_of(const char *text, size_t len)
{
	int value = 0;

	if (len < 4) {
		return -1;
	}
	for (int i = 0; i < 4; i++) {
		char c = text[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (digit < 0) {
			return -1;
		}
		value = value * 16 + digit;
	}
	return value;
}

static void put_utf8(struct jw *out, unsigned c)
{
	char b[4];
	size_t n = 0;

	if (c < 0x80) {
		b[n++] = (char)c;
	} else if (c < 0x800) {
		b[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		b[n++] = (char)(0xe0 | c >> 12);
		b[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		b[n++] = (char)(0xf0 | c >> 18);
		b[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		b[n++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80) {
		b[n++] = (char)(0x80 | (c & 0x3f));
	}
	jw_bytes(out, b, n);
}

/* After "\u". Half a pair, and NUL, become '?'. Returns the bytes used. */
static size_t put_unicode(struct jw *out, const char *text, size_t len)
{
	int high = hex_of(text, len), low = -1;

	if (high < 0) {
		jw_bytes(out, "\\u", 2);
		return 0;
	}
	if (high >= 0xd800 && high < 0xdc00 && len >= 10 && text[4] == '\\' && text[5] == 'u') {
		low = hex_of(text + 6, len - 6);
	}
	if (low >= 0xdc00 && low < 0xe000) {
		put_utf8(
		    out, 0x10000 + ((unsigned)(high - 0xd800) << 10) + (unsigned)(low - 0xdc00));
		return 10;
	}
	put_utf8(out, high == 0 || (high >= 0xd800 && high < 0xe000) ? '?' : (unsigned)high);
	return 4;
}

static void unescape(const char *text, size_t len, struct jw *out)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";

	for (size_t i = 0; i < len; i++) {
		const char *name;

		if (text[i] != '\\' || i + 1 == len) {
			jw_bytes(out, text + i, 1);
			continue;
		}
		i++;
		name = text[i] ? strchr(names, text[i]) : NULL;
		if (name) {
			jw_bytes(out, &values[name - names], 1);
		} else if (text[i] == 'u') {
			i += put_unicode(out, text + i + 1, len - i - 1);
		} else {
			jw_bytes(out, text + i - 1, 2);
		}
	}
}

/* Bytes that are no UTF-8 stay: the parser's repair is to see them. */
static void escape(const char *text, size_t len, struct jw *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		char code[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};

		if (c == '"' || c == '\\') {
			jw_bytes(out, "\\", 1);
		}
		if (c < 0x20) {
			jw_bytes(out, code, sizeof(code));
		} else {
			jw_bytes(out, text + i, 1);
		}
	}
}

static bool looks_nested(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && is_space(text[i])) {
		i++;
	}
	return i < len && (text[i] == '{' || text[i] == '[');
}

/* Between its quotes. */
static void put_string(struct walk *w, enum redact_rule rule, const char *text, size_t len)
{
	struct jw plain, done;

	jw_init(&plain);
	jw_init(&done);
	unescape(text, len, &plain);
	if (plain.len > 0 && (rule == RULE_NONE || rule == RULE_VERSION) &&
	    looks_nested(plain.buf, plain.len)) {
		if (w->nested < NESTED_MAX) {
			walk_json(w->r, w->nested + 1, plain.buf, plain.len, &done);
		} else {
			jw_bytes(&done, REDACT_MASK, strlen(REDACT_MASK));
		}
	} else if (plain.len > 0) {
		redact_value(w->r, rule, plain.buf, plain.len, &done);
	}
	if (done.len == plain.len &&
	    (done.len == 0 || memcmp(done.buf, plain.buf, done.len) == 0)) {
		jw_bytes(w->out, text, len);
	} else {
		escape(done.buf, done.len, w->out);
	}
	jw_finish(&plain);
	jw_finish(&done);
}

/* ---- tokens ---- */

static enum redact_rule rule_here(const struct walk *w)
{
	if (w->depth >= DEPTH_MAX) {
		return RULE_MASK;
	}
	return w->depth > 0 && !w->object[w->depth] ? w->inner[w->depth] : w->member;
}

static void enter(struct walk *w, bool object)
{
	enum redact_rule rule = rule_here(w);

	w->depth++;
	if (w->depth < DEPTH_MAX) {
		w->object[w->depth] = object;
		w->inner[w->depth] = !object || rule == RULE_MASK ? rule : RULE_NONE;
		w->member = w->inner[w->depth];
	}
}

static void leave(struct walk *w)
{
	if (w->depth > 0) {
		w->depth--;
	}
	w->member = RULE_NONE;
}

/* Position of the closing quote, or len when there is none. */
static size_t string_end(const struct walk *w, size_t from)
{
	size_t i = from;

	while (i < w->len && w->text[i] != '"') {
		i += w->text[i] == '\\' ? 2 : 1;
	}
	return i < w->len ? i : w->len;
}

static bool is_key(const struct walk *w, size_t end)
{
	size_t i = end + 1;

	while (i < w->len && is_space(w->text[i])) {
		i++;
	}
	return i < w->len && w->text[i] == ':';
}

/* A name may be written with escapes. */
static enum redact_rule rule_of_key(const char *text, size_t len)
{
	enum redact_rule rule;
	struct jw plain;

	jw_init(&plain);
	unescape(text, len, &plain);
	rule = plain.len > 0 ? redact_rule_of(plain.buf, plain.len) : RULE_NONE;
	jw_finish(&plain);
	return rule;
}

static void take_string(struct walk *w)
{
	size_t from = w->at + 1, end = string_end(w, from);

	jw_bytes(w->out, "\"", 1);
	if (end == w->len) { /* cut off: text */
		put_string(w, rule_here(w), w->text + from, end - from);
		w->at = end;
		return;
	}
	if (is_key(w, end)) {
		enum redact_rule rule = rule_of_key(w->text + from, end - from);
		bool masked = w->depth < DEPTH_MAX && w->inner[w->depth] == RULE_MASK;

		put_string(w, RULE_NONE, w->text + from, end - from);
		w->member = masked ? RULE_MASK : rule;
	} else {
		put_string(w, rule_here(w), w->text + from, end - from);
		w->member = RULE_NONE;
	}
	jw_bytes(w->out, "\"", 1);
	w->at = end + 1;
}

static bool is_literal(const char *text, size_t len)
{
	return (len == 4 && (memcmp(text, "true", 4) == 0 || memcmp(text, "null", 4) == 0)) ||
	       (len == 5 && memcmp(text, "false", 5) == 0);
}

static bool is_number(const char *text, size_t len)
{
	_cleanup_free_ char *copy = len < 64 ? xstrndup(text, len) : NULL;
	double value;

	return copy && parse_double(copy, &value) == 0;
}

static void take_bare(struct walk *w)
{
	size_t from = w->at, end = from;

	while (end < w->len && !is_space(w->text[end]) && !memchr("\"{}[],:", w->text[end], 7)) {
		end++;
	}
	/* What is no JSON is a text up to the next thing that could be: addresses have colons. */
	if (is_literal(w->text + from, end - from)) {
		jw_bytes(w->out, w->text + from, end - from);
	} else if (is_number(w->text + from, end - from)) {
		redact_number(w->r, rule_here(w), w->text + from, end - from, w->out);
	} else {
		while (end < w->len && !memchr("\"{}[]", w->text[end], 5)) {
			end++;
		}
		redact_words(w->r, rule_here(w), w->text + from, end - from, w->out);
	}
	w->member = RULE_NONE;
	w->at = end;
}

static void take_sign(struct walk *w)
{
	char c = w->text[w->at];

	if (c == '{' || c == '[') {
		enter(w, c == '{');
	} else if (c == '}' || c == ']') {
		leave(w);
	}
	jw_bytes(w->out, &c, 1);
	w->at++;
}

static void walk_json(
    struct redact *r, unsigned nested, const char *text, size_t len, struct jw *out)
{
	struct walk w = {.r = r, .text = text, .len = len, .out = out, .nested = nested};

	while (w.at < len) {
		char c = text[w.at];

		if (c == '"') {
			take_string(&w);
		} else if (is_space(c) || memchr("{}[],:", c, 6)) {
			take_sign(&w);
		} else {
			take_bare(&w);
		}
	}
}

void redact_json(struct redact *r, const char *text, size_t len, struct jw *out)
{
	walk_json(r, 0, text, len, out);
}

/* ---- text ---- */

void redact_text(struct redact *r, const char *text, size_t len, struct jw *out)
{
	for (size_t i = 0; i < len;) {
		const char *end = memchr(text + i, '\n', len - i);
		size_t line = end ? (size_t)(end - text) - i : len - i;
		const char *equals = memchr(text + i, '=', line);
		size_t key = equals ? (size_t)(equals - text) - i : 0;
		enum redact_rule rule = key > 0 ? redact_rule_of(text + i, key) : RULE_NONE;

		if (rule != RULE_NONE) {
			/* Only the end of it may be a key, behind anything. */
			redact_words(r, RULE_NONE, text + i, key, out);
			jw_bytes(out, "=", 1);
			redact_value(r, rule, text + i + key + 1, line - key - 1, out);
		} else {
			redact_words(r, RULE_NONE, text + i, line, out);
		}
		i += line;
		if (end) {
			jw_bytes(out, "\n", 1);
			i++;
		}
	}
}
