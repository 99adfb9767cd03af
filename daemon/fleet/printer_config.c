/* SPDX-License-Identifier: MIT */
/* What is configured for one printer, ready to use: paths made absolute, secrets read. */
#include "daemon/fleet/printer_config.h"

#include <string.h>

#include "common/util.h"

static void free_strings(char **v)
{
	char **s;

	for (s = v; s && *s; s++) {
		free(*s);
	}
	free(v);
}

static char **copy_strings(char **v)
{
	char **copy;
	size_t n = 0, i;

	if (!v) {
		return NULL;
	}
	while (v[n]) {
		n++;
	}
	copy = xcalloc(n + 1, sizeof(*copy));
	for (i = 0; i < n; i++) {
		copy[i] = xstrdup(v[i]);
	}
	return copy;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_strings(char **a, char **b)
{
	if (!a || !b) {
		return a == b;
	}
	while (*a && *b && strcmp(*a, *b) == 0) {
		a++;
		b++;
	}
	return !*a && !*b;
}

static bool same_secret(const struct secret *a, const struct secret *b)
{
	return a == b || (a && b && secret_equal(a, b));
}

void printer_config_finish(struct printer_config *c)
{
	free(c->name);
	free(c->serial);
	free(c->address);
	secret_destroy(c->access_code);
	free(c->model);
	free(c->ca_file);
	free_strings(c->tags);
	free(c->disabled);
	*c = (struct printer_config){0};
}

void printer_config_copy(const struct printer_config *c, struct printer_config *ret)
{
	*ret = *c;
	ret->name = xstrdup(c->name);
	ret->serial = xstrdup(c->serial);
	ret->address = xstrdup(c->address);
	ret->access_code = secret_dup(c->access_code);
	ret->model = xstrdup(c->model);
	ret->ca_file = xstrdup(c->ca_file);
	ret->tags = copy_strings(c->tags);
	ret->disabled = xstrdup(c->disabled);
}

bool printer_config_same_link(const struct printer_config *a, const struct printer_config *b)
{
	return same_text(a->name, b->name) && same_text(a->serial, b->serial) &&
	       same_text(a->address, b->address) && a->port == b->port && a->mode == b->mode &&
	       same_secret(a->access_code, b->access_code) && a->verify == b->verify &&
	       same_text(a->ca_file, b->ca_file) && memcmp(a->pin, b->pin, sizeof(a->pin)) == 0 &&
	       !a->disabled == !b->disabled;
}

bool printer_config_equal(const struct printer_config *a, const struct printer_config *b)
{
	return printer_config_same_link(a, b) && a->camera_port == b->camera_port &&
	       a->ftp_port == b->ftp_port && same_text(a->model, b->model) &&
	       same_strings(a->tags, b->tags) && a->camera == b->camera && a->gcode == b->gcode &&
	       a->max_nozzle_c == b->max_nozzle_c && a->max_bed_c == b->max_bed_c &&
	       a->cloud == b->cloud && same_text(a->disabled, b->disabled);
}
