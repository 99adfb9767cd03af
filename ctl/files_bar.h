/* SPDX-License-Identifier: MIT */
/* How far a copy has come, on the terminal: one line that is written over and taken away. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ctl/out.h"

struct files_bar {
	struct out *out;
	bool shown; /* stderr is a terminal that wants it */
	int64_t begun_ms, drawn_ms;
	int64_t total; /* -1 unknown */
};

void files_bar_begin(struct files_bar *b, struct out *o, int64_t total);
/* At most four times a second. */
void files_bar_move(struct files_bar *b, int64_t done);
/* Words in its place. */
void files_bar_say(struct files_bar *b, const char *text);
void files_bar_end(struct files_bar *b);
