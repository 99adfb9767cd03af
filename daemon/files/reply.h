/* SPDX-License-Identifier: MIT */
/* What a printer's refusal means. Pure. */
#pragma once

#include <stdbool.h>

#include "common/err.h"
#include "daemon/files/files.h"

#define REPLY_TEXT_MAX 120

/* The last line a server said. */
struct reply {
	int code;		   /* 0: nothing yet */
	char text[REPLY_TEXT_MAX]; /* behind the code, escaped */
};

/* What was found on the printer after it refused, as evidence. */
enum reply_evidence {
	REPLY_NO_EVIDENCE,
	REPLY_IS_FOLDER,   /* the path names a folder */
	REPLY_NO_FOLDER,   /* the folder above it is not there */
	REPLY_ROOT_FILLED, /* the root shows files */
	REPLY_ROOT_EMPTY,  /* the root shows nothing, or is refused too */
	REPLY_ROOT_HIDDEN, /* the same at a printer with a storage of its own */
};

/* Takes "550 No such file\r\n" (not NUL-terminated); lines between ("550-...") are not the last. */
bool reply_read(const char *line, size_t len, struct reply *ret);
/* The answer to SIZE, "213 1234"; -1 when it is not one. */
int64_t reply_size(const struct reply *r);
/* The refusal of a verb as an error. */
void reply_refused(enum files_verb verb, const char *printer, const char *path,
    const struct reply *r, enum reply_evidence evidence, struct err *e);
