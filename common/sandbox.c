/* SPDX-License-Identifier: MIT */
/* What a helper program takes away from itself before it reads what others wrote. */
#include "common/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "common/util.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#if defined(ARCH) && !defined(SANITIZED)

/* Memory, what is open already, the end. All else fails with EPERM, also for root. */
static const unsigned calls[] = {
    __NR_read,
    __NR_pread64,
    __NR_write,
    __NR_writev,
    __NR_lseek,
    __NR_fstat,
    __NR_newfstatat,
    __NR_close,
    __NR_brk,
    __NR_mmap,
    __NR_munmap,
    __NR_mremap,
    __NR_madvise,
    __NR_futex,
    __NR_getrandom,
    __NR_getpid,
    __NR_gettid,
    __NR_tgkill,
    __NR_clock_gettime,
    __NR_rt_sigaction,
    __NR_rt_sigprocmask,
    __NR_rt_sigreturn,
    __NR_restart_syscall,
    __NR_exit,
    __NR_exit_group,
};

static int filter_calls(void)
{
	enum { HEAD = 4, COUNT = ARRAY_SIZE(calls) };
	struct sock_filter code[HEAD + COUNT + 2] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = {.len = ARRAY_SIZE(code), .filter = code};

	/* A match leaps over the calls that are left and over the refusal. */
	for (unsigned i = 0; i < COUNT; i++) {
		code[HEAD + i] = (struct sock_filter)BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, calls[i], (unsigned char)(COUNT - i), 0);
	}
	code[HEAD + COUNT] =
	    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	code[HEAD + COUNT + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	/* A kernel without filters says EINVAL; the limits stand all the same. */
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 && errno != EINVAL ? -errno
											   : 0;
}

#else

static int filter_calls(void)
{
	return 0;
}

#endif

static int limit(int resource, rlim_t max)
{
	struct rlimit l = {max, max};

	return setrlimit(resource, &l) < 0 ? -errno : 0;
}

#ifdef SANITIZED

/* The sanitizer reserves terabytes, and opens files for its report. */
static int limit_reach(uint64_t memory_max)
{
	return 0;
}

#else

/* No descriptor below 0 means no new one at all: neither file nor socket. */
static int limit_reach(uint64_t memory_max)
{
	int rc = limit(RLIMIT_AS, memory_max);

	rc = rc < 0 ? rc : limit(RLIMIT_NOFILE, 0);
	return rc < 0 ? rc : limit(RLIMIT_NPROC, 0);
}

#endif

int sandbox_enter(uint64_t memory_max, unsigned cpu_max_s)
{
	int rc;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
		return -errno;
	}
	rc = limit(RLIMIT_CORE, 0);
	if (rc == 0 && cpu_max_s > 0) {
		rc = limit(RLIMIT_CPU, cpu_max_s);
	}
	rc = rc < 0 ? rc : limit_reach(memory_max);
	return rc < 0 ? rc : filter_calls();
}
