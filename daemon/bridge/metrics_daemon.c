/* SPDX-License-Identifier: MIT */
/* The families of metrics that speak of the daemon, one table row each (contract.md). */
#include <math.h>
#include <stdio.h>

#include "common/util.h"
#include "daemon/bridge/metrics_internal.h"
#include "daemon/cloud/account.h"
#include "daemon/cloud/rest.h"
#include "daemon/io/loop.h"

static void write_build(struct metrics_out *o, const struct daemon_facts *d)
{
	struct metrics_labels labels = {0};

	metrics_labels_add(&labels, "version", d->deps->version);
	metrics_share(o, &labels);
	metrics_int(o, NULL, 1);
	metrics_share(o, NULL);
	metrics_labels_finish(&labels);
}

static void put_fact(struct metrics_out *o, int64_t fact)
{
	if (fact >= 0) {
		metrics_int(o, NULL, fact);
	}
}

static void write_cpu(struct metrics_out *o, const struct daemon_facts *d)
{
	metrics_num(o, NULL, d->process.cpu_s >= 0 ? d->process.cpu_s : NAN, 2);
}

static void write_fds(struct metrics_out *o, const struct daemon_facts *d)
{
	put_fact(o, d->process.open_fds);
}

static void write_max_fds(struct metrics_out *o, const struct daemon_facts *d)
{
	put_fact(o, d->process.max_fds);
}

static void write_virtual(struct metrics_out *o, const struct daemon_facts *d)
{
	put_fact(o, d->process.virtual_bytes);
}

static void write_resident(struct metrics_out *o, const struct daemon_facts *d)
{
	put_fact(o, d->process.resident_bytes);
}

static void write_start(struct metrics_out *o, const struct daemon_facts *d)
{
	metrics_num(o, NULL, d->started_wall_s, 2);
}

static void write_lag(struct metrics_out *o, const struct daemon_facts *d)
{
	metrics_num(o, NULL, (double)loop_lag_max_ms(d->deps->loop, false) / 1000, 3);
}

static void write_clients(struct metrics_out *o, const struct daemon_facts *d)
{
	if (d->deps->clients) {
		metrics_int(o, NULL, d->deps->clients(d->deps->arg));
	}
}

static void write_events(struct metrics_out *o, const struct daemon_facts *d)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		struct metrics_words words = {"kind", event_name((enum event_kind)i)};

		metrics_int(o, &words, (int64_t)d->counts->events[i]);
	}
}

static void write_disk(struct metrics_out *o, const struct daemon_facts *d)
{
	metrics_int(o, NULL, d->counts->disk_troubles > 0);
}

static void write_request(void *arg, const char *endpoint, int status, uint64_t count)
{
	char word[16];

	snprintf(word, sizeof(word), "%d", status);
	metrics_int(
	    arg, &(struct metrics_words){"endpoint", endpoint, "status", word}, (int64_t)count);
}

static void write_requests(struct metrics_out *o, const struct daemon_facts *d)
{
	if (d->deps->rest) {
		rest_each_count(d->deps->rest, write_request, o);
	}
}

static void write_expiry(struct metrics_out *o, const struct daemon_facts *d)
{
	int64_t ms = d->deps->account ? account_expires_ms(d->deps->account) : -1;

	put_fact(o, ms >= 0 ? ms / 1000 : -1);
}

const struct daemon_family daemon_families[] = {
    {"bambu_build_info", METRIC_GAUGE, "Always 1; the version of the daemon is a label.",
	write_build},
    {"process_cpu_seconds_total", METRIC_COUNTER, "User and system time the daemon has used.",
	write_cpu},
    {"process_open_fds", METRIC_GAUGE, "Open file descriptors.", write_fds},
    {"process_max_fds", METRIC_GAUGE, "How many file descriptors may be open.", write_max_fds},
    {"process_virtual_memory_bytes", METRIC_GAUGE, "Virtual memory.", write_virtual},
    {"process_resident_memory_bytes", METRIC_GAUGE, "Resident memory.", write_resident},
    {"process_start_time_seconds", METRIC_GAUGE, "When the daemon started, since 1970.",
	write_start},
    {"bambud_start_time_seconds", METRIC_GAUGE,
	"When the daemon started, as process_start_time_seconds, which a file leaves out.",
	write_start},
    {"bambud_loop_lag_seconds", METRIC_GAUGE,
	"The longest that one round of the event loop took since the start.", write_lag},
    {"bambud_clients", METRIC_GAUGE, "Clients connected to the control socket.", write_clients},
    {"bambud_events_total", METRIC_COUNTER, "Events by kind, since the daemon started.",
	write_events},
    {"bambud_disk_trouble", METRIC_GAUGE, "1 while state cannot be written to disk, else 0.",
	write_disk},
    {"bambu_cloud_requests_total", METRIC_COUNTER,
	"Requests to the cloud, by endpoint and HTTP status; 0: none came.", write_requests},
    {"bambu_cloud_token_expiry_timestamp_seconds", METRIC_GAUGE,
	"When the token of the account ends, since 1970; absent when unknown.", write_expiry},
};
const size_t daemon_family_count = ARRAY_SIZE(daemon_families);
