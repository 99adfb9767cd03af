/* SPDX-License-Identifier: MIT */
/* The parts of a 3mf file that tell about the print, each read into the project (pure). */
#pragma once

#include <stddef.h>

#include "common/err.h"
#include "ctl/inspect/project.h"

/* Each takes the text of one part: 0, or -EINVAL with *e (file_refused). */

/* Metadata/slice_info.config: the plates that were sliced. */
int read_slice_info(struct project *p, const char *text, size_t len, struct err *e);
/* Metadata/model_settings.config: all plates, with their names. */
int read_model_settings(struct project *p, const char *text, size_t len, struct err *e);
/* Metadata/project_settings.config: filaments and nozzles of the project. */
int read_project_settings(struct project *p, const char *text, size_t len, struct err *e);
/* Metadata/plate_N.json: the build plate. What cannot be read is a warning. */
void read_plate_json(struct project *p, int index, const char *text, size_t len);
