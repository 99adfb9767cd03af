/* SPDX-License-Identifier: MIT */
/* Options that can be switched: how they are asked for, and where the report shows them
 * (bambu.md 5, 6.5). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/model/encode_internal.h"

#define NO_BIT (-1)
#define NO_OPTION (-1)

struct encode_option {
	const char *method, *key; /* our word */
	const char *command, *member;
	int option;	       /* enum option_key, NO_OPTION: not among the state's */
	int cfg_bit, home_bit; /* in cfg, in home_flag; NO_BIT none */
	const char *path;      /* in the report */
	enum { FORM_BOOL, FORM_NUMBER, FORM_RECOVERY } form;
};

#define OPTION(word, text, which, ...)                                                            \
	{                                                                                         \
		.method = "print.option", .key = word, .command = "print_option", .member = text, \
		.option = which, ##__VA_ARGS__                                                    \
	}
#define UNIT_OPTION(word, text, cfg, home, where)                                      \
	{                                                                              \
		.method = "ams.option", .key = word, .command = "ams_user_setting",    \
		.member = text, .option = NO_OPTION, .cfg_bit = cfg, .home_bit = home, \
		.path = where                                                          \
	}

/* The units' three options go together in one message, in this order. */
static const struct encode_option options[] = {
    UNIT_OPTION("startup_read", "startup_read_option", 1, NO_BIT, "ams.power_on_flag"),
    UNIT_OPTION("insert_read", "tray_read_option", 0, NO_BIT, "ams.insert_flag"),
    UNIT_OPTION("remain", "calibrate_remain_flag", 17, 7, "ams.calibrate_remain_flag"),
    OPTION("auto_recovery", "auto_recovery", OPTION_AUTO_RECOVERY, .form = FORM_RECOVERY),
    OPTION("auto_refill", "auto_switch_filament", OPTION_AUTO_REFILL),
    OPTION("airprint_detect", "air_print_detect", OPTION_AIRPRINT_DETECT),
    OPTION("tangle_detect", "filament_tangle_detect", OPTION_TANGLE_DETECT),
    OPTION("blob_detect", "nozzle_blob_detect", OPTION_BLOB_DETECT),
    OPTION("sound", "sound_enable", OPTION_SOUND),
    OPTION("air_purification", "air_purification", NO_OPTION, .form = FORM_NUMBER),
};

const struct encode_option *encode_option_find(const char *method, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(options[i].method, method) == 0 && strcmp(options[i].key, key) == 0) {
			return &options[i];
		}
	}
	return NULL;
}

/* cfg where it is sent, else what older firmware has. */
enum tri encode_option_now(const struct encode_option *o, const struct state *s)
{
	enum tri now = TRI_UNKNOWN;

	if (strcmp(o->method, "print.option") == 0) {
		return o->option == NO_OPTION ? TRI_UNKNOWN : (enum tri)s->options.on[o->option];
	}
	if (o->cfg_bit != NO_BIT) {
		now = encode_fact_bit(s, "cfg", o->cfg_bit);
	}
	if (now == TRI_UNKNOWN && o->path) {
		now = encode_fact_tri(s, o->path);
	}
	if (now == TRI_UNKNOWN && o->home_bit != NO_BIT) {
		now = encode_fact_bit(s, "home_flag", o->home_bit);
	}
	return now;
}

static int find_option(struct encoder *enc, const struct encode_option **ret)
{
	const char *key = json_get_str(enc->params, "key");
	char list[160] = "", shown[32];
	size_t used = 0;

	*ret = encode_option_find(enc->req->method, key);
	if (*ret) {
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(options[i].method, enc->req->method) == 0) {
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
			    used == 0 ? "" : ", ", options[i].key);
			used = used < sizeof(list) ? used : sizeof(list) - 1;
		}
	}
	return encode_refuse(enc, ERR_INVALID_PARAMS, "\"key\" must be one of %s, not \"%s\"", list,
	    text_escape_buf(key, shown, sizeof(shown)));
}

/* Only a printer that lists what it can do, without this, lacks it. */
static bool is_missing(const struct encode_option *o, const struct state *s)
{
	return o->option != NO_OPTION &&
	       option_is_supported(s, (enum option_key)o->option) == TRI_NO;
}

int encode_print_option(struct encoder *enc)
{
	bool on = encode_bool(enc, "value", false);
	const struct encode_option *o;
	struct jw *w;
	int r = find_option(enc, &o);

	if (r < 0) {
		return r;
	}
	if (is_missing(o, enc->state)) {
		return encode_refuse(
		    enc, ERR_UNSUPPORTED, "%s has no option \"%s\"", encode_model(enc), o->key);
	}
	w = encode_begin(enc, "print", o->command);
	if (o->form == FORM_NUMBER) {
		jw_int(w, o->member, on);
	} else {
		jw_bool(w, o->member, on);
	}
	if (o->form == FORM_RECOVERY) {
		jw_int(w, "option", on);
	}
	encode_end(enc);
	return 0;
}

/* One message sets all three: the others are told as they are. */
int encode_ams_option(struct encoder *enc)
{
	const struct encode_option *o;
	struct jw *w;
	int r = find_option(enc, &o);

	if (r < 0) {
		return r;
	}
	w = encode_begin(enc, "print", "ams_user_setting");
	jw_int(w, "ams_id", -1); /* all units */
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		enum tri now;

		if (strcmp(options[i].command, o->command) != 0) {
			continue;
		}
		now = encode_option_now(&options[i], enc->state);
		if (&options[i] == o) {
			now = encode_bool(enc, "value", false) ? TRI_YES : TRI_NO;
		}
		if (now == TRI_UNKNOWN) {
			return encode_refuse(enc, ERR_UNSUPPORTED,
			    "the printer has not told how \"%s\" is set, which goes with it",
			    options[i].key);
		}
		jw_bool(w, options[i].member, now == TRI_YES);
	}
	encode_end(enc);
	return 0;
}
