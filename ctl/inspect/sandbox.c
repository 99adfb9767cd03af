/* SPDX-License-Identifier: MIT */
/* What bambu-inspect takes away from itself before it reads what others wrote. */
#include "ctl/inspect/sandbox.h"

#include <errno.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/util.h"

#define MEMORY_MAX (512ULL * 1024 * 1024)
#define CPU_MAX_S 20

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static const struct {
	int resource;
	rlim_t max;
} limits[] = {
    {RLIMIT_CPU, CPU_MAX_S},
    {RLIMIT_CORE, 0},
#ifndef SANITIZED
    /* The sanitizer reserves terabytes, and opens files for its report. No descriptor below 0 means
     * no new one at all: neither file nor socket. */
    {RLIMIT_AS, MEMORY_MAX},
    {RLIMIT_NOFILE, 0},
    {RLIMIT_NPROC, 0},
#endif
};

int sandbox_enter(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
		return -errno;
	}
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct rlimit l = {limits[i].max, limits[i].max};

		if (setrlimit(limits[i].resource, &l) < 0) {
			return -errno;
		}
	}
	return 0;
}
