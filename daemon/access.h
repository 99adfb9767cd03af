/* SPDX-License-Identifier: MIT */
/* The rights on the control socket as the configuration and the machine's groups give them. */
#pragma once

struct config;
struct server_access;

/* Looks up the groups; a missing one is logged (system service only) and gives nobody rights. */
void access_from_config(const struct config *c, struct server_access *ret);
