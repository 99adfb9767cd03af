/* SPDX-License-Identifier: MIT */
/* Address and trust of a printer, for connections beside its uplink. */
#include "daemon/fleet/door.h"

#include <arpa/inet.h>
#include <errno.h>

#include "daemon/fleet/printer_address.h"
#include "daemon/fleet/printer_internal.h"

static bool is_numeric(const char *address)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1;
}

/* A name alone is no way in: the uplink looks it up, and keeps the last answer. */
static const char *address_of(const struct printer *p)
{
	const char *address = uplink_address(p->uplink);

	if (!address && is_numeric(printer_address(p))) {
		address = printer_address(p);
	}
	return address;
}

static int refuse(const struct printer *p, const char *text, const char *hint, struct err *e)
{
	err_set(e, ERR_PRINTER_OFFLINE, "%s: %s", p->config.name, text);
	err_printer(e, p->config.name);
	if (hint[0]) {
		err_hint(e, "%s", hint);
	}
	return -ENOTCONN;
}

int printer_door(const struct printer *p, struct printer_door *ret, struct err *e)
{
	static const enum tls_verify verify[VERIFY_MODE_COUNT] = {
	    [VERIFY_CHAIN] = TLS_VERIFY_CHAIN,
	    [VERIFY_PIN] = TLS_VERIFY_PIN,
	    [VERIFY_INSECURE] = TLS_VERIFY_INSECURE,
	};
	struct tls_profile *profile = NULL;
	const char *reason = NULL, *address;

	if (!p->uplink && p->planes.route) {
		return refuse(p, "reached through the cloud only: its address is not known",
		    "put it into Address= of its section", e);
	}
	if (!p->uplink) {
		return refuse(p, p->link.last_error, p->link.hint, e);
	}
	address = address_of(p);
	if (!address) {
		return refuse(p,
		    p->link.last_error[0] ? p->link.last_error : "its address is not known yet",
		    p->link.hint, e);
	}
	if (tls_profile_get(p->fleet->tls, p->config.ca_file, &profile, &reason) < 0) {
		return refuse(p, reason, "", e);
	}
	*ret = (struct printer_door){
	    .address = address,
	    .verify = verify[p->config.verify],
	    .pin = p->config.pin,
	    .profile = profile,
	};
	return 0;
}
