/* SPDX-License-Identifier: MIT */
/* While a configuration is read: what the files say, key by key, before any value is judged. */
#include "daemon/config_draft.h"

#include <errno.h>
#include <limits.h>
#include <search.h>
#include <string.h>

#include "common/method.h"
#include "common/util.h"
#include "daemon/config_files.h"
#include "daemon/config_ini.h"

void config_loader_init(struct config_loader *l, struct config *c)
{
	char cwd[PATH_MAX];
	unsigned i;

	*l = (struct config_loader){.c = c};
	for (i = 0; i < SECTION_COUNT; i++) {
		l->keys[i] = config_section_keys((enum config_section_id)i, &l->key_counts[i]);
	}
	l->command = xcalloc(1, sizeof(*l->command));
	l->command->dir = xstrdup(getcwd(cwd, sizeof(cwd)) ? cwd : "/");
	c->files = xcalloc(1, sizeof(*c->files));
	c->warnings = xcalloc(1, sizeof(*c->warnings));
	c->detail = xcalloc(1, sizeof(*c->detail));
}

static void free_draft(struct config_draft *d)
{
	unsigned i;

	for (i = 0; i < CONFIG_SECTION_KEYS_MAX; i++) {
		free(d->values[i].joined);
	}
}

static void keep_node(void *draft)
{
}

void config_loader_finish(struct config_loader *l)
{
	size_t i;

	tdestroy(l->by_name, keep_node);
	for (i = 0; i < l->printer_count; i++) {
		free_draft(l->printers[i]);
		free(l->printers[i]);
	}
	free(l->printers);
	for (i = 0; i < l->hook_count; i++) {
		free_draft(l->hooks[i]);
		free(l->hooks[i]);
	}
	for (i = 0; i < SECTION_COUNT; i++) {
		free_draft(&l->single[i]);
	}
	for (i = 0; i < l->file_count; i++) {
		config_file_destroy(l->files[i]);
	}
	free(l->files);
	config_file_destroy(l->command);
}

const struct config_file *config_origin_file(
    const struct config_loader *l, const struct config_origin *o)
{
	if (o->line == 0) {
		return NULL;
	}
	return o->file == CONFIG_COMMAND_LINE ? l->command : l->files[o->file];
}

char *config_origin_text(const struct config *c, const struct config_origin *o)
{
	if (o->line == 0) {
		return xstrdup("default");
	}
	return o->file == CONFIG_COMMAND_LINE ? xstrdup("command line")
					      : xasprintf("%s:%u", c->files[o->file], o->line);
}

void config_warn(
    struct config_loader *l, const struct config_origin *o, bool is_error, const char *fmt, ...)
{
	struct config *c = l->c;
	_cleanup_free_ char *where = NULL, *text = NULL;
	va_list ap;

	c->error_count += is_error;
	if (c->warning_count == CONFIG_WARNINGS_MAX) {
		c->detail->warnings_left_out++;
		return;
	}
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0) {
		text = xstrdup(fmt);
	}
	va_end(ap);
	where = config_origin_text(c, o);
	c->warnings = xrealloc(c->warnings, (c->warning_count + 2) * sizeof(*c->warnings));
	c->warnings[c->warning_count++] = xasprintf("%s: %s", where, text);
	c->warnings[c->warning_count] = NULL;
}

/* One line per kind of thing this version lacks, however often it is asked for. */
static void warn_lacks(
    struct config_loader *l, enum config_section_id id, unsigned key, const struct config_origin *o)
{
	if (l->lacks_said[id][key]) {
		return;
	}
	l->lacks_said[id][key] = true;
	if (key == CONFIG_SECTION_KEYS_MAX) {
		config_warn(l, o, false, "[%s] is not in this version, left alone",
		    config_sections[id].name);
	} else {
		config_warn(
		    l, o, false, "%s= is not in this version, left alone", l->keys[id][key].name);
	}
}

/* The first words of the verbs, so that `bambuctl NAME` stays unambiguous. Those without a method
 * of their own follow (cli.md). */
static bool is_verb_word(const char *name)
{
	static const char *const own_verbs[] = {"get", "wait", "top", "call", "proxy", "help"};
	size_t len = strlen(name), i;

	for (i = 0; i < method_count; i++) {
		const char *verb = method_table[i].verb;

		if (verb && strcspn(verb, " ") == len && memcmp(verb, name, len) == 0) {
			return true;
		}
	}
	for (i = 0; i < ARRAY_SIZE(own_verbs); i++) {
		if (strcmp(own_verbs[i], name) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_name(const char *name)
{
	static const char chars[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(name);

	return len > 0 && len <= 32 && strspn(name, chars) == len;
}

const char *config_check_name(const char *name)
{
	if (!is_name(name)) {
		return "a printer's name is 1 to 32 letters, digits, '.', '_' or '-'";
	}
	if (name[0] == '-' || name[0] == '.') {
		return "a printer's name starts with a letter, a digit or '_'";
	}
	return is_verb_word(name) ? "a printer may not be named like a verb of bambuctl" : NULL;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(
	    ((const struct config_draft *)a)->name, ((const struct config_draft *)b)->name);
}

static struct config_draft *get_printer(
    struct config_loader *l, const char *name, const struct config_origin *o)
{
	struct config_draft probe = {.name = name}, *d;
	struct config_draft **found = tfind(&probe, &l->by_name, compare_names);

	if (found) {
		return *found;
	}
	d = xcalloc(1, sizeof(*d));
	d->name = name;
	d->origin = *o;
	if ((l->printer_count & (l->printer_count - 1)) == 0) {
		size_t cap = l->printer_count ? l->printer_count * 2 : 1;

		l->printers = xrealloc(l->printers, cap * sizeof(struct config_draft *));
	}
	l->printers[l->printer_count++] = d;
	if (!tsearch(d, &l->by_name, compare_names)) {
		abort(); /* out of memory, as xmalloc would */
	}
	return d;
}

static struct config_draft *get_hook(
    struct config_loader *l, const char *name, const struct config_origin *o)
{
	struct config_draft *d;

	for (size_t i = 0; i < l->hook_count; i++) {
		if (strcmp(l->hooks[i]->name, name) == 0) {
			return l->hooks[i];
		}
	}
	if (!is_name(name) || l->hook_count == HOOKS_MAX) {
		config_warn(l, o, true, "[Hook %s] left out: %s", name,
		    is_name(name) ? "there are 32 hooks already"
				  : "a hook's name is 1 to 32 letters, digits, '.', '_' or '-'");
		return NULL;
	}
	d = xcalloc(1, sizeof(*d));
	d->name = name;
	d->origin = *o;
	l->hooks[l->hook_count++] = d;
	return d;
}

/* Where the keys that follow a heading go: a draft, or nowhere. */
struct current {
	enum config_section_id id;
	struct config_draft *draft;
	bool printers_only;
};

static void enter_named(
    struct config_loader *l, struct current *now, const char *name, const struct config_origin *o)
{
	const struct config_section *s = &config_sections[now->id];
	const char *why;

	if (s->named != (*name != '\0')) {
		config_warn(l, o, true,
		    s->named ? "[%s] needs a name: [%s NAME]; section left out"
			     : "[%s] has no name: [%s]; section left out",
		    s->name, s->name);
	} else if (now->printers_only && now->id != SECTION_PRINTER) {
		config_warn(l, o, true, "[%s] may not stand here; section left out", s->name);
	} else if (s->any_keys) {
		warn_lacks(l, now->id, CONFIG_SECTION_KEYS_MAX, o);
	} else if (!s->named) {
		now->draft = &l->single[now->id];
	} else if (now->id == SECTION_HOOK) {
		now->draft = get_hook(l, name, o);
	} else {
		why = config_check_name(name);
		if (why) {
			config_warn(l, o, true, "[%s %s] left out: %s", s->name, name, why);
		} else {
			now->draft = get_printer(l, name, o);
		}
	}
}

static void enter_section(
    struct config_loader *l, struct current *now, char *heading, const struct config_origin *o)
{
	char *name = heading + strcspn(heading, " \t");
	const char *nearest;

	if (*name) {
		*name++ = '\0';
		name += strspn(name, " \t");
	}
	now->draft = NULL;
	now->id = config_section_find(heading);
	if (now->id == SECTION_COUNT) {
		nearest = config_nearest_section(heading);
		config_warn(l, o, true, "unknown section [%s]%s%s%s; section left out", heading,
		    nearest ? ", did you mean [" : "", nearest ? nearest : "", nearest ? "]?" : "");
		return;
	}
	enter_named(l, now, name, o);
}

static void warn_unknown_key(struct config_loader *l, enum config_section_id id, const char *key,
    const struct config_origin *o)
{
	bool is_kept = l->c->warning_count < CONFIG_WARNINGS_MAX;
	const struct config_key *nearest = is_kept ? config_nearest_key(id, key) : NULL;
	const char *section = config_sections[id].name;

	if (!nearest) {
		config_warn(l, o, true, "unknown key %s= in [%s]", key, section);
	} else if (strcmp(nearest->section, section) == 0) {
		config_warn(l, o, true, "unknown key %s= in [%s], did you mean %s=?", key, section,
		    nearest->name);
	} else {
		config_warn(l, o, true, "unknown key %s= in [%s], did you mean %s= of [%s]?", key,
		    section, nearest->name, nearest->section);
	}
}

/* An empty value empties; a list grows by repetition; else the last word counts. False when the
 * list is full. */
static bool put_value(
    struct config_draft_value *v, bool is_list, const char *text, const struct config_origin *o)
{
	if (is_list && *text && v->text && *v->text) {
		char *joined;

		if (strlen(v->text) + strlen(text) >= CONFIG_LIST_MAX) {
			return false;
		}
		joined = xasprintf("%s %s", v->text, text);
		free(v->joined);
		v->joined = joined;
		v->text = joined;
	} else {
		v->text = text;
	}
	v->origin = *o;
	return true;
}

/* What is off or as ever asks for nothing this version lacks. */
static bool asks_nothing(const struct config_key *k, const char *text)
{
	return !*text || strcmp(text, "off") == 0 || strcmp(text, "no") == 0 ||
	       strcmp(text, k->preset) == 0;
}

static void take_key(struct config_loader *l, const struct current *now,
    const struct config_ini_item *item, const struct config_origin *o)
{
	const struct config_key *k;
	int i;

	if (!now->draft) {
		return;
	}
	i = config_key_find(l->keys[now->id], l->key_counts[now->id], item->name);
	if (i < 0) {
		warn_unknown_key(l, now->id, item->name, o);
		return;
	}
	k = &l->keys[now->id][i];
	if (!k->built && !asks_nothing(k, item->value)) {
		warn_lacks(l, now->id,
		    config_sections[now->id].built ? (unsigned)i : CONFIG_SECTION_KEYS_MAX, o);
	}
	if (!put_value(&now->draft->values[i], k->type == CONFIG_WORDS, item->value, o)) {
		config_warn(l, o, true, "%s= is longer than %d bytes by now, line left out",
		    k->name, CONFIG_LIST_MAX);
	}
}

static void adopt_file(struct config_loader *l, struct config_file *file)
{
	struct config *c = l->c;

	l->files = xrealloc(l->files, (l->file_count + 1) * sizeof(*l->files));
	c->files = xrealloc(c->files, (l->file_count + 2) * sizeof(*c->files));
	l->files[l->file_count] = file;
	c->files[l->file_count++] = xstrdup(file->path);
	c->files[l->file_count] = NULL;
}

int config_draft_text(
    struct config_loader *l, struct config_file *file, bool printers_only, struct err *e)
{
	struct current now = {.id = SECTION_COUNT, .printers_only = printers_only};
	struct config_origin o = {.file = (unsigned)l->file_count};
	struct config_ini_item item;
	struct config_ini r;
	const char *why = NULL;
	int rc;

	adopt_file(l, file);
	config_ini_init(&r, file->text, file->len);
	while ((rc = config_ini_next(&r, &item, &why)) == 1) {
		o.line = r.line;
		if (item.value) {
			take_key(l, &now, &item, &o);
		} else {
			enter_section(l, &now, item.name, &o);
		}
	}
	if (rc < 0) {
		err_set(e, ERR_USAGE, "%s:%u: %s", file->path, r.line, why);
	}
	return rc;
}

int config_draft_file(struct config_loader *l, const char *path, bool printers_only, struct err *e)
{
	struct config_file *file = NULL;
	int rc = config_file_read(path, &file, e);

	return rc < 0 ? rc : config_draft_text(l, file, printers_only, e);
}

void config_draft_option(struct config_loader *l, const char *key, const char *text)
{
	struct config_origin o = {.file = CONFIG_COMMAND_LINE, .line = 1};
	int i = config_key_find(l->keys[SECTION_DAEMON], l->key_counts[SECTION_DAEMON], key);

	if (text) {
		put_value(&l->single[SECTION_DAEMON].values[i], false, text, &o);
	}
}
