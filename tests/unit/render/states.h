/* SPDX-License-Identifier: MIT */
/* Printers in typical situations, made by hand, for the tests of the renderer. */
#pragma once

#include "daemon/model/view.h"

#define NOW_MONO_MS 1000000
#define NOW_WALL_MS 1795395600000 /* 2026-11-23T01:00:00Z */

/* A view with the state it shows. */
struct sample {
	struct printer_view view;
	struct state state;
};

/* Each fills s; sample_finish frees what it made. */
void sample_fresh(struct sample *s);	    /* configured, never reached, model not known */
void sample_idle_p1s(struct sample *s);	    /* idle after a job, one AMS */
void sample_printing_h2d(struct sample *s); /* two nozzles, AMS and AMS HT drying */
void sample_paused_x1c(struct sample *s);   /* runout, health messages */
void sample_a2l_external(struct sample *s); /* lite with id 16, printing from the spool holder */
void sample_finish(struct sample *s);

/* What the renderer writes, as owned text. */
char *rendered(const struct sample *s);
char *rendered_short(const struct sample *s);
char *rendered_changes(const struct sample *s, uint32_t sections);
