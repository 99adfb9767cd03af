/* SPDX-License-Identifier: MIT */
/* Any datagram: what is taken from it is a serial and texts that can be shown. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/text.h"
#include "daemon/model/ssdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	assert(len < size);
	assert(text_is_plain(text, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ssdp_notice n;

	if (ssdp_parse((const char *)data, size, &n) == SSDP_NONE) {
		return 0;
	}
	assert(strlen(n.serial) >= 6);
	check_text(n.serial, sizeof(n.serial));
	check_text(n.address, sizeof(n.address));
	check_text(n.model, sizeof(n.model));
	check_text(n.name, sizeof(n.name));
	check_text(n.firmware, sizeof(n.firmware));
	check_text(n.connect, sizeof(n.connect));
	check_text(n.bind, sizeof(n.bind));
	return 0;
}
