/* SPDX-License-Identifier: MIT */
/* Verbs of the cloud account. */
#pragma once

#include "ctl/verbs.h"

#define ACCOUNT_PATIENCE_MS (2 * 60 * 1000) /* several ways are tried, each has its own limit */

int login_run(struct ctl *c);
/* Says who is signed in, once the list of printers is there or long enough waited for. Exit status,
 * reported. */
int account_say_signed_in(struct ctl *c);
int account_run(struct ctl *c);
int account_token_run(struct ctl *c);
int account_profile_set_run(struct ctl *c);
void account_show_signed_out(struct ctl *c, json_object *result);
void account_show_devices(struct ctl *c, json_object *result);
void account_show_limits(struct ctl *c, json_object *result);
