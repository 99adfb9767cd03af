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
int cloud_projects_run(struct ctl *c);
int cloud_task_create_run(struct ctl *c);
int cloud_upload_run(struct ctl *c);
