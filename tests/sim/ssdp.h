/* SPDX-License-Identifier: MIT */
/* Printers announce themselves on this machine's loopback, and answer who searches them. */
#pragma once

#include <stdint.h>

struct printer;
struct sim;
struct ssdp;

/* One socket for all; those that are switched off are silent. 0 or negative errno. */
int ssdp_open(struct sim *sim, uint16_t port, struct ssdp **ret);
void ssdp_close(struct ssdp *s); /* NULL is fine */
/* A NOTIFY at once; address NULL: its own. 0 or negative errno. */
int ssdp_notify(struct ssdp *s, const struct printer *p, const char *address, const char *nts);
