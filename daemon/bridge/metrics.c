/* SPDX-License-Identifier: MIT */
/* The metrics of the daemon and its printers, looked up when they are asked for. */
#include "daemon/bridge/metrics.h"

#include <math.h>
#include <string.h>

#include "common/util.h"
#include "daemon/bridge/metrics_internal.h"
#include "daemon/fleet/registry.h"
#include "daemon/io/loop.h"
#include "daemon/model/hub.h"

struct metrics {
	struct metrics_deps deps;
	struct hub_observer observer;
	struct metrics_counts counts;
	double started_wall_s; /* fixed once: the clock may be set later */
};

static void on_event(void *arg, const struct hub_event *e)
{
	struct metrics *m = arg;

	metrics_counts_take(&m->counts, e);
}

static struct subject *prepare(const struct metrics *m, size_t *ret_count)
{
	size_t count = registry_count(m->deps.registry);
	struct subject *subjects = xcalloc(count + 1, sizeof(*subjects));

	for (size_t i = 0; i < count; i++) {
		struct printer *p = registry_at(m->deps.registry, i);
		struct subject *s = &subjects[i];

		printer_view(p, &s->view);
		s->counters = printer_counters(p);
		s->counts = metrics_counts_of(&m->counts, printer_serial(p));
		metrics_labels_add(&s->labels, "serial", printer_serial(p));
		metrics_labels_add(&s->labels, "printer", printer_name(p));
	}
	*ret_count = count;
	return subjects;
}

static void free_subjects(struct subject *subjects, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		metrics_labels_finish(&subjects[i].labels);
	}
	free(subjects);
}

static void write_printers(struct metrics_out *o, const struct metrics *m)
{
	size_t count;
	struct subject *subjects = prepare(m, &count);

	for (size_t f = 0; f < printer_family_count; f++) {
		const struct printer_family *family = &printer_families[f];

		metrics_family(o, family->name, family->type, family->help);
		for (size_t i = 0; i < count; i++) {
			metrics_share(o, &subjects[i].labels);
			family->write(o, &subjects[i]);
		}
	}
	metrics_share(o, NULL);
	free_subjects(subjects, count);
}

static char *write_text(const struct metrics *m, bool process)
{
	struct daemon_facts facts = {
	    .deps = &m->deps, .counts = &m->counts, .started_wall_s = m->started_wall_s};
	struct metrics_out o;

	process_facts_read(&facts.process);
	metrics_out_init(&o);
	for (size_t f = 0; f < daemon_family_count; f++) {
		const struct daemon_family *family = &daemon_families[f];

		if (process || !str_starts(family->name, "process_")) {
			metrics_family(&o, family->name, family->type, family->help);
			family->write(&o, &facts);
		}
	}
	write_printers(&o, m);
	return metrics_out_take(&o);
}

char *metrics_text(const struct metrics *m)
{
	return write_text(m, true);
}

char *metrics_text_for_file(const struct metrics *m)
{
	return write_text(m, false);
}

struct metrics *metrics_create(const struct metrics_deps *deps)
{
	struct metrics *m = xcalloc(1, sizeof(*m));
	struct process_facts facts;

	m->deps = *deps;
	m->observer = (struct hub_observer){.event = on_event, .arg = m};
	hub_observe(deps->hub, &m->observer);
	process_facts_read(&facts);
	m->started_wall_s =
	    facts.uptime_s < 0 ? NAN : (double)loop_wall_ms(deps->loop) / 1000 - facts.uptime_s;
	return m;
}

void metrics_destroy(struct metrics *m)
{
	if (!m) {
		return;
	}
	hub_unobserve(m->deps.hub, &m->observer);
	metrics_counts_finish(&m->counts);
	free(m);
}
