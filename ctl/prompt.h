/* SPDX-License-Identifier: MIT */
/* Questions to whoever runs the program: on the terminal, or line by line from standard input. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "common/secret.h"

struct prompt {
	int fd;	       /* asked and answered there */
	FILE *shown;   /* NULL = standard input is no terminal: nothing is asked, lines are taken */
	bool borrowed; /* fd is standard input */
};

/* 0 or negative errno. */
int prompt_open(struct prompt *p);
void prompt_close(struct prompt *p);
bool prompt_is_terminal(const struct prompt *p);
/* Says a line on the terminal; nothing without one. text is fit for a screen. */
void prompt_say(struct prompt *p, const char *text);
/* One line without its end. hidden: the terminal shows nothing of it; a signal that ends or stops
 * the program meanwhile finds the terminal as it was. 0 with an owned answer, maybe empty;
 * -ENODATA: the input ended; -EMSGSIZE: longer than 16 KiB or with NUL; or negative errno. */
int prompt_ask(struct prompt *p, const char *question, bool hidden, struct secret **ret);
