/* SPDX-License-Identifier: MIT */
/* Base64 as RFC 4648 has it, padded. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BASE64_LEN(bytes) (((bytes) + 2) / 3 * 4)

/* Writes BASE64_LEN(len) characters without an end. */
void base64_encode(const uint8_t *data, size_t len, char *to);
/* Owned bytes, NULL when it is none, or empty. */
char *base64_decode(const char *text, size_t *ret_len);
