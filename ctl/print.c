/* SPDX-License-Identifier: MIT */
/* `print`: a file looked at, matched with a printer and its spools, handed over and started. */
#include "ctl/print.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/util.h"
#include "ctl/act.h"
#include "ctl/call.h"
#include "ctl/cloud.h"
#include "ctl/files.h"
#include "ctl/inspect.h"

#define ON_PRINTER "@sd:"
#define IN_CLOUD "@cloud:"

static void plan_finish(struct print_plan *p)
{
	json_object_put(p->contents);
	json_object_put(p->status);
	free(p->printer);
	free(p->path);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), cut = strlen(end);

	return len > cut && strcasecmp(text + len - cut, end) == 0;
}

/* ---- what is meant ---- */

static int name_file(struct print_plan *p, const char *word)
{
	if (str_starts(word, IN_CLOUD)) {
		p->in_cloud = true;
		p->file = word + strlen(IN_CLOUD);
		return p->file[0] ? 0 : call_misuse(p->c, "%sID: which file?", IN_CLOUD);
	}
	p->on_printer = str_starts(word, ON_PRINTER);
	p->file = p->on_printer ? word + strlen(ON_PRINTER) : word;
	p->is_gcode = ends_with(p->file, ".gcode");
	if (!p->is_gcode && !ends_with(p->file, ".3mf")) {
		return call_misuse(p->c, "a .3mf or .gcode file is what a printer prints");
	}
	p->path = p->on_printer && p->file[0] == '/' ? xstrdup(p->file)
		  : p->on_printer		     ? xasprintf("/%s", p->file)
						     : files_dest(p->file, NULL);
	return 0;
}

static int read_words(struct print_plan *p)
{
	struct ctl *c = p->c;
	bool alone = c->word_count == 1 && !c->args.value[OPT_PRINTER];
	const char *printer = alone ? getenv("BAMBU_PRINTER") : call_take_printer(c);
	int status = 0;

	if (c->word_count != 1) {
		return call_misuse(c, c->word_count ? "unexpected \"%s\"" : "no file to print",
		    c->word_count ? c->words[1] : "");
	}
	status = name_file(p, c->words[0]);
	if (!status && printer && *printer) {
		p->printer = xstrdup(printer);
	} else if (!status) {
		status = call_only_printer(c, &p->printer);
	}
	return status;
}

/* ---- looked at ---- */

static int inspect_fd(struct print_plan *p, int fd)
{
	char path[32];
	struct err e = {0};

	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	return inspect_file(path, &p->contents, &e) < 0 ? out_fail(&p->c->out, &e) : 0;
}

static int open_temporary(struct print_plan *p, int *ret_fd)
{
	const char *folder = getenv("TMPDIR");
	_cleanup_free_ char *path =
	    xasprintf("%s/bambuctl-XXXXXX", folder && *folder ? folder : "/var/tmp");
	struct err e = {0};
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0) {
		err_set(&e, ERR_INTERNAL, "%.120s: %s", path, strerror(errno));
		return out_fail(&p->c->out, &e);
	}
	unlink(path);
	*ret_fd = fd;
	return 0;
}

/* The file of the printer is copied to a file without a name. */
static int inspect_fetched(struct print_plan *p)
{
	_cleanup_free_ char *note = NULL, *shown = out_safe(&p->c->out, p->path);
	int fd = -1, status = open_temporary(p, &fd);

	if (status) {
		return status;
	}
	note = xasprintf("reading %s from the printer, to see what it needs", shown);
	out_note(&p->c->out, note);
	status = files_fetch_to(p->c, p->printer, p->path, fd);
	if (!status) {
		status = inspect_fd(p, fd);
	}
	close(fd);
	return status;
}

static int inspect(struct print_plan *p, const struct files_source *source)
{
	const char *ams = p->c->args.value[OPT_AMS];
	bool chosen = p->c->args.given[OPT_NO_AMS] || (ams && strcmp(ams, "auto") != 0);

	if (p->is_gcode || (p->on_printer && chosen)) {
		return 0;
	}
	return p->on_printer ? inspect_fetched(p) : inspect_fd(p, source->fd);
}

/* What was done meanwhile is not the daemon's time. */
static void renew_deadline(struct print_plan *p)
{
	if (p->c->client.fd >= 0) {
		client_deadline(&p->c->client, p->c->args.timeout_ms);
	}
}

static int read_status(struct print_plan *p)
{
	json_object *params = json_object_new_object();

	renew_deadline(p);
	json_object_object_add(params, "printer", json_object_new_string(p->printer));
	return call_method(p->c, "printer.get", params, &p->status);
}

/* Asked before the long way: whether a start would be taken now. ret may be NULL. */
static int ask_daemon(struct print_plan *p, json_object **ret)
{
	_cleanup_json_ json_object *result = NULL;
	json_object *params = print_params(p);
	int status;

	renew_deadline(p);
	json_object_object_add(params, "check", json_object_new_boolean(true));
	status = call_method(p->c, "print.start", params, &result);
	if (!status && ret) {
		*ret = TAKE(result);
	}
	return status;
}

/* What only a yes gets over. */
static int settle_doubt(struct print_plan *p)
{
	_cleanup_free_ char *question = NULL;
	struct err e = {0};

	if (p->doubt[0] == '\0') {
		return 0;
	}
	question = xasprintf("%s: %s", p->printer, p->doubt);
	if (p->c->args.given[OPT_YES]) {
		out_note(&p->c->out, question);
		return 0;
	}
	if (!p->c->args.given[OPT_CHECK] && call_ask(p->c, question)) {
		return 0;
	}
	err_set(&e, ERR_GUARD, "%s", question);
	err_printer(&e, p->printer);
	err_hint(&e, "the same with --yes");
	return out_fail(&p->c->out, &e);
}

/* ---- done ---- */

static json_object *answer_of(const struct print_plan *p)
{
	json_object *answer = json_object_new_object();

	json_object_object_add(answer, "printer", json_object_new_string(p->printer));
	json_object_object_add(answer, "path", json_object_new_string(p->path));
	json_object_object_add(
	    answer, "plate", p->plate_index > 0 ? json_object_new_int(p->plate_index) : NULL);
	json_object_object_add(answer, "mapping", print_mapping(p));
	return answer;
}

static void take_member(json_object *to, json_object *from, const char *key)
{
	json_object *value = NULL;

	json_object_object_get_ex(from, key, &value);
	json_object_object_add(to, key, json_object_get(value));
}

/* --check and --dry-run. */
static int show_ready(struct print_plan *p, json_object *checked)
{
	struct out *o = &p->c->out;
	_cleanup_json_ json_object *answer = NULL;
	json_object *payloads = json_get_arr(checked, "payloads");
	_cleanup_free_ char *name = out_safe(o, p->printer), *path = out_safe(o, p->path);

	if (o->json != OUT_TEXT) {
		answer = answer_of(p);
		json_object_object_add(answer, "stage", NULL);
		take_member(answer, checked, "payloads");
		out_json(o, answer);
		return 0;
	}
	if (!p->c->args.given[OPT_DRY_RUN]) {
		fprintf(o->f, "%s  would print %s%s\n", name, path,
		    p->on_printer ? "" : " (copied there first)");
		return 0;
	}
	for (size_t i = 0; payloads && i < json_object_array_length(payloads); i++) {
		struct out line = *o;

		line.json = OUT_JSON_SHORT;
		out_json(&line, json_object_array_get_idx(payloads, i));
	}
	return 0;
}

static int hand_over(struct print_plan *p, const struct files_source *source)
{
	_cleanup_json_ json_object *stored = NULL;
	const char *path;
	int status;

	if (p->on_printer) {
		return 0;
	}
	status = files_put(p->c, p->printer, source, p->path, &stored);
	path = json_get_str(stored, "path");
	if (!status && path) {
		char *own = xstrdup(path);

		free(p->path);
		p->path = own;
	}
	return status;
}

/* "preparing" or "printing"; what it does now counts, not what it did at the answer. Owned. */
static char *present_state(struct print_plan *p)
{
	const char *state;

	json_object_put(TAKE(p->status));
	if (read_status(p)) {
		return NULL;
	}
	state = json_get_str(json_get_obj(p->status, "print"), "state");
	return state ? xstrdup(state) : NULL;
}

static int begin(struct print_plan *p)
{
	_cleanup_json_ json_object *params = print_params(p), *result = NULL, *answer = NULL;
	_cleanup_free_ char *state = NULL;
	int status;

	act_options(p->c, params);
	status = call_method(p->c, "print.start", json_object_get(params), &result);
	if (status) {
		return status;
	}
	if (p->c->out.json == OUT_TEXT) {
		state = present_state(p);
		print_show_begun(p, result, state);
	} else {
		answer = answer_of(p);
		take_member(answer, result, "stage");
		take_member(answer, result, "op");
		take_member(answer, result, "job");
		take_member(answer, result, "took_ms");
		out_json(&p->c->out, answer);
	}
	return p->c->args.given[OPT_WAIT] ? print_wait(p) : 0;
}

static int run(struct print_plan *p, struct files_source *source)
{
	_cleanup_json_ json_object *checked = NULL;
	const struct args *a = &p->c->args;
	int status;

	/* A file there is not fetched for nothing; one here costs nothing to look at. */
	status = p->on_printer ? ask_daemon(p, NULL) : files_source_open(p->c, p->file, source);
	if (!status) {
		status = inspect(p, source);
	}
	if (!status) {
		status = print_choose_plate(p);
	}
	if (!status) {
		status = read_status(p);
	}
	if (!status && !p->on_printer) {
		/* Of a printer that is away or at work, its spools say nothing. */
		status = ask_daemon(p, NULL);
	}
	if (!status) {
		status = print_check_printer(p);
	}
	if (!status) {
		status = print_choose_slots(p);
	}
	if (!status) {
		status = settle_doubt(p);
	}
	if (!status) {
		status = ask_daemon(p, &checked);
	}
	if (!status && (a->given[OPT_CHECK] || a->given[OPT_DRY_RUN])) {
		return show_ready(p, checked);
	}
	if (!status) {
		status = hand_over(p, source);
	}
	return status ? status : begin(p);
}

/* The cloud has the printer fetch the file as it is: there is nothing to choose or to look at. */
static int run_in_cloud(struct print_plan *p)
{
	static const enum opt none[] = {OPT_AMS, OPT_BED_TYPE, OPT_CHECK, OPT_DRY_RUN,
	    OPT_FLOW_CALI, OPT_LAYER_INSPECT, OPT_NO_AMS, OPT_NO_LEVEL, OPT_NO_VIBRATION, OPT_PLATE,
	    OPT_TIMELAPSE, OPT_WAIT};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		if (p->c->args.given[none[i]]) {
			return call_misuse(p->c,
			    "a file of the cloud is started as it is: no options go with %sID",
			    IN_CLOUD);
		}
	}
	return cloud_print(p->c, p->printer, p->file);
}

int print_run(struct ctl *c)
{
	struct files_source source = {.fd = -1};
	struct print_plan p = {.c = c};
	int status = read_words(&p);

	if (!status) {
		status = p.in_cloud ? run_in_cloud(&p) : run(&p, &source);
	}
	files_source_close(&source);
	plan_finish(&p);
	return status;
}
