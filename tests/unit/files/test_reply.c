/* SPDX-License-Identifier: MIT */
/* What a printer's refusal is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/util.h"
#include "daemon/files/reply.h"

static struct reply read_reply(const char *line)
{
	struct reply r = {0};

	assert_true(reply_read(line, strlen(line), &r));
	return r;
}

static void reply_is_the_last_line_alone(void **state)
{
	struct reply r = read_reply("550 No such \x1b[1mfile\r\n");

	assert_int_equal(r.code, 550);
	assert_null(strchr(r.text, '\x1b'));
	assert_int_equal(read_reply("226\r\n").code, 226);
	assert_false(reply_read("550-more follows\r\n", 18, &r));
	assert_false(reply_read(" 550 inside\r\n", 13, &r));
	assert_false(reply_read("55", 2, &r));
	assert_false(reply_read("", 0, &r));
	assert_int_equal(r.code, 550);
}

static void reply_to_size_is_a_number_or_nothing(void **state)
{
	struct reply r = read_reply("213 4294967296\r\n");

	assert_int_equal(reply_size(&r), 4294967296);
	r = read_reply("213 -5\r\n");
	assert_int_equal(reply_size(&r), -1);
	r = read_reply("213 99999999999999999999\r\n");
	assert_int_equal(reply_size(&r), -1);
	r = read_reply("502 5\r\n");
	assert_int_equal(reply_size(&r), -1);
}

static void refusals_have_names(void **state)
{
	static const struct {
		enum files_verb verb;
		const char *line;
		enum reply_evidence evidence;
		enum err_type want;
	} rows[] = {
	    {FILES_LIST, "530 Login incorrect.", REPLY_NO_EVIDENCE, ERR_AUTH_REFUSED},
	    {FILES_PUT, "421 Too many users", REPLY_NO_EVIDENCE, ERR_BUSY},
	    {FILES_PUT, "553 Could not create file.", REPLY_ROOT_EMPTY, ERR_NO_CARD},
	    {FILES_PUT, "553 Could not create file.", REPLY_ROOT_FILLED, ERR_CARD_FULL},
	    {FILES_PUT, "553 Could not create file.", REPLY_NO_EVIDENCE, ERR_CARD_FULL},
	    {FILES_PUT, "553 No SD card", REPLY_ROOT_FILLED, ERR_NO_CARD},
	    {FILES_PUT, "553 Disk full", REPLY_ROOT_EMPTY, ERR_CARD_FULL},
	    {FILES_PUT, "553 Could not create file.", REPLY_ROOT_HIDDEN, ERR_INTERNAL_STORAGE},
	    {FILES_PUT, "552 Exceeded", REPLY_NO_EVIDENCE, ERR_CARD_FULL},
	    {FILES_PUT, "452 Insufficient", REPLY_NO_EVIDENCE, ERR_CARD_FULL},
	    {FILES_PUT, "550 Permission denied", REPLY_ROOT_EMPTY, ERR_INTERNAL_STORAGE},
	    {FILES_PUT, "550 Permission denied", REPLY_ROOT_FILLED, ERR_FILE_REFUSED},
	    {FILES_PUT, "550 Permission denied", REPLY_NO_EVIDENCE, ERR_FILE_REFUSED},
	    {FILES_PUT, "553 Could not create file.", REPLY_IS_FOLDER, ERR_FILE_REFUSED},
	    {FILES_PUT, "550 Failed to change directory.", REPLY_NO_FOLDER, ERR_NO_SUCH_FILE},
	    {FILES_GET, "550 Failed to open file.", REPLY_NO_EVIDENCE, ERR_NO_SUCH_FILE},
	    {FILES_GET, "451 Failure reading.", REPLY_NO_EVIDENCE, ERR_TRANSFER_FAILED},
	    {FILES_LIST, "550 Failed to change directory.", REPLY_NO_EVIDENCE, ERR_NO_SUCH_FILE},
	    {FILES_DELETE, "550 Delete failed.", REPLY_NO_EVIDENCE, ERR_NO_SUCH_FILE},
	    {FILES_DELETE, "550 Delete failed.", REPLY_IS_FOLDER, ERR_FILE_REFUSED},
	    {FILES_MKDIR, "550 Failed", REPLY_IS_FOLDER, ERR_FILE_REFUSED},
	    {FILES_MKDIR, "550 Failed", REPLY_NO_FOLDER, ERR_NO_SUCH_FILE},
	    {FILES_MKDIR, "550 Failed", REPLY_NO_EVIDENCE, ERR_FILE_REFUSED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct reply r = read_reply(rows[i].line);
		struct err e = {0};

		reply_refused(rows[i].verb, "printer", "/a", &r, rows[i].evidence, &e);
		if (e.type != rows[i].want) {
			fail_msg("row %zu is %s: %s", i, err_name(e.type), e.message);
		}
		assert_string_equal(e.printer, "printer");
		assert_non_null(strstr(e.message, "printer"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reply_is_the_last_line_alone),
	    cmocka_unit_test(reply_to_size_is_a_number_or_nothing),
	    cmocka_unit_test(refusals_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
