/* SPDX-License-Identifier: MIT */
/* Commands to one printer: guards, control lock, encoding, and the ladder behind them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/json.h"
#include "daemon/fleet/pending.h"

struct printer;

struct command_request {
	const char *method;  /* of the method table */
	json_object *params; /* checked against its row; may be NULL */
	enum op_stage until;
	int64_t timeout_ms; /* 0: the method's own */
	bool confirmed;
};

/* Default of timeout_ms. */
int64_t command_timeout_ms(const char *method);
/* 0 with *ret_op under way: fn follows, from the loop; negative with *e: nothing was sent. */
int printer_command(struct printer *p, const struct command_request *r, command_fn fn, void *arg,
    struct op **ret_op, struct err *e);
/* The messages that would be sent now; nothing is. ret: to be finished. 0 or negative with *e. */
int printer_command_preview(
    struct printer *p, const struct command_request *r, struct encode_result *ret, struct err *e);
/* fn is not called any more; the command goes on. Only while it has not been called. */
void printer_command_forget(struct printer *p, const struct op *op);
