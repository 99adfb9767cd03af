/* SPDX-License-Identifier: MIT */
/* Prints the table of event kinds: name and journal id, one a line. */
#include <stdio.h>

#include "common/event.h"

int main(void)
{
	int kind;

	for (kind = 0; kind < EVENT_COUNT; kind++) {
		printf("%s %s\n", event_name(kind), event_message_id(kind));
	}
	return 0;
}
