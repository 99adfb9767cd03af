/* SPDX-License-Identifier: MIT */
/* What is configured for one hook, and which events it means. */
#include "daemon/bridge/hook_config.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "common/event.h"
#include "common/secret.h"
#include "common/util.h"
#include "daemon/bridge/hook_words.h"

static_assert(EVENT_COUNT <= 64, "a mask holds all kinds");

void hook_config_finish(struct hook_config *c)
{
	free(c->name);
	hook_words_free(c->on);
	hook_words_free(c->printers);
	free(c->exec);
	hook_words_free(c->argv);
	free(c->url);
	secret_destroy(c->secret_url);
	secret_destroy(c->token);
	free(c->ca_file);
	free(c->disabled);
	*c = (struct hook_config){0};
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_words(char *const *a, char *const *b)
{
	static char *const none[] = {NULL};

	a = a ? a : none;
	b = b ? b : none;
	while (*a && *b && strcmp(*a, *b) == 0) {
		a++;
		b++;
	}
	return !*a && !*b;
}

static bool same_secret(const struct secret *a, const struct secret *b)
{
	return a && b ? secret_equal(a, b) : a == b;
}

bool hook_config_equal(const struct hook_config *a, const struct hook_config *b)
{
	return same_text(a->name, b->name) && same_words(a->on, b->on) &&
	       same_words(a->printers, b->printers) && same_text(a->exec, b->exec) &&
	       same_text(a->url, b->url) && same_secret(a->secret_url, b->secret_url) &&
	       same_secret(a->token, b->token) && same_text(a->ca_file, b->ca_file) &&
	       a->allow_private == b->allow_private && a->timeout_ms == b->timeout_ms &&
	       same_text(a->disabled, b->disabled);
}

static uint64_t kinds_of(const char *glob)
{
	uint64_t mask = 0;

	for (enum event_kind k = 0; k < EVENT_COUNT; k++) {
		mask |= glob_match(glob, event_name(k)) ? UINT64_C(1) << k : 0;
	}
	return mask;
}

/* A third of the letters may be wrong. */
static const char *nearest_kind(const char *glob)
{
	unsigned best = (unsigned)strlen(glob) / 3 + 2;
	const char *nearest = NULL;

	for (enum event_kind k = 0; strlen(glob) <= 64 && k < EVENT_COUNT; k++) {
		unsigned distance = edit_distance(glob, event_name(k));

		if (distance < best) {
			best = distance;
			nearest = event_name(k);
		}
	}
	return nearest;
}

int hook_kinds(
    char *const *globs, uint64_t *ret_kinds, const char **ret_glob, const char **ret_nearest)
{
	uint64_t all = 0;

	for (; globs && *globs; globs++) {
		uint64_t mask = kinds_of(*globs);

		if (mask == 0) {
			*ret_glob = *globs;
			*ret_nearest = nearest_kind(*globs);
			return -ENOENT;
		}
		all |= mask;
	}
	*ret_kinds = all;
	return 0;
}
