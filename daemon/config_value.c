/* SPDX-License-Identifier: MIT */
/* One value: its text read into the field its row names, and back. */
#include "daemon/config_value.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "common/paths.h"
#include "common/util.h"
#include "daemon/config_files.h"
#include "daemon/config_secret.h"

enum { HEX_BYTES = 32 };

static const char host_chars[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_%";

/* Index of the word in "a|b|c", or -1. */
static int word_index(const char *words, const char *word)
{
	size_t len = strlen(word);
	int i = 0;

	for (;; i++) {
		size_t n = strcspn(words, "|");

		if (n == len && memcmp(words, word, n) == 0) {
			return i;
		}
		if (!words[n]) {
			return -1;
		}
		words += n + 1;
	}
}

static char *word_at(const char *words, int index)
{
	while (index-- > 0) {
		words += strcspn(words, "|") + 1;
	}
	return xstrndup(words, strcspn(words, "|"));
}

static int set_bool(const struct config_key *k, bool *field, const char *text)
{
	int i;

	if (!*k->values) {
		return parse_bool(text, field);
	}
	i = word_index(k->values, text);
	if (i < 0) {
		return -EINVAL;
	}
	*field = i == 1;
	return 0;
}

static int set_enum(const struct config_key *k, int *field, const char *text)
{
	int i = word_index(k->values, text);

	if (i < 0) {
		return -EINVAL;
	}
	*field = i;
	return 0;
}

#define OFF_OR "off|"

static bool can_be_off(const struct config_key *k)
{
	return str_starts(k->values, OFF_OR);
}

/* Both ends of "1..65535"; before them "off|" where none is a choice. */
static int parse_in_range(const struct config_key *k, const char *text, int64_t *ret)
{
	const char *values = k->values + (can_be_off(k) ? sizeof(OFF_OR) - 1 : 0);
	const char *dots = strstr(values, "..");
	_cleanup_free_ char *low = xstrndup(values, (size_t)(dots - values));
	int64_t min = 0, max = 0;
	int rc = parse_i64(low, INT32_MIN, INT32_MAX, &min);

	assert(rc == 0);
	rc = parse_i64(dots + 2, INT32_MIN, INT32_MAX, &max);
	assert(rc == 0);
	return parse_i64(text, min, max, ret);
}

static char **split_words(const char *text)
{
	char **v = xcalloc(strlen(text) / 2 + 2, sizeof(*v));
	size_t n = 0;

	for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
		size_t len = strcspn(text, " \t");

		v[n++] = xstrndup(text, len);
		text += len;
	}
	return v;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int set_hex(uint8_t *field, const char *text)
{
	uint8_t bytes[HEX_BYTES];
	size_t i;

	if (strlen(text) != 2 * HEX_BYTES) {
		return -EINVAL;
	}
	for (i = 0; i < HEX_BYTES; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0) {
			return -EINVAL;
		}
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(field, bytes, sizeof(bytes));
	return 0;
}

static void replace(char **field, char *owned)
{
	free(*field);
	*field = owned;
}

/* A serial in small letters is what a person typed who meant the large ones: certificate names and
 * topics are compared by letter, so it is said rather than guessed. */
static int set_serial(char **field, const char *text, char **ret_why)
{
	size_t len = strlen(text), i;
	_cleanup_free_ char *upper = xstrdup(text);
	bool small = false;

	for (i = 0; i < len; i++) {
		upper[i] = (char)toupper((unsigned char)text[i]);
		small |= upper[i] != text[i];
	}
	if (len < 8 || len > 20 || strspn(upper, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != len) {
		*ret_why = xstrdup("a serial is 8 to 20 letters and digits");
		return -EINVAL;
	}
	if (small) {
		*ret_why = xasprintf("a serial is in capitals: Serial=%s", upper);
		return -EINVAL;
	}
	replace(field, TAKE(upper));
	return 0;
}

static int set_host(char **field, const char *text)
{
	size_t len = strlen(text);

	if (len > 253 || strspn(text, host_chars) != len || text[0] == '-') {
		return -EINVAL;
	}
	replace(field, xstrdup(text));
	return 0;
}

static void set_path(char **field, const char *text, const struct config_file *file)
{
	while (str_starts(text, "./")) {
		text += 2;
	}
	replace(field, paths_join(file ? file->dir : NULL, text));
}

static int set_secret(
    struct secret **field, const char *text, const struct config_file *file, char **ret_why)
{
	struct secret *s = NULL;
	int rc = config_secret_read(text, file, &s, ret_why);

	if (rc == 0) {
		secret_destroy(*field);
		*field = s;
	}
	return rc;
}

/* What the value should have been, for kinds of value that fail in one way only. */
static char *say_wanted(const struct config_key *k)
{
	switch (k->type) {
	case CONFIG_BOOL:
		return *k->values ? xasprintf("want one of %s", k->values)
				  : xstrdup("want yes or no");
	case CONFIG_ENUM:
		return xasprintf("want one of %s", k->values);
	case CONFIG_INT:
	case CONFIG_PORT:
		return xasprintf("want a number, %s", k->values);
	case CONFIG_TIME:
		return xasprintf("want a time such as 30s, %s", k->values);
	case CONFIG_HEX:
		return xstrdup("want 64 hexadecimal digits");
	case CONFIG_HOST:
		return xstrdup("want an address or a host name, alone");
	case CONFIG_STRING:
	case CONFIG_WORDS:
	case CONFIG_PATH:
	case CONFIG_SECRET:
	case CONFIG_SERIAL:
	case CONFIG_TYPE_COUNT:
		break;
	}
	return xstrdup("not a value of this key");
}

static int set_number(const struct config_key *k, void *field, const char *text)
{
	bool is_off = can_be_off(k) && (strcmp(text, "off") == 0 || strcmp(text, "0") == 0);
	int64_t n = 0;
	int rc = is_off ? 0 : parse_in_range(k, text, &n);

	if (rc < 0) {
		return -EINVAL;
	}
	if (k->type == CONFIG_PORT) {
		*(uint16_t *)field = (uint16_t)n;
	} else {
		*(int *)field = (int)n;
	}
	return 0;
}

/* Both ends of "1s..1h". */
static int set_time(const struct config_key *k, int64_t *field, const char *text)
{
	const char *dots = strstr(k->values, "..");
	_cleanup_free_ char *low = xstrndup(k->values, (size_t)(dots - k->values));
	int64_t min = 0, max = 0, ms = 0;
	int rc = parse_duration_ms(low, &min);

	assert(rc == 0);
	rc = parse_duration_ms(dots + 2, &max);
	assert(rc == 0);
	if (parse_duration_ms(text, &ms) < 0 || ms < min || ms > max) {
		return -EINVAL;
	}
	*field = ms;
	return 0;
}

static int set_field(const struct config_key *k, void *field, const char *text,
    const struct config_file *file, char **ret_why)
{
	switch (k->type) {
	case CONFIG_BOOL:
		return set_bool(k, field, text);
	case CONFIG_ENUM:
		return set_enum(k, field, text);
	case CONFIG_INT:
	case CONFIG_PORT:
		return set_number(k, field, text);
	case CONFIG_TIME:
		return set_time(k, field, text);
	case CONFIG_HEX:
		return set_hex(field, text);
	case CONFIG_HOST:
		return set_host(field, text);
	case CONFIG_SERIAL:
		return set_serial(field, text, ret_why);
	case CONFIG_SECRET:
		return set_secret(field, text, file, ret_why);
	case CONFIG_PATH:
		set_path(field, text, file);
		return 0;
	case CONFIG_WORDS:
		config_strings_free(*(char ***)field);
		*(char ***)field = split_words(text);
		return 0;
	case CONFIG_STRING:
		replace(field, xstrdup(text));
		return 0;
	case CONFIG_TYPE_COUNT:
		break;
	}
	return -EINVAL;
}

int config_value_set(const struct config_key *k, void *base, const char *text,
    const struct config_file *file, char **ret_why)
{
	char *why = NULL;
	int rc = set_field(k, (char *)base + k->offset, text, file, &why);

	if (rc < 0) {
		*ret_why = why ? why : say_wanted(k);
	}
	return rc;
}

static char *join_words(char **v)
{
	char *text = xstrdup("");

	for (; v && *v; v++) {
		char *longer = xasprintf("%s%s%s", text, *text ? " " : "", *v);

		free(text);
		text = longer;
	}
	return text;
}

static char *hex_text(const uint8_t *bytes)
{
	static const uint8_t none[HEX_BYTES];
	static const char digits[] = "0123456789abcdef";
	char text[2 * HEX_BYTES + 1] = "";
	size_t i;

	if (memcmp(bytes, none, sizeof(none)) != 0) {
		for (i = 0; i < HEX_BYTES; i++) {
			text[2 * i] = digits[bytes[i] >> 4];
			text[2 * i + 1] = digits[bytes[i] & 15];
		}
	}
	return xstrdup(text);
}

/* An unset port has no text: 0 is none the reader takes. */
static char *number_text(const struct config_key *k, const void *field)
{
	int n = k->type == CONFIG_PORT ? *(const uint16_t *)field : *(const int *)field;

	if (n == 0 && can_be_off(k)) {
		return xstrdup("off");
	}
	return n == 0 && k->type == CONFIG_PORT ? xstrdup("") : xasprintf("%d", n);
}

static char *time_text(int64_t ms)
{
	return ms % 1000 == 0 ? xasprintf("%llds", (long long)ms / 1000)
			      : xasprintf("%lldms", (long long)ms);
}

char *config_value_text(const struct config_key *k, const void *base)
{
	const void *field = (const char *)base + k->offset;
	const char *text = NULL;

	switch (k->type) {
	case CONFIG_BOOL:
		return *k->values ? word_at(k->values, *(const bool *)field)
				  : xstrdup(*(const bool *)field ? "yes" : "no");
	case CONFIG_ENUM:
		return word_at(k->values, *(const int *)field);
	case CONFIG_INT:
	case CONFIG_PORT:
		return number_text(k, field);
	case CONFIG_TIME:
		return time_text(*(const int64_t *)field);
	case CONFIG_HEX:
		return hex_text(field);
	case CONFIG_WORDS:
		return join_words(*(char **const *)field);
	case CONFIG_SECRET:
		text = *(struct secret *const *)field ? CONFIG_SECRET_MASK : NULL;
		break;
	case CONFIG_STRING:
	case CONFIG_PATH:
	case CONFIG_SERIAL:
	case CONFIG_HOST:
		text = *(char *const *)field;
		break;
	case CONFIG_TYPE_COUNT:
		break;
	}
	return xstrdup(text ? text : "");
}
