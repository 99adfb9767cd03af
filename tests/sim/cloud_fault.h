/* SPDX-License-Identifier: MIT */
/* The fault switches of the cloud: which, for which paths, how often, and what they answer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/sim/cert.h"

struct http_exchange;

enum cloud_fault {
	/* connections */
	CLOUD_FAULT_REFUSE,
	CLOUD_FAULT_DEAF,
	CLOUD_FAULT_SILENT,
	CLOUD_FAULT_WRONG_HOST,
	CLOUD_FAULT_SELF_SIGNED,
	CLOUD_FAULT_FOREIGN_CA,
	CLOUD_FAULT_EXPIRED_CERT,
	/* answers */
	CLOUD_FAULT_CLOUDFLARE,
	CLOUD_FAULT_RATE_LIMIT,
	CLOUD_FAULT_RATE_DATE,
	CLOUD_FAULT_DEAD_TOKEN,
	CLOUD_FAULT_UNAUTHORIZED,
	CLOUD_FAULT_STATUS,
	CLOUD_FAULT_HTML,
	CLOUD_FAULT_REDIRECT,
	CLOUD_FAULT_NOT_JSON,
	CLOUD_FAULT_EMPTY,
	CLOUD_FAULT_WRONG_TYPES,
	CLOUD_FAULT_BAD_UTF8,
	CLOUD_FAULT_DEEP,
	/* manners, beside the right answer */
	CLOUD_FAULT_NO_CSRF,
	CLOUD_FAULT_SLOW,
	CLOUD_FAULT_TRICKLE,
	CLOUD_FAULT_HUGE,
	CLOUD_FAULT_RESET,
	CLOUD_FAULT_CUT,
	CLOUD_FAULT_TRUNCATE,
	CLOUD_FAULT_COUNT
};

struct cloud_faults {
	struct cloud_fault_state {
		bool on;
		int64_t arg, times; /* times: -1 = for ever */
		char path[96];	    /* beginning of the paths it is for; "" = all */
	} state[CLOUD_FAULT_COUNT];
};

/* Negative when unknown. */
int cloud_fault_by_name(const char *name);
const char *cloud_fault_name(enum cloud_fault f);
/* words: [NUMBER] [path=PREFIX] [times=N]. 0 or -EINVAL. */
int cloud_fault_set(struct cloud_faults *f, enum cloud_fault which, bool on, char *words);
/* One line per switch; caller frees. */
char *cloud_fault_help(void);

/* Whether it concerns this request; takes one of its times. arg as set. */
bool cloud_fault_hits(
    struct cloud_faults *f, enum cloud_fault which, const char *path, int64_t *ret_arg);
enum cert_kind cloud_fault_cert(const struct cloud_faults *f);
/* Answers in place of the route. other: where redirects lead. False = the route shall answer. */
bool cloud_fault_answer(struct cloud_faults *f, struct http_exchange *x, const char *other);
/* Changes how an answer that is there goes out. */
void cloud_fault_manners(struct cloud_faults *f, struct http_exchange *x);
