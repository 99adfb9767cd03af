/* SPDX-License-Identifier: MIT */
/* Both ends of the camera's figures: a bare forwarder from TLS to sockets, as little as can be
 * done, and readers that throw away what they get.
 * usage: ... forward ADDRESS PORT CODE SOCKET VIEWERS | read SOCKET VIEWERS [REQUEST] */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/util.h"

#define VIEWERS_MAX 64
#define FRAME_MAX (8u * 1024 * 1024)

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_un unix_address(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (!str_copy(a.sun_path, sizeof(a.sun_path), path)) {
		die(path);
	}
	return a;
}

static size_t number(const char *text, int64_t max)
{
	int64_t n;

	if (parse_i64(text, 0, max, &n) < 0) {
		die(text);
	}
	return (size_t)n;
}

/* ---- forward ---- */

static SSL *dial(const char *address, size_t port, const char *code)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	unsigned char login[80] = {0x40, 0, 0, 0, 0, 0x30};
	SSL *ssl = SSL_new(SSL_CTX_new(TLS_client_method()));
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (inet_pton(AF_INET, address, &a.sin_addr) != 1 ||
	    connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		die("connect");
	}
	memcpy(login + 16, "bblp", 4);
	memcpy(login + 48, code, strnlen(code, 32));
	SSL_set_fd(ssl, fd);
	if (SSL_connect(ssl) != 1 || SSL_write(ssl, login, sizeof(login)) != sizeof(login)) {
		die("handshake");
	}
	return ssl;
}

static void take(SSL *ssl, unsigned char *to, size_t len)
{
	while (len > 0) {
		int n = SSL_read(ssl, to, (int)len);

		if (n <= 0) {
			exit(0);
		}
		to += n;
		len -= (size_t)n;
	}
}

static void give(int fd, const unsigned char *from, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, from, len, MSG_NOSIGNAL);

		if (n < 0) {
			exit(0);
		}
		from += n;
		len -= (size_t)n;
	}
}

static void accept_viewers(const char *path, int *fds, size_t count)
{
	struct sockaddr_un a = unix_address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, VIEWERS_MAX) < 0) {
		die(path);
	}
	puts("listening");
	fflush(stdout);
	for (size_t i = 0; i < count; i++) {
		fds[i] = accept(fd, NULL, NULL);
		if (fds[i] < 0) {
			die("accept");
		}
	}
}

static int forward(char **argv)
{
	unsigned char *frame = xmalloc(FRAME_MAX + 16);
	size_t viewers = number(argv[6], VIEWERS_MAX);
	int fds[VIEWERS_MAX];
	SSL *ssl;

	accept_viewers(argv[5], fds, viewers);
	ssl = dial(argv[2], number(argv[3], 65535), argv[4]);
	puts("connected");
	fflush(stdout);
	for (uint64_t count = 1;; count++) {
		uint32_t len;

		take(ssl, frame, 16);
		memcpy(&len, frame, sizeof(len));
		if (len > FRAME_MAX) {
			return 1;
		}
		take(ssl, frame + 16, len);
		for (size_t i = 0; i < viewers; i++) {
			give(fds[i], frame, len + 16);
		}
		printf("%llu\n", (unsigned long long)count);
		fflush(stdout);
	}
}

/* ---- read ---- */

static int open_viewer(const char *path, const char *request)
{
	struct sockaddr_un a = unix_address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		die(path);
	}
	if (request) {
		give(fd, (const unsigned char *)request, strlen(request));
		give(fd, (const unsigned char *)"\n", 1);
	}
	return fd;
}

static volatile sig_atomic_t ended;

static void on_term(int unused)
{
	(void)unused;
	ended = 1;
}

static int read_all(int argc, char **argv)
{
	size_t viewers = number(argv[3], VIEWERS_MAX);
	struct pollfd fds[VIEWERS_MAX];
	char *chunk = xmalloc(1 << 20);
	struct sigaction term = {.sa_handler = on_term};
	uint64_t bytes = 0;

	sigaction(SIGTERM, &term, NULL);
	for (size_t i = 0; i < viewers; i++) {
		fds[i] =
		    (struct pollfd){open_viewer(argv[2], argc > 4 ? argv[4] : NULL), POLLIN, 0};
	}
	while (!ended && poll(fds, viewers, -1) >= 0) {
		for (size_t i = 0; i < viewers; i++) {
			ssize_t n =
			    fds[i].revents ? recv(fds[i].fd, chunk, 1 << 20, MSG_DONTWAIT) : 0;

			bytes += n > 0 ? (uint64_t)n : 0;
			if (fds[i].revents && n == 0) {
				ended = 1;
			}
		}
	}
	printf("%llu\n", (unsigned long long)bytes);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "forward") == 0) {
		return forward(argv);
	}
	if (argc >= 4 && strcmp(argv[1], "read") == 0) {
		return read_all(argc, argv);
	}
	fputs("usage: forward ADDRESS PORT CODE SOCKET VIEWERS | read SOCKET VIEWERS [REQUEST]\n",
	    stderr);
	return 2;
}
