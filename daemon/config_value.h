/* SPDX-License-Identifier: MIT */
/* One value: its text read into the field its row names, and back. */
#pragma once

#include "daemon/config.h"

struct config_file;

/* Reads text (not empty) into k's field of *base, freeing what was there. file: where the text
 * stands, for relative paths and secrets; NULL for a default. 0, or -EINVAL with an owned *ret_why
 * that never quotes a secret, -ENOKEY for a credential when there is no credential directory. */
int config_value_set(const struct config_key *k, void *base, const char *text,
    const struct config_file *file, char **ret_why);
/* The field as text the reader would accept; secrets as ***; owned, "" when unset. */
char *config_value_text(const struct config_key *k, const void *base);
