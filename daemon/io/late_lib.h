/* SPDX-License-Identifier: MIT */
/* A shared library that is loaded with its first use instead of with the program. */
#pragma once

#include <stddef.h>

/* A function that is wanted, and where its pointer goes. */
struct late_function {
	const char *name;
	size_t at; /* in the struct of pointers */
};

/* For a list of names FUNCTIONS(X): the members of a struct api, and the rows that fill it. */
#define LATE_MEMBER(name) typeof(name) *name;
#define LATE_ROW(name) {#name, offsetof(struct api, name)},

#define LATE_WHY_BYTES 256

/* Loads FILE for good and fills every pointer. 0; -ELIBACC with why (one line): it is not there or
 * lacks one, nothing stays loaded, and what was filled so far must not be called. */
int late_load(const char *file, const struct late_function *rows, size_t count, void *api,
    char why[static LATE_WHY_BYTES]);
