/* SPDX-License-Identifier: MIT */
/* Clocks that a test moves while the program runs: preloaded, it adds to CLOCK_REALTIME,
 * CLOCK_BOOTTIME and CLOCK_MONOTONIC what a mapped file says (three 64-bit numbers, ms). */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offsets_ms; /* wall, boot, monotonic */

__attribute__((constructor)) static void map_offsets(void)
{
	const char *path = getenv("CLOCK_SHIM");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at = fd >= 0 ? mmap(NULL, 24, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

	if (at == MAP_FAILED) {
		_exit(99);
	}
	offsets_ms = at;
	close(fd);
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	/* libevent looks at the coarse one. */
	bool monotonic = id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE;
	int64_t add_ms = !offsets_ms		? 0
			 : id == CLOCK_REALTIME ? offsets_ms[0]
			 : id == CLOCK_BOOTTIME ? offsets_ms[1]
			 : monotonic		? offsets_ms[2]
						: 0;

	if (syscall(SYS_clock_gettime, id, ts) < 0) {
		return -1;
	}
	ts->tv_sec += add_ms / 1000;
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_REALTIME, &ts);
	if (ret) {
		*ret = ts.tv_sec;
	}
	return ts.tv_sec;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_REALTIME, &ts);
	*tv = (struct timeval){.tv_sec = ts.tv_sec, .tv_usec = ts.tv_nsec / 1000};
	return 0;
}
