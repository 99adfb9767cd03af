/* SPDX-License-Identifier: MIT */
/* Drafts of hooks judged: each is usable, or disabled with the reason. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/bridge/hook_words.h"
#include "daemon/config_apply.h"

static void disable(struct config_loader *l, void *base, const struct config_origin *o,
    bool is_error, const char *text)
{
	struct hook_config *h = base;
	_cleanup_free_ char *where = config_origin_text(l->c, o);

	config_warn(l, o, is_error, "hook %s disabled: %s", h->name, text);
	if (!h->disabled) {
		h->disabled = xasprintf("%s: %s", where, text);
	}
}

/* Where the key stands, or the section when it stands nowhere. */
static const struct config_origin *origin_of(
    const struct config_loader *l, const struct config_draft *d, const char *key)
{
	int i = config_key_find(l->keys[SECTION_HOOK], l->key_counts[SECTION_HOOK], key);

	return d->values[i].origin.line ? &d->values[i].origin : &d->origin;
}

static void check_on(struct config_loader *l, const struct config_draft *d, struct hook_config *h)
{
	const char *glob = NULL, *nearest = NULL;
	char shown[80];

	if (!h->on || !*h->on) {
		disable(l, h, &d->origin, true, "no On=: say which events it is told");
	} else if (hook_kinds(h->on, &h->kinds, &glob, &nearest) < 0) {
		_cleanup_free_ char *text = xasprintf("On=%s: no such event%s%s%s",
		    text_escape_buf(glob, shown, sizeof(shown)), nearest ? ", did you mean " : "",
		    nearest ? nearest : "", nearest ? "?" : "");

		disable(l, h, origin_of(l, d, "On"), true, text);
	}
}

/* Looked at again by each run: what is not there now may come. */
static void check_program(
    struct config_loader *l, const struct config_origin *o, const struct hook_config *h)
{
	if (access(h->argv[0], X_OK) < 0) {
		config_warn(l, o, false, "hook %s: %s: %s", h->name, h->argv[0], strerror(errno));
	}
}

static void check_exec(struct config_loader *l, const struct config_draft *d, struct hook_config *h)
{
	const struct config_origin *o = origin_of(l, d, "Exec");
	const char *why = NULL;

	if (hook_words_split(h->exec, &h->argv, &why) < 0) {
		_cleanup_free_ char *text = xasprintf("Exec=: %s", why);

		disable(l, h, o, true, text);
	} else if (h->argv[0][0] != '/') {
		disable(l, h, o, true, "Exec=: the program is named by its whole path, from / on");
	} else {
		check_program(l, o, h);
	}
}

static void check_url(struct config_loader *l, const struct config_draft *d, struct hook_config *h)
{
	const char *key = h->url ? "Url" : "SecretUrl";
	const char *url = h->url ? h->url : secret_reveal(h->secret_url);
	const struct config_origin *o = origin_of(l, d, key);

	if (!str_starts(url, "https://") || url[8] == '\0' || url[8] == '/') {
		_cleanup_free_ char *text = xasprintf("%s=: want https://HOST", key);

		disable(l, h, o, true, text);
	} else if (h->ca_file && access(h->ca_file, R_OK) < 0) {
		_cleanup_free_ char *text = xasprintf("CaFile=%s: %s", h->ca_file, strerror(errno));

		disable(l, h, origin_of(l, d, "CaFile"), true, text);
	}
}

static void check_hook(struct config_loader *l, const struct config_draft *d, struct hook_config *h)
{
	if (!h->disabled) {
		check_on(l, d, h);
	}
	if (h->disabled) {
		return;
	}
	if (!h->exec && !h->url && !h->secret_url) {
		disable(l, h, &d->origin, true,
		    "no Exec= and no Url=: say what it runs or where it posts");
	} else if ((h->exec != NULL) + (h->url != NULL) + (h->secret_url != NULL) > 1) {
		disable(l, h, &d->origin, true,
		    "Exec=, Url= and SecretUrl= exclude each other: make it two hooks");
	} else if (h->exec) {
		check_exec(l, d, h);
	} else {
		check_url(l, d, h);
	}
}

static int compare_drafts(const void *a, const void *b)
{
	return strcmp(
	    (*(struct config_draft *const *)a)->name, (*(struct config_draft *const *)b)->name);
}

void config_apply_hooks(struct config_loader *l)
{
	struct config *c = l->c;

	qsort(l->hooks, l->hook_count, sizeof(struct config_draft *), compare_drafts);
	c->hooks = xcalloc(l->hook_count + 1, sizeof(*c->hooks));
	c->detail->hooks = xcalloc(l->hook_count + 1, sizeof(*c->detail->hooks));
	for (; c->hook_count < l->hook_count; c->hook_count++) {
		struct config_draft *d = l->hooks[c->hook_count];
		struct hook_config *h = &c->hooks[c->hook_count];

		h->name = xstrdup(d->name);
		config_apply_values(
		    l, SECTION_HOOK, d, h, c->detail->hooks[c->hook_count], disable);
		check_hook(l, d, h);
	}
}
