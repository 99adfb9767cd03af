/* SPDX-License-Identifier: MIT */
/* The command line taken apart: options anywhere, words in their order. One table of options. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum opt {
	OPT_PRINTER,
	OPT_HOST,
	OPT_SOCKET,
	OPT_JSON,
	OPT_COLUMNS,
	OPT_NO_LEGEND,
	OPT_COLOR,
	OPT_NO_PAGER,
	OPT_QUIET,
	OPT_VERBOSE,
	OPT_TIMEOUT,
	OPT_YES,
	OPT_DRY_RUN,
	OPT_NO_WAIT,
	OPT_HELP,
	OPT_VERSION,
	OPT_ACTION,
	OPT_ADDRESS,
	OPT_AFTER,
	OPT_ALL,
	OPT_AMS,
	OPT_BED_TYPE,
	OPT_CHECK,
	OPT_CODE,
	OPT_CODE_STDIN,
	OPT_CSV,
	OPT_DATA,
	OPT_DIAMETER_MM,
	OPT_EMAIL,
	OPT_EVERY,
	OPT_EXPECT,
	OPT_FILAMENT,
	OPT_FILE,
	OPT_FILES,
	OPT_FLOW_CALI,
	OPT_FOLLOW,
	OPT_FOR,
	OPT_FPS,
	OPT_HOURS,
	OPT_KIND,
	OPT_LANG,
	OPT_LAYER_INSPECT,
	OPT_LIMIT,
	OPT_MAX_AGE,
	OPT_MAX_FRAMES,
	OPT_MODE,
	OPT_NOZZLE,
	OPT_NOZZLE_MAX_C,
	OPT_NOZZLE_MIN_C,
	OPT_NO_AMS,
	OPT_NO_LEVEL,
	OPT_NO_VIBRATION,
	OPT_NO_VIDEO,
	OPT_PAGE,
	OPT_PIN,
	OPT_PLATE,
	OPT_PROFILE,
	OPT_QUERY,
	OPT_RAW,
	OPT_REGION,
	OPT_ROTATE,
	OPT_SENSITIVITY,
	OPT_SERIAL,
	OPT_SHOW,
	OPT_SINCE,
	OPT_SLOT,
	OPT_SPEED,
	OPT_STOP,
	OPT_TEMP,
	OPT_THUMBNAIL,
	OPT_TIMELAPSE,
	OPT_TOKEN_STDIN,
	OPT_TYPE,
	OPT_UNREAD,
	OPT_UNTIL,
	OPT_WAIT,
	OPT_WATCH,
	OPT_COUNT
};

enum opt_value { OPT_VALUE_NONE, OPT_VALUE_OPTIONAL, OPT_VALUE_NEEDED };

struct opt_row {
	const char *name; /* without its dashes */
	char letter;	  /* 0 = none */
	enum opt_value value;
	const char *value_name;	  /* "SEL"; NULL = none */
	const char *const *words; /* allowed values, NULL-terminated; NULL = free */
	const char *verbs;	  /* comma-separated verbs it belongs to; NULL = all */
	bool repeats;		  /* given again, values are joined with commas */
	const char *help;
};
/* Indexed by enum opt. */
extern const struct opt_row opt_table[OPT_COUNT];

struct args {
	unsigned given[OPT_COUNT];
	char *value[OPT_COUNT]; /* owned; NULL when not given or given without one */
	const char **words;	/* owned array of borrowed argv entries */
	int word_count;
	int64_t timeout_ms;
	struct err err; /* the first mistake; parsing goes on behind it, so that --json is heard */
};

#define ARGS_TIMEOUT_MS 10000

/* Reads argv[1..]. Always to be finished. */
void args_parse(struct args *a, int argc, char **argv);
void args_finish(struct args *a);
/* The option of this word that takes the next word as its value; OPT_COUNT = none. */
enum opt args_wants_value(const char *word);
/* False for an option of other verbs only. */
bool opt_fits(enum opt opt, const char *verb);
/* Whether it is RRGGBB or RRGGBBAA: what --color is to "ams set". */
bool args_is_rgb(const char *value);
/* First given option that does not go with the verb, or OPT_COUNT. */
enum opt args_misplaced(const struct args *a, const char *verb);
