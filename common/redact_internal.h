/* SPDX-License-Identifier: MIT */
/* Between the parts of the redactor: what it knows, and how values are written. */
#pragma once

#include "common/redact.h"

#define REDACT_SECRETS_MAX 8

struct redact_entry {
	struct redact_entry *next; /* of its bucket */
	enum redact_kind kind;
	bool everywhere; /* replaced in any text, not only as the value of its member */
	char *real, *fake;
	size_t real_len;
};

struct redact {
	bool keep_files;
	char *secrets[REDACT_SECRETS_MAX];
	size_t secret_count;
	struct redact_entry *buckets[1024];
	size_t count;
	unsigned numbers[REDACT_KIND_COUNT]; /* of the last name given */
};

/* What a member's name says about its value. */
enum redact_rule {
	RULE_NONE,
	RULE_MASK,
	RULE_SERIAL,
	RULE_ID,
	RULE_FILE,
	RULE_ADDRESS,
	RULE_VERSION, /* four numbers there are no address */
};

enum redact_rule redact_rule_of(const char *key, size_t len);
/* The name of what is known everywhere, or NULL. */
const char *redact_find(const struct redact *r, const char *word, size_t len);
const char *redact_name_n(struct redact *r, enum redact_kind kind, const char *value, size_t len);
/* Length of the secret that stands here, 0 = none. */
size_t redact_secret_at(const struct redact *r, const char *text, size_t len);
/* A value without quotes and escapes. */
void redact_value(
    struct redact *r, enum redact_rule rule, const char *text, size_t len, struct jw *out);
/* A number: as it stands when nothing is wrong with it. */
void redact_number(
    struct redact *r, enum redact_rule rule, const char *text, size_t len, struct jw *out);
/* Any text, by what its words look like. */
void redact_words(
    struct redact *r, enum redact_rule rule, const char *text, size_t len, struct jw *out);
