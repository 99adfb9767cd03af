/* SPDX-License-Identifier: MIT */
/* `snapshot`: one picture into a file, or to stdout. */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/base64.h"
#include "common/util.h"
#include "ctl/call.h"
#include "ctl/camera.h"
#include "ctl/camera_file.h"
#include "ctl/fmt.h"
#include "ctl/follow.h"

/* NAME-YYYYmmdd-HHMMSS.jpg, of the time the picture was taken. Owned. */
static char *usual_name(json_object *result, const char *printer)
{
	const char *name = json_get_str(result, "printer");
	_cleanup_free_ char *word = camera_file_word(name ? name : printer);
	int64_t taken_ms = fmt_parse_time(json_get_str(result, "time"));
	time_t taken = taken_ms >= 0 ? (time_t)(taken_ms / 1000) : time(NULL);
	char stamp[32];
	struct tm tm;

	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", localtime_r(&taken, &tm));
	return xasprintf("%s-%s.jpg", word, stamp);
}

static int fail_write(struct ctl *c, const char *path, int error)
{
	_cleanup_free_ char *shown = out_safe(&c->out, path);
	struct err e = {0};

	err_set(&e, error == -EEXIST ? ERR_GUARD : ERR_INTERNAL, "%s: %s", shown,
	    error == -EEXIST ? "is there already" : strerror(-error));
	return out_fail(&c->out, &e);
}

static void show_saved(struct ctl *c, json_object *result, const char *path, size_t len)
{
	_cleanup_free_ char *shown = out_safe(&c->out, path);
	int64_t width = 0, height = 0, age_ms = -1;
	char bytes[FMT_SIZE], age[FMT_SIZE];

	json_get_i64(result, "width", &width);
	json_get_i64(result, "height", &height);
	json_get_i64(result, "age_ms", &age_ms);
	fprintf(c->out.f, "%s  %lldx%lld  %s  taken %s before\n", shown, (long long)width,
	    (long long)height, fmt_bytes((int64_t)len, bytes), fmt_age_fine(age_ms, age));
}

/* A file that was named is replaced, as a picture that is taken every minute wants it; one that was
 * not is new. */
static int save(struct ctl *c, json_object *result, const char *printer, const char *file,
    const char *jpeg, size_t len)
{
	_cleanup_free_ char *path = file ? xstrdup(file) : usual_name(result, printer);
	int r = camera_file_write(path, jpeg, len, file != NULL);

	if (r < 0) {
		return fail_write(c, path, r);
	}
	if (c->out.json != OUT_TEXT) {
		json_object_object_del(result, "jpeg");
		json_object_object_add(result, "path", json_object_new_string(path));
		out_json(&c->out, result);
	} else {
		show_saved(c, result, path, len);
	}
	return 0;
}

static int pipe_out(struct ctl *c, const char *jpeg, size_t len)
{
	if (fwrite(jpeg, 1, len, stdout) == len && fflush(stdout) == 0) {
		return 0;
	}
	return errno == EPIPE ? FOLLOW_READER_GONE : fail_write(c, "stdout", -errno);
}

static bool is_piped(const char *file)
{
	return file && strcmp(file, "-") == 0;
}

/* Whether something else than a drawing goes to stdout. */
static bool takes_stdout(struct ctl *c, const char *file)
{
	return is_piped(file) || c->out.json != OUT_TEXT;
}

static int put(struct ctl *c, json_object *result, const char *printer, const char *file,
    const char *jpeg, size_t len)
{
	if (is_piped(file)) {
		return pipe_out(c, jpeg, len);
	}
	if (!file && c->out.json != OUT_TEXT) {
		out_json(&c->out, result);
		return 0;
	}
	/* Who looks at it wants no file unless he says so. */
	return !file && c->args.given[OPT_SHOW] ? 0 : save(c, result, printer, file, jpeg, len);
}

static int deliver(struct ctl *c, json_object *result, const char *printer, const char *file)
{
	const char *text = json_get_str(result, "jpeg");
	_cleanup_free_ char *jpeg = NULL;
	struct err e = {0};
	size_t len = 0;
	int status;

	jpeg = text ? base64_decode(text, &len) : NULL;
	if (!jpeg) {
		err_set(&e, ERR_INTERNAL, "bambud sent no picture");
		return out_fail(&c->out, &e);
	}
	status = put(c, result, printer, file, jpeg, len);
	if (!status && c->args.given[OPT_SHOW]) {
		status = snapshot_show(c, takes_stdout(c, file), jpeg, len);
	}
	return status;
}

/* "-", a path or the name of a JPEG: no printer is called so. */
static bool names_file(const char *word)
{
	const char *dot = strrchr(word, '.');

	return is_piped(word) || strchr(word, '/') ||
	       (dot && (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0));
}

/* [PRINTER] [FILE|-]: one word is the printer, unless that was told otherwise or it is a file. */
static int take_words(struct ctl *c, char **ret_printer, const char **ret_file)
{
	const char *env = getenv("BAMBU_PRINTER");
	bool told = c->args.value[OPT_PRINTER] || (env && *env);
	bool file_alone = c->word_count == 1 && names_file(c->words[0]);
	int last = c->word_count - 1;

	*ret_file = NULL;
	if (last >= (told ? 0 : 1) || file_alone) {
		*ret_file = c->words[last];
		c->word_count--;
	}
	if (*ret_file && **ret_file == '\0') {
		return call_misuse(c, "FILE is empty");
	}
	return camera_words(c, NULL, ret_printer, NULL);
}

static int check_target(struct ctl *c, const char *file)
{
	if (is_piped(file)) {
		out_release(&c->out);
		if (c->out.json != OUT_TEXT) {
			return call_misuse(c, "--json and the picture do not go to stdout both");
		}
		if (isatty(STDOUT_FILENO)) {
			return call_misuse(c, "a picture is nothing for a terminal");
		}
	}
	return c->args.given[OPT_SHOW] ? snapshot_check_show(c, takes_stdout(c, file)) : 0;
}

int snapshot_run(struct ctl *c)
{
	json_object *params = json_object_new_object();
	_cleanup_json_ json_object *taken = params, *result = NULL;
	const char *age = c->args.value[OPT_MAX_AGE], *file;
	_cleanup_free_ char *printer = NULL;
	int64_t age_ms;
	int status;

	if (age && (parse_duration_ms(age, &age_ms) < 0 || age_ms < 0 || age_ms > 3600 * 1000)) {
		return call_misuse(c, "\"%s\" is not a time such as 500ms, 5s, up to 1h", age);
	}
	status = take_words(c, &printer, &file);
	if (!status) {
		status = check_target(c, file);
	}
	if (status) {
		return status;
	}
	json_object_object_add(params, "printer", json_object_new_string(printer));
	if (age) {
		json_object_object_add(params, "max_age_ms", json_object_new_int64(age_ms));
	}
	status = call_method(c, "camera.snapshot", TAKE(taken), &result);
	return status ? status : deliver(c, result, printer, file);
}
