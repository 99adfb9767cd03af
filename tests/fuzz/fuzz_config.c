/* SPDX-License-Identifier: MIT */
/* Any bytes as a configuration file: read, judged, shown, and what is shown read again. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "daemon/config_apply.h"
#include "daemon/config_draft.h"
#include "daemon/config_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A private file in memory. */
static struct config_file *make_file(const char *text, size_t len)
{
	struct config_file *f = xcalloc(1, sizeof(*f));

	f->path = xstrdup("/fuzz/t.conf");
	f->dir = xstrdup("/fuzz");
	f->text = xmalloc(len + 1);
	memcpy(f->text, text, len);
	f->text[len] = '\0';
	f->len = len;
	return f;
}

/* NULL when refused. */
static struct config *load(const char *text, size_t len, struct err *e)
{
	struct config *c = xcalloc(1, sizeof(*c));
	struct config_loader l;
	int rc;

	config_loader_init(&l, c);
	rc = config_draft_text(&l, make_file(text, len), false, e);
	/* What has no default without a home. */
	config_draft_option(&l, "Socket", "/fuzz/s");
	config_draft_option(&l, "StateDirectory", "/fuzz/state");
	if (rc == 0) {
		rc = config_apply_daemon(&l, e);
	}
	if (rc == 0) {
		config_apply_kept(&l);
		config_apply_printers(&l);
	}
	config_loader_finish(&l);
	if (rc < 0) {
		assert(e->message[0]);
		config_destroy(c);
		return NULL;
	}
	return c;
}

static void check_same(const struct config *a, const struct config *b)
{
	size_t i;

	assert(b && a->printer_count == b->printer_count);
	for (i = 0; i < a->printer_count; i++) {
		const struct printer_config *x = &a->printers[i], *y = &b->printers[i];

		assert(strcmp(x->name, y->name) == 0);
		assert(x->port == y->port && x->verify == y->verify && x->mode == y->mode);
		assert(!x->serial == !y->serial && (!x->serial || !strcmp(x->serial, y->serial)));
		assert(!x->tags == !y->tags);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	struct config *c = load((const char *)data, size, &e), *again;
	char *text = NULL;
	size_t len = 0;
	FILE *f;

	if (!c) {
		return 0;
	}
	f = open_memstream(&text, &len);
	config_dump(c, f);
	fclose(f);
	again = load(text, len, &e);
	check_same(c, again);
	config_destroy(again);
	config_destroy(c);
	free(text);
	return 0;
}
