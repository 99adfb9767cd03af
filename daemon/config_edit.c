/* SPDX-License-Identifier: MIT */
/* The checks of the reader, for one line that comes by the socket. */
#include "daemon/config_edit.h"

#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"
#include "daemon/config_draft.h"
#include "daemon/config_value.h"

#define CODE_MAX 64

/* A secret is told apart from a place where one is read by its first character: what comes by the
 * socket is the secret itself. */
static const char *check_secret(const char *text)
{
	if (strlen(text) > CODE_MAX || !text_is_plain(text, strlen(text)) || strchr(text, ' ')) {
		return "an access code is a short word";
	}
	return *text && strchr("@/.", *text) ? "an access code begins with a letter or digit"
					     : NULL;
}

static int refuse(const char *key, const char *why, struct err *e)
{
	char shown[64];

	err_set(e, ERR_INVALID_PARAMS, "%s: %s", text_escape_buf(key, shown, sizeof(shown)), why);
	return -EINVAL;
}

static int refuse_key(const char *key, struct err *e)
{
	const struct config_key *near = config_nearest_key(SECTION_PRINTER, key);

	refuse(key, "no key of a [Printer] section", e);
	if (near) {
		err_hint(e, "did you mean %s?", near->name);
	}
	return -EINVAL;
}

static const char *check_text(
    const struct config_key *k, const char *text, struct printer_config *scratch, char **ret_why)
{
	if (strpbrk(text, "\r\n") || !text_is_utf8(text, strlen(text))) {
		return "want one line of text";
	}
	if (k->type == CONFIG_SECRET) {
		return check_secret(text);
	}
	if (k->type == CONFIG_PATH && *text && *text != '/') {
		return "want a path from the root";
	}
	return *text && config_value_set(k, scratch, text, NULL, ret_why) < 0 ? *ret_why : NULL;
}

int config_edit_check(const char *key, const char *text, struct err *e)
{
	unsigned count;
	const struct config_key *keys = config_section_keys(SECTION_PRINTER, &count);
	int at = config_key_find(keys, count, key);
	struct printer_config scratch = {0};
	_cleanup_free_ char *why = NULL;
	const char *refused;
	int r;

	if (at < 0) {
		return refuse_key(key, e);
	}
	refused = check_text(&keys[at], text, &scratch, &why);
	r = refused ? refuse(key, refused, e) : 0;
	printer_config_finish(&scratch);
	return r;
}

int config_edit_check_name(const char *name, struct err *e)
{
	const char *why = config_check_name(name);

	return why ? refuse("name", why, e) : 0;
}
