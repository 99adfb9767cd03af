/* SPDX-License-Identifier: MIT */
/* The farm in one line for people: what `systemctl status` shows. */
#pragma once

#include <stddef.h>

struct registry;

/* "8 printers: 6 online, 2 printing, 1 with a problem", cut to size. */
void status_line(const struct registry *r, char *buf, size_t size);
