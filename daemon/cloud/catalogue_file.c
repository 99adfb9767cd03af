/* SPDX-License-Identifier: MIT */
/* A catalogue as the content of a file: a head, a line for each text, a checksum; read strictly. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/cloud/catalogue_internal.h"

#define HEAD "bambud-texts 1"
#define HEAD_MAX 96
#define SUM_LEN 21 /* "end " and 16 digits and the line's end */
/* Texts that were cut have three dots more. */
#define FILE_TEXT_CHARS (CATALOGUE_TEXT_CHARS + 3)

/* FNV-1a: against broken disks, not against people. */
static uint64_t sum_of(const char *data, size_t len)
{
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++) {
		sum = (sum ^ (unsigned char)data[i]) * 0x100000001b3u;
	}
	return sum;
}

static int format_head(const struct catalogue *c, const char *lang, const char *prefix, char *buf)
{
	return snprintf(
	    buf, HEAD_MAX, HEAD " %s %s %" PRId64 " %zu\n", lang, prefix, c->version, c->count);
}

char *catalogue_pack(
    const struct catalogue *c, const char *lang, const char *prefix, size_t *ret_len)
{
	char line[HEAD_MAX];
	struct jw w;

	jw_init(&w);
	jw_bytes(&w, line, (size_t)format_head(c, lang, prefix, line));
	for (size_t i = 0; i < c->count; i++) {
		const struct catalogue_entry *e = &c->entries[i];
		const char *text = c->block + e->off;
		int n = snprintf(line, sizeof(line), "%0*" PRIX64 " ", e->is_hms ? 16 : 8, e->key);

		jw_bytes(&w, line, (size_t)n);
		jw_bytes(&w, text, strlen(text));
		jw_bytes(&w, "\n", 1);
	}
	snprintf(line, sizeof(line), "end %016" PRIx64 "\n", sum_of(w.buf, w.len));
	jw_bytes(&w, line, SUM_LEN);
	*ret_len = w.len;
	return jw_take(&w);
}

static bool has_sum(const char *data, size_t len)
{
	char end[SUM_LEN + 1];

	if (len < SUM_LEN) {
		return false;
	}
	snprintf(end, sizeof(end), "end %016" PRIx64 "\n", sum_of(data, len - SUM_LEN));
	return memcmp(data + len - SUM_LEN, end, SUM_LEN) == 0;
}

/* The number up to `end`. */
static int read_number(const char **at, const char *limit, char end, int64_t max, int64_t *ret)
{
	const char *stop = memchr(*at, end, (size_t)(limit - *at));
	char digits[24];

	if (stop == NULL || (size_t)(stop - *at) >= sizeof(digits)) {
		return -EINVAL;
	}
	memcpy(digits, *at, (size_t)(stop - *at));
	digits[stop - *at] = '\0';
	*at = stop + 1;
	return parse_i64(digits, 0, max, ret);
}

/* Written again it must be the same. */
static int read_head(
    const char **at, const char *limit, const char *lang, const char *prefix, struct catalogue *c)
{
	char want[HEAD_MAX];
	int n = snprintf(want, sizeof(want), HEAD " %s %s ", lang, prefix);
	int64_t count;
	const char *start = *at;

	if (limit - *at < n || memcmp(*at, want, (size_t)n) != 0) {
		return -EBADMSG;
	}
	*at += n;
	if (read_number(at, limit, ' ', INT64_MAX, &c->version) < 0 ||
	    read_number(at, limit, '\n', CATALOGUE_TEXTS_MAX, &count) < 0) {
		return -EBADMSG;
	}
	c->count = (size_t)count;
	n = format_head(c, lang, prefix, want);
	return n == *at - start && memcmp(start, want, (size_t)n) == 0 ? 0 : -EBADMSG;
}

static size_t count_chars(const char *s, size_t len)
{
	size_t chars = 0;

	for (size_t i = 0; i < len; i++) {
		chars += ((unsigned char)s[i] & 0xC0) != 0x80;
	}
	return chars;
}

static int read_line(const char **at, const char *limit, struct catalogue *c, size_t i)
{
	const char *line = *at, *end = memchr(line, '\n', (size_t)(limit - line)), *text;
	struct catalogue_entry *e = &c->entries[i];

	if (end == NULL || (text = memchr(line, ' ', (size_t)(end - line))) == NULL ||
	    catalogue_read_key(line, (size_t)(text - line), e) < 0 ||
	    (i > 0 && catalogue_order(e - 1, e) >= 0)) {
		return -EBADMSG;
	}
	text++;
	if (!text_is_plain(text, (size_t)(end - text)) ||
	    count_chars(text, (size_t)(end - text)) > FILE_TEXT_CHARS) {
		return -EBADMSG;
	}
	e->off = (uint32_t)c->block_len;
	memcpy(c->block + c->block_len, text, (size_t)(end - text));
	c->block_len += (size_t)(end - text);
	c->block[c->block_len++] = '\0';
	*at = end + 1;
	return 0;
}

int catalogue_unpack(
    const char *data, size_t len, const char *lang, const char *prefix, struct catalogue **ret)
{
	struct catalogue *c = xcalloc(1, sizeof(*c));
	const char *at = data, *limit = data + (len >= SUM_LEN ? len - SUM_LEN : 0);
	int r = len <= CATALOGUE_FILE_MAX && has_sum(data, len) ? 0 : -EBADMSG;

	if (r == 0) {
		r = read_head(&at, limit, lang, prefix, c);
	}
	if (r == 0) {
		c->entries = xcalloc(c->count + 1, sizeof(*c->entries));
		c->block = xmalloc((size_t)(limit - at) + 1);
	}
	for (size_t i = 0; r == 0 && i < c->count; i++) {
		r = read_line(&at, limit, c, i);
	}
	if (r == 0 && at != limit) {
		r = -EBADMSG;
	}
	if (r < 0) {
		catalogue_destroy(c);
		return r;
	}
	c->block = xrealloc(c->block, c->block_len + 1);
	*ret = c;
	return 0;
}
