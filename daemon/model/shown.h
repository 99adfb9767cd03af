/* SPDX-License-Identifier: MIT */
/* What of a cached state may be told to people: the rules of status.md that every way out shares.
 * Pure. */
#pragma once

#include "daemon/model/state.h"

/* Progress of the job: UNKNOWN_INT in states where the printer keeps the numbers of the job before.
 */
int shown_percent(const struct state_print *print);
int shown_layer(const struct state_print *print);
int shown_total_layers(const struct state_print *print);
/* UNKNOWN_INT unless printing or paused: a failed job keeps a stale one. */
int shown_remaining_min(const struct state_print *print);
/* NAN where the model has no sensor or heater, whatever the printer sends. */
double shown_chamber_c(const struct state *s);
double shown_chamber_target_c(const struct state *s);
/* "right" or "left" of two nozzles, NULL for a lone one. */
const char *shown_nozzle_position(const struct state *s, const struct state_nozzle *nozzle);
/* The name people use for an AMS unit: A-D, L for the lite of an A2L, HT-A.. for the dryers; NULL
 * for an id nobody knows. */
const char *shown_unit_label(int id, char buf[static 16]);
