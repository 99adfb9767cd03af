/* SPDX-License-Identifier: MIT */
/* Which characters of a peer may reach a terminal or a log, and how the others are shown. */
#include "common/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"

static bool is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t text_utf8_len(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;

	if (len == 0) {
		return 0;
	}
	if (p[0] < 0x80) {
		return 1;
	}
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		return len >= 2 && is_continuation(p[1]) ? 2 : 0;
	}
	if (p[0] >= 0xe0 && p[0] <= 0xef) {
		if (len < 3 || !is_continuation(p[1]) || !is_continuation(p[2])) {
			return 0;
		}
		/* E0 below A0 is overlong, ED from A0 on is a surrogate. */
		return (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ? 0 : 3;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		if (len < 4 || !is_continuation(p[1]) || !is_continuation(p[2]) ||
		    !is_continuation(p[3])) {
			return 0;
		}
		/* F0 below 90 is overlong, F4 from 90 on is above 10FFFF. */
		return (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90) ? 0 : 4;
	}
	return 0;
}

bool text_is_utf8(const char *s, size_t len)
{
	while (len > 0) {
		size_t n = text_utf8_len(s, len);

		if (n == 0) {
			return false;
		}
		s += n;
		len -= n;
	}
	return true;
}

/* n: length of the character as text_utf8_len gave it. */
static uint32_t decode(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;

	switch (n) {
	case 1:
		return p[0];
	case 2:
		return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	case 3:
		return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	default:
		return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
		       (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
	}
}

/* Control of the terminal, of the line, or of the direction of what follows. */
static bool is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool text_is_plain(const char *s, size_t len)
{
	while (len > 0) {
		size_t n = text_utf8_len(s, len);

		if (n == 0 || is_unsafe(decode(s, n))) {
			return false;
		}
		s += n;
		len -= n;
	}
	return true;
}

enum { ESCAPED_MAX = 8 }; /* "\u{2028}", the longest form of one character */

/* Writes the shown form of the character at s to out (ESCAPED_MAX bytes, not terminated); its
 * length -> *ret_out_len. Returns the bytes of s used. */
static size_t escape_one(const char *s, size_t len, char *out, size_t *ret_out_len)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = text_utf8_len(s, len);
	uint32_t c = n ? decode(s, n) : (unsigned char)s[0];

	if (n > 0 && !is_unsafe(c)) {
		memcpy(out, s, n);
		*ret_out_len = n;
		return n;
	}
	if (n <= 1) {
		memcpy(out, "\\x", 2);
		out[2] = hex[c >> 4];
		out[3] = hex[c & 15];
		*ret_out_len = 4;
		return 1;
	}
	memcpy(out, "\\u{", 3);
	out[3] = hex[c >> 12 & 15];
	out[4] = hex[c >> 8 & 15];
	out[5] = hex[c >> 4 & 15];
	out[6] = hex[c & 15];
	out[7] = '}';
	*ret_out_len = 8;
	return n;
}

char *text_escape(const char *s, size_t len)
{
	size_t out_len = 0, n;
	char *out, one[ESCAPED_MAX];

	for (size_t i = 0; i < len;) {
		i += escape_one(s + i, len - i, one, &n);
		out_len += n;
	}
	out = xmalloc(out_len + 1);
	out_len = 0;
	for (size_t i = 0; i < len;) {
		i += escape_one(s + i, len - i, one, &n);
		memcpy(out + out_len, one, n);
		out_len += n;
	}
	out[out_len] = '\0';
	return out;
}

char *text_escape_buf(const char *s, char *buf, size_t size)
{
	size_t len = s ? strlen(s) : 0, used = 0, fits = 0, n;
	char one[ESCAPED_MAX];

	if (size == 0) {
		return buf;
	}
	for (size_t i = 0; i < len;) {
		i += escape_one(s + i, len - i, one, &n);
		if (used + n >= size) {
			/* Back to the last place that leaves room for the dots. */
			snprintf(buf + fits, size - fits, "%s", "...");
			return buf;
		}
		memcpy(buf + used, one, n);
		used += n;
		fits = used + 3 < size ? used : fits;
	}
	buf[used] = '\0';
	return buf;
}
