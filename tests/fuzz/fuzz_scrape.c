/* SPDX-License-Identifier: MIT */
/* Any bytes as a request to the metrics socket, in two pieces: at most one whole answer, the
 * metrics to who asked for them alone, and the end. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/util.h"
#include "daemon/bridge/scrape.h"
#include "daemon/io/loop.h"

#define METRICS "bambu_up 1\n"
#define ANSWER_MAX 1024
#define TURNS_MAX 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct loop *loop;
	struct scrape *scrape;
	char dir[64], path[96];
} door;

static char *get_text(void *arg)
{
	return xstrdup(METRICS);
}

static bool may_read(void *arg, int fd)
{
	return true;
}

static void close_door(void)
{
	scrape_destroy(door.scrape);
	loop_destroy(door.loop);
	rmdir(door.dir);
}

static void open_door(void)
{
	struct scrape_deps deps = {.text = get_text, .may_read = may_read};

	str_copy(door.dir, sizeof(door.dir), "/tmp/bambud-fuzz-XXXXXX");
	assert(mkdtemp(door.dir));
	snprintf(door.path, sizeof(door.path), "%s/s", door.dir);
	door.loop = deps.loop = loop_create(NULL);
	door.scrape = scrape_create(&deps);
	assert(scrape_listen(door.scrape, door.path, 0600) == 0);
	atexit(close_door);
}

static int dial(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	str_copy(to.sun_path, sizeof(to.sun_path), door.path);
	assert(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	return fd;
}

/* It may have been answered and left already. */
static void say(int fd, const uint8_t *data, size_t size)
{
	ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

	assert(n == (ssize_t)size || (n < 0 && errno == EPIPE));
	loop_turn(door.loop, false);
	loop_turn(door.loop, false);
}

static size_t hear(int fd, char *answer)
{
	size_t len = 0;
	ssize_t n = -1;

	for (int i = 0; i < TURNS_MAX && n != 0; i++) {
		loop_turn(door.loop, false);
		n = recv(fd, answer + len, ANSWER_MAX - len, 0);
		if (n < 0 && errno == ECONNRESET) {
			break; /* what was said after the end is thrown away */
		}
		assert(n >= 0 || errno == EAGAIN);
		len += n > 0 ? (size_t)n : 0;
		assert(len < ANSWER_MAX);
	}
	assert(n == 0 || errno == ECONNRESET);
	answer[len] = '\0';
	return len;
}

static void check_answer(const char *answer, size_t len)
{
	const char *body = strstr(answer, "\r\n\r\n"), *length = strstr(answer, "Content-Length: ");
	size_t body_len = 0;
	int status = 0;

	assert(strlen(answer) == len && body && length);
	assert(sscanf(answer, "HTTP/1.1 %d ", &status) == 1);
	assert(sscanf(length, "Content-Length: %zu", &body_len) == 1);
	body += strlen("\r\n\r\n");
	assert(strlen(body) == body_len);
	assert(status == 200 || status == 400 || status == 404 || status == 405 || status == 431 ||
	       status == 505);
	assert((status == 200) == (strcmp(body, METRICS) == 0));
}

static bool asks_for_metrics(const uint8_t *data, size_t size)
{
	static const char target[] = "GET /metrics";

	return size > strlen(target) && memcmp(data, target, strlen(target)) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t first = size > 1 ? data[size - 1] * size / 256 : size, len;
	char answer[ANSWER_MAX];
	int fd;

	if (!door.loop) {
		open_door();
	}
	fd = dial();
	say(fd, data, first);
	say(fd, data + first, size - first);
	shutdown(fd, SHUT_WR);
	len = hear(fd, answer);
	if (len > 0) {
		check_answer(answer, len);
	}
	assert(!strstr(answer, METRICS) || asks_for_metrics(data, size));
	assert(len > 0 || !memmem(data, size, "\r\n\r\n", 4));
	close(fd);
	loop_turn(door.loop, false);
	return 0;
}
