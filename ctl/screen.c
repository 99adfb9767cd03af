/* SPDX-License-Identifier: MIT */
/* `watch` and `top` on a terminal: the table, or one printer's block, drawn anew whenever it
 * changes. */
#include "ctl/screen.h"

#include <string.h>
#include <sys/ioctl.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/fmt.h"
#include "ctl/follow.h"
#include "ctl/show.h"

#define REFRESH_MS 1000 /* ages grow while nothing happens */
#define PAUSE_MS 250	/* not oftener, whatever happens */
#define FETCH_MS 10000	/* how long the daemon may take */
#define ROWS_USUAL 24

/* The alternate screen, without wrapping (long lines end at the edge) and without cursor. */
#define ENTER "\033[?1049h\033[?7l\033[?25l"
#define LEAVE "\033[?25h\033[?7h\033[?1049l"

struct screen {
	struct ctl *c;
	struct follow follow;
	const char *selector;
	bool block;  /* one printer, as status shows it */
	bool events; /* the latest below the table */
	bool changed;
	int64_t drawn_ms;
	unsigned rows;
};

bool screen_fits(const struct out *o)
{
	const char *term = getenv("TERM");

	return o->json == OUT_TEXT && isatty(fileno(o->f)) && term && *term &&
	       strcmp(term, "dumb") != 0;
}

static void measure(struct screen *s)
{
	struct winsize size;

	if (ioctl(fileno(s->c->out.f), TIOCGWINSZ, &size) == 0 && size.ws_row > 0) {
		s->c->out.width = size.ws_col;
		s->rows = size.ws_row;
	} else {
		s->rows = ROWS_USUAL;
	}
}

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++) {
		n += *text == '\n';
	}
	return n;
}

/* The latest events, as many as have room, the newest last. 0, or the status, reported. */
static int draw_events(struct screen *s, struct out *o, unsigned rows)
{
	_cleanup_json_ json_object *params = json_object_new_object(), *result = NULL;
	json_object *events;
	int status;

	if (rows == 0) {
		return 0;
	}
	json_object_object_add(params, "limit", json_object_new_int((int)rows));
	client_deadline(&s->c->client, FETCH_MS);
	status = call_method(s->c, "events.list", TAKE(params), &result);
	client_deadline(&s->c->client, -1);
	events = json_get_arr(result, "events");
	fputc('\n', o->f);
	for (size_t i = 0; events && i < json_object_array_length(events); i++) {
		show_event(o, json_object_array_get_idx(events, i));
	}
	return status;
}

/* The present state, drawn as the verbs list and status do. Owned; NULL with *ret_status. */
static char *draw(struct screen *s, int *ret_status)
{
	_cleanup_json_ json_object *params = json_object_new_object(), *result = NULL;
	struct out o = s->c->out;
	char *text = NULL;
	size_t size;

	if (s->selector) {
		json_object_object_add(params, "printer", json_object_new_string(s->selector));
	}
	client_deadline(&s->c->client, FETCH_MS);
	*ret_status =
	    call_method(s->c, s->block ? "printer.get" : "printer.list", TAKE(params), &result);
	client_deadline(&s->c->client, -1);
	if (*ret_status) {
		return NULL;
	}
	out_set_now(&s->c->out);
	o.now_ms = s->c->out.now_ms;
	o.f = open_memstream(&text, &size);
	if (s->block) {
		show_status(&o, result);
	} else {
		show_list(&o, result);
	}
	fflush(o.f);
	if (s->events) {
		/* The title and an empty line beside the table. */
		unsigned used = 2 + count_lines(text);

		*ret_status = draw_events(s, &o, s->rows > used ? s->rows - used : 0);
	}
	fclose(o.f);
	if (*ret_status) {
		free(TAKE(text));
	}
	return text;
}

/* Over the old picture line by line: nothing flickers. */
static void paint(struct screen *s, const char *text)
{
	FILE *f = s->c->out.f;
	char clock[FMT_SIZE];
	unsigned row = 1;

	fprintf(f, "\033[H%s  bambuctl %s  (Ctrl-C ends)\033[K", fmt_stamp(s->c->out.now_ms, clock),
	    s->c->verb);
	for (const char *p = text; *p && row < s->rows; row++) {
		int len = (int)strcspn(p, "\n");

		fprintf(f, "\n%.*s\033[K", len, p);
		p += len + (p[len] == '\n');
	}
	fputs("\033[J", f);
}

static int on_line(void *arg, const char *method, json_object *params)
{
	struct screen *s = arg;

	s->changed = true;
	return FOLLOW_ON;
}

static int on_idle(void *arg, int64_t *ret_again_ms)
{
	struct screen *s = arg;
	_cleanup_free_ char *text = NULL;
	int64_t since = client_now_ms() - s->drawn_ms;
	int64_t pause = s->changed ? PAUSE_MS : REFRESH_MS;
	int status;

	if (follow_resized()) {
		measure(s);
		pause = 0;
	}
	if (since < pause) {
		*ret_again_ms = pause - since;
		return FOLLOW_ON;
	}
	text = draw(s, &status);
	if (!text) {
		return status;
	}
	s->changed = false;
	s->drawn_ms = client_now_ms();
	paint(s, text);
	*ret_again_ms = REFRESH_MS;
	return FOLLOW_ON;
}

/* Only what wakes the screen up; what is shown is asked for, as ages are in no notification. */
static json_object *wake_params(const char *selector, bool events)
{
	json_object *params = json_object_new_object(), *kinds = json_object_new_array();

	if (selector) {
		json_object_object_add(params, "printers", json_object_new_string(selector));
	}
	if (events) {
		json_object_array_add(kinds, json_object_new_string("*"));
	}
	json_object_object_add(params, "kinds", kinds);
	json_object_object_add(params, "state", json_object_new_boolean(true));
	json_object_object_add(params, "max_hz", json_object_new_int(4));
	return params;
}

int screen_run(struct ctl *c, const char *selector, bool events)
{
	struct screen s = {.c = c, .selector = selector, .events = events, .drawn_ms = -REFRESH_MS};
	_cleanup_json_ json_object *result = NULL;
	json_object *printers, *only;
	_cleanup_free_ char *said = NULL;
	FILE *terminal = c->out.f, *errors = c->out.errors;
	const char *name;
	size_t size;
	int status;

	s.follow = (struct follow){
	    .c = c, .arg = &s, .on_line = on_line, .on_idle = on_idle, .timeout_ms = -1};
	status =
	    follow_begin(&s.follow, "events.subscribe", wake_params(selector, events), &result);
	if (status) {
		return status;
	}
	printers = json_get_arr(json_get_obj(result, "snapshot"), "printers");
	only = printers && json_object_array_length(printers) == 1
		   ? json_object_array_get_idx(printers, 0)
		   : NULL;
	name = json_get_str(only, "name");
	s.block = name && selector && !strpbrk(selector, "@*?=,");
	measure(&s);
	c->out.errors = open_memstream(&said, &size); /* for the screen that is left behind */
	fputs(ENTER, terminal);
	status = follow_run(&s.follow);
	fputs(LEAVE, terminal);
	fflush(terminal);
	fclose(c->out.errors);
	c->out.errors = errors;
	fputs(said, errors);
	return status;
}
