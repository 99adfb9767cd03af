/* SPDX-License-Identifier: MIT */
/* How alike two colours and two materials are. */
#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "common/util.h"
#include "ctl/match.h"

/* Distances in CIELAB: 2 is just seen, black to white is 100. */
#define SAME_MAX 10.0
#define NEAR_MAX 35.0

static const char *const words[] = {
    [COLOR_UNKNOWN] = "unknown",
    [COLOR_SAME] = "same",
    [COLOR_NEAR] = "near",
    [COLOR_DIFFERENT] = "different",
};
static_assert(ARRAY_SIZE(words) == MATCH_COLOR_COUNT, "one word per judgement");

const char *match_color_word(enum match_color c)
{
	return words[c];
}

/* "#" may lead; an alpha of 00 is a colour that was never set. */
static bool parse(const char *text, double ret[static 3])
{
	unsigned digit[8];
	size_t len;

	if (!text) {
		return false;
	}
	text += *text == '#';
	len = strlen(text);
	if ((len != 6 && len != 8) || strspn(text, "0123456789abcdefABCDEF") != len) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		int c = tolower((unsigned char)text[i]);

		digit[i] = (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	for (size_t i = 0; i < 3; i++) {
		ret[i] = (double)(digit[2 * i] * 16 + digit[2 * i + 1]) / 255.0;
	}
	return len == 6 || digit[6] * 16 + digit[7] > 0;
}

static double linear(double c)
{
	return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double curve(double t)
{
	return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116.0;
}

/* sRGB under D65 to CIELAB. */
static void to_lab(const double rgb[static 3], double lab[static 3])
{
	double r = linear(rgb[0]), g = linear(rgb[1]), b = linear(rgb[2]);
	double x = curve((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
	double y = curve(0.2126 * r + 0.7152 * g + 0.0722 * b);
	double z = curve((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);

	lab[0] = 116 * y - 16;
	lab[1] = 500 * (x - y);
	lab[2] = 200 * (y - z);
}

double match_color_distance(const char *a, const char *b)
{
	double rgb[2][3], lab[2][3], sum = 0;

	if (!parse(a, rgb[0]) || !parse(b, rgb[1])) {
		return -1;
	}
	to_lab(rgb[0], lab[0]);
	to_lab(rgb[1], lab[1]);
	for (size_t i = 0; i < 3; i++) {
		sum += (lab[0][i] - lab[1][i]) * (lab[0][i] - lab[1][i]);
	}
	return sqrt(sum);
}

enum match_color match_color_judge(const char *a, const char *b)
{
	double distance = match_color_distance(a, b);

	if (distance < 0) {
		return COLOR_UNKNOWN;
	}
	return distance <= SAME_MAX   ? COLOR_SAME
	       : distance <= NEAR_MAX ? COLOR_NEAR
				      : COLOR_DIFFERENT;
}

/* The next character that counts, in upper case; 0 at the end. */
static int next_sign(const char **s)
{
	while (**s == ' ' || **s == '-' || **s == '_') {
		(*s)++;
	}
	return **s ? toupper((unsigned char)*(*s)++) : 0;
}

bool match_same_type(const char *a, const char *b)
{
	int x, y;

	if (!a || !b || !*a || !*b) {
		return false;
	}
	do {
		x = next_sign(&a);
		y = next_sign(&b);
	} while (x == y && x != 0);
	return x == y;
}
