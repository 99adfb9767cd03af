/* SPDX-License-Identifier: MIT */
/* A JSON writer: text straight into one growing buffer. */
#include "common/jw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"

void jw_init(struct jw *w)
{
	*w = (struct jw){0};
}

void jw_init_secret(struct jw *w)
{
	*w = (struct jw){.wipes = true};
}

static void let_go(struct jw *w)
{
	if (w->wipes && w->buf) {
		explicit_bzero(w->buf, w->cap);
	}
	free(w->buf);
}

void jw_finish(struct jw *w)
{
	let_go(w);
	*w = (struct jw){0};
}

void jw_reset(struct jw *w)
{
	w->len = 0;
	w->comma = false;
	if (w->buf) {
		w->buf[0] = '\0';
	}
}

char *jw_take(struct jw *w)
{
	char *text = w->buf ? TAKE(w->buf) : xstrdup("");

	*w = (struct jw){.wipes = w->wipes};
	return text;
}

/* realloc would leave the old bytes somewhere in the heap. */
static void move_to(struct jw *w, size_t cap)
{
	char *buf = xmalloc(cap);

	if (w->buf) {
		memcpy(buf, w->buf, w->len + 1);
	}
	let_go(w);
	w->buf = buf;
}

static void grow(struct jw *w, size_t need)
{
	size_t cap = w->cap ? w->cap : 512;

	while (cap < need) {
		cap *= 2;
	}
	if (w->wipes) {
		move_to(w, cap);
	} else {
		w->buf = xrealloc(w->buf, cap);
	}
	w->cap = cap;
}

/* Room for more bytes and a NUL. Returns where they go. */
static inline char *reserve(struct jw *w, size_t more)
{
	if (w->cap - w->len <= more) {
		grow(w, w->len + more + 1);
	}
	return w->buf + w->len;
}

static inline void put(struct jw *w, const char *bytes, size_t len)
{
	char *p = reserve(w, len);

	memcpy(p, bytes, len);
	p[len] = '\0';
	w->len += len;
}

/* Bytes that stand for themselves inside a JSON string. */
static const bool plain[256] = {[' ' ... '!'] = true, ['#' ... '['] = true, [']' ... 0x7f] = true};

static const char short_escape[256] = {['"'] = '"',
    ['\\'] = '\\',
    ['\b'] = 'b',
    ['\f'] = 'f',
    ['\n'] = 'n',
    ['\r'] = 'r',
    ['\t'] = 't'};

/* Writes the byte or character at s that is not plain; returns the bytes of s used. */
static size_t put_special(struct jw *w, const char *s, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char c = (unsigned char)s[0];
	size_t n = text_utf8_len(s, len);

	if (short_escape[c]) {
		put(w, (char[]){'\\', short_escape[c]}, 2);
	} else if (n == 0 || c == 0) {
		put(w, "\xef\xbf\xbd", 3); /* U+FFFD */
	} else if (c < 0x20) {
		put(w, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
	} else {
		put(w, s, n);
	}
	return n ? n : 1;
}

static void put_string(struct jw *w, const char *s, size_t len)
{
	size_t i = 0;

	put(w, "\"", 1);
	while (i < len) {
		size_t run = i;

		while (run < len && plain[(unsigned char)s[run]]) {
			run++;
		}
		if (run > i) {
			put(w, s + i, run - i);
			i = run;
		}
		if (i < len) {
			i += put_special(w, s + i, len - i);
		}
	}
	put(w, "\"", 1);
}

static inline void begin(struct jw *w, const char *key)
{
	if (w->comma) {
		put(w, ",", 1);
	}
	if (key) {
		put_string(w, key, strlen(key));
		put(w, ":", 1);
	}
	w->comma = true;
}

void jw_object(struct jw *w, const char *key)
{
	begin(w, key);
	put(w, "{", 1);
	w->comma = false;
}

void jw_object_end(struct jw *w)
{
	put(w, "}", 1);
	w->comma = true;
}

void jw_array(struct jw *w, const char *key)
{
	begin(w, key);
	put(w, "[", 1);
	w->comma = false;
}

void jw_array_end(struct jw *w)
{
	put(w, "]", 1);
	w->comma = true;
}

void jw_str(struct jw *w, const char *key, const char *value)
{
	if (!value) {
		jw_null(w, key);
		return;
	}
	jw_strn(w, key, value, strlen(value));
}

void jw_strn(struct jw *w, const char *key, const char *value, size_t len)
{
	begin(w, key);
	put_string(w, value, len);
}

/* Decimal digits of value, written backwards to end at `end`. Returns their start. */
static char *digits_before(char *end, uint64_t value)
{
	do {
		*--end = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	return end;
}

void jw_int(struct jw *w, const char *key, int64_t value)
{
	char buf[24], *end = buf + sizeof(buf), *p;

	p = digits_before(end, value < 0 ? -(uint64_t)value : (uint64_t)value);
	if (value < 0) {
		*--p = '-';
	}
	begin(w, key);
	put(w, p, (size_t)(end - p));
}

enum { DECIMALS_MAX = 9 };

static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

void jw_num(struct jw *w, const char *key, double value, int decimals)
{
	char buf[48], *end = buf + sizeof(buf), *p = end;
	uint64_t scaled;

	if (!isfinite(value)) {
		jw_null(w, key);
		return;
	}
	decimals = decimals < 0 ? 0 : decimals > DECIMALS_MAX ? DECIMALS_MAX : decimals;
	/* A double holds 15 digits for sure: the ones after the point give way first. */
	while (decimals > 0 && fabs(value) * powers[decimals] >= 1e15) {
		decimals--;
	}
	if (fabs(value) >= 1e15) {
		int n = snprintf(buf, sizeof(buf), "%.17g", rint(value));

		begin(w, key);
		put(w, buf, (size_t)n);
		return;
	}
	scaled = (uint64_t)llround(fabs(value) * powers[decimals]);
	while (decimals > 0 && scaled % 10 == 0) {
		scaled /= 10;
		decimals--;
	}
	if (decimals > 0) {
		char *fraction = end - decimals;

		while (p > fraction) {
			*--p = (char)('0' + scaled % 10);
			scaled /= 10;
		}
		*--p = '.';
		p = digits_before(p, scaled);
	} else {
		p = digits_before(p, scaled);
	}
	if (value < 0 && !(p[0] == '0' && end - p == 1)) {
		*--p = '-';
	}
	begin(w, key);
	put(w, p, (size_t)(end - p));
}

void jw_bool(struct jw *w, const char *key, bool value)
{
	begin(w, key);
	put(w, value ? "true" : "false", value ? 4 : 5);
}

void jw_null(struct jw *w, const char *key)
{
	begin(w, key);
	put(w, "null", 4);
}

void jw_raw(struct jw *w, const char *key, const char *value, size_t len)
{
	begin(w, key);
	put(w, value, len);
}

void jw_time(struct jw *w, const char *key, int64_t wall_ms)
{
	char buf[32];

	if (wall_ms < 0) {
		jw_null(w, key);
		return;
	}
	time_rfc3339(wall_ms, buf);
	begin(w, key);
	put(w, "\"", 1);
	put(w, buf, strlen(buf));
	put(w, "\"", 1);
}

void jw_bytes(struct jw *w, const char *bytes, size_t len)
{
	put(w, bytes, len);
	w->comma = false;
}
