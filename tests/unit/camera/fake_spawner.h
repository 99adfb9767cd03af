/* SPDX-License-Identifier: MIT */
/* Helpers that are sockets of the test, in place of daemon/io/spawner.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define FAKE_HELPERS_MAX 64

struct fake_helpers {
	int fds[FAKE_HELPERS_MAX]; /* the other ends, by the order of their start; -1: closed */
	bool ended[FAKE_HELPERS_MAX];
	unsigned started;
	bool refuse;
};
extern struct fake_helpers fake_helpers;

void fake_helpers_reset(void); /* closes every end */
unsigned fake_helpers_running(void);
/* What has come to the helper so far, taken; its length. */
size_t fake_helper_read(unsigned which, void *buf, size_t size);
void fake_helper_write(unsigned which, const void *data, size_t len);
void fake_helper_close(unsigned which);
