/* SPDX-License-Identifier: MIT */
/* Lines of a part's head, its length, its bytes. */
#include "ctl/camera_parts.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/util.h"

void parts_finish(struct parts *p)
{
	free(p->buf);
	*p = (struct parts){0};
}

void parts_feed(struct parts *p, const char *data, size_t len)
{
	if (len == 0) {
		return;
	}
	if (p->start > 0) {
		memmove(p->buf, p->buf + p->start, p->len - p->start);
		p->len -= p->start;
		p->start = 0;
	}
	if (p->len + len > p->cap) {
		p->cap = (p->len + len) * 2;
		p->buf = xrealloc(p->buf, p->cap);
	}
	memcpy(p->buf + p->len, data, len);
	p->len += len;
}

/* The number behind a name of a head; 0 when it is not there, -EPROTO when it is none. */
static int64_t head_number(const char *head, size_t len, const char *name, int64_t max)
{
	size_t name_len = strlen(name);
	int64_t value = 0;

	for (const char *line = head, *end; line < head + len; line = end + 1) {
		char text[24];

		end = memchr(line, '\n', (size_t)(head + len - line));
		if (end == NULL) {
			break;
		}
		if ((size_t)(end - line) > name_len && strncasecmp(line, name, name_len) == 0) {
			line += name_len + strspn(line + name_len, " ");
			str_copy(text, sizeof(text), "");
			if ((size_t)(end - line) < sizeof(text)) {
				memcpy(text, line, (size_t)(end - line));
				text[end - line] = '\0';
				text[strcspn(text, "\r")] = '\0';
			}
			return parse_i64(text, 0, max, &value) < 0 ? -EPROTO : value;
		}
	}
	return 0;
}

static int take_end(struct parts *p, struct part *ret)
{
	const char *line = p->buf + p->start + 1;
	const char *end = memchr(line, '\n', p->len - p->start - 1);

	if (end == NULL) {
		return p->len - p->start > PART_HEAD_MAX ? -EPROTO : 0;
	}
	*ret = (struct part){.raw = line, .raw_len = (size_t)(end - line)};
	return -ENODATA;
}

int parts_next(struct parts *p, struct part *ret)
{
	const char *begin = p->buf, *body;
	size_t held = p->len - p->start, head;
	int64_t len, number;

	if (held == 0) {
		return 0;
	}
	begin += p->start;
	if (begin[0] == '\0') {
		return take_end(p, ret);
	}
	body = memmem(begin, held < PART_HEAD_MAX ? held : PART_HEAD_MAX, "\r\n\r\n", 4);
	if (body == NULL) {
		return held >= PART_HEAD_MAX || begin[0] != '-' ? -EPROTO : 0;
	}
	head = (size_t)(body - begin) + 4;
	len = head_number(begin, head, "Content-Length:", PART_BYTES_MAX);
	number = head_number(begin, head, "X-Frame:", INT64_MAX);
	if (len <= 0 || number < 0) {
		return -EPROTO;
	}
	if (held < head + (size_t)len + 2) {
		return 0;
	}
	*ret = (struct part){.raw = begin,
	    .raw_len = head + (size_t)len + 2,
	    .jpeg = begin + head,
	    .len = (size_t)len,
	    .number = (uint64_t)number};
	p->start += ret->raw_len;
	return 1;
}
