/* SPDX-License-Identifier: MIT */
/* What the TLS tests expect of one connection, seen from a broker that counts every byte it is
 * told. */
#pragma once

#include "tests/unit/io/rig.h"

/* Down for TLS, with the words in the reason; the peer learned not a byte of MQTT. */
void expect_refused(struct rig *r, const struct peer_plan *plan, const struct rig_client *options,
    const char *text);
/* The same of a peer that is no TLS server at all. */
void expect_no_tls(struct rig *r, const struct peer_plan *plan, const char *text);
/* Up, and the access code arrived; returns what was found of the peer. */
struct tls_peer expect_up(
    struct rig *r, const struct peer_plan *plan, const struct rig_client *options);

void pin_text(const struct cert *c, char ret[static 65]);
/* The profile of a PEM file, which is unlinked, its path freed. */
struct tls_profile *profile_of(struct rig *r, char *path);
