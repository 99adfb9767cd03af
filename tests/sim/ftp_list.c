/* SPDX-License-Identifier: MIT */
/* What a listing of the file server looks like, good and bad. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/sim/ftp_internal.h"

#define HALF_YEAR_S (182 * 86400)

static void add(struct bytes *out, const char *text)
{
	bytes_add(out, text, strlen(text));
}

/* "Nov 23 04:09", or with the year when it is longer ago, as ls does. */
static void write_time(int64_t time_s, char *ret, size_t size)
{
	time_t when = (time_t)time_s, now = time(NULL);
	struct tm broken;

	gmtime_r(&when, &broken);
	strftime(ret, size, now - when > HALF_YEAR_S ? "%b %d  %Y" : "%b %d %H:%M", &broken);
}

static void write_line(struct ftp_session *s, const struct store_file *f, struct bytes *out)
{
	bool short_by_one = ftp_fault(s, FAULT_FTP_WRONG_SIZE) && f->size > 0;
	_cleanup_free_ char *line = NULL;
	char when[32];

	write_time(f->time_s, when, sizeof(when));
	line = xasprintf("%s    1 103      107      %10lld %s %s\r\n",
	    f->folder ? "drwxr-xr-x" : "-rw-r--r--",
	    (long long)(f->folder ? 4096 : f->size - short_by_one), when, store_name(f));
	add(out, line);
}

/* X1 says paths where P1 says bare names (bambu.md 2.5). */
static void write_name(struct ftp_session *s, const struct store_file *f, struct bytes *out)
{
	add(out, s->printer->model->family == SIM_FAMILY_X1 ? f->path : store_name(f));
	add(out, "\r\n");
}

/* Names that lead elsewhere, lines that are none. */
static void write_bad(struct bytes *out, bool names_only)
{
	static const char *const names[] = {"../escape.3mf", "..", "/etc/passwd", "a/../../b.3mf",
	    "bell\a.3mf", "esc\033[31mred.3mf", "del\x7f.3mf", "not utf-8 \xff\xfe.3mf", "",
	    "nul?.3mf", "cr\rinside.3mf", "tab\tinside.3mf"};
	static const char *const lines[] = {"total 12", "garbage", "-rw-r--r--",
	    "-rw-r--r-- 1 103 107 99999999999999999999999 Nov 23 04:09 huge.3mf",
	    "-rw-r--r-- 1 103 107 -5 Nov 23 04:09 negative.3mf",
	    "-rw-r--r-- 1 103 107 5 Xyz 99 99:99 when.3mf",
	    "lrwxrwxrwx 1 103 107 5 Nov 23 04:09 link.3mf -> /etc/passwd"};
	char longest[1200];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!names_only) {
			add(out, "-rw-r--r--    1 103      107               5 Nov 23 04:09 ");
		}
		add(out, names[i]);
		add(out, "\r\n");
	}
	for (size_t i = 0; i < ARRAY_SIZE(lines) && !names_only; i++) {
		add(out, lines[i]);
		add(out, i % 2 ? "\n" : "\r\n");
	}
	memset(longest, 'x', sizeof(longest));
	if (!names_only) {
		add(out, "-rw-r--r--    1 103      107               5 Nov 23 04:09 ");
	}
	bytes_add(out, longest, sizeof(longest));
	add(out, "\r\n");
}

void ftp_list_write(struct ftp_session *s, const char *path, bool names_only, struct bytes *out)
{
	const struct store_file *f = store_find(s->printer->store, path);
	size_t pos = 0;

	if (f && !f->folder) {
		(names_only ? write_name : write_line)(s, f, out);
		return;
	}
	if (ftp_fault(s, FAULT_FTP_BAD_NAMES)) {
		write_bad(out, names_only);
	}
	while (!ftp_fault(s, FAULT_FTP_EMMC) && (f = store_next(s->printer->store, path, &pos))) {
		(names_only ? write_name : write_line)(s, f, out);
	}
}

void ftp_list_write_endless(struct bytes *out, int64_t at)
{
	char line[128];

	snprintf(line, sizeof(line),
	    "-rw-r--r--    1 103      107               5 Nov 23 04:09 again-%lld.3mf\r\n",
	    (long long)at);
	add(out, line);
}
