/* SPDX-License-Identifier: MIT */
/* Verbs of what the cloud account holds: files, projects, tasks, messages. */
#pragma once

#include "ctl/verbs.h"

/* Any `items` as its table, anything else as lines. */
void cloud_show(struct ctl *c, json_object *result);
/* The table of the verb. */
const struct column_set *cloud_columns(const struct ctl *c);
int cloud_api_run(struct ctl *c);
int cloud_bind_run(struct ctl *c);
/* A file of the account on a printer; the exit status. */
int cloud_print(struct ctl *c, const char *printer, const char *file);
void cloud_show_print(struct ctl *c, json_object *result);
int cloud_projects_run(struct ctl *c);
int cloud_task_create_run(struct ctl *c);
int cloud_upload_run(struct ctl *c);
