/* SPDX-License-Identifier: MIT */
/* Any line as the command of a hook: what is cut into words is the same words when each is quoted.
 * The same bytes as addresses: one inside another is judged like itself. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "common/jw.h"
#include "common/util.h"
#include "daemon/bridge/hook_words.h"
#include "daemon/io/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void quote(struct jw *w, const char *word, bool doubly)
{
	const char *mark = doubly ? "\"" : "'";

	jw_bytes(w, mark, 1);
	for (; *word; word++) {
		if (doubly && (*word == '"' || *word == '\\')) {
			jw_bytes(w, "\\", 1);
		}
		if (!doubly && *word == '\'') {
			jw_bytes(w, "'\\'", 3);
		}
		jw_bytes(w, word, 1);
	}
	jw_bytes(w, mark, 1);
	jw_bytes(w, "\t", 1);
}

static void check_same(char *const *words, bool doubly)
{
	const char *why = NULL;
	char **again = NULL;
	struct jw w;
	size_t i;

	jw_init(&w);
	for (i = 0; words[i]; i++) {
		quote(&w, words[i], doubly);
	}
	assert(i > 0 && i <= HOOK_WORDS_MAX);
	assert(hook_words_split(w.buf, &again, &why) == 0);
	for (i = 0; words[i]; i++) {
		assert(again[i] && strcmp(words[i], again[i]) == 0);
	}
	assert(!again[i]);
	hook_words_free(again);
	jw_finish(&w);
}

static void cut(const char *text)
{
	const char *why = NULL;
	char **words = NULL;

	if (hook_words_split(text, &words, &why) < 0) {
		assert(!words && why && *why);
		return;
	}
	check_same(words, false);
	check_same(words, true);
	hook_words_free(words);
}

static bool is_public4(const uint8_t *bytes)
{
	struct sockaddr_in a = {.sin_family = AF_INET};

	memcpy(&a.sin_addr, bytes, 4);
	return address_is_public((const struct sockaddr *)&a);
}

static bool is_public6(const uint8_t *prefix, size_t len, const uint8_t *bytes, size_t count)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6};

	if (len > 0) {
		memcpy(a.sin6_addr.s6_addr, prefix, len);
	}
	memcpy(a.sin6_addr.s6_addr + len, bytes, count);
	return address_is_public((const struct sockaddr *)&a);
}

static void judge(const uint8_t *bytes)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b}, sixtofour[2] = {0x20, 0x02};
	struct in6_addr a;
	bool public = is_public4(bytes);

	memcpy(&a, bytes, sizeof(a));
	assert(is_public6(mapped, 12, bytes, 4) == public);
	assert(is_public6(nat64, 12, bytes, 4) == public);
	assert(is_public6(sixtofour, 2, bytes, 14) == public);
	/* What the system's own words for them say. */
	if (IN6_IS_ADDR_LOOPBACK(&a) || IN6_IS_ADDR_UNSPECIFIED(&a) || IN6_IS_ADDR_LINKLOCAL(&a) ||
	    IN6_IS_ADDR_SITELOCAL(&a) || IN6_IS_ADDR_MULTICAST(&a) || IN6_IS_ADDR_V4COMPAT(&a) ||
	    (bytes[0] & 0xfe) == 0xfc) {
		assert(!is_public6(NULL, 0, bytes, 16));
	}
	assert(!public || (bytes[0] != 0 && bytes[0] != 10 && bytes[0] != 127 && bytes[0] < 224));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xstrndup((const char *)data, size);
	uint8_t bytes[16] = {0};

	cut(text);
	memcpy(bytes, data, size < sizeof(bytes) ? size : sizeof(bytes));
	judge(bytes);
	return 0;
}
