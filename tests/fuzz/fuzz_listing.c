/* SPDX-License-Identifier: MIT */
/* Any bytes as the answer to LIST: no name leads anywhere else. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/text.h"
#include "daemon/files/listing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *name)
{
	size_t len = strlen(name);

	assert(len > 0 && len <= 255);
	assert(strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
	assert(text_is_utf8(name, len));
	for (size_t i = 0; i < len; i++) {
		assert((unsigned char)name[i] >= 0x20 && name[i] != 0x7f && name[i] != '/');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct listing l;

	listing_parse((const char *)data, size, 1795407300, &l);
	assert(l.count <= LISTING_ENTRIES_MAX);
	for (size_t i = 0; i < l.count; i++) {
		check_name(l.entries[i].name);
		assert(l.entries[i].size_bytes >= -1);
	}
	listing_finish(&l);
	return 0;
}
