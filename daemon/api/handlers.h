/* SPDX-License-Identifier: MIT */
/* One function per method; contract.md has parameters and results. */
#pragma once

struct call;

int h_hello(struct call *c);

int h_account_status(struct call *c);
int h_account_login(struct call *c);
int h_account_verify_code(struct call *c);
int h_account_verify_token(struct call *c);
int h_account_token_set(struct call *c);
int h_account_logout(struct call *c);
int h_account_devices(struct call *c);
int h_account_limits(struct call *c);

int h_api_methods(struct call *c);
int h_api_errors(struct call *c);
int h_api_events(struct call *c);
int h_api_keys(struct call *c);

int h_camera_status(struct call *c);
int h_camera_snapshot(struct call *c);
int h_camera_stream(struct call *c);
int h_camera_url(struct call *c);

int h_daemon_config(struct call *c);
int h_daemon_ping(struct call *c);
int h_daemon_status(struct call *c);
int h_daemon_stats(struct call *c);
int h_daemon_reload(struct call *c);
int h_daemon_log_level(struct call *c);

int h_printer_list(struct call *c);
int h_printer_get(struct call *c);
int h_printer_raw(struct call *c);
int h_printer_refresh(struct call *c);

int h_printer_doctor(struct call *c);
int h_printer_trust(struct call *c);
int h_printer_add(struct call *c);
int h_printer_set(struct call *c);
int h_printer_remove(struct call *c);
int h_printer_discover(struct call *c);
int h_mqtt_listen(struct call *c);

int h_record_start(struct call *c);
int h_record_stop(struct call *c);

int h_ams_get(struct call *c);
int h_hms_list(struct call *c);
int h_hms_text(struct call *c);

/* Every method that is one question to one endpoint of the cloud. */
int h_cloud(struct call *c);
int h_cloud_api(struct call *c);
int h_cloud_files(struct call *c);
int h_cloud_print_start(struct call *c);
int h_cloud_upload(struct call *c);

int h_events_subscribe(struct call *c);
int h_events_unsubscribe(struct call *c);
int h_events_list(struct call *c);

/* Every method that is a command to printers. */
int h_command(struct call *c);
int h_kprofile_get(struct call *c);
int h_device_firmware(struct call *c);

int h_file_list(struct call *c);
int h_file_delete(struct call *c);
int h_file_mkdir(struct call *c);
int h_file_put(struct call *c);
int h_file_get(struct call *c);

int h_op_get(struct call *c);
int h_op_cancel(struct call *c);
int h_op_list(struct call *c);

int h_history_get(struct call *c);
int h_history_list(struct call *c);
int h_history_stats(struct call *c);
int h_metrics_text(struct call *c);
