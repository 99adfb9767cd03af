/* SPDX-License-Identifier: MIT */
/* record.*: the messages of a printer as a capture. */
#include <errno.h>

#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/pick.h"
#include "daemon/api/recording.h"
#include "daemon/api/reply.h"
#include "daemon/api/upgrade.h"
#include "daemon/fleet/printer.h"

int h_record_start(struct call *c)
{
	struct recorders *all = c->server->recorders;
	struct printer *p = NULL;
	bool keep_files = false;
	int64_t seconds = 0;
	int r = upgrade_check(c);

	if (r == 0) {
		r = pick_one(c, &p);
	}
	if (r == 0 && recorders_full(all)) {
		err_set(c->e, ERR_OVERFLOW, "at most %d recordings at a time", RECORDINGS_MAX);
		r = -ENOSPC;
	}
	if (r < 0) {
		return r;
	}
	json_get_i64(c->params, "seconds", &seconds);
	json_get_bool(c->params, "files", &keep_files);
	r = recording_open(c, all, p, keep_files, seconds * 1000);
	return r < 0 ? r : CALL_LATER;
}

int h_record_stop(struct call *c)
{
	struct printer *p = NULL;
	int r = pick_one(c, &p);

	if (r < 0) {
		return r;
	}
	jw_object(c->w, "result");
	jw_str(c->w, "printer", printer_name(p));
	jw_int(c->w, "stopped", recorders_stop(c->server->recorders, p));
	jw_object_end(c->w);
	return 0;
}
