/* SPDX-License-Identifier: MIT */
/* `snapshot --show`: the picture drawn by bambu-show, which sees nothing else. */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "common/util.h"
#include "ctl/call.h"
#include "ctl/camera.h"
#include "ctl/follow.h"
#include "ctl/helper.h"

#define DRAWING_MAX (32u * 1024 * 1024)
#define COLUMNS_USUAL 80
#define COLUMNS_MAX 1000
#define ROWS_LEFT 2 /* for the line about the file and for the prompt */
#define PAIR_SIZE 24

static const struct helper program = {"bambu-show", "show"};

/* Where it is drawn, in the words of the program. */
struct screen_words {
	char size[PAIR_SIZE], cell[PAIR_SIZE];
	bool plain, ascii;
};

static int fail(struct ctl *c, enum err_type type, const char *why)
{
	struct err e = {0};

	err_set(&e, type, "--show: %s", why);
	return out_fail(&c->out, &e);
}

int snapshot_check_show(struct ctl *c, bool stdout_taken)
{
	_cleanup_free_ char *found = helper_find(&program);
	_cleanup_free_ char *wanted = helper_installed_path(&program), *why = NULL;

	if (stdout_taken && !isatty(STDERR_FILENO)) {
		return call_misuse(
		    c, "stdout is not free for --show and stderr is no terminal to draw on");
	}
	if (found) {
		return 0;
	}
	why = xasprintf("the program %s is missing: it is built where the packages libchafa-dev, "
			"libglib2.0-dev and libturbojpeg0-dev are",
	    wanted);
	return fail(c, ERR_UNSUPPORTED, why);
}

/* A terminal is filled but for some lines; elsewhere the height does not matter. */
static void measure(struct ctl *c, int fd, struct screen_words *w)
{
	struct winsize s = {0};
	int columns, rows;

	if (ioctl(fd, TIOCGWINSZ, &s) < 0) {
		s = (struct winsize){0};
	}
	columns = s.ws_col < 1 ? COLUMNS_USUAL : s.ws_col > COLUMNS_MAX ? COLUMNS_MAX : s.ws_col;
	rows = s.ws_row > COLUMNS_MAX ? COLUMNS_MAX : s.ws_row;
	rows = rows > ROWS_LEFT ? rows - ROWS_LEFT : rows;
	snprintf(w->size, sizeof(w->size), "%dx%d", columns, rows);
	snprintf(w->cell, sizeof(w->cell), "%dx%d", s.ws_col > 0 ? s.ws_xpixel / s.ws_col : 0,
	    s.ws_row > 0 ? s.ws_ypixel / s.ws_row : 0);
	w->plain = !out_wants_color(&c->args, isatty(fd));
	setlocale(LC_CTYPE, ""); /* for --json nobody has asked yet */
	w->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

/* The picture as a file that has no name. A descriptor, or negative errno. */
static int make_file(const char *jpeg, size_t len)
{
	int fd = memfd_create("picture", MFD_CLOEXEC);

	while (fd >= 0 && len > 0) {
		ssize_t n = write(fd, jpeg, len);

		if (n < 0 && errno != EINTR) {
			int failed = errno;

			close(fd);
			return -failed;
		}
		jpeg += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return fd < 0 || lseek(fd, 0, SEEK_SET) < 0 ? -errno : fd;
}

static int print(struct ctl *c, FILE *f, const struct helper_answer *a)
{
	_cleanup_free_ char *note = NULL;

	if (fwrite(a->out, 1, a->len, f) != a->len || fflush(f) != 0) {
		return errno == EPIPE ? FOLLOW_READER_GONE : fail(c, ERR_INTERNAL, strerror(errno));
	}
	if (a->complaint) {
		a->complaint[strcspn(a->complaint, "\n")] = '\0';
		note = out_safe(&c->out, a->complaint);
		out_note(&c->out, note);
	}
	return 0;
}

/* The answer, or the exit status, reported. */
static int draw(struct ctl *c, int file, struct screen_words *w, struct helper_answer *ret)
{
	_cleanup_free_ char *path = helper_find(&program);
	const char *argv[] = {program.name, "--size", w->size, "--cell", w->cell, NULL, NULL, NULL};
	struct err e = {0};
	int words = 5, r;

	if (w->plain) {
		argv[words++] = "--plain";
	}
	if (w->ascii) {
		argv[words++] = "--ascii";
	}
	r = path ? helper_run(path, (char *const *)argv, file, DRAWING_MAX, ret) : -ENOENT;
	if (r < 0) {
		return fail(c, r == -ETIMEDOUT ? ERR_TIMEOUT : ERR_INTERNAL, strerror(-r));
	}
	return helper_judge(&program, ret, "the picture", &e) < 0 ? out_fail(&c->out, &e) : 0;
}

int snapshot_show(struct ctl *c, bool stdout_taken, const char *jpeg, size_t len)
{
	FILE *f = stdout_taken ? c->out.errors : stdout;
	_cleanup_close_ int file = make_file(jpeg, len);
	struct helper_answer a = {0};
	struct screen_words w;
	int status;

	if (file < 0) {
		return fail(c, ERR_INTERNAL, strerror(-file));
	}
	out_release(&c->out);
	fflush(stdout);
	measure(c, stdout_taken ? STDERR_FILENO : STDOUT_FILENO, &w);
	status = draw(c, file, &w, &a);
	if (!status) {
		status = print(c, f, &a);
	}
	helper_answer_finish(&a);
	return status;
}
