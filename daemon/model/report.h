/* SPDX-License-Identifier: MIT */
/* One message from device/<serial>/report: checked, classified, ready to be merged. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/model/scan.h"

enum report_kind {
	REPORT_NONE, /* valid JSON that carries nothing for us ({}, unknown top-level keys, log
			lines) */
	REPORT_FULL, /* print.push_status, whole state */
	REPORT_DELTA,
	REPORT_ACK,	/* answer to a command of ours or of another client */
	REPORT_EVENT,	/* cloud presence: event.client.connected / disconnected */
	REPORT_VERSION, /* info.get_version */
	REPORT_KIND_COUNT
};

struct report {
	enum report_kind kind;
	struct scan scan;  /* tape over `text` */
	char *text;	   /* own repaired copy only if the message was not UTF-8, else NULL and the
			      caller's bytes are used */
	uint32_t body;	   /* node of the object under print / info / event / category */
	char category[16]; /* "print" "system" "camera" "xcam" ... of an ack */
	char sequence_id[24], command[40]; /* of an ack */
	bool connected;			   /* of REPORT_EVENT */
	size_t repaired;		   /* invalid UTF-8 bytes replaced */
};

void report_init(struct report *r);
void report_finish(struct report *r);
/* Decodes one message; r may be used again and again. The bytes must outlive the use of r.
 * 0, or a positive enum scan_error: not JSON we take (message to be dropped and counted). */
int report_decode(struct report *r, const char *bytes, size_t len);
