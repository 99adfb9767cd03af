/* SPDX-License-Identifier: MIT */
/* Captures of messages, and the report for those who are asked for help. */
#pragma once

struct ctl;

int record_run(struct ctl *c);
int report_run(struct ctl *c);
