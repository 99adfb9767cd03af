/* SPDX-License-Identifier: MIT */
/* What all calls about the cloud have in common. */
#include "daemon/api/cloud_call.h"

#include <errno.h>
#include <string.h>

#include "daemon/api/core.h"
#include "daemon/api/pick.h"
#include "daemon/fleet/printer.h"

#define SERIAL_MIN 10
#define SERIAL_MAX 24

int cloud_rest(struct call *c, struct rest **ret)
{
	if (c->server->deps.rest == NULL) {
		err_set(c->e, ERR_UNSUPPORTED, "this daemon serves no account");
		return -EOPNOTSUPP;
	}
	*ret = c->server->deps.rest;
	return 0;
}

static bool is_serial(const char *text)
{
	size_t len = text != NULL ? strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") : 0;

	return len >= SERIAL_MIN && len <= SERIAL_MAX && text[len] == '\0';
}

int cloud_serial(struct call *c, bool needed, char **ret)
{
	const char *given = json_get_str(c->params, "printer");
	struct printer *p = NULL;
	int r;

	if (!needed && !json_object_object_get_ex(c->params, "printer", NULL)) {
		*ret = NULL;
		return 0;
	}
	r = pick_one(c, &p);
	if (r == 0) {
		*ret = xstrdup(printer_serial(p));
	} else if (c->e->type == ERR_NO_SUCH_PRINTER && is_serial(given)) {
		*c->e = (struct err){0};
		*ret = xstrdup(given);
		r = 0;
	}
	return r;
}

struct shape_view cloud_view(const struct call *c)
{
	return (struct shape_view){.whole = access_allows(c->conn->perm, PERM_ADMIN)};
}

struct cloud_form cloud_form(const struct call *c)
{
	struct cloud_form f = {
	    .view = cloud_view(c), .limit = endpoint_limit(c->params), .page = 1};

	json_get_bool(c->params, "raw", &f.raw);
	json_get_bool(c->params, "show", &f.view.secrets);
	json_get_i64(c->params, "page", &f.page);
	return f;
}

/* Where the list goes on, or null at its end. */
static void write_next(struct jw *w, const struct endpoint *row, json_object *body, size_t count,
    const struct cloud_form *f)
{
	int64_t total = shape_total(body);
	bool full = count >= (size_t)f->limit;
	_cleanup_free_ char *last = NULL;

	switch (row->paging) {
	case ENDPOINT_WHOLE_LIST:
		break;
	case ENDPOINT_PAGES:
		if (count > 0 && (total >= 0 ? f->page * f->limit < total : full)) {
			jw_int(w, "next", f->page + 1);
			return;
		}
		break;
	case ENDPOINT_AFTER:
		if (full) {
			last = shape_text(row->shape,
			    json_object_array_get_idx(shape_list(row->shape, body), count - 1),
			    "id");
		}
		jw_str(w, "next", last);
		return;
	}
	jw_null(w, "next");
}

void cloud_write(
    struct jw *w, const struct endpoint *row, json_object *body, const struct cloud_form *f)
{
	const struct shape *s = row->shape;

	if (s != NULL && s->lists[0] != NULL) {
		size_t count = shape_write_list(w, "items", s, body, &f->view);
		int64_t total = shape_total(body);

		write_next(w, row, body, count, f);
		if (total >= 0) {
			jw_int(w, "total", total);
		}
	} else if (s != NULL) {
		shape_write(w, s, shape_object(s, body), &f->view);
	}
	if (f->raw) {
		shape_write_raw(w, "raw", body, &f->view);
	}
}
