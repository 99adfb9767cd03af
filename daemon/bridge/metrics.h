/* SPDX-License-Identifier: MIT */
/* The metrics of the daemon and its printers in the text form of Prometheus. */
#pragma once

struct account;
struct hub;
struct loop;
struct metrics;
struct registry;
struct rest;

/* All borrowed, all outlive the metrics. */
struct metrics_deps {
	struct loop *loop;
	struct hub *hub; /* finished prints are counted from its events, from metrics_create on */
	const struct registry *registry;
	const struct account *account; /* NULL: nothing is told of the cloud */
	const struct rest *rest;       /* goes with it */
	const char *version;
	unsigned (*clients)(void *arg); /* connected to the control socket; NULL: not told */
	void *arg;
};

struct metrics *metrics_create(const struct metrics_deps *deps);
void metrics_destroy(struct metrics *m); /* NULL is fine */
/* Everything there is to tell now: UTF-8, ends with a newline. What is not known is absent. Caller
 * frees. */
char *metrics_text(const struct metrics *m);
/* The same for a file that node_exporter reads: without process_*, whose names are its own. */
char *metrics_text_for_file(const struct metrics *m);
