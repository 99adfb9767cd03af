/* SPDX-License-Identifier: MIT */
/* While a configuration is read: what the files say, key by key, before any value is judged. */
#pragma once

#include <stdarg.h>

#include "daemon/config_keys.h"

struct config_file;

/* More warnings than this are counted, not kept. */
#define CONFIG_WARNINGS_MAX 100
/* Longest list put together from several lines. */
#define CONFIG_LIST_MAX 8192

/* Where a value stands: line 0 = nowhere, a default. */
struct config_origin {
	unsigned file; /* index in config.files, or CONFIG_COMMAND_LINE */
	unsigned line;
};
#define CONFIG_COMMAND_LINE ((unsigned)-1)

/* What config_dump needs beside the values. */
struct config_detail {
	struct config_origin single[SECTION_COUNT][CONFIG_SECTION_KEYS_MAX];
	/* Values without a field, of sections this version lacks; owned. */
	char *kept[SECTION_COUNT][CONFIG_SECTION_KEYS_MAX];
	struct config_origin (*printers)[CONFIG_SECTION_KEYS_MAX]; /* as config.printers */
	struct config_origin (*hooks)[CONFIG_SECTION_KEYS_MAX];	   /* as config.hooks */
	size_t warnings_left_out;
};

struct config_draft_value {
	const char *text; /* last word said, "" = emptied; NULL = nothing said. In a file's text, or
			     joined */
	char *joined;	  /* a list put together from several lines; owned */
	struct config_origin origin;
};

/* One section. */
struct config_draft {
	const char *name; /* of a printer; in a file's text */
	struct config_origin origin;
	struct config_draft_value values[CONFIG_SECTION_KEYS_MAX];
};

struct config_loader {
	struct config *c;
	struct config_file **files; /* as config.files, while loading */
	size_t file_count;
	struct config_file *command; /* stands for the command line */
	const struct config_key *keys[SECTION_COUNT];
	unsigned key_counts[SECTION_COUNT];
	struct config_draft single[SECTION_COUNT]; /* Daemon, Cloud, Discovery */
	struct config_draft **printers;		   /* as they came, then sorted by name */
	size_t printer_count;
	struct config_draft *hooks[HOOKS_MAX];
	size_t hook_count;
	void *by_name; /* tsearch(3) tree of the same */
	bool lacks_said[SECTION_COUNT][CONFIG_SECTION_KEYS_MAX + 1]; /* last: the whole section */
};

void config_loader_init(struct config_loader *l, struct config *c);
void config_loader_finish(struct config_loader *l);

/* Reads one file into the drafts; printers_only: any other section is refused with a warning.
 * -ENOENT, or -EINVAL with *e for an unreadable file or a line that is none. */
int config_draft_file(struct config_loader *l, const char *path, bool printers_only, struct err *e);
/* The same for a file already read, which the loader takes over. */
int config_draft_text(
    struct config_loader *l, struct config_file *file, bool printers_only, struct err *e);
/* A word of the command line for a [Daemon] key. */
void config_draft_option(struct config_loader *l, const char *key, const char *text);
/* NULL when the name is fit for a printer, else why not (constant). */
const char *config_check_name(const char *name);

/* The file a value stands in, or NULL for a default. */
const struct config_file *config_origin_file(
    const struct config_loader *l, const struct config_origin *o);
/* "FILE:LINE", "command line" or "default"; owned. */
char *config_origin_text(const struct config *c, const struct config_origin *o);
/* A warning at that place; is_error: --check-config takes it for one. */
void config_warn(struct config_loader *l, const struct config_origin *o, bool is_error,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
