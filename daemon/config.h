/* SPDX-License-Identifier: MIT */
/* The configuration: systemd-flavoured ini files read by one table of keys into plain structs
 * (config.md). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/err.h"
#include "common/log.h"
#include "daemon/bridge/hook_config.h"
#include "daemon/cloud/account.h"
#include "daemon/fleet/printer_config.h"
#include "daemon/model/limits.h"

struct config_detail;

/* Where values come from; all may be NULL for the defaults of paths.h. Command-line words win over
 * files. */
struct config_sources {
	const char *file; /* --config: replaces all files but the state directory's printers.d */
	const char *state_dir; /* --state-dir */
	const char *socket;    /* --socket */
	const char *log_level; /* --log-level */
};

struct config_daemon {
	enum log_level log_level;
	char *socket, *state_dir, *cache_dir; /* absolute */
	char *instance;			      /* default: host name */
	char *group, *read_group;
	bool others_read;
};

enum cloud_prefer { PREFER_LAN, PREFER_CLOUD, PREFER_COUNT };
enum adopt_mode { ADOPT_NONE, ADOPT_BOUND, ADOPT_CONFIGURED, ADOPT_COUNT };

/* Addresses that were left out are NULL: those of the region are then meant. */
struct config_cloud {
	bool enabled;
	enum account_region region;
	char *api_url, *web_url, *text_url, *mqtt_host;
	uint16_t mqtt_port;
	char *ca_file, *account;
	struct secret *token;
	enum cloud_prefer prefer;
	char *user_agent, *sign_cert_id;
	struct secret *sign_key;
	char *disabled; /* NULL: usable; else one sentence why the account is not used */
};

struct config_discovery {
	bool ssdp;
	uint16_t port;
	enum adopt_mode adopt;
};

struct config_metrics {
	char *textfile, *socket; /* absolute; NULL: not wanted */
	int64_t interval_ms;
};

struct config_history {
	bool enabled;
	int keep; /* prints */
};

struct config {
	struct config_daemon daemon;
	struct config_cloud cloud;
	struct config_discovery discovery;
	struct derive_limits limits; /* [Alerts] */
	struct config_metrics metrics;
	struct config_history history;
	struct printer_config *printers; /* sorted by name */
	size_t printer_count;
	struct hook_config *hooks; /* sorted by name */
	size_t hook_count;
	char **files;			   /* read, in order; NULL-terminated */
	char **warnings;		   /* "FILE:LINE: ..." ; NULL-terminated */
	size_t warning_count, error_count; /* errors: warnings that --check-config treats as errors;
					      counted even when the list of warnings is full */
	char *left_out; /* "FILE:LINE: reason" of a file of added printers left out whole, or NULL
			 */
	struct config_detail *detail; /* where each value stands; config_dump reads it */
};

/* Reads everything. 0 with an owned config (warnings inside: unknown keys with the nearest name,
 * disabled printers, refused secrets, keys of features this version lacks, damaged files of added
 * printers); -EINVAL with *e
 * (FILE:LINE: reason) when the start must be refused: bad [Daemon] value, unreadable file, bad ini
 * line. Nothing is logged here. A missing default file is no error. */
int config_load(const struct config_sources *src, struct config **ret, struct err *e);
void config_destroy(struct config *c); /* NULL is fine */
/* The defaults of a section of its own, into a zeroed one. */
void config_printer_defaults(struct printer_config *ret);
/* Where the section of that printer begins to count: "FILE:LINE" of its Serial=, owned; NULL: it
 * has none. */
char *config_printer_place(const struct config *c, const char *name);
/* NULL when the address of a printer is given or the network may tell it, else why not (static). */
const char *config_why_no_address(const struct config *c, const struct printer_config *p);
/* The account is switched on, and nothing is wrong with its section. */
bool config_uses_account(const struct config *c);
/* --dump-config: effective values with their origin as comments, secrets as ***. */
void config_dump(const struct config *c, FILE *out);
/* Keys that differ and can be taken without a restart, as an owned JSON array of words
 * ("Daemon.LogLevel", "Printer shelf-1"); *ret_restart gets an owned array of those that need one
 * (Socket, StateDirectory, CacheDirectory). */
void config_diff(
    const struct config *old, const struct config *now, char **ret_changed, char **ret_restart);

/* How the text of a value is read (config_value.c). */
enum config_type {
	CONFIG_STRING,
	CONFIG_BOOL, /* yes no true false on off 1 0; or the two words of `values` */
	CONFIG_INT,  /* "1..9", or "off|1..9" where off is 0 */
	CONFIG_PORT,
	CONFIG_ENUM,   /* one word of `values`, stored as its index */
	CONFIG_WORDS,  /* a list: repeated keys append, an empty value empties it */
	CONFIG_PATH,   /* made absolute from the folder of its file */
	CONFIG_SECRET, /* @credential, /file, ./file, or inline in a private file */
	CONFIG_SERIAL,
	CONFIG_HOST,
	CONFIG_HEX,  /* 32 bytes */
	CONFIG_TIME, /* int64_t, ms */
	CONFIG_TYPE_COUNT
};
const char *config_type_name(enum config_type type); /* "string", "bool", ... */

/* The table of keys: reader, --dump-config, man page check and conf/bambud.conf all read it.
 * Sorted by section, in the order of the dump. */
struct config_key {
	const char *section, *name; /* "Daemon", "LogLevel" */
	enum config_type type;
	const char *values; /* "err|warn|info|debug", "1..65535", "" */
	const char *preset; /* default as text, "" none or worked out at the start */
	bool reloadable;    /* taken without a restart */
	bool built;	    /* false: accepted, one line that this version lacks it */
	size_t offset;	    /* of its field in config_daemon or printer_config; CONFIG_NO_FIELD */
	const char *help;
};
#define CONFIG_NO_FIELD ((size_t)-1)
extern const struct config_key config_keys[];
extern const unsigned config_key_count;
