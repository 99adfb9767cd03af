/* SPDX-License-Identifier: MIT */
/* One simulated printer: its port, certificate, clients, moving state and faults. */
#include "tests/sim/printer.h"
#include "tests/sim/cloud_mqtt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/log.h"
#include "tests/sim/camera.h"
#include "tests/sim/cert.h"
#include "tests/sim/ftp.h"
#include "tests/sim/printer_internal.h"
#include "tests/sim/session.h"
#include "tests/sim/store.h"

#define BURST_MAX 500 /* reports in one turn of the loop */

void sim_arm(struct event *timer, int64_t ms)
{
	struct timeval delay = {ms / 1000, ms % 1000 * 1000};

	evtimer_add(timer, &delay);
}

int64_t sim_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct printer *sim_find(struct sim *sim, const char *word)
{
	for (size_t i = 0; i < sim->count; i++) {
		if (strcmp(sim->printers[i]->name, word) == 0 ||
		    strcmp(sim->printers[i]->serial, word) == 0) {
			return sim->printers[i];
		}
	}
	return NULL;
}

static enum cert_kind cert_kind(const struct faults *f)
{
	return fault_is_on(f, FAULT_WRONG_CN)	   ? CERT_WRONG_CN
	       : fault_is_on(f, FAULT_SELF_SIGNED) ? CERT_SELF_SIGNED
	       : fault_is_on(f, FAULT_FOREIGN_CA)  ? CERT_FOREIGN_CA
	       : fault_is_on(f, FAULT_EXPIRED)	   ? CERT_EXPIRED
						   : CERT_GOOD;
}

/* The CN of the last digit's neighbour: a plausible other printer of the same model. */
static void other_serial(const struct printer *p, char ret[static 24])
{
	size_t len = strlen(p->serial);

	str_copy(ret, 24, p->serial);
	ret[len - 1] = ret[len - 1] == '9' ? '8' : '9';
}

SSL *printer_new_ssl(struct printer *p, int fd, bool files)
{
	enum cert_kind kind = cert_kind(&p->faults);
	enum tls_offer offer = fault_is_on(&p->faults, FAULT_TLS11) ? TLS_OFFER_11
			       : p->model->tls13		    ? TLS_OFFER_12_13
								    : TLS_OFFER_12;
	char cn[32];

	if (!p->leaf) {
		str_copy(cn, sizeof(cn), p->serial);
		if (kind == CERT_WRONG_CN) {
			other_serial(p, cn);
			if (p->faults.cn[0]) {
				str_copy(cn, sizeof(cn), p->faults.cn);
			}
		}
		p->leaf = pki_issue(p->sim->pki, kind, cn, p->model->cert_v3);
	}
	return p->leaf
		   ? pki_accept(p->sim->pki,
			 &(struct pki_side){kind, offer, p->leaf,
			     fault_is_on(&p->faults, FAULT_LEAF_ALONE), files ? p->serial : NULL},
			 fd)
		   : NULL;
}

static bool has_audience(struct printer *p)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &p->sessions) {
		if (session_has_subscriptions(session_from_link(pos))) {
			return true;
		}
	}
	return p->cloud_subs != 0;
}

void printer_publish_on(
    struct printer *p, const char *topic, const void *payload, size_t len, bool force)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &p->sessions) {
		struct session *s = session_from_link(pos);

		if (session_is_live(s)) {
			session_publish(s, topic, payload, len, force);
		}
	}
}

void printer_publish(struct printer *p, const void *payload, size_t len)
{
	printer_publish_on(p, p->topic_report, payload, len, false);
	if (p->sim->broker) {
		cloud_broker_publish(p->sim->broker, p, payload, len);
	}
}

void printer_publish_jw(struct printer *p, struct jw *w)
{
	if (!fault_is_on(&p->faults, FAULT_MUTE)) {
		printer_publish(p, w->buf ? w->buf : "", w->len);
	}
}

static int64_t wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void printer_report(struct printer *p, bool full)
{
	p->identity.utc_ms = wall_ms();
	if (has_audience(p) && !fault_is_on(&p->faults, FAULT_MUTE)) {
		struct jw w;

		jw_init(&w);
		sim_report_write(
		    &w, &p->identity, &p->state, full ? NULL : &p->sent, p->sequence++);
		printer_publish_jw(p, &w);
		jw_finish(&w);
	}
	p->sent = p->state;
}

static void publish_foreign(struct printer *p)
{
	static const char text[] = "{\"print\":{\"command\":\"push_status\",\"msg\":1,"
				   "\"mc_percent\":99,\"subtask_name\":\"foreign\"}}";
	char topic[48], other[24];

	other_serial(p, other);
	for (size_t i = 0; i < p->sim->count && p->sim->count > 1; i++) {
		if (p->sim->printers[i] == p) {
			str_copy(other, sizeof(other),
			    p->sim->printers[(i + 1) % p->sim->count]->serial);
		}
	}
	snprintf(topic, sizeof(topic), "device/%s/report", other);
	printer_publish_on(p, topic, text, sizeof(text) - 1, true);
}

static void publish_bad(struct printer *p)
{
	unsigned pos = 0;
	struct jw w;

	jw_init(&w);
	while (fault_next_payload(&p->faults, &pos, &w)) {
		printer_publish_jw(p, &w);
		jw_reset(&w);
	}
	jw_finish(&w);
	if (fault_is_on(&p->faults, FAULT_FOREIGN_TOPIC)) {
		publish_foreign(p);
	}
}

static double rate_of(const struct printer *p)
{
	return fault_is_on(&p->faults, FAULT_FLOOD) ? (double)p->faults.arg[FAULT_FLOOD]
						    : p->rate_hz;
}

static void arm_tick(struct printer *p, double seconds)
{
	struct timeval delay;

	seconds = seconds < 0.001 ? 0.001 : seconds;
	delay.tv_sec = (time_t)seconds;
	delay.tv_usec = (suseconds_t)((seconds - (double)delay.tv_sec) * 1e6);
	evtimer_add(p->tick, &delay);
}

/* What happens on the way is told at once. */
static void move(struct printer *p, double seconds, bool full)
{
	while ((seconds = sim_state_advance(&p->state, seconds)) > 0) {
		printer_report(p, full);
	}
}

static void tick(struct printer *p)
{
	bool flood = fault_is_on(&p->faults, FAULT_FLOOD);
	int64_t now_ms = sim_now_ms();
	double passed_s = (double)(now_ms - p->ticked_ms) / 1000;
	bool full = p->model->family == SIM_FAMILY_X1 && !flood && !p->sim->deltas;
	int due = 1;

	p->ticked_ms = now_ms;
	move(p, passed_s * p->sim->pace * p->state.pace, full);
	if (flood) {
		p->debt += passed_s * rate_of(p);
		due = p->debt > BURST_MAX ? BURST_MAX : (int)p->debt;
		p->debt -= due;
	}
	for (int i = 0; i < due && has_audience(p); i++) {
		publish_bad(p);
		if (!fault_replaces_delta(&p->faults)) {
			printer_report(p, full);
		}
	}
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct printer *p = arg;

	tick(p);
	if (rate_of(p) > 0) {
		arm_tick(p, 1 / rate_of(p));
	}
}

void printer_start(struct printer *p, double phase)
{
	p->ticked_ms = sim_now_ms();
	if (rate_of(p) > 0) {
		arm_tick(p, phase / rate_of(p));
	}
}

void printer_set_rate(struct printer *p, double rate_hz)
{
	p->rate_hz = rate_hz;
	evtimer_del(p->tick);
	/* many printers set at once stay spread in time */
	printer_start(p, (p->endpoint.address.sin_port * 7919u % 1000 + 1) / 1000.0);
}

static void apply_to_sessions(struct printer *p, bool close, const char *why)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &p->sessions) {
		if (close) {
			session_close(session_from_link(pos), why);
		} else {
			session_apply_faults(session_from_link(pos));
		}
	}
}

static bool is_off(const struct faults *f)
{
	return fault_is_on(f, FAULT_OFF) && f->arg[FAULT_OFF] == 0;
}

static int apply_port(struct printer *p)
{
	const struct faults *f = &p->faults;

	return endpoint_set_mode(&p->endpoint, fault_is_on(f, FAULT_REFUSE) ? ENDPOINT_REFUSING
					       : fault_is_on(f, FAULT_SLOW_ACCEPT) || is_off(f)
						   ? ENDPOINT_DEAF
						   : ENDPOINT_OPEN);
}

/* The last full reports before the end. */
void printer_count_down(struct printer *p)
{
	if (fault_is_on(&p->faults, FAULT_OFF) && p->faults.arg[FAULT_OFF] > 0) {
		p->faults.arg[FAULT_OFF]--;
		if (is_off(&p->faults)) {
			apply_port(p);
			apply_to_sessions(p, true, "switched off");
			ftp_apply_faults(p->ftp);
			ftp_drop(p->ftp, "switched off");
			camera_apply_faults(p->camera);
			camera_drop(p->camera, "switched off");
		}
	}
}

int printer_fault(struct printer *p, enum fault which, bool on, const char *arg)
{
	bool bad_state = fault_replaces_delta(&p->faults);
	int r = fault_set(&p->faults, which, on, arg);
	const struct faults *f = &p->faults;

	if (r < 0) {
		return r;
	}
	X509_free(p->leaf); /* the next connection gets what is wanted now */
	p->leaf = NULL;
	r = apply_port(p);
	if (r == 0) {
		r = ftp_apply_faults(p->ftp);
	}
	if (r == 0) {
		r = camera_apply_faults(p->camera);
	}
	if (which == FAULT_CLOUD_OFF || (which == FAULT_OFF && (is_off(f) || !on))) {
		cloud_broker_presence(p->sim->broker, p, !on);
	}
	if (on && is_off(f)) {
		ftp_drop(p->ftp, "switched off");
		camera_drop(p->camera, "switched off");
	}
	if (on && which == FAULT_CAM_KICK) {
		camera_kick(p->camera);
	}
	apply_to_sessions(p, on && (which == FAULT_KICK || is_off(f)),
	    which == FAULT_KICK ? "kicked" : "switched off");
	if (bad_state && !fault_replaces_delta(f)) {
		printer_report(p, true); /* say what is right again */
	}
	if (which == FAULT_FLOOD) {
		p->debt = 0;
		printer_start(p, 0);
	}
	return r;
}

int printer_set_code(struct printer *p, const char *code)
{
	if (strlen(code) >= sizeof(p->code)) {
		return -EINVAL;
	}
	str_copy(p->code, sizeof(p->code), code);
	ftp_drop(p->ftp, "the access code is another now");
	camera_drop(p->camera, "the access code is another now");
	apply_to_sessions(p, true, "the access code is another now");
	return 0;
}

static void accept_client(void *arg, int fd)
{
	session_create(arg, fd);
}

int printer_create(struct sim *sim, const struct printer_spec *spec, struct printer **ret)
{
	struct printer *p = xcalloc(1, sizeof(*p));
	int r;

	p->sim = sim;
	p->model = spec->model;
	p->rate_hz = sim->rate_hz;
	str_copy(p->name, sizeof(p->name), spec->name);
	str_copy(p->serial, sizeof(p->serial), spec->serial);
	str_copy(p->code, sizeof(p->code), spec->code);
	str_copy(p->tags, sizeof(p->tags), spec->tags);
	snprintf(p->topic_report, sizeof(p->topic_report), "device/%s/report", p->serial);
	snprintf(p->topic_request, sizeof(p->topic_request), "device/%s/request", p->serial);
	p->identity =
	    (struct sim_identity){p->model, p->serial, ntohl(spec->address.sin_addr.s_addr), 0};
	list_init(&p->sessions);
	p->store = store_create();
	p->tick = evtimer_new(sim->base, on_tick, p);
	p->endpoint.fd = -1;
	for (int i = 0; i < ENDPOINT_FILLERS; i++) {
		p->endpoint.filler[i] = -1;
	}
	r = sim_state_init(&p->state, p->model, spec->ams_given ? spec->ams : NULL, spec->seed);
	if (r == 0) {
		r = endpoint_open(&p->endpoint, sim->base, &spec->address, accept_client, p);
	}
	if (r == 0) {
		r = ftp_create(p, spec->ftp_port, &p->ftp);
	}
	if (r == 0) {
		r = camera_create(p, spec->camera_port, &p->camera);
	}
	if (r < 0) {
		printer_destroy(p);
		return r;
	}
	p->sent = p->state;
	*ret = p;
	return 0;
}

void printer_destroy(struct printer *p)
{
	struct list *pos, *tmp;

	if (!p) {
		return;
	}
	list_for_each (pos, tmp, &p->sessions) {
		session_destroy(session_from_link(pos));
	}
	endpoint_close(&p->endpoint);
	ftp_destroy(p->ftp);
	camera_destroy(p->camera);
	store_destroy(p->store);
	event_free(p->tick);
	X509_free(p->leaf);
	free(p->last_request);
	free(p->last_start);
	free(p);
}

void printer_write_stats(const struct printer *p, struct jw *w)
{
	struct printer_counters n = p->counters;
	struct list *pos;

	camera_add_living(p->camera, &n);
	for (pos = p->sessions.next; pos != &p->sessions; pos = pos->next) {
		n.bytes_in += session_bytes_in(session_from_link(pos));
		n.bytes_out += session_bytes_out(session_from_link(pos));
	}
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
	    {"connections_now", n.connections_now},
	    {"connections", n.connections},
	    {"tls_done", n.tls_done},
	    {"tls_failed", n.tls_failed},
	    {"bytes_in", n.bytes_in},
	    {"bytes_out", n.bytes_out},
	    {"connects", n.connects},
	    {"logins", n.logins},
	    {"logins_refused", n.logins_refused},
	    {"crowded", n.crowded},
	    {"subscribes", n.subscribes},
	    {"requests", n.requests},
	    {"pushalls", n.pushalls},
	    {"get_versions", n.get_versions},
	    {"published", n.published},
	    {"pings", n.pings},
	    {"disconnects", n.disconnects},
	    {"keepalive_cuts", n.keepalive_cuts},
	    {"ftp_connections", n.ftp_connections},
	    {"ftp_logins", n.ftp_logins},
	    {"ftp_refused", n.ftp_refused},
	    {"ftp_commands", n.ftp_commands},
	    {"ftp_resumed", n.ftp_resumed},
	    {"ftp_fresh", n.ftp_fresh},
	    {"ftp_clear", n.ftp_clear},
	    {"ftp_transfers", n.ftp_transfers},
	    {"ftp_failed", n.ftp_failed},
	    {"ftp_busy", n.ftp_busy},
	    {"camera_connections_now", n.camera_connections_now},
	    {"camera_served_now", n.camera_served_now},
	    {"camera_connections", n.camera_connections},
	    {"camera_tls_done", n.camera_tls_done},
	    {"camera_tls_failed", n.camera_tls_failed},
	    {"camera_logins", n.camera_logins},
	    {"camera_refused", n.camera_refused},
	    {"camera_crowded", n.camera_crowded},
	    {"camera_frames", n.camera_frames},
	    {"camera_skipped", n.camera_skipped},
	    {"camera_number", n.camera_number},
	    {"camera_bytes_in", n.camera_bytes_in},
	    {"camera_stray", n.camera_stray},
	    {"camera_unclean", n.camera_unclean},
	    {"camera_prepare_connections", n.camera_prepare_connections},
	    {"camera_prepare_frames", n.camera_prepare_frames},
	};

	jw_object(w, NULL);
	jw_str(w, "name", p->name);
	jw_str(w, "serial", p->serial);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		jw_int(w, rows[i].name, (int64_t)rows[i].value);
	}
	jw_str(w, "tls_error", n.tls_error);
	jw_object_end(w);
}
