/* SPDX-License-Identifier: MIT */
/* bambu-show: draws the JPEG that is its standard input for the terminal of the environment.
 * usage: bambu-show --size COLUMNSxROWS [--cell WIDTHxHEIGHT] [--plain] [--ascii]
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/sandbox.h"
#include "common/text.h"
#include "common/util.h"
#include "ctl/show/draw.h"
#include "ctl/show/picture.h"

#define MEMORY_MAX (1024ULL * 1024 * 1024)
#define CPU_MAX_S 10
#define CELLS_MAX 1000
#define CELL_PIXELS_MAX 200

static void say(const struct err *e)
{
	_cleanup_free_ char *safe = text_escape(e->message, strlen(e->message));

	fprintf(stderr, "bambu-show: %s\n", safe);
}

static int fail(const struct err *e)
{
	say(e);
	return err_exit(e->type);
}

/* "80x24" */
static int read_pair(const char *text, int min, int max, int *ret_a, int *ret_b)
{
	const char *x = strchr(text, 'x');
	_cleanup_free_ char *first = x ? xstrndup(text, (size_t)(x - text)) : NULL;
	int64_t a, b;

	if (!x || parse_i64(first, min, max, &a) < 0 || parse_i64(x + 1, 0, max, &b) < 0) {
		return -EINVAL;
	}
	*ret_a = (int)a;
	*ret_b = (int)b;
	return 0;
}

static int parse_args(struct draw_screen *s, int argc, char **argv)
{
	static const struct option options[] = {
	    {"size", required_argument, NULL, 's'},
	    {"cell", required_argument, NULL, 'c'},
	    {"plain", no_argument, NULL, 'p'},
	    {"ascii", no_argument, NULL, 'a'},
	    {0},
	};
	int o, r = 0;

	opterr = 0;
	while (r == 0 && (o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 's') {
			r = read_pair(optarg, 1, CELLS_MAX, &s->columns, &s->rows);
		} else if (o == 'c') {
			r = read_pair(optarg, 0, CELL_PIXELS_MAX, &s->cell_width, &s->cell_height);
		} else if (o == 'p') {
			s->plain = true;
		} else if (o == 'a') {
			s->ascii = true;
		} else {
			r = -EINVAL;
		}
	}
	return r == 0 && optind == argc && s->columns > 0 ? 0 : -EINVAL;
}

/* 0, or -EINVAL with *e. */
static int read_jpeg(uint8_t *buf, size_t *ret_len, struct err *e)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(STDIN_FILENO, buf + len, PICTURE_BYTES_MAX + 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while ((n > 0 && len <= PICTURE_BYTES_MAX) || (n < 0 && errno == EINTR));
	if (n < 0 || len > PICTURE_BYTES_MAX) {
		err_set(
		    e, ERR_FILE_REFUSED, "%s", n < 0 ? strerror(errno) : "it is longer than 4 MiB");
		return -EINVAL;
	}
	*ret_len = len;
	return 0;
}

static int show(struct draw *d, const uint8_t *jpeg, size_t len, struct err *e)
{
	struct picture p = {0};
	int r = picture_decode(jpeg, len, draw_wants_width(d), &p, e), damaged = r > 0;
	_cleanup_free_ char *text = NULL;

	if (r < 0) {
		return r;
	}
	if (damaged) {
		say(e);
	}
	text = draw_picture(d, &p, &len);
	picture_finish(&p);
	if (fwrite(text, 1, len, stdout) != len || fflush(stdout) != 0) {
		err_set(e, ERR_INTERNAL, "cannot write the answer: %s", strerror(errno));
		return -EIO;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct draw_screen screen = {0};
	_cleanup_free_ uint8_t *jpeg = NULL;
	struct err e = {0};
	struct draw *d;
	size_t len = 0;
	int r;

	if (parse_args(&screen, argc, argv) < 0) {
		err_set(&e, ERR_USAGE,
		    "usage: bambu-show --size COLUMNSxROWS "
		    "[--cell WIDTHxHEIGHT] [--plain] [--ascii]");
		return fail(&e);
	}
	d = draw_create(&screen);
	jpeg = xmalloc(PICTURE_BYTES_MAX + 1);
	r = sandbox_enter(MEMORY_MAX, CPU_MAX_S);
	if (r < 0) {
		err_set(&e, ERR_INTERNAL, "cannot shut itself in: %s", strerror(-r));
	} else {
		r = read_jpeg(jpeg, &len, &e);
		r = r < 0 ? r : show(d, jpeg, len, &e);
	}
	draw_destroy(d);
	return r < 0 ? fail(&e) : 0;
}
