/* SPDX-License-Identifier: MIT */
/* The answer to LIST as entries. Pure. */
#include "daemon/files/listing.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/text.h"
#include "common/util.h"

#define NAME_BYTES_MAX 255
#define TOKENS_MAX 12
#define DAY_S (24 * 3600)

struct token {
	const char *at;
	size_t len;
};

/* What one line says. */
struct line {
	struct token name;
	int64_t size_bytes, time_s;
	bool dir, skip;
};

static bool token_is(const struct token *t, const char *word)
{
	return t->len == strlen(word) && memcmp(t->at, word, t->len) == 0;
}

/* 0 and the number, or negative. */
static int token_number(const struct token *t, int64_t min, int64_t max, int64_t *ret)
{
	char buf[24];

	if (t->len >= sizeof(buf)) {
		return -1;
	}
	memcpy(buf, t->at, t->len);
	buf[t->len] = '\0';
	return parse_i64(buf, min, max, ret);
}

/* At most TOKENS_MAX words parted by blanks. */
static size_t split(struct token line, struct token ret[static TOKENS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < line.len && count < TOKENS_MAX;) {
		size_t start = i;

		while (i < line.len && line.at[i] != ' ') {
			i++;
		}
		if (i > start) {
			ret[count++] = (struct token){line.at + start, i - start};
		}
		while (i < line.len && line.at[i] == ' ') {
			i++;
		}
	}
	return count;
}

/* 0..11, or -1. */
static int month_of(const struct token *t)
{
	static const char *const names[] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (token_is(t, names[i])) {
			return (int)i;
		}
	}
	return -1;
}

/* "04:14" in a year that is not said: the last time it was that day. */
static int time_of_day(const struct token *t, struct tm tm, int64_t now_s, int64_t *ret)
{
	const char *colon = memchr(t->at, ':', t->len);
	time_t now = (time_t)now_s;
	int64_t hour, minute;
	struct tm today;

	if (colon == NULL) {
		return -1;
	}
	if (token_number(&(struct token){t->at, (size_t)(colon - t->at)}, 0, 23, &hour) < 0 ||
	    token_number(&(struct token){colon + 1, (size_t)(t->at + t->len - colon - 1)}, 0, 59,
		&minute) < 0 ||
	    gmtime_r(&now, &today) == NULL) {
		return -1;
	}
	tm.tm_hour = (int)hour;
	tm.tm_min = (int)minute;
	tm.tm_year = today.tm_year;
	*ret = timegm(&tm);
	/* A printer's clock may be a zone ahead of ours. */
	if (*ret > now_s + DAY_S) {
		tm.tm_year--;
		*ret = timegm(&tm);
	}
	return 0;
}

/* Three words: month, day, and year or time. */
static int time_of(const struct token *t, int64_t now_s, int64_t *ret)
{
	struct tm tm = {.tm_mon = month_of(&t[0])};
	int64_t day, year;

	if (tm.tm_mon < 0 || token_number(&t[1], 1, 31, &day) < 0) {
		return -1;
	}
	tm.tm_mday = (int)day;
	if (token_number(&t[2], 1900, 9999, &year) < 0) {
		return time_of_day(&t[2], tm, now_s, ret);
	}
	tm.tm_year = (int)year - 1900;
	*ret = timegm(&tm);
	return 0;
}

/* "drwxr-xr-x", maybe with a mark of its access list behind. */
static bool is_mode(const struct token *t)
{
	if ((t->len != 10 && t->len != 11) || memchr("-dlbcps", t->at[0], 7) == NULL) {
		return false;
	}
	for (size_t i = 1; i < 10; i++) {
		if (memchr("-rwxsStT", t->at[i], 8) == NULL) {
			return false;
		}
	}
	return true;
}

/* What follows the words that were read, without the single blank between. */
static struct token rest_of(struct token line, const struct token *last)
{
	const char *end = last->at + last->len;
	size_t used = (size_t)(end - line.at);

	return used < line.len ? (struct token){end + 1, line.len - used - 1}
			       : (struct token){end, 0};
}

/* Owner and group are missing with some servers: the size stands before the month. 0 or -1. */
static int read_unix(
    struct token line, const struct token *t, size_t count, int64_t now_s, struct line *ret)
{
	for (size_t i = 2; i + 2 < count; i++) {
		if (token_number(&t[i - 1], 0, INT64_MAX, &ret->size_bytes) < 0 ||
		    time_of(t + i, now_s, &ret->time_s) < 0) {
			continue;
		}
		ret->name = rest_of(line, &t[i + 2]);
		ret->dir = t[0].at[0] == 'd';
		if (t[0].at[0] == 'l') {
			const char *arrow = memmem(ret->name.at, ret->name.len, " -> ", 4);

			ret->name.len =
			    arrow != NULL ? (size_t)(arrow - ret->name.at) : ret->name.len;
		}
		if (ret->dir || t[0].at[0] == 'l') {
			ret->size_bytes = -1;
		}
		ret->skip = ret->dir && (token_is(&ret->name, ".") || token_is(&ret->name, ".."));
		return 0;
	}
	return -1;
}

/* A name, or a path whose last part is the name. 0 or -1. */
static int read_bare(struct token line, struct line *ret)
{
	const char *slash;

	if (line.len > 0 && line.at[line.len - 1] == '/') {
		ret->dir = true;
		line.len--;
	}
	while ((slash = memchr(line.at, '/', line.len)) != NULL) {
		struct token part = {line.at, (size_t)(slash - line.at)};

		if (token_is(&part, "..")) {
			return -1;
		}
		line.len -= part.len + 1;
		line.at = slash + 1;
	}
	ret->name = line;
	return 0;
}

static int read_line(struct token line, int64_t now_s, struct line *ret)
{
	struct token words[TOKENS_MAX];
	size_t count = split(line, words);

	*ret = (struct line){.size_bytes = -1, .time_s = -1};
	if (count == 2 && token_is(&words[0], "total")) {
		ret->skip = true;
		return 0;
	}
	if (count > 0 && words[0].at == line.at && is_mode(&words[0])) {
		return read_unix(line, words, count, now_s, ret);
	}
	return read_bare(line, ret);
}

static bool name_is_fine(const struct token *name)
{
	if (name->len == 0 || name->len > NAME_BYTES_MAX || token_is(name, ".") ||
	    token_is(name, "..") || memchr(name->at, '/', name->len) != NULL) {
		return false;
	}
	for (size_t i = 0; i < name->len; i++) {
		if ((unsigned char)name->at[i] < 0x20 || name->at[i] == 0x7f) {
			return false;
		}
	}
	return text_is_utf8(name->at, name->len);
}

static void add(struct listing *l, const struct line *line, size_t *room)
{
	if (l->count == LISTING_ENTRIES_MAX) {
		l->cut = true;
		return;
	}
	if (l->count == *room) {
		*room = *room > 0 ? 2 * *room : 16;
		l->entries = xrealloc(l->entries, *room * sizeof(*l->entries));
	}
	l->entries[l->count++] = (struct listing_entry){
	    .name = xstrndup(line->name.at, line->name.len),
	    .size_bytes = line->size_bytes,
	    .time_s = line->time_s,
	    .dir = line->dir,
	};
}

void listing_parse(const char *text, size_t len, int64_t now_s, struct listing *ret)
{
	const char *end = text + len;
	size_t room = 0;

	*ret = (struct listing){0};
	while (text < end && !ret->cut) {
		const char *lf = memchr(text, '\n', (size_t)(end - text));
		struct token t = {text, (size_t)((lf != NULL ? lf : end) - text)};
		struct line line;

		text = lf != NULL ? lf + 1 : end;
		if (t.len > 0 && t.at[t.len - 1] == '\r') {
			t.len--;
		}
		if (t.len == 0) {
			continue;
		}
		if (read_line(t, now_s, &line) < 0 || (!line.skip && !name_is_fine(&line.name))) {
			ret->refused++;
		} else if (!line.skip) {
			add(ret, &line, &room);
		}
	}
}

void listing_finish(struct listing *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->entries[i].name);
	}
	free(l->entries);
	*l = (struct listing){0};
}
