/* SPDX-License-Identifier: MIT */
/* What is configured for one hook, and which events it means. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secret;

#define HOOKS_MAX 32

struct hook_config {
	char *name;
	char **on;	 /* globs of kinds of events */
	uint64_t kinds;	 /* the same as a mask */
	char **printers; /* selectors; NULL or empty: all, and the daemon itself */
	char *exec;
	char **argv; /* exec as words; NULL: none */
	char *url;
	struct secret *secret_url; /* in place of url */
	struct secret *token;	   /* bearer of requests */
	char *ca_file;
	bool allow_private;
	int64_t timeout_ms;
	char *disabled; /* NULL: usable; else one sentence why not */
};

void hook_config_finish(struct hook_config *c);
bool hook_config_equal(const struct hook_config *a, const struct hook_config *b);
/* The kinds that the globs name. 0, or -ENOENT with the glob that names nothing, and the nearest
 * kind (NULL: none is near). */
int hook_kinds(
    char *const *globs, uint64_t *ret_kinds, const char **ret_glob, const char **ret_nearest);
