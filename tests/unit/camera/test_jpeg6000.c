/* SPDX-License-Identifier: MIT */
/* Frames come out whole whatever the chunks; what is out of step is said, not guessed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "common/secret.h"
#include "common/util.h"
#include "daemon/camera/jpeg6000.h"
#include "tests/unit/camera/pictures.h"

struct out {
	unsigned frames;
	size_t len;
	int width;
};

/* Feeds chunks of that size; the splitter's answer. */
static int feed(struct jpeg6000 *j, const uint8_t *data, size_t len, size_t chunk, struct out *o)
{
	size_t at = 0, end = 0;

	while (at < len) {
		struct frame *f = NULL;
		size_t room, n;
		void *to = jpeg6000_room(j, &room);
		int rc;

		end = at == end ? at + chunk : end;
		end = end < len ? end : len;
		assert_true(room > 0);
		n = end - at < room ? end - at : room;
		memcpy(to, data + at, n);
		at += n;
		rc = jpeg6000_filled(j, n, &f);
		if (rc != 0) {
			assert_null(f);
			return rc;
		}
		if (f) {
			assert_memory_equal(f->data, data + at - f->len, f->len);
			o->frames++;
			o->len = f->len;
			o->width = f->width;
			frame_unref(f);
		}
	}
	return 0;
}

static void frames_come_whole_from_any_chunks(void **state)
{
	static const size_t chunks[] = {1, 2, 3, 7, 15, 16, 17, 64, 999, 1016, 1017, 5000};
	_cleanup_free_ uint8_t *one = NULL, *two = NULL, *all = NULL;
	size_t a = picture_message(&one, 1000, 1280, 720), b = picture_message(&two, 77, 640, 480);

	all = xmalloc(a + b + a);
	memcpy(all, one, a);
	memcpy(all + a, two, b);
	memcpy(all + a + b, one, a);
	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
		struct jpeg6000 j = {0};
		struct out o = {0};

		assert_int_equal(feed(&j, all, a + b + a, chunks[i], &o), 0);
		assert_int_equal(o.frames, 3);
		assert_int_equal(o.len, 1000);
		assert_int_equal(o.width, 1280);
		assert_null(j.frame);
		jpeg6000_reset(&j);
	}
}

static void other_numbers_of_the_header_do_not_matter(void **state)
{
	_cleanup_free_ uint8_t *message = NULL;
	size_t len = picture_message(&message, 100, 8, 8);
	struct jpeg6000 j = {0};
	struct out o = {0};

	memset(message + 4, 0xee, 12);
	assert_int_equal(feed(&j, message, len, 9, &o), 0);
	assert_int_equal(o.frames, 1);
}

static void impossible_sizes_are_out_of_step(void **state)
{
	static const uint32_t sizes[] = {0, 1, 3, FRAME_BYTES_MAX + 1, 0x7fffffff, 0xffffffff};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct jpeg6000 j = {0};
		struct out o = {0};
		uint8_t header[16];

		picture_header(header, sizes[i]);
		assert_int_equal(feed(&j, header, 16, 16, &o), JPEG6000_E_SIZE);
		assert_null(j.frame); /* nothing was set aside for it */
		jpeg6000_reset(&j);
	}
}

static void largest_frame_is_taken(void **state)
{
	_cleanup_free_ uint8_t *message = NULL;
	size_t len = picture_message(&message, FRAME_BYTES_MAX, 1920, 1080);
	struct jpeg6000 j = {0};
	struct out o = {0};

	assert_int_equal(feed(&j, message, len, 16384, &o), 0);
	assert_int_equal(o.frames, 1);
	assert_int_equal(o.len, FRAME_BYTES_MAX);
}

static void what_does_not_start_like_a_jpeg_is_out_of_step(void **state)
{
	_cleanup_free_ uint8_t *message = NULL;
	size_t len = picture_message(&message, 500, 8, 8);

	message[17] = 0xd9;
	for (size_t chunk = 1; chunk < 40; chunk++) {
		struct jpeg6000 j = {0};
		struct out o = {0};

		assert_int_equal(feed(&j, message, len, chunk, &o), JPEG6000_E_START);
		jpeg6000_reset(&j);
		assert_null(j.frame);
	}
}

static void frame_without_end_is_dropped_and_the_next_one_taken(void **state)
{
	_cleanup_free_ uint8_t *cut = NULL, *good = NULL;
	size_t len = picture_message(&cut, 500, 8, 8);
	struct jpeg6000 j = {0};
	struct out o = {0};

	picture_message(&good, 500, 16, 8);
	cut[len - 1] = 0xd8;
	assert_int_equal(feed(&j, cut, len, 100, &o), 0);
	assert_int_equal(o.frames, 0);
	assert_int_equal(j.broken, 1);
	assert_int_equal(feed(&j, good, len, 100, &o), 0);
	assert_int_equal(o.frames, 1);
	assert_int_equal(o.width, 16);
}

static void frame_without_a_size_is_dropped(void **state)
{
	static const uint8_t bare[] = {0xff, 0xd8, 0xff, 0xd9};
	struct jpeg6000 j = {0};
	struct out o = {0};
	uint8_t header[16];

	picture_header(header, sizeof(bare));
	assert_int_equal(feed(&j, header, 16, 16, &o), 0);
	assert_int_equal(feed(&j, bare, sizeof(bare), 4, &o), 0);
	assert_int_equal(o.frames, 0);
	assert_int_equal(j.broken, 1);
}

static void reset_forgets_half_a_frame(void **state)
{
	_cleanup_free_ uint8_t *message = NULL;
	size_t len = picture_message(&message, 500, 8, 8);
	struct jpeg6000 j = {0};
	struct out o = {0};

	assert_int_equal(feed(&j, message, 300, 300, &o), 0);
	jpeg6000_reset(&j);
	assert_int_equal(feed(&j, message, 9, 9, &o), 0);
	jpeg6000_reset(&j);
	assert_int_equal(feed(&j, message, len, 50, &o), 0);
	assert_int_equal(o.frames, 1);
}

static void million_frames_in_odd_chunks_are_a_million(void **state)
{
	enum { BATCH = 1000, BATCHES = 1000, BYTES = 64 };
	_cleanup_free_ uint8_t *one = NULL, *batch = NULL;
	size_t len = picture_message(&one, BYTES, 1280, 720);
	struct jpeg6000 j = {0};
	struct out o = {0};

	batch = xmalloc(len * BATCH);
	for (size_t i = 0; i < BATCH; i++) {
		memcpy(batch + i * len, one, len);
	}
	for (size_t i = 0; i < BATCHES; i++) {
		assert_int_equal(feed(&j, batch, len * BATCH, 61 + i % 40, &o), 0);
	}
	assert_int_equal(o.frames, BATCH * BATCHES);
	assert_int_equal(j.broken, 0);
}

static void auth_is_80_bytes_with_user_and_code(void **state)
{
	static const uint8_t head[16] = {0x40, 0, 0, 0, 0, 0x30};
	static const uint8_t zeroes[32];
	_cleanup_secret_ struct secret *code = secret_create("12345678", 8);
	uint8_t auth[JPEG6000_AUTH_BYTES];

	memset(auth, 0xaa, sizeof(auth));
	assert_int_equal(jpeg6000_auth(code, auth), 0);
	assert_memory_equal(auth, head, 16);
	assert_memory_equal(auth + 16, "bblp", 4);
	assert_memory_equal(auth + 20, zeroes, 28);
	assert_memory_equal(auth + 48, "12345678", 8);
	assert_memory_equal(auth + 56, zeroes, 24);
}

static void code_that_does_not_fit_is_refused(void **state)
{
	_cleanup_secret_ struct secret *full =
	    secret_create("12345678901234567890123456789012", 32);
	_cleanup_secret_ struct secret *more =
	    secret_create("123456789012345678901234567890123", 33);
	_cleanup_secret_ struct secret *none = secret_create("", 0);
	uint8_t auth[JPEG6000_AUTH_BYTES];

	assert_int_equal(jpeg6000_auth(full, auth), 0);
	assert_int_equal(auth[79], '2');
	assert_int_equal(jpeg6000_auth(more, auth), -EINVAL);
	assert_int_equal(jpeg6000_auth(none, auth), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_come_whole_from_any_chunks),
	    cmocka_unit_test(other_numbers_of_the_header_do_not_matter),
	    cmocka_unit_test(impossible_sizes_are_out_of_step),
	    cmocka_unit_test(largest_frame_is_taken),
	    cmocka_unit_test(what_does_not_start_like_a_jpeg_is_out_of_step),
	    cmocka_unit_test(frame_without_end_is_dropped_and_the_next_one_taken),
	    cmocka_unit_test(frame_without_a_size_is_dropped),
	    cmocka_unit_test(reset_forgets_half_a_frame),
	    cmocka_unit_test(million_frames_in_odd_chunks_are_a_million),
	    cmocka_unit_test(auth_is_80_bytes_with_user_and_code),
	    cmocka_unit_test(code_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
