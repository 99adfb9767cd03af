/* SPDX-License-Identifier: MIT */
/* The printers to serve: those of the configuration, and those of the account beside them. Pure. */
#include "daemon/adopt.h"

#include <search.h>
#include <string.h>

#include "common/util.h"
#include "daemon/cloud/account.h"
#include "daemon/config.h"
#include "daemon/config_draft.h"
#include "daemon/fleet/printer_config.h"
#include "daemon/model/caps.h"

enum { NAME_MAX_LEN = 32, SUFFIX_LEN = 4 };

/* A merge under way: a farm may have thousands of printers. */
struct merge {
	struct adopted *to;
	void *names, *serials; /* tsearch(3) trees of what is in `to` */
};

void adopted_finish(struct adopted *a)
{
	for (size_t i = 0; i < a->count; i++) {
		printer_config_finish(&a->list[i]);
	}
	free(a->list);
	*a = (struct adopted){0};
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void keep_tree_node(void *node)
{
}

static int compare_device_key(const void *key, const void *b)
{
	return strcmp(key, ((const struct account_device *)b)->serial);
}

static const struct account_device *find_device(const struct adopt_source *from, const char *serial)
{
	return serial && from->count ? bsearch(serial, from->devices, from->count,
					   sizeof(*from->devices), compare_device_key)
				     : NULL;
}

/* ---- sections ---- */

static const char *why_unreachable(
    const struct config *c, const struct printer_config *p, const struct adopt_source *from)
{
	if (p->mode == MODE_CLOUD) {
		return p->cloud ? NULL
		       : from->known
			   ? "Mode=cloud, but it is not bound to the account"
			   : "Mode=cloud, and the account's list of printers is not known yet";
	}
	if (p->mode == MODE_AUTO && p->cloud) {
		return NULL;
	}
	if (!p->access_code) {
		return "no AccessCode=: add the code from the printer's network menu, or sign in "
		       "to the "
		       "account it is bound to";
	}
	return config_why_no_address(c, p);
}

static void merge_section(
    const struct config *c, struct printer_config *p, const struct adopt_source *from)
{
	const struct account_device *d = find_device(from, p->serial);
	const char *why;

	if (p->disabled || !from->used) {
		return;
	}
	p->cloud = d != NULL;
	if (d && d->code && !p->access_code) {
		p->access_code = secret_dup(d->code);
	}
	why = why_unreachable(c, p, from);
	p->disabled = why ? xstrdup(why) : NULL;
}

/* ---- names ---- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_';
}

/* What of the account's name a printer may be called, the rest as single dashes; "" when nothing.
 */
static void make_fit(const char *name, char *buf, size_t size)
{
	size_t len = 0;

	for (; name && *name && len + 1 < size; name++) {
		bool fit = is_name_char(*name);

		if ((len == 0 && (!fit || *name == '.')) ||
		    (!fit && len > 0 && buf[len - 1] == '-')) {
			continue;
		}
		buf[len++] = (char)(fit ? *name : '-');
	}
	while (len > 0 && buf[len - 1] == '-') {
		len--;
	}
	buf[len] = '\0';
}

static bool may_be_called(const struct merge *m, const char *name)
{
	return !config_check_name(name) && !tfind(name, &m->names, compare_text);
}

/* The account's name; with the end of the serial when that is taken or a verb; else the serial. */
static char *choose_name(const struct merge *m, const struct account_device *d)
{
	size_t serial_len = strlen(d->serial);
	char fit[NAME_MAX_LEN + 1];
	_cleanup_free_ char *longer = NULL;

	make_fit(d->name, fit, sizeof(fit));
	if (may_be_called(m, fit)) {
		return xstrdup(fit);
	}
	longer = xasprintf("%.*s-%s", NAME_MAX_LEN - SUFFIX_LEN - 1, fit,
	    d->serial + (serial_len > SUFFIX_LEN ? serial_len - SUFFIX_LEN : 0));
	if (fit[0] && may_be_called(m, longer)) {
		return TAKE(longer);
	}
	return may_be_called(m, d->serial) ? xstrdup(d->serial) : NULL;
}

/* Into the trees: its name and serial are taken. */
static void note(struct merge *m, const struct printer_config *p)
{
	tsearch(p->name, &m->names, compare_text);
	if (p->serial) {
		tsearch(p->serial, &m->serials, compare_text);
	}
}

/* ---- printers of the account ---- */

static void add(struct merge *m, const struct account_device *d, char *name)
{
	struct printer_config *p = &m->to->list[m->to->count++];
	const struct caps *caps = caps_by_serial(d->serial) ? NULL : caps_by_code(d->model_code);

	*p = (struct printer_config){0};
	config_printer_defaults(p);
	p->name = name;
	p->serial = xstrdup(d->serial);
	p->access_code = secret_dup(d->code);
	p->cloud = true;
	/* Its serial and what it says of itself are better sources. */
	p->model = p->model ? p->model : xstrdup(caps ? caps->model : NULL);
	note(m, p);
}

/* First those that have a name already, so that no new one takes it. */
static void add_devices(struct merge *m, const struct adopt_source *from)
{
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < from->count; i++) {
			const struct account_device *d = &from->devices[i];
			char *name;

			if (tfind(d->serial, &m->serials, compare_text)) {
				continue;
			}
			if (round == 0) {
				name = d->called && may_be_called(m, d->called) ? xstrdup(d->called)
										: NULL;
			} else {
				name = choose_name(m, d);
			}
			if (name) {
				add(m, d, name);
			}
		}
	}
}

void adopt_merge(const struct config *c, const struct adopt_source *from, struct adopted *ret)
{
	struct merge m = {.to = ret};

	ret->list = xcalloc(c->printer_count + from->count + 1, sizeof(*ret->list));
	for (size_t i = 0; i < c->printer_count; i++) {
		struct printer_config *p = &ret->list[ret->count++];

		printer_config_copy(&c->printers[i], p);
		merge_section(c, p, from);
		note(&m, p);
	}
	if (from->used && c->discovery.adopt == ADOPT_BOUND) {
		add_devices(&m, from);
	}
	tdestroy(m.names, keep_tree_node);
	tdestroy(m.serials, keep_tree_node);
}
