/* SPDX-License-Identifier: MIT */
/* The metrics of the daemon and its printers: ended prints are counted here, the rest is looked up.
 */
#include "daemon/bridge/metrics.h"

#include <math.h>
#include <string.h>

#include "common/util.h"
#include "daemon/bridge/metrics_internal.h"
#include "daemon/fleet/registry.h"
#include "daemon/io/loop.h"
#include "daemon/model/hub.h"

static const struct {
	const char *word;
	enum event_kind kind;
} results[PRINT_RESULT_COUNT] = {
    [RESULT_FINISHED] = {"finished", EVENT_PRINT_FINISHED},
    [RESULT_FAILED] = {"failed", EVENT_PRINT_FAILED},
    [RESULT_CANCELLED] = {"cancelled", EVENT_PRINT_CANCELLED},
};

/* Ended prints of one serial; bounded by the printers ever configured. */
struct prints {
	char *serial;
	uint64_t ended[PRINT_RESULT_COUNT];
};

struct metrics {
	struct metrics_deps deps;
	struct hub_observer observer;
	struct prints *prints; /* sorted by serial */
	size_t prints_count;
	double started_wall_s; /* fixed once: the clock may be set later */
};

const char *print_result_word(enum print_result r)
{
	return results[r].word;
}

static int by_serial(const void *key, const void *row)
{
	return strcmp(key, ((const struct prints *)row)->serial);
}

static struct prints *find_prints(const struct metrics *m, const char *serial)
{
	return m->prints_count == 0
		   ? NULL
		   : bsearch(serial, m->prints, m->prints_count, sizeof(*m->prints), by_serial);
}

static struct prints *add_prints(struct metrics *m, const char *serial)
{
	size_t at = m->prints_count;

	m->prints = xrealloc(m->prints, (m->prints_count + 1) * sizeof(*m->prints));
	while (at > 0 && strcmp(m->prints[at - 1].serial, serial) > 0) {
		m->prints[at] = m->prints[at - 1];
		at--;
	}
	m->prints_count++;
	m->prints[at] = (struct prints){.serial = xstrdup(serial)};
	return &m->prints[at];
}

static void on_event(void *arg, const struct hub_event *e)
{
	struct metrics *m = arg;

	for (size_t i = 0; i < PRINT_RESULT_COUNT && e->serial; i++) {
		if (e->kind == results[i].kind) {
			struct prints *p = find_prints(m, e->serial);

			p = p ? p : add_prints(m, e->serial);
			p->ended[i]++;
		}
	}
}

static struct subject *prepare(const struct metrics *m, size_t *ret_count)
{
	size_t count = registry_count(m->deps.registry);
	struct subject *subjects = xcalloc(count + 1, sizeof(*subjects));

	for (size_t i = 0; i < count; i++) {
		struct printer *p = registry_at(m->deps.registry, i);
		struct subject *s = &subjects[i];
		const struct prints *prints = find_prints(m, printer_serial(p));

		printer_view(p, &s->view);
		s->counters = printer_counters(p);
		s->ended = prints ? prints->ended : NULL;
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

char *metrics_text(const struct metrics *m)
{
	struct daemon_facts facts = {.deps = &m->deps, .started_wall_s = m->started_wall_s};
	struct metrics_out o;

	process_facts_read(&facts.process);
	metrics_out_init(&o);
	for (size_t f = 0; f < daemon_family_count; f++) {
		const struct daemon_family *family = &daemon_families[f];

		metrics_family(&o, family->name, family->type, family->help);
		family->write(&o, &facts);
	}
	write_printers(&o, m);
	return metrics_out_take(&o);
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
	for (size_t i = 0; i < m->prints_count; i++) {
		free(m->prints[i].serial);
	}
	free(m->prints);
	free(m);
}
