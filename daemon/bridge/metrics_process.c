/* SPDX-License-Identifier: MIT */
/* What the kernel says about this process, from /proc/self. */
#include "daemon/bridge/metrics_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "common/util.h"

/* Fields of /proc/self/stat, numbered as in proc(5). */
enum { STAT_UTIME = 14, STAT_STIME = 15, STAT_STARTTIME = 22, STAT_VSIZE = 23, STAT_RSS = 24 };

/* The first so many bytes as text; false when unreadable. */
static bool read_head(const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, buf, size - 1) : -1;

	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Field of the line; -1 when it is not there. The name in field 2 may hold blanks and parentheses.
 */
static int64_t stat_field(const char *line, int field)
{
	const char *p = strrchr(line, ')');
	char word[24];
	int64_t value;
	size_t len;

	for (int i = 2; p && i < field; i++) {
		p = strchr(p + 1, ' ');
	}
	if (!p) {
		return -1;
	}
	len = strcspn(p + 1, " \n");
	if (len >= sizeof(word)) {
		return -1;
	}
	memcpy(word, p + 1, len);
	word[len] = '\0';
	return parse_i64(word, 0, INT64_MAX, &value) == 0 ? value : -1;
}

static double boottime_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void read_stat(struct process_facts *f)
{
	double ticks = (double)sysconf(_SC_CLK_TCK);
	int64_t user, system, start, pages;
	char line[1024];

	if (!read_head("/proc/self/stat", line, sizeof(line))) {
		return;
	}
	user = stat_field(line, STAT_UTIME);
	system = stat_field(line, STAT_STIME);
	start = stat_field(line, STAT_STARTTIME);
	pages = stat_field(line, STAT_RSS);
	f->virtual_bytes = stat_field(line, STAT_VSIZE);
	f->resident_bytes = pages >= 0 ? pages * sysconf(_SC_PAGESIZE) : -1;
	f->cpu_s = user >= 0 && system >= 0 ? (double)(user + system) / ticks : -1;
	f->uptime_s = start >= 0 ? boottime_s() - (double)start / ticks : -1;
}

static int64_t count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int64_t count = -3; /* ".", ".." and the directory's own */

	if (!d) {
		return -1;
	}
	while (readdir(d)) {
		count++;
	}
	closedir(d);
	return count;
}

void process_facts_read(struct process_facts *ret)
{
	struct rlimit limit;

	*ret = (struct process_facts){-1, -1, -1, -1, -1, -1};
	read_stat(ret);
	ret->open_fds = count_fds();
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
		ret->max_fds = (int64_t)limit.rlim_cur;
	}
}
