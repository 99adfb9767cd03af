/* SPDX-License-Identifier: MIT */
/* Any file as a capture: played or refused with the number of a line, twice the same, and what
 * comes of it is lines of JSON. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/json.h"
#include "common/util.h"
#include "daemon/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct played {
	char *out, *errors;
	size_t out_len, errors_len;
	int status;
};

static void play(const char *path, struct played *ret)
{
	FILE *out = open_memstream(&ret->out, &ret->out_len);
	FILE *errors = open_memstream(&ret->errors, &ret->errors_len);

	ret->status = replay_run(path, out, errors);
	fclose(out);
	fclose(errors);
}

static void drop(struct played *p)
{
	free(p->out);
	free(p->errors);
}

static void check_lines(const char *p, const char *end)
{
	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		json_object *o = NULL;

		assert(newline);
		assert(json_parse(p, (size_t)(newline - p), 32, &o) == 0);
		json_object_put(o);
		p = newline + 1;
	}
}

static void look_at(const char *path)
{
	struct played once, again;

	play(path, &once);
	play(path, &again);
	assert(once.status == again.status && once.out_len == again.out_len);
	assert(memcmp(once.out, again.out, once.out_len) == 0);
	assert((once.status == EXIT_SUCCESS) == (once.errors_len == 0));
	assert(once.status != EXIT_SUCCESS || once.out_len > 0);
	check_lines(once.out, once.out + once.out_len);
	drop(&once);
	drop(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = memfd_create("capture", MFD_CLOEXEC);
	_cleanup_free_ char *path = xasprintf("/proc/self/fd/%d", fd);

	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	look_at(path);
	return 0;
}
