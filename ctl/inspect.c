/* SPDX-License-Identifier: MIT */
/* What is inside a 3mf file, asked of bambu-inspect: a program of its own that may do nothing else.
 */
#include "ctl/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"
#include "ctl/helper.h"

#define ANSWER_MAX (16u * 1024 * 1024)
#define ANSWER_DEPTH_MAX 8
#define PLATE_DIGITS 12

bool inspect_built(void)
{
#ifdef HAVE_INSPECT
	return true;
#else
	return false;
#endif
}

#ifdef HAVE_INSPECT

static const struct helper program = {"bambu-inspect", "inspect"};

/* The last part of the path, fit for a message. */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static int open_file(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), failed = errno;
	char shown[128];

	if (fd < 0) {
		err_set(e,
		    failed == ENOENT || failed == ENOTDIR ? ERR_NO_SUCH_FILE
		    : failed == EACCES || failed == EPERM ? ERR_PERMISSION_DENIED
							  : ERR_FILE_REFUSED,
		    "%s: %s", text_escape_buf(path, shown, sizeof(shown)), strerror(failed));
	}
	return fd;
}

static int find(char **ret, struct err *e)
{
	_cleanup_free_ char *wanted = NULL;

	*ret = helper_find(&program);
	if (!*ret) {
		wanted = helper_installed_path(&program);
		err_set(e, ERR_INTERNAL, "the program %s is missing", wanted);
	}
	return *ret ? 0 : -1;
}

/* The output of the program, owned; 0, or -1 with *e. plate 0 = the object. */
static int ask(const char *path, int plate, char **ret, size_t *ret_len, struct err *e)
{
	_cleanup_free_ char *file_name = NULL;
	char number[PLATE_DIGITS], shown[128];
	const char *argv[] = {
	    program.name, "--name", base_name(path), "-", "--thumbnail", number, NULL};
	struct helper_answer a = {0};
	_cleanup_close_ int file = -1;
	int r;

	if (find(&file_name, e) < 0) {
		return -1;
	}
	file = open_file(path, e);
	if (file < 0) {
		return -1;
	}
	snprintf(number, sizeof(number), "%d", plate);
	argv[4] = plate > 0 ? argv[4] : NULL;
	text_escape_buf(base_name(path), shown, sizeof(shown));
	r = helper_run(file_name, (char *const *)argv, file, ANSWER_MAX, &a);
	if (r < 0) {
		err_set(e, r == -ETIMEDOUT ? ERR_TIMEOUT : ERR_INTERNAL, "%s: bambu-inspect: %s",
		    shown, strerror(-r));
		return -1;
	}
	r = helper_judge(&program, &a, shown, e);
	if (r == 0) {
		*ret = TAKE(a.out);
		*ret_len = a.len;
	}
	helper_answer_finish(&a);
	return r;
}

#else

static int ask(const char *path, int plate, char **ret, size_t *ret_len, struct err *e)
{
	err_set(e, ERR_UNSUPPORTED, "inspect: this bambuctl was built without it");
	return -1;
}

#endif

int inspect_file(const char *path, json_object **ret, struct err *e)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	if (ask(path, 0, &text, &len, e) < 0) {
		return -1;
	}
	if (json_parse(text, len, ANSWER_DEPTH_MAX, ret) < 0) {
		err_set(e, ERR_INTERNAL, "bambu-inspect answered with what is no JSON");
		return -1;
	}
	return 0;
}

int inspect_thumbnail(const char *path, int plate, char **ret, size_t *ret_len, struct err *e)
{
	return ask(path, plate, ret, ret_len, e);
}
