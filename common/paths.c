/* SPDX-License-Identifier: MIT */
/* Default places: fixed for the system service, XDG base directories for an ordinary user. */
#include "common/paths.h"

#include <string.h>

#include "common/util.h"

/* The value of an absolute path variable; a relative one is ignored, as XDG wants it. */
static const char *env_path(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] == '/' ? value : NULL;
}

bool paths_is_system(void)
{
	const char *dir = env_path("RUNTIME_DIRECTORY");

	/* The manager of a user sets the variable too, below /run/user. */
	return geteuid() == 0 ||
	       (dir && str_starts(dir, "/run/") && !str_starts(dir, "/run/user/"));
}

/* $variable/tail, or ~/fallback/tail; fallback NULL = no default. */
static char *user_path(const char *variable, const char *fallback, const char *tail)
{
	const char *dir = env_path(variable), *home;

	if (dir) {
		return xasprintf("%s/%s", dir, tail);
	}
	home = fallback ? env_path("HOME") : NULL;
	return home ? xasprintf("%s/%s/%s", home, fallback, tail) : NULL;
}

char *paths_user_socket(void)
{
	return user_path("XDG_RUNTIME_DIR", NULL, "bambud/control.sock");
}

char *paths_socket(void)
{
	return paths_is_system() ? xstrdup(PATHS_SYSTEM_SOCKET) : paths_user_socket();
}

char *paths_config(void)
{
	return paths_is_system() ? xstrdup(PATHS_SYSTEM_CONFIG)
				 : user_path("XDG_CONFIG_HOME", ".config", "bambud/bambud.conf");
}

char *paths_state_dir(void)
{
	return paths_is_system() ? xstrdup(PATHS_SYSTEM_STATE)
				 : user_path("XDG_STATE_HOME", ".local/state", "bambud");
}

char *paths_cache_dir(void)
{
	return paths_is_system() ? xstrdup(PATHS_SYSTEM_CACHE)
				 : user_path("XDG_CACHE_HOME", ".cache", "bambud");
}

char *paths_join(const char *base_dir, const char *path)
{
	size_t len;

	if (!path || path[0] == '/' || !base_dir || base_dir[0] == '\0') {
		return xstrdup(path);
	}
	len = strlen(base_dir);
	return xasprintf("%s%s%s", base_dir, base_dir[len - 1] == '/' ? "" : "/", path);
}
