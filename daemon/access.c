/* SPDX-License-Identifier: MIT */
/* Configuration and groups to rights on the control socket. */
#include "daemon/access.h"

#include <grp.h>
#include <unistd.h>

#include "common/log.h"
#include "common/paths.h"
#include "daemon/api/server.h"
#include "daemon/config.h"

static gid_t find_group(const char *key, const char *name)
{
	struct group *g = name && name[0] ? getgrnam(name) : NULL;

	if (!g && name && name[0]) {
		log_warn("%s=%s: there is no such group on this machine; nobody has its rights",
		    key, name);
	}
	return g ? g->gr_gid : (gid_t)-1;
}

void access_from_config(const struct config *c, struct server_access *ret)
{
	*ret = (struct server_access){
	    .own_uid = geteuid(),
	    .private_user = !paths_is_system(),
	    .control_gid = (gid_t)-1,
	    .read_gid = (gid_t)-1,
	    .others_read = c->daemon.others_read,
	};
	if (!ret->private_user) {
		ret->control_gid = find_group("Group", c->daemon.group);
		ret->read_gid = find_group("ReadGroup", c->daemon.read_group);
	}
}
