/* SPDX-License-Identifier: MIT */
/* Takes HMS and print_error codes apart (bambu.md 6.7). */
#include "daemon/model/hms.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/model/hms_data.h"

/* The top byte of an attr or of a print_error. */
enum module {
	MODULE_MOTION = 0x03,
	MODULE_MAINBOARD = 0x05,
	MODULE_AMS = 0x07,
	MODULE_TOOLHEAD = 0x08,
	MODULE_XCAM = 0x0C,
	MODULE_SYSTEM = 0x10,
	MODULE_AMS_LITE = 0x12,
	MODULE_AMS_HT = 0x18
};

/* Where the unit byte of an AMS module means the spool holder: FF, and FE for the left one. */
#define EXTERNAL_RIGHT 0xFF
#define EXTERNAL_LEFT 0xFE
#define HT_FIRST_ID 128

static const char *module_word(unsigned module)
{
	switch (module) {
	case MODULE_MOTION:
		return "motion";
	case MODULE_MAINBOARD:
		return "mainboard";
	case MODULE_AMS:
		return "ams";
	case MODULE_TOOLHEAD:
		return "toolhead";
	case MODULE_XCAM:
		return "xcam";
	case MODULE_SYSTEM:
		return "system";
	case MODULE_AMS_LITE:
		return "ams_lite";
	case MODULE_AMS_HT:
		return "ams_ht";
	default:
		return "unknown";
	}
}

static bool module_is_ams(unsigned module)
{
	return module == MODULE_AMS || module == MODULE_AMS_LITE || module == MODULE_AMS_HT;
}

/* The unit's id as in ams.units[].id: HTs count from 128. UNKNOWN_INT for the spool holder and for
 * bytes that name no unit. */
static int unit_of(unsigned module, unsigned byte)
{
	if (!module_is_ams(module)) {
		return UNKNOWN_INT;
	}
	if (byte >= HT_FIRST_ID && byte < HT_FIRST_ID + HMS_HT_UNITS) {
		return (int)byte;
	}
	if (module == MODULE_AMS_HT && byte < HMS_HT_UNITS) {
		return HT_FIRST_ID + (int)byte;
	}
	return byte < HMS_AMS_UNITS ? (int)byte : UNKNOWN_INT;
}

/* Only parts that are known to come once a slot speak of one; the rest is about the whole unit. */
static int slot_of(unsigned part)
{
	for (size_t i = 0; i < hms_slot_family_count; i++) {
		unsigned first = hms_slot_families[i].part;

		if (part >= first && part < first + HMS_AMS_SLOTS) {
			return (int)(part - first);
		}
	}
	return UNKNOWN_INT;
}

static const char *slot_text(unsigned module, int unit, int slot, unsigned part, uint32_t code)
{
	for (size_t i = 0; i < hms_slot_family_count; i++) {
		const struct hms_slot_family *f = &hms_slot_families[i];

		if (f->code != code || part != f->part + (unsigned)slot) {
			continue;
		}
		if (unit >= HT_FIRST_ID) {
			return f->ht[unit - HT_FIRST_ID];
		}
		return module == MODULE_AMS_LITE ? f->lite[slot] : f->ams[unit][slot];
	}
	return NULL;
}

/* The text of a family for the unit; byte tells the spool holder from what is no unit. */
static const char *unit_text(const struct hms_unit_family *families, size_t count, unsigned module,
    unsigned byte, unsigned part, uint32_t code)
{
	int unit = unit_of(module, byte);

	for (size_t i = 0; i < count; i++) {
		const struct hms_unit_family *f = &families[i];

		if (f->code != code || f->part != part) {
			continue;
		}
		if (unit == UNKNOWN_INT) {
			return byte == EXTERNAL_RIGHT || byte == EXTERNAL_LEFT ? f->external : NULL;
		}
		if (unit >= HT_FIRST_ID) {
			return f->ht[unit - HT_FIRST_ID];
		}
		return module == MODULE_AMS_LITE ? f->lite : f->ams[unit];
	}
	return NULL;
}

static const char *single_text(uint64_t key)
{
	size_t low = 0, high = hms_text_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (hms_texts[mid].key == key) {
			return hms_texts[mid].text;
		}
		if (hms_texts[mid].key < key) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return NULL;
}

static const char *hms_text(uint32_t attr, uint32_t code, const struct hms_info *info)
{
	unsigned module = attr >> 24, byte = (attr >> 16) & 0xFF, part = (attr >> 8) & 0xFF;
	/* The vendor's own look-up leaves the low byte of attr out. */
	const char *text = single_text((uint64_t)(attr & 0xFFFFFF00u) << 32 | code);

	if (text != NULL || info->unit == UNKNOWN_INT) {
		return text;
	}
	if (info->slot != UNKNOWN_INT) {
		return slot_text(module, info->unit, info->slot, part, code);
	}
	return unit_text(hms_unit_families, hms_unit_family_count, module, byte, part, code);
}

void hms_describe(uint32_t attr, uint32_t code, struct hms_info *ret)
{
	unsigned module = attr >> 24, severity = code >> 16;
	struct hms_info info = {.module = module_word(module), .slot = UNKNOWN_INT};

	snprintf(info.code, sizeof(info.code), "%04X-%04X-%04X-%04X", attr >> 16, attr & 0xFFFF,
	    code >> 16, code & 0xFFFF);
	if (severity >= HMS_FATAL && severity <= HMS_INFO) {
		info.severity = (enum hms_severity)severity;
	}
	info.unit = unit_of(module, (attr >> 16) & 0xFF);
	if (info.unit != UNKNOWN_INT) {
		info.slot = slot_of((attr >> 8) & 0xFF);
	}
	/* An HT has one slot: parts that count slots beyond it are not about a slot of it. */
	if (info.unit >= HT_FIRST_ID && info.slot > 0) {
		info.slot = UNKNOWN_INT;
	}
	info.text = hms_text(attr, code, &info);
	*ret = info;
}

const char *hms_url(uint32_t attr, uint32_t code, const char *serial, char *buf, size_t size)
{
	snprintf(buf, size, "https://e.bambulab.com/index.php?e=%08X%08X%s%s&s=device_hms&lang=en",
	    attr, code, serial != NULL ? "&d=" : "", serial != NULL ? serial : "");
	return buf;
}

static const char *print_error_text(uint32_t error)
{
	unsigned module = error >> 24;
	size_t low = 0, high = print_error_text_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (print_error_texts[mid].key == error) {
			return print_error_texts[mid].text;
		}
		if (print_error_texts[mid].key < error) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	if (!module_is_ams(module)) {
		return NULL;
	}
	return unit_text(print_error_families, print_error_family_count, module,
	    (error >> 16) & 0xFF, 0, error & 0xFFFF);
}

/* By the low 16 bits: 4xxx ends the job, 8xxx pauses it, Cxxx asks something; below is a phase. */
static const char *print_error_kind(uint32_t error)
{
	static const char *const kinds[] = {NULL, "fatal", "pause", "prompt"};

	return kinds[(error >> 14) & 3];
}

void print_error_describe(uint32_t error, struct print_error_info *ret)
{
	struct print_error_info info = {
	    .kind = print_error_kind(error),
	    .text = print_error_text(error),
	};

	snprintf(info.code, sizeof(info.code), "%04X-%04X", error >> 16, error & 0xFFFF);
	*ret = info;
}

/* bambu.md 6.7 */
enum {
	ERROR_CANCELLED = 0x0300400C,
	ERROR_CANCELLED_NEW = 0x0500400E,
	ERROR_PAUSED_BY_USER = 0x03008001,
};

bool print_error_is_cancel(uint32_t error)
{
	return error == ERROR_CANCELLED || error == ERROR_CANCELLED_NEW;
}

bool print_error_is_trouble(uint32_t error)
{
	return print_error_kind(error) != NULL && !print_error_is_cancel(error) &&
	       error != ERROR_PAUSED_BY_USER;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int hms_parse_code(const char *text, uint32_t *ret_attr, uint32_t *ret_code, int *ret_is_hms)
{
	uint64_t value = 0;
	unsigned digits = 0;

	if (text == NULL) {
		return -EINVAL;
	}
	if (strncasecmp(text, "HMS", 3) == 0) {
		text += 3;
	}
	for (; *text != '\0'; text++) {
		int digit = hex_digit(*text);

		if (digit < 0 && strchr("-_ :", *text) != NULL) {
			continue;
		}
		if (digit < 0 || ++digits > 16) {
			return -EINVAL;
		}
		value = value << 4 | (unsigned)digit;
	}
	if (digits != 8 && digits != 16) {
		return -EINVAL;
	}
	*ret_is_hms = digits == 16;
	*ret_attr = digits == 16 ? (uint32_t)(value >> 32) : 0;
	*ret_code = (uint32_t)value;
	return 0;
}

static const char *words(const struct hms_texts *t, const char *serial, const char *lang,
    bool is_hms, uint64_t key, const char *own)
{
	const char *text = NULL;

	if (t != NULL && t->find != NULL && serial != NULL) {
		text = t->find(t->arg, serial, lang, is_hms, key);
	}
	if (text == NULL) {
		return own;
	}
	return text[0] != '\0' ? text : NULL;
}

const char *hms_words(const struct hms_texts *t, const char *serial, const char *lang,
    uint32_t attr, uint32_t code, const char *own)
{
	return words(t, serial, lang, true, (uint64_t)attr << 32 | code, own);
}

const char *print_error_words(const struct hms_texts *t, const char *serial, const char *lang,
    uint32_t error, const char *own)
{
	return words(t, serial, lang, false, error, own);
}
