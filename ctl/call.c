/* SPDX-License-Identifier: MIT */
/* From words to a call, and its outcome printed: what nearly every verb does. */
#include "ctl/call.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "common/util.h"
#include "ctl/act.h"

#define SERIAL_PREFIX_MIN 6 /* what the daemon takes for a serial */
#define PARAM_DEPTH_MAX 16  /* as deep as the daemon takes a request */
#define NAMES_MAX 5

int call_misuse(struct ctl *c, const char *fmt, ...)
{
	struct err e = {0};
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&e, ERR_USAGE, "%s", text);
	err_hint(&e, "bambuctl %s %s", c->verb, verb_usage(c));
	return out_fail(&c->out, &e);
}

/* All words as one selector: "a b" is "a,b". */
static const char *join_words(struct ctl *c)
{
	for (; c->word_count > 0; c->word_count--, c->words++) {
		char *longer =
		    c->joined ? xasprintf("%s,%s", c->joined, *c->words) : xstrdup(*c->words);

		free(c->joined);
		c->joined = longer;
	}
	return c->joined;
}

const char *call_take_printer(struct ctl *c)
{
	const char *env = getenv("BAMBU_PRINTER");

	if (c->args.value[OPT_PRINTER]) {
		return c->args.value[OPT_PRINTER];
	}
	if (env && *env && !(c->row && c->row->farm)) {
		return env;
	}
	if (c->word_count > 0 && c->row && c->row->farm) {
		return join_words(c);
	}
	if (c->word_count > 0) {
		c->word_count--;
		c->printer = *c->words++;
	}
	return c->printer;
}

int call_open(struct ctl *c)
{
	const char *host = c->args.value[OPT_HOST], *path = c->args.value[OPT_SOCKET];
	int64_t timeout_ms = c->args.timeout_ms;
	struct err e = {0};
	int r = 0;

	if (c->client.fd < 0) {
		r = host ? client_open_host(&c->client, host, path, timeout_ms, &e)
			 : client_open(&c->client, path, timeout_ms, &e);
	}
	return r < 0 ? out_fail(&c->out, &e) : 0;
}

int call_exchange(struct ctl *c, const char *method, json_object *params, json_object **ret_reply)
{
	_cleanup_json_ json_object *taken = params;
	struct err e = {0};
	int status = call_open(c);

	if (status) {
		return status;
	}
	if (client_call(&c->client, method, TAKE(taken), ret_reply, &e) < 0) {
		return out_fail(&c->out, &e);
	}
	return 0;
}

int call_open_reply(struct ctl *c, json_object *reply, const char *hint, json_object **ret)
{
	json_object *result, *error = json_get_obj(reply, "error");
	struct err e = {0};

	if (error) {
		return out_fail_reply(&c->out, error, hint);
	}
	if (!json_object_object_get_ex(reply, "result", &result)) {
		err_set(&e, ERR_INTERNAL, "bambud answered with neither result nor error");
		return out_fail(&c->out, &e);
	}
	*ret = json_object_get(result);
	return 0;
}

int call_method(struct ctl *c, const char *method, json_object *params, json_object **ret)
{
	_cleanup_json_ json_object *reply = NULL;
	int status = call_exchange(c, method, params, &reply);

	return status ? status : call_open_reply(c, reply, NULL, ret);
}

int call_print(struct ctl *c, json_object *result, void (*show)(struct ctl *, json_object *))
{
	if (c->out.json != OUT_TEXT) {
		out_json(&c->out, result);
	} else if (show) {
		show(c, result);
	} else {
		out_text(&c->out, result);
	}
	return out_results_status(&c->out, result);
}

static json_object *split_words(const char *text)
{
	json_object *list = json_object_new_array();

	for (const char *p = text; p;) {
		size_t len = strcspn(p, ",");

		json_object_array_add(list, json_object_new_string_len(p, (int)len));
		p = p[len] ? p + len + 1 : NULL;
	}
	return list;
}

/* A word as the type of the parameter wants it. 0 with an owned value, or negative errno. */
static int convert(const struct method_param *p, const char *word, json_object **ret)
{
	int64_t integer;
	double number;
	bool yes;

	switch (p->type) {
	case PARAM_STRING:
	case PARAM_PRINTER:
		*ret = json_object_new_string(word);
		return 0;
	case PARAM_INT:
		if (parse_i64(word, INT64_MIN, INT64_MAX, &integer) < 0) {
			return -EINVAL;
		}
		*ret = json_object_new_int64(integer);
		return 0;
	case PARAM_NUMBER:
		if (parse_double(word, &number) < 0) {
			return -EINVAL;
		}
		*ret = json_object_new_double_s(number, word);
		return 0;
	case PARAM_BOOL:
		if (parse_bool(word, &yes) < 0) {
			return -EINVAL;
		}
		*ret = json_object_new_boolean(yes);
		return 0;
	case PARAM_STRINGS:
		*ret = split_words(word);
		return 0;
	case PARAM_INTS:
	case PARAM_OBJECT:
	case PARAM_ANY:
	case PARAM_COUNT:
		break;
	}
	return json_parse(word, strlen(word), PARAM_DEPTH_MAX, ret);
}

int call_set_param(
    struct ctl *c, json_object *params, const struct method_param *p, const char *word)
{
	json_object *value;

	if (convert(p, word, &value) < 0) {
		return call_misuse(
		    c, "\"%s\" is no %s for %s", word, param_type_name(p->type), p->name);
	}
	json_object_object_add(params, p->name, value);
	return 0;
}

/* "nozzle-max-c" is nozzle_max_c. */
static bool is_spelled(const char *option, const char *param)
{
	while (*option && (*option == *param || (*option == '-' && *param == '_'))) {
		option++;
		param++;
	}
	return *option == *param;
}

static bool means_param(enum opt opt, const struct method_param *p)
{
	if (!opt_table[opt].verbs) {
		return false;
	}
	return is_spelled(opt_table[opt].name, p->name) ||
	       (opt == OPT_TEMP && strcmp(p->name, "target_c") == 0);
}

/* An option that bears the name of a parameter is that parameter. */
static int set_from_option(struct ctl *c, json_object *params, const struct method_param *p)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		if (!c->args.given[i] || !means_param(i, p)) {
			continue;
		}
		if (c->args.value[i]) {
			return call_set_param(c, params, p, c->args.value[i]);
		}
		json_object_object_add(params, p->name, json_object_new_boolean(true));
	}
	return 0;
}

static bool takes_printer_word(const struct method *m)
{
	return m->params[0].name && m->params[0].type == PARAM_PRINTER;
}

/* What can only be meant to choose printers; "3,5" and JSON are parameters. */
static bool is_selector(const char *word)
{
	bool list = strchr(word, ',') && word[strspn(word, "0123456789,")] != '\0';

	return word[0] != '{' && (list || word[0] == '@' || strpbrk(word, "*?[") ||
				     str_starts(word, "model=") || str_starts(word, "tag="));
}

/* Whether the first word may be left to the parameters: there is one printer, and it is not called
 * so. Without a daemon it is taken for a printer: the call itself will say what is wrong. */
static bool means_no_printer(struct ctl *c, const char *word)
{
	_cleanup_json_ json_object *reply = NULL;
	json_object *list, *only;
	const char *serial;
	struct err e = {0};

	if (c->args.value[OPT_HOST] || is_selector(word) ||
	    (c->client.fd < 0 &&
		client_open(&c->client, c->args.value[OPT_SOCKET], c->args.timeout_ms, &e) < 0)) {
		return false;
	}
	if (call_method(c, "printer.list", NULL, &reply)) {
		return false;
	}
	list = json_get_arr(reply, "printers");
	if (!list || json_object_array_length(list) != 1) {
		return false;
	}
	only = json_object_array_get_idx(list, 0);
	serial = json_get_str(only, "serial");
	return strcmp(word, json_get_str(only, "name")) != 0 &&
	       !(serial && strlen(word) >= SERIAL_PREFIX_MIN && str_starts(serial, word));
}

/* A command whose words are all parameters: the printer is left out. */
static bool leaves_printer_out(struct ctl *c)
{
	const char *env = getenv("BAMBU_PRINTER");

	return act_takes_words(c->method) && c->word_count > 0 && !c->args.value[OPT_PRINTER] &&
	       !(env && *env) && means_no_printer(c, c->words[0]);
}

static const struct method_param *next_free(const struct method *m, json_object *params)
{
	for (size_t i = 0; i < method_param_count(m); i++) {
		if (!(i == 0 && takes_printer_word(m)) && m->params[i].type != PARAM_BOOL &&
		    !json_object_object_get_ex(params, m->params[i].name, NULL)) {
			return &m->params[i];
		}
	}
	return NULL;
}

/* 0 or the exit status, reported. */
static int fill_params(struct ctl *c, json_object *params)
{
	const struct method *m = c->method;
	const char *printer = NULL;
	int status = 0, words_max = c->row && c->row->show ? c->row->words_max : -1;

	for (size_t i = 0; i < method_param_count(m) && !status; i++) {
		if (m->params[i].type == PARAM_PRINTER) {
			printer = !takes_printer_word(m)  ? c->args.value[OPT_PRINTER]
				  : leaves_printer_out(c) ? NULL
							  : call_take_printer(c);
			if (printer) {
				status = call_set_param(c, params, &m->params[i], printer);
			}
		} else {
			status = set_from_option(c, params, &m->params[i]);
		}
	}
	if (!status && !printer && c->args.value[OPT_PRINTER]) {
		status = call_misuse(c, "%s is not about a printer", c->verb);
	}
	if (!status && words_max >= 0 && c->word_count > words_max) {
		status = call_misuse(c, "unexpected \"%s\"", c->words[words_max]);
	}
	if (!status && act_is_command(m)) {
		return act_words(c, params);
	}
	for (int i = 0; i < c->word_count && !status; i++) {
		const struct method_param *p = next_free(m, params);

		status = p ? call_set_param(c, params, p, c->words[i])
			   : call_misuse(c, "unexpected \"%s\"", c->words[i]);
	}
	return status;
}

/* "which printer? there are 7: a, b, c, d, e and 2 more", as the daemon asks. */
static void ask_which(json_object *list, struct err *e)
{
	size_t count = json_object_array_length(list);
	_cleanup_free_ char *names = NULL, *more = NULL;

	for (size_t i = 0; i < count && i < NAMES_MAX; i++) {
		const char *name = json_get_str(json_object_array_get_idx(list, i), "name");
		char *longer =
		    xasprintf("%s%s%s", i > 0 ? names : "", i > 0 ? ", " : "", name ? name : "?");

		free(names);
		names = longer;
	}
	more = count > NAMES_MAX ? xasprintf(" and %zu more", count - NAMES_MAX) : xstrdup("");
	err_set(e, ERR_AMBIGUOUS_PRINTER, "which printer? there are %zu: %s%s", count, names, more);
}

int call_only_printer(struct ctl *c, char **ret)
{
	_cleanup_json_ json_object *result = NULL;
	struct err e = {0};
	int status = call_method(c, "printer.list", NULL, &result);
	json_object *list = json_get_arr(result, "printers");
	size_t count = list ? json_object_array_length(list) : 0;
	const char *name;

	if (status) {
		return status;
	}
	if (count == 0) {
		err_set(&e, ERR_NO_SUCH_PRINTER, "no printer is configured");
		return out_fail(&c->out, &e);
	}
	if (count > 1) {
		ask_which(list, &e);
		err_hint(&e, "bambuctl %s %s", c->verb, verb_usage(c));
		return out_fail(&c->out, &e);
	}
	name = json_get_str(json_object_array_get_idx(list, 0), "name");
	*ret = xstrdup(name ? name : "");
	return 0;
}

static bool has_param(const struct method *m, const char *name)
{
	for (size_t i = 0; i < method_param_count(m); i++) {
		if (strcmp(m->params[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

/* The parameter by which the user may agree to what was refused; NULL = it was refused for good. */
static const char *consent_param(const struct method *m, json_object *reply)
{
	json_object *data = json_get_obj(json_get_obj(reply, "error"), "data");
	const char *word = json_get_str(data, "type"), *param = NULL;
	const char *hint = json_get_str(data, "hint");
	enum err_type type = word ? err_by_name(word) : ERR_NONE;

	if (type == ERR_AMBIGUOUS_PRINTER) {
		param = "many";
	} else if (type == ERR_GUARD && hint && strstr(hint, "\"confirm\"")) {
		/* Other guards are not opened by a yes. */
		param = "confirm";
	}
	return param && has_param(m, param) ? param : NULL;
}

bool call_ask(struct ctl *c, const char *question)
{
	_cleanup_free_ char *what = out_safe(&c->out, question);
	char answer[8];

	if (c->out.json != OUT_TEXT || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		return false;
	}
	out_release(&c->out);
	fprintf(c->out.errors, "%s\nGo on? [y/N] ", what);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* --yes answers beforehand what the daemon would have asked; so does a call that does nothing. */
static bool add_consent(struct ctl *c, json_object *params)
{
	static const char *const asked[] = {"many", "confirm"};
	bool given = c->args.given[OPT_YES] || c->args.given[OPT_DRY_RUN];

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		if (given && has_param(c->method, asked[i])) {
			json_object_object_add(params, asked[i], json_object_new_boolean(true));
		}
	}
	return given;
}

int call_with_consent(struct ctl *c, json_object *params, json_object **ret)
{
	bool given = add_consent(c, params);

	for (;;) {
		_cleanup_json_ json_object *reply = NULL;
		int status = call_exchange(c, c->method->name, json_object_get(params), &reply);
		const char *param;

		if (status) {
			return status;
		}
		param = given ? NULL : consent_param(c->method, reply);
		if (!param || json_object_object_get_ex(params, param, NULL) ||
		    !call_ask(c, json_get_str(json_get_obj(reply, "error"), "message"))) {
			return call_open_reply(c, reply, param ? "the same with --yes" : NULL, ret);
		}
		/* The user's time is not the daemon's. */
		client_deadline(&c->client, c->args.timeout_ms);
		json_object_object_add(params, param, json_object_new_boolean(true));
	}
}

int call_verb(struct ctl *c)
{
	_cleanup_json_ json_object *params = json_object_new_object(), *result = NULL;
	const struct method_param *first;
	_cleanup_free_ char *only = NULL;
	struct err e = {0};
	int status;

	act_method(c);
	first = &c->method->params[0];
	status = fill_params(c, params);
	if (!status && takes_printer_word(c->method) && first->required &&
	    !json_object_object_get_ex(params, first->name, NULL)) {
		status = call_only_printer(c, &only);
		if (!status) {
			json_object_object_add(params, "printer", json_object_new_string(only));
		}
	}
	if (status) {
		return status;
	}
	if (act_is_command(c->method)) {
		act_options(c, params);
	}
	if (method_check(c->method, params, &e) < 0) {
		return call_misuse(c, "%s", e.message);
	}
	status = call_with_consent(c, params, &result);
	if (status) {
		return status;
	}
	if (act_is_command(c->method) && c->out.json == OUT_TEXT) {
		return act_print(&c->out, c->method->name, params, result);
	}
	return call_print(c, result, c->row ? c->row->show : NULL);
}
