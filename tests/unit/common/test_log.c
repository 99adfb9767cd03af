/* SPDX-License-Identifier: MIT */
/* Log lines on stderr and in journal datagrams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "common/log_journal.h"
#include "common/util.h"

static int saved_stderr = -1, pipe_end = -1;

/* stderr becomes a pipe whose other end does not block. */
static int capture(void **state)
{
	int fds[2];

	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0) {
		return -1;
	}
	saved_stderr = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	pipe_end = fds[0];
	log_set_level(LOG_LEVEL_INFO);
	return 0;
}

static int release(void **state)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(pipe_end);
	log_set_level(LOG_LEVEL_INFO);
	return 0;
}

/* What one write put into the pipe, or "" */
static const char *captured(void)
{
	static char buf[16384];
	ssize_t n = read(pipe_end, buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static void each_level_has_its_prefix(void **state)
{
	log_open("test");
	log_err("bad %d", 1);
	assert_string_equal(captured(), "<3>bad 1\n");
	log_warn("odd");
	assert_string_equal(captured(), "<4>odd\n");
	log_info("new");
	assert_string_equal(captured(), "<6>new\n");
	log_debug("unseen");
	assert_string_equal(captured(), "");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("seen");
	assert_string_equal(captured(), "<7>seen\n");
	log_set_level(LOG_LEVEL_ERR);
	log_warn("unseen");
	assert_string_equal(captured(), "");
}

static void subject_stands_before_the_text(void **state)
{
	struct log_subject subject = {.printer = "shelf\n1"};

	log_open("test");
	log_write(LOG_LEVEL_INFO, &subject, "online");
	assert_string_equal(captured(), "<6>shelf\\x0A1: online\n");
	subject.printer = "";
	log_write(LOG_LEVEL_INFO, &subject, "online");
	assert_string_equal(captured(), "<6>online\n");
}

static void forged_lines_stay_one_line(void **state)
{
	log_open("test");
	log_info("job %s", "x\n<3>fake\x1b[2J\xe2\x80\xae\xff");
	assert_string_equal(captured(), "<6>job x\\x0A<3>fake\\x1B[2J\\u{202E}\\xFF\n");
}

static void long_lines_are_cut_and_keep_errno(void **state)
{
	char text[9000];
	const char *line;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_open("test");
	errno = ENOTTY;
	log_info("%s", text);
	assert_int_equal(errno, ENOTTY);
	line = captured();
	assert_in_range(strlen(line), 4000, 4096);
	assert_string_equal(line + strlen(line) - 4, "...\n");
}

static void terminal_gets_no_prefix(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	char buf[64];
	ssize_t n;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0);
	dup2(slave, STDERR_FILENO);
	log_open("test");
	log_info("plain");
	n = read(master, buf, sizeof(buf) - 1);
	assert_true(n > 0);
	buf[n] = '\0';
	assert_string_equal(buf, "plain\r\n");
	close(slave);
	close(master);
}

static void lost_stderr_does_no_harm(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	dup2(full, STDERR_FILENO);
	close(full);
	log_open("test");
	errno = 0;
	log_info("lost");
	assert_int_equal(errno, 0);
}

struct journal {
	char dir[32], path[64];
	int fd;
};

static void journal_start(struct journal *j)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(j->dir, sizeof(j->dir), "/tmp/bambud-log-XXXXXX");
	assert_non_null(mkdtemp(j->dir));
	snprintf(j->path, sizeof(j->path), "%s/socket", j->dir);
	str_copy(address.sun_path, sizeof(address.sun_path), j->path);
	j->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(j->fd >= 0);
	assert_int_equal(bind(j->fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void journal_stop(struct journal *j)
{
	close(j->fd);
	unlink(j->path);
	rmdir(j->dir);
}

static void journal_gets_fields(void **state)
{
	static const char wanted[] =
	    "MESSAGE=shelf-1: "
	    "paused\\x0Ax\nPRIORITY=4\nSYSLOG_IDENTIFIER=test\nBAMBU_PRINTER=shelf-1\n"
	    "BAMBU_SERIAL=01P00A000000001\nBAMBU_EVENT=print.paused\n"
	    "BAMBU_HMS=0300-400C\nMESSAGE_ID=0123456789abcdef0123456789abcdef\n";
	struct log_subject subject = {"shelf-1", "01P00A000000001", "print.paused", "0300-400C",
	    "0123456789abcdef0123456789abcdef"};
	struct journal j;
	char buf[8192];
	ssize_t n;

	journal_start(&j);
	assert_int_equal(log_open_journal("test", j.path), 0);
	log_write(LOG_LEVEL_WARN, &subject, "paused\nx");
	n = recv(j.fd, buf, sizeof(buf) - 1, 0);
	assert_true(n > 0);
	buf[n] = '\0';
	assert_string_equal(buf, wanted);
	assert_string_equal(captured(), "");
	journal_stop(&j);
}

static void newline_in_a_field_takes_the_binary_form(void **state)
{
	static const char wanted[] = "MESSAGE=a\\x0Ab: x\nPRIORITY=6\nSYSLOG_IDENTIFIER=test\n"
				     "BAMBU_PRINTER\n\3\0\0\0\0\0\0\0a\nb\n";
	struct log_subject subject = {.printer = "a\nb"};
	struct journal j;
	char buf[8192];
	ssize_t n;

	journal_start(&j);
	assert_int_equal(log_open_journal("test", j.path), 0);
	log_write(LOG_LEVEL_INFO, &subject, "x");
	n = recv(j.fd, buf, sizeof(buf), 0);
	assert_int_equal(n, sizeof(wanted) - 1);
	assert_memory_equal(buf, wanted, sizeof(wanted) - 1);
	journal_stop(&j);
}

static void dead_journal_falls_back_to_stderr(void **state)
{
	struct journal j;
	char longer[200];

	journal_start(&j);
	assert_int_equal(log_open_journal("test", j.path), 0);
	journal_stop(&j);
	log_info("still here");
	assert_string_equal(captured(), "<6>still here\n");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(log_open_journal("test", longer), -ENAMETOOLONG);
	log_info("here too");
	assert_string_equal(captured(), "<6>here too\n");
}

static void journal_stream_counts_only_when_it_is_stderr(void **state)
{
	_cleanup_free_ char *ours = NULL;
	struct stat st;

	unsetenv("JOURNAL_STREAM");
	assert_false(log_stderr_is_journal());
	setenv("JOURNAL_STREAM", "1:2", 1);
	assert_false(log_stderr_is_journal());
	log_open("test");
	log_info("on stderr");
	assert_string_equal(captured(), "<6>on stderr\n");
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	ours = xasprintf("%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", ours, 1);
	assert_true(log_stderr_is_journal());
	unsetenv("JOURNAL_STREAM");
}

static void level_names_round_trip(void **state)
{
	for (int i = 0; i < LOG_LEVEL_COUNT; i++) {
		assert_int_equal(log_level_by_name(log_level_name(i)), i);
	}
	assert_true(log_level_by_name("warning") < 0);
	assert_true(log_level_by_name(NULL) < 0);
}

static void rate_limit_counts_what_it_held_back(void **state)
{
	struct log_ratelimit r = {.interval_ms = 1000, .burst = 2};
	unsigned missed = 9;

	assert_true(log_ratelimit_ok(&r, 100, &missed));
	assert_int_equal(missed, 0);
	assert_true(log_ratelimit_ok(&r, 200, &missed));
	missed = 9;
	for (int i = 0; i < 5; i++) {
		assert_false(log_ratelimit_ok(&r, 300 + i, &missed));
	}
	assert_int_equal(missed, 9);
	assert_true(log_ratelimit_ok(&r, 1100, &missed));
	assert_int_equal(missed, 5);
	assert_true(log_ratelimit_ok(&r, 1101, &missed));
	assert_int_equal(missed, 0);
	assert_false(log_ratelimit_ok(&r, 1102, &missed));
}

#define CAPTURED(test) cmocka_unit_test_setup_teardown(test, capture, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CAPTURED(each_level_has_its_prefix),
	    CAPTURED(subject_stands_before_the_text),
	    CAPTURED(forged_lines_stay_one_line),
	    CAPTURED(long_lines_are_cut_and_keep_errno),
	    CAPTURED(terminal_gets_no_prefix),
	    CAPTURED(lost_stderr_does_no_harm),
	    CAPTURED(journal_gets_fields),
	    CAPTURED(newline_in_a_field_takes_the_binary_form),
	    CAPTURED(dead_journal_falls_back_to_stderr),
	    CAPTURED(journal_stream_counts_only_when_it_is_stderr),
	    cmocka_unit_test(level_names_round_trip),
	    cmocka_unit_test(rate_limit_counts_what_it_held_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
