/* SPDX-License-Identifier: MIT */
/* What a printer's answer to a command says (bambu.md 4.7, 5.2). Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct report;

enum ack_verdict {
	ACK_SILENT, /* answered, but without a result: neither yes nor no */
	ACK_SUCCESS,
	ACK_FAILED,
};

struct ack {
	enum ack_verdict verdict;
	uint32_t err_code; /* as a print error; 0 none */
	int64_t error;	   /* errno of the filament changer and the chamber; 0 none */
	char reason[96];   /* the printer's words, unescaped; "" none */
	bool is_unsigned;  /* refused because the command was not signed: the control lock */
};

/* r is a REPORT_ACK. */
void ack_read(const struct report *r, struct ack *ret);
/* The codes of that refusal, in an answer or as print_error. */
bool ack_code_is_unsigned(uint32_t code);
/* What a negative errno of ams_change_filament and set_ctt means, NULL when not known. */
const char *ack_error_text(int64_t error);
