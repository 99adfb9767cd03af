/* SPDX-License-Identifier: MIT */
/* daemon.* and metrics.text: the daemon about itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "daemon/api/account_note.h"
#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/model/hub.h"
#include "daemon/store/event_log.h"

int h_daemon_ping(struct call *c)
{
	jw_object(c->w, "result");
	jw_bool(c->w, "pong", true);
	jw_time(c->w, "time", loop_wall_ms(c->server->deps.loop));
	jw_object_end(c->w);
	return 0;
}

/* -1 when /proc is hidden from us. */
static int64_t rss_bytes(void)
{
	char buf[128];
	_cleanup_close_ int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, buf, sizeof(buf) - 1) : -1;
	char *pages, *end;
	int64_t count;

	if (n <= 0) {
		return -1;
	}
	buf[n] = '\0';
	pages = strchr(buf, ' ');
	end = pages != NULL ? strchr(pages + 1, ' ') : NULL;
	if (end == NULL) {
		return -1;
	}
	*end = '\0';
	if (parse_i64(pages + 1, 0, INT64_MAX / 65536, &count) < 0) {
		return -1;
	}
	return count * sysconf(_SC_PAGESIZE);
}

static size_t count_selected(const struct registry *r, const char *group)
{
	_cleanup_free_ struct printer **list = NULL;
	size_t count = 0;
	struct err e = {0};

	return registry_select(r, group, &list, &count, NULL, &e) == 0 ? count : 0;
}

static void write_printers(struct jw *w, const struct registry *r)
{
	size_t total = registry_count(r), online = 0;

	for (size_t i = 0; i < total; i++) {
		online += printer_link_state(registry_at(r, i)) == LINK_ONLINE;
	}
	jw_object(w, "printers");
	jw_int(w, "total", (int64_t)total);
	jw_int(w, "online", (int64_t)online);
	jw_int(w, "printing", (int64_t)count_selected(r, "@printing"));
	jw_int(w, "problem", (int64_t)count_selected(r, "@problem"));
	jw_object_end(w);
}

/* The log of events; null when only memory holds them. */
static void write_events(struct jw *w, const struct api_deps *deps)
{
	struct event_log_status log;

	if (deps->events == NULL) {
		jw_null(w, "events");
		return;
	}
	event_log_status(deps->events, &log);
	jw_object(w, "events");
	jw_int(w, "first_seq", (int64_t)log.first_seq);
	jw_int(w, "last_seq", (int64_t)log.last_seq);
	jw_int(w, "bytes", (int64_t)log.bytes);
	jw_str(w, "error", log.error);
	jw_object_end(w);
}

/* What printers said last, kept for the next start. */
static void write_states(struct jw *w, const struct api_deps *deps)
{
	jw_object(w, "states");
	jw_str(w, "error", deps->states_error ? deps->states_error(deps->arg) : NULL);
	jw_object_end(w);
}

static void write_config(struct jw *w, const struct api_deps *deps)
{
	_cleanup_free_ char *files = NULL, *warnings = NULL;

	deps->config_info(deps->arg, &files, &warnings);
	jw_object(w, "config");
	jw_raw(w, "files", files, strlen(files));
	jw_raw(w, "warnings", warnings, strlen(warnings));
	jw_object_end(w);
}

int h_daemon_status(struct call *c)
{
	const struct server *s = c->server;
	int64_t rss = rss_bytes();

	jw_object(c->w, "result");
	jw_str(c->w, "version", s->deps.version);
	jw_int(c->w, "uptime_s", (loop_now_ms(s->deps.loop) - s->started_mono_ms) / 1000);
	write_printers(c->w, s->deps.registry);
	jw_int(c->w, "clients", s->conn_count);
	if (rss >= 0) {
		jw_int(c->w, "rss_bytes", rss);
	} else {
		jw_null(c->w, "rss_bytes");
	}
	jw_int(c->w, "loop_lag_max_ms", loop_lag_max_ms(s->deps.loop, false));
	jw_int(c->w, "timers", (int64_t)loop_timers(s->deps.loop));
	write_events(c->w, &s->deps);
	write_states(c->w, &s->deps);
	write_config(c->w, &s->deps);
	write_account_note(c->w, c->server);
	jw_object_end(c->w);
	return 0;
}

static void write_clients(struct jw *w, const struct server *s)
{
	const struct subs_counters *subs = subs_counters(s->subs);

	jw_object(w, "clients");
	jw_int(w, "connected", s->conn_count);
	jw_int(w, "accepted", (int64_t)s->counters.accepted);
	jw_int(w, "refused", (int64_t)s->counters.refused);
	jw_int(w, "accept_pauses", s->listener != NULL ? (int64_t)listener_pauses(s->listener) : 0);
	jw_int(w, "requests", (int64_t)s->counters.requests);
	jw_int(w, "failed", (int64_t)s->counters.failed);
	jw_int(w, "denied", (int64_t)s->counters.denied);
	jw_int(w, "subscriptions", subs_count(s->subs));
	jw_int(w, "events_sent", (int64_t)subs->events);
	jw_int(w, "states_sent", (int64_t)subs->states);
	jw_int(w, "states_merged", (int64_t)subs->merged);
	jw_int(w, "lost_sent", (int64_t)subs->lost);
	jw_object_end(w);
}

static void write_hub(struct jw *w, const struct hub *h)
{
	jw_object(w, "hub");
	jw_int(w, "epoch", hub_epoch(h));
	jw_int(w, "first_seq", (int64_t)hub_first_seq(h));
	jw_int(w, "last_seq", (int64_t)hub_last_seq(h));
	jw_object_end(w);
}

static void write_printer(struct jw *w, const struct printer *p)
{
	const struct printer_counters *n = printer_counters(p);
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
	    {"messages", n->messages},
	    {"bytes", n->bytes},
	    {"full", n->full},
	    {"delta", n->delta},
	    {"ack", n->ack},
	    {"event", n->event},
	    {"version", n->version},
	    {"ignored", n->ignored},
	    {"dropped_syntax", n->dropped_syntax},
	    {"dropped_limit", n->dropped_limit},
	    {"dropped_topic", n->dropped_topic},
	    {"repaired", n->repaired},
	    {"wrong_types", n->wrong_types},
	    {"connects", n->connects},
	    {"reconnects", n->reconnects},
	    {"pushalls", n->pushalls},
	    {"raw_left_out", n->raw_left_out},
	};

	jw_object(w, printer_name(p));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		jw_int(w, rows[i].name, (int64_t)rows[i].value);
	}
	jw_object_end(w);
}

int h_daemon_stats(struct call *c)
{
	const struct server *s = c->server;
	const struct registry *r = s->deps.registry;

	jw_object(c->w, "result");
	jw_object(c->w, "counters");
	write_clients(c->w, s);
	write_hub(c->w, s->deps.hub);
	if (s->deps.stats != NULL) {
		s->deps.stats(s->deps.arg, c->w);
	}
	jw_object(c->w, "printers");
	for (size_t i = 0; i < registry_count(r); i++) {
		write_printer(c->w, registry_at(r, i));
	}
	jw_object_end(c->w);
	jw_object_end(c->w);
	jw_object_end(c->w);
	return 0;
}

int h_daemon_reload(struct call *c)
{
	const struct api_deps *deps = &c->server->deps;
	_cleanup_free_ char *changed = NULL;
	int r = deps->reload(deps->arg, &changed, c->e);

	if (r < 0) {
		return r;
	}
	jw_object(c->w, "result");
	jw_raw(c->w, "changed", changed, strlen(changed));
	jw_object_end(c->w);
	return 0;
}

int h_daemon_log_level(struct call *c)
{
	const char *word = json_get_str(c->params, "level");
	int level = word != NULL ? log_level_by_name(word) : -1;
	bool changes;

	if (json_object_object_get_ex(c->params, "printer", NULL)) {
		err_set(c->e, ERR_UNSUPPORTED,
		    "a log level of one printer alone is not in this version");
		return -EOPNOTSUPP;
	}
	if (level < 0) {
		err_set(c->e, ERR_INVALID_PARAMS, "level: err, warn, info or debug");
		return -EINVAL;
	}
	changes = (enum log_level)level != log_get_level();
	log_set_level((enum log_level)level);
	jw_object(c->w, "result");
	jw_array(c->w, "changed");
	if (changes) {
		jw_str(c->w, NULL, "log_level");
	}
	jw_array_end(c->w);
	jw_object_end(c->w);
	return 0;
}

int h_daemon_config(struct call *c)
{
	const struct api_deps *deps = &c->server->deps;
	_cleanup_free_ char *text = deps->config_text != NULL ? deps->config_text(deps->arg) : NULL;

	if (text == NULL) {
		err_set(c->e, ERR_UNSUPPORTED, "this daemon shows no configuration");
		return -EOPNOTSUPP;
	}
	jw_object(c->w, "result");
	jw_str(c->w, "text", text);
	jw_object_end(c->w);
	return 0;
}

int h_metrics_text(struct call *c)
{
	const struct api_deps *deps = &c->server->deps;
	_cleanup_free_ char *text = deps->metrics != NULL ? deps->metrics(deps->arg) : NULL;

	if (text == NULL) {
		err_set(c->e, ERR_UNSUPPORTED, "this daemon keeps no metrics");
		return -EOPNOTSUPP;
	}
	jw_object(c->w, "result");
	jw_str(c->w, "text", text);
	jw_object_end(c->w);
	return 0;
}
