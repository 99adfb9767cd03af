/* SPDX-License-Identifier: MIT */
/* `proxy`: stdin and stdout joined to the daemon's socket, byte for byte. */
#pragma once

#include "ctl/verbs.h"

int proxy_run(struct ctl *c);
