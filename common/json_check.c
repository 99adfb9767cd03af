/* SPDX-License-Identifier: MIT */
/* The grammar of RFC 8259, checked without building anything. */
#include "common/json_check.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

struct check {
	const char *p, *end;
	int depth_left;
	size_t members;
};

/* The byte at the reading point; NUL at the end (no NUL is valid outside of strings). */
static char peek(const struct check *c)
{
	return c->p < c->end ? *c->p : '\0';
}

static bool take(struct check *c, char wanted)
{
	if (peek(c) != wanted || c->p == c->end) {
		return false;
	}
	c->p++;
	return true;
}

static void skip_space(struct check *c)
{
	while (peek(c) == ' ' || peek(c) == '\t' || peek(c) == '\n' || peek(c) == '\r') {
		c->p++;
	}
}

static int check_word(struct check *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(c->end - c->p) < len || memcmp(c->p, word, len) != 0) {
		return -EINVAL;
	}
	c->p += len;
	return 0;
}

static size_t skip_digits(struct check *c)
{
	size_t n = 0;

	while (peek(c) >= '0' && peek(c) <= '9') {
		c->p++;
		n++;
	}
	return n;
}

/* text: an integer with n digits after its sign. */
static bool fits_64_bits(const char *text, bool negative, size_t n)
{
	char buf[24];
	size_t len = n + negative;

	if (n > 20) {
		return false;
	}
	memcpy(buf, text, len);
	buf[len] = '\0';
	errno = 0;
	if (negative) {
		(void)strtoll(buf, NULL, 10);
	} else {
		(void)strtoull(buf, NULL, 10);
	}
	return errno == 0;
}

static int check_number(struct check *c)
{
	const char *start = c->p;
	bool negative = take(c, '-'), integer = true, zero = peek(c) == '0';
	size_t digits = skip_digits(c);

	if (digits == 0 || (zero && digits > 1)) {
		return -EINVAL;
	}
	if (take(c, '.')) {
		integer = false;
		if (skip_digits(c) == 0) {
			return -EINVAL;
		}
	}
	if (take(c, 'e') || take(c, 'E')) {
		integer = false;
		if (!take(c, '+')) {
			(void)take(c, '-');
		}
		if (skip_digits(c) == 0) {
			return -EINVAL;
		}
	}
	return integer && !fits_64_bits(start, negative, digits) ? -EINVAL : 0;
}

/* Four hex digits; their value, or negative. */
static int take_hex4(struct check *c)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		char d = peek(c);
		int digit = d >= '0' && d <= '9'   ? d - '0'
			    : d >= 'a' && d <= 'f' ? d - 'a' + 10
			    : d >= 'A' && d <= 'F' ? d - 'A' + 10
						   : -1;

		if (digit < 0) {
			return -EINVAL;
		}
		value = value * 16 + digit;
		c->p++;
	}
	return value;
}

static int check_escape(struct check *c)
{
	int unit;

	if (!take(c, 'u')) {
		if (peek(c) == '\0' || !strchr("\"\\/bfnrt", peek(c))) {
			return -EINVAL;
		}
		c->p++;
		return 0;
	}
	unit = take_hex4(c);
	if (unit <= 0 || (unit >= 0xdc00 && unit <= 0xdfff)) {
		return -EINVAL;
	}
	if (unit >= 0xd800 && unit <= 0xdbff) {
		if (!take(c, '\\') || !take(c, 'u')) {
			return -EINVAL;
		}
		unit = take_hex4(c);
		if (unit < 0xdc00 || unit > 0xdfff) {
			return -EINVAL;
		}
	}
	return 0;
}

static int check_string(struct check *c)
{
	if (!take(c, '"')) {
		return -EINVAL;
	}
	while (c->p < c->end) {
		size_t n;

		if (take(c, '"')) {
			return 0;
		}
		if (take(c, '\\')) {
			if (check_escape(c) < 0) {
				return -EINVAL;
			}
			continue;
		}
		n = text_utf8_len(c->p, (size_t)(c->end - c->p));
		if (n == 0 || (unsigned char)*c->p < 0x20) {
			return -EINVAL;
		}
		c->p += n;
	}
	return -EINVAL;
}

static int check_value(struct check *c);

static int check_member(struct check *c)
{
	skip_space(c);
	if (check_string(c) < 0) {
		return -EINVAL;
	}
	skip_space(c);
	if (!take(c, ':')) {
		return -EINVAL;
	}
	c->members++;
	return check_value(c);
}

/* What stands between the brackets, with the closing one; the opening one is taken. */
static int check_list(struct check *c, char close, int (*item)(struct check *c))
{
	int r;

	if (c->depth_left-- == 0) {
		return -E2BIG;
	}
	skip_space(c);
	if (!take(c, close)) {
		do {
			r = item(c);
			if (r < 0) {
				return r;
			}
		} while (take(c, ','));
		if (!take(c, close)) {
			return -EINVAL;
		}
	}
	c->depth_left++;
	return 0;
}

/* A value and the white space around it. Recursion is bounded by depth_left. */
static int check_value(struct check *c)
{
	int r;

	skip_space(c);
	switch (peek(c)) {
	case '{':
		c->p++;
		r = check_list(c, '}', check_member);
		break;
	case '[':
		c->p++;
		r = check_list(c, ']', check_value);
		break;
	case '"':
		r = check_string(c);
		break;
	case 't':
		r = check_word(c, "true");
		break;
	case 'f':
		r = check_word(c, "false");
		break;
	case 'n':
		r = check_word(c, "null");
		break;
	default:
		r = check_number(c);
		break;
	}
	skip_space(c);
	return r;
}

int json_check(const char *text, size_t len, int max_depth, size_t *ret_members)
{
	struct check c = {.p = text, .end = text + len, .depth_left = max_depth};
	int r;

	if (!text || len > INT_MAX) {
		return -EINVAL;
	}
	r = check_value(&c);
	if (r < 0) {
		return r;
	}
	if (c.p != c.end) {
		return -EINVAL;
	}
	*ret_members = c.members;
	return 0;
}
