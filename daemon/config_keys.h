/* SPDX-License-Identifier: MIT */
/* Sections of the configuration and look-ups in the table of keys. */
#pragma once

#include "daemon/config.h"

enum config_section_id {
	SECTION_DAEMON,
	SECTION_CLOUD,
	SECTION_DISCOVERY,
	SECTION_ALERTS,
	SECTION_METRICS,
	SECTION_PRINTER,
	SECTION_HOOK,
	SECTION_HISTORY,
	SECTION_HTTP,
	SECTION_MQTT,
	SECTION_FLEET,
	SECTION_COUNT
};

/* Most keys of one section. */
#define CONFIG_SECTION_KEYS_MAX 20

struct config_section {
	const char *name;
	bool named;    /* [Section NAME] */
	bool built;    /* false: accepted, one line that this version lacks it */
	bool any_keys; /* the keys are not settled yet */
	size_t offset; /* in struct config, of one that stands once and is built */
};
extern const struct config_section config_sections[SECTION_COUNT];

/* Where the values of a built section without a name lie. */
void *config_section_base(struct config *c, enum config_section_id id);
/* SECTION_COUNT when unknown. */
enum config_section_id config_section_find(const char *name);
/* First row of the section, and how many there are: index i of a section is row first + i. */
const struct config_key *config_section_keys(enum config_section_id id, unsigned *ret_count);
/* Index among these rows, or -1. */
int config_key_find(const struct config_key *keys, unsigned count, const char *name);
/* Nearest name for "did you mean", or NULL when none is near. */
const char *config_nearest_section(const char *name);
/* The same for a key of that section; one of another section when it is nearer. */
const struct config_key *config_nearest_key(enum config_section_id id, const char *name);
