/* SPDX-License-Identifier: MIT */
/* The printers bound to an account, as the bind list tells them (bambu.md 1.7). Pure. */
#include "daemon/cloud/bound.h"

#include <ctype.h>
#include <string.h>

#include "common/json.h"
#include "common/private_file.h"
#include "common/secret.h"
#include "common/util.h"

enum { SERIAL_MIN = 8, SERIAL_MAX = 20, TEXT_MAX = 128, CODE_MAX = 64 };

static void free_text(const char *text)
{
	free((char *)(uintptr_t)text);
}

void bound_finish(struct bound *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free_text(b->list[i].serial);
		free_text(b->list[i].name);
		free_text(b->list[i].model_code);
		free_text(b->list[i].product);
		free_text(b->list[i].called);
		secret_destroy((struct secret *)(uintptr_t)b->list[i].code);
	}
	free(b->list);
	free(b->user);
	*b = (struct bound){0};
}

/* As the configuration has it: it becomes part of topics and file names. */
static bool is_serial(const char *s)
{
	size_t len = 0;

	while (s && (isupper((unsigned char)s[len]) || isdigit((unsigned char)s[len]))) {
		len++;
	}
	return s && s[len] == '\0' && len >= SERIAL_MIN && len <= SERIAL_MAX;
}

static char *text_of(json_object *o, const char *key)
{
	const char *s = json_get_str(o, key);

	return s && *s && strlen(s) <= TEXT_MAX ? xstrdup(s) : NULL;
}

/* The vendor's may end with a newline. */
static struct secret *code_of(json_object *o)
{
	const char *s = json_get_str(o, "dev_access_code");
	size_t len = s ? strlen(s) : 0;
	struct secret *code;

	while (len > 0 && isspace((unsigned char)s[len - 1])) {
		len--;
	}
	while (len > 0 && isspace((unsigned char)*s)) {
		s++;
		len--;
	}
	code = len > 0 && len <= CODE_MAX ? secret_create(s, len) : NULL;
	private_json_wipe(o, "dev_access_code");
	return code;
}

static int online_of(json_object *o)
{
	bool online;

	return json_get_bool(o, "online", &online) ? online : -1;
}

static int by_serial(const void *a, const void *b)
{
	const struct account_device *x = a, *y = b;

	return strcmp(x->serial, y->serial);
}

static void drop_doubles(struct bound *b)
{
	struct bound doubles = {.list = xcalloc(b->count + 1, sizeof(*b->list))};
	size_t kept = 0;

	for (size_t i = 0; i < b->count; i++) {
		if (kept > 0 && by_serial(&b->list[kept - 1], &b->list[i]) == 0) {
			doubles.list[doubles.count++] = b->list[i];
		} else {
			b->list[kept++] = b->list[i];
		}
	}
	b->count = kept;
	bound_finish(&doubles);
}

void bound_parse(json_object *devices, struct bound *ret)
{
	size_t count =
	    json_object_is_type(devices, json_type_array) ? json_object_array_length(devices) : 0;

	count = count < BOUND_MAX ? count : BOUND_MAX;
	ret->list = xcalloc(count + 1, sizeof(*ret->list));
	for (size_t i = 0; i < count; i++) {
		json_object *o = json_object_array_get_idx(devices, i);
		const char *serial =
		    json_object_is_type(o, json_type_object) ? json_get_str(o, "dev_id") : NULL;

		if (is_serial(serial)) {
			ret->list[ret->count++] = (struct account_device){
			    .serial = xstrdup(serial),
			    .name = text_of(o, "name"),
			    .model_code = text_of(o, "dev_model_name"),
			    .product = text_of(o, "dev_product_name"),
			    .code = code_of(o),
			    .online = online_of(o),
			};
		}
	}
	qsort(ret->list, ret->count, sizeof(*ret->list), by_serial);
	drop_doubles(ret);
}

/* ---- names given here ---- */

static void set_name(struct account_device *d, const char *name)
{
	free_text(d->called);
	d->called = xstrdup(name);
}

void bound_take_names(struct bound *to, const struct bound *from)
{
	for (size_t i = 0, k = 0; i < to->count && k < from->count;) {
		int order = by_serial(&to->list[i], &from->list[k]);

		if (order == 0 && !to->list[i].called) {
			set_name(&to->list[i], from->list[k].called);
		}
		i += order <= 0;
		k += order >= 0;
	}
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool bound_name(struct bound *b, const char *serial, const char *name)
{
	const struct account_device key = {.serial = serial};
	struct account_device *d =
	    b->count ? bsearch(&key, b->list, b->count, sizeof(*b->list), by_serial) : NULL;

	if (!d || same_text(d->called, name)) {
		return false;
	}
	set_name(d, name);
	return true;
}

/* ---- comparing ---- */

static bool same_device(const struct account_device *x, const struct account_device *y)
{
	return same_text(x->serial, y->serial) && same_text(x->name, y->name) &&
	       same_text(x->model_code, y->model_code) && same_text(x->product, y->product) &&
	       same_text(x->called, y->called) && secret_equal(x->code, y->code);
}

bool bound_equal_kept(const struct bound *a, const struct bound *b)
{
	size_t i = 0;

	if (a->count != b->count) {
		return false;
	}
	while (i < a->count && same_device(&a->list[i], &b->list[i])) {
		i++;
	}
	return i == a->count;
}

bool bound_equal(const struct bound *a, const struct bound *b)
{
	size_t i = 0;

	if (!bound_equal_kept(a, b)) {
		return false;
	}
	while (i < a->count && a->list[i].online == b->list[i].online) {
		i++;
	}
	return i == a->count;
}
