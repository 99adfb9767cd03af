/* SPDX-License-Identifier: MIT */
/* The project as the one JSON object that bambu-inspect prints. */
#pragma once

#include <stdint.h>

struct jw;
struct project;

void render_project(struct jw *w, const struct project *p, const char *file, int64_t size_bytes);
/* Short name of a model ("P1S") for the vendor's code or product name; NULL = unknown. */
const char *render_model(const char *code);
