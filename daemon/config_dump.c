/* SPDX-License-Identifier: MIT */
/* The configuration shown and compared. */
#include <string.h>

#include "common/jw.h"
#include "common/util.h"
#include "daemon/config.h"
#include "daemon/config_draft.h"
#include "daemon/config_value.h"

static void dump_key(const struct config *c, const struct config_key *k, const char *text,
    const struct config_origin *o, FILE *out)
{
	_cleanup_free_ char *where = config_origin_text(c, o);

	fprintf(out, "# %s\n%s=%s\n", where, k->name, text);
}

static void dump_section(const struct config *c, enum config_section_id id, const void *base,
    const struct config_origin *origins, FILE *out)
{
	unsigned count, i;
	const struct config_key *keys = config_section_keys(id, &count);

	for (i = 0; i < count; i++) {
		_cleanup_free_ char *text = NULL;

		if (keys[i].offset != CONFIG_NO_FIELD) {
			text = config_value_text(&keys[i], base);
		} else {
			text = xstrdup(
			    c->detail->kept[id][i] ? c->detail->kept[id][i] : keys[i].preset);
		}
		dump_key(c, &keys[i], text, &origins[i], out);
	}
}

/* Those that stand once, in the order they are shown. */
static const enum config_section_id singles[] = {SECTION_DAEMON, SECTION_CLOUD, SECTION_DISCOVERY,
    SECTION_ALERTS, SECTION_METRICS, SECTION_HISTORY};

static const void *base_of(const struct config *c, enum config_section_id id)
{
	return config_section_base((struct config *)c, id); /* to be read alone */
}

static void dump_single(const struct config *c, enum config_section_id id, FILE *out)
{
	fprintf(out, "\n[%s]\n", config_sections[id].name);
	if (!config_sections[id].built) {
		fprintf(out, "# not in this version\n");
	}
	dump_section(c, id, base_of(c, id), c->detail->single[id], out);
}

static void dump_hooks(const struct config *c, FILE *out)
{
	for (size_t i = 0; i < c->hook_count; i++) {
		const struct hook_config *h = &c->hooks[i];

		fprintf(out, "\n[Hook %s]\n", h->name);
		if (h->disabled) {
			fprintf(out, "# disabled: %s\n", h->disabled);
		}
		dump_section(c, SECTION_HOOK, h, c->detail->hooks[i], out);
	}
}

char *config_printer_place(const struct config *c, const char *name)
{
	unsigned count;
	const struct config_key *keys = config_section_keys(SECTION_PRINTER, &count);
	int serial = config_key_find(keys, count, "Serial");

	for (size_t i = 0; i < c->printer_count; i++) {
		const struct config_origin *o = &c->detail->printers[i][serial];

		if (strcmp(c->printers[i].name, name) == 0) {
			return o->line > 0 ? config_origin_text(c, o) : NULL;
		}
	}
	return NULL;
}

void config_dump(const struct config *c, FILE *out)
{
	char **file;
	size_t i;

	fprintf(out, "# Values in force, each below the place it comes from.\n");
	for (file = c->files; *file; file++) {
		fprintf(out, "# read: %s\n", *file);
	}
	for (i = 0; i < ARRAY_SIZE(singles); i++) {
		dump_single(c, singles[i], out);
	}
	for (i = 0; i < c->printer_count; i++) {
		const struct printer_config *p = &c->printers[i];

		fprintf(out, "\n[Printer %s]\n", p->name);
		if (p->disabled) {
			fprintf(out, "# disabled: %s\n", p->disabled);
		}
		dump_section(c, SECTION_PRINTER, p, c->detail->printers[i], out);
	}
	dump_hooks(c, out);
}

static void add_printer(struct jw *w, const struct printer_config *p)
{
	_cleanup_free_ char *word = xasprintf("Printer %s", p->name);

	jw_str(w, NULL, word);
}

/* Both lists are sorted by name. */
static void diff_printers(const struct config *old, const struct config *now, struct jw *w)
{
	size_t i = 0, j = 0;

	while (i < old->printer_count || j < now->printer_count) {
		const struct printer_config *a = i < old->printer_count ? &old->printers[i] : NULL;
		const struct printer_config *b = j < now->printer_count ? &now->printers[j] : NULL;
		int order = !a ? 1 : !b ? -1 : strcmp(a->name, b->name);

		if (order != 0 || !printer_config_equal(a, b)) {
			add_printer(w, order <= 0 ? a : b);
		}
		i += order <= 0;
		j += order >= 0;
	}
}

static void diff_hooks(const struct config *old, const struct config *now, struct jw *w)
{
	size_t i = 0, j = 0;

	while (i < old->hook_count || j < now->hook_count) {
		const struct hook_config *a = i < old->hook_count ? &old->hooks[i] : NULL;
		const struct hook_config *b = j < now->hook_count ? &now->hooks[j] : NULL;
		int order = !a ? 1 : !b ? -1 : strcmp(a->name, b->name);

		if (order != 0 || !hook_config_equal(a, b)) {
			_cleanup_free_ char *word =
			    xasprintf("Hook %s", order <= 0 ? a->name : b->name);

			jw_str(w, NULL, word);
		}
		i += order <= 0;
		j += order >= 0;
	}
}

static bool same_secret(const struct config_key *k, const void *old, const void *now)
{
	return k->type != CONFIG_SECRET ||
	       secret_equal(*(struct secret *const *)((const char *)old + k->offset),
		   *(struct secret *const *)((const char *)now + k->offset));
}

static void diff_single(enum config_section_id id, const struct config *old,
    const struct config *now, struct jw *changed, struct jw *restart)
{
	unsigned count, i;
	const struct config_key *keys = config_section_keys(id, &count);

	for (i = 0; i < count; i++) {
		_cleanup_free_ char *a = NULL, *b = NULL, *word = NULL;

		if (keys[i].offset == CONFIG_NO_FIELD) {
			continue;
		}
		a = config_value_text(&keys[i], base_of(old, id));
		b = config_value_text(&keys[i], base_of(now, id));
		word = xasprintf("%s.%s", keys[i].section, keys[i].name);
		if (strcmp(a, b) != 0 ||
		    !same_secret(&keys[i], base_of(old, id), base_of(now, id))) {
			jw_str(keys[i].reloadable ? changed : restart, NULL, word);
		}
	}
}

void config_diff(
    const struct config *old, const struct config *now, char **ret_changed, char **ret_restart)
{
	struct jw changed, restart;

	jw_init(&changed);
	jw_init(&restart);
	jw_array(&changed, NULL);
	jw_array(&restart, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(singles); i++) {
		diff_single(singles[i], old, now, &changed, &restart);
	}
	diff_printers(old, now, &changed);
	diff_hooks(old, now, &changed);
	jw_array_end(&changed);
	jw_array_end(&restart);
	*ret_changed = jw_take(&changed);
	*ret_restart = jw_take(&restart);
}
