/* SPDX-License-Identifier: MIT */
/* Results drawn for people, one function per shape of result. All printer strings are escaped. */
#pragma once

#include <stdbool.h>

#include "ctl/out.h"
#include "ctl/table.h"

extern const struct column_set show_list_columns, show_trays_columns, show_env_columns,
    show_hms_columns, show_keys_columns, show_firmware_columns, show_profiles_columns,
    show_bound_columns, show_limits_columns;

/* Result of printer.list. */
void show_list(struct out *o, json_object *result);
/* One status object. */
void show_status(struct out *o, json_object *printer);
enum show_ams { SHOW_AMS_ALL, SHOW_AMS_LOW, SHOW_AMS_ENV };
/* Result of ams.get; LOW: spools that end soon, ENV: humidity and temperature. */
void show_ams(struct out *o, json_object *result, enum show_ams what);
/* Result of hms.list; of hms.text; of api.keys; of device.firmware; of kprofile.get; one event. */
void show_hms(struct out *o, json_object *result);
void show_hms_text(struct out *o, json_object *result);
void show_keys(struct out *o, json_object *result);
void show_firmware(struct out *o, json_object *result);
void show_profiles(struct out *o, json_object *result);
void show_event(struct out *o, json_object *event);
/* Result of account.status; of account.devices; of account.limits. */
void show_account(struct out *o, json_object *status);
void show_bound(struct out *o, json_object *result);
void show_limits(struct out *o, json_object *result);
/* "signed in as m***@example.org (global), token ends in 89 days". Owned. */
char *show_account_line(const struct out *o, json_object *status);
/* "ends in 89 days", "end unknown", "ended 3 days ago", of the token of account.status. Owned. */
char *show_token_end(const struct out *o, json_object *token);
