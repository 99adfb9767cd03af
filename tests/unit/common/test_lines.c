/* SPDX-License-Identifier: MIT */
/* The bounded newline splitter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/lines.h"
#include "common/util.h"

static void whole_lines_come_out_without_their_ends(void **state)
{
	struct lines l;
	size_t len;

	lines_init(&l, 100);
	assert_int_equal(lines_feed(&l, "one\r\n\ntwo\nthr", 13), 0);
	assert_string_equal(lines_next(&l, &len), "one");
	assert_int_equal(len, 3);
	assert_string_equal(lines_next(&l, &len), "");
	assert_int_equal(len, 0);
	assert_string_equal(lines_next(&l, &len), "two");
	assert_null(lines_next(&l, &len));
	assert_true(lines_partial(&l));
	assert_int_equal(lines_feed(&l, "ee\n", 3), 0);
	assert_false(lines_partial(&l));
	assert_string_equal(lines_next(&l, &len), "three");
	assert_null(lines_next(&l, &len));
	lines_finish(&l);
}

static void nul_inside_a_line_shows_in_its_length(void **state)
{
	struct lines l;
	size_t len;

	lines_init(&l, 100);
	assert_int_equal(lines_feed(&l, "a\0b\n", 4), 0);
	assert_memory_equal(lines_next(&l, &len), "a\0b", 4);
	assert_int_equal(len, 3);
	lines_finish(&l);
}

static void longest_line_passes_and_one_more_byte_does_not(void **state)
{
	struct lines l;
	size_t len;

	lines_init(&l, 5);
	assert_int_equal(lines_feed(&l, "12345\r\n12345\n", 13), 0);
	assert_string_equal(lines_next(&l, &len), "12345");
	assert_string_equal(lines_next(&l, &len), "12345");
	assert_int_equal(lines_feed(&l, "ok\n123456", 9), -EMSGSIZE);
	assert_string_equal(lines_next(&l, &len), "ok");
	assert_null(lines_next(&l, &len));
	assert_int_equal(lines_feed(&l, "\nmore\n", 6), -EMSGSIZE);
	assert_null(lines_next(&l, &len));
	lines_finish(&l);
}

static void memory_stays_bounded_by_what_is_held(void **state)
{
	struct lines l;
	size_t len;
	char *big = xmalloc(60000);

	memset(big, 'x', 60000);
	big[59999] = '\n';
	lines_init(&l, 65536);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(lines_feed(&l, big, 60000), 0);
		assert_non_null(lines_next(&l, &len));
		assert_null(lines_next(&l, &len));
		assert_in_range(l.cap, 0, 8192);
	}
	free(big);
	lines_finish(&l);
}

struct outcome {
	char text[512];
	size_t len;
	int r;
};

static void drain(struct lines *l, struct outcome *o)
{
	char *line;
	size_t len;

	while ((line = lines_next(l, &len)) != NULL) {
		assert_int_equal(line[len], '\0');
		memcpy(o->text + o->len, line, len);
		o->len += len;
		o->text[o->len++] = '|';
	}
}

/* Feeds in chunks of at most `step` bytes (0 = all at once), draining after each or at the end. */
static void run(
    const char *in, size_t len, unsigned *seed, size_t step, bool late, struct outcome *o)
{
	struct lines l;

	*o = (struct outcome){.len = 0};
	lines_init(&l, 8);
	for (size_t pos = 0; pos < len && o->r == 0;) {
		size_t n = len - pos;

		if (step > 0) {
			*seed = *seed * 1103515245 + 12345;
			n = 1 + (*seed >> 16) % step;
			n = n > len - pos ? len - pos : n;
		}
		o->r = lines_feed(&l, in + pos, n);
		pos += n;
		if (!late) {
			drain(&l, o);
		}
	}
	drain(&l, o);
	lines_finish(&l);
}

static void any_chunking_gives_the_same_lines(void **state)
{
	static const char alphabet[] = "ab\r\n\r\nxyz\n";
	unsigned seed = 42;

	for (int round = 0; round < 3000; round++) {
		struct outcome whole, part;
		char in[40];

		for (size_t i = 0; i < sizeof(in); i++) {
			seed = seed * 1103515245 + 12345;
			in[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		run(in, sizeof(in), &seed, 0, false, &whole);
		for (size_t step = 1; step < 12; step += 2) {
			run(in, sizeof(in), &seed, step, step % 3 == 0, &part);
			assert_int_equal(part.r, whole.r);
			assert_int_equal(part.len, whole.len);
			assert_memory_equal(part.text, whole.text, whole.len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole_lines_come_out_without_their_ends),
	    cmocka_unit_test(nul_inside_a_line_shows_in_its_length),
	    cmocka_unit_test(longest_line_passes_and_one_more_byte_does_not),
	    cmocka_unit_test(memory_stays_bounded_by_what_is_held),
	    cmocka_unit_test(any_chunking_gives_the_same_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
