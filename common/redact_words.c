/* SPDX-License-Identifier: MIT */
/* Values by what they look like: addresses, serials, mail, tokens, names that are known. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/redact_internal.h"
#include "common/util.h"

#define SERIAL_LEN 15
#define NUMERIC_MAX 45 /* the longest IPv6 address as text */
#define TOKEN_MIN 20   /* a JWT begins with eyJ and is longer */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_among(char c, const char *more)
{
	return is_alnum(c) || (c != '\0' && strchr(more, c) != NULL);
}

static size_t run_of(const char *text, size_t len, const char *more)
{
	size_t n = 0;

	while (n < len && is_among(text[n], more)) {
		n++;
	}
	return n;
}

static bool is_made_of(const char *text, size_t len, const char *set)
{
	for (size_t i = 0; i < len; i++) {
		if (!text[i] || !strchr(set, text[i])) {
			return false;
		}
	}
	return true;
}

static void put(struct jw *out, const char *text)
{
	jw_bytes(out, text, strlen(text));
}

/* Two digits and a sign tell the model, twelve signs follow (bambu.md 3). */
static bool is_serial(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < len && ((word[i] >= '0' && word[i] <= '9') ||
				   (i >= 2 && word[i] >= 'A' && word[i] <= 'Z'));
	     i++) {
	}
	return len == SERIAL_LEN && i == len;
}

static bool holds_secret(const struct redact *r, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (redact_secret_at(r, text + i, len - i)) {
			return true;
		}
	}
	return false;
}

/* ---- one look-alike each: how many bytes were replaced, 0 = it is none ---- */

static size_t take_url(const struct redact *r, const char *text, size_t len, struct jw *out)
{
	size_t scheme = run_of(text, len, "+.-"), n;

	if (scheme == 0 || len < scheme + 3 || memcmp(text + scheme, "://", 3) != 0) {
		return 0;
	}
	for (n = scheme + 3; n < len && (unsigned char)text[n] > ' ' && !strchr("\"'<>,", text[n]);
	     n++) {
	}
	if (n == scheme + 3) {
		return 0;
	}
	if (!holds_secret(r, text, scheme + 3)) {
		jw_bytes(out, text, scheme + 3);
	}
	put(out, REDACT_MASK);
	return n;
}

static size_t take_mail(const char *text, size_t len, struct jw *out)
{
	size_t name = run_of(text, len, "._%+-"), host;

	if (name == 0 || name + 1 >= len || text[name] != '@') {
		return 0;
	}
	host = run_of(text + name + 1, len - name - 1, ".-");
	if (host == 0) {
		return 0;
	}
	put(out, REDACT_MASK "@" REDACT_MASK);
	return name + 1 + host;
}

static bool is_mac(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (i % 3 == 2 ? word[i] != ':' : !isxdigit((unsigned char)word[i])) {
			return false;
		}
	}
	return len == 17;
}

/* Versions are written with two digits a part: 01.08.00.00. */
static bool is_ip4(const char *word)
{
	struct in_addr a;

	return inet_pton(AF_INET, word, &a) == 1 && !str_starts(word, "127.") &&
	       !str_starts(word, "0.") && !str_starts(word, "255.");
}

static bool is_ip6(const char *word)
{
	struct in6_addr a;

	return strlen(word) > 3 && inet_pton(AF_INET6, word, &a) == 1;
}

static size_t take_numeric(struct redact *r, const char *text, size_t len, struct jw *out)
{
	char word[NUMERIC_MAX + 1] = "";
	size_t n = 0;

	while (n < len && (isxdigit((unsigned char)text[n]) || text[n] == ':' || text[n] == '.')) {
		n++;
	}
	while (n > 0 &&
	       (text[n - 1] == '.' || (text[n - 1] == ':' && !(n > 1 && text[n - 2] == ':')))) {
		n--; /* the end of a sentence, or what comes before its reason */
	}
	if (n == 0 || n > NUMERIC_MAX || (n < len && is_alnum(text[n]))) {
		return 0;
	}
	memcpy(word, text, n);
	if (is_mac(word, n)) {
		put(out, redact_name_n(r, REDACT_MAC, word, n));
		return n;
	}
	if (is_ip6(word)) {
		put(out, redact_name_n(r, REDACT_IP6, word, n));
		return n;
	}
	n = strcspn(word, ":");
	word[n] = '\0';
	if (!is_ip4(word)) {
		return 0;
	}
	put(out, redact_name_n(r, REDACT_IP4, word, n));
	return n;
}

static size_t take_home(const char *text, size_t len, struct jw *out)
{
	static const char home[] = "/home/";
	size_t head = sizeof(home) - 1, name;

	if (len <= head || memcmp(text, home, head) != 0) {
		return 0;
	}
	name = run_of(text + head, len - head, "._-");
	if (name == 0) {
		return 0;
	}
	put(out, "/home/user");
	return head + name;
}

/* A piece between dots, lines and underscores. */
static void put_piece(struct redact *r, const char *piece, size_t len, struct jw *out)
{
	const char *known = redact_find(r, piece, len);

	if (known) {
		put(out, known);
	} else if (is_serial(piece, len)) {
		put(out, redact_name_n(r, REDACT_SERIAL, piece, len));
	} else {
		jw_bytes(out, piece, len);
	}
}

/* Letters and digits without a secret in them. */
static size_t piece_of(const struct redact *r, const char *text, size_t len)
{
	size_t n = 0;

	while (
	    n < len && is_alnum(text[n]) && (n == 0 || !redact_secret_at(r, text + n, len - n))) {
		n++;
	}
	return n;
}

static size_t take_word(struct redact *r, const char *text, size_t len, struct jw *out)
{
	size_t word = run_of(text, len, "._-"), n;
	const char *known = redact_find(r, text, word);

	for (n = word; !known && n > 1 && text[n - 1] == '.'; n--) {
		known = redact_find(r, text, n - 1);
		word = known ? n - 1 : word;
	}
	if (known) {
		put(out, known);
		return word;
	}
	if (word >= TOKEN_MIN && memcmp(text, "eyJ", 3) == 0) {
		put(out, REDACT_MASK);
		return word;
	}
	n = piece_of(r, text, len);
	if (n > 0) {
		put_piece(r, text, n, out);
	}
	return n;
}

static size_t take_thing(struct redact *r, enum redact_rule rule, const char *text, size_t len,
    bool begins, struct jw *out)
{
	size_t n = redact_secret_at(r, text, len);

	if (n > 0) {
		put(out, REDACT_MASK);
		return n;
	}
	if (text[0] == '/') {
		return take_home(text, len, out);
	}
	if (!begins) {
		return 0;
	}
	n = take_url(r, text, len, out);
	n = n ? n : take_mail(text, len, out);
	if (n == 0 && rule != RULE_VERSION) {
		n = take_numeric(r, text, len, out);
	}
	return n ? n : take_word(r, text, len, out);
}

void redact_words(
    struct redact *r, enum redact_rule rule, const char *text, size_t len, struct jw *out)
{
	bool begins = true;

	for (size_t i = 0; i < len;) {
		size_t n = take_thing(r, rule, text + i, len - i, begins, out);

		if (n == 0) {
			jw_bytes(out, text + i, 1);
			n = 1;
		}
		i += n;
		begins = !is_alnum(text[i - 1]);
	}
}

/* ---- values by their rule ---- */

/* "" and zeros mean that there is none, -1 too. */
static bool is_nothing(const char *text, size_t len)
{
	size_t zeros = 0;

	while (zeros < len && text[zeros] == '0') {
		zeros++;
	}
	return zeros == len || (len == 2 && memcmp(text, "-1", 2) == 0);
}

/* Where every printer has a plate: that says nothing. */
static bool is_plate(const char *text, size_t len)
{
	static const char tail[] = "Metadata/plate_";
	const char *at = memmem(text, len, tail, sizeof(tail) - 1);
	size_t head = at ? (size_t)(at - text) : 0, n = head + sizeof(tail) - 1;

	if (!at || (head != 0 && !(head == 6 && memcmp(text, "/data/", 6) == 0))) {
		return false;
	}
	while (n < len && n < head + sizeof(tail) + 2 && isdigit((unsigned char)text[n])) {
		n++;
	}
	return len - n == 6 && memcmp(text + n, ".gcode", 6) == 0;
}

static void put_address(struct redact *r, const char *text, size_t len, struct jw *out)
{
	size_t before = out->len;

	redact_words(r, RULE_ADDRESS, text, len, out);
	/* It is no number: a name. */
	if (out->len - before == len && memcmp(out->buf + before, text, len) == 0 &&
	    run_of(text, len, ".-_") == len && !is_made_of(text, len, "0127.")) {
		out->len = before;
		put(out, redact_name_n(r, REDACT_HOST, text, len));
	}
}

void redact_value(
    struct redact *r, enum redact_rule rule, const char *text, size_t len, struct jw *out)
{
	bool plain = rule == RULE_NONE || rule == RULE_VERSION ||
		     (rule == RULE_FILE && (r->keep_files || is_plate(text, len)));

	if (plain || is_nothing(text, len)) {
		redact_words(r, rule, text, len, out);
		return;
	}
	switch (rule) {
	case RULE_MASK:
		put(out, REDACT_MASK);
		break;
	case RULE_SERIAL:
		put(out, redact_name_n(r, REDACT_SERIAL, text, len));
		break;
	case RULE_ID:
		put(out, redact_name_n(r, REDACT_ID, text, len));
		break;
	case RULE_FILE:
		put(out, redact_name_n(r, REDACT_FILE, text, len));
		break;
	case RULE_ADDRESS:
		put_address(r, text, len, out);
		break;
	case RULE_NONE:
	case RULE_VERSION:
		break;
	}
}

/* net.info: four bytes in the order of the network, read as little-endian. */
static void put_ip_number(struct redact *r, const char *text, size_t len, struct jw *out)
{
	_cleanup_free_ char *copy = xstrndup(text, len);
	char shown[INET_ADDRSTRLEN], number[16];
	unsigned char b[4];
	const char *fake;
	struct in_addr a;
	int64_t value;

	if (parse_i64(copy, 1, UINT32_MAX, &value) < 0) {
		put(out, "0");
		return;
	}
	for (int i = 0; i < 4; i++) {
		b[i] = (unsigned char)(value >> 8 * i);
	}
	snprintf(shown, sizeof(shown), "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	fake = redact_name(r, REDACT_IP4, shown);
	if (inet_pton(AF_INET, fake, &a) == 1) {
		memcpy(b, &a, sizeof(b));
	}
	snprintf(number, sizeof(number), "%u",
	    b[0] | (unsigned)b[1] << 8 | (unsigned)b[2] << 16 | (unsigned)b[3] << 24);
	put(out, number);
}

void redact_number(
    struct redact *r, enum redact_rule rule, const char *text, size_t len, struct jw *out)
{
	bool whole = is_made_of(text, len, "0123456789");

	if (holds_secret(r, text, len)) {
		put(out, "0");
	} else if (is_nothing(text, len)) {
		jw_bytes(out, text, len);
	} else if (rule == RULE_MASK || (rule == RULE_SERIAL && !whole)) {
		put(out, "0");
	} else if (rule == RULE_ID && whole) {
		put(out, redact_name_n(r, REDACT_ID, text, len));
	} else if (rule == RULE_SERIAL) {
		put(out, redact_name_n(r, REDACT_ID, text, len));
	} else if (rule == RULE_ADDRESS) {
		put_ip_number(r, text, len, out);
	} else {
		jw_bytes(out, text, len);
	}
}
