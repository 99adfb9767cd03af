/* SPDX-License-Identifier: MIT */
/* Verbs: found in the words of the command line; rows of their own where a method row is not
 * enough.
 */
#include "ctl/verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/util.h"
#include "ctl/account.h"
#include "ctl/act.h"
#include "ctl/call.h"
#include "ctl/camera.h"
#include "ctl/cloud.h"
#include "ctl/events.h"
#include "ctl/files.h"
#include "ctl/help.h"
#include "ctl/history.h"
#include "ctl/inspect.h"
#include "ctl/look.h"
#include "ctl/print.h"
#include "ctl/printers.h"
#include "ctl/proxy.h"
#include "ctl/record.h"
#include "ctl/see.h"
#include "ctl/show.h"
#include "ctl/wait.h"
#include "ctl/watch.h"

#define VERB_LEN_MAX 64
#define VERB_WORDS_MAX 3 /* "account profile set" */
#define NEAR_ENOUGH 3	 /* edits within which another verb is likely what was meant */

/* Sorted by name. */
const struct verb verb_table[] = {
    {"account", "account.status", "[show]", .run = account_run},
    {"account devices", "account.devices", .columns = &show_bound_columns,
	.show = account_show_devices, .words_max = 0},
    {"account limits", "account.limits", .columns = &show_limits_columns,
	.show = account_show_limits, .words_max = 0},
    {"account preferences", "account.preferences", .show = cloud_show, .words_max = 0},
    {"account profile", "account.profile", .show = cloud_show, .words_max = 0},
    {"account profile set", "account.profile_set", .run = account_profile_set_run},
    {"account token", "account.verify_token", .run = account_token_run},
    {"ams", "ams.get", "[PRINTER] [low|env]", .columns = &show_trays_columns,
	.columns_of = see_ams_columns, .run = see_ams},
    {"api", "cloud.api", .run = cloud_api_run},
    {"bind", "printer.bind", "SERIAL [NAME] --code-stdin", .run = cloud_bind_run},
    {"call", .usage = "METHOD [PARAMS-JSON]", .help = "Call any method and print its result",
	.run = see_call},
    {"camera", "camera.status", .show = camera_show_status, .words_max = 0},
    {"camera record", .usage = "[PRINTER] DIR [--for TIME] [--max-frames N]",
	.help = "Keep each new picture of the camera as a file", .run = camera_record_run},
    {"camera stream", "camera.stream", "[PRINTER]",
	"Write pictures to stdout as they come: into mpv - or ffplay -", .run = camera_stream_run},
    {"camera timelapse", .usage = "[PRINTER] DIR --every layer|TIME|N% [--fps N] [--no-video]",
	.help = "Keep a picture for each layer, time or percent of a job, and a video of them",
	.run = camera_timelapse_run},
    {"camera ttcode", "camera.ttcode", "[PRINTER] [--show]", .show = cloud_show, .words_max = 0},
    {"camera url", "camera.url", "[PRINTER] [--show]", .show = camera_show_url, .words_max = 0},
    {"cloud device", "cloud.device_info", .show = cloud_show, .words_max = 0},
    {"cloud files", "cloud.files", .columns_of = cloud_columns, .show = cloud_show, .words_max = 0},
    {"cloud print", "cloud.print_start", .show = cloud_show_print, .words_max = 1},
    {"cloud prints", "cloud.print_status", .columns_of = cloud_columns, .show = cloud_show,
	.words_max = 0},
    {"cloud slicer-resources", "cloud.slicer_resources", "[TYPE] [VERSION]",
	.columns_of = cloud_columns, .show = cloud_show, .words_max = 2},
    {"cloud slicer-setting", "cloud.slicer_setting", .show = cloud_show, .words_max = 1},
    {"cloud slicer-settings", "cloud.slicer_settings", "[VERSION]", .columns_of = cloud_columns,
	.show = cloud_show, .words_max = 1},
    {"cloud snapshot-url", "cloud.snapshot_url", .show = cloud_show, .words_max = 0},
    {"cloud upload", "cloud.upload", "FILE|- [NAME]", .run = cloud_upload_run},
    {"cloud upload-url", "cloud.upload_url", .columns_of = cloud_columns, .show = cloud_show,
	.words_max = 2},
    {"cloud version", "cloud.device_version", .columns_of = cloud_columns, .show = cloud_show,
	.words_max = 0},
    {"cloud video-url", "cloud.video_url", .show = cloud_show, .words_max = 0},
    {"daemon config", "daemon.config", .show = metrics_show, .words_max = 0},
    {"daemon report", .usage = "[FILE|-] [--files]", .help = "Collect what a problem report needs",
	.run = report_run},
    {"discover", "printer.discover", "", .columns = &printers_found_columns,
	.show = printers_show_found, .words_max = 0},
    {"doctor", "printer.doctor", "[PRINTER]", .run = doctor_run},
    {"events", "events.list", "[PRINTER...] [-f] [--since CURSOR|TIME] [--kind KIND] [--limit N]",
	"List past events; with -f those to come", .run = events_run, .farm = true},
    {"fetch", "file.get", "[PRINTER] FILE [DEST|-]", .run = files_fetch_run},
    {"files", "file.list", "[PRINTER] [DIR]", .columns = &files_columns, .run = files_run,
	.show = files_show, .words_max = 1},
    {"firmware", "device.firmware", .columns = &show_firmware_columns, .show = see_show_firmware,
	.words_max = 0},
    {"get", "printer.get", "[PRINTER] KEY...", "Print single values of a printer, one a line",
	.run = see_get},
    {"help", .usage = "[VERB]", .help = "Show help, of one verb or of all", .run = help_run},
    {"history", "history.list", "[PRINTER...] [--since TIME] [--limit N] [--csv]",
	.columns = &history_columns, .run = history_run, .farm = true},
    {"history stats", "history.stats", "[PRINTER...] [--since TIME]",
	.columns = &history_stats_columns, .run = history_stats_run, .farm = true},
    {"hms", "hms.list", "[PRINTER] [--all]", .columns = &show_hms_columns, .show = see_show_hms},
    {"hms text", "hms.text", "CODE", .show = see_show_hms_text, .words_max = 1},
    {"inspect", .usage = "FILE.3mf [--plate N] [--thumbnail OUT.png]",
	.help = "Show what a 3mf file asks of a printer", .run = inspect_run},
    {"keys", "api.keys", "", .columns = &show_keys_columns, .show = see_show_keys},
    {"kprofile", "kprofile.get", "[PRINTER]", .columns = &show_profiles_columns,
	.show = see_show_profiles, .words_max = 0},
    {"list", "printer.list", "[PRINTER...] [-w]", .columns = &show_list_columns,
	.show = see_show_list, .farm = true},
    {"login", "account.login", .run = login_run},
    {"logout", "account.logout", .show = account_show_signed_out, .words_max = 0},
    {"messages", "cloud.messages", .columns_of = cloud_columns, .show = cloud_show, .words_max = 0},
    {"metrics", "metrics.text", .show = metrics_show, .words_max = 0},
    {"mkdir", "file.mkdir", .run = files_run, .show = files_show_made, .words_max = 1},
    {"mqtt listen", "mqtt.listen", "PRINTER", .run = listen_run},
    {"notifications", "cloud.notifications", .columns_of = cloud_columns, .show = cloud_show,
	.words_max = 0},
    {"nozzle", "device.nozzle", .run = settings_run},
    {"option", "print.option", .run = settings_run},
    {"print", "print.start",
	"[PRINTER] FILE|@sd:PATH|@cloud:ID [--plate N] [--ams auto|SLOTS | --no-ams] [--check] "
	"[--wait]",
	"Print a file: look at it, choose spools, hand it over, start it",
	.columns = &print_columns, .run = print_run},
    {"printer add", "printer.add",
	"NAME --serial SERIAL [--address ADDRESS] [--code-stdin] [KEY=VALUE...]",
	.run = printers_add_run},
    {"printer remove", "printer.remove", "PRINTER", .show = printers_show_removed, .words_max = 0},
    {"printer set", "printer.set", "PRINTER [--address ADDRESS] [--code-stdin] [KEY=VALUE...]",
	.run = printers_set_run},
    {"printer trust", "printer.trust", "PRINTER [--pin HEX | --show]", .run = trust_run},
    {"project", "cloud.project_get", .show = cloud_show, .words_max = 1},
    {"projects", "cloud.projects", "[ID] [--page N] [--limit N]", .columns_of = cloud_columns,
	.run = cloud_projects_run, .show = cloud_show, .words_max = 1},
    {"proxy", .usage = "", .help = "Join stdin and stdout to the daemon's socket",
	.run = proxy_run},
    {"put", "file.put", "[PRINTER] FILE|- [DEST]", .run = files_put_run},
    {"record", "record.start", "[PRINTER] FILE|- [--for TIME] [--files]", .run = record_run},
    {"refresh", "printer.refresh", .show = see_show_stages, .words_max = 0},
    {"rm", "file.delete", .run = files_run, .show = files_show_deleted, .words_max = 1},
    {"snapshot", "camera.snapshot", "[PRINTER] [FILE|-] [--max-age TIME] [--show]",
	"Take a picture into a file or to stdout", .run = snapshot_run},
    {"status", "printer.get", "[PRINTER] [-w]", "Show everything about a printer",
	.show = see_show_status},
    {"task", "cloud.task_get", .show = cloud_show, .words_max = 1},
    {"task create", "cloud.task_create", .run = cloud_task_create_run},
    {"tasks", "cloud.tasks", .columns_of = cloud_columns, .show = cloud_show, .words_max = 0},
    {"top", .usage = "", .help = "Watch all printers, and what happens, on a full screen",
	.run = watch_top, .farm = true},
    {"wait", .usage = "[PRINTER] --until EVENT|KEY=VALUE [--timeout TIME]",
	.help = "Wait until an event comes or a value holds; of several printers, for all of them",
	.run = wait_run},
    {"watch", "events.subscribe", "[PRINTER...]", "Watch printers as they change", .run = watch_run,
	.farm = true},
    {"xcam", "device.xcam", .run = settings_run},
};
const size_t verb_count = ARRAY_SIZE(verb_table);

static const struct verb *find_row(const char *name)
{
	for (size_t i = 0; i < verb_count; i++) {
		if (strcmp(verb_table[i].name, name) == 0) {
			return &verb_table[i];
		}
	}
	return NULL;
}

static const struct method *find_by_verb(const char *name)
{
	for (size_t i = 0; i < method_count; i++) {
		if (method_table[i].verb && strcmp(method_table[i].verb, name) == 0) {
			return &method_table[i];
		}
	}
	return NULL;
}

/* Fills verb, row and method for an exact name; name must outlive c. */
static bool look_up(struct ctl *c, const char *name)
{
	const struct verb *row = find_row(name);
	const struct method *method =
	    row && row->method ? method_find(row->method) : find_by_verb(name);

	if (!row && !method) {
		return false;
	}
	c->row = row;
	c->method = method;
	c->verb = row ? row->name : method->verb;
	return true;
}

struct nearest {
	const char *typed, *name;
	unsigned distance;
	bool group; /* the typed word begins verbs of two words */
	char members[160];
};

static void consider(void *arg, const struct ctl *verb)
{
	struct nearest *n = arg;
	size_t len = strlen(n->typed);
	unsigned distance = edit_distance(n->typed, verb->verb);

	if (distance < n->distance) {
		n->distance = distance;
		n->name = verb->verb;
	}
	if (strncmp(verb->verb, n->typed, len) == 0 && verb->verb[len] == ' ') {
		size_t used = strlen(n->members);

		snprintf(n->members + used, sizeof(n->members) - used, " %s", verb->verb + len + 1);
		n->group = true;
	}
}

static int explain_unknown(const char *const *words, int count, struct err *e)
{
	struct nearest n = {.typed = words[0], .distance = UINT32_MAX};
	char two[VERB_LEN_MAX];

	verb_each(consider, &n);
	if (n.group && count > 1) {
		snprintf(two, sizeof(two), "%s %s", words[0], words[1]);
		n.typed = two;
		n.distance = UINT32_MAX;
		verb_each(consider, &n);
	} else if (n.group) {
		err_set(e, ERR_USAGE, "%s what? one of:%s", words[0], n.members);
		err_hint(e, "bambuctl help");
		return -ENOENT;
	}
	if (n.distance <= NEAR_ENOUGH) {
		err_set(e, ERR_USAGE, "no verb \"%.40s\": did you mean \"%s\"?", n.typed, n.name);
	} else {
		err_set(e, ERR_USAGE, "no verb \"%.40s\" (the nearest is \"%s\")", n.typed, n.name);
	}
	err_hint(e, "bambuctl help");
	return -ENOENT;
}

/* The first count words as one name; false when that is longer than any verb. */
static bool join_words(char name[static VERB_LEN_MAX], const char *const *words, int count)
{
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		int n = snprintf(name + used, VERB_LEN_MAX - used, "%s%s", i ? " " : "", words[i]);

		if (n < 0 || (used += (size_t)n) >= VERB_LEN_MAX) {
			return false;
		}
	}
	return true;
}

void verb_order(const char **words, int count)
{
	const char *usual[2], *other[2], *swap;
	char name[VERB_LEN_MAX];
	struct ctl c = {0};

	if (count < 3) {
		return;
	}
	usual[0] = other[0] = words[0];
	usual[1] = words[1];
	other[1] = words[2];
	/* Only where the first word says nothing alone: in "ams load rack1" all is as it should be.
	 */
	if (look_up(&c, words[0]) || (join_words(name, usual, 2) && look_up(&c, name)) ||
	    !join_words(name, other, 2) || !look_up(&c, name)) {
		return;
	}
	swap = words[1];
	words[1] = words[2];
	words[2] = swap;
}

int verb_find(struct ctl *c, const char *const *words, int count, struct err *e)
{
	char name[VERB_LEN_MAX];

	c->words = words;
	if (count == 0) {
		look_up(c, "list");
		return 0;
	}
	for (int used = count < VERB_WORDS_MAX ? count : VERB_WORDS_MAX; used > 0; used--) {
		if (join_words(name, words, used) && look_up(c, name)) {
			c->words = words + used;
			c->word_count = count - used;
			return 0;
		}
	}
	return explain_unknown(words, count, e);
}

const struct column_set *verb_columns(const struct ctl *c)
{
	if (c->row && c->row->columns_of) {
		return c->row->columns_of(c);
	}
	return c->row ? c->row->columns : NULL;
}

bool verb_built(const struct ctl *c)
{
	if (c->row && (c->row->run || c->row->not_built)) {
		return !c->row->not_built;
	}
	return c->method && c->method->since;
}

const char *verb_usage(const struct ctl *c)
{
	if (c->row && c->row->usage) {
		return c->row->usage;
	}
	return c->method && c->method->usage ? c->method->usage : "";
}

const char *verb_help(const struct ctl *c)
{
	return c->row && c->row->help ? c->row->help : c->method->help;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void verb_each(void (*fn)(void *arg, const struct ctl *verb), void *arg)
{
	_cleanup_free_ const char **names = xcalloc(verb_count + method_count, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < verb_count; i++) {
		names[count++] = verb_table[i].name;
	}
	for (size_t i = 0; i < method_count; i++) {
		if (method_table[i].verb) {
			names[count++] = method_table[i].verb;
		}
	}
	qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count; i++) {
		struct ctl c = {0};

		if ((i == 0 || strcmp(names[i], names[i - 1]) != 0) && look_up(&c, names[i])) {
			fn(arg, &c);
		}
	}
}

/* Options that a verb of this version cannot honour are refused, never passed over. */
static int check_options(struct ctl *c)
{
	static const enum opt commands_only[] = {OPT_DRY_RUN, OPT_NO_WAIT};
	enum opt misplaced = args_misplaced(&c->args, c->verb);
	struct err e = {0};

	if (misplaced != OPT_COUNT) {
		return call_misuse(
		    c, "--%s does not go with %s", opt_table[misplaced].name, c->verb);
	}
	if (c->args.value[OPT_COLOR] && args_is_rgb(c->args.value[OPT_COLOR]) &&
	    strcmp(c->verb, "ams set") != 0) {
		return call_misuse(c, "--color is one of auto, always, never");
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands_only) && !act_is_command(c->method); i++) {
		if (c->args.given[commands_only[i]]) {
			return call_misuse(c, "--%s is for commands to a printer, not for %s",
			    opt_table[commands_only[i]].name, c->verb);
		}
	}
	if (!c->args.given[OPT_COLUMNS]) {
		return 0;
	}
	if (!verb_columns(c) || c->args.given[OPT_JSON]) {
		return call_misuse(c, "-o chooses columns, and there is no table here");
	}
	return table_check(verb_columns(c), c->args.value[OPT_COLUMNS], &e) < 0
		   ? out_fail(&c->out, &e)
		   : 0;
}

int verb_run(struct ctl *c)
{
	struct err e = {0};
	int status;

	if (!verb_built(c)) {
		err_set(&e, ERR_UNSUPPORTED, "%s: not in this version", c->verb);
		return out_fail(&c->out, &e);
	}
	if (c->args.err.type != ERR_NONE) {
		return out_fail(&c->out, &c->args.err);
	}
	status = check_options(c);
	if (status) {
		return status;
	}
	if (c->args.given[OPT_WATCH]) {
		return watch_run(c);
	}
	return c->row && c->row->run ? c->row->run(c) : call_verb(c);
}
