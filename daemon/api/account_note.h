/* SPDX-License-Identifier: MIT */
/* What lists and statuses say of the cloud account. */
#pragma once

struct jw;
struct server;

/* Member `cloud`: as account.status; its state null when there is no account at all. */
void write_account_note(struct jw *w, const struct server *s);
