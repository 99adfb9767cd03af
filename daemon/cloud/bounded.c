/* SPDX-License-Identifier: MIT */
/* JSON of a server, read only where the tree of it stays small (pure). */
#include "daemon/cloud/bounded.h"

#include "common/json.h"

#define NESTS_MAX 50000 /* objects and arrays: some 700 bytes each once parsed */
#define VALUES_MAX 400000

/* Counted before anything is built of it; signs inside strings count too. */
static bool is_modest(const char *text, size_t len)
{
	size_t nests = 0, values = 0;

	for (size_t i = 0; i < len; i++) {
		nests += text[i] == '{' || text[i] == '[';
		values += text[i] == ',';
	}
	return nests <= NESTS_MAX && values <= VALUES_MAX;
}

json_object *bounded_parse(const char *text, size_t len)
{
	json_object *body = NULL;

	if (len == 0 || !is_modest(text, len) ||
	    json_parse(text, len, BOUNDED_DEPTH_MAX, &body) < 0) {
		return NULL;
	}
	return body;
}
