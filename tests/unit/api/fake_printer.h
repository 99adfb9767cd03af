/* SPDX-License-Identifier: MIT */
/* Printers without a link: the interface of fleet/printer on hand-made states. */
#pragma once

#include "daemon/fleet/command.h"
#include "daemon/fleet/printer.h"

/* Sets what print.percent says and marks the section. */
void fake_printer_percent(struct printer *p, int percent);
void fake_printer_link(struct printer *p, enum link_state state);
/* The file of its job. */
void fake_printer_file(struct printer *p, const char *file);
void fake_printer_print_state(struct printer *p, enum print_state state);
void fake_printer_hms(struct printer *p, uint32_t attr, uint32_t code);
/* A name that makes views large: each text of the job has that many bytes. */
void fake_printer_job(struct printer *p, size_t bytes);
/* What printer_refresh answers; ERR_NONE = "sent". */
void fake_printer_refuse(struct printer *p, enum err_type type);
unsigned fake_printer_refreshed(const struct printer *p);
/* The command under way there, NULL when there is none or nobody waits for it. */
const struct op *fake_printer_op(const struct printer *p);
/* It ends at that stage, or with that fault. */
void fake_printer_tell(struct printer *p, enum op_stage stage, enum err_type fault);
/* The last command as it came. */
const struct command_request *fake_printer_asked(const struct printer *p);
