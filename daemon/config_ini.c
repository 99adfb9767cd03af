/* SPDX-License-Identifier: MIT */
/* Reader of the ini grammar: one section heading or one KEY=VALUE at a time (pure). */
#include "daemon/config_ini.h"

#include <errno.h>
#include <string.h>

#include "common/text.h"

void config_ini_init(struct config_ini *r, char *text, size_t len)
{
	static const char bom[] = "\xEF\xBB\xBF";
	size_t skip = len >= 3 && memcmp(text, bom, 3) == 0 ? 3 : 0;

	*r = (struct config_ini){.at = text + skip, .end = text + len};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts blanks at both ends of [s, end), ends it with NUL. *end must be writable. */
static char *trim(char *s, char *end)
{
	while (s < end && is_blank(*s)) {
		s++;
	}
	while (end > s && is_blank(end[-1])) {
		end--;
	}
	*end = '\0';
	return s;
}

/* NULL when the bytes may stand in a line. */
static const char *check_bytes(const char *s, size_t len)
{
	size_t i;

	if (len > CONFIG_INI_LINE_MAX) {
		return "line longer than 8192 bytes";
	}
	for (i = 0; i < len; i++) {
		if (((unsigned char)s[i] < 0x20 && !is_blank(s[i])) || s[i] == 0x7f) {
			return "control character in the line";
		}
	}
	return text_is_utf8(s, len) ? NULL : "line is not UTF-8";
}

static const char *take_section(struct config_ini *r, char *line, struct config_ini_item *item)
{
	size_t len = strlen(line);

	if (line[len - 1] != ']') {
		return "a section heading ends with ']'";
	}
	item->name = trim(line + 1, line + len - 1);
	item->value = NULL;
	if (!*item->name || strpbrk(item->name, "[]")) {
		return "a section heading is [Section] or [Section NAME]";
	}
	r->in_section = true;
	return NULL;
}

static const char *take_key(struct config_ini *r, char *line, struct config_ini_item *item)
{
	char *eq = strchr(line, '=');

	if (!eq) {
		return "neither [Section], Key=Value nor a comment";
	}
	if (!r->in_section) {
		return "key before the first [Section]";
	}
	item->value = trim(eq + 1, eq + 1 + strlen(eq + 1));
	item->name = trim(line, eq);
	return *item->name ? NULL : "no key before '='";
}

int config_ini_next(struct config_ini *r, struct config_ini_item *ret, const char **ret_why)
{
	while (r->at < r->end) {
		char *start = r->at;
		char *newline = memchr(start, '\n', (size_t)(r->end - start));
		char *stop = newline ? newline : r->end;
		struct config_ini_item item;
		const char *why = check_bytes(start, (size_t)(stop - start));
		char *line;

		r->line++;
		r->at = newline ? newline + 1 : r->end;
		if (!why) {
			line = trim(start, stop);
			if (!*line || *line == '#' || *line == ';') {
				continue;
			}
			why =
			    *line == '[' ? take_section(r, line, &item) : take_key(r, line, &item);
		}
		if (why) {
			*ret_why = why;
			return -EINVAL;
		}
		*ret = item;
		return 1;
	}
	return 0;
}
