/* SPDX-License-Identifier: MIT */
/* mqtt.*: the messages of a printer as they are. */
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/listens.h"
#include "daemon/api/pick.h"
#include "daemon/fleet/printer.h"

int h_mqtt_listen(struct call *c)
{
	struct printer *p = NULL;
	unsigned number = 0;
	int r = pick_one(c, &p);

	if (r == 0) {
		r = listens_add(c->server->listens, c->conn, printer_name(p), &number, c->e);
	}
	if (r < 0) {
		return r;
	}
	jw_object(c->w, "result");
	jw_int(c->w, "sub", number);
	jw_str(c->w, "printer", printer_name(p));
	jw_object_end(c->w);
	return 0;
}
