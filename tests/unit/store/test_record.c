/* SPDX-License-Identifier: MIT */
/* A line of the event log gives back the event it was written from, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/crc.h"
#include "common/jw.h"
#include "common/util.h"
#include "daemon/store/record.h"

static struct hub_event sample = {
    .seq = 8813,
    .wall_ms = 1795395723004,
    .kind = EVENT_PRINT_PAUSED,
    .printer = "rack\"2,\"data\":{}",
    .serial = "01P00A000000001",
    .data = "{\"n\":1.50,\"data\":{\"a\":[1,2]}}",
};

static char *line_of(const struct hub_event *e, size_t *ret_len)
{
	struct jw w;

	jw_init(&w);
	record_write(&w, e);
	assert_int_equal(w.buf[w.len - 1], '\n');
	*ret_len = w.len - 1;
	return jw_take(&w);
}

static void event_comes_back_to_the_byte(void **state)
{
	struct hub_event back = {0}, bare = {.seq = 1, .kind = EVENT_DAEMON_STARTED, .data = "{}"};
	size_t len;
	char *line = line_of(&sample, &len);

	assert_int_equal(record_read(line, len, &back), 0);
	assert_int_equal(back.seq, sample.seq);
	assert_int_equal(back.wall_ms, sample.wall_ms);
	assert_int_equal(back.kind, sample.kind);
	assert_string_equal(back.printer, sample.printer);
	assert_string_equal(back.serial, sample.serial);
	assert_string_equal(back.data, sample.data);
	record_clear(&back);
	free(line);
	line = line_of(&bare, &len);
	assert_int_equal(record_read(line, len, &back), 0);
	assert_null(back.printer);
	assert_null(back.serial);
	assert_string_equal(back.data, "{}");
	record_clear(&back);
	free(line);
}

static void flip_of_any_bit_and_any_cut_is_refused(void **state)
{
	struct hub_event back;
	size_t len;
	char *line = line_of(&sample, &len);
	uint64_t seq;
	int64_t wall_ms;

	for (size_t bit = 0; bit < len * 8; bit++) {
		line[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(record_check(line, len, &seq, &wall_ms), -EBADMSG);
		assert_int_equal(record_read(line, len, &back), -EBADMSG);
		line[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t cut = 0; cut < len; cut++) {
		_cleanup_free_ char *part = xstrndup(line, cut);

		assert_int_equal(record_check(part, cut, &seq, &wall_ms), -EBADMSG);
	}
	free(line);
}

/* A line with the right sum that another program wrote. */
static int read_foreign(const char *json)
{
	_cleanup_free_ char *line =
	    xasprintf("%08x %s", (unsigned)crc32_of(json, strlen(json)), json);
	struct hub_event back = {0};
	int r = record_read(line, strlen(line), &back);

	record_clear(&back);
	return r;
}

static void right_sum_alone_is_not_enough(void **state)
{
#define TAIL ",\"time\":\"2026-11-23T01:02:03.004Z\",\"printer\":null,\"serial\":null,"
	assert_int_equal(
	    read_foreign("{\"seq\":5" TAIL "\"kind\":\"door.opened\",\"data\":{}}"), 0);
	assert_int_equal(
	    read_foreign("{\"seq\":5" TAIL "\"kind\":\"of.tomorrow\",\"data\":{}}"), -ENOTSUP);
	assert_int_equal(
	    read_foreign("{\"seq\":0" TAIL "\"kind\":\"door.opened\",\"data\":{}}"), -EBADMSG);
	assert_int_equal(read_foreign("{\"seq\":5" TAIL "\"kind\":\"door.opened\"}"), -EBADMSG);
	/* Clients would get it as it stands. */
	assert_int_equal(
	    read_foreign("{\"seq\":5" TAIL "\"kind\":\"door.opened\",\"data\":{}~}"), -EBADMSG);
	assert_int_equal(
	    read_foreign("{\"seq\":5" TAIL "\"kind\":\"door.opened\",\"data\":}"), -EBADMSG);
	assert_int_equal(
	    read_foreign("{\"seq\":5" TAIL "\"kind\":\"door.opened\",\"data\":[]}"), -EBADMSG);
	assert_int_equal(read_foreign("{\"seq\":5,\"time\":\"0149-11-23T01:02:03.004Z\","
				      "\"kind\":\"door.opened\",\"data\":{}}"),
	    -EBADMSG);
	assert_int_equal(read_foreign("{\"seq\":5,\"time\":\"yesterday\"}"), -EBADMSG);
	assert_int_equal(read_foreign("{\"seq\":5,\"time\":\"2026}"), -EBADMSG);
	assert_int_equal(read_foreign("{\"seq\":5"), -EBADMSG);
	assert_int_equal(read_foreign("{\"seq\":99999999999999999999999999}"), -EBADMSG);
	assert_int_equal(read_foreign("{}"), -EBADMSG);
	assert_int_equal(read_foreign(""), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(event_comes_back_to_the_byte),
	    cmocka_unit_test(flip_of_any_bit_and_any_cut_is_refused),
	    cmocka_unit_test(right_sum_alone_is_not_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
