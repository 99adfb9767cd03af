/* SPDX-License-Identifier: MIT */
/* JSON as output: the daemon's values unchanged, but with nothing a terminal could act upon. */
#include <string.h>

#include "ctl/out.h"

/* Code point of a character that must not reach a terminal as it is, and its length; 0 = harmless.
 * The serialiser has escaped C0 already; what is left is DEL, C1, bidi controls and separators. */
static unsigned unsafe_char(const unsigned char *s, size_t left, size_t *ret_len)
{
	unsigned c;

	if (s[0] == 0x7f) {
		*ret_len = 1;
		return 0x7f;
	}
	if (left >= 2 && (s[0] == 0xc2 || s[0] == 0xd8)) {
		c = ((s[0] & 0x1fu) << 6) | (s[1] & 0x3fu);
		*ret_len = 2;
		return (c >= 0x80 && c <= 0x9f) || c == 0x61c ? c : 0;
	}
	if (left >= 3 && s[0] == 0xe2) {
		c = 0x2000u | ((s[1] & 0x3fu) << 6) | (s[2] & 0x3fu);
		*ret_len = 3;
		return (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
			       (c >= 0x2066 && c <= 0x2069)
			   ? c
			   : 0;
	}
	return 0;
}

static void write_safely(FILE *f, const char *text, size_t len)
{
	size_t begin = 0, i = 0, size = 0;

	while (i < len) {
		unsigned char b = (unsigned char)text[i];
		unsigned c =
		    b < 0x7f ? 0 : unsafe_char((const unsigned char *)text + i, len - i, &size);

		if (c == 0) {
			i++;
			continue;
		}
		fwrite(text + begin, 1, i - begin, f);
		fprintf(f, "\\u%04x", c);
		i += size;
		begin = i;
	}
	fwrite(text + begin, 1, len - begin, f);
}

static void print(struct out *o, json_object *value, int flags)
{
	size_t len;
	const char *text = json_object_to_json_string_length(value, flags, &len);

	write_safely(o->f, text, len);
	fputc('\n', o->f);
}

void out_json(struct out *o, json_object *value)
{
	if (o->json == OUT_JSON_PRETTY) {
		out_json_pretty(o, value);
	} else {
		print(o, value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	}
}

void out_json_pretty(struct out *o, json_object *value)
{
	print(o, value,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
}
