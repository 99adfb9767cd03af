/* SPDX-License-Identifier: MIT */
/* Where a secret value comes from: a systemd credential, a private file, or the line itself. */
#pragma once

struct config_file;
struct secret;

/* What --dump-config shows instead of a secret; refused as a value. */
#define CONFIG_SECRET_MASK "***"

/* text: @name, /path, ./path or the secret; file: where it stands. 0 with an owned secret; -EINVAL
 * or (no credential directory) -ENOKEY with an owned *ret_why: what is wrong and what to type. */
int config_secret_read(
    const char *text, const struct config_file *file, struct secret **ret, char **ret_why);
