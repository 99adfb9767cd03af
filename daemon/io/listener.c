/* SPDX-License-Identifier: MIT */
/* Unix listener with a reserve descriptor: out of descriptors means a pause, never a spin. */
#include "daemon/io/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "common/util.h"
#include "daemon/io/loop.h"

struct listener {
	struct listener_handler handler;
	struct event *event;
	struct loop_timer pause;
	int fd, reserve_fd;
	uint64_t pauses;
	char *path; /* NULL: inherited, not ours to unlink */
	dev_t dev;
	ino_t ino;
};

static int open_reserve(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static bool is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* Errors that concern only the connection that was to be accepted. */
static bool is_passing(int error)
{
	return error == EINTR || error == ECONNABORTED || error == EPERM || error == EPROTO;
}

static int accept_one(struct listener *s)
{
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* Gives up the reserve to tell those who wait why they are not served, then rests. */
static void shed_and_pause(struct listener *s)
{
	unsigned told = 0;

	while (s->reserve_fd >= 0 && told < LISTENER_ACCEPT_MAX) {
		int fd;

		close(s->reserve_fd);
		fd = accept_one(s);
		if (fd >= 0) {
			s->handler.refused(s->handler.arg, fd);
			close(fd);
			told++;
		}
		s->reserve_fd = open_reserve();
		if (fd < 0) {
			break;
		}
	}
	if (s->pauses++ == 0) {
		log_warn("%s: no descriptor left, %u clients refused; accepting again in 1 s "
			 "(raise LimitNOFILE if this goes on)",
		    s->handler.what, told);
	}
	event_del(s->event);
	loop_timer_start(&s->pause, LISTENER_PAUSE_MS);
}

static void accept_many(struct listener *s)
{
	for (unsigned i = 0; i < LISTENER_ACCEPT_MAX; i++) {
		int fd = accept_one(s);

		if (fd >= 0) {
			s->handler.accepted(s->handler.arg, fd);
		} else if (is_shortage(-fd)) {
			shed_and_pause(s);
			return;
		} else if (!is_passing(-fd)) {
			if (fd != -EAGAIN && fd != -EWOULDBLOCK) {
				log_err("%s: accept: %s", s->handler.what, strerror(-fd));
			}
			return;
		}
	}
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg)
{
	accept_many(arg);
}

static void on_pause_over(void *arg)
{
	struct listener *s = arg;

	if (s->reserve_fd < 0) {
		s->reserve_fd = open_reserve();
	}
	event_add(s->event, NULL);
}

/* A stale socket is in the way only of itself; anything else there is somebody's file. */
static int remove_stale(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		return errno == ENOENT ? 0 : -errno;
	}
	if (!S_ISSOCK(st.st_mode)) {
		return -EEXIST;
	}
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* bind() takes the mode from the umask; no other thread of ours creates files meanwhile. */
static int bind_with_mode(int fd, const struct sockaddr_un *addr, mode_t mode)
{
	mode_t old = umask(0777 & ~mode);
	int r = bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ? -errno : 0;

	umask(old);
	return r;
}

static int listen_at(const char *path, mode_t mode)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_cleanup_close_ int fd = -1;
	int r;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		return -ENAMETOOLONG;
	}
	str_copy(addr.sun_path, sizeof(addr.sun_path), path);
	r = remove_stale(path);
	if (r < 0) {
		return r;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return -errno;
	}
	r = bind_with_mode(fd, &addr, mode);
	if (r < 0) {
		return r;
	}
	if (listen(fd, LISTENER_BACKLOG) < 0) {
		return -errno;
	}
	r = fd;
	fd = -1;
	return r;
}

static int adopt(int fd)
{
	int listening = 0, domain = 0;
	socklen_t size = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 || !listening ||
	    domain != AF_UNIX) {
		return -EINVAL;
	}
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || evutil_make_socket_nonblocking(fd) < 0) {
		return -errno;
	}
	return fd;
}

static void remember_file(struct listener *s, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0) {
		s->path = xstrdup(path);
		s->dev = st.st_dev;
		s->ino = st.st_ino;
	}
}

int listener_create(struct loop *l, const char *path, mode_t mode, int fd,
    const struct listener_handler *h, struct listener **ret)
{
	bool inherited = fd >= 0;
	struct listener *s;

	fd = inherited ? adopt(fd) : listen_at(path, mode);
	if (fd < 0) {
		return fd;
	}
	s = xcalloc(1, sizeof(*s));
	s->handler = *h;
	s->fd = fd;
	s->reserve_fd = open_reserve();
	loop_timer_init(&s->pause, l, on_pause_over, s);
	if (!inherited) {
		remember_file(s, path);
	}
	s->event = event_new(loop_base(l), fd, EV_READ | EV_PERSIST, on_acceptable, s);
	if (s->event == NULL || event_add(s->event, NULL) < 0) {
		listener_destroy(s);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}

void listener_stop(struct listener *s)
{
	loop_timer_stop(&s->pause);
	event_del(s->event);
}

void listener_destroy(struct listener *s)
{
	struct stat st;

	if (s == NULL) {
		return;
	}
	loop_timer_stop(&s->pause);
	if (s->event != NULL) {
		event_free(s->event);
	}
	close(s->fd);
	if (s->reserve_fd >= 0) {
		close(s->reserve_fd);
	}
	if (s->path != NULL && lstat(s->path, &st) == 0 && st.st_dev == s->dev &&
	    st.st_ino == s->ino) {
		unlink(s->path);
	}
	free(s->path);
	free(s);
}

uint64_t listener_pauses(const struct listener *s)
{
	return s->pauses;
}
