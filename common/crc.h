/* SPDX-License-Identifier: MIT */
/* CRC-32 of what is kept in files. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Every flip of one bit shows. */
uint32_t crc32_of(const char *s, size_t len);
