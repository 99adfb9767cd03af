/* SPDX-License-Identifier: MIT */
/* Values as words for people: spans, temperatures, colours, slots (pure). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FMT_SIZE 64 /* what every buffer here must hold */

/* "1s", "14m", "3h", "2d": one unit, rounded down; "-" when negative (never). */
const char *fmt_age(int64_t ms, char buf[static FMT_SIZE]);
/* "0.4 s", "41 s", "14m", "3h05m": finer than fmt_age while it is fresh; "-" when negative. */
const char *fmt_age_fine(int64_t ms, char buf[static FMT_SIZE]);
/* "45s", "7m", "1h12m", "3d04h"; "-" when negative. */
const char *fmt_span(int64_t seconds, char buf[static FMT_SIZE]);
/* "1.2 MB", 1000-based; "-" when negative. */
const char *fmt_bytes(int64_t bytes, char buf[static FMT_SIZE]);
/* Rounded to whole degrees without a sign of zero: 219.8 -> "220". */
const char *fmt_degrees(double celsius, char buf[static FMT_SIZE]);
/* Milliseconds since 1970 of an RFC 3339 UTC time as the daemon writes it; -1 when it is none. */
int64_t fmt_parse_time(const char *text);
/* "18:41 CET" when it lies within a day of now, else with its date; local zone. */
const char *fmt_clock(int64_t wall_ms, int64_t now_ms, char buf[static FMT_SIZE]);
/* "2026-11-23 18:41:02", local zone. */
const char *fmt_stamp(int64_t wall_ms, char buf[static FMT_SIZE]);
/* Nearest everyday word of a colour "RRGGBB[AA]"; NULL when it is none, "clear" when see-through.
 */
const char *fmt_color_word(const char *hex);
/* "0948BB540200427" -> "0948BB...27"; short ones stay whole. */
const char *fmt_serial(const char *serial, char buf[static FMT_SIZE]);
