/* SPDX-License-Identifier: MIT */
/* Requests to a printer as JSON text (bambu.md 5). Pure. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct state;

/* Own range of sequence ids, so that our acks are known from those of other programs
 * (bambu.md 4.7). */
#define ENCODE_SEQUENCE_FIRST 40000u
#define ENCODE_SEQUENCE_LAST 2000000000u
#define ENCODE_MAX 256

/* The id after this one, wrapping inside the range. */
uint32_t encode_next_sequence(uint32_t sequence);
/* Write the request into buf; return its length. */
size_t encode_pushall(char buf[static ENCODE_MAX], uint32_t sequence);
size_t encode_get_version(char buf[static ENCODE_MAX], uint32_t sequence);

struct encode_request {
	const char *method;	     /* of the method table */
	json_object *params;	     /* borrowed; NULL = {} */
	const struct state *state;   /* what is known of the printer */
	uint32_t sequence;	     /* id of the first message; further ones take the next */
	int max_nozzle_c, max_bed_c; /* guard rails of the configuration, 0 = the model's */
	uint32_t job_id; /* print.start: what the job gets as ids, 0 = "0" as nobody cares */
};
struct encode_result {
	char *payloads[4]; /* one message each, owned */
	size_t count;
	char category[16], command[40]; /* of the first, which is the one to match acks with */
	uint32_t last_sequence;
	bool needs_control; /* false: works while the printer wants signed commands */
	bool no_ack;	    /* the printer does not answer: sent is the most to wait for */
};

/* The message or messages of a command in the form that this printer understands. 0 with *ret,
 * which must be finished; or -EINVAL with *e: invalid_params (bounds, unknown words), unsupported
 * (the printer has no such thing), guard (not in this state, not past the guard rails). */
int encode_command(const struct encode_request *r, struct encode_result *ret, struct err *e);
void encode_result_finish(struct encode_result *r);
/* The file's name without what its kind adds: what the printer calls the job. Owned. */
char *encode_job_name(const char *path);
/* The method is a command to a printer. */
bool encode_knows(const char *method);
