/* SPDX-License-Identifier: MIT */
/* Which slot feeds which filament of a plate: by type, then colour, then what is left. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define MATCH_NEEDS_MAX 64
#define MATCH_SLOTS_MAX 128
#define MATCH_ANY (-1) /* nozzle: not bound to one, or not known */

/* A filament that the plate uses. Strings are borrowed, NULL or "" unknown. */
struct match_need {
	int id; /* from 1 */
	const char *type, *profile, *color;
	double grams, meters; /* NAN unknown */
	int nozzle;	      /* extruder id (0 right, 1 left) or MATCH_ANY */
};

enum match_content { MATCH_EMPTY, MATCH_PRESENT, MATCH_LOADED };

/* A place of the printer that filament comes from. */
struct match_slot {
	char label[16]; /* "A1", "HT-A", "ext", "ext-left" */
	int tray;	/* its number to the printer */
	bool external;
	enum match_content content;
	const char *type, *profile, *color;
	double meters; /* left, NAN unknown */
	int nozzle;    /* that it feeds, or MATCH_ANY */
};

enum match_color { COLOR_UNKNOWN, COLOR_SAME, COLOR_NEAR, COLOR_DIFFERENT, MATCH_COLOR_COUNT };
const char *match_color_word(enum match_color c);
/* The difference of two RRGGBB[AA] as an eye sees it; -1 when either is none. */
double match_color_distance(const char *a, const char *b);
enum match_color match_color_judge(const char *a, const char *b);
/* Whether both name one material: "PLA" and " pla " do, "PLA" and "PLA-CF" do not. */
bool match_same_type(const char *a, const char *b);

/* What is against a pair, the worst first. */
enum match_fault {
	MATCH_FITS,
	MATCH_SHORT,	/* less left than is needed, and no other of its kind to go on with */
	MATCH_UNREAD,	/* a spool of which nothing is known */
	MATCH_WRONG,	/* another material */
	MATCH_NOT_FED,	/* it feeds the other nozzle */
	MATCH_NO_SPOOL, /* the slot is empty */
	MATCH_NONE,	/* no slot at all */
	MATCH_FAULT_COUNT
};

struct match_pair {
	int slot; /* index, or -1 */
	enum match_fault fault;
	enum match_color color;
	char why[96]; /* words for the fault, "" none */
};

struct match {
	const struct match_need *needs;
	size_t need_count;
	const struct match_slot *slots;
	size_t slot_count;
	bool blind;   /* what the filaments are is not known: any will do */
	bool refills; /* the printer goes on with an equal spool when one is empty */
	struct match_pair pairs[MATCH_NEEDS_MAX]; /* one per need, filled here */
};

/* The best choice. External spools count only where there is no other slot. */
void match_auto(struct match *m);
/* What was named: slots for the needs in their order ("A1,ext,3"), or pairs ("1=A1,3=ext"). 0, or
 * -EINVAL with the reason in why. */
int match_named(struct match *m, const char *list, char *why, size_t size);
/* The worst fault of all pairs. */
enum match_fault match_worst(const struct match *m);
/* Whether the user may say yes to it: what is left is only that it may go wrong. */
bool match_may_go(enum match_fault fault);
