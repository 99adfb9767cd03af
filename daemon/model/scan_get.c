/* SPDX-License-Identifier: MIT */
/* Tolerant typed getters over the tape of a scanned text. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/scan.h"

#define STRDUP_MAX 1024	    /* bytes of a copied string, its NUL included */
#define EXPONENT_MAX 100000 /* beyond it every number is 0 or infinite */

/* A decimal number taken apart: value = (negative ? -1 : 1) * digits * 10^exponent. */
struct decimal {
	bool negative;
	uint64_t digits; /* the first 19 significant ones */
	int exponent;
	bool cut; /* has more digits than fit */
};

static const double powers_of_ten[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Appends the UTF-8 form of c at *dst; returns its length. */
static size_t put_utf8(uint32_t c, char dst[static 4])
{
	if (c < 0x80) {
		dst[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		dst[0] = (char)(0xC0 | c >> 6);
		dst[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		dst[0] = (char)(0xE0 | c >> 12);
		dst[1] = (char)(0x80 | (c >> 6 & 0x3F));
		dst[2] = (char)(0x80 | (c & 0x3F));
		return 3;
	}
	dst[0] = (char)(0xF0 | c >> 18);
	dst[1] = (char)(0x80 | (c >> 12 & 0x3F));
	dst[2] = (char)(0x80 | (c >> 6 & 0x3F));
	dst[3] = (char)(0x80 | (c & 0x3F));
	return 4;
}

static uint32_t hex_digit(char c)
{
	return (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* The four hex digits of \uXXXX at p; the scanner has checked them. */
static uint32_t read_u(const char *p)
{
	return hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 | hex_digit(p[2]) << 4 |
	       hex_digit(p[3]);
}

/* One escape at p (on its backslash): the character to *ret; returns the bytes it took.
 * NUL and lone surrogates become U+FFFD. */
static size_t read_escape(const char *p, const char *end, uint32_t *ret)
{
	static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
	const char *at;
	uint32_t c, low;

	if (p[1] != 'u') {
		at = strchr(names, p[1]);
		*ret = (unsigned char)(at != NULL ? values[at - names] : p[1]);
		return 2;
	}
	c = read_u(p + 2);
	if (c >= 0xD800 && c < 0xDC00 && end - p >= 12 && p[6] == '\\' && p[7] == 'u') {
		low = read_u(p + 8);
		if (low >= 0xDC00 && low < 0xE000) {
			*ret = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
			return 12;
		}
	}
	*ret = c == 0 || (c >= 0xD800 && c < 0xE000) ? 0xFFFD : c;
	return 6;
}

static void copy_unescaped(const char *p, const char *end, char *buf, size_t size)
{
	size_t used = 0;

	while (p < end) {
		char utf8[4];
		size_t n = 1;

		if (*p == '\\') {
			uint32_t c;

			p += read_escape(p, end, &c);
			n = put_utf8(c, utf8);
		} else {
			utf8[0] = *p++;
			while (n < 4 && p < end && ((unsigned char)*p & 0xC0) == 0x80) {
				utf8[n++] = *p++;
			}
		}
		if (used + n >= size) {
			break;
		}
		memcpy(buf + used, utf8, n);
		used += n;
	}
	buf[used] = '\0';
}

bool scan_str(const struct scan *s, uint32_t node, char *buf, size_t size)
{
	const struct scan_node *n = &s->nodes[node];
	size_t len = n->len;

	if (node == 0 || size == 0 || (n->type != SCAN_STRING && n->type != SCAN_NUMBER)) {
		return false;
	}
	if (n->escaped) {
		copy_unescaped(s->text + n->off, s->text + n->off + n->len, buf, size);
		return true;
	}
	if (len >= size) {
		len = size - 1;
		while (len > 0 && ((unsigned char)s->text[n->off + len] & 0xC0) == 0x80) {
			len--;
		}
	}
	memcpy(buf, s->text + n->off, len);
	buf[len] = '\0';
	return true;
}

char *scan_strdup(const struct scan *s, uint32_t node)
{
	char buf[STRDUP_MAX];

	if (!scan_str(s, node, buf, sizeof(buf))) {
		return NULL;
	}
	return xstrdup(buf);
}

bool scan_key_is(const struct scan *s, uint32_t key, const char *name)
{
	const struct scan_node *n = &s->nodes[key];
	char buf[128];

	if (!n->escaped) {
		return strlen(name) == n->len && memcmp(s->text + n->off, name, n->len) == 0;
	}
	return scan_str(s, key, buf, sizeof(buf)) && strcmp(buf, name) == 0;
}

uint32_t scan_get(const struct scan *s, uint32_t object, const char *key)
{
	size_t len = strlen(key);
	uint32_t k, found = 0;

	if (s->nodes[object].type != SCAN_OBJECT) {
		return 0;
	}
	for (k = scan_first(s, object); k != 0; k = scan_next(s, object, k + 1)) {
		const struct scan_node *n = &s->nodes[k];

		if (n->escaped ? scan_key_is(s, k, key)
			       : n->len == len && memcmp(s->text + n->off, key, len) == 0) {
			found = k + 1;
		}
	}
	return found;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits into d; `fraction` ones lower the exponent. Returns the first byte that is none. */
static const char *read_digits(const char *p, const char *end, struct decimal *d, bool fraction)
{
	for (; p < end && is_digit(*p); p++) {
		if (d->digits < UINT64_MAX / 10 - 1) {
			d->digits = d->digits * 10 + (uint64_t)(*p - '0');
			d->exponent -= fraction;
		} else {
			d->exponent += !fraction;
			d->cut = true;
		}
	}
	return p;
}

/* [-]digits[.digits][e[+-]digits] and nothing else: a number, or a string that holds one. */
static bool read_decimal(const char *p, const char *end, struct decimal *d)
{
	const char *start;
	bool negative_exponent;
	int exponent = 0;

	memset(d, 0, sizeof(*d));
	d->negative = p < end && *p == '-';
	p += d->negative;
	start = p;
	p = read_digits(p, end, d, false);
	if (p == start) {
		return false;
	}
	if (p < end && *p == '.') {
		start = ++p;
		p = read_digits(p, end, d, true);
		if (p == start) {
			return false;
		}
	}
	if (p == end || (*p != 'e' && *p != 'E')) {
		return p == end;
	}
	p++;
	negative_exponent = p < end && *p == '-';
	p += p < end && (*p == '-' || *p == '+');
	for (start = p; p < end && is_digit(*p); p++) {
		exponent = exponent < EXPONENT_MAX ? exponent * 10 + (*p - '0') : EXPONENT_MAX;
	}
	d->exponent += negative_exponent ? -exponent : exponent;
	return p == end && p > start;
}

static bool node_decimal(const struct scan *s, uint32_t node, struct decimal *d)
{
	const struct scan_node *n = &s->nodes[node];

	if (node == 0 || (n->type != SCAN_NUMBER && n->type != SCAN_STRING)) {
		return false;
	}
	return read_decimal(s->text + n->off, s->text + n->off + n->len, d);
}

/* Digits beyond those that fit decide the last bit at times; no printer sends so many. */
static double long_decimal(const struct scan *s, uint32_t node)
{
	const struct scan_node *n = &s->nodes[node];
	_cleanup_free_ char *text = xstrndup(s->text + n->off, n->len);

	return fabs(strtod(text, NULL));
}

bool scan_num(const struct scan *s, uint32_t node, double *ret)
{
	struct decimal d;
	double v;

	if (!node_decimal(s, node, &d)) {
		return false;
	}
	if (d.cut) {
		v = long_decimal(s, node);
	} else if (d.digits < (1ull << 53) && d.exponent >= -22 && d.exponent <= 22) {
		/* Both factors are exact doubles, so the one rounding is the right one. */
		v = d.exponent < 0 ? (double)d.digits / powers_of_ten[-d.exponent]
				   : (double)d.digits * powers_of_ten[d.exponent];
	} else {
		char text[48];

		/* No decimal point in it: the same in every locale. */
		snprintf(text, sizeof(text), "%llue%d", (unsigned long long)d.digits, d.exponent);
		v = strtod(text, NULL);
	}
	if (!isfinite(v)) {
		return false;
	}
	*ret = d.negative ? -v : v;
	return true;
}

bool scan_int(const struct scan *s, uint32_t node, int64_t *ret)
{
	struct decimal d;
	uint64_t limit;

	if (!node_decimal(s, node, &d)) {
		return false;
	}
	for (; d.exponent < 0 && d.digits % 10 == 0 && d.digits > 0; d.exponent++) {
		d.digits /= 10;
	}
	for (; d.exponent > 0 && d.digits > 0 && d.digits < UINT64_MAX / 10; d.exponent--) {
		d.digits *= 10;
	}
	limit = (uint64_t)INT64_MAX + d.negative;
	if ((d.exponent != 0 && d.digits != 0) || d.digits > limit) {
		return false; /* a fraction, or too large */
	}
	*ret = d.negative ? (int64_t)(0 - d.digits) : (int64_t)d.digits;
	return true;
}

bool scan_bool(const struct scan *s, uint32_t node, bool *ret)
{
	const struct scan_node *n = &s->nodes[node];
	int64_t v;

	if (node == 0) {
		return false;
	}
	if (n->type == SCAN_TRUE || n->type == SCAN_FALSE) {
		*ret = n->type == SCAN_TRUE;
		return true;
	}
	if (n->type == SCAN_STRING && !n->escaped) {
		const char *text = s->text + n->off;

		if ((n->len == 4 && memcmp(text, "true", 4) == 0) ||
		    (n->len == 5 && memcmp(text, "false", 5) == 0)) {
			*ret = n->len == 4;
			return true;
		}
	}
	if (!scan_int(s, node, &v) || (v != 0 && v != 1)) {
		return false;
	}
	*ret = v == 1;
	return true;
}

bool scan_hex(const struct scan *s, uint32_t node, uint64_t *ret)
{
	const struct scan_node *n = &s->nodes[node];
	uint64_t v = 0;
	uint32_t i;

	if (node == 0 || n->type != SCAN_STRING || n->len == 0 || n->len > 16) {
		return false;
	}
	for (i = 0; i < n->len; i++) {
		char c = s->text[n->off + i];

		if (!is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F')) {
			return false;
		}
		v = v << 4 | hex_digit(c);
	}
	*ret = v;
	return true;
}
