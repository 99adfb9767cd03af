/* SPDX-License-Identifier: MIT */
/* `bambuctl __complete WORD...`: what may stand in the place of the last word, for shells. */
#pragma once

#include <stdio.h>

/* What the shell is to do when this is the exit status: complete names of files. */
#define COMPLETE_FILES 1

/* Where "__complete" stands in argv, behind nothing but options; 0 = nowhere. */
int complete_wanted(int argc, char **argv);
/* words: those behind the program's name, the last one (perhaps empty) being typed. Writes a
 * candidate a line, a tab and its explanation behind it. Returns the exit status: 0, or
 * COMPLETE_FILES. Never a word about what went wrong. */
int complete_run(FILE *f, const char *const *words, int count);
