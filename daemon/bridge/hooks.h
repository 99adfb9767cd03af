/* SPDX-License-Identifier: MIT */
/* Hooks: events told to programs and web servers, each hook one after the other, a few at once. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hook_config;
struct hooks;
struct http;
struct hub;
struct loop;
struct registry;
struct spawn_port;

#define HOOKS_AT_ONCE 4	     /* programs that run; and as many requests */
#define HOOK_WAITING_MAX 256 /* events of one hook */

/* All outlive the hooks. */
struct hooks_deps {
	struct loop *loop;
	struct hub *hub;
	struct registry *registry; /* for Printers= */
	struct spawn_port *spawns;
	struct http *http;
};

/* Hears the hub from now on. */
struct hooks *hooks_create(const struct hooks_deps *deps);
/* What runs is killed. NULL is fine. */
void hooks_destroy(struct hooks *h);
/* The hooks of the configuration, which is borrowed until the next call. One of the same name keeps
 * what waits and what runs; one that is gone is ended. */
void hooks_apply(struct hooks *h, const struct hook_config *configs, size_t count);
