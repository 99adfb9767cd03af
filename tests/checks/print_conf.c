/* SPDX-License-Identifier: MIT */
/* Prints conf/bambud.conf as the table of keys has it: every key, commented, at its default. */
#include <stdio.h>
#include <string.h>

#include "daemon/config_keys.h"

static void print_key(const struct config_key *k)
{
	printf("# %s", k->help);
	if (*k->values) {
		printf(" (%s)", k->values);
	}
	printf(".%s\n#%s=%s\n", k->built ? "" : " Not in this version.", k->name, k->preset);
}

static void print_section(enum config_section_id id)
{
	const struct config_section *s = &config_sections[id];
	unsigned count, i;
	const struct config_key *keys = config_section_keys(id, &count);

	if (count == 0) {
		return;
	}
	/* A printer is one's own: its section is commented out as well. */
	printf("\n%s[%s%s]\n", s->named ? "#" : "", s->name, s->named ? " NAME" : "");
	for (i = 0; i < count; i++) {
		print_key(&keys[i]);
	}
}

int main(void)
{
	unsigned id;

	printf("# bambud.conf(5): every key at its default. A comment is a line of its own.\n"
	       "# With a secret written out here the mode must be 0600, or 0640 root:bambud.\n");
	for (id = 0; id < SECTION_COUNT; id++) {
		print_section((enum config_section_id)id);
	}
	return 0;
}
