/* SPDX-License-Identifier: MIT */
/* `print`: a file looked at, matched with a printer and its spools, handed over and started. */
#pragma once

#include "ctl/match.h"
#include "ctl/verbs.h"

extern const struct column_set print_columns;

/* All that is settled before anything is sent. Zeroed first; to be finished. */
struct print_plan {
	struct ctl *c;
	char *printer;	       /* owned: as named, then its real name */
	const char *file;      /* the word, without "@sd:" or "@cloud:" */
	bool on_printer;       /* it is there already */
	bool in_cloud;	       /* the account's: the cloud starts it */
	bool is_gcode;	       /* bare: no plates, no filaments */
	char *path;	       /* owned: where it is or will be on the printer */
	json_object *contents; /* owned: of inspect_file; NULL not looked at */
	json_object *plate;    /* borrowed from contents */
	int plate_index;       /* 0: of a bare file */
	json_object *status;   /* owned: of printer.get */
	struct match match;
	struct match_need needs[MATCH_NEEDS_MAX];
	struct match_slot slots[MATCH_SLOTS_MAX];
	int filament_count; /* of the file: entries of the mapping */
	bool mapped;	    /* the match counts */
	char doubt[256];    /* what only a yes gets over; "" nothing */
};

/* print_plan.c. Each: 0, or the exit status, reported. */
int print_choose_plate(struct print_plan *p);
int print_check_printer(struct print_plan *p);
int print_choose_slots(struct print_plan *p);
/* "path", "plate", "options" and "ams_mapping" of print.start. Owned. */
json_object *print_params(const struct print_plan *p);

/* print_show.c */
void print_show_slots(struct print_plan *p);
/* What "mapping" is in the answer. Owned. */
json_object *print_mapping(const struct print_plan *p);
void print_show_begun(struct print_plan *p, json_object *result, const char *state);

/* print_wait.c: until it prints; returns the exit status. */
int print_wait(struct print_plan *p);

/* The verb. */
int print_run(struct ctl *c);
