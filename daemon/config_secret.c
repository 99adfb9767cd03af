/* SPDX-License-Identifier: MIT */
/* Where a secret value comes from: a systemd credential, a private file, or the line itself. */
#include "daemon/config_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/paths.h"
#include "common/secret.h"
#include "common/util.h"
#include "daemon/config_files.h"

/* -EPERM of secret_read_file has two causes with two remedies. */
static char *explain_refusal(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && st.st_uid != 0 && st.st_uid != geteuid()) {
		return xasprintf("%s belongs to user %u: chown %u '%s'", path, (unsigned)st.st_uid,
		    (unsigned)geteuid(), path);
	}
	return xasprintf("%s may be read by others: chmod 600 '%s'", path, path);
}

static char *explain(const char *path, int rc)
{
	switch (rc) {
	case -EPERM:
		return explain_refusal(path);
	case -ELOOP:
		return xasprintf("%s is a symbolic link: name the file itself", path);
	case -EINVAL:
		return xasprintf("%s is empty or not a file of text", path);
	default:
		return xasprintf("%s: %s", path, strerror(-rc));
	}
}

static int read_file(const char *path, struct secret **ret, char **ret_why)
{
	int rc = secret_read_file(AT_FDCWD, path, ret);

	if (rc < 0) {
		*ret_why = explain(path, rc);
		return -EINVAL;
	}
	return 0;
}

static int read_credential(const char *name, struct secret **ret, char **ret_why)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	_cleanup_free_ char *path = NULL;

	if (!*name || strchr(name, '/') || name[0] == '.') {
		*ret_why = xstrdup("a credential is @NAME without slashes");
		return -EINVAL;
	}
	if (!dir || dir[0] != '/') {
		*ret_why = xasprintf("credential %s: only a service of systemd with "
				     "LoadCredential=%s has one; else name a file of mode 600",
		    name, name);
		return -ENOKEY;
	}
	path = paths_join(dir, name);
	return read_file(path, ret, ret_why);
}

static int read_inline(
    const char *text, const struct config_file *file, struct secret **ret, char **ret_why)
{
	if (strcmp(text, CONFIG_SECRET_MASK) == 0) {
		*ret_why = xstrdup("*** stands for a secret that was left out: put it here again");
		return -EINVAL;
	}
	if (!file || file->inline_refused) {
		*ret_why = xasprintf("a secret may not stand here: %s",
		    file ? file->inline_refused : "not in a file");
		return -EINVAL;
	}
	*ret = secret_create(text, strlen(text));
	return 0;
}

int config_secret_read(
    const char *text, const struct config_file *file, struct secret **ret, char **ret_why)
{
	_cleanup_free_ char *path = NULL;

	if (text[0] == '@') {
		return read_credential(text + 1, ret, ret_why);
	}
	if (text[0] != '/' && !str_starts(text, "./") && !str_starts(text, "../")) {
		return read_inline(text, file, ret, ret_why);
	}
	path = paths_join(file ? file->dir : NULL, str_starts(text, "./") ? text + 2 : text);
	return read_file(path, ret, ret_why);
}
