/* SPDX-License-Identifier: MIT */
/* From the parameters of a call to a request to the printer's file door. */
#include "daemon/api/file_call.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "daemon/api/core.h"
#include "daemon/api/pick.h"
#include "daemon/fleet/door.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/printer_config.h"

/* The top, or what is written like a folder, is none. */
static int check_file(const char *path, const char *clean, struct err *e)
{
	size_t len = strlen(path);

	if (strcmp(clean, "/") != 0 && path[len - 1] != '/') {
		return 0;
	}
	err_set(e, ERR_FILE_REFUSED, "the path names a folder, not a file");
	return -EINVAL;
}

int file_call_read(struct call *c, bool folder, struct file_call *ret)
{
	const char *path = json_get_str(c->params, "path");
	int r;

	path = path != NULL ? path : "/";
	if (c->server->deps.files == NULL) {
		err_set(c->e, ERR_UNSUPPORTED, "%s is not possible here", c->method->name);
		return -EOPNOTSUPP;
	}
	r = pick_one(c, &ret->printer);
	if (r < 0) {
		return r;
	}
	r = files_path(path, NULL, &ret->path, c->e);
	if (r == 0 && !folder) {
		r = check_file(path, ret->path, c->e);
	}
	if (r < 0) {
		err_printer(c->e, printer_name(ret->printer));
	}
	return r;
}

void file_call_finish(struct file_call *f)
{
	free(TAKE(f->path));
}

/* ---- the file of the job ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Some models tell the file, others the name of the job, which is the file's without its endings.
 * Cards do not know capital letters from small ones. */
static bool is_file_of(const struct state_print *print, const char *path)
{
	static const char *const endings[] = {"", ".3mf", ".gcode.3mf", ".gcode"};
	const char *name = base_name(path);
	size_t len = print->job != NULL ? strlen(print->job) : 0;

	if (print->file != NULL && strcasecmp(base_name(print->file), name) == 0) {
		return true;
	}
	for (size_t i = 0; len > 0 && i < ARRAY_SIZE(endings); i++) {
		if (strncasecmp(name, print->job, len) == 0 &&
		    strcasecmp(name + len, endings[i]) == 0) {
			return true;
		}
	}
	return false;
}

int file_call_guard(struct call *c, const struct file_call *f)
{
	const struct state_print *print = &printer_state(f->printer)->print;
	bool works = print->state == PRINT_PREPARING || print->state == PRINT_PRINTING ||
		     print->state == PRINT_PAUSED;
	char shown[160];

	if (!works || !is_file_of(print, f->path)) {
		return 0;
	}
	err_set(c->e, ERR_BUSY, "%s: its job is of the file %s", printer_name(f->printer),
	    text_escape_buf(base_name(f->path), shown, sizeof(shown)));
	err_printer(c->e, printer_name(f->printer));
	err_hint(c->e, "take another name, or wait for the end of the job");
	return -EBUSY;
}

/* ---- */

int file_call_start(struct call *c, const struct file_call *f, enum files_verb verb, int fd,
    int64_t size, const struct files_handler *h, struct files_job **ret)
{
	const struct printer_config *config = printer_config(f->printer);
	const struct caps *caps = printer_state(f->printer)->info.caps;
	struct printer_door door = {0};
	struct files_request request = {
	    .verb = verb,
	    .printer = {.name = printer_name(f->printer),
		.serial = printer_serial(f->printer),
		.port = config->ftp_port,
		.code = config->access_code,
		.tls12 = caps->ftp_tls12,
		.clear_fallback = caps->ftp_clear,
		.internal = caps->emmc},
	    .path = f->path,
	    .fd = fd,
	    .size = size,
	};
	int r = printer_door(f->printer, &door, c->e);

	if (r < 0) {
		if (fd >= 0) {
			close(fd);
		}
		return r;
	}
	request.printer.address = door.address;
	request.printer.verify = door.verify;
	request.printer.pin = door.pin;
	request.printer.profile = door.profile;
	r = files_start(c->server->deps.files, &request, h, ret, c->e);
	tls_profile_unref(door.profile);
	return r;
}
