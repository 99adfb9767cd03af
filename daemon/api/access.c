/* SPDX-License-Identifier: MIT */
/* Peer credentials and the rules that turn them into a class of methods. */
#include "daemon/api/access.h"

#include <errno.h>
#include <sys/socket.h>

#include "common/util.h"

static int read_groups(int fd, struct peer *p)
{
	socklen_t size = 32 * sizeof(gid_t);

	for (;;) {
		gid_t *groups = xrealloc(p->groups, size + sizeof(gid_t));

		p->groups = groups;
		if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0) {
			p->group_count = size / sizeof(gid_t);
			return 0;
		}
		/* ERANGE: the kernel has put the size it needs into size. */
		if (errno != ERANGE || size > PEER_GROUPS_MAX * sizeof(gid_t)) {
			return -errno;
		}
	}
}

int peer_read(int fd, struct peer *ret)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);
	struct peer p = {0};
	int r;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0) {
		return -errno;
	}
	p.pid = cred.pid;
	p.uid = cred.uid;
	p.gid = cred.gid;
	r = read_groups(fd, &p);
	if (r < 0) {
		peer_finish(&p);
		return r;
	}
	*ret = p;
	return 0;
}

void peer_finish(struct peer *p)
{
	free(p->groups);
	p->groups = NULL;
	p->group_count = 0;
}

static bool peer_in_group(const struct peer *p, gid_t gid)
{
	if (gid == (gid_t)-1) {
		return false;
	}
	if (p->gid == gid) {
		return true;
	}
	for (size_t i = 0; i < p->group_count; i++) {
		if (p->groups[i] == gid) {
			return true;
		}
	}
	return false;
}

bool access_exempt(const struct server_access *a, uid_t uid)
{
	return uid == 0 || uid == a->own_uid;
}

enum perm access_judge(const struct server_access *a, const struct peer *p)
{
	/* What the kernel writes when it knows no user (overflow uid -1): never anybody. */
	if (p->uid == (uid_t)-1) {
		return PERM_ANY;
	}
	if (access_exempt(a, p->uid)) {
		return PERM_ADMIN;
	}
	if (a->private_user) {
		return PERM_ANY;
	}
	if (peer_in_group(p, a->control_gid)) {
		return PERM_CONTROL;
	}
	if (peer_in_group(p, a->read_gid) || a->others_read) {
		return PERM_READ;
	}
	return PERM_ANY;
}

bool access_allows(enum perm have, enum perm need)
{
	if ((unsigned)need >= PERM_COUNT || (unsigned)have >= PERM_COUNT) {
		return false;
	}
	return have >= need;
}
