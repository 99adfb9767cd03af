/* SPDX-License-Identifier: MIT */
/* The job: state, stage, progress, names, times; and the HMS list (bambu.md 6.1, 6.2, 6.7). */
#include <string.h>

#include "common/util.h"
#include "daemon/model/sent.h"

#define STAGE_IDLE 255 /* P1, A1 and after a job; X1 sends -1 */
#define STAGE_PRINTING 0

static enum print_state read_state(const struct taker *t, uint32_t node)
{
	static const struct {
		const char *word;
		enum print_state state;
	} words[] = {
	    {"IDLE", PRINT_IDLE},
	    {"PREPARE", PRINT_PREPARING},
	    {"SLICING", PRINT_SLICING},
	    {"RUNNING", PRINT_PRINTING},
	    {"PAUSE", PRINT_PAUSED},
	    {"FINISH", PRINT_FINISHED},
	    {"FAILED", PRINT_FAILED},
	    {"OFFLINE", PRINT_OFFLINE},
	};
	char word[16] = "";
	size_t i;

	take_text(t, node, word, sizeof(word));
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(word, words[i].word) == 0) {
			return words[i].state;
		}
	}
	return PRINT_UNKNOWN;
}

static bool is_active(enum print_state state)
{
	return state == PRINT_PREPARING || state == PRINT_SLICING || state == PRINT_PRINTING ||
	       state == PRINT_PAUSED;
}

static bool is_over(enum print_state state)
{
	return state == PRINT_IDLE || state == PRINT_FINISHED || state == PRINT_FAILED;
}

/* Remaining time and ETA are shown then; a failed job keeps a stale remaining time. */
static bool shows_remaining(enum print_state state)
{
	return state == PRINT_PRINTING || state == PRINT_PAUSED;
}

/* The source word; "idle" says that no job is there. */
static void take_print_type(struct merge *m, uint32_t node)
{
	char word[16] = "";

	if (node == 0) {
		return;
	}
	take_text(&m->taker, node, word, sizeof(word));
	m->s->sent->type_idle = strcmp(word, "idle") == 0;
	m->s->print.source = SOURCE_UNKNOWN;
	if (str_starts(word, "cloud")) { /* X1 of old: cloud_file */
		m->s->print.source = SOURCE_CLOUD;
	} else if (strcmp(word, "local") == 0) {
		m->s->print.source = SOURCE_LOCAL;
	} else if (strcmp(word, "system") == 0) {
		m->s->print.source = SOURCE_SYSTEM;
	}
}

static void take_stage(struct merge *m)
{
	uint32_t node = m->at[KEY_STG_CUR];

	if (node == 0) {
		/* H2 has it there too */
		node = take_sub(m->taker.scan, m->at[KEY_STAGE], "_id");
	}
	take_int(&m->taker, node, 0, INT16_MAX, &m->s->sent->stage);
}

/* True when the list of skipped objects is another one. */
static bool take_skipped(struct merge *m)
{
	struct state_print *p = &m->s->print;
	const struct scan *s = m->taker.scan;
	uint32_t list = take_array(&m->taker, m->at[KEY_S_OBJ]), node;
	_cleanup_free_ int *ids = NULL;
	size_t count = 0;
	bool changed;

	if (list == 0 && !m->full && m->at[KEY_S_OBJ] == 0) {
		return false;
	}
	for (node = list != 0 ? scan_first(s, list) : 0; node != 0;
	     node = scan_next(s, list, node)) {
		int id = UNKNOWN_INT;

		take_int(&m->taker, node, 0, INT32_MAX, &id);
		if (id != UNKNOWN_INT) {
			if ((count & 15) == 0) {
				ids = xrealloc(ids, (count + 16) * sizeof(*ids));
			}
			ids[count++] = id;
		}
	}
	changed = count != p->skipped_count ||
		  (count > 0 && memcmp(ids, p->skipped, count * sizeof(*ids)) != 0);
	if (changed) {
		free(p->skipped);
		p->skipped = TAKE(ids);
		p->skipped_count = count;
	}
	return changed;
}

/* True when a name of the job is another one. */
static bool take_names(struct merge *m)
{
	struct state_print *p = &m->s->print;
	struct {
		uint32_t node;
		char **field;
	} names[] = {
	    {m->at[KEY_SUBTASK_NAME], &p->job},
	    {m->at[KEY_GCODE_FILE], &p->file},
	    {m->at[KEY_TASK_ID], &p->task_id},
	};
	bool changed = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].node == 0 && m->full && *names[i].field != NULL) {
			free(TAKE(*names[i].field));
			changed = true;
		}
		changed |= take_str(&m->taker, names[i].node, names[i].field);
	}
	return changed;
}

/* A total of 0 is "not known"; in a delta during a job it is noise (bambu.md 7). */
static void take_total_layers(struct merge *m)
{
	struct sent *sent = m->s->sent;
	int total = sent->total_layers;

	take_int(&m->taker, m->at[KEY_TOTAL_LAYER_NUM], 1, INT32_MAX, &total);
	if (total == UNKNOWN_INT && !m->full && shows_remaining(m->s->print.state)) {
		return;
	}
	sent->total_layers = total;
}

static void take_numbers(struct merge *m)
{
	struct state_print *p = &m->s->print;
	struct sent *sent = m->s->sent;
	int level = (int)p->speed;
	int64_t error = p->error;

	take_int(&m->taker, m->at[KEY_MC_PERCENT], 0, 100, &sent->percent);
	take_int(&m->taker, m->at[KEY_LAYER_NUM], 0, INT32_MAX, &sent->layer);
	take_total_layers(m);
	take_int(&m->taker, m->at[KEY_PREPARE_PERCENT], 0, 100, &sent->prepare_percent);
	take_int(&m->taker, m->at[KEY_MC_REMAINING_TIME], 0, INT32_MAX, &p->remaining_min);
	take_int(&m->taker, m->at[KEY_SPD_MAG], 1, 1000, &p->speed_percent);
	take_int(&m->taker, m->at[KEY_SPD_LVL], SPEED_SILENT, SPEED_LUDICROUS, &level);
	p->speed = level == UNKNOWN_INT ? SPEED_UNKNOWN : (enum speed_level)level;
	take_i64(&m->taker, m->at[KEY_PRINT_ERROR], 0, &error);
	p->error = (uint32_t)error;
}

static void clear_print(struct state_print *p)
{
	p->state = PRINT_UNKNOWN;
	p->source = SOURCE_UNKNOWN;
	p->remaining_min = p->speed_percent = UNKNOWN_INT;
	p->speed = SPEED_UNKNOWN;
	p->error = 0;
}

static void derive_stage(struct state *s)
{
	int stage = s->sent->stage;

	if (stage == STAGE_IDLE ||
	    (stage == STAGE_PRINTING && (s->sent->type_idle || is_over(s->print.state)))) {
		stage = UNKNOWN_INT;
	}
	s->print.stage_id = stage;
}

void state_derive_progress(struct state *s)
{
	struct state_print *p = &s->print;
	const struct sent *sent = s->sent;
	/* Without a job the printer keeps the numbers of the one before. */
	bool job = is_active(p->state) || p->state == PRINT_FINISHED || p->state == PRINT_FAILED;

	p->percent = job ? sent->percent : UNKNOWN_INT;
	p->layer = job ? sent->layer : UNKNOWN_INT;
	p->total_layers = job ? sent->total_layers : UNKNOWN_INT;
	p->prepare_percent = p->state == PRINT_PREPARING ? sent->prepare_percent : UNKNOWN_INT;
	derive_stage(s);
}

/* The start is known only when it was seen: from a known rest into work, with no gap between. */
static void derive_times(struct merge *m, const struct state_print *old, bool renamed)
{
	struct state_print *p = &m->s->print;
	bool gap = m->s->sent->gap;
	bool started = is_active(p->state) && p->state != PRINT_PAUSED && is_over(old->state);

	if (started && !gap) {
		p->started_wall_ms = m->now.wall_ms;
	} else if (p->state == PRINT_IDLE || p->state == PRINT_UNKNOWN || started ||
		   (is_active(p->state) && !is_active(old->state)) || (gap && renamed)) {
		p->started_wall_ms = -1;
	}
	if (p->remaining_min == UNKNOWN_INT) {
		p->eta_wall_ms = -1;
	} else if (p->remaining_min != old->remaining_min || old->eta_wall_ms < 0 || started) {
		p->eta_wall_ms = m->now.wall_ms + (int64_t)p->remaining_min * 60000;
	}
}

static bool print_differs(const struct state_print *a, const struct state_print *b)
{
	return a->state != b->state || a->stage_id != b->stage_id || a->percent != b->percent ||
	       a->layer != b->layer || a->total_layers != b->total_layers ||
	       a->started_wall_ms != b->started_wall_ms || a->source != b->source ||
	       a->prepare_percent != b->prepare_percent || a->speed != b->speed ||
	       a->speed_percent != b->speed_percent || a->error != b->error ||
	       (shows_remaining(a->state) &&
		   (a->remaining_min != b->remaining_min || a->eta_wall_ms != b->eta_wall_ms));
}

bool state_merge_print(struct merge *m)
{
	struct state_print *p = &m->s->print;
	struct state_print old = *p; /* its pointers are not followed */
	bool renamed;

	if (m->full) {
		clear_print(p);
	}
	if (m->at[KEY_GCODE_STATE] != 0) {
		p->state = read_state(&m->taker, m->at[KEY_GCODE_STATE]);
	}
	take_print_type(m, m->at[KEY_PRINT_TYPE]);
	take_stage(m);
	take_numbers(m);
	renamed = take_names(m);
	state_derive_progress(m->s);
	derive_times(m, &old, renamed);
	return take_skipped(m) || renamed || print_differs(p, &old);
}

static int64_t since_of(const struct state_hms *h, uint32_t attr, uint32_t code, int64_t now)
{
	size_t i;

	for (i = 0; i < h->count; i++) {
		if (h->entries[i].attr == attr && h->entries[i].code == code) {
			return h->entries[i].since_wall_ms;
		}
	}
	return now;
}

static void add_hms(struct merge *m, uint32_t node, struct state_hms *list)
{
	const struct scan *s = m->taker.scan;
	int64_t attr = -1, code = -1;
	size_t i;

	take_i64(&m->taker, take_sub(s, node, "attr"), -1, &attr);
	take_i64(&m->taker, take_sub(s, node, "code"), -1, &code);
	if ((attr == -1 && code == -1) || list->count == STATE_HMS_MAX) {
		return;
	}
	for (i = 0; i < list->count; i++) {
		if (list->entries[i].attr == (uint32_t)attr &&
		    list->entries[i].code == (uint32_t)code) {
			return;
		}
	}
	list->entries[list->count].attr = (uint32_t)attr;
	list->entries[list->count].code = (uint32_t)code;
	list->entries[list->count++].since_wall_ms =
	    since_of(&m->s->hms, (uint32_t)attr, (uint32_t)code, m->now.wall_ms);
}

static bool hms_differs(const struct state_hms *a, const struct state_hms *b)
{
	size_t i;

	if (a->count != b->count || a->known != b->known) {
		return true;
	}
	for (i = 0; i < a->count; i++) {
		if (a->entries[i].attr != b->entries[i].attr ||
		    a->entries[i].code != b->entries[i].code) {
			return true;
		}
	}
	return false;
}

/* The list comes whole or not at all. */
bool state_merge_hms(struct merge *m)
{
	struct hms_entry entries[STATE_HMS_MAX];
	struct state_hms list = {.entries = entries}, *h = &m->s->hms;
	uint32_t array = take_array(&m->taker, m->at[KEY_HMS]), node;
	bool changed;

	if (!m->full && array == 0) {
		return false;
	}
	list.known = array != 0;
	for (node = array != 0 ? scan_first(m->taker.scan, array) : 0; node != 0;
	     node = scan_next(m->taker.scan, array, node)) {
		add_hms(m, node, &list);
	}
	changed = hms_differs(&list, h);
	if (changed) {
		free(TAKE(h->entries));
		if (list.count > 0) {
			h->entries = xmalloc(list.count * sizeof(*entries));
			memcpy(h->entries, entries, list.count * sizeof(*entries));
		}
		h->count = list.count;
		h->known = list.known;
	}
	return changed;
}
