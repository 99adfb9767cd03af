/* SPDX-License-Identifier: MIT */
/* Permission, parameters, confirmation, rate: in this order, before any handler runs. */
#include "daemon/api/dispatch.h"

#include <errno.h>
#include <string.h>

#include "common/proto.h"
#include "common/text.h"
#include "daemon/api/conn.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/reply.h"

const struct handler handler_table[] = {
    {"account.devices", h_account_devices, false},
    {"account.limits", h_account_limits, false},
    {"account.login", h_account_login, true},
    {"account.logout", h_account_logout, true},
    {"account.preferences", h_cloud, false},
    {"account.profile", h_cloud, false},
    {"account.profile_set", h_cloud, true},
    {"account.status", h_account_status, false},
    {"account.token_set", h_account_token_set, true},
    {"account.verify_code", h_account_verify_code, true},
    {"account.verify_token", h_account_verify_token, true},
    {"ams.calibrate_remain", h_command, true},
    {"ams.control", h_command, true},
    {"ams.dry_start", h_command, true},
    {"ams.dry_stop", h_command, true},
    {"ams.get", h_ams_get, false},
    {"ams.load", h_command, true},
    {"ams.option", h_command, true},
    {"ams.rfid", h_command, true},
    {"ams.set", h_command, true},
    {"ams.unload", h_command, true},
    {"api.errors", h_api_errors, false},
    {"api.events", h_api_events, false},
    {"api.keys", h_api_keys, false},
    {"api.methods", h_api_methods, false},
    {"camera.snapshot", h_camera_snapshot, false},
    {"camera.status", h_camera_status, false},
    {"camera.stream", h_camera_stream, false},
    {"camera.ttcode", h_cloud, false},
    {"camera.url", h_camera_url, false},
    {"cloud.api", h_cloud_api, true, .asks = true},
    {"cloud.device_info", h_cloud, false},
    {"cloud.device_version", h_cloud, false},
    {"cloud.files", h_cloud_files, false},
    {"cloud.messages", h_cloud, false},
    {"cloud.notification_read", h_cloud, true},
    {"cloud.notifications", h_cloud, false},
    {"cloud.print_start", h_cloud_print_start, true},
    {"cloud.print_status", h_cloud, false},
    {"cloud.project_create", h_cloud, true},
    {"cloud.project_get", h_cloud, false},
    {"cloud.projects", h_cloud, false},
    {"cloud.slicer_resources", h_cloud, false},
    {"cloud.slicer_setting", h_cloud, false},
    {"cloud.slicer_settings", h_cloud, false},
    {"cloud.snapshot_url", h_cloud, false},
    {"cloud.task_create", h_cloud, true},
    {"cloud.task_get", h_cloud, false},
    {"cloud.tasks", h_cloud, false},
    {"cloud.upload", h_cloud_upload, true},
    {"cloud.upload_url", h_cloud, false},
    {"cloud.video_url", h_cloud, false},
    {"daemon.config", h_daemon_config, false},
    {"daemon.log_level", h_daemon_log_level, true},
    {"daemon.ping", h_daemon_ping, false},
    {"daemon.reload", h_daemon_reload, true},
    {"daemon.stats", h_daemon_stats, false},
    {"daemon.status", h_daemon_status, false},
    {"device.access_code", h_command, true},
    {"device.airduct", h_command, true},
    {"device.buzzer", h_command, true},
    {"device.extrude", h_command, true},
    {"device.extruder", h_command, true},
    {"device.fan", h_command, true},
    {"device.firmware", h_device_firmware, false},
    {"device.firmware_update", h_command, true},
    {"device.gcode", h_command, true, .asks = true},
    {"device.home", h_command, true},
    {"device.light", h_command, true},
    {"device.move", h_command, true},
    {"device.nozzle", h_command, true},
    {"device.reboot", h_command, true},
    {"device.record", h_command, true},
    {"device.resolution", h_command, true},
    {"device.temp", h_command, true},
    {"device.timelapse", h_command, true},
    {"device.xcam", h_command, true},
    {"events.list", h_events_list, false},
    {"events.subscribe", h_events_subscribe, false},
    {"events.unsubscribe", h_events_unsubscribe, false},
    {"file.delete", h_file_delete, true},
    {"file.get", h_file_get, false},
    {"file.list", h_file_list, false},
    {"file.mkdir", h_file_mkdir, true},
    {"file.put", h_file_put, true, .takes_bytes = true},
    {"hello", h_hello, false},
    {"history.get", h_history_get, false},
    {"history.list", h_history_list, false},
    {"history.stats", h_history_stats, false},
    {"hms.list", h_hms_list, false},
    {"hms.text", h_hms_text, false},
    {"kprofile.delete", h_command, true},
    {"kprofile.get", h_kprofile_get, false},
    {"kprofile.select", h_command, true},
    {"kprofile.set", h_command, true},
    {"metrics.text", h_metrics_text, false},
    {"mqtt.listen", h_mqtt_listen, false},
    {"mqtt.request", h_command, true},
    {"op.cancel", h_op_cancel, false},
    {"op.get", h_op_get, false},
    {"op.list", h_op_list, false},
    {"print.calibrate", h_command, true},
    {"print.clear_error", h_command, true},
    {"print.hms_action", h_command, true},
    {"print.option", h_command, true},
    {"print.pause", h_command, true},
    {"print.resume", h_command, true},
    {"print.skip", h_command, true},
    {"print.speed", h_command, true},
    {"print.start", h_command, true},
    {"print.stop", h_command, true},
    {"printer.add", h_printer_add, true},
    {"printer.bind", h_cloud, true},
    {"printer.discover", h_printer_discover, true},
    {"printer.doctor", h_printer_doctor, true},
    {"printer.get", h_printer_get, false},
    {"printer.list", h_printer_list, false},
    {"printer.raw", h_printer_raw, false},
    {"printer.refresh", h_printer_refresh, true},
    {"printer.remove", h_printer_remove, true},
    {"printer.set", h_printer_set, true},
    {"printer.trust", h_printer_trust, true},
    {"printer.unbind", h_cloud, true},
    {"record.start", h_record_start, true},
    {"record.stop", h_record_stop, true},
};
const size_t handler_count = ARRAY_SIZE(handler_table);

static int by_method(const void *key, const void *row)
{
	return strcmp(key, ((const struct handler *)row)->method);
}

const struct handler *handler_find(const char *method)
{
	return bsearch(method, handler_table, handler_count, sizeof(handler_table[0]), by_method);
}

handler_fn *handlers_by_row(void)
{
	handler_fn *rows = xcalloc(method_count, sizeof(*rows));

	for (size_t i = 0; i < method_count; i++) {
		const struct handler *h = handler_find(method_table[i].name);

		rows[i] = h != NULL ? h->fn : NULL;
	}
	return rows;
}

static int refuse_unknown(const char *method, struct err *e)
{
	const char *near = method_nearest(method);
	char shown[64];

	err_set(e, ERR_UNKNOWN_METHOD, "unknown method %s",
	    text_escape_buf(method, shown, sizeof(shown)));
	if (near != NULL) {
		err_hint(e, "did you mean %s?", near);
	}
	return -ENOSYS;
}

static int check_permission(struct call *c)
{
	if (access_allows(c->conn->perm, c->method->perm)) {
		return 0;
	}
	c->server->counters.denied++;
	err_set(c->e, ERR_PERMISSION_DENIED, "%s needs %s rights, uid %u has %s", c->method->name,
	    perm_name(c->method->perm), (unsigned)c->conn->peer.uid, perm_name(c->conn->perm));
	err_hint(c->e, "ask to be put into the group named by Group= in bambud.conf");
	return -EACCES;
}

static bool is_set(const struct call *c, const char *param)
{
	bool set = false;

	return json_get_bool(c->params, param, &set) && set;
}

static int check_confirm(struct call *c)
{
	const struct handler *h = handler_find(c->method->name);

	/* What sends nothing needs no second thought. */
	if (!c->method->confirm || (h != NULL && h->asks) || is_set(c, "confirm") ||
	    is_set(c, "dry_run")) {
		return 0;
	}
	err_set(c->e, ERR_GUARD, "%s asks for confirmation", c->method->name);
	err_hint(c->e, "send \"confirm\":true");
	return -EPERM;
}

static int check_rate(struct call *c)
{
	const struct handler *h = handler_find(c->method->name);
	int64_t wait_ms;

	if (h == NULL || !h->writes || access_exempt(&c->server->access, c->conn->peer.uid) ||
	    rate_take(
		&c->server->rate, c->conn->peer.uid, loop_now_ms(c->server->deps.loop), &wait_ms)) {
		return 0;
	}
	err_set(c->e, ERR_RATE_LIMITED, "more than %d writes a second by uid %u", RATE_WRITES_PER_S,
	    (unsigned)c->conn->peer.uid);
	err_hint(c->e, "again in %lld ms", (long long)wait_ms);
	return -EBUSY;
}

/* A user whose replies pile up unread gets no more of them: memory is shared by all. */
static int check_unread(struct call *c)
{
	struct list *pos, *tmp;
	size_t queued = 0;

	if (conn_queued(c->conn) == 0) {
		return 0;
	}
	list_for_each (pos, tmp, &c->server->conns) {
		const struct conn *other = container_of(pos, struct conn, link);

		queued += other->peer.uid == c->conn->peer.uid ? conn_queued(other) : 0;
	}
	if (queued <= SERVER_UNREAD_PER_UID) {
		return 0;
	}
	err_set(c->e, ERR_OVERFLOW, "%zu MiB of replies wait unread by uid %u", queued >> 20,
	    (unsigned)c->conn->peer.uid);
	return -ENOBUFS;
}

/* 0 with the handler to run. */
static int admit(struct call *c, handler_fn *ret_fn)
{
	handler_fn fn;
	int r = check_permission(c);

	if (r < 0) {
		return r;
	}
	fn = c->server->handlers[method_index(c->method)];
	if (fn == NULL) {
		err_set(c->e, ERR_UNSUPPORTED, "%s is not in this version", c->method->name);
		return -EOPNOTSUPP;
	}
	r = method_check(c->method, c->params, c->e);
	if (r < 0) {
		return r;
	}
	r = check_confirm(c);
	if (r < 0) {
		return r;
	}
	r = check_rate(c);
	if (r < 0) {
		return r;
	}
	r = check_unread(c);
	if (r < 0) {
		return r;
	}
	*ret_fn = fn;
	return 0;
}

/* One line for each call that is more than reading; refused ones come in bursts and are counted
 * then. */
void dispatch_audit(struct server *s, const struct conn *c, const struct method *m,
    const char *about, const char *error)
{
	struct log_subject subject = {.event = "audit"};
	unsigned missed = 0;

	if (m->perm < PERM_CONTROL) {
		return;
	}
	if (error != NULL &&
	    !log_ratelimit_ok(&s->audit_limit, loop_now_ms(s->deps.loop), &missed)) {
		return;
	}
	if (missed > 0) {
		log_warn("audit: %u refused calls were not logged one by one", missed);
	}
	subject.printer = about[0] != '\0' ? about : NULL;
	log_write(LOG_LEVEL_INFO, &subject, "audit: uid %u pid %d called %s: %s",
	    (unsigned)c->peer.uid, (int)c->peer.pid, m->name, error != NULL ? error : "ok");
}

static int run(struct call *c)
{
	const char *printer = json_get_str(c->params, "printer");
	handler_fn fn;
	int r;

	/* What was asked for, until the handler knows which printer it is. */
	text_escape_buf(printer != NULL ? printer : "", c->about, sizeof(c->about));
	r = admit(c, &fn);
	if (r == 0) {
		proto_reply_begin(c->w, c->id);
		r = fn(c);
	}
	if (r == CALL_LATER) {
		return r;
	}
	if (r == 0) {
		proto_end(c->w);
	} else if (c->e->type == ERR_NONE) {
		err_set(c->e, ERR_INTERNAL, "%s failed: %s", c->method->name, strerror(-r));
	}
	dispatch_audit(
	    c->server, c->conn, c->method, c->about, r == 0 ? NULL : err_name(c->e->type));
	return r;
}

static int answer(struct server *s, struct conn *c, const struct proto_request *req, struct err *e)
{
	struct call call = {
	    .server = s,
	    .conn = c,
	    .method = method_find(req->method),
	    .id = req->id,
	    .params = req->params,
	    .w = &s->scratch,
	    .e = e,
	};

	if (replies_hold(c, req->id)) {
		err_set(e, ERR_INVALID_REQUEST, "a call of this id is not answered yet");
		return -EINVAL;
	}
	if (call.method == NULL) {
		return refuse_unknown(req->method, e);
	}
	return run(&call);
}

/* What a client that did not wait sends of a file may hold anything, requests too. Who may not put
 * files can do no harm by such requests either. */
static void end_if_bytes_follow(
    struct conn *c, const struct proto_request *req, const struct err *e)
{
	const struct handler *h = req->method != NULL ? handler_find(req->method) : NULL;

	if (h != NULL && h->takes_bytes && e->type != ERR_PERMISSION_DENIED) {
		conn_finish(c, "its bytes are not wanted");
	}
}

void dispatch_line(struct server *s, struct conn *c, const char *line, size_t len)
{
	struct proto_request req = {0};
	struct err e = {0};
	int r;

	s->counters.requests++;
	jw_reset(&s->scratch);
	r = proto_parse(line, len, &req, &e);
	if (r == 0) {
		r = answer(s, c, &req, &e);
	}
	if (r < 0) {
		s->counters.failed++;
		jw_reset(&s->scratch);
		proto_error(&s->scratch, req.id, &e);
	}
	if (r != CALL_LATER) {
		conn_send(c, s->scratch.buf, s->scratch.len);
	}
	if (r < 0) {
		end_if_bytes_follow(c, &req, &e);
	}
	proto_request_finish(&req);
	/* One large list must not be held for ever. */
	if (s->scratch.cap > CONN_OUT_UNREAD) {
		jw_finish(&s->scratch);
		jw_init(&s->scratch);
	}
}
