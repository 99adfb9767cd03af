/* SPDX-License-Identifier: MIT */
/* `wait`: until something happens to printers, or holds of them. */
#pragma once

#include "ctl/verbs.h"

int wait_run(struct ctl *c);
