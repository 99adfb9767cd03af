/* SPDX-License-Identifier: MIT */
/* Directories and the lock of the daemon. */
#include "daemon/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/log.h"
#include "common/paths.h"
#include "common/util.h"
#include "daemon/config.h"

/* mkdir -p; folders that are made get `mode`, those above it 0755. */
static int make_dirs(const char *path, mode_t mode)
{
	_cleanup_free_ char *copy = xstrdup(path);
	char *slash;

	for (slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST) {
			return -errno;
		}
		*slash = '/';
	}
	return mkdir(copy, mode) < 0 && errno != EEXIST ? -errno : 0;
}

static int make_dir(const char *path, mode_t mode, const char *what, struct err *e)
{
	mode_t old = umask(022);
	int rc = make_dirs(path, mode);

	umask(old);
	if (rc < 0) {
		err_set(e, ERR_INTERNAL, "cannot make the %s directory %s: %s", what, path,
		    strerror(-rc));
	}
	return rc;
}

static int make_socket_dir(const char *socket, struct err *e)
{
	_cleanup_free_ char *dir = xstrdup(socket);
	char *slash = strrchr(dir, '/');

	if (strlen(socket) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		err_set(e, ERR_INTERNAL,
		    "Socket=%s is longer than 107 bytes: choose a shorter path", socket);
		return -ENAMETOOLONG;
	}
	if (!slash || slash == dir) {
		return 0;
	}
	*slash = '\0';
	return make_dir(dir, paths_is_system() ? 0755 : 0700, "socket", e);
}

static void say_who_holds(int fd, const char *dir, struct err *e)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? n : 0] = '\0';
	err_set(e, ERR_INTERNAL, "another bambud%s%s already runs on the state directory %s",
	    pid[0] ? ", process " : "", pid, dir);
}

/* A disk that is read-only holds no daemon up: what was made before can be locked, else the folder
 * itself. */
static int open_lock(const char *dir, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 && errno == EROFS) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	}
	if (fd < 0 && errno == ENOENT) {
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return fd;
}

/* For say_who_holds alone: a full disk that does not take it is no reason to stay away. */
static void write_pid(int fd)
{
	char pid[16];
	int len = snprintf(pid, sizeof(pid), "%d", (int)getpid());

	if (ftruncate(fd, 0) == 0 && pwrite(fd, pid, (size_t)len, 0) != len) {
		log_debug("the lock does not say who holds it: %s", strerror(errno));
	}
}

static int take_lock(const char *dir, int *ret_fd, struct err *e)
{
	_cleanup_free_ char *path = xasprintf("%s/lock", dir);
	_cleanup_close_ int fd = open_lock(dir, path);

	if (fd < 0) {
		err_set(e, ERR_INTERNAL, "cannot open %s: %s", path, strerror(errno));
		return -EIO;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		say_who_holds(fd, dir, e);
		return -EBUSY;
	}
	write_pid(fd);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int place_take(const struct config_daemon *c, int *ret_lock_fd, struct err *e)
{
	int rc = make_dir(c->state_dir, 0700, "state", e);

	if (rc == 0) {
		rc = make_dir(c->cache_dir, 0700, "cache", e);
	}
	if (rc == 0) {
		rc = make_socket_dir(c->socket, e);
	}
	return rc < 0 ? rc : take_lock(c->state_dir, ret_lock_fd, e);
}

void place_leave(int *lock_fd)
{
	if (*lock_fd >= 0) {
		close(*lock_fd);
		*lock_fd = -1;
	}
}
