/* SPDX-License-Identifier: MIT */
/* The table of error types, and the filling of struct err. */
#include "common/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"

struct err_row {
	const char *name;
	int exit; /* exit status of bambuctl, and the code on the wire unless `code` says else */
	int code; /* 0: as exit */
	const char *text;
};

static const struct err_row rows[] = {
    [ERR_NONE] = {"none", 0, 0, "No error."},
    [ERR_INTERNAL] = {"internal", 1, 0, "The program failed in a way it should not."},
    [ERR_USAGE] = {"usage", 2, 0, "The command line is not one the program knows."},
    [ERR_PARSE_ERROR] = {"parse_error", 2, -32700, "The line is not one JSON object."},
    [ERR_INVALID_REQUEST] = {"invalid_request", 2, -32600,
	"The object is not a request with an id and a method."},
    [ERR_UNKNOWN_METHOD] = {"unknown_method", 2, -32601, "There is no method of that name."},
    [ERR_INVALID_PARAMS] = {"invalid_params", 2, -32602,
	"A parameter is unknown, missing, of the wrong type or out of range."},
    [ERR_DAEMON_UNREACHABLE] = {"daemon_unreachable", 3, 0,
	"No daemon answers on the control socket."},
    [ERR_NOT_READY] = {"not_ready", 3, 0, "The daemon is still starting or already stopping."},
    [ERR_NO_SUCH_PRINTER] = {"no_such_printer", 4, 0, "No printer matches."},
    [ERR_AMBIGUOUS_PRINTER] = {"ambiguous_printer", 4, 0,
	"More than one printer matches where one is needed."},
    [ERR_NO_SUCH_OP] = {"no_such_op", 4, 0,
	"No operation of that id is known, or it ended too long ago."},
    [ERR_NO_SUCH_FILE] = {"no_such_file", 4, 0, "There is no file of that name or id."},
    [ERR_PRINTER_OFFLINE] = {"printer_offline", 5, 0, "The printer cannot be reached now."},
    [ERR_STALE] = {"stale", 5, 0, "What is known of the printer is too old to act on."},
    [ERR_PERMISSION_DENIED] = {"permission_denied", 6, 0,
	"The user of this client may not call the method."},
    [ERR_REJECTED] = {"rejected", 7, 0, "The printer refused the command."},
    [ERR_UNVERIFIED] = {"unverified", 8, 0,
	"The command was accepted but its effect was not seen in time."},
    [ERR_BUSY] = {"busy", 9, 0, "The printer or the resource is occupied by something else."},
    [ERR_GUARD] = {"guard", 9, 0,
	"A guard rail held the command back until it is confirmed or changed."},
    [ERR_CANCELLED] = {"cancelled", 9, 0, "The operation was cancelled before its end."},
    [ERR_CONTROL_LOCKED] = {"control_locked", 10, 0,
	"The firmware takes commands of signed programs only."},
    [ERR_LOGIN_NEEDED] = {"login_needed", 11, 0, "The cloud account is not signed in."},
    [ERR_TOKEN_DEAD] = {"token_dead", 11, 0,
	"The cloud no longer accepts the token of the account."},
    [ERR_WRONG_PASSWORD] = {"wrong_password", 11, 0,
	"The cloud refused the account or its password."},
    [ERR_WRONG_CODE] = {"wrong_code", 11, 0, "The verification code is wrong."},
    [ERR_CODE_EXPIRED] = {"code_expired", 11, 0, "The verification code is too old."},
    [ERR_TIMEOUT] = {"timeout", 12, 0, "No answer came in time."},
    [ERR_RATE_LIMITED] = {"rate_limited", 13, 0, "Too many calls in too short a time."},
    [ERR_OVERFLOW] = {"overflow", 13, 0, "More is queued or asked for than is allowed."},
    [ERR_UNSUPPORTED] = {"unsupported", 14, 0,
	"The printer or this version of the daemon cannot do that."},
    [ERR_CLOUD_ERROR] = {"cloud_error", 15, 0, "The cloud answered with an error."},
    [ERR_CLOUD_BLOCKED] = {"cloud_blocked", 15, 0,
	"The cloud turns this address or program away for now."},
    [ERR_CLOUD_OFFLINE] = {"cloud_offline", 15, 0, "The cloud cannot be reached."},
    [ERR_CSRF_MISSING] = {"csrf_missing", 15, 0,
	"The cloud's sign-in page did not give the token a login needs."},
    [ERR_FILE_REFUSED] = {"file_refused", 16, 0, "The file is not one the printer may get."},
    [ERR_NO_CARD] = {"no_card", 16, 0, "The printer has no storage card."},
    [ERR_CARD_FULL] = {"card_full", 16, 0, "The storage card of the printer is full."},
    [ERR_INTERNAL_STORAGE] = {"internal_storage", 16, 0,
	"The file is in the printer's internal storage, which is out of reach."},
    [ERR_TRANSFER_FAILED] = {"transfer_failed", 16, 0, "The file transfer broke off."},
    [ERR_CAMERA_OFF] = {"camera_off", 17, 0, "The camera is switched off in the configuration."},
    [ERR_CAMERA_REFUSED] = {"camera_refused", 17, 0, "The camera refused the access code."},
    [ERR_CAMERA_BUSY] = {"camera_busy", 17, 0, "The camera serves another viewer."},
    [ERR_LIVEVIEW_DISABLED] = {"liveview_disabled", 17, 0,
	"LAN live view is switched off on the printer."},
    [ERR_TLS_REFUSED] = {"tls_refused", 18, 0, "The certificate of the peer could not be trusted."},
    [ERR_AUTH_REFUSED] = {"auth_refused", 18, 0, "The printer refused the access code."},
};
static_assert(ARRAY_SIZE(rows) == ERR_COUNT, "one row per error type");

static const struct err_row *row_of(enum err_type type)
{
	return (unsigned)type < ERR_COUNT ? &rows[type] : &rows[ERR_INTERNAL];
}

const char *err_name(enum err_type type)
{
	return row_of(type)->name;
}

int err_code(enum err_type type)
{
	const struct err_row *row = row_of(type);

	return row->code ? row->code : row->exit;
}

int err_exit(enum err_type type)
{
	return row_of(type)->exit;
}

const char *err_text(enum err_type type)
{
	return row_of(type)->text;
}

enum err_type err_by_name(const char *name)
{
	for (unsigned i = 1; name && i < ERR_COUNT; i++) {
		if (strcmp(rows[i].name, name) == 0) {
			return (enum err_type)i;
		}
	}
	return ERR_NONE;
}

/* As vsnprintf, but a cut never leaves half a UTF-8 character behind. */
static void format_cut(char *dst, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(dst, size, fmt, ap);
	size_t len;

	if (n < 0) {
		dst[0] = '\0';
		return;
	}
	if ((size_t)n < size) {
		return;
	}
	len = size - 1;
	while (len > 0 && ((unsigned char)dst[len - 1] & 0xc0) == 0x80) {
		len--;
	}
	if (len > 0 && (unsigned char)dst[len - 1] >= 0xc0) {
		size_t want = (unsigned char)dst[len - 1] >= 0xf0   ? 4
			      : (unsigned char)dst[len - 1] >= 0xe0 ? 3
								    : 2;

		/* len - 1 is where the last character starts: keep it only when it is whole. */
		len = size - 1 - (len - 1) >= want ? size - 1 : len - 1;
	} else {
		len = size - 1;
	}
	dst[len] = '\0';
}

void err_set(struct err *e, enum err_type type, const char *fmt, ...)
{
	va_list ap;

	if (!e) {
		return;
	}
	memset(e, 0, sizeof(*e));
	e->type = type;
	va_start(ap, fmt);
	format_cut(e->message, sizeof(e->message), fmt, ap);
	va_end(ap);
}

void err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e) {
		return;
	}
	va_start(ap, fmt);
	format_cut(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
}

void err_printer(struct err *e, const char *name)
{
	if (e) {
		str_copy(e->printer, sizeof(e->printer), name ? name : "");
	}
}
