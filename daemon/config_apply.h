/* SPDX-License-Identifier: MIT */
/* Drafts judged: texts become values, printers usable or disabled with the reason. */
#pragma once

#include "daemon/config_draft.h"

/* [Daemon] with the defaults of this machine and user. -EINVAL with *e when a value is bad. */
int config_apply_daemon(struct config_loader *l, struct err *e);
/* [Cloud]; a bad value leaves the account unused, with the reason in the configuration. */
void config_apply_cloud(struct config_loader *l);
/* The other sections that stand once; in place of a bad value the default counts. */
void config_apply_singles(struct config_loader *l);
/* What was said in sections this version lacks, for the dump. */
void config_apply_kept(struct config_loader *l);
/* Takes what was refused: the place, whether --check-config treats it as an error, one sentence. */
typedef void (*config_refuse_fn)(struct config_loader *l, void *base, const struct config_origin *o,
    bool is_error, const char *text);
/* The values of one section into its struct. */
void config_apply_values(struct config_loader *l, enum config_section_id id,
    const struct config_draft *d, void *base, struct config_origin *origins,
    config_refuse_fn refuse);
/* All hooks, sorted by name. */
void config_apply_hooks(struct config_loader *l);
/* All printers, sorted by name. */
void config_apply_printers(struct config_loader *l);
