/* SPDX-License-Identifier: MIT */
/* What tells one daemon from another, and one try from the next. */
#include "daemon/fleet/fleet.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/util.h"
#include "daemon/fleet/uplink.h"

uint32_t fleet_random(void)
{
	uint32_t r = 0;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r)) {
		static uint32_t state = 2463534242u;

		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		r = state;
	}
	return r;
}

static void read_machine_id(char *buf, size_t size)
{
	int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd >= 0) {
		n = read(fd, buf, size - 1);
		close(fd);
	}
	buf[n > 0 ? n : 0] = '\0';
}

uint64_t uplink_salt(const char *instance, const char *state_dir)
{
	/* Without the machine two daemons with the defaults would take each other's sessions. */
	char machine[64];
	const char *parts[] = {machine, instance, state_dir};
	uint64_t h = 14695981039346656037ull;

	read_machine_id(machine, sizeof(machine));
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		for (const char *s = parts[i]; *s; s++) {
			h = (h ^ (unsigned char)*s) * 1099511628211ull;
		}
	}
	return h;
}
