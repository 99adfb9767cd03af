/* SPDX-License-Identifier: MIT */
/* The error types of the product: one table row each, and the value a failing call fills in. */
#pragma once

enum err_type {
	ERR_NONE,
	ERR_INTERNAL,
	ERR_USAGE,
	ERR_PARSE_ERROR,
	ERR_INVALID_REQUEST,
	ERR_UNKNOWN_METHOD,
	ERR_INVALID_PARAMS,
	ERR_DAEMON_UNREACHABLE,
	ERR_NOT_READY,
	ERR_NO_SUCH_PRINTER,
	ERR_AMBIGUOUS_PRINTER,
	ERR_NO_SUCH_OP,
	ERR_NO_SUCH_FILE,
	ERR_PRINTER_OFFLINE,
	ERR_STALE,
	ERR_PERMISSION_DENIED,
	ERR_REJECTED,
	ERR_UNVERIFIED,
	ERR_BUSY,
	ERR_GUARD,
	ERR_CANCELLED,
	ERR_CONTROL_LOCKED,
	ERR_LOGIN_NEEDED,
	ERR_TOKEN_DEAD,
	ERR_WRONG_PASSWORD,
	ERR_WRONG_CODE,
	ERR_CODE_EXPIRED,
	ERR_TIMEOUT,
	ERR_RATE_LIMITED,
	ERR_OVERFLOW,
	ERR_UNSUPPORTED,
	ERR_CLOUD_ERROR,
	ERR_CLOUD_BLOCKED,
	ERR_CLOUD_OFFLINE,
	ERR_CSRF_MISSING,
	ERR_FILE_REFUSED,
	ERR_NO_CARD,
	ERR_CARD_FULL,
	ERR_INTERNAL_STORAGE,
	ERR_TRANSFER_FAILED,
	ERR_CAMERA_OFF,
	ERR_CAMERA_REFUSED,
	ERR_CAMERA_BUSY,
	ERR_LIVEVIEW_DISABLED,
	ERR_TLS_REFUSED,
	ERR_AUTH_REFUSED,
	ERR_COUNT
};

/* One failure, ready to be shown: no memory of its own, may be copied freely. */
struct err {
	enum err_type type;
	char message[256]; /* one sentence, what and what to do; peer strings already escaped */
	char printer[64];  /* name or serial the failure is about, "" = none */
	char hint[128];	   /* a command line or remedy, "" = none */
};

/* The word on the wire (`printer_offline`); "none" for ERR_NONE. Never NULL. */
const char *err_name(enum err_type type);
/* Code on the wire: -32700.. for the JSON-RPC ones, else err_exit(). */
int err_code(enum err_type type);
/* Exit status of bambuctl, 1..18; 0 for ERR_NONE. */
int err_exit(enum err_type type);
/* One sentence that explains the type. */
const char *err_text(enum err_type type);
/* ERR_NONE when the word is unknown. */
enum err_type err_by_name(const char *name);

/* Fills e (printer and hint emptied); the message is cut, never overrun. e may be NULL. */
void err_set(struct err *e, enum err_type type, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds the hint to an error already set. e may be NULL. */
void err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Adds the printer to an error already set. e may be NULL. */
void err_printer(struct err *e, const char *name);
