/* SPDX-License-Identifier: MIT */
/* The command line taken apart: options anywhere, words in their order. One table of options. */
#include "ctl/args.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"

static const char *const json_words[] = {"pretty", "short", NULL};
static const char *const region_words[] = {"global", "china", "custom", NULL};
static const char *const color_words[] = {"auto", "always", "never", NULL};

#define CLOUD_READS                                                                                \
	"account preferences,account profile,cloud device,cloud version,cloud files,cloud prints," \
	"cloud slicer-resources,cloud slicer-setting,cloud slicer-settings,cloud snapshot-url,"    \
	"cloud video-url,messages,notifications,project,projects,task,tasks"

const struct opt_row opt_table[OPT_COUNT] = {
    [OPT_PRINTER] = {"printer", 'p', OPT_VALUE_NEEDED, "SEL",
	.help = "printer: a name, serial, glob, @group, model= or tag= (comma = or)"},
    [OPT_HOST] = {"host", 'H', OPT_VALUE_NEEDED, "[USER@]HOST",
	.help = "talk to the daemon of another host through ssh"},
    [OPT_SOCKET] = {"socket", 0, OPT_VALUE_NEEDED, "PATH", .help = "control socket of the daemon"},
    [OPT_JSON] = {"json", 0, OPT_VALUE_OPTIONAL, "pretty|short", json_words,
	.help = "print the daemon's objects (pretty on a terminal, else short)"},
    [OPT_COLUMNS] = {"columns", 'o', OPT_VALUE_NEEDED, "COLS",
	.help = "columns of a table, by name, comma-separated"},
    [OPT_NO_LEGEND] = {"no-legend", 'n', .help = "no headings, no summary"},
    [OPT_COLOR] = {"color", 0, OPT_VALUE_NEEDED, "auto|always|never", color_words,
	.help = "colour the output (auto: on a terminal, unless NO_COLOR is set); ams set: "
		"RRGGBB[AA] of the filament"},
    [OPT_NO_PAGER] = {"no-pager", 0, .help = "never pipe the output through a pager"},
    [OPT_QUIET] = {"quiet", 'q', .help = "results only, no remarks"},
    [OPT_VERBOSE] = {"verbose", 'v', .help = "more detail: whole serials, links to explanations"},
    [OPT_TIMEOUT] = {"timeout", 0, OPT_VALUE_NEEDED, "TIME",
	.help = "give up after this time (500ms, 30s, 2min); default 10s, to change filament or to "
		"start a print 3min, files, mkdir, rm 1min, put, fetch, wait: never"},
    [OPT_YES] = {"yes", 0, .help = "do not ask for confirmation"},
    [OPT_DRY_RUN] = {"dry-run", 0, .help = "check a command and show it, do not send it"},
    [OPT_NO_WAIT] = {"no-wait", 0, .help = "do not wait for the effect of a command"},
    [OPT_HELP] = {"help", 'h', .help = "show help, of a verb when one is given"},
    [OPT_VERSION] = {"version", 'V', .help = "show the version"},
    [OPT_ACTION] = {"action", 0, OPT_VALUE_NEEDED, "ACTION", .verbs = "notifications",
	.help = "only of this action, as upload"},
    [OPT_ADDRESS] = {"address", 0, OPT_VALUE_NEEDED, "ADDRESS", .verbs = "printer add,printer set",
	.help = "where the printer is in the local network"},
    [OPT_AFTER] = {"after", 0, OPT_VALUE_NEEDED, "ID", .verbs = "tasks,messages",
	.help = "go on behind this one"},
    [OPT_ALL] = {"all", 0, .verbs = "hms", .help = "mere information too"},
    [OPT_AMS] = {"ams", 0, OPT_VALUE_NEEDED, "auto|SLOTS", .verbs = "print",
	.help = "slot of each filament the plate uses (A1,ext,3 or 1=A1,3=B2); auto chooses"},
    [OPT_BED_TYPE] = {"bed-type", 0, OPT_VALUE_NEEDED, "TYPE", .verbs = "print",
	.help = "bed plate the printer is to expect, as textured_plate"},
    [OPT_CHECK] = {"check", 0, .verbs = "print", .help = "say what would happen, start nothing"},
    [OPT_CODE] = {"code", 0, OPT_VALUE_NEEDED, "CODE", .verbs = "hms-action",
	.help = "print error the answer is for, as 0300-8004; left out = the one shown"},
    [OPT_CODE_STDIN] = {"code-stdin", 0, .verbs = "bind,printer add,printer set",
	.help = "read the code the printer shows from stdin"},
    [OPT_CSV] = {"csv", 0, .verbs = "history",
	.help = "comma-separated values, all that there are"},
    [OPT_DATA] = {"data", 'd', OPT_VALUE_NEEDED, "JSON|-", .verbs = "api",
	.help = "body of the request; -: from stdin"},
    [OPT_DIAMETER_MM] = {"diameter-mm", 0, OPT_VALUE_NEEDED, "MM",
	.verbs = "kprofile,kprofile set,kprofile delete", .help = "diameter of the nozzle"},
    [OPT_EMAIL] = {"email", 0, OPT_VALUE_NEEDED, "EMAIL", .verbs = "login",
	.help = "e-mail address or telephone number of the account"},
    [OPT_EVERY] = {"every", 0, OPT_VALUE_NEEDED, "layer|TIME|N%", .verbs = "camera timelapse",
	.help =
	    "when to take a picture: at each layer, after this time (30s), at each step of percent "
	    "(10%)"},
    [OPT_EXPECT] = {"expect", 0, OPT_VALUE_NEEDED, "JOB", .verbs = "pause,resume,stop",
	.help = "act only while this job is printing"},
    [OPT_FILAMENT] = {"filament", 0, OPT_VALUE_NEEDED, "PROFILE",
	.verbs = "kprofile,kprofile set,kprofile delete", .help = "filament profile it belongs to"},
    [OPT_FILE] = {"file", 0, OPT_VALUE_NEEDED, "FILE", .verbs = "gcode",
	.help = "read the lines from a file (also -f FILE)"},
    [OPT_FILES] = {"files", 0, .verbs = "record,daemon report",
	.help = "keep the names of files and jobs"},
    [OPT_FLOW_CALI] = {"flow-cali", 0, .verbs = "print", .help = "calibrate the flow first"},
    [OPT_FOLLOW] = {"follow", 'f', .verbs = "events", .help = "print events as they come"},
    [OPT_FOR] = {"for", 0, OPT_VALUE_NEEDED, "TIME", .verbs = "camera record,record",
	.help = "how long (30s, 10min); left out = until Ctrl-C"},
    [OPT_FPS] = {"fps", 0, OPT_VALUE_NEEDED, "N", .verbs = "camera timelapse",
	.help = "pictures a second of the video, 24 unless told"},
    [OPT_HOURS] = {"hours", 0, OPT_VALUE_NEEDED, "N", .verbs = "ams dry",
	.help = "how long to dry"},
    [OPT_KIND] = {"kind", 0, OPT_VALUE_NEEDED, "KIND", .verbs = "events", .repeats = true,
	.help = "only events of this kind (print.*, hms.raised ...); may be repeated"},
    [OPT_LANG] = {"lang", 0, OPT_VALUE_NEEDED, "LANG", .verbs = "hms text",
	.help = "language of the text"},
    [OPT_LAYER_INSPECT] = {"layer-inspect", 0, .verbs = "print", .help = "inspect the first layer"},
    [OPT_LIMIT] = {"limit", 0, OPT_VALUE_NEEDED, "N",
	.verbs = "events,history,messages,projects,tasks",
	.help = "at most this many; of the cloud 100 at once"},
    [OPT_MAX_AGE] = {"max-age", 0, OPT_VALUE_NEEDED, "TIME", .verbs = "snapshot",
	.help = "a picture up to this old will do (default 10s); 0 = a new one"},
    [OPT_MAX_FRAMES] = {"max-frames", 0, OPT_VALUE_NEEDED, "N", .verbs = "camera record",
	.help = "at most so many pictures"},
    [OPT_MODE] = {"mode", 0, OPT_VALUE_NEEDED, "0|1|2", .verbs = "buzzer",
	.help = "silent, alarm or beep; left out = beep"},
    [OPT_NOZZLE] = {"nozzle", 0, OPT_VALUE_NEEDED, "0|1",
	.verbs = "extrude,kprofile set,kprofile delete", .help = "which nozzle"},
    [OPT_NOZZLE_MAX_C] = {"nozzle-max-c", 0, OPT_VALUE_NEEDED, "CELSIUS", .verbs = "ams set",
	.help = "highest nozzle temperature"},
    [OPT_NOZZLE_MIN_C] = {"nozzle-min-c", 0, OPT_VALUE_NEEDED, "CELSIUS", .verbs = "ams set",
	.help = "lowest nozzle temperature"},
    [OPT_NO_AMS] = {"no-ams", 0, .verbs = "print", .help = "print from the external spool"},
    [OPT_NO_LEVEL] = {"no-level", 0, .verbs = "print", .help = "do not level the bed first"},
    [OPT_NO_VIBRATION] = {"no-vibration", 0, .verbs = "print",
	.help = "do not measure vibrations first"},
    [OPT_NO_VIDEO] = {"no-video", 0, .verbs = "camera timelapse",
	.help = "leave it at the pictures"},
    [OPT_PAGE] = {"page", 0, OPT_VALUE_NEEDED, "N", .verbs = "projects",
	.help = "page of the list, from 1"},
    [OPT_PIN] = {"pin", 0, OPT_VALUE_NEEDED, "HEX", .verbs = "printer trust",
	.help = "trust this key (sha256 in hex) without asking"},
    [OPT_PLATE] = {"plate", 0, OPT_VALUE_NEEDED, "N", .verbs = "inspect,print",
	.help = "this plate (alone)"},
    [OPT_PROFILE] = {"profile", 0, OPT_VALUE_NEEDED, "PROFILE", .verbs = "ams set",
	.help = "filament profile, as GFL99"},
    [OPT_QUERY] = {"query", 0, OPT_VALUE_NEEDED, "KEY=VALUE", .verbs = "api", .repeats = true,
	.help = "parameter of the request (also -q KEY=VALUE); may be repeated"},
    [OPT_RAW] = {"raw", 0, .verbs = "status,get," CLOUD_READS,
	.help = "status: the vendor's own values; get: text without escaping; of the cloud: its "
		"answer as it came"},
    [OPT_REGION] = {"region", 0, OPT_VALUE_NEEDED, "global|china|custom", region_words,
	.verbs = "login", .help = "where the account lives; left out = as configured"},
    [OPT_ROTATE] = {"rotate", 0, .verbs = "ams dry", .help = "turn the spools meanwhile"},
    [OPT_SENSITIVITY] = {"sensitivity", 0, OPT_VALUE_NEEDED, "low|medium|high|never_halt",
	.verbs = "xcam", .help = "how soon it acts"},
    [OPT_SERIAL] = {"serial", 0, OPT_VALUE_NEEDED, "SERIAL", .verbs = "printer add",
	.help = "serial number, as on its label"},
    [OPT_SHOW] = {"show", 0, .verbs = "printer trust,camera ttcode,camera url,snapshot",
	.help = "printer trust: show it, change nothing; camera ttcode, camera url: with the "
		"secrets; snapshot: draw the picture in the terminal"},
    [OPT_SINCE] = {"since", 0, OPT_VALUE_NEEDED, "CURSOR|TIME",
	.verbs = "events,history,history stats",
	.help = "only events after this cursor; only what is of this last time (10min, of prints "
		"7d too) or since (RFC 3339)"},
    [OPT_SLOT] = {"slot", 0, OPT_VALUE_NEEDED, "SLOT", .verbs = "ams unload",
	.help = "slot to unload; left out = the active one"},
    [OPT_SPEED] = {"speed", 0, OPT_VALUE_NEEDED, "MM/MIN", .verbs = "move", .help = "how fast"},
    [OPT_STOP] = {"stop", 0, .verbs = "ams dry", .help = "end it instead"},
    [OPT_TEMP] = {"temp", 0, OPT_VALUE_NEEDED, "CELSIUS", .verbs = "ams dry,ams load",
	.help = "temperature to dry or to load at"},
    [OPT_THUMBNAIL] = {"thumbnail", 0, OPT_VALUE_NEEDED, "OUT.png", .verbs = "inspect",
	.help = "write the picture of the plate to this file"},
    [OPT_TIMELAPSE] = {"timelapse", 0, .verbs = "print", .help = "record a timelapse"},
    [OPT_TOKEN_STDIN] = {"token-stdin", 0, .verbs = "login",
	.help = "read a token got elsewhere, in place of signing in"},
    [OPT_TYPE] = {"type", 0, OPT_VALUE_NEEDED, "TYPE", .verbs = "ams set,ams dry,messages",
	.help = "material, as PLA; messages: kind, a number"},
    [OPT_UNREAD] = {"unread", 0, .verbs = "notifications", .help = "only unread ones"},
    [OPT_UNTIL] = {"until", 0, OPT_VALUE_NEEDED, "EVENT|KEY=VALUE", .verbs = "wait",
	.help = "an event (print.finished, hms.*) or a key with = != < <= > >= and a value"},
    [OPT_WAIT] = {"wait", 0, .verbs = "print", .help = "wait until it prints, not only prepares"},
    [OPT_WATCH] = {"watch", 'w', .verbs = "list,status", .help = "keep showing it as it changes"},
};

static void complain(struct args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void complain(struct args *a, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	if (a->err.type != ERR_NONE) {
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&a->err, ERR_USAGE, "%s", text);
	err_hint(&a->err, "bambuctl help");
}

static bool among(const char *const *words, const char *value)
{
	for (; *words; words++) {
		if (strcmp(*words, value) == 0) {
			return true;
		}
	}
	return false;
}

bool args_is_rgb(const char *value)
{
	size_t len = strspn(value, "0123456789abcdefABCDEF");

	return value[len] == '\0' && (len == 6 || len == 8);
}

static void take_value(struct args *a, enum opt opt, const char *value)
{
	const struct opt_row *row = &opt_table[opt];
	char *old = a->value[opt];

	if (row->words && !among(row->words, value) && !(opt == OPT_COLOR && args_is_rgb(value))) {
		complain(a, "--%s is one of %s", row->name, row->value_name);
		return;
	}
	if (opt == OPT_TIMEOUT && (parse_duration_ms(value, &a->timeout_ms) < 0 ||
				      a->timeout_ms < 1 || a->timeout_ms > 24 * 3600 * 1000)) {
		a->timeout_ms = ARGS_TIMEOUT_MS;
		complain(a, "\"%s\" is not a time such as 500ms, 10s or 2min", value);
		return;
	}
	a->value[opt] = old && row->repeats ? xasprintf("%s,%s", old, value) : xstrdup(value);
	free(old);
}

/* Returns how many further argv entries it used (0 or 1). */
static int take_option(
    struct args *a, enum opt opt, const char *attached, const char *next, const char *as_typed)
{
	const struct opt_row *row = &opt_table[opt];

	a->given[opt]++;
	if (row->value == OPT_VALUE_NONE) {
		if (attached) {
			complain(a, "%s takes no value", as_typed);
		}
		return 0;
	}
	if (!attached && row->value == OPT_VALUE_NEEDED) {
		if (!next) {
			complain(a, "%s needs a value", as_typed);
			return 0;
		}
		take_value(a, opt, next);
		return 1;
	}
	if (attached) {
		take_value(a, opt, attached);
	}
	return 0;
}

/* The option of a word "--name" or "--name=value"; OPT_COUNT = unknown. */
static enum opt find_long(const char *word)
{
	size_t len = strcspn(word, "=") - 2;
	enum opt opt = 0;

	while (opt < OPT_COUNT && !(strlen(opt_table[opt].name) == len &&
				      strncmp(opt_table[opt].name, word + 2, len) == 0)) {
		opt++;
	}
	return opt;
}

static enum opt find_letter(char letter)
{
	enum opt opt = 0;

	while (opt < OPT_COUNT && opt_table[opt].letter != letter) {
		opt++;
	}
	return opt;
}

static int take_long(struct args *a, const char *word, const char *next)
{
	const char *equals = strchr(word, '=');
	enum opt opt = find_long(word);

	if (opt == OPT_COUNT) {
		complain(a, "unknown option %s", word);
		return 0;
	}
	return take_option(a, opt, equals ? equals + 1 : NULL, next, word);
}

/* "-nq" is two options, "-ox" one with its value. */
static int take_letters(struct args *a, const char *word, const char *next)
{
	for (const char *p = word + 1; *p; p++) {
		enum opt opt = find_letter(*p);

		/* A file to most programs; here the letter had its meaning already. */
		if (opt == OPT_FOLLOW && a->word_count > 0 && strcmp(a->words[0], "gcode") == 0) {
			opt = OPT_FILE;
		}
		if (opt == OPT_QUIET && a->word_count > 0 && strcmp(a->words[0], "api") == 0) {
			opt = OPT_QUERY;
		}
		if (opt == OPT_COUNT) {
			complain(a, "unknown option %s", word);
			return 0;
		}
		if (opt_table[opt].value == OPT_VALUE_NEEDED) {
			return take_option(a, opt, p[1] ? p + 1 : NULL, next, word);
		}
		take_option(a, opt, NULL, NULL, word);
	}
	return 0;
}

/* "-5" is a number, not an option: coordinates and temperatures may be negative. */
static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] && !(word[1] >= '0' && word[1] <= '9') && word[1] != '.';
}

enum opt args_wants_value(const char *word)
{
	enum opt opt;

	if (!is_option(word)) {
		return OPT_COUNT;
	}
	if (word[1] == '-') {
		opt = strchr(word, '=') ? OPT_COUNT : find_long(word);
		return opt < OPT_COUNT && opt_table[opt].value == OPT_VALUE_NEEDED ? opt
										   : OPT_COUNT;
	}
	for (const char *p = word + 1; *p; p++) {
		opt = find_letter(*p);
		if (opt == OPT_COUNT || opt_table[opt].value == OPT_VALUE_NEEDED) {
			return p[1] ? OPT_COUNT : opt;
		}
	}
	return OPT_COUNT;
}

void args_parse(struct args *a, int argc, char **argv)
{
	bool ended = false;

	memset(a, 0, sizeof(*a));
	a->timeout_ms = ARGS_TIMEOUT_MS;
	a->words = xcalloc((size_t)argc + 1, sizeof(*a->words));
	for (int i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;

		if (ended || !is_option(argv[i])) {
			a->words[a->word_count++] = argv[i];
		} else if (strcmp(argv[i], "--") == 0) {
			ended = true;
		} else if (argv[i][1] == '-') {
			i += take_long(a, argv[i], next);
		} else {
			i += take_letters(a, argv[i], next);
		}
	}
}

void args_finish(struct args *a)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		free(a->value[i]);
	}
	free(a->words);
}

bool opt_fits(enum opt opt, const char *verb)
{
	size_t len = strlen(verb);
	const char *p = opt_table[opt].verbs;

	if (!p) {
		return true;
	}
	while (p) {
		p += *p == ',';
		if (strncmp(p, verb, len) == 0 && (p[len] == ',' || p[len] == '\0')) {
			return true;
		}
		p = strchr(p, ',');
	}
	return false;
}

enum opt args_misplaced(const struct args *a, const char *verb)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		if (a->given[i] && !opt_fits(i, verb)) {
			return i;
		}
	}
	return OPT_COUNT;
}
