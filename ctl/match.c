/* SPDX-License-Identifier: MIT */
/* The choice of slots for a plate: the cheapest of all, or the one that was named. */
#include "ctl/match.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "common/util.h"

/* Costs of a pair: each weighs more than all below it together. */
#define COST_COLOR 1000000000LL /* times same 0, near 1, unknown 2, different 3 */
#define COST_PROFILE 100000000LL
#define COST_DISTANCE 100000LL /* of colours that are not the same, times up to 300 */
#define COST_SHORT 20000LL
#define COST_UNKNOWN_REST 10000LL
#define COST_NO_PAIR 1000000000000LL

/* ---- one pair ---- */

static bool has(const char *s)
{
	return s && *s;
}

static bool is_short(const struct match_slot *slot, double meters)
{
	return meters > 0 && slot->meters < meters; /* false when either is unknown */
}

static bool feeds(const struct match_slot *slot, const struct match_need *need)
{
	return slot->nozzle == MATCH_ANY || need->nozzle == MATCH_ANY ||
	       slot->nozzle == need->nozzle;
}

/* When this one is empty, another that is alike goes on. */
static bool is_refilled(const struct match *m, const struct match_slot *slot)
{
	for (size_t i = 0; m->refills && !slot->external && i < m->slot_count; i++) {
		const struct match_slot *other = &m->slots[i];

		if (other != slot && !other->external && other->content == MATCH_LOADED &&
		    other->nozzle == slot->nozzle && match_same_type(other->type, slot->type) &&
		    match_color_judge(other->color, slot->color) == COLOR_SAME) {
			return true;
		}
	}
	return false;
}

static enum match_fault fault_of(
    const struct match *m, const struct match_need *need, const struct match_slot *slot)
{
	if (slot->content == MATCH_EMPTY) {
		return MATCH_NO_SPOOL;
	}
	if (!feeds(slot, need)) {
		return MATCH_NOT_FED;
	}
	if (m->blind) {
		return MATCH_FITS;
	}
	if (!has(slot->type) || !has(need->type)) {
		return MATCH_UNREAD;
	}
	if (!match_same_type(need->type, slot->type)) {
		return MATCH_WRONG;
	}
	return is_short(slot, need->meters) && !is_refilled(m, slot) ? MATCH_SHORT : MATCH_FITS;
}

static void explain(
    struct match_pair *pair, const struct match_need *need, const struct match_slot *slot)
{
	char have[24], want[24];

	text_escape_buf(slot && has(slot->type) ? slot->type : "nothing known", have, sizeof(have));
	text_escape_buf(has(need->type) ? need->type : "an unknown type", want, sizeof(want));
	pair->why[0] = '\0';
	switch (pair->fault) {
	case MATCH_SHORT:
		snprintf(pair->why, sizeof(pair->why), "%.1f m needed, %.1f m left", need->meters,
		    slot->meters);
		break;
	case MATCH_UNREAD:
		snprintf(pair->why, sizeof(pair->why), "needs %s, in it is %s", want, have);
		break;
	case MATCH_WRONG:
		snprintf(pair->why, sizeof(pair->why), "needs %s, holds %s", want, have);
		break;
	case MATCH_NOT_FED:
		snprintf(pair->why, sizeof(pair->why), "feeds the %s nozzle, needed on the %s",
		    slot->nozzle == 1 ? "left" : "right", need->nozzle == 1 ? "left" : "right");
		break;
	case MATCH_NO_SPOOL:
		snprintf(pair->why, sizeof(pair->why), "no spool in it");
		break;
	case MATCH_FITS:
	case MATCH_NONE:
	case MATCH_FAULT_COUNT:
		break;
	}
}

static void put_pair(struct match *m, size_t need, int slot)
{
	struct match_pair *pair = &m->pairs[need];

	pair->slot = slot;
	pair->fault = fault_of(m, &m->needs[need], &m->slots[slot]);
	pair->color = match_color_judge(m->needs[need].color, m->slots[slot].color);
	explain(pair, &m->needs[need], &m->slots[slot]);
}

/* ---- the best ---- */

/* Needs that are alike are one: they come from one spool. */
struct group {
	const struct match_need *need;
	double meters; /* of all; 0 unknown */
	int slot;      /* -1 none */
};

struct choice {
	struct group groups[MATCH_NEEDS_MAX];
	size_t group_of[MATCH_NEEDS_MAX], count;
};

static bool are_alike(const struct match_need *a, const struct match_need *b)
{
	return a->nozzle == b->nozzle && match_same_type(a->type, b->type) &&
	       match_color_distance(a->color, b->color) == 0;
}

static void group_needs(const struct match *m, struct choice *c)
{
	for (size_t i = 0; i < m->need_count; i++) {
		size_t g = 0;

		while (g < c->count && !are_alike(c->groups[g].need, &m->needs[i])) {
			g++;
		}
		if (g == c->count) {
			c->groups[c->count++] = (struct group){&m->needs[i], 0, -1};
		}
		c->group_of[i] = g;
		c->groups[g].meters += m->needs[i].meters > 0 ? m->needs[i].meters : 0;
	}
}

static long long color_cost(const char *need, const char *slot)
{
	static const int ranks[MATCH_COLOR_COUNT] = {
	    [COLOR_SAME] = 0, [COLOR_NEAR] = 1, [COLOR_UNKNOWN] = 2, [COLOR_DIFFERENT] = 3};
	enum match_color judged = match_color_judge(need, slot);
	double distance = match_color_distance(need, slot);
	long long cost = ranks[judged] * COST_COLOR;

	/* What an eye takes for the same is: then more on the spool is the better one. */
	return judged == COLOR_SAME || distance < 0 ? cost
						    : cost + (long long)distance * COST_DISTANCE;
}

static long long rest_cost(const struct match_slot *slot, double meters)
{
	if (isnan(slot->meters)) {
		return COST_UNKNOWN_REST;
	}
	return (slot->meters < meters ? COST_SHORT : 0) +
	       (slot->meters < 1000 ? 1000 - (long long)slot->meters : 0);
}

static bool has_units(const struct match *m)
{
	for (size_t i = 0; i < m->slot_count; i++) {
		if (!m->slots[i].external) {
			return true;
		}
	}
	return false;
}

static long long cost_of(
    const struct match *m, const struct group *g, const struct match_slot *slot)
{
	enum match_fault fault = fault_of(m, g->need, slot);
	bool unread_spool = fault == MATCH_UNREAD && slot->external; /* it is the only one */

	if ((slot->external && has_units(m)) ||
	    (fault != MATCH_FITS && fault != MATCH_SHORT && !unread_spool)) {
		return COST_NO_PAIR;
	}
	return color_cost(g->need->color, slot->color) + rest_cost(slot, g->meters) +
	       (has(g->need->profile) && has(slot->profile) &&
			   strcasecmp(g->need->profile, slot->profile) == 0
		       ? 0
		       : COST_PROFILE);
}

/* The assignment of least cost (the Hungarian method, rows one by one along shortest augmenting
 * paths). Every row has a column of its own at the end, which means none. */
struct assign {
	long long row_price[MATCH_NEEDS_MAX + 1];
	long long column_price[MATCH_SLOTS_MAX + MATCH_NEEDS_MAX + 1];
	size_t row_of[MATCH_SLOTS_MAX + MATCH_NEEDS_MAX + 1]; /* 0 free */
	size_t from[MATCH_SLOTS_MAX + MATCH_NEEDS_MAX + 1];
	long long least[MATCH_SLOTS_MAX + MATCH_NEEDS_MAX + 1];
	bool seen[MATCH_SLOTS_MAX + MATCH_NEEDS_MAX + 1];
	size_t columns;
};

static long long price(const struct match *m, const struct choice *c, size_t row, size_t column)
{
	return column <= m->slot_count ? cost_of(m, &c->groups[row - 1], &m->slots[column - 1])
				       : COST_NO_PAIR;
}

/* One more column joins the tree: the nearest. Returns it. */
static size_t grow(const struct match *m, const struct choice *c, struct assign *a, size_t at)
{
	size_t row = a->row_of[at], next = 0;
	long long step = INT64_MAX;

	a->seen[at] = true;
	for (size_t j = 1; j <= a->columns; j++) {
		long long left;

		if (a->seen[j]) {
			continue;
		}
		left = price(m, c, row, j) - a->row_price[row] - a->column_price[j];
		if (left < a->least[j]) {
			a->least[j] = left;
			a->from[j] = at;
		}
		if (a->least[j] < step) {
			step = a->least[j];
			next = j;
		}
	}
	for (size_t j = 0; j <= a->columns; j++) {
		if (a->seen[j]) {
			a->row_price[a->row_of[j]] += step;
			a->column_price[j] -= step;
		} else {
			a->least[j] -= step;
		}
	}
	return next;
}

static void assign(const struct match *m, struct choice *c)
{
	_cleanup_free_ struct assign *a = xcalloc(1, sizeof(*a));

	a->columns = m->slot_count + c->count;
	for (size_t row = 1; row <= c->count; row++) {
		size_t at = 0;

		a->row_of[0] = row;
		for (size_t j = 0; j <= a->columns; j++) {
			a->least[j] = INT64_MAX / 2;
			a->seen[j] = false;
		}
		do {
			at = grow(m, c, a, at);
		} while (a->row_of[at] != 0);
		for (; at != 0; at = a->from[at]) {
			a->row_of[at] = a->row_of[a->from[at]];
		}
	}
	for (size_t j = 1; j <= m->slot_count; j++) {
		size_t row = a->row_of[j];

		if (row > 0 && price(m, c, row, j) < COST_NO_PAIR) {
			c->groups[row - 1].slot = (int)j - 1;
		}
	}
}

/* Why a need got nothing, by the slot that comes nearest to it. */
static void explain_none(struct match *m, const struct choice *c, size_t need)
{
	struct match_pair *pair = &m->pairs[need];
	const struct match_need *n = &m->needs[need];
	const struct match_slot *taken = NULL, *unfed = NULL;
	char type[24];

	*pair = (struct match_pair){.slot = -1, .fault = MATCH_NONE};
	text_escape_buf(has(n->type) ? n->type : "filament of unknown type", type, sizeof(type));
	for (size_t i = 0; i < m->slot_count; i++) {
		const struct match_slot *slot = &m->slots[i];

		if (slot->content != MATCH_LOADED || !match_same_type(n->type, slot->type) ||
		    (slot->external && has_units(m))) {
			continue;
		}
		for (size_t g = 0; g < c->count; g++) {
			taken = c->groups[g].slot == (int)i ? slot : taken;
		}
		unfed = feeds(slot, n) ? unfed : slot;
	}
	if (taken) {
		snprintf(pair->why, sizeof(pair->why), "no further %s: %s serves another filament",
		    type, taken->label);
	} else if (unfed) {
		snprintf(pair->why, sizeof(pair->why), "%s in %s feeds the other nozzle", type,
		    unfed->label);
	} else {
		snprintf(pair->why, sizeof(pair->why), "no slot holds %s", type);
	}
}

/* A spool that each part of a group finds enough on may still be too short for all. */
static void judge_sum(struct match *m, const struct choice *c, size_t need)
{
	const struct group *g = &c->groups[c->group_of[need]];
	const struct match_slot *slot = &m->slots[g->slot];
	struct match_pair *pair = &m->pairs[need];

	if (pair->fault == MATCH_FITS && is_short(slot, g->meters) && !is_refilled(m, slot)) {
		pair->fault = MATCH_SHORT;
		snprintf(pair->why, sizeof(pair->why), "%.1f m needed in all, %.1f m left",
		    g->meters, slot->meters);
	}
}

void match_auto(struct match *m)
{
	_cleanup_free_ struct choice *c = xcalloc(1, sizeof(*c));

	group_needs(m, c);
	assign(m, c);
	for (size_t i = 0; i < m->need_count; i++) {
		int slot = c->groups[c->group_of[i]].slot;

		if (slot < 0) {
			explain_none(m, c, i);
			continue;
		}
		put_pair(m, i, slot);
		judge_sum(m, c, i);
		/* The one spool of a printer that cannot read it is what the user put there. */
		if (m->pairs[i].fault == MATCH_UNREAD && m->slots[slot].external) {
			m->pairs[i].fault = MATCH_FITS;
		}
	}
}

/* ---- as named ---- */

/* Index, or -1. */
static int find_slot(const struct match *m, const char *word)
{
	int64_t number;

	for (size_t i = 0; i < m->slot_count; i++) {
		const struct match_slot *slot = &m->slots[i];
		size_t len = strlen(slot->label);

		if (strcasecmp(slot->label, word) == 0 ||
		    (parse_i64(word, 0, 255, &number) == 0 && number == slot->tray)) {
			return (int)i;
		}
		/* The only slot of a unit may be said with its number. */
		if (!slot->external && strncasecmp(slot->label, word, len) == 0 &&
		    strcmp(word + len, "1") == 0 && slot->label[len - 1] > '9') {
			return (int)i;
		}
		if (slot->external && strcasecmp(word, "ext-right") == 0 &&
		    strcmp(slot->label, "ext") == 0) {
			return (int)i;
		}
	}
	return -1;
}

static int find_need(const struct match *m, const char *word)
{
	int64_t id;

	for (size_t i = 0; i < m->need_count && parse_i64(word, 1, 1000, &id) == 0; i++) {
		if (m->needs[i].id == id) {
			return (int)i;
		}
	}
	return -1;
}

static int complain(char *why, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int complain(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* word: a slot for the next need, or ID=SLOT. */
static int take_word(struct match *m, char *word, size_t *next, char *why, size_t size)
{
	char *equals = strchr(word, '='), shown[40];
	const char *slot_word = equals ? equals + 1 : word;
	int need = (int)*next, slot;

	if (equals) {
		*equals = '\0';
		need = find_need(m, word);
	}
	text_escape_buf(equals && need < 0 ? word : slot_word, shown, sizeof(shown));
	if (need < 0) {
		return complain(why, size, "the plate uses no filament %s", shown);
	}
	if ((size_t)need >= m->need_count) {
		return complain(
		    why, size, "the plate uses %zu filaments, more slots are named", m->need_count);
	}
	if (m->pairs[need].slot >= 0) {
		return complain(why, size, "filament %d is named twice", m->needs[need].id);
	}
	slot = find_slot(m, slot_word);
	if (slot < 0) {
		return complain(why, size, "the printer has no slot \"%s\"", shown);
	}
	put_pair(m, (size_t)need, slot);
	*next += !equals;
	return 0;
}

int match_named(struct match *m, const char *list, char *why, size_t size)
{
	_cleanup_free_ char *copy = xstrdup(list);
	char *rest = copy;
	size_t next = 0;

	for (size_t i = 0; i < m->need_count; i++) {
		m->pairs[i] = (struct match_pair){.slot = -1, .fault = MATCH_NONE};
	}
	for (char *word = strsep(&rest, ","); word; word = strsep(&rest, ",")) {
		int r = take_word(m, word, &next, why, size);

		if (r < 0) {
			return r;
		}
	}
	for (size_t i = 0; i < m->need_count; i++) {
		if (m->pairs[i].slot < 0) {
			return complain(why, size,
			    "no slot is named for filament %d; the plate uses %zu", m->needs[i].id,
			    m->need_count);
		}
	}
	return 0;
}

enum match_fault match_worst(const struct match *m)
{
	enum match_fault worst = MATCH_FITS;

	for (size_t i = 0; i < m->need_count; i++) {
		worst = m->pairs[i].fault > worst ? m->pairs[i].fault : worst;
	}
	return worst;
}

bool match_may_go(enum match_fault fault)
{
	return fault == MATCH_SHORT || fault == MATCH_UNREAD || fault == MATCH_WRONG;
}
