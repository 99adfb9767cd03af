/* SPDX-License-Identifier: MIT */
/* The words of the command `job`: what a simulated job is like. */
#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "tests/sim/job.h"

const char sim_job_keys[] = "bed chamber layers minutes name nozzle percent source stage trays";

/* Comma list of tray numbers: the job is cut in as many equal parts. */
static int set_plan(struct sim_state *s, const char *value)
{
	_cleanup_free_ char *copy = xstrdup(value);
	struct sim_job *j = &s->job;
	char *rest = copy;
	int64_t number;
	int count = 0, plan[SIM_PLAN_MAX];

	for (char *word = strsep(&rest, ","); word; word = strsep(&rest, ",")) {
		struct sim_unit *unit;
		int slot;

		if (count == SIM_PLAN_MAX || parse_i64(word, 0, SIM_TRAY_EXTERNAL, &number) < 0 ||
		    (number != SIM_TRAY_EXTERNAL && !sim_tray_find(s, (int)number, &unit, &slot))) {
			return -EINVAL;
		}
		plan[count++] = (int)number;
	}
	memcpy(j->plan, plan, sizeof(plan[0]) * (size_t)count);
	j->plan_count = count;
	j->plan_at = 0;
	return 0;
}

static int set_degrees(const char *value, double *degrees)
{
	double number;

	if (parse_double(value, &number) < 0 || number < 0 || number > 400) {
		return -EINVAL;
	}
	*degrees = number;
	return 0;
}

static int set_whole(const char *value, int64_t min, int64_t max, int *ret)
{
	int64_t number;
	int r = parse_i64(value, min, max, &number);

	if (r == 0) {
		*ret = (int)number;
	}
	return r < 0 ? -EINVAL : 0;
}

static int set_minutes(struct sim_state *s, const char *value)
{
	double minutes;

	if (parse_double(value, &minutes) < 0 || minutes <= 0 || minutes > 100000) {
		return -EINVAL;
	}
	s->job.done_s *= minutes * 60 / s->job.length_s;
	s->job.length_s = minutes * 60;
	return 0;
}

static int set_own(struct sim_state *s, const char *key, const char *value)
{
	int percent = 0, r;

	if (strcmp(key, "minutes") == 0) {
		r = set_minutes(s, value);
	} else if (strcmp(key, "layers") == 0) {
		r = set_whole(value, 1, 100000, &s->layers);
	} else if (strcmp(key, "percent") == 0) {
		r = set_whole(value, 0, 99, &percent);
		if (r == 0) {
			sim_job_skip(s, percent / 100.0);
		}
	} else if (strcmp(key, "trays") == 0) {
		r = set_plan(s, value);
		if (r == 0 && s->mood == SIM_PRINTING && s->stage == SIM_STAGE_PRINTING) {
			sim_job_skip(s, s->job.done_s / s->job.length_s);
		}
		return r;
	} else if (strcmp(key, "stage") == 0) {
		return set_whole(value, 0, 255, &s->stage);
	} else if (strcmp(key, "nozzle") == 0) {
		return set_degrees(value, &s->job.nozzle_c);
	} else if (strcmp(key, "bed") == 0) {
		return set_degrees(value, &s->job.bed_c);
	} else if (strcmp(key, "chamber") == 0) {
		return set_degrees(value, &s->job.chamber_c);
	} else if (strcmp(key, "source") == 0) {
		s->job.cloud = strcmp(value, "cloud") == 0;
		return s->job.cloud || strcmp(value, "local") == 0 ? 0 : -EINVAL;
	} else {
		return -ENOENT;
	}
	return r;
}

int sim_job_set(struct sim_state *s, const char *key, const char *value)
{
	bool hold = s->hold;
	int r;

	if (strcmp(key, "name") == 0) {
		key = "job";
	}
	r = set_own(s, key, value);
	if (r == 0) {
		sim_job_apply(s);
	}
	if (r == -ENOENT) {
		r = sim_state_set(s, key, value);
		s->hold = strcmp(key, "hold") == 0 ? s->hold : hold;
	}
	return r;
}
