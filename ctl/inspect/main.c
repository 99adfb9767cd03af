/* SPDX-License-Identifier: MIT */
/* bambu-inspect: prints what a 3mf file asks of a printer as one JSON object, or a plate's picture.
 * usage: bambu-inspect [--name NAME] [--thumbnail PLATE] FILE|-
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/err.h"
#include "common/jw.h"
#include "common/sandbox.h"
#include "common/text.h"
#include "common/util.h"
#include "ctl/inspect/archive.h"
#include "ctl/inspect/gather.h"
#include "ctl/inspect/project.h"
#include "ctl/inspect/render.h"

#define MEMORY_MAX (512ULL * 1024 * 1024)
#define CPU_MAX_S 20

struct job {
	const char *path, *name; /* name: what the answer calls the file */
	int64_t thumbnail;	 /* number of the plate; 0 = the JSON object */
	int64_t size_bytes;
	FILE *file;
};

static int fail(const struct err *e)
{
	_cleanup_free_ char *safe = text_escape(e->message, strlen(e->message));

	fprintf(stderr, "bambu-inspect: %s\n", safe);
	return err_exit(e->type);
}

static int parse_args(struct job *j, int argc, char **argv, struct err *e)
{
	static const struct option options[] = {
	    {"name", required_argument, NULL, 'n'},
	    {"thumbnail", required_argument, NULL, 't'},
	    {0},
	};
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'n') {
			j->name = optarg;
		} else if (o != 't' ||
			   parse_i64(optarg, 1, PROJECT_PLATES_MAX, &j->thumbnail) < 0) {
			err_set(e, ERR_USAGE,
			    "usage: bambu-inspect [--name NAME] [--thumbnail PLATE] "
			    "FILE|-");
			return -EINVAL;
		}
	}
	if (optind + 1 != argc) {
		err_set(e, ERR_USAGE, "one file is wanted");
		return -EINVAL;
	}
	j->path = argv[optind];
	if (!j->name) {
		const char *slash = strrchr(j->path, '/');

		j->name = slash ? slash + 1 : j->path;
	}
	return 0;
}

static int open_file(struct job *j, struct err *e)
{
	/* A pipe or a device would not answer. */
	int fd = strcmp(j->path, "-") == 0
		     ? STDIN_FILENO
		     : open(j->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_set(e,
		    errno == ENOENT || errno == ENOTDIR ? ERR_NO_SUCH_FILE
		    : errno == EACCES || errno == EPERM ? ERR_PERMISSION_DENIED
							: ERR_FILE_REFUSED,
		    "cannot open it: %s", strerror(errno));
		return -EINVAL;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(e, ERR_FILE_REFUSED, "it is no ordinary file");
		return -EINVAL;
	}
	j->size_bytes = st.st_size;
	j->file = fdopen(fd, "rb");
	if (!j->file) {
		err_set(e, ERR_INTERNAL, "cannot read it: %s", strerror(errno));
		return -EINVAL;
	}
	return 0;
}

static int print(const char *data, size_t len, struct err *e)
{
	if (fwrite(data, 1, len, stdout) != len || fflush(stdout) != 0) {
		err_set(e, ERR_INTERNAL, "cannot write the answer: %s", strerror(errno));
		return -EIO;
	}
	return 0;
}

static int print_thumbnail(struct job *j, struct archive *a, struct err *e)
{
	_cleanup_free_ char *png = NULL;
	size_t len;

	return gather_png(a, (int)j->thumbnail, &png, &len, e) < 0 ? -EINVAL : print(png, len, e);
}

static int print_project(struct job *j, struct archive *a, struct err *e)
{
	struct project *p = project_create();
	struct jw w;
	int r;

	jw_init(&w);
	r = gather_project(a, p, e);
	if (r == 0) {
		render_project(&w, p, j->name, j->size_bytes);
		jw_bytes(&w, "\n", 1);
		r = print(w.buf, w.len, e);
	}
	jw_finish(&w);
	project_destroy(p);
	return r;
}

int main(int argc, char **argv)
{
	struct archive *a = NULL;
	struct err e = {0};
	struct job j = {0};
	int r;

	if (parse_args(&j, argc, argv, &e) < 0 || open_file(&j, &e) < 0) {
		return fail(&e);
	}
	r = sandbox_enter(MEMORY_MAX, CPU_MAX_S);
	if (r < 0) {
		err_set(&e, ERR_INTERNAL, "cannot shut itself in: %s", strerror(-r));
		return fail(&e);
	}
	r = archive_open(j.file, &a, &e);
	if (r == 0) {
		r = j.thumbnail ? print_thumbnail(&j, a, &e) : print_project(&j, a, &e);
	}
	archive_close(a);
	return r < 0 ? fail(&e) : 0;
}
