/* SPDX-License-Identifier: MIT */
/* The certificate a printer shows, and the decision to trust exactly that one. */
#pragma once

#include <stdbool.h>

#include "common/err.h"
#include "daemon/io/probe.h"

struct fleet;
struct printer;

/* Looks at the printer's certificate and holds it against the chain, whatever Verify= says: one
 * handshake, no login. The printer may be destroyed meanwhile. 0 with the look, or negative with
 * *e. */
int trust_look(const struct printer *p, probe_fn fn, void *arg, struct probe **ret, struct err *e);
/* Writes Verify=pin and the pin (hex, as the look showed it) into the printer's drop-in; counts
 * after a reload. 0 or negative with *e. */
int trust_pin(const struct printer *p, const char *pin, struct err *e);
/* True when that pin is what the printer's configuration trusts. */
bool trust_is_pinned(const struct printer *p, const char *pin);
