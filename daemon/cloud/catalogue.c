/* SPDX-License-Identifier: MIT */
/* The vendor's answer to a sorted table of texts, and look-ups in it. */
#include "daemon/cloud/catalogue.h"

#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/cloud/catalogue_internal.h"

/* "result" of an answer (bambu.md 6.7). */
enum { RESULT_NEW = 0, RESULT_SAME = 201 };
enum { HMS_DIGITS = 16, ERROR_DIGITS = 8 };

void catalogue_destroy(struct catalogue *c)
{
	if (c == NULL) {
		return;
	}
	free(c->entries);
	free(c->block);
	free(c);
}

int catalogue_order(const struct catalogue_entry *a, const struct catalogue_entry *b)
{
	if (a->is_hms != b->is_hms) {
		return a->is_hms < b->is_hms ? -1 : 1;
	}
	return a->key < b->key ? -1 : a->key > b->key;
}

/* Of equal codes the first one stays: texts lie in the order they came. */
static int compare(const void *a, const void *b)
{
	const struct catalogue_entry *x = a, *y = b;
	int r = catalogue_order(x, y);

	return r != 0 ? r : x->off < y->off ? -1 : x->off > y->off;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int catalogue_read_key(const char *text, size_t len, struct catalogue_entry *ret)
{
	uint64_t key = 0;

	if (len != HMS_DIGITS && len != ERROR_DIGITS) {
		return -EINVAL;
	}
	for (size_t i = 0; i < len; i++) {
		int value = digit_value(text[i]);

		if (value < 0) {
			return -EINVAL;
		}
		key = key << 4 | (unsigned)value;
	}
	ret->key = key;
	ret->is_hms = len == HMS_DIGITS;
	return 0;
}

/* Any case. */
static int read_code(const char *text, bool is_hms, struct catalogue_entry *ret)
{
	char digits[HMS_DIGITS];
	size_t len = strlen(text), i;

	if (len != (is_hms ? HMS_DIGITS : ERROR_DIGITS)) {
		return -EINVAL;
	}
	for (i = 0; i < len; i++) {
		digits[i] =
		    text[i] >= 'a' && text[i] <= 'f' ? (char)(text[i] - 'a' + 'A') : text[i];
	}
	return catalogue_read_key(digits, len, ret);
}

static bool is_break(char c)
{
	return c == '\n' || c == '\r' || c == '\t';
}

/* Bytes of the character at s, 0 when it is not fit to be shown. */
static size_t char_len(const char *s)
{
	size_t n;

	if (*s >= 0x20 && *s < 0x7f) {
		return 1; /* nearly all of them */
	}
	n = text_utf8_len(s, strnlen(s, 4));
	return n > 0 && (is_break(*s) || text_is_plain(s, n)) ? n : 0;
}

/* The text and its NUL; one that is not fit to be shown stays out. */
static int put_text(struct jw *block, const char *text)
{
	size_t len = 0, n, start = block->len;

	for (size_t chars = 0; text[len] != '\0' && chars < CATALOGUE_TEXT_CHARS; chars++) {
		n = char_len(text + len);
		if (n == 0) {
			return -EINVAL;
		}
		len += n;
	}
	jw_bytes(block, text, len);
	for (size_t i = start; i < block->len; i++) {
		if (is_break(block->buf[i])) {
			block->buf[i] = ' ';
		}
	}
	jw_bytes(block, "...", text[len] != '\0' ? 3 : 0);
	jw_bytes(block, "", 1);
	return 0;
}

struct gather {
	struct catalogue_entry *entries;
	size_t count;
	struct jw block;
	size_t seen, tables;
};

static void take_item(struct gather *g, json_object *item, bool is_hms)
{
	const char *code = json_get_str(item, "ecode"), *text = json_get_str(item, "intro");
	struct catalogue_entry e = {.off = (uint32_t)g->block.len};

	g->seen++;
	if (code != NULL && text != NULL && read_code(code, is_hms, &e) == 0 &&
	    put_text(&g->block, text) == 0) {
		g->entries[g->count++] = e;
	}
}

static int take_table(
    struct gather *g, json_object *data, const char *name, const char *lang, bool is_hms)
{
	json_object *table = json_get_obj(data, name), *list = json_get_arr(table, lang);
	size_t count = list != NULL ? json_object_array_length(list) : 0;

	if (list == NULL) {
		return 0;
	}
	g->tables++;
	if (count > CATALOGUE_TEXTS_MAX - g->seen) {
		return -E2BIG;
	}
	for (size_t i = 0; i < count; i++) {
		take_item(g, json_object_array_get_idx(list, i), is_hms);
		if (g->block.len > CATALOGUE_BYTES_MAX) {
			return -E2BIG;
		}
	}
	return 0;
}

static size_t drop_twins(struct catalogue_entry *e, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || catalogue_order(&e[kept - 1], &e[i]) != 0) {
			e[kept++] = e[i];
		}
	}
	return kept;
}

static struct catalogue *finish(struct gather *g, int64_t version)
{
	struct catalogue *c = xcalloc(1, sizeof(*c));

	if (g->count > 1) {
		qsort(g->entries, g->count, sizeof(*g->entries), compare);
	}
	c->version = version;
	c->count = drop_twins(g->entries, g->count);
	c->entries = xrealloc(TAKE(g->entries), (c->count + 1) * sizeof(*c->entries));
	c->block_len = g->block.len;
	c->block = xrealloc(jw_take(&g->block), c->block_len + 1);
	return c;
}

/* Both tables, or the one that is there. Entries of which none can be used are no catalogue. */
static int take_data(json_object *data, const char *lang, int64_t version, struct catalogue **ret)
{
	struct gather g = {.entries = xcalloc(CATALOGUE_TEXTS_MAX, sizeof(*g.entries))};
	int r;

	jw_init(&g.block);
	r = take_table(&g, data, "device_hms", lang, true);
	if (r == 0) {
		r = take_table(&g, data, "device_error", lang, false);
	}
	if (r == 0 && (g.tables == 0 || (g.seen > 0 && g.count == 0))) {
		r = -EBADMSG;
	}
	if (r == 0) {
		*ret = finish(&g, version);
	}
	free(g.entries);
	jw_finish(&g.block);
	return r;
}

/* A number, or one as text. */
static int64_t version_of(json_object *body)
{
	const char *text = json_get_str(body, "ver");
	int64_t version = -1;

	if (text != NULL) {
		(void)parse_i64(text, 0, INT64_MAX, &version);
	} else {
		(void)json_get_i64(body, "ver", &version);
	}
	return version;
}

int catalogue_take(
    json_object *body, const char *lang, enum catalogue_news *ret_news, struct catalogue **ret)
{
	int64_t result, version = version_of(body);
	int r;

	if (!json_get_i64(body, "result", &result)) {
		return -EBADMSG;
	}
	if (result == RESULT_SAME) {
		*ret_news = CATALOGUE_SAME;
		return 0;
	}
	if (result != RESULT_NEW || version < 0) {
		return -EBADMSG;
	}
	r = take_data(json_get_obj(body, "data"), lang, version, ret);
	if (r == 0) {
		*ret_news = CATALOGUE_NEW;
	}
	return r;
}

static const char *find_exact(const struct catalogue *c, bool is_hms, uint64_t key)
{
	struct catalogue_entry wanted = {.key = key, .is_hms = is_hms};
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int r = catalogue_order(&c->entries[mid], &wanted);

		if (r == 0) {
			return c->block + c->entries[mid].off;
		}
		if (r < 0) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return NULL;
}

const char *catalogue_find(const struct catalogue *c, bool is_hms, uint64_t key)
{
	static const uint64_t low_byte_of_attr = (uint64_t)0xFF << 32;
	const char *text = find_exact(c, is_hms, key);

	if (text == NULL && is_hms && (key & low_byte_of_attr) != 0) {
		text = find_exact(c, is_hms, key & ~low_byte_of_attr);
	}
	return text;
}

size_t catalogue_count(const struct catalogue *c)
{
	return c->count;
}

int64_t catalogue_version(const struct catalogue *c)
{
	return c->version;
}

size_t catalogue_bytes(const struct catalogue *c)
{
	return sizeof(*c) + c->count * sizeof(*c->entries) + c->block_len;
}
