/* SPDX-License-Identifier: MIT */
/* JSON of a server, read only where the tree of it stays small (pure). */
#pragma once

#include <json-c/json.h>
#include <stddef.h>

#define BOUNDED_DEPTH_MAX 16

/* Owned; NULL: not JSON, or deeper, wider or of more values than the bounds. From any thread. */
json_object *bounded_parse(const char *text, size_t len);
