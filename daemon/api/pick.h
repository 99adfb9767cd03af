/* SPDX-License-Identifier: MIT */
/* The `printer` parameter of a call, turned into printers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/util.h"

struct call;
struct printer;

#define PICK_SELECTOR_MAX 8192 /* bytes */
#define PICK_TERMS_MAX 256     /* between commas */

struct pick {
	struct printer **list; /* owned array */
	size_t count;
	bool literal; /* one name or serial: the answer is that printer's, not a list */
};

/* The selector as text (an array is joined by commas), owned; NULL when the parameter is absent or
 * with *c->e filled when it is too long or has too many terms. */
char *pick_selector(struct call *c, const char *param);
/* Without the parameter: the only printer there is, else ambiguous_printer naming them. 0, or
 * negative with *c->e. */
int pick_printers(struct call *c, struct pick *ret);
/* As pick_printers, but without the parameter all are meant; the only one there is is literal. */
int pick_printers_or_all(struct call *c, struct pick *ret);
/* As pick_printers, but for calls that are about one printer. */
int pick_one(struct call *c, struct printer **ret);
/* As pick_printers, but a call that means several must say "many":true. */
int pick_for_control(struct call *c, struct pick *ret);

static inline void cleanup_pickp(struct pick *p)
{
	free(p->list);
}
#define _cleanup_pick_ CLEANUP(cleanup_pickp)
