/* SPDX-License-Identifier: MIT */
/* What a printer's refusal means. Pure. */
#include "daemon/files/reply.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"

bool reply_read(const char *line, size_t len, struct reply *ret)
{
	char buf[256];

	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r')) {
		len--;
	}
	if (len < 3 || (len > 3 && line[3] != ' ')) {
		return false;
	}
	for (size_t i = 0; i < 3; i++) {
		if (line[i] < '0' || line[i] > '9') {
			return false;
		}
	}
	ret->code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
	line += len > 3 ? 4 : 3;
	len -= len > 3 ? 4 : 3;
	if (len >= sizeof(buf)) {
		len = sizeof(buf) - 1;
	}
	memcpy(buf, line, len);
	buf[len] = '\0';
	text_escape_buf(buf, ret->text, sizeof(ret->text));
	return true;
}

int64_t reply_size(const struct reply *r)
{
	int64_t size;

	return r->code == 213 && parse_i64(r->text, 0, INT64_MAX, &size) == 0 ? size : -1;
}

static bool says(const struct reply *r, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcasestr(r->text, *words) != NULL) {
			return true;
		}
	}
	return false;
}

static bool says_full(const struct reply *r)
{
	static const char *const words[] = {"full", "space", "quota", "exceeded", NULL};

	return r->code == 452 || r->code == 552 || says(r, words);
}

static bool says_no_card(const struct reply *r)
{
	static const char *const words[] = {
	    "sd card", "sdcard", "no card", "no storage", "mount", "format", NULL};

	return says(r, words);
}

/* No card, a full one and one that is not formatted get the same 553; what the root shows tells
 * them apart. */
static void put_refused(const char *printer, const char *path, const struct reply *r,
    enum reply_evidence evidence, struct err *e)
{
	bool hidden = evidence == REPLY_ROOT_HIDDEN, empty = hidden || evidence == REPLY_ROOT_EMPTY;

	if (says_full(r)) {
		err_set(e, ERR_CARD_FULL, "the storage card of %s is full (%d %s)", printer,
		    r->code, r->text);
	} else if (says_no_card(r)) {
		err_set(e, ERR_NO_CARD, "%s has no usable storage card (%d %s)", printer, r->code,
		    r->text);
	} else if ((r->code == 550 && empty) || (r->code == 553 && hidden)) {
		err_set(e, ERR_INTERNAL_STORAGE,
		    "%s takes no files and shows none: it keeps them in its internal storage (%d "
		    "%s)",
		    printer, r->code, r->text);
		err_hint(e,
		    "put a card in, and switch on \"store sent files on external storage\" on "
		    "the printer");
	} else if (r->code == 553 && empty) {
		err_set(e, ERR_NO_CARD,
		    "%s has no storage card, or one that is not formatted (%d %s)", printer,
		    r->code, r->text);
	} else if (r->code == 553) {
		err_set(e, ERR_CARD_FULL, "%s does not write to its storage card: %s (%d %s)",
		    printer,
		    evidence == REPLY_ROOT_FILLED
			? "it can be read, so it is full or write-protected"
			: "full, missing or not formatted",
		    r->code, r->text);
	} else {
		err_set(e, ERR_FILE_REFUSED, "%s refuses %.80s (%d %s)", printer, path, r->code,
		    r->text);
	}
}

static void name_refused(enum files_verb verb, const char *printer, const char *path,
    const struct reply *r, struct err *e)
{
	if (verb == FILES_MKDIR) {
		err_set(e, ERR_FILE_REFUSED, "%s does not make the folder %.80s (%d %s)", printer,
		    path, r->code, r->text);
	} else if (r->code == 550 || r->code == 450) {
		err_set(e, ERR_NO_SUCH_FILE, "%s has no %s %.80s (%d %s)", printer,
		    verb == FILES_LIST ? "folder" : "file", path, r->code, r->text);
	} else {
		err_set(e, ERR_TRANSFER_FAILED, "%s refuses %.80s (%d %s)", printer, path, r->code,
		    r->text);
	}
}

static void folder_refused(
    enum files_verb verb, const char *printer, const char *path, struct err *e)
{
	if (verb == FILES_MKDIR) {
		err_set(e, ERR_FILE_REFUSED, "%s has a folder %.80s already", printer, path);
	} else {
		err_set(e, ERR_FILE_REFUSED, "%.80s on %s is a folder", path, printer);
	}
}

void reply_refused(enum files_verb verb, const char *printer, const char *path,
    const struct reply *r, enum reply_evidence evidence, struct err *e)
{
	if (r->code == 530) {
		err_set(e, ERR_AUTH_REFUSED, "%s refuses the access code", printer);
		err_hint(e, "the access code is on the printer's screen, under network or LAN");
	} else if (r->code == 421) {
		err_set(e, ERR_BUSY, "%s has no room for another file session (%d %s)", printer,
		    r->code, r->text);
	} else if (evidence == REPLY_IS_FOLDER) {
		folder_refused(verb, printer, path, e);
	} else if (evidence == REPLY_NO_FOLDER) {
		err_set(e, ERR_NO_SUCH_FILE, "%s has no folder above %.80s", printer, path);
	} else if (verb == FILES_PUT) {
		put_refused(printer, path, r, evidence, e);
	} else {
		name_refused(verb, printer, path, r, e);
	}
	err_printer(e, printer);
}
