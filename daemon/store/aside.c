/* SPDX-License-Identifier: MIT */
/* Sets damaged files aside: by a link, so that there is no moment without the file. */
#include "daemon/store/aside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/util.h"

#define MARK ".bad-"

/* Seconds in the name of a file that was set aside, -1: another file. */
static int64_t aside_time(const char *name)
{
	const char *mark = strstr(name, MARK);
	int64_t seconds;

	return mark && parse_i64(mark + strlen(MARK), 0, INT64_MAX, &seconds) == 0 ? seconds : -1;
}

/* Counts them; *ret_oldest is owned. */
static unsigned look(DIR *d, char **ret_oldest)
{
	int64_t oldest = INT64_MAX;
	unsigned count = 0;
	struct dirent *entry;

	rewinddir(d);
	while ((entry = readdir(d))) {
		int64_t seconds = aside_time(entry->d_name);

		count += seconds >= 0;
		if (seconds >= 0 && seconds < oldest) {
			oldest = seconds;
			free(*ret_oldest);
			*ret_oldest = xstrdup(entry->d_name);
		}
	}
	return count;
}

static void prune(int dir, unsigned keep)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	bool more = d != NULL;

	while (more) {
		_cleanup_free_ char *oldest = NULL;

		more = look(d, &oldest) > keep && unlinkat(dir, oldest, 0) == 0;
	}
	if (d) {
		closedir(d);
	} else if (fd >= 0) {
		close(fd);
	}
}

int aside_keep(int dir, const char *name, int64_t wall_ms, unsigned keep)
{
	_cleanup_free_ char *bad = xasprintf("%s" MARK "%lld", name, (long long)(wall_ms / 1000));

	if (linkat(dir, name, dir, bad, 0) < 0 && errno != EEXIST) {
		if ((errno != EPERM && errno != EOPNOTSUPP) || renameat(dir, name, dir, bad) < 0) {
			return -errno;
		}
	}
	prune(dir, keep);
	return 0;
}
