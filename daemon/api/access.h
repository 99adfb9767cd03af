/* SPDX-License-Identifier: MIT */
/* Who sits at the other end of a connection, and which class of methods that user may call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/method.h"
#include "daemon/api/server.h"

#define PEER_GROUPS_MAX 65536 /* the kernel's own NGROUPS_MAX */

struct peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary, owned */
	size_t group_count;
};

/* Credentials the kernel noted when the peer connected. 0, or negative errno with *ret untouched;
 * finish a filled one. */
int peer_read(int fd, struct peer *ret);
/* Fine on a zeroed peer. */
void peer_finish(struct peer *p);

/* control-protocol.md 10. The highest class the peer has; PERM_ANY = no right to be here. Pure. */
enum perm access_judge(const struct server_access *a, const struct peer *p);
/* Fails closed: a class out of the table is allowed to nobody. */
bool access_allows(enum perm have, enum perm need);
/* Root and the daemon's own user: free of the cap per user and of the rate limit. */
bool access_exempt(const struct server_access *a, uid_t uid);
