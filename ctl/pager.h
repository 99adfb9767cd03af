/* SPDX-License-Identifier: MIT */
/* Output longer than the terminal, shown through $PAGER. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Lines that the text takes on a terminal of that width (0 = endless). */
size_t pager_rows(const char *text, size_t size, unsigned width);
/* Shows the text through $PAGER, else `less -FRX`, and waits for its end. False when there is no
 * pager to be had: nothing was shown then. */
bool pager_show(const char *text, size_t size);
