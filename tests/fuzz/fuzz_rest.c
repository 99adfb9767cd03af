/* SPDX-License-Identifier: MIT */
/* Any answer of the cloud: has one meaning, words that are fit to be shown, and a payload or none.
 * Input: two bytes of status, one of switches, lines "name: value" to an empty one, the body. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"
#include "daemon/cloud/fault.h"
#include "daemon/cloud/rest.h"

#define HEADERS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts header lines off in place. */
static char *read_headers(char *s, struct http_header *headers, size_t *ret_count)
{
	size_t n = 0;

	while (n < HEADERS_MAX && *s != '\0' && *s != '\n') {
		char *end = strchr(s, '\n'), *colon = strchr(s, ':');

		if (end == NULL || colon == NULL || colon > end) {
			break;
		}
		*end = *colon = '\0';
		headers[n++] = (struct http_header){.name = s, .value = colon + 1};
		s = end + 1;
	}
	*ret_count = n;
	return *s == '\n' ? s + 1 : s;
}

static void check_words(const char *s)
{
	size_t len = strlen(s);
	_cleanup_free_ char *again = text_escape(s, len);

	assert(text_is_utf8(s, len));
	assert(strcmp(again, s) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = NULL;
	struct http_header headers[HEADERS_MAX];
	struct http_answer a = {.headers = headers};
	struct fault f;

	if (size < 3) {
		return 0;
	}
	text = xcalloc(1, size - 2);
	memcpy(text, data + 3, size - 3);
	a.status = (data[0] << 8 | data[1]) % 1000;
	a.body = read_headers(text, headers, &a.header_count);
	a.body_len = (size_t)(text + size - 3 - a.body);
	fault_read(&(struct fault_input){.answer = &a,
		       .token_sent = data[2] & 1,
		       .json_only = data[2] & 2,
		       .wall_ms = 1800000000000},
	    &f);
	assert(f.dead == (f.error.type == ERR_TOKEN_DEAD));
	assert(!f.dead || (a.status == 401 && f.vendor_code == 4 && (data[2] & 1)));
	assert(f.error.type != ERR_NONE || (a.status >= 200 && a.status <= 299));
	assert(f.retry_after_ms >= -1 && f.vendor_code >= -1);
	assert((f.error.type == ERR_CLOUD_BLOCKED) == (f.why == DOOR_LIMIT || f.why == DOOR_WALL));
	check_words(f.error.message);
	check_words(f.error.hint);
	rest_payload(f.body, "devices");
	json_object_put(f.body);
	return 0;
}
