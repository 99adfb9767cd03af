/* SPDX-License-Identifier: MIT */
/* Allocation that aborts, strict parsing of numbers, times as text, globs, edit distance. */
#include "common/util.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p) {
		abort();
	}
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p) {
		abort();
	}
	return p;
}

void *xrealloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p) {
		abort();
	}
	return p;
}

char *xstrdup(const char *s)
{
	return s ? xstrndup(s, strlen(s)) : NULL;
}

char *xstrndup(const char *s, size_t len)
{
	char *copy;

	if (!s) {
		return NULL;
	}
	len = strnlen(s, len);
	copy = xmalloc(len + 1);
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0) {
		abort();
	}
	return s;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t count_digits(const char *s)
{
	size_t n = 0;

	while (is_digit(s[n])) {
		n++;
	}
	return n;
}

int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	const char *digits = s;
	long long value;
	size_t n;

	if (!s) {
		return -EINVAL;
	}
	digits += *s == '-';
	n = count_digits(digits);
	if (n == 0 || digits[n] != '\0') {
		return -EINVAL;
	}
	errno = 0;
	value = strtoll(s, NULL, 10);
	if (errno == ERANGE || value < min || value > max) {
		return -ERANGE;
	}
	*ret = value;
	return 0;
}

/* Digits, then perhaps a fraction, then perhaps an exponent, and nothing else. */
static bool is_decimal(const char *s)
{
	size_t n;

	s += *s == '-';
	n = count_digits(s);
	if (n == 0) {
		return false;
	}
	s += n;
	if (*s == '.') {
		n = count_digits(++s);
		if (n == 0) {
			return false;
		}
		s += n;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		n = count_digits(s);
		if (n == 0) {
			return false;
		}
		s += n;
	}
	return *s == '\0';
}

int parse_double(const char *s, double *ret)
{
	locale_t c_locale;
	double value;

	if (!s || !is_decimal(s)) {
		return -EINVAL;
	}
	/* The user's locale may have a comma for the point. */
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c_locale) {
		return -ENOMEM;
	}
	value = strtod_l(s, NULL, c_locale);
	freelocale(c_locale);
	if (!isfinite(value)) {
		return -ERANGE;
	}
	*ret = value;
	return 0;
}

int parse_bool(const char *s, bool *ret)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

	for (size_t i = 0; s && i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(s, words[i]) == 0) {
			*ret = i % 2 == 1;
			return 0;
		}
	}
	return -EINVAL;
}

struct unit {
	const char *suffix;
	int64_t factor;
};

/* Digits followed by one of the units; the result is at least 0. */
static int parse_with_unit(const char *s, const struct unit *units, size_t unit_count, int64_t *ret)
{
	size_t n = s ? count_digits(s) : 0;
	long long value;

	if (n == 0) {
		return -EINVAL;
	}
	for (size_t i = 0; i < unit_count; i++) {
		if (strcmp(s + n, units[i].suffix) != 0) {
			continue;
		}
		errno = 0;
		value = strtoll(s, NULL, 10);
		if (errno == ERANGE || value > INT64_MAX / units[i].factor) {
			return -ERANGE;
		}
		*ret = value * units[i].factor;
		return 0;
	}
	return -EINVAL;
}

int parse_duration_ms(const char *s, int64_t *ret)
{
	static const struct unit units[] = {
	    {"", 1000},
	    {"ms", 1},
	    {"s", 1000},
	    {"m", 60 * 1000},
	    {"min", 60 * 1000},
	    {"h", 60 * 60 * 1000},
	};

	return parse_with_unit(s, units, ARRAY_SIZE(units), ret);
}

int parse_size_bytes(const char *s, int64_t *ret)
{
	static const struct unit units[] = {
	    {"", 1},
	    {"K", 1 << 10},
	    {"M", 1 << 20},
	    {"G", 1 << 30},
	};

	return parse_with_unit(s, units, ARRAY_SIZE(units), ret);
}

char *time_rfc3339(int64_t wall_ms, char buf[static 32])
{
	/* The year must keep four digits: 0000-01-01 to 9999-12-31. */
	static const int64_t first_ms = -62167219200000, last_ms = 253402300799999;
	time_t seconds;
	struct tm tm;
	int ms;

	wall_ms = wall_ms < first_ms ? first_ms : wall_ms > last_ms ? last_ms : wall_ms;
	ms = (int)(wall_ms % 1000);
	seconds = wall_ms / 1000;
	if (ms < 0) {
		ms += 1000;
		seconds--;
	}
	gmtime_r(&seconds, &tm);
	snprintf(buf, 32, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (tm.tm_year + 1900u) % 10000u,
	    (tm.tm_mon + 1u) % 100u, (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u,
	    (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u, (unsigned)ms % 1000u);
	return buf;
}

int time_parse_rfc3339(const char *s, int64_t *ret_wall_ms)
{
	struct tm tm = {0};
	const char *rest = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
	int ms = 0, unit = 100;

	if (rest && *rest == '.') {
		for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10) {
			ms += (*rest - '0') * unit;
		}
	}
	if (!rest || strcmp(rest, "Z") != 0) {
		return -EINVAL;
	}
	*ret_wall_ms = (int64_t)timegm(&tm) * 1000 + ms;
	return 0;
}

bool str_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src), n = len;

	if (size == 0) {
		return false;
	}
	if (n >= size) {
		n = size - 1;
	}
	memcpy(dst, src, n);
	dst[n] = '\0';
	return n == len;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static unsigned char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : (unsigned char)c;
}

bool glob_match(const char *pattern, const char *s)
{
	const char *star = NULL, *resume = NULL;

	while (*s != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			resume = s;
		} else if (*pattern == '?' ||
			   (*pattern && ascii_lower(*pattern) == ascii_lower(*s))) {
			pattern++;
			s++;
		} else if (star) {
			/* Only the last star is ever widened, so the work is bounded by m * n. */
			pattern = star + 1;
			s = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*') {
		pattern++;
	}
	return *pattern == '\0';
}

enum { EDIT_MAX = 64 };

unsigned edit_distance(const char *a, const char *b)
{
	unsigned row[EDIT_MAX + 1];
	size_t na = strlen(a), nb = strlen(b);

	if (na > EDIT_MAX || nb > EDIT_MAX) {
		return (unsigned)(na > nb ? na : nb);
	}
	for (size_t j = 0; j <= nb; j++) {
		row[j] = (unsigned)j;
	}
	for (size_t i = 1; i <= na; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned cost = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			cost = row[j] + 1 < cost ? row[j] + 1 : cost;
			cost = row[j - 1] + 1 < cost ? row[j - 1] + 1 : cost;
			row[j] = cost;
		}
	}
	return row[nb];
}
