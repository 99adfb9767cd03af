/* SPDX-License-Identifier: MIT */
/* Validating JSON scanner: one linear pass over the text fills a flat tape of spans (RFC 8259). */
#include "daemon/model/scan.h"

#include <endian.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"

#define TAPE_START 256 /* nodes of the first allocation */

struct parser {
	struct scan *s;
	const char *p, *end;
	uint32_t open[SCAN_DEPTH_MAX]; /* nodes of the containers around p */
	unsigned depth;
	uint32_t values;
	enum scan_error error;
};

void scan_init(struct scan *s)
{
	memset(s, 0, sizeof(*s));
}

void scan_finish(struct scan *s)
{
	free(s->nodes);
	memset(s, 0, sizeof(*s));
}

static uint32_t add_node(struct parser *ps, enum scan_type type, const char *start)
{
	struct scan *s = ps->s;
	struct scan_node *n;

	if (s->count == s->cap) {
		s->cap = s->cap > 0 ? s->cap * 2 : TAPE_START;
		s->nodes = xrealloc(s->nodes, s->cap * sizeof(*s->nodes));
	}
	n = &s->nodes[s->count];
	n->off = (uint32_t)(start - s->text);
	n->len = 0;
	n->next = s->count + 1;
	n->type = (uint8_t)type;
	n->escaped = 0;
	return s->count++;
}

static void end_node(struct parser *ps, uint32_t node, const char *end)
{
	struct scan_node *n = &ps->s->nodes[node];

	n->len = (uint32_t)(end - ps->s->text) - n->off;
	n->next = ps->s->count;
}

static bool fail_with(struct parser *ps, enum scan_error error)
{
	ps->error = error;
	return false;
}

static inline void skip_space(struct parser *ps)
{
	while (ps->p < ps->end &&
	       (*ps->p == ' ' || *ps->p == '\n' || *ps->p == '\r' || *ps->p == '\t')) {
		ps->p++;
		ps->s->spaced = true;
	}
}

/* The bytes at p before the first quote, backslash or control byte, 8 when there is none in eight.
 * A byte is flagged by its high bit; a borrow can flag one wrongly, but only above a right one. */
static inline unsigned plain_bytes(const char *p)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
	uint64_t w, quote, slash, flags;

	memcpy(&w, p, sizeof(w));
	w = le64toh(w);
	quote = w ^ (ones * '"');
	slash = w ^ (ones * '\\');
	flags = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((w - ones * 0x20) & ~w);
	flags &= high;
	return flags == 0 ? 8 : (unsigned)__builtin_ctzll(flags) / 8;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* p stands on the backslash; moves past the escape. */
static bool skip_escape(struct parser *ps)
{
	int i;

	ps->p++;
	if (ps->p == ps->end || *ps->p == '\0' || strchr("\"\\/bfnrtu", *ps->p) == NULL) {
		return fail_with(ps, SCAN_E_SYNTAX);
	}
	if (*ps->p++ != 'u') {
		return true;
	}
	for (i = 0; i < 4; i++) {
		if (ps->p == ps->end || !is_hex(*ps->p)) {
			return fail_with(ps, SCAN_E_SYNTAX);
		}
		ps->p++;
	}
	return true;
}

/* p stands behind the opening quote. */
static bool parse_string(struct parser *ps)
{
	uint32_t node = add_node(ps, SCAN_STRING, ps->p);
	const char *p = ps->p;

	for (;;) {
		unsigned plain = 8;

		while (plain == 8 && ps->end - p >= 8) {
			plain = plain_bytes(p);
			p += plain;
		}
		if (p == ps->end || (unsigned char)*p < 0x20) {
			return fail_with(ps, SCAN_E_SYNTAX);
		}
		if (*p == '"') {
			end_node(ps, node, p);
			ps->p = p + 1;
			return true;
		}
		if (*p == '\\') {
			ps->s->nodes[node].escaped = 1;
			ps->p = p;
			if (!skip_escape(ps)) {
				return false;
			}
			p = ps->p;
		} else {
			p++;
		}
	}
}

static bool skip_digits(struct parser *ps)
{
	const char *start = ps->p;

	while (ps->p < ps->end && is_digit(*ps->p)) {
		ps->p++;
	}
	return ps->p > start || fail_with(ps, SCAN_E_SYNTAX);
}

static bool parse_number(struct parser *ps)
{
	uint32_t node = add_node(ps, SCAN_NUMBER, ps->p);

	if (*ps->p == '-') {
		ps->p++;
	}
	if (ps->p < ps->end && *ps->p == '0') {
		ps->p++;
	} else if (!skip_digits(ps)) {
		return false;
	}
	if (ps->p < ps->end && *ps->p == '.') {
		ps->p++;
		if (!skip_digits(ps)) {
			return false;
		}
	}
	if (ps->p < ps->end && (*ps->p == 'e' || *ps->p == 'E')) {
		ps->p++;
		if (ps->p < ps->end && (*ps->p == '+' || *ps->p == '-')) {
			ps->p++;
		}
		if (!skip_digits(ps)) {
			return false;
		}
	}
	end_node(ps, node, ps->p);
	return true;
}

static bool parse_word(struct parser *ps, const char *word, size_t len, enum scan_type type)
{
	uint32_t node = add_node(ps, type, ps->p);

	if ((size_t)(ps->end - ps->p) < len || memcmp(ps->p, word, len) != 0) {
		return fail_with(ps, SCAN_E_SYNTAX);
	}
	ps->p += len;
	end_node(ps, node, ps->p);
	return true;
}

/* A member's key, its colon, and p on the value. */
static bool parse_key(struct parser *ps)
{
	if (ps->p == ps->end || *ps->p != '"') {
		return fail_with(ps, SCAN_E_SYNTAX);
	}
	ps->p++;
	if (!parse_string(ps)) {
		return false;
	}
	skip_space(ps);
	if (ps->p == ps->end || *ps->p != ':') {
		return fail_with(ps, SCAN_E_SYNTAX);
	}
	ps->p++;
	skip_space(ps);
	return true;
}

static bool parse_scalar(struct parser *ps)
{
	switch (*ps->p) {
	case '"':
		ps->p++;
		return parse_string(ps);
	case 't':
		return parse_word(ps, "true", 4, SCAN_TRUE);
	case 'f':
		return parse_word(ps, "false", 5, SCAN_FALSE);
	case 'n':
		return parse_word(ps, "null", 4, SCAN_NULL);
	default:
		return parse_number(ps);
	}
}

/* Opens a container; *ret_value: a value (its first) is to be read next. */
static bool open_container(struct parser *ps, bool *ret_value)
{
	bool object = *ps->p == '{';
	char close = object ? '}' : ']';

	if (ps->depth == SCAN_DEPTH_MAX) {
		return fail_with(ps, SCAN_E_DEPTH);
	}
	ps->open[ps->depth++] = add_node(ps, object ? SCAN_OBJECT : SCAN_ARRAY, ps->p);
	ps->p++;
	skip_space(ps);
	*ret_value = ps->p == ps->end || *ps->p != close;
	return !*ret_value || !object || parse_key(ps);
}

/* Behind a value: closes what ends here; *ret_value: a comma brought a further value. */
static bool after_value(struct parser *ps, bool *ret_value)
{
	while (ps->depth > 0) {
		uint32_t node = ps->open[ps->depth - 1];
		bool object = ps->s->nodes[node].type == SCAN_OBJECT;

		skip_space(ps);
		if (ps->p == ps->end) {
			return fail_with(ps, SCAN_E_SYNTAX);
		}
		if (*ps->p == ',') {
			ps->p++;
			skip_space(ps);
			*ret_value = true;
			return !object || parse_key(ps);
		}
		if (*ps->p != (object ? '}' : ']')) {
			return fail_with(ps, SCAN_E_SYNTAX);
		}
		ps->p++;
		ps->depth--;
		end_node(ps, node, ps->p);
	}
	*ret_value = false;
	return true;
}

static bool parse_values(struct parser *ps)
{
	bool value = true;

	while (value) {
		if (++ps->values > SCAN_NODES_MAX) {
			return fail_with(ps, SCAN_E_NODES);
		}
		if (ps->p == ps->end) {
			return fail_with(ps, SCAN_E_SYNTAX);
		}
		if (*ps->p == '{' || *ps->p == '[') {
			if (!open_container(ps, &value)) {
				return false;
			}
			if (value) {
				continue;
			}
		} else if (!parse_scalar(ps)) {
			return false;
		}
		if (!after_value(ps, &value)) {
			return false;
		}
	}
	return true;
}

enum scan_error scan_parse(struct scan *s, const char *text, size_t len)
{
	struct parser ps = {.s = s, .p = text, .end = text + len};

	s->text = text;
	s->text_len = len;
	s->count = 0;
	s->spaced = false;
	if (len > SCAN_BYTES_MAX) {
		return SCAN_E_BYTES;
	}
	skip_space(&ps);
	if (parse_values(&ps)) {
		skip_space(&ps);
		if (ps.p != ps.end) {
			ps.error = SCAN_E_SYNTAX;
		}
	}
	if (ps.error != SCAN_OK) {
		s->count = 0;
	}
	return ps.error;
}

size_t scan_repair(char *text, size_t len)
{
	size_t i = 0, repaired = 0;

	while (i < len) {
		size_t n;

		if ((unsigned char)text[i] < 0x80) {
			i++;
			continue;
		}
		n = text_utf8_len(text + i, len - i);
		if (n == 0) {
			text[i] = '?';
			repaired++;
			n = 1;
		}
		i += n;
	}
	return repaired;
}
