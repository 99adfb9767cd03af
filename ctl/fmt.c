/* SPDX-License-Identifier: MIT */
/* Values as words for people: spans, temperatures, colours, slots (pure). */
#include "ctl/fmt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/util.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

const char *fmt_age(int64_t ms, char buf[static FMT_SIZE])
{
	int64_t s = ms / 1000;

	if (ms < 0) {
		return "-";
	}
	if (s < MINUTE) {
		snprintf(buf, FMT_SIZE, "%" PRId64 "s", s);
	} else if (s < HOUR) {
		snprintf(buf, FMT_SIZE, "%" PRId64 "m", s / MINUTE);
	} else if (s < DAY) {
		snprintf(buf, FMT_SIZE, "%" PRId64 "h", s / HOUR);
	} else {
		snprintf(buf, FMT_SIZE, "%" PRId64 "d", s / DAY);
	}
	return buf;
}

const char *fmt_age_fine(int64_t ms, char buf[static FMT_SIZE])
{
	if (ms < 0) {
		return "-";
	}
	if (ms < 10 * 1000) {
		snprintf(buf, FMT_SIZE, "%" PRId64 ".%" PRId64 " s", ms / 1000, ms / 100 % 10);
	} else if (ms < MINUTE * 1000) {
		snprintf(buf, FMT_SIZE, "%" PRId64 " s", ms / 1000);
	} else {
		return fmt_span(ms / 1000, buf);
	}
	return buf;
}

const char *fmt_span(int64_t seconds, char buf[static FMT_SIZE])
{
	if (seconds < 0) {
		return "-";
	}
	if (seconds < MINUTE) {
		snprintf(buf, FMT_SIZE, "%" PRId64 "s", seconds);
	} else if (seconds < HOUR) {
		snprintf(buf, FMT_SIZE, "%" PRId64 "m", seconds / MINUTE);
	} else if (seconds < DAY) {
		snprintf(buf, FMT_SIZE, "%" PRId64 "h%02" PRId64 "m", seconds / HOUR,
		    seconds % HOUR / MINUTE);
	} else {
		snprintf(buf, FMT_SIZE, "%" PRId64 "d%02" PRId64 "h", seconds / DAY,
		    seconds % DAY / HOUR);
	}
	return buf;
}

const char *fmt_bytes(int64_t bytes, char buf[static FMT_SIZE])
{
	static const char *const units[] = {"B", "kB", "MB", "GB"};
	double value = (double)bytes;
	size_t unit = 0;

	if (bytes < 0) {
		return "-";
	}
	while (value >= 1000 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1000;
		unit++;
	}
	snprintf(buf, FMT_SIZE, unit && value < 100 ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return buf;
}

const char *fmt_degrees(double celsius, char buf[static FMT_SIZE])
{
	double away = celsius < 0 ? -0.5 : 0.5;

	if (!(celsius > -1e9 && celsius < 1e9)) {
		return "-";
	}
	/* Not floor(): libm would be one more library to load. */
	snprintf(buf, FMT_SIZE, "%" PRId64, (int64_t)(celsius + away));
	return buf;
}

int64_t fmt_parse_time(const char *text)
{
	int64_t wall_ms;

	return text && time_parse_rfc3339(text, &wall_ms) == 0 ? wall_ms : -1;
}

static bool local_time(int64_t wall_ms, struct tm *ret)
{
	time_t t = (time_t)(wall_ms / 1000);

	return wall_ms >= 0 && localtime_r(&t, ret);
}

const char *fmt_clock(int64_t wall_ms, int64_t now_ms, char buf[static FMT_SIZE])
{
	int64_t away = wall_ms > now_ms ? wall_ms - now_ms : now_ms - wall_ms;
	struct tm tm;
	size_t len;

	if (!local_time(wall_ms, &tm)) {
		return "-";
	}
	if (away < (int64_t)DAY * 1000) {
		len = strftime(buf, FMT_SIZE, "%H:%M %Z", &tm);
	} else {
		len = strftime(buf, FMT_SIZE, "%Y-%m-%d %H:%M %Z", &tm);
	}
	return len ? buf : "-";
}

const char *fmt_stamp(int64_t wall_ms, char buf[static FMT_SIZE])
{
	struct tm tm;

	if (!local_time(wall_ms, &tm) || strftime(buf, FMT_SIZE, "%Y-%m-%d %H:%M:%S", &tm) == 0) {
		return "-";
	}
	return buf;
}

static const struct color_word {
	const char *word;
	unsigned char r, g, b;
} color_words[] = {
    {"black", 0, 0, 0},
    {"white", 255, 255, 255},
    {"gray", 128, 128, 128},
    {"silver", 192, 192, 192},
    {"red", 220, 20, 20},
    {"red", 255, 0, 0},
    {"maroon", 120, 10, 20},
    {"orange", 255, 130, 0},
    {"gold", 215, 170, 60},
    {"yellow", 255, 255, 0},
    {"yellow", 245, 215, 40},
    {"beige", 235, 220, 190},
    {"brown", 120, 70, 30},
    {"green", 0, 160, 60},
    {"green", 0, 255, 0},
    {"lime", 160, 220, 60},
    {"olive", 110, 120, 50},
    {"teal", 0, 128, 128},
    {"cyan", 0, 220, 230},
    {"blue", 0, 80, 220},
    {"blue", 0, 0, 255},
    {"navy", 10, 30, 90},
    {"purple", 120, 50, 160},
    {"magenta", 230, 0, 200},
    {"pink", 250, 160, 190},
};

static int hex_byte(const char *s)
{
	int value = 0;

	for (int i = 0; i < 2; i++) {
		char c = s[i];

		if (c >= '0' && c <= '9') {
			value = value * 16 + (c - '0');
		} else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
			value = value * 16 + ((c | 0x20) - 'a' + 10);
		} else {
			return -1;
		}
	}
	return value;
}

const char *fmt_color_word(const char *hex)
{
	size_t len = hex ? strlen(hex) : 0;
	const char *best = NULL;
	int part[3], distance_best = INT32_MAX;

	if (len != 6 && len != 8) {
		return NULL;
	}
	for (int i = 0; i < 3; i++) {
		part[i] = hex_byte(hex + 2 * i);
		if (part[i] < 0) {
			return NULL;
		}
	}
	if (len == 8 && strcmp(hex + 6, "00") == 0) {
		return "clear";
	}
	for (size_t i = 0; i < ARRAY_SIZE(color_words); i++) {
		int r = part[0] - color_words[i].r, g = part[1] - color_words[i].g;
		int b = part[2] - color_words[i].b;
		int distance = 3 * r * r + 6 * g * g + b * b; /* the eye's weights, roughly */

		if (distance < distance_best) {
			distance_best = distance;
			best = color_words[i].word;
		}
	}
	return best;
}

const char *fmt_serial(const char *serial, char buf[static FMT_SIZE])
{
	size_t len = strlen(serial);

	if (len <= 10) {
		str_copy(buf, FMT_SIZE, serial);
	} else {
		snprintf(buf, FMT_SIZE, "%.6s...%s", serial, serial + len - 2);
	}
	return buf;
}
