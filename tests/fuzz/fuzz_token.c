/* SPDX-License-Identifier: MIT */
/* Files of the account: token and list of printers. Any bytes are taken whole or not at all, and
 * what was taken is written as the same bytes again (the readers compare). */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/crc.h"
#include "common/private_file.h"
#include "common/secret.h"
#include "common/util.h"
#include "daemon/cloud/bound_file.h"
#include "daemon/cloud/token.h"

#define SUM_KEY ",\"crc32\":\""

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Gives the bytes the sum they should have, so that what stands behind it is reached. */
static void set_sum(char *text)
{
	char *key = strstr(text, SUM_KEY), *at = key ? key + strlen(SUM_KEY) : NULL, sum[16];

	if (at && strlen(at) >= 8) {
		snprintf(sum, sizeof(sum), "%08x", (unsigned)crc32_of(text, (size_t)(key - text)));
		memcpy(at, sum, 8);
	}
}

static void check_list(const struct bound *b)
{
	assert(b->count <= BOUND_MAX && b->told_ms >= 0 && b->region < REGION_COUNT);
	assert(token_user_is_fit(b->user));
	for (size_t i = 0; i < b->count; i++) {
		size_t len = strlen(b->list[i].serial);

		assert(len >= 8 && len <= 20 && !strpbrk(b->list[i].serial, "/+#."));
		assert(i == 0 || strcmp(b->list[i - 1].serial, b->list[i].serial) < 0);
		assert(b->list[i].online == -1);
	}
}

static void read_both(const struct secret *file)
{
	struct token t = {0};
	struct bound b = {0};
	struct token_claims claims;

	if (token_parse(file, &t) == 0) {
		assert(secret_len(t.text) > 0 && t.region < REGION_COUNT);
		assert(t.expires_ms >= -1 && t.obtained_ms >= -1);
	}
	if (bound_file_parse(file, &b) == 0) {
		check_list(&b);
	}
	token_claims(t.text ? t.text : file, &claims);
	assert(!claims.user[0] || token_user_is_fit(claims.user));
	token_finish(&t);
	bound_finish(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xcalloc(1, size + 1);
	_cleanup_secret_ struct secret *raw = NULL, *summed = NULL;

	if (size > 0) {
		memcpy(text, data, size);
	}
	if (memchr(text, '\0', size)) {
		return 0; /* the file's reader takes none */
	}
	raw = secret_create(text, size);
	read_both(raw);
	set_sum(text);
	summed = secret_create(text, size);
	read_both(summed);
	return 0;
}
