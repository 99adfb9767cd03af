/* SPDX-License-Identifier: MIT */
/* The get_version reply: firmware, model and AMS models (bambu.md 3, 4.5). */
#include <string.h>

#include "common/util.h"
#include "daemon/model/report.h"
#include "daemon/model/sent.h"

struct module {
	char name[24], product[48], project[24], hw_ver[24], sw_ver[24];
};

static void read_module(const struct taker *t, uint32_t node, struct module *ret)
{
	const struct scan *s = t->scan;

	memset(ret, 0, sizeof(*ret));
	take_text(t, take_sub(s, node, "name"), ret->name, sizeof(ret->name));
	take_text(t, take_sub(s, node, "product_name"), ret->product, sizeof(ret->product));
	take_text(t, take_sub(s, node, "project_name"), ret->project, sizeof(ret->project));
	take_text(t, take_sub(s, node, "hw_ver"), ret->hw_ver, sizeof(ret->hw_ver));
	take_text(t, take_sub(s, node, "sw_ver"), ret->sw_ver, sizeof(ret->sw_ver));
}

/* The printer as the modules describe it. */
struct found {
	const struct caps *by_product, *by_module;
	bool named; /* the ota module has a product name */
	struct module ota;
};

static void look_at_modules(const struct taker *t, uint32_t modules, struct found *ret)
{
	uint32_t node;

	memset(ret, 0, sizeof(*ret));
	for (node = scan_first(t->scan, modules); node != 0;
	     node = scan_next(t->scan, modules, node)) {
		struct module m;

		if (take_object(t, node) == 0) {
			continue;
		}
		read_module(t, node, &m);
		if (strcmp(m.name, "ota") == 0) {
			ret->ota = m;
			ret->named = m.product[0] != '\0';
			ret->by_product = caps_by_product(m.product);
		}
		if (ret->by_module == NULL) {
			ret->by_module = caps_by_module(m.name, m.hw_ver, m.project);
		}
	}
}

/* The product name, else a module; a guess by board never overrules a name that nobody knows: that
 * is a new model. NULL: what the serial said stays. */
static const struct caps *choose_caps(const struct found *f)
{
	if (f->by_product != NULL) {
		return f->by_product;
	}
	if (f->named) {
		return caps_by_code(f->ota.project);
	}
	return f->by_module;
}

static void fill_info(struct state *s, const struct found *f)
{
	struct state_info *info = &s->info;
	const struct caps *caps = s->sent->hinted ? NULL : choose_caps(f);
	const char *code = f->ota.project[0] != '\0' ? f->ota.project : f->ota.product;
	const char *product = f->ota.product;

	if (caps != NULL) {
		info->caps = caps;
	}
	if (product[0] == '\0' && info->caps->product != NULL) {
		product = info->caps->product;
	}
	memset(info->code, 0, sizeof(info->code));
	str_copy(info->code, sizeof(info->code), code);
	memset(info->product, 0, sizeof(info->product));
	str_copy(info->product, sizeof(info->product), product);
	memset(info->firmware, 0, sizeof(info->firmware));
	str_copy(info->firmware, sizeof(info->firmware), f->ota.sw_ver);
	info->version_seen = true;
}

static bool info_differs(const struct state_info *a, const struct state_info *b)
{
	return a->caps != b->caps || strcmp(a->code, b->code) != 0 ||
	       strcmp(a->product, b->product) != 0 || strcmp(a->firmware, b->firmware) != 0;
}

void state_merge_version(
    struct state *s, const struct report *r, struct state_time now, struct state_delta *ret)
{
	struct taker t = {.scan = &r->scan, .wrong_types = &s->wrong_types};
	uint32_t modules = take_array(&t, scan_get(&r->scan, r->body, "module"));
	struct state_info old = s->info;
	struct state_device device = s->device;
	struct state_ams ams;
	struct found f;

	if (modules == 0) {
		return;
	}
	ams_copy(&s->ams, &ams);
	look_at_modules(&t, modules, &f);
	fill_info(s, &f);
	modules_take(&s->modules, &r->scan, modules);
	ams_take_modules(&s->ams, &r->scan, modules);
	ret->changed = state_derive(
	    s, SECTION_BIT(SECTION_TEMP) | SECTION_BIT(SECTION_AMS) | SECTION_BIT(SECTION_DEVICE));
	if (info_differs(&old, &s->info)) {
		ret->changed |= SECTION_BIT(SECTION_INFO);
	}
	if (old.caps->camera != s->info.caps->camera) {
		ret->changed |= SECTION_BIT(SECTION_CAMERA);
	}
	if (old.caps->nozzles != s->info.caps->nozzles ||
	    state_device_differs(&device, &s->device)) {
		ret->changed |= SECTION_BIT(SECTION_DEVICE);
	}
	if (ams_differs(&ams, &s->ams)) {
		ret->changed |= SECTION_BIT(SECTION_AMS);
	}
	ams_finish(&ams);
	s->section_mono_ms[SECTION_INFO] = now.mono_ms;
}
