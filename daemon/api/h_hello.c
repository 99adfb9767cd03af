/* SPDX-License-Identifier: MIT */
/* hello: who serves, which API numbers, and what the caller may do. */
#include <errno.h>
#include <stdio.h>

#include "common/proto.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"

/* What a client may rely on beyond the method table. */
static const char *const features[] = {"events", "lan", "raw", "selectors", "subscriptions"};

static void write_you(struct jw *w, const struct conn *c)
{
	jw_object(w, "you");
	jw_int(w, "uid", c->peer.uid);
	jw_array(w, "perm");
	for (enum perm p = PERM_READ; p < PERM_COUNT; p++) {
		if (access_allows(c->perm, p)) {
			jw_str(w, NULL, perm_name(p));
		}
	}
	jw_array_end(w);
	jw_object_end(w);
}

int h_hello(struct call *c)
{
	const struct server *s = c->server;
	char server[48];
	int64_t api;

	if (json_get_i64(c->params, "api", &api) && api != PROTO_API) {
		err_set(c->e, ERR_UNSUPPORTED, "API %lld is not spoken here, only %d",
		    (long long)api, PROTO_API);
		return -EPROTONOSUPPORT;
	}
	snprintf(server, sizeof(server), "bambud/%s", s->deps.version);
	jw_object(c->w, "result");
	jw_str(c->w, "server", server);
	jw_array(c->w, "api");
	jw_int(c->w, NULL, PROTO_API);
	jw_int(c->w, NULL, PROTO_API);
	jw_array_end(c->w);
	jw_array(c->w, "features");
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		jw_str(c->w, NULL, features[i]);
	}
	jw_array_end(c->w);
	jw_str(c->w, "instance", s->deps.instance(s->deps.arg));
	jw_str(c->w, "boot_id", s->boot_id);
	write_you(c->w, c->conn);
	jw_object_end(c->w);
	return 0;
}
