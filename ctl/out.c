/* SPDX-License-Identifier: MIT */
/* Where and how things are printed: stream, colour, character set; errors. */
#include "ctl/out.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "common/text.h"
#include "common/util.h"
#include "ctl/args.h"
#include "ctl/pager.h"

static const char *const color_codes[OUT_COLOR_COUNT] = {
    [OUT_PLAIN] = "\033[0m",
    [OUT_RED] = "\033[31m",
    [OUT_YELLOW] = "\033[33m",
    [OUT_GREEN] = "\033[32m",
    [OUT_BOLD] = "\033[1m",
    [OUT_DIM] = "\033[2m",
};

bool out_wants_color(const struct args *a, bool tty)
{
	const char *choice = a->value[OPT_COLOR];
	const char *off = getenv("NO_COLOR"), *term = getenv("TERM");

	if (choice && strcmp(choice, "auto") != 0) {
		return strcmp(choice, "always") == 0;
	}
	return tty && !(off && *off) && term && strcmp(term, "dumb") != 0;
}

static enum out_json json_form(const struct args *a, bool tty)
{
	if (!a->given[OPT_JSON]) {
		return OUT_TEXT;
	}
	if (a->value[OPT_JSON]) {
		return strcmp(a->value[OPT_JSON], "pretty") == 0 ? OUT_JSON_PRETTY : OUT_JSON_SHORT;
	}
	return tty ? OUT_JSON_PRETTY : OUT_JSON_SHORT;
}

void out_set_now(struct out *o)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	o->now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A terminal is measured, and its output held until its length is known. */
static void use_terminal(struct out *o, const struct args *a)
{
	const char *term = getenv("TERM");
	struct winsize size;
	FILE *memory;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
		o->width = size.ws_col;
		o->rows = size.ws_row;
	}
	if (a->given[OPT_NO_PAGER] || !term || strcmp(term, "dumb") == 0) {
		return;
	}
	memory = open_memstream(&o->held, &o->held_size);
	if (memory) {
		o->f = memory;
		o->holding = true;
	}
}

void out_release(struct out *o)
{
	if (!o->holding) {
		return;
	}
	fclose(o->f);
	o->f = stdout;
	o->holding = false;
	if (o->rows == 0 || pager_rows(o->held, o->held_size, o->width) < o->rows ||
	    !pager_show(o->held, o->held_size)) {
		fwrite(o->held, 1, o->held_size, o->f);
	}
	free(TAKE(o->held));
}

void out_init(struct out *o, const struct args *a)
{
	bool tty = isatty(STDOUT_FILENO);

	*o = (struct out){
	    .f = stdout,
	    .errors = stderr,
	    .json = json_form(a, tty),
	    .legend = !a->given[OPT_NO_LEGEND],
	    .quiet = a->given[OPT_QUIET],
	    .verbose = a->given[OPT_VERBOSE],
	    .columns = a->value[OPT_COLUMNS],
	};
	out_set_now(o);
	if (tty) {
		use_terminal(o, a);
	}
	if (o->json != OUT_TEXT) {
		return; /* JSON is the same in every locale: save the time of loading one */
	}
	setlocale(LC_CTYPE, "");
	o->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	o->ascii_only = tty && !o->utf8;
	o->color = out_wants_color(a, tty);
}

const char *out_color(const struct out *o, enum out_color c)
{
	return o->color ? color_codes[c] : "";
}

static char *to_ascii(char *text)
{
	size_t len = strlen(text);
	char *plain = xmalloc(4 * len + 1), *p = plain;

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < 0x80) {
			*p++ = text[i];
		} else {
			p += snprintf(p, 5, "\\x%02x", (unsigned char)text[i]);
		}
	}
	*p = '\0';
	free(text);
	return plain;
}

char *out_safe(const struct out *o, const char *s)
{
	char *text;

	if (!s) {
		return xstrdup("-");
	}
	text = text_escape(s, strlen(s));
	return o->ascii_only ? to_ascii(text) : text;
}

char *out_member(const struct out *o, json_object *obj, const char *key)
{
	return out_safe(o, json_get_str(obj, key));
}

char *out_hint_text(const struct out *o, const char *hint)
{
	_cleanup_free_ char *safe = out_safe(o, hint);

	if (!hint || !*hint) {
		return xstrdup("");
	}
	if (str_starts(hint, "bambuctl ") || str_starts(hint, "systemctl ")) {
		return xasprintf("  try: %s", safe);
	}
	return xasprintf("  (%s)", safe);
}

/* Characters, not bytes. */
static size_t text_width(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++) {
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	}
	return width;
}

void out_fold(const struct out *o, size_t column, size_t indent, const char *text)
{
	bool first = true;

	while (*text) {
		size_t blanks = strspn(text, " "), len = strcspn(text + blanks, " ");
		size_t width = blanks + text_width(text + blanks, len);

		if (!first && o->width > 0 && column + width > o->width) {
			fprintf(o->f, "\n%*s", (int)indent, "");
			column = indent;
			text += blanks;
			width -= blanks;
			blanks = 0;
		}
		fwrite(text, 1, blanks + len, o->f);
		column += width;
		text += blanks + len;
		first = false;
	}
}

static void say(struct out *o, const char *printer, const char *message, const char *hint)
{
	_cleanup_free_ char *who = out_safe(o, printer), *what = out_safe(o, message);
	_cleanup_free_ char *tail = out_hint_text(o, hint);
	bool named = printer && *printer && !strstr(what, who);

	out_release(o);
	fflush(o->f); /* what was printed so far comes first */
	fprintf(o->errors, "bambuctl: %s%s%s%s\n", named ? who : "", named ? ": " : "", what, tail);
}

void out_note(struct out *o, const char *text)
{
	if (!o->quiet) {
		out_release(o);
		fflush(o->f);
		fprintf(o->errors, "bambuctl: %s\n", text);
	}
}

static json_object *error_object(const struct err *e)
{
	json_object *error = json_object_new_object(), *data = json_object_new_object();

	json_object_object_add(error, "code", json_object_new_int(err_code(e->type)));
	json_object_object_add(error, "message", json_object_new_string(e->message));
	json_object_object_add(data, "type", json_object_new_string(err_name(e->type)));
	if (*e->printer) {
		json_object_object_add(data, "printer", json_object_new_string(e->printer));
	}
	if (*e->hint) {
		json_object_object_add(data, "hint", json_object_new_string(e->hint));
	}
	json_object_object_add(error, "data", data);
	return error;
}

static void print_error_json(struct out *o, json_object *error)
{
	_cleanup_json_ json_object *root = json_object_new_object();

	if (o->json != OUT_TEXT) {
		json_object_object_add(root, "error", json_object_get(error));
		out_json(o, root);
	}
}

int out_fail(struct out *o, const struct err *e)
{
	_cleanup_json_ json_object *error = error_object(e);

	print_error_json(o, error);
	say(o, e->printer, e->message, e->hint);
	return err_exit(e->type);
}

int out_error_status(json_object *error)
{
	const char *word = json_get_str(json_get_obj(error, "data"), "type");
	enum err_type type = word ? err_by_name(word) : ERR_NONE;
	int64_t code = 0;

	if (type != ERR_NONE) {
		return err_exit(type);
	}
	json_get_i64(error, "code", &code); /* a type of a newer daemon: its code still counts */
	if (code < 0) {
		return err_exit(ERR_USAGE);
	}
	return code >= 1 && code <= 125 ? (int)code : err_exit(ERR_INTERNAL);
}

static void say_reply(struct out *o, json_object *error, const char *hint)
{
	json_object *data = json_get_obj(error, "data");
	const char *message = json_get_str(error, "message");

	say(o, json_get_str(data, "printer"), message ? message : "error without a message",
	    hint ? hint : json_get_str(data, "hint"));
}

int out_fail_reply(struct out *o, json_object *error, const char *hint)
{
	print_error_json(o, error);
	say_reply(o, error, hint);
	return out_error_status(error);
}

int out_results_status(struct out *o, json_object *result)
{
	json_object *results = json_get_arr(result, "results");
	size_t count = results ? json_object_array_length(results) : 0;
	int worst = 0;

	for (size_t i = 0; i < count; i++) {
		json_object *error = json_get_obj(json_object_array_get_idx(results, i), "error");

		if (error) {
			int status = out_error_status(error);

			say_reply(o, error, NULL);
			worst = status > worst ? status : worst;
		}
	}
	return worst;
}
