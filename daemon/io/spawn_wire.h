/* SPDX-License-Identifier: MIT */
/* What the daemon and its spawner process say to each other: one message a packet. */
#pragma once

#include <stdint.h>

#define SPAWN_ASK_MAX (32u * 1024) /* bytes of a packet to the spawner */
#define SPAWN_CHILDREN_MAX 256
#define SPAWN_FDS 3

enum spawn_ask_kind { SPAWN_START = 1, SPAWN_END };
enum spawn_tell_kind { SPAWN_STARTED = 1, SPAWN_ENDED };

/* SPAWN_START bears three descriptors, and behind it argc and then envc strings with their NUL. */
struct spawn_ask {
	uint32_t kind, id;
	uint32_t limit_ms; /* 0: none */
	uint32_t argc, envc;
};

struct spawn_tell {
	uint32_t kind, id;
	int32_t pid;
	int32_t error;	/* errno of a start that failed, else 0 */
	int32_t status; /* as of waitpid */
	int32_t timed_out;
};
