/* SPDX-License-Identifier: MIT */
/* The camera of a simulated printer: its port, its clients, and whose the one place is. */
#include "tests/sim/camera.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "tests/sim/camera_internal.h"
#include "tests/sim/picture.h"

/* bambu.md 2.6: two words, two that are 0, user and code of 32 bytes. */
#define AUTH_BYTES 80
#define FIELD_BYTES 32
#define HZ_MAX 1000

bool camera_read_option(struct camera_options *o, const char *name, const char *value)
{
	int64_t number;
	int width, height;
	char end;

	if (strcmp(name, "camera") == 0) {
		o->mode = value;
		return strcmp(value, "always") == 0 || strcmp(value, "on-demand") == 0 ||
		       strcmp(value, "off") == 0;
	}
	if (strcmp(name, "camera-hz") == 0) {
		return parse_double(value, &o->hz) == 0 && o->hz > 0 && o->hz <= HZ_MAX;
	}
	if (strcmp(name, "camera-size") == 0) {
		if (sscanf(value, "%dx%d%c", &width, &height, &end) != 2 ||
		    width < PICTURE_WIDTH_MIN || width > PICTURE_SIDE_MAX ||
		    height < PICTURE_HEIGHT_MIN || height > PICTURE_SIDE_MAX) {
			return false;
		}
		o->width = width;
		o->height = height;
		return true;
	}
	if (parse_i64(value, 0, 65535, &number) < 0) {
		return false;
	}
	o->port = (uint16_t)number;
	return true;
}

bool camera_fault(const struct camera *c, enum fault which)
{
	return fault_is_on(&c->printer->faults, which);
}

int64_t camera_fault_arg(const struct camera *c, enum fault which)
{
	return c->printer->faults.arg[which];
}

static size_t count_served(const struct camera *c)
{
	size_t count = 0;

	for (const struct list *pos = c->clients.next; pos != &c->clients; pos = pos->next) {
		count += container_of(pos, struct camera_client, link)->served;
	}
	return count;
}

/* Nobody else is served, or as many as a switch allows; who went without a word may still count. */
static bool has_place(const struct camera *c)
{
	size_t places =
	    camera_fault(c, FAULT_CAM_SHARED) ? (size_t)camera_fault_arg(c, FAULT_CAM_SHARED) : 1;

	return count_served(c) + (sim_now_ms() < c->taken_until_ms) < places;
}

static void arm_tick(struct camera *c)
{
	double seconds = 1 / c->printer->sim->camera_hz / (c->rtsp ? RTP_GROUP : 1);
	struct timeval period = {(time_t)seconds, 0};

	period.tv_usec = (suseconds_t)((seconds - (double)period.tv_sec) * 1e6);
	evtimer_add(c->tick, &period);
}

static bool is_right(struct camera_client *client)
{
	uint8_t wanted[AUTH_BYTES] = {0x40, 0, 0, 0, 0, 0x30};

	str_copy((char *)wanted + 16, FIELD_BYTES, "bblp");
	str_copy((char *)wanted + 16 + FIELD_BYTES, FIELD_BYTES, client->camera->printer->code);
	return memcmp(bytes_head(&client->conn.in), wanted, sizeof(wanted)) == 0;
}

void camera_take_place(struct camera_client *client)
{
	struct camera *c = client->camera;
	bool slow = camera_fault(c, FAULT_CAM_SLOW_AUTH);

	if (!has_place(c)) {
		c->printer->counters.camera_crowded++;
		return;
	}
	client->served = true;
	client->first_ms = slow ? sim_now_ms() + camera_fault_arg(c, FAULT_CAM_SLOW_AUTH) : 0;
	if (!evtimer_pending(c->tick, NULL)) {
		arm_tick(c);
		camera_next(c);
	}
}

static void check_auth(struct camera_client *client)
{
	struct printer_counters *n = &client->camera->printer->counters;
	bool right = is_right(client);

	bytes_consume(&client->conn.in, AUTH_BYTES);
	client->known = right;
	if (!right) {
		n->camera_refused++;
		conn_close(&client->conn, "wrong user or code");
		return;
	}
	n->camera_logins++;
	if (camera_fault(client->camera, FAULT_CAM_EOF_AFTER_AUTH)) {
		conn_close(&client->conn, "closed after the login");
		return;
	}
	camera_take_place(client);
}

static void on_secured(void *owner)
{
	struct camera_client *client = owner;

	client->camera->printer->counters.camera_tls_done++;
}

/* After the one packet nothing is expected from a client. */
static void on_input(void *owner)
{
	struct camera_client *client = owner;
	struct conn *conn = &client->conn;

	if (client->camera->rtsp) {
		rtsp_input(client);
		return;
	}
	if (!client->known && conn->in.len >= AUTH_BYTES) {
		check_auth(client);
	}
	if (client->known && conn->in.len > 0) {
		client->camera->printer->counters.camera_stray += conn->in.len;
		bytes_consume(&conn->in, conn->in.len);
	}
}

static void on_drained(void *owner)
{
}

static void on_gone(void *owner, const char *why)
{
	struct camera_client *client = owner;
	struct camera *c = client->camera;
	struct timeval now = {0, 0};

	if (c->printer->sim->verbose) {
		log_info("%s: camera connection ended: %s", c->printer->name, why);
	}
	c->printer->counters.camera_bytes_in += client->conn.bytes_in;
	if (!client->conn.ready) {
		c->printer->counters.camera_tls_failed++;
	} else if (!client->conn.goodbye) {
		c->printer->counters.camera_unclean++;
		if (client->served && camera_fault(c, FAULT_CAM_LINGER)) {
			c->taken_until_ms = sim_now_ms() + camera_fault_arg(c, FAULT_CAM_LINGER);
		}
	}
	client->served = false;
	if (count_served(c) == 0) {
		evtimer_del(c->tick);
		c->frame = 0;
	}
	evtimer_add(client->reap, &now);
}

static const struct conn_ops conn_ops = {on_secured, on_input, on_drained, on_gone};

static void client_destroy(struct camera_client *client)
{
	conn_close(&client->conn, "the simulator ends");
	list_del(&client->link);
	conn_finish(&client->conn);
	bytes_finish(&client->queue);
	event_free(client->reap);
	free(client);
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
	client_destroy(arg);
}

static void apply_to_client(struct camera_client *client)
{
	const struct camera *c = client->camera;

	client->conn.record_max =
	    camera_fault(c, FAULT_CAM_DRIP) ? (size_t)camera_fault_arg(c, FAULT_CAM_DRIP) : 0;
	conn_freeze(&client->conn, camera_fault(c, FAULT_HALF_OPEN));
}

static void accept_client(void *arg, int fd)
{
	struct camera *c = arg;
	struct printer *p = c->printer;
	struct camera_client *client = xcalloc(1, sizeof(*client));

	client->camera = c;
	rtsp_init(client);
	list_add_tail(&c->clients, &client->link);
	p->counters.camera_connections++;
	p->counters.camera_prepare_connections += p->state.mood == SIM_PREPARING;
	client->reap = evtimer_new(p->sim->base, on_reap, client);
	conn_init(&client->conn, p->sim->base, &conn_ops, client, fd,
	    camera_fault(c, FAULT_SILENT) ? NULL : printer_new_ssl(p, fd, false));
	apply_to_client(client);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	camera_next(arg);
}

int camera_create(struct printer *p, uint16_t port, struct camera **ret)
{
	struct camera *c = xcalloc(1, sizeof(*c));
	struct sockaddr_in address = p->endpoint.address;
	int r;

	c->printer = p;
	c->rtsp = !p->model->jpeg;
	list_init(&c->clients);
	address.sin_port = htons(port);
	r = endpoint_open(&c->endpoint, p->sim->base, &address, accept_client, c);
	if (r < 0) {
		free(c);
		return r;
	}
	c->tick = event_new(p->sim->base, -1, EV_PERSIST, on_tick, c);
	*ret = c;
	return 0;
}

void camera_destroy(struct camera *c)
{
	struct list *pos, *tmp;

	if (!c) {
		return;
	}
	list_for_each (pos, tmp, &c->clients) {
		client_destroy(container_of(pos, struct camera_client, link));
	}
	endpoint_close(&c->endpoint);
	event_free(c->tick);
	free(c);
}

uint16_t camera_port(const struct camera *c)
{
	return ntohs(c->endpoint.address.sin_port);
}

void camera_drop(struct camera *c, const char *why)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &c->clients) {
		conn_close(&container_of(pos, struct camera_client, link)->conn, why);
	}
}

int camera_apply_faults(struct camera *c)
{
	struct list *pos, *tmp;
	bool off, closed, disabled;

	disabled = c->rtsp && c->printer->state.liveview != SIM_LIVEVIEW_ON;
	closed = camera_fault(c, FAULT_CAM_CLOSED) || disabled;
	off = camera_fault(c, FAULT_OFF) && camera_fault_arg(c, FAULT_OFF) == 0;
	if (!camera_fault(c, FAULT_CAM_LINGER)) {
		c->taken_until_ms = 0;
	}
	list_for_each (pos, tmp, &c->clients) {
		apply_to_client(container_of(pos, struct camera_client, link));
	}
	if (disabled) {
		camera_drop(c, "liveview is off");
	}
	return endpoint_set_mode(&c->endpoint, closed ? ENDPOINT_REFUSING
					       : off  ? ENDPOINT_DEAF
						      : ENDPOINT_OPEN);
}

void camera_kick(struct camera *c)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &c->clients) {
		struct camera_client *client = container_of(pos, struct camera_client, link);

		if (client->served) {
			camera_send_half(client);
		}
	}
	camera_drop(c, "kicked");
}

void camera_add_living(const struct camera *c, struct printer_counters *n)
{
	for (const struct list *pos = c->clients.next; pos != &c->clients; pos = pos->next) {
		const struct camera_client *client = container_of(pos, struct camera_client, link);

		if (!client->conn.closing) {
			n->camera_connections_now++;
			n->camera_bytes_in += client->conn.bytes_in;
		}
	}
	n->camera_served_now = count_served(c);
}
