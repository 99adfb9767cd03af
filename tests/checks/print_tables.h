/* SPDX-License-Identifier: MIT */
/* The parts of print_tables: the configuration's enums share names with those of the state. */
#pragma once

struct jw;

/* Adds the members "config" and "sections". */
void print_tables_config(struct jw *w);
