/* SPDX-License-Identifier: MIT */
/* Requests to a printer as JSON text. */
#include "daemon/model/encode.h"

#include <stdio.h>

uint32_t encode_next_sequence(uint32_t sequence)
{
	if (sequence < ENCODE_SEQUENCE_FIRST || sequence >= ENCODE_SEQUENCE_LAST) {
		return ENCODE_SEQUENCE_FIRST;
	}
	return sequence + 1;
}

size_t encode_pushall(char buf[static ENCODE_MAX], uint32_t sequence)
{
	return (size_t)snprintf(buf, ENCODE_MAX,
	    "{\"pushing\":{\"sequence_id\":\"%u\",\"command\":\"pushall\",\"version\":1,"
	    "\"push_target\":1}}",
	    sequence);
}

size_t encode_get_version(char buf[static ENCODE_MAX], uint32_t sequence)
{
	return (size_t)snprintf(buf, ENCODE_MAX,
	    "{\"info\":{\"sequence_id\":\"%u\",\"command\":\"get_version\"}}", sequence);
}
