/* SPDX-License-Identifier: MIT */
/* A video says what is in it, and ends before its numbers do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "common/util.h"
#include "ctl/avi.h"

enum { HEADER = 224, ROOM = 4096 };

static int new_file(void)
{
	int fd = memfd_create("avi", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static uint32_t u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static size_t load(int fd, uint8_t data[static ROOM])
{
	ssize_t n = pread(fd, data, ROOM, 0);

	assert_true(n > 0 && n < ROOM);
	return (size_t)n;
}

static void avi_lists_cover_the_file_and_the_index_finds_each_picture(void **state)
{
	_cleanup_close_ int fd = new_file();
	uint8_t data[ROOM];
	struct avi a;
	size_t len;

	assert_int_equal(avi_begin(&a, fd, 640, 480, 24), 0);
	assert_int_equal(avi_add(&a, "abc", 3), 0);
	assert_int_equal(avi_add(&a, "defg", 4), 0);
	assert_int_equal(avi_end(&a), 0);
	avi_finish(&a);
	len = load(fd, data);
	assert_memory_equal(data, "RIFF", 4);
	assert_int_equal(u32(data + 4), len - 8);
	assert_memory_equal(data + HEADER - 4,
	    "movi00dc\3\0\0\0abc\0"
	    "00dc\4\0\0\0defg"
	    "idx1",
	    32);
	assert_int_equal(u32(data + HEADER - 8), 4 + 12 + 12);
	/* The first list ends where the second begins. */
	assert_memory_equal(data + 20 + u32(data + 16), "LIST", 4);
	assert_int_equal(20 + u32(data + 16), HEADER - 12);
	for (size_t i = 0; i < 2; i++) {
		const uint8_t *entry = data + HEADER + 24 + 8 + 16 * i;

		assert_memory_equal(entry, "00dc", 4);
		assert_memory_equal(data + HEADER - 4 + u32(entry + 8), "00dc", 4);
		assert_int_equal(u32(entry + 12), 3 + i);
	}
	assert_int_equal(len, HEADER + 24 + 8 + 32);
}

static void avi_is_full_before_its_sizes_overflow(void **state)
{
	_cleanup_close_ int fd = new_file();
	struct avi a;

	assert_int_equal(avi_begin(&a, fd, 640, 480, 24), 0);
	assert_int_equal(avi_add(&a, "ab", 2), 0);
	a.at = UINT32_MAX - 51; /* picture: 8 + 2, index: 8 + 2 * 16 */
	assert_int_equal(avi_add(&a, "ab", 2), 0);
	assert_int_equal(avi_add(&a, "ab", 2), AVI_E_FULL);
	assert_int_equal(avi_end(&a), 0);
	assert_true(lseek(fd, 0, SEEK_END) <= (off_t)UINT32_MAX);
	avi_finish(&a);
}

static void avi_of_no_size_is_refused(void **state)
{
	struct avi a;

	assert_int_equal(avi_begin(&a, -1, 0, 480, 24), -EINVAL);
	assert_int_equal(avi_begin(&a, -1, 640, 70000, 24), -EINVAL);
	assert_int_equal(avi_begin(&a, -1, 640, 480, 0), -EINVAL);
	assert_int_equal(avi_begin(&a, -1, 640, 480, 24), 0);
	assert_int_equal(avi_add(&a, "ab", 2), -EBADF);
	avi_finish(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(avi_lists_cover_the_file_and_the_index_finds_each_picture),
	    cmocka_unit_test(avi_is_full_before_its_sizes_overflow),
	    cmocka_unit_test(avi_of_no_size_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
