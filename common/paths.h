/* SPDX-License-Identifier: MIT */
/* Default places of the socket, configuration, state and cache: system-wide or of an ordinary user.
 */
#pragma once

#include <stdbool.h>

#define PATHS_SYSTEM_SOCKET "/run/bambud/control.sock"
#define PATHS_SYSTEM_CONFIG "/etc/bambud/bambud.conf"
#define PATHS_SYSTEM_STATE "/var/lib/bambud"
#define PATHS_SYSTEM_CACHE "/var/cache/bambud"

/* True for root and for a process started by systemd with RUNTIME_DIRECTORY set: system paths
 * apply. */
bool paths_is_system(void);
/* All return an owned string, or NULL when the needed XDG/HOME variable is unset (daemon names it
 * in its error). */
char *paths_socket(void);
char *paths_config(void);
char *paths_state_dir(void);
char *paths_cache_dir(void);
/* $XDG_RUNTIME_DIR/bambud/control.sock, or NULL. */
char *paths_user_socket(void);
/* base's folder joined with path unless path is absolute. Owned. */
char *paths_join(const char *base_dir, const char *path);
