/* SPDX-License-Identifier: MIT */
/* Base64 as RFC 4648 has it, padded. */
#include "common/base64.h"

#include <string.h>

#include "common/util.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const uint8_t *data, size_t len, char *to)
{
	for (size_t i = 0; i < len; i += 3, to += 4) {
		unsigned bits = (unsigned)data[i] << 16;

		bits |= i + 1 < len ? (unsigned)data[i + 1] << 8 : 0;
		bits |= i + 2 < len ? data[i + 2] : 0;
		to[0] = digits[bits >> 18];
		to[1] = digits[bits >> 12 & 63];
		to[2] = i + 1 < len ? digits[bits >> 6 & 63] : '=';
		to[3] = i + 2 < len ? digits[bits & 63] : '=';
	}
}

static int digit(char c)
{
	const char *found = c != '\0' ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

char *base64_decode(const char *text, size_t *ret_len)
{
	size_t len = strlen(text), pad = 0, used = 0;
	char *out;

	if (len == 0 || len % 4 != 0) {
		return NULL;
	}
	pad = text[len - 1] != '=' ? 0 : text[len - 2] != '=' ? 1 : 2;
	out = xmalloc(len / 4 * 3);
	for (size_t i = 0; i < len; i += 4) {
		unsigned bits = 0;

		for (size_t k = i; k < i + 4; k++) {
			int d = k < len - pad ? digit(text[k]) : 0;

			if (d < 0) {
				free(out);
				return NULL;
			}
			bits = bits << 6 | (unsigned)d;
		}
		out[used++] = (char)(bits >> 16);
		out[used++] = (char)(bits >> 8);
		out[used++] = (char)bits;
	}
	*ret_len = used - pad;
	return out;
}
