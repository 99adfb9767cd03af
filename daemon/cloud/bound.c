/* SPDX-License-Identifier: MIT */
/* The printers bound to an account, as the bind list tells them (bambu.md 1.7). Pure. */
#include "daemon/cloud/bound.h"

#include <ctype.h>
#include <string.h>

#include "common/json.h"
#include "common/secret.h"
#include "common/util.h"
#include "daemon/cloud/private_file.h"

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
		secret_destroy((struct secret *)(uintptr_t)b->list[i].code);
	}
	free(b->list);
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

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool bound_equal(const struct bound *a, const struct bound *b)
{
	if (a->count != b->count) {
		return false;
	}
	for (size_t i = 0; i < a->count; i++) {
		const struct account_device *x = &a->list[i], *y = &b->list[i];

		if (!same_text(x->serial, y->serial) || !same_text(x->name, y->name) ||
		    !same_text(x->model_code, y->model_code) ||
		    !same_text(x->product, y->product) || !secret_equal(x->code, y->code) ||
		    x->online != y->online) {
			return false;
		}
	}
	return true;
}
