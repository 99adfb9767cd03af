/* SPDX-License-Identifier: MIT */
/* What the other doors of a printer need to know: files, camera. */
#pragma once

#include "common/err.h"
#include "daemon/io/tls.h"

struct printer;

struct printer_door {
	const char *address; /* numeric; borrowed till the next loop turn */
	enum tls_verify verify;
	const uint8_t *pin;	     /* borrowed as well */
	struct tls_profile *profile; /* a ref of the caller's */
};

/* 0, or negative with *e: printer_offline when its address is not known, or it is disabled. */
int printer_door(const struct printer *p, struct printer_door *ret, struct err *e);
