/* SPDX-License-Identifier: MIT */
/* One look at a certificate, one drop-in. */
#include "daemon/fleet/trust.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/fleet/dropin.h"
#include "daemon/fleet/printer_internal.h"

/* The CaFile may be the very thing that is wrong. */
static int get_profile(const struct printer *p, struct tls_profile **ret, struct err *e)
{
	const char *reason = NULL;

	if (tls_profile_get(p->fleet->tls, p->config.ca_file, ret, &reason) == 0 ||
	    tls_profile_get(p->fleet->tls, NULL, ret, &reason) == 0) {
		return 0;
	}
	err_set(e, ERR_INTERNAL, "%s: %s", p->config.name, reason);
	return -EIO;
}

int trust_look(const struct printer *p, probe_fn fn, void *arg, struct probe **ret, struct err *e)
{
	struct tls_profile *profile = NULL;
	struct probe_target target = {
	    .host = p->config.address,
	    .port = p->config.port,
	    .verify = TLS_VERIFY_CHAIN,
	    .name = p->config.serial,
	};
	int r;

	if (p->config.address == NULL) {
		err_set(e, ERR_PRINTER_OFFLINE, "%s has no Address=", p->config.name);
		err_printer(e, p->config.name);
		return -ENOTCONN;
	}
	r = get_profile(p, &profile, e);
	if (r < 0) {
		return r;
	}
	target.profile = profile;
	*ret = probe_start(p->fleet->loop, p->fleet->resolver, &target, fn, arg);
	tls_profile_unref(profile);
	return 0;
}

int trust_pin(const struct printer *p, const char *pin, struct err *e)
{
	const struct dropin_value values[] = {{"Verify", "pin"}, {"Pin", pin}};

	return dropin_set(p->fleet->state_dir, p->config.name, values, ARRAY_SIZE(values), e);
}

bool trust_is_pinned(const struct printer *p, const char *pin)
{
	char hex[2 * sizeof(p->config.pin) + 1];

	for (size_t i = 0; i < sizeof(p->config.pin); i++) {
		snprintf(hex + 2 * i, 3, "%02x", p->config.pin[i]);
	}
	return p->config.verify == VERIFY_PIN && strcasecmp(hex, pin) == 0;
}
