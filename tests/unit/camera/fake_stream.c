/* SPDX-License-Identifier: MIT */
/* Streams that go nowhere, in place of daemon/io/stream.c: the test is the printer. */
#include "tests/unit/camera/fake_stream.h"

#include <assert.h>
#include <string.h>

#include "common/util.h"

struct stream {
	struct stream_handler handler;
};

struct fake_streams fake_streams;

struct stream *stream_open(
    struct loop *l, const struct stream_config *c, const struct stream_handler *h)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->handler = *h;
	str_copy(fake_streams.address, sizeof(fake_streams.address), c->address);
	str_copy(fake_streams.name, sizeof(fake_streams.name), c->name);
	fake_streams.port = c->port;
	fake_streams.written_len = 0;
	memset(fake_streams.written, 0, sizeof(fake_streams.written));
	fake_streams.opened++;
	fake_streams.open++;
	if (fake_streams.open > fake_streams.open_max) {
		fake_streams.open_max = fake_streams.open;
	}
	fake_streams.now = s;
	return s;
}

void stream_destroy(struct stream *s)
{
	if (s) {
		assert(fake_streams.now == s);
		fake_streams.now = NULL;
		fake_streams.open--;
		free(s);
	}
}

void stream_write(struct stream *s, const void *data, size_t len)
{
	assert(fake_streams.written_len + len < sizeof(fake_streams.written));
	memcpy(fake_streams.written + fake_streams.written_len, data, len);
	fake_streams.written_len += len;
}

void stream_want(struct stream *s, size_t bytes)
{
}

void fake_up(void)
{
	fake_streams.now->handler.up(fake_streams.now->handler.arg);
}

void fake_data(const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0 && fake_streams.now) {
		const struct stream_handler *h = &fake_streams.now->handler;
		size_t n;
		void *to = h->room(h->arg, &n);

		n = n < len ? n : len;
		n = fake_streams.chunk > 0 && fake_streams.chunk < n ? fake_streams.chunk : n;
		memcpy(to, at, n);
		at += n;
		len -= n;
		h->filled(h->arg, n);
	}
}

void fake_down(enum stream_down why, const char *text)
{
	fake_streams.now->handler.down(fake_streams.now->handler.arg, why, text);
}
