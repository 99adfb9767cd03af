/* SPDX-License-Identifier: MIT */
/* Verbs of the cloud that are more than one call and its drawing. */
#include "ctl/cloud.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/files.h"
#include "ctl/fmt.h"
#include "ctl/printers.h"

#define BODY_MAX (48u * 1024) /* a request has at most 64 KiB */
#define BODY_DEPTH 14	      /* inside of a request */
#define HTTP_REFUSED 400

/* All of stdin as an owned text. 0, or the exit status, reported. */
static int read_stdin(struct ctl *c, char **ret)
{
	_cleanup_free_ char *text = xcalloc(1, BODY_MAX + 2);
	size_t len = fread(text, 1, BODY_MAX + 1, stdin);

	if (ferror(stdin)) {
		return call_misuse(c, "stdin: %s", strerror(errno));
	}
	if (len > BODY_MAX || memchr(text, '\0', len)) {
		return call_misuse(
		    c, "stdin: %s", len > BODY_MAX ? "longer than 48 KiB" : "not a text");
	}
	*ret = TAKE(text);
	return 0;
}

/* A word as JSON, "-" = stdin. 0 with an owned value, or the exit status, reported. */
static int read_json(struct ctl *c, const char *word, json_object **ret)
{
	_cleanup_free_ char *text = NULL;
	int status = strcmp(word, "-") == 0 ? read_stdin(c, &text) : 0;

	if (status) {
		return status;
	}
	text = text ? text : xstrdup(word);
	return json_parse(text, strlen(text), BODY_DEPTH, ret) < 0
		   ? call_misuse(c, "the body is not JSON")
		   : 0;
}

/* ---- api ---- */

/* "a=1,2,b=3" is a=1,2 and b=3: repeated options are joined so. */
static int read_query(struct ctl *c, const char *text, json_object *query)
{
	_cleanup_free_ char *key = NULL, *value = NULL;

	for (const char *p = text; p;) {
		size_t len = strcspn(p, ",");
		const char *equals = memchr(p, '=', len);

		if (equals == p || (!equals && !key)) {
			return call_misuse(c, "\"%.*s\" is not KEY=VALUE", (int)len, p);
		}
		if (equals) {
			free(key);
			free(value);
			key = xasprintf("%.*s", (int)(equals - p), p);
			value = xasprintf("%.*s", (int)(p + len - equals - 1), equals + 1);
		} else {
			char *longer = xasprintf("%s,%.*s", value, (int)len, p);

			free(value);
			value = longer;
		}
		json_object_object_add(query, key, json_object_new_string(value));
		p = p[len] ? p + len + 1 : NULL;
	}
	return 0;
}

static int fill_api(struct ctl *c, json_object *params)
{
	const char *data = c->args.value[OPT_DATA], *query = c->args.value[OPT_QUERY];
	json_object *value = NULL;
	int status = 0;

	if (c->word_count != 2) {
		return call_misuse(c, "a method and a path are wanted");
	}
	json_object_object_add(params, "method", json_object_new_string(c->words[0]));
	json_object_object_add(params, "path", json_object_new_string(c->words[1]));
	if (data) {
		status = read_json(c, data, &value);
		if (!status) {
			json_object_object_add(params, "body", value);
		}
	}
	if (query && !status) {
		value = json_object_new_object();
		json_object_object_add(params, "query", value);
		status = read_query(c, query, value);
	}
	return status;
}

static int api_status(struct ctl *c, json_object *result)
{
	int64_t status = 0;
	struct err e = {0};

	json_get_i64(result, "status", &status);
	if (status < HTTP_REFUSED) {
		return 0;
	}
	if (c->out.json == OUT_TEXT && !c->out.quiet) {
		fprintf(c->out.errors, "the cloud answered HTTP %d\n", (int)status);
	}
	err_set(&e, ERR_CLOUD_ERROR, "HTTP %d", (int)status);
	return err_exit(e.type);
}

static void show_body(struct ctl *c, json_object *result)
{
	json_object *body = NULL;

	json_object_object_get_ex(result, "body", &body);
	out_json_pretty(&c->out, body);
}

int cloud_api_run(struct ctl *c)
{
	_cleanup_json_ json_object *params = json_object_new_object(), *result = NULL;
	struct err e = {0};
	int status = fill_api(c, params);

	if (status) {
		return status;
	}
	if (method_check(c->method, params, &e) < 0) {
		return call_misuse(c, "%s", e.message);
	}
	status = call_with_consent(c, params, &result);
	if (!status) {
		status = call_print(c, result, show_body);
	}
	return status ? status : api_status(c, result);
}

/* ---- bind ---- */

static void show_bound_printer(struct ctl *c, json_object *result)
{
	_cleanup_free_ char *serial = out_member(&c->out, result, "serial");
	_cleanup_free_ char *name = out_member(&c->out, result, "name");
	bool here = json_get_str(result, "name") != NULL;

	fprintf(c->out.f, "%s is bound%s%s\n", serial, here ? "; it is here as " : "",
	    here ? name : "");
}

int cloud_bind_run(struct ctl *c)
{
	_cleanup_json_ json_object *result = NULL;
	_cleanup_secret_ struct secret *code = NULL;
	json_object *params;
	int status;

	if (c->word_count < 1 || c->word_count > 2) {
		return call_misuse(c, "a serial is wanted");
	}
	status = printers_read_code(c, true, &code);
	if (status) {
		return status;
	}
	params = json_object_new_object();
	json_object_object_add(params, "serial", json_object_new_string(c->words[0]));
	json_object_object_add(params, "code", json_object_new_string(secret_reveal(code)));
	if (c->word_count == 2) {
		json_object_object_add(params, "name", json_object_new_string(c->words[1]));
	}
	status = call_method(c, "printer.bind", params, &result);
	return status ? status : call_print(c, result, show_bound_printer);
}

/* ---- */

/* With a word it is one project. */
int cloud_projects_run(struct ctl *c)
{
	if (c->word_count == 1) {
		c->method = method_find("cloud.project_get");
	} else if (c->word_count > 1) {
		return call_misuse(c, "unexpected \"%s\"", c->words[1]);
	}
	return call_verb(c);
}

int cloud_task_create_run(struct ctl *c)
{
	_cleanup_json_ json_object *result = NULL;
	json_object *params, *task = NULL;
	int status = c->word_count == 1 ? read_json(c, c->words[0], &task)
					: call_misuse(c, "a task is wanted, as JSON");

	if (status) {
		return status;
	}
	params = json_object_new_object();
	json_object_object_add(params, "task", task);
	status = call_method(c, "cloud.task_create", params, &result);
	return status ? status : call_print(c, result, NULL);
}

/* Taken is not printing: nobody saw this endpoint work. */
void cloud_show_print(struct ctl *c, json_object *result)
{
	_cleanup_free_ char *serial = out_member(&c->out, result, "serial");
	_cleanup_free_ char *job = out_member(&c->out, result, "job");
	_cleanup_free_ char *status = out_member(&c->out, result, "status");

	fprintf(c->out.f, "%s  handed to the cloud, which says: job %s, %s\n", serial, job, status);
	if (c->out.legend && !c->out.quiet) {
		fprintf(c->out.f,
		    "(experimental) whether the printer takes it: bambuctl status %s\n", serial);
	}
}

int cloud_print(struct ctl *c, const char *printer, const char *file)
{
	_cleanup_json_ json_object *result = NULL;
	json_object *params = json_object_new_object();
	int status;

	json_object_object_add(params, "printer", json_object_new_string(printer));
	json_object_object_add(params, "file", json_object_new_string(file));
	status = call_method(c, "cloud.print_start", params, &result);
	return status ? status : call_print(c, result, cloud_show_print);
}

static void show_uploaded(struct ctl *c, json_object *result)
{
	_cleanup_free_ char *name = out_member(&c->out, result, "name");
	int64_t size = -1, took_ms = -1;
	char bytes[FMT_SIZE], time[FMT_SIZE];

	json_get_i64(result, "size", &size);
	json_get_i64(result, "took_ms", &took_ms);
	fprintf(c->out.f, "%s  %s uploaded in %s; it is listed a moment later\n", name,
	    fmt_bytes(size, bytes), fmt_age_fine(took_ms, time));
}

/* 0, or the exit status, reported. */
static int open_filled(struct ctl *c, const char *file, struct files_source *ret)
{
	_cleanup_free_ char *shown = out_safe(&c->out, file);
	struct err e = {0};
	int status = files_source_open(c, file, ret);

	if (status || ret->size > 0) {
		return status;
	}
	files_source_close(ret);
	err_set(&e, ERR_FILE_REFUSED, "%s: is empty", shown);
	return out_fail(&c->out, &e);
}

int cloud_upload_run(struct ctl *c)
{
	const char *file = c->word_count > 0 ? c->words[0] : "";
	const char *name = c->word_count > 1 ? c->words[1] : files_base_name(file);
	_cleanup_json_ json_object *result = NULL;
	struct files_source source;
	json_object *params;
	int status;

	if (c->word_count < 1 || c->word_count > 2 ||
	    (strcmp(file, "-") == 0 && c->word_count < 2)) {
		return call_misuse(c, "a file is wanted, and a name for what comes from stdin");
	}
	status = open_filled(c, file, &source);
	if (status) {
		return status;
	}
	params = json_object_new_object();
	json_object_object_add(params, "name", json_object_new_string(name));
	json_object_object_add(params, "size", json_object_new_int64(source.size));
	status = files_send(
	    c, "cloud.upload", params, &source, "waiting for the cloud to store it", &result);
	files_source_close(&source);
	return status ? status : call_print(c, result, show_uploaded);
}
