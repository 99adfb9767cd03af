/* SPDX-License-Identifier: MIT */
/* HMS and print_error codes: key, severity, module, unit, slot, link and our own texts
 * (bambu.md 6.7). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/model/words.h"

struct hms_info {
	char code[20]; /* "0300-1200-0002-0001" */
	enum hms_severity severity;
	const char *module; /* motion mainboard ams toolhead xcam system ams_lite ams_ht unknown */
	int unit, slot;	    /* AMS unit and slot (0-based) the code speaks of, UNKNOWN_INT = none */
	const char *text;   /* ours, NULL when we have none */
};
/* Takes apart an entry of hms[]. */
void hms_describe(uint32_t attr, uint32_t code, struct hms_info *ret);
/* "https://e.bambulab.com/index.php?e=...&d=...&s=device_hms&lang=en" into buf (>= 160 bytes).
 * Without a serial the d parameter is left out. Returns buf. */
const char *hms_url(uint32_t attr, uint32_t code, const char *serial, char *buf, size_t size);

enum print_error_kind {
	PRINT_ERROR_NONE,
	PRINT_ERROR_FATAL,
	PRINT_ERROR_PAUSE,
	PRINT_ERROR_PROMPT,
	PRINT_ERROR_KIND_COUNT
};
struct print_error_info {
	char code[12]; /* "0300-400C" */
	const char
	    *kind; /* fatal pause prompt; NULL = a phase, no error (low 16 bits under 4000h) */
	const char *text;
};
void print_error_describe(uint32_t error, struct print_error_info *ret);
/* The code of a job that somebody cancelled (bambu.md 6.7). */
bool print_error_is_cancel(uint32_t error);
/* Something is wrong: no phase, and not what somebody wanted, a pause or an end. */
bool print_error_is_trouble(uint32_t error);

/* Text for a code as a user types it: "0300-1200-0002-0001", "HMS_0300_1200_...", "0300-400C",
 * "0300400C", any case, separators - _ : and blank. 0, or -EINVAL when it is no code. An HMS code
 * sets *ret_is_hms and fills attr and code; a print_error is in *ret_code, *ret_attr is 0. */
int hms_parse_code(const char *text, uint32_t *ret_attr, uint32_t *ret_code, int *ret_is_hms);

#define HMS_LANG "en" /* of the status object and of events */

/* The vendor's words, which go before ours; given by who has them. */
struct hms_texts {
	/* key: attr << 32 | code of hms[], or a print_error. NULL: not known; "": known, and
	 * without words. Good until the next call. */
	const char *(*find)(
	    void *arg, const char *serial, const char *lang, bool is_hms, uint64_t key);
	/* There may be texts in that language. */
	bool (*speaks)(void *arg, const char *lang);
	void *arg;
};
/* What to show: the vendor's words, else own (may be NULL); NULL = none. t and serial may be NULL.
 * Good until the next call. */
const char *hms_words(const struct hms_texts *t, const char *serial, const char *lang,
    uint32_t attr, uint32_t code, const char *own);
const char *print_error_words(const struct hms_texts *t, const char *serial, const char *lang,
    uint32_t error, const char *own);
