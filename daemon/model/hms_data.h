/* SPDX-License-Identifier: MIT */
/* The texts of HMS and print_error codes, as tables; for hms.c alone. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* One code of hms[]: attr << 32 | code, the low byte of attr zero. Sorted by key. */
struct hms_text {
	uint64_t key;
	const char *text;
};
extern const struct hms_text hms_texts[];
extern const size_t hms_text_count;

/* One value of print_error. Sorted by key. */
struct print_error_text {
	uint32_t key;
	const char *text;
};
extern const struct print_error_text print_error_texts[];
extern const size_t print_error_text_count;

#define HMS_AMS_UNITS 4
#define HMS_AMS_SLOTS 4
#define HMS_HT_UNITS 8

/* The same code for every slot: attr is MMUUPP00, PP = part + slot (an HT has one slot). */
struct hms_slot_family {
	uint8_t part;
	uint32_t code;
	const char *ams[HMS_AMS_UNITS][HMS_AMS_SLOTS];
	const char *lite[HMS_AMS_SLOTS];
	const char *ht[HMS_HT_UNITS];
};
extern const struct hms_slot_family hms_slot_families[];
extern const size_t hms_slot_family_count;

/* The same code for every unit. For hms[] part is the third byte of attr; for print_error it is 0
 * and code holds the low 16 bits. */
struct hms_unit_family {
	uint8_t part;
	uint32_t code;
	const char *ams[HMS_AMS_UNITS];
	const char *lite;
	const char *ht[HMS_HT_UNITS];
	const char *external; /* unit FF or FE: the spool holder; NULL = none */
};
extern const struct hms_unit_family hms_unit_families[];
extern const size_t hms_unit_family_count;
extern const struct hms_unit_family print_error_families[];
extern const size_t print_error_family_count;
