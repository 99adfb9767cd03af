/* SPDX-License-Identifier: MIT */
/* What the hosts of the cloud answer to: one table row for each method and path. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "tests/sim/cloud_internal.h"

struct cloud_route {
	const char *name; /* also the counter's */
	const char *method, *path;
	enum cloud_host host;
	bool auth, json;
	void (*run)(struct cloud_call *call);
};

/* cloud_route.c. A method that the path does not know gives 405. */
extern const struct cloud_route cloud_routes[];
extern const size_t cloud_route_count;
/* The row, and a copy of what * stands for (caller frees); NULL with 404 or 405 in *ret_status. */
const struct cloud_route *cloud_route_find(
    enum cloud_host host, const char *method, const char *path, char **ret_part, int *ret_status);

/* Routes: cloud_auth.c, cloud_device.c, cloud_job.c, cloud_user.c, cloud_store.c, cloud_text.c */
void cloud_run_login(struct cloud_call *call);
void cloud_run_send_mail(struct cloud_call *call);
void cloud_run_send_sms(struct cloud_call *call);
void cloud_run_tfa_api(struct cloud_call *call);
void cloud_run_csrf(struct cloud_call *call);
void cloud_run_tfa_web(struct cloud_call *call);
void cloud_run_refresh(struct cloud_call *call);
void cloud_run_bind_list(struct cloud_call *call);
void cloud_run_bind(struct cloud_call *call);
void cloud_run_unbind(struct cloud_call *call);
void cloud_run_version(struct cloud_call *call);
void cloud_run_print_list(struct cloud_call *call);
void cloud_run_print(struct cloud_call *call);
void cloud_run_ttcode(struct cloud_call *call);
void cloud_run_projects(struct cloud_call *call);
void cloud_run_project(struct cloud_call *call);
void cloud_run_project_create(struct cloud_call *call);
void cloud_run_tasks(struct cloud_call *call);
void cloud_run_task(struct cloud_call *call);
void cloud_run_task_create(struct cloud_call *call);
void cloud_run_files(struct cloud_call *call);
void cloud_run_notifications(struct cloud_call *call);
void cloud_run_notification_mark(struct cloud_call *call);
void cloud_run_messages(struct cloud_call *call);
void cloud_run_preference(struct cloud_call *call);
void cloud_run_profile(struct cloud_call *call);
void cloud_run_profile_set(struct cloud_call *call);
void cloud_run_slicer(struct cloud_call *call);
void cloud_run_slicer_one(struct cloud_call *call);
void cloud_run_resource(struct cloud_call *call);
void cloud_run_upload(struct cloud_call *call);
void cloud_run_put_file(struct cloud_call *call);
void cloud_run_put_size(struct cloud_call *call);
void cloud_run_text(struct cloud_call *call);
void cloud_run_text_version(struct cloud_call *call);
void cloud_run_elsewhere(struct cloud_call *call);
