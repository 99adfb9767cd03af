/* SPDX-License-Identifier: MIT */
/* The test bench of the control socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/fleet/ops.h"
#include "daemon/fleet/printer_config.h"
#include "daemon/fleet/registry.h"
#include "daemon/model/hub.h"
#include "tests/unit/api/fake_camera.h"
#include "tests/unit/api/fake_files.h"
#include "tests/unit/api/rig.h"

static int64_t rig_mono_ms(void *arg)
{
	return ((struct rig *)arg)->now_ms;
}

static int64_t rig_wall_ms(void *arg)
{
	return RIG_WALL_BASE + ((struct rig *)arg)->now_ms;
}

static void on_flush(void *arg)
{
	hub_flush(((struct rig *)arg)->hub);
}

static void on_wake(void *arg)
{
	struct rig *r = arg;

	loop_defer(r->loop, &r->flush);
}

static const char *instance(void *arg)
{
	return "bench";
}

static int reload(void *arg, char **ret_changed, struct err *e)
{
	struct rig *r = arg;

	if (r->reload_fails) {
		err_set(e, ERR_USAGE, "bambud.conf:3: no such key");
		return -EINVAL;
	}
	r->reloads++;
	*ret_changed = xstrdup("[\"Printer p0\"]");
	return 0;
}

static void config_info(void *arg, char **ret_files, char **ret_warnings)
{
	*ret_files = xstrdup("[\"bambud.conf\"]");
	*ret_warnings = xstrdup("[]");
}

void rig_printers(struct rig *r, size_t printers)
{
	struct printer_config *configs = xcalloc(printers + 1, sizeof(*configs));

	for (size_t i = 0; i < printers; i++) {
		configs[i].name = xasprintf("p%zu", i);
		configs[i].serial = xasprintf("01P00A%09zu", i);
	}
	registry_sync(r->registry, configs, printers);
	for (size_t i = 0; i < printers; i++) {
		printer_config_finish(&configs[i]);
	}
	free(configs);
}

void rig_start(struct rig *r, size_t printers)
{
	struct loop_clock clock = {rig_mono_ms, rig_wall_ms, r};
	struct api_deps deps = {.version = "9.8.7",
	    .instance = instance,
	    .reload = reload,
	    .config_info = config_info,
	    .arg = r};

	*r = (struct rig){.now_ms = 1000};
	fake_files_reset();
	r->loop = loop_create(&clock);
	loop_deferred_init(&r->flush, on_flush, r);
	r->hub = hub_create(RIG_EPOCH, 1, on_wake, r);
	r->fleet = (struct fleet){.loop = r->loop, .hub = r->hub, .instance = "bench"};
	r->fleet.ops = ops_create(r->loop);
	r->registry = registry_create(&r->fleet);
	rig_printers(r, printers);
	rig_turn(r, 2);
	r->access = (struct server_access){
	    .own_uid = geteuid(), .control_gid = (gid_t)-1, .read_gid = (gid_t)-1};
	deps.loop = r->loop;
	deps.hub = r->hub;
	deps.registry = r->registry;
	deps.fleet = &r->fleet;
	deps.files = fake_files();
	fake_camera_reset(r->loop);
	deps.camera = fake_camera_of;
	r->server = server_create(&deps, &r->access);
	snprintf(r->dir, sizeof(r->dir), "/tmp/api.XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->path, sizeof(r->path), "%s/control.sock", r->dir);
	assert_int_equal(server_listen(r->server, r->path, 0600, -1), 0);
}

void rig_stop(struct rig *r)
{
	server_destroy(r->server);
	registry_destroy(r->registry);
	ops_destroy(r->fleet.ops);
	loop_deferred_cancel(&r->flush);
	hub_destroy(r->hub);
	loop_destroy(r->loop);
	assert_int_equal(rmdir(r->dir), 0);
}

struct printer *rig_printer(struct rig *r, size_t i)
{
	char name[32];
	struct printer *p;

	snprintf(name, sizeof(name), "p%zu", i);
	p = registry_by_name(r->registry, name);
	assert_non_null(p);
	return p;
}

void rig_turn(struct rig *r, unsigned turns)
{
	while (turns-- > 0) {
		loop_turn(r->loop, false);
	}
}

void rig_pass(struct rig *r, int64_t ms)
{
	r->now_ms += ms;
	rig_turn(r, 3);
}

void rig_event(struct rig *r, enum event_kind kind, size_t printer)
{
	const struct printer *p = rig_printer(r, printer);

	hub_event(r->hub, kind, printer_name(p), printer_serial(p), NULL, loop_wall_ms(r->loop));
}

/* ---- the client's side ---- */

void client_dial(struct rig *r, struct client *c)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	*c = (struct client){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	assert_true(c->fd >= 0);
	str_copy(addr.sun_path, sizeof(addr.sun_path), r->path);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	rig_turn(r, 1);
}

void client_hang_up(struct client *c)
{
	if (c->fd >= 0) {
		close(c->fd);
	}
	free(c->buf);
	*c = (struct client){.fd = -1};
}

struct conn *client_conn(struct rig *r)
{
	assert_false(list_empty(&r->server->conns));
	return container_of(r->server->conns.prev, struct conn, link);
}

void client_say(struct rig *r, struct client *c, const char *text)
{
	size_t len = strlen(text), sent = 0;

	while (sent < len) {
		ssize_t n = send(c->fd, text + sent, len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			n = 0;
		}
		sent += (size_t)n;
		rig_turn(r, 1);
	}
}

/* False at the end of the stream. */
static bool client_read(struct client *c)
{
	ssize_t n;

	if (c->cap - c->len < 65536) {
		c->cap = c->cap * 2 + 65536;
		c->buf = xrealloc(c->buf, c->cap);
	}
	n = recv(c->fd, c->buf + c->len, c->cap - c->len, MSG_DONTWAIT);
	if (n > 0) {
		c->len += (size_t)n;
	}
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

json_object *client_line(struct rig *r, struct client *c)
{
	for (int i = 0; i < 2000; i++) {
		char *nl = c->len > 0 ? memchr(c->buf, '\n', c->len) : NULL;
		json_object *o = NULL;
		size_t used;

		if (nl != NULL) {
			used = (size_t)(nl - c->buf) + 1;
			assert_int_equal(json_parse(c->buf, used - 1, 32, &o), 0);
			c->len -= used;
			memmove(c->buf, c->buf + used, c->len);
			return o;
		}
		if (!client_read(c)) {
			return NULL;
		}
		if (memchr(c->buf, '\n', c->len) == NULL) {
			rig_turn(r, 1);
		}
		/* Everything here is one process: when two rounds bring nothing, nothing comes. */
		if (i > 3 && c->len == 0) {
			return NULL;
		}
	}
	return NULL;
}

bool client_at_end(struct rig *r, struct client *c)
{
	char byte;

	rig_turn(r, 3);
	return c->len == 0 && recv(c->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

json_object *client_call(struct rig *r, struct client *c, const char *method, const char *params)
{
	_cleanup_free_ char *line = xasprintf("{\"id\":%d,\"method\":\"%s\"%s%s}\n", ++c->next_id,
	    method, params != NULL ? ",\"params\":" : "", params != NULL ? params : "");
	json_object *reply;
	int64_t id = 0;

	client_say(r, c, line);
	reply = client_line(r, c);
	assert_non_null(reply);
	assert_true(json_get_i64(reply, "id", &id));
	assert_int_equal(id, c->next_id);
	return reply;
}

json_object *client_result(struct rig *r, struct client *c, const char *method, const char *params)
{
	_cleanup_json_ json_object *reply = client_call(r, c, method, params);
	json_object *result = NULL;

	if (!json_object_object_get_ex(reply, "result", &result)) {
		fail_msg("%s: %s", method, json_object_to_json_string(reply));
	}
	return json_object_get(result);
}

void client_refused(
    struct rig *r, struct client *c, const char *method, const char *params, enum err_type type)
{
	_cleanup_json_ json_object *reply = client_call(r, c, method, params);

	assert_string_equal(at(reply, "error.data.type"), err_name(type));
}

const char *at(json_object *o, const char *path)
{
	static char text[512];
	json_object *found = NULL;

	if (!json_get_path(o, path, &found)) {
		return "-";
	}
	if (json_object_is_type(found, json_type_string)) {
		return json_object_get_string(found);
	}
	snprintf(text, sizeof(text), "%s",
	    json_object_to_json_string_ext(found, JSON_C_TO_STRING_PLAIN));
	return text;
}
