/* SPDX-License-Identifier: MIT */
/* Any bytes as the vendor's catalogue of texts, and as the cache file of one: what is taken can be
 * shown, and written and read again. */
#include <assert.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/cloud/catalogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The checksum of a cache file, so that what stands before it is reached. */
static char *with_sum(const uint8_t *data, size_t size, size_t *ret_len)
{
	char *file = xmalloc(size + 32);
	uint64_t sum = 0xcbf29ce484222325u;

	memcpy(file, data, size);
	for (size_t i = 0; i < size; i++) {
		sum = (sum ^ data[i]) * 0x100000001b3u;
	}
	*ret_len = size + (size_t)snprintf(file + size, 32, "end %016" PRIx64 "\n", sum);
	return file;
}

static void check_text(const struct catalogue *c, bool is_hms, uint64_t key)
{
	const char *text = catalogue_find(c, is_hms, key);

	if (text != NULL) {
		assert(text_is_plain(text, strlen(text)));
		assert(strlen(text) <= (size_t)4 * (CATALOGUE_TEXT_CHARS + 3));
	}
}

/* ret_file: as it is packed. */
static void check(struct catalogue *c, char **ret_file, size_t *ret_len)
{
	struct catalogue *again = NULL;

	assert(catalogue_count(c) <= CATALOGUE_TEXTS_MAX);
	check_text(c, true, 0x0300120000020001);
	check_text(c, true, 0x0300120500020001);
	check_text(c, false, 0x0300400C);
	*ret_file = catalogue_pack(c, "en", "01P", ret_len);
	assert(catalogue_unpack(*ret_file, *ret_len, "en", "01P", &again) == 0);
	assert(catalogue_count(again) == catalogue_count(c));
	catalogue_destroy(again);
	catalogue_destroy(c);
}

static void try_answer(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_object *body = NULL;
	_cleanup_free_ char *file = NULL;
	enum catalogue_news news;
	struct catalogue *c = NULL;
	size_t len;

	if (json_parse((const char *)data, size, 16, &body) == 0 &&
	    catalogue_take(body, "en", &news, &c) == 0 && news == CATALOGUE_NEW) {
		check(c, &file, &len);
	}
}

static void try_file(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *file = NULL;
	_cleanup_free_ char *copy = NULL;
	struct catalogue *c = NULL;
	size_t len, copy_len;

	file = with_sum(data, size, &len);
	if (catalogue_unpack(file, len, "en", "01P", &c) == 0) {
		check(c, &copy, &copy_len);
		assert(copy_len == len && memcmp(copy, file, len) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct catalogue *c = NULL;

	if (catalogue_unpack((const char *)data, size, "en", "01P", &c) == 0) {
		catalogue_destroy(c);
	}
	try_answer(data, size);
	try_file(data, size);
	return 0;
}
