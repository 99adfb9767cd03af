/* SPDX-License-Identifier: MIT */
/* `daemon report`: what those who are asked for help want to see, in one file, redacted. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "common/redact.h"
#include "common/util.h"
#include "ctl/call.h"
#include "ctl/fmt.h"
#include "ctl/record.h"

#define OS_BYTES_MAX 4096

/* What is asked; each with its answer or its error. */
static const struct {
	const char *section, *method, *params;
	const char *text; /* member of the result that is lines of text; NULL = none */
} asked[] = {
    {"hello", "hello", NULL, NULL},
    {"status", "daemon.status", NULL, NULL},
    {"stats", "daemon.stats", NULL, NULL},
    {"config", "daemon.config", NULL, "text"},
    {"account", "account.status", NULL, NULL},
    {"printers", "printer.get", "{\"printer\":\"@all\"}", NULL},
    {"cameras", "camera.status", "{\"printer\":\"@all\"}", NULL},
    {"events", "events.list", "{\"limit\":200}", NULL},
    {"metrics", "metrics.text", NULL, "text"},
};

/* ---- who is to be hidden ---- */

static void know_printers(struct redact *r, json_object *list)
{
	json_object *printers = json_get_arr(list, "printers");
	size_t count = printers ? json_object_array_length(printers) : 0;

	for (size_t i = 0; i < count; i++) {
		json_object *p = json_object_array_get_idx(printers, i);

		redact_know(r, REDACT_PRINTER, json_get_str(p, "name"));
		redact_know(r, REDACT_SERIAL, json_get_str(p, "serial"));
	}
}

static int know(struct ctl *c, struct redact *r)
{
	_cleanup_json_ json_object *list = NULL;
	struct utsname host;
	int status = call_method(c, "printer.list", NULL, &list);

	if (status) {
		return status;
	}
	know_printers(r, list);
	if (uname(&host) == 0) {
		redact_know(r, REDACT_HOST, host.nodename);
	}
	return 0;
}

/* ---- sections ---- */

static json_object *lines_of(struct redact *r, const char *text)
{
	json_object *lines = json_object_new_array();
	struct jw w;

	jw_init(&w);
	redact_text(r, text, strlen(text), &w);
	for (const char *p = w.len > 0 ? w.buf : ""; *p;) {
		size_t len = strcspn(p, "\n");

		json_object_array_add(lines, json_object_new_string_len(p, (int)len));
		p += len + (p[len] == '\n');
	}
	jw_finish(&w);
	return lines;
}

static int ask(struct ctl *c, struct redact *r, size_t i, json_object *report)
{
	_cleanup_json_ json_object *reply = NULL;
	json_object *params = asked[i].params ? json_tokener_parse(asked[i].params) : NULL;
	json_object *result, *answer;
	int status = call_exchange(c, asked[i].method, params, &reply);

	if (status) {
		return status;
	}
	result = json_get_obj(reply, "result");
	if (result && strcmp(asked[i].method, "hello") == 0) {
		redact_know(r, REDACT_HOST, json_get_str(result, "instance"));
	}
	if (result && asked[i].text && json_get_str(result, asked[i].text)) {
		answer = lines_of(r, json_get_str(result, asked[i].text));
	} else {
		answer = json_object_get(result ? result : reply);
	}
	json_object_object_add(report, asked[i].section, answer);
	return 0;
}

static void add_os(struct redact *r, json_object *system)
{
	char text[OS_BYTES_MAX + 1];
	_cleanup_close_ int fd = open("/etc/os-release", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, OS_BYTES_MAX) : -1;

	if (n > 0) {
		text[n] = '\0';
		json_object_object_add(system, "os", lines_of(r, text));
	}
}

static json_object *describe_system(struct redact *r)
{
	json_object *system = json_object_new_object();
	struct utsname u;

	if (uname(&u) == 0) {
		json_object_object_add(system, "kernel", json_object_new_string(u.release));
		json_object_object_add(system, "machine", json_object_new_string(u.machine));
	}
	add_os(r, system);
	return system;
}

static json_object *begin(struct redact *r, int64_t wall_ms)
{
	json_object *report = json_object_new_object();
	char stamp[32];

	json_object_object_add(report, "bambud_report", json_object_new_int(1));
	json_object_object_add(report, "bambuctl", json_object_new_string(BAMBUD_VERSION));
	json_object_object_add(
	    report, "time", json_object_new_string(time_rfc3339(wall_ms, stamp)));
	json_object_object_add(report, "log",
	    json_object_new_string("not in here; add it with: journalctl -u bambud --since -1h"));
	json_object_object_add(report, "system", describe_system(r));
	return report;
}

/* ---- the file ---- */

static int fail_file(struct ctl *c, const char *path, int error)
{
	_cleanup_free_ char *shown = out_safe(&c->out, path);
	struct err e = {0};

	err_set(&e, error == EEXIST ? ERR_GUARD : ERR_INTERNAL, "%s: %s", shown,
	    error == EEXIST ? "is there already" : strerror(error));
	return out_fail(&c->out, &e);
}

static int write_file(struct ctl *c, const char *path, const struct jw *w)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t done = 0;

	if (fd < 0) {
		return fail_file(c, path, errno);
	}
	while (done < w->len) {
		ssize_t n = write(fd, w->buf + done, w->len - done);

		if (n < 0 && errno != EINTR) {
			int error = errno;

			unlink(path);
			return fail_file(c, path, error);
		}
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static void show_written(struct ctl *c, const char *path, size_t len, json_object *report)
{
	struct out *o = &c->out;
	_cleanup_free_ char *shown = out_safe(o, path);
	_cleanup_json_ json_object *done = NULL;
	char bytes[FMT_SIZE];

	if (o->json != OUT_TEXT) {
		done = json_object_new_object();
		json_object_object_add(done, "path", json_object_new_string(path));
		json_object_object_add(done, "bytes", json_object_new_int64((int64_t)len));
		out_json(o, done);
		return;
	}
	fprintf(o->f, "%s  %s:", shown, fmt_bytes((int64_t)len, bytes));
	json_object_object_foreach(report, key, value)
	{
		fprintf(o->f, "%s%s", " ", key);
		(void)value;
	}
	fputc('\n', o->f);
	out_note(o, "look it through before it is posted; the log is not in it: "
		    "journalctl -u bambud --since -1h");
}

static int put(struct ctl *c, const char *path, struct redact *r, json_object *report)
{
	const char *text = json_object_to_json_string_ext(
	    report, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	struct jw w;
	int status = 0;

	jw_init(&w);
	redact_json(r, text, strlen(text), &w);
	jw_bytes(&w, "\n", 1);
	if (strcmp(path, "-") == 0) {
		fwrite(w.buf, 1, w.len, c->out.f);
	} else {
		status = write_file(c, path, &w);
		if (!status) {
			show_written(c, path, w.len, report);
		}
	}
	jw_finish(&w);
	return status;
}

static char *default_path(int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	char stamp[32] = "";

	if (localtime_r(&seconds, &tm)) {
		strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	}
	return xasprintf("bambud-report-%s.json", stamp);
}

int report_run(struct ctl *c)
{
	int64_t wall_ms = (int64_t)time(NULL) * 1000;
	_cleanup_free_ char *usual = default_path(wall_ms);
	const char *path = c->word_count > 0 ? c->words[0] : usual;
	_cleanup_json_ json_object *report = NULL;
	struct redact *r;
	int status;

	if (c->word_count > 1 || *path == '\0') {
		return call_misuse(c, "one FILE, or none");
	}
	r = redact_create(c->args.given[OPT_FILES]);
	status = know(c, r);
	report = begin(r, wall_ms);
	for (size_t i = 0; !status && i < ARRAY_SIZE(asked); i++) {
		status = ask(c, r, i, report);
	}
	if (!status) {
		status = put(c, path, r, report);
	}
	redact_destroy(r);
	return status;
}
