/* SPDX-License-Identifier: MIT */
/* The configuration: systemd-flavoured ini files read by one table of keys into plain structs
 * (config.md). */
#include "daemon/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/paths.h"
#include "common/util.h"
#include "daemon/config_apply.h"
#include "daemon/config_draft.h"
#include "daemon/config_files.h"
#include "daemon/config_ini.h"

static int draft_list(struct config_loader *l, const char *const dirs[], struct err *e)
{
	char **paths = NULL, **p;
	int rc = config_files_list(dirs, &paths, e);

	for (p = paths; rc == 0 && *p; p++) {
		rc = config_draft_file(l, *p, false, e);
	}
	config_strings_free(paths);
	return rc < 0 ? -EINVAL : 0;
}

/* The file of the system or the user, which may be missing, and what is dropped in beside it. */
static int draft_defaults(struct config_loader *l, struct err *e)
{
	_cleanup_free_ char *main_file = paths_config(), *own_dir = NULL;
	const char *system_dirs[] = {"/usr/lib/bambud/bambud.conf.d", "/run/bambud/bambud.conf.d",
	    "/etc/bambud/bambud.conf.d", NULL};
	const char *user_dirs[] = {NULL, NULL};
	int rc;

	if (!main_file) {
		return 0; /* no home, so no files */
	}
	rc = config_draft_file(l, main_file, false, e);
	if (rc < 0 && rc != -ENOENT) {
		return rc;
	}
	own_dir = xasprintf("%s.d", main_file);
	user_dirs[0] = own_dir;
	return draft_list(l, paths_is_system() ? system_dirs : user_dirs, e);
}

/* The first line that is none, 0 when all are. Reading cuts the text, so a copy is read. */
static unsigned find_bad_line(const struct config_file *file, const char **ret_why)
{
	char *copy = xcalloc(1, file->len + 1);
	struct config_ini_item item;
	struct config_ini r;
	int rc;

	memcpy(copy, file->text, file->len);
	config_ini_init(&r, copy, file->len);
	while ((rc = config_ini_next(&r, &item, ret_why)) == 1) {
		continue;
	}
	explicit_bzero(copy, file->len);
	free(copy);
	return rc < 0 ? r.line : 0;
}

/* A file the daemon wrote itself may be damaged: it must not keep the daemon from the other
 * printers, and half of it is not what was meant. */
static void draft_added_file(struct config_loader *l, const char *path, const char *why)
{
	struct config_origin o = {.file = (unsigned)l->file_count, .line = 1};
	struct config_file *file = NULL;
	unsigned line;
	struct err e;

	if (why || config_file_read(path, &file, &e) < 0) {
		file = config_file_empty(path);
		why = why ? why : "cannot be read";
	} else if ((line = find_bad_line(file, &why)) > 0) {
		o.line = line;
		config_file_clear(file);
	}
	config_draft_text(l, file, true, &e);
	if (why) {
		config_warn(l, &o, true, "%s; the whole file is left out", why);
		if (!l->c->left_out) {
			l->c->left_out = xasprintf("%s:%u: %s", path, o.line, why);
		}
	}
}

/* What `bambuctl printer add` wrote. */
static void draft_added_printers(struct config_loader *l)
{
	_cleanup_free_ char *dir = paths_join(l->c->daemon.state_dir, "printers.d");
	const char *dirs[] = {dir, NULL};
	const char *why = NULL;
	char **paths = NULL, **p;
	struct err e;

	if (config_files_list(dirs, &paths, &e) < 0) {
		paths = xcalloc(2, sizeof(*paths));
		paths[0] = xstrdup(dir);
		why = "is no folder that can be read";
	}
	for (p = paths; *p; p++) {
		draft_added_file(l, *p, why);
	}
	config_strings_free(paths);
}

static int load(struct config_loader *l, const struct config_sources *src, struct err *e)
{
	int rc = src->file ? config_draft_file(l, src->file, false, e) : draft_defaults(l, e);

	if (rc < 0) {
		return -EINVAL;
	}
	config_draft_option(l, "LogLevel", src->log_level);
	config_draft_option(l, "Socket", src->socket);
	config_draft_option(l, "StateDirectory", src->state_dir);
	rc = config_apply_daemon(l, e);
	if (rc == 0) {
		draft_added_printers(l);
		config_apply_kept(l);
		config_apply_cloud(l);
		config_apply_singles(l);
		config_apply_printers(l);
		config_apply_hooks(l);
	}
	return rc;
}

static void say_left_out(struct config *c)
{
	if (c->detail->warnings_left_out == 0) {
		return;
	}
	c->warnings = xrealloc(c->warnings, (c->warning_count + 2) * sizeof(*c->warnings));
	c->warnings[c->warning_count++] =
	    xasprintf("%zu more warnings left out", c->detail->warnings_left_out);
	c->warnings[c->warning_count] = NULL;
}

int config_load(const struct config_sources *src, struct config **ret, struct err *e)
{
	struct config *c = xcalloc(1, sizeof(*c));
	struct config_loader l;
	int rc;

	config_loader_init(&l, c);
	rc = load(&l, src, e);
	config_loader_finish(&l);
	if (rc < 0) {
		config_destroy(c);
		return rc;
	}
	say_left_out(c);
	*ret = c;
	return 0;
}

static void destroy_detail(struct config_detail *d)
{
	unsigned id, i;

	for (id = 0; id < SECTION_COUNT; id++) {
		for (i = 0; i < CONFIG_SECTION_KEYS_MAX; i++) {
			free(d->kept[id][i]);
		}
	}
	free(d->printers);
	free(d->hooks);
	free(d);
}

static void finish_cloud(struct config_cloud *c)
{
	free(c->api_url);
	free(c->web_url);
	free(c->text_url);
	free(c->mqtt_host);
	free(c->ca_file);
	free(c->account);
	secret_destroy(c->token);
	free(c->user_agent);
	free(c->sign_cert_id);
	secret_destroy(c->sign_key);
	free(c->disabled);
}

void config_destroy(struct config *c)
{
	size_t i;

	if (!c) {
		return;
	}
	free(c->daemon.socket);
	free(c->daemon.state_dir);
	free(c->daemon.cache_dir);
	free(c->daemon.instance);
	free(c->daemon.group);
	free(c->daemon.read_group);
	finish_cloud(&c->cloud);
	free(c->metrics.textfile);
	free(c->metrics.socket);
	for (i = 0; i < c->printer_count; i++) {
		printer_config_finish(&c->printers[i]);
	}
	free(c->printers);
	for (i = 0; i < c->hook_count; i++) {
		hook_config_finish(&c->hooks[i]);
	}
	free(c->hooks);
	config_strings_free(c->files);
	config_strings_free(c->warnings);
	free(c->left_out);
	destroy_detail(c->detail);
	free(c);
}
