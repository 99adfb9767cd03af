/* SPDX-License-Identifier: MIT */
/* Fields of structs written as JSON and read again, by tables. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/jw.h"
#include "daemon/model/scan.h"

/* Each with what stands for "unknown" when the file says null, nothing, or what does not fit. */
enum field_type {
	FIELD_INT,  /* int; UNKNOWN_INT */
	FIELD_ENUM, /* an enum that is unknown at 0 */
	FIELD_BYTE, /* uint8_t, as FIELD_ENUM */
	FIELD_U32,  /* 0 */
	FIELD_I64,  /* -1 */
	FIELD_U64,  /* as a hexadecimal string; 0 */
	FIELD_BOOL, /* false */
	FIELD_NUM,  /* double; NAN */
	FIELD_TEXT, /* array of char, padded with NUL; "" */
	FIELD_STR,  /* owned char *; NULL */
	FIELD_BITS, /* struct take_bits; not known */
};
struct field {
	const char *name;
	uint16_t off, size;
	uint8_t type;
	uint8_t count; /* FIELD_ENUM and FIELD_BYTE: values are below it */
};
#define FIELD(kind, of, member, ...)                                                             \
	{                                                                                        \
		.name = #member, .off = offsetof(of, member), .size = sizeof(((of *)0)->member), \
		.type = FIELD_##kind, .count = __VA_ARGS__ + 0,                                  \
	}

/* Members of the object that is open in w. */
void fields_write(struct jw *w, const void *base, const struct field *table, size_t count);
/* Out of the object at node (0: every field becomes unknown). base may hold anything but strings
 * that are not owned. */
void fields_read(
    const struct scan *s, uint32_t node, void *base, const struct field *table, size_t count);
