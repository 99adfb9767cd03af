/* SPDX-License-Identifier: MIT */
/* Requests to a printer as JSON text (bambu.md 5). Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Own range of sequence ids, so that our acks are known from those of other programs
 * (bambu.md 4.7). */
#define ENCODE_SEQUENCE_FIRST 40000u
#define ENCODE_SEQUENCE_LAST 2000000000u
#define ENCODE_MAX 256

/* The id after this one, wrapping inside the range. */
uint32_t encode_next_sequence(uint32_t sequence);
/* Write the request into buf; return its length. */
size_t encode_pushall(char buf[static ENCODE_MAX], uint32_t sequence);
size_t encode_get_version(char buf[static ENCODE_MAX], uint32_t sequence);
