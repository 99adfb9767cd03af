/* SPDX-License-Identifier: MIT */
/* `files`, `rm`, `mkdir`, and what the verbs about files share. */
#include "ctl/files.h"

#include <string.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/files_bar.h"
#include "ctl/fmt.h"
#include "ctl/follow.h"
#include "ctl/table.h"

/* A handshake, a log-in and a long list take a small printer a while. */
#define PATIENCE_MS 60000

enum { COL_NAME, COL_SIZE, COL_TIME, COL_COUNT };
const struct column_set files_columns = {
    COL_COUNT,
    {
	[COL_NAME] = {"NAME"},
	[COL_SIZE] = {"SIZE", .right = true},
	[COL_TIME] = {"TIME"},
    },
};

int files_run(struct ctl *c)
{
	if (!c->args.given[OPT_TIMEOUT]) {
		c->args.timeout_ms = PATIENCE_MS;
	}
	return call_verb(c);
}

static void draw_entry(struct table *t, const struct out *o, json_object *entry)
{
	_cleanup_free_ char *name = out_member(o, entry, "name");
	int64_t size = -1, time_ms = fmt_parse_time(json_get_str(entry, "time"));
	char text[FMT_SIZE];
	bool dir = false;

	json_get_bool(entry, "dir", &dir);
	json_get_i64(entry, "size", &size);
	table_row(t, OUT_PLAIN);
	table_take(t, COL_NAME, xasprintf("%s%s", name, dir ? "/" : ""));
	table_cell(t, COL_SIZE, fmt_bytes(size, text));
	table_cell(t, COL_TIME, fmt_stamp(time_ms, text));
}

static void note_refused(struct ctl *c, json_object *result)
{
	_cleanup_free_ char *text = NULL;
	int64_t refused = 0;
	bool cut = false;

	json_get_i64(result, "refused", &refused);
	json_get_bool(result, "cut", &cut);
	if (refused > 0) {
		text = xasprintf("%lld name%s left out: no file can be called so here",
		    (long long)refused, refused == 1 ? " was" : "s were");
		out_note(&c->out, text);
	}
	if (cut) {
		out_note(&c->out, "there are more than can be listed");
	}
}

void files_show(struct ctl *c, json_object *result)
{
	json_object *entries = json_get_arr(result, "entries");
	size_t count = entries ? json_object_array_length(entries) : 0;
	struct table t;

	if (count == 0) {
		out_note(&c->out, "nothing there");
	} else {
		table_begin(&t, &c->out, &files_columns);
		for (size_t i = 0; i < count; i++) {
			draw_entry(&t, &c->out, json_object_array_get_idx(entries, i));
		}
		table_end(&t);
	}
	note_refused(c, result);
}

static void show_path(struct ctl *c, json_object *result, const char *what)
{
	_cleanup_free_ char *path = out_member(&c->out, result, "path");

	fprintf(c->out.f, "%s %s\n", what, path);
}

void files_show_deleted(struct ctl *c, json_object *result)
{
	show_path(c, result, "deleted");
}

void files_show_made(struct ctl *c, json_object *result)
{
	show_path(c, result, "made");
}

/* ---- put and fetch ---- */

const char *files_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int files_words(struct ctl *c, char **ret_printer, const char **ret_file, const char **ret_dest)
{
	const char *env = getenv("BAMBU_PRINTER");
	bool named = c->args.value[OPT_PRINTER] || (env && *env) || c->word_count > 1;
	const char *printer = named ? call_take_printer(c) : NULL;

	if (c->word_count < 1) {
		return call_misuse(c, "which file?");
	}
	if (c->word_count > 2) {
		return call_misuse(c, "unexpected \"%s\"", c->words[2]);
	}
	*ret_file = c->words[0];
	*ret_dest = c->word_count > 1 ? c->words[1] : NULL;
	if (!printer) {
		return call_only_printer(c, ret_printer);
	}
	*ret_printer = xstrdup(printer);
	return 0;
}

int files_upgrade(struct ctl *c, struct files_bar *bar, const char *method, json_object *params,
    json_object **ret)
{
	_cleanup_json_ json_object *taken = params, *reply = NULL;
	int status = call_open(c), r;
	struct err e = {0};

	if (status) {
		return status;
	}
	if (!c->args.given[OPT_TIMEOUT]) {
		client_deadline(
		    &c->client, -1); /* others may be before us, and printers are slow */
	}
	files_bar_say(bar,
	    str_starts(method, "cloud.") ? "waiting for the cloud" : "waiting for the printer");
	r = client_call(&c->client, method, TAKE(taken), &reply, &e);
	files_bar_end(bar);
	return r < 0 ? out_fail(&c->out, &e) : files_open_reply(c, reply, ret);
}

int files_open_reply(struct ctl *c, json_object *reply, json_object **ret)
{
	json_object *error = json_get_obj(reply, "error");
	json_object *result = json_get_obj(reply, "result");
	struct err e = {0};

	if (error) {
		return out_fail_reply(&c->out, error, NULL);
	}
	if (!result) {
		err_set(&e, ERR_INTERNAL, "bambud answered with neither result nor error");
		return out_fail(&c->out, &e);
	}
	*ret = json_object_get(result);
	return 0;
}

int files_wait(struct ctl *c, struct files_bar *bar, struct pollfd *fd, const sigset_t *wait_mask)
{
	int64_t deadline_ms = c->client.deadline_ms;
	int64_t left_ms = deadline_ms < 0 ? -1 : deadline_ms - client_now_ms();
	struct timespec time = {left_ms / 1000, left_ms % 1000 * 1000000};
	struct err e = {0};

	if (deadline_ms >= 0 && left_ms <= 0) {
		files_bar_end(bar);
		err_set(&e, ERR_TIMEOUT, "the copy was not done in time, and is given up");
		return out_fail(&c->out, &e);
	}
	if (ppoll(fd, 1, deadline_ms < 0 ? NULL : &time, wait_mask) < 0) {
		fd->revents = 0;
	}
	return follow_caught();
}
