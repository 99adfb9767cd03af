/* SPDX-License-Identifier: MIT */
/* The fault switches: names, arguments, and the bad payloads some of them send. Pure. */
#include "tests/sim/fault.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "common/util.h"

static const struct {
	const char *name, *arg, *help;
	int64_t min, max, fallback; /* min > max: takes no number */
} faults[] = {
    [FAULT_REFUSE] = {"refuse", "", "the port is closed: connection refused (existing ones stay)",
	1, 0, 0},
    [FAULT_OFF] = {"off", "[N]",
	"switched off: connections end, SYNs are dropped; after N more full reports (0)", 0, 1000,
	0},
    [FAULT_SLOW_ACCEPT] = {"slow-accept", "", "SYNs are dropped: connect() hangs until off", 1, 0,
	0},
    [FAULT_SILENT] = {"silent", "", "new TCP connections are accepted, TLS never answers", 1, 0, 0},
    [FAULT_HALF_OPEN] = {"half-open", "",
	"connections are neither read, written nor closed, until off", 1, 0, 0},
    [FAULT_WRONG_CN] = {"wrong-cn", "[CN]", "the certificate of another printer", 1, 0, 0},
    [FAULT_SELF_SIGNED] = {"self-signed", "",
	"right CN, self-signed, with the genuine CA beside it", 1, 0, 0},
    [FAULT_FOREIGN_CA] = {"foreign-ca", "", "right CN, issued by another CA of the same name", 1, 0,
	0},
    [FAULT_EXPIRED] = {"expired", "", "a certificate that ended yesterday", 1, 0, 0},
    [FAULT_TLS11] = {"tls11", "", "offers TLS 1.1 only", 1, 0, 0},
    [FAULT_LEAF_ALONE] = {"leaf-alone", "", "sends its certificate without the CA", 1, 0, 0},
    [FAULT_WRONG_CODE] = {"wrong-code", "[4|5]", "CONNACK with this refusal for everybody (5)", 4,
	5, 5},
    [FAULT_CLIENTS] = {"clients", "[N]",
	"takes N clients (4); the CONNECT of the next one ends its connection", 0, 1000, 4},
    [FAULT_SLOW_CONNACK] = {"slow-connack", "[MS]", "answers CONNECT after so long (5000)", 1,
	600000, 5000},
    [FAULT_KICK] = {"kick", "", "closes all connections once", 1, 0, 0},
    [FAULT_KICK_AT_ONCE] = {"kick-at-once", "", "lets clients in and closes at once, until off", 1,
	0, 0},
    [FAULT_OVERSIZE] = {"oversize", "[BYTES]",
	"announces a PUBLISH of that size (256 MiB) and keeps sending it", 64, 268435455,
	268435455},
    [FAULT_TRICKLE] = {"trickle", "[MS]", "sends a 64 KiB PUBLISH, one byte every MS (1000)", 1,
	60000, 1000},
    [FAULT_GARBAGE] = {"garbage", "",
	"adds payloads that are not JSON: NaN, trailing bytes, cut text, binary, empty", 1, 0, 0},
    [FAULT_DEEP] = {"deep", "[DEPTH]", "adds a report nested so deep (10000)", 1, 120000, 10000},
    [FAULT_MANY_KEYS] = {"many-keys", "[KEYS]", "adds a report with so many keys (20000)", 1,
	200000, 20000},
    [FAULT_NEW_KEYS] = {"new-keys", "[KEYS]", "adds deltas with ever new unknown keys (20 each)", 1,
	5000, 20},
    [FAULT_BAD_TYPES] = {"bad-types", "",
	"deltas carry strings for numbers, 1e400, duplicates, \\u0000, arrays for objects", 1, 0,
	0},
    [FAULT_BAD_UTF8] = {"bad-utf8", "", "deltas carry a job name that is not UTF-8", 1, 0, 0},
    [FAULT_FOREIGN_TOPIC] = {"foreign-topic", "",
	"adds reports (99 %, job \"foreign\") on another printer's topic", 1, 0, 0},
    [FAULT_SPLIT] = {"split", "[BYTES]", "so many bytes per TLS record (1)", 1, 16384, 1},
    [FAULT_JOIN] = {"join", "[MS]", "gathers packets so long and sends them in one record (100)", 1,
	10000, 100},
    [FAULT_MUTE] = {"mute", "", "publishes nothing more; TCP and PING live", 1, 0, 0},
    [FAULT_CLOUD_OFF] = {"cloud-off", "",
	"not connected to the cloud: its broker hears nothing of it and says so", 1, 0, 0},
    [FAULT_FLOOD] = {"flood", "[N]", "so many deltas a second (1000)", 1, 100000, 1000},
    [FAULT_ACK_ONLY] = {"ack-only", "", "commands are acknowledged and have no effect", 1, 0, 0},
    [FAULT_NO_ACK] = {"no-ack", "", "commands have their effect and are not acknowledged", 1, 0, 0},
    [FAULT_DEAF] = {"deaf", "", "commands are neither acknowledged nor have an effect", 1, 0, 0},
    [FAULT_REFUSE_COMMANDS] = {"refuse-commands", "",
	"commands are answered with result \"fail\" and have no effect", 1, 0, 0},
    [FAULT_LOCK_HEADER] = {"lock-header", "",
	"print commands are refused as badly signed: err_code 84033545 (`set locked=on`: "
	"84033543)",
	1, 0, 0},
    [FAULT_LOCK_HMS] = {"lock-hms", "",
	"print commands are refused as unsigned, and HMS 0500-0500-0001-0007 stands", 1, 0, 0},
    [FAULT_LOCK_NO_RESULT] = {"lock-no-result", "",
	"print commands have no effect, their answer carries no result (P1S 01.10)", 1, 0, 0},
    [FAULT_LOCK_SILENT] = {"lock-silent", "",
	"print commands have no effect and no answer (A1 mini); the rest works", 1, 0, 0},
    [FAULT_SLOW_START] = {"slow-start", "[S]",
	"a job that was asked for shows nothing so long (135; H2D in FINISH: 50)", 1, 1000000, 135},
    [FAULT_SLOW_PREPARE] = {"slow-prepare", "[S]", "it stays in PREPARE, at 99 %, so long (135)", 1,
	1000000, 135},
    [FAULT_STUCK_PREPARE] = {"stuck-prepare", "", "it never leaves PREPARE", 1, 0, 0},
    [FAULT_FTP_CLOSED] = {"ftp-closed", "", "the file server's port is closed", 1, 0, 0},
    [FAULT_FTP_REFUSE_LOGIN] = {"ftp-refuse-login", "", "530 for everybody", 1, 0, 0},
    [FAULT_FTP_HANG_LOGIN] = {"ftp-hang-login", "", "no answer to anything after the login", 1, 0,
	0},
    [FAULT_FTP_HANG] = {"ftp-hang", "",
	"the data channel accepts TCP and never answers the handshake; PROT C works", 1, 0, 0},
    [FAULT_FTP_NO_CARD] = {"ftp-no-card", "",
	"no card: 553 and 550 (so too with `set sdcard=off`, but on newer models)", 1, 0, 0},
    [FAULT_FTP_EMMC] = {"ftp-emmc", "",
	"files are inside: the root is empty, the rest 550, uploads 553", 1, 0, 0},
    [FAULT_FTP_FULL] = {"ftp-full", "[BYTES]",
	"the card is full: uploads 553; with BYTES 552 after so many", 0, INT64_MAX, 0},
    [FAULT_FTP_RATE] = {"ftp-rate", "[KIB]", "so many KiB a second on the data channel (100)", 1,
	1000000, 100},
    [FAULT_FTP_STALL] = {"ftp-stall", "[BYTES]", "the data channel stands still after so many (0)",
	0, INT64_MAX, 0},
    [FAULT_FTP_CUT] = {"ftp-cut", "[BYTES]", "both connections end after so many bytes of data (0)",
	0, INT64_MAX, 0},
    [FAULT_FTP_TRUNCATE] = {"ftp-truncate", "[BYTES]",
	"contents end after so many, and 226 all the same (1000)", 0, INT64_MAX, 1000},
    [FAULT_FTP_SLOW_226] = {"ftp-slow-226", "[MS]", "226 comes so long after the last byte (5000)",
	1, 600000, 5000},
    [FAULT_FTP_NO_226] = {"ftp-no-226", "",
	"the connection ends after all bytes instead of the 226", 1, 0, 0},
    [FAULT_FTP_426] = {"ftp-426", "", "426 instead of 226; every byte is there", 1, 0, 0},
    [FAULT_FTP_WRONG_SIZE] = {"ftp-wrong-size", "", "SIZE and listings are one byte short", 1, 0,
	0},
    [FAULT_FTP_THIRD_HOST] = {"ftp-third-host", "", "PASV names 192.0.2.1, and there is no EPSV", 1,
	0, 0},
    [FAULT_FTP_BAD_NAMES] = {"ftp-bad-names", "",
	"listings with ../, CR LF, control characters, long names, lines that are none", 1, 0, 0},
    [FAULT_FTP_ENDLESS_FILE] = {"ftp-endless-file", "", "a fetched file never ends", 1, 0, 0},
    [FAULT_FTP_ENDLESS_LIST] = {"ftp-endless-list", "", "a listing never ends", 1, 0, 0},
    [FAULT_CAM_CLOSED] = {"cam-closed", "", "the camera's port is closed", 1, 0, 0},
    [FAULT_CAM_SLOW_AUTH] = {"cam-slow-auth", "[MS]",
	"the first picture comes so long after the login (5000)", 1, 600000, 5000},
    [FAULT_CAM_EOF_AFTER_AUTH] = {"cam-eof-after-auth", "",
	"every login is answered with the end of the connection", 1, 0, 0},
    [FAULT_CAM_SHARED] = {"cam-shared", "[N]", "so many clients are sent pictures, not one (16)", 1,
	1000, 16},
    [FAULT_CAM_LINGER] = {"cam-linger", "[MS]",
	"a client gone without close_notify keeps the place so long (1200000)", 1, 3600000,
	1200000},
    [FAULT_CAM_KICK] = {"cam-kick", "", "ends the connections once, in the middle of a picture", 1,
	0, 0},
    [FAULT_CAM_CUT] = {"cam-cut", "[N]", "ends every connection after so many pictures (1)", 1,
	INT64_MAX, 1},
    [FAULT_CAM_STALL] = {"cam-stall", "[N]",
	"no pictures after so many of a connection (0), until off", 0, INT64_MAX, 0},
    [FAULT_CAM_STALL_MID_FRAME] = {"cam-stall-mid-frame", "[BYTES]",
	"stands still after so many of the next picture (1000), until off", 0, INT32_MAX, 1000},
    [FAULT_CAM_COALESCE] = {"cam-coalesce", "[N]",
	"gathers so many pictures and sends them at once (3)", 1, 16, 3},
    [FAULT_CAM_DRIP] = {"cam-drip", "[BYTES]", "so many bytes per TLS record (1)", 1, 16384, 1},
    [FAULT_CAM_HUGE_HEADER] = {"cam-huge-header", "[BYTES]",
	"headers announce so much (4 GiB less one)", 0, UINT32_MAX, UINT32_MAX},
    [FAULT_CAM_ZERO] = {"cam-zero", "", "headers announce 0 bytes, and that is all", 1, 0, 0},
    [FAULT_CAM_BIG] = {"cam-big", "[BYTES]", "pictures are filled up to so many (4 MiB)", 1,
	8 << 20, 4 << 20},
    [FAULT_CAM_BAD_SOI] = {"cam-bad-soi", "", "pictures begin with 0000 instead of FFD8", 1, 0, 0},
    [FAULT_CAM_NO_EOI] = {"cam-no-eoi", "", "pictures end with 0000 instead of FFD9", 1, 0, 0},
    [FAULT_RTSP_BASIC] = {"rtsp-basic", "", "asks for a login in clear instead of a digest", 1, 0,
	0},
    [FAULT_RTSP_FROZEN] = {"rtsp-frozen", "", "timestamps of RTP packets stay 0 (P2S)", 1, 0, 0},
    [FAULT_RTSP_NO_KEY] = {"rtsp-no-key", "", "no key pictures", 1, 0, 0},
    [FAULT_RTSP_GARBAGE] = {"rtsp-garbage", "", "bytes inside of H.264 units are random", 1, 0, 0},
};
static_assert(ARRAY_SIZE(faults) == FAULT_COUNT, "one row per fault");

int fault_by_name(const char *name)
{
	for (int i = 0; i < FAULT_COUNT; i++) {
		if (strcmp(faults[i].name, name) == 0) {
			return i;
		}
	}
	return -ENOENT;
}

const char *fault_name(enum fault f)
{
	return faults[f].name;
}

bool fault_is_on(const struct faults *f, enum fault which)
{
	return f->on[which];
}

int fault_set(struct faults *f, enum fault which, bool on, const char *arg)
{
	int64_t number = faults[which].fallback;

	if (which == FAULT_WRONG_CN) {
		if (!str_copy(f->cn, sizeof(f->cn), arg ? arg : "")) {
			return -EINVAL;
		}
	} else if (arg && (faults[which].min > faults[which].max ||
			      parse_i64(arg, faults[which].min, faults[which].max, &number) < 0)) {
		return -EINVAL;
	}
	f->arg[which] = number;
	/* a kick happens once */
	f->on[which] = on && which != FAULT_KICK && which != FAULT_CAM_KICK;
	return 0;
}

char *fault_help(void)
{
	struct jw w = {0};
	char *line;

	jw_init(&w);
	for (int i = 0; i < FAULT_COUNT; i++) {
		line =
		    xasprintf("  %-19s %-8s %s\n", faults[i].name, faults[i].arg, faults[i].help);
		jw_bytes(&w, line, strlen(line));
		free(line);
	}
	return jw_take(&w);
}

static void add(struct jw *w, const char *text)
{
	jw_bytes(w, text, strlen(text));
}

static void write_garbage(struct jw *w, unsigned turn)
{
	static const char *const texts[] = {
	    "{\"print\":{\"command\":\"push_status\",\"msg\":1,\"mc_percent\":NaN}}",
	    "{\"print\":{\"command\":\"push_status\",\"msg\":1,\"mc_percent\":3}}}",
	    "{\"print\":{\"command\":\"push_status\",\"msg\":1,\"mc_percent\":3}} true",
	    "{\"print\":{\"command\":\"push_status\",\"msg\":1,\"mc_per",
	    "{\"print\":{\"command\":\"push_status\",\"msg\":1,\"mc_percent\":03}}",
	    "{'print':{'mc_percent':3}}",
	    "",
	    "[]",
	    "null",
	};
	static const char binary[] = "\x00\x01\xff\xfe\x80{\"print\":{}}\x00";

	if (turn % (ARRAY_SIZE(texts) + 1) == ARRAY_SIZE(texts)) {
		jw_bytes(w, binary, sizeof(binary) - 1);
	} else {
		add(w, texts[turn % (ARRAY_SIZE(texts) + 1)]);
	}
}

static void write_deep(struct jw *w, int64_t depth)
{
	add(w, "{\"print\":{\"command\":\"push_status\",\"msg\":1,\"x\":");
	for (int64_t i = 0; i < depth; i++) {
		add(w, "[");
	}
	for (int64_t i = 0; i < depth; i++) {
		add(w, "]");
	}
	add(w, "}}");
}

static void write_keys(struct jw *w, int64_t count, unsigned generation)
{
	char text[48];

	add(w, "{\"print\":{\"command\":\"push_status\",\"msg\":1");
	for (int64_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), ",\"k%u_%lld\":%lld", generation, (long long)i,
		    (long long)i);
		add(w, text);
	}
	add(w, "}}");
}

static void write_bad_types(struct jw *w, unsigned turn)
{
	static const char *const texts[] = {
	    "\"mc_percent\":\"forty\",\"nozzle_temper\":\"hot\",\"layer_num\":{},\"hms\":\"none\"",
	    "\"bed_temper\":1e400,\"nozzle_temper\":-1e400,\"mc_remaining_time\":1e30",
	    "\"mc_percent\":11,\"mc_percent\":12,\"spd_lvl\":[2],\"print_error\":\"x\"",
	    "\"subtask_name\":\"a\\u0000b\",\"wifi_signal\":7,\"gcode_state\":5",
	    "\"ams\":[1,2],\"lights_report\":{\"mode\":1},\"vt_tray\":\"x\",\"device\":[]",
	    "\"ams\":{\"ams\":[7,{\"id\":[]},{\"id\":\"0\",\"tray\":{}}],\"tray_now\":{}}",
	};

	add(w, "{\"print\":{\"command\":\"push_status\",\"msg\":1,");
	add(w, texts[turn % ARRAY_SIZE(texts)]);
	add(w, "}}");
}

static void write_bad_utf8(struct jw *w, unsigned turn)
{
	static const char *const names[] = {
	    "caf\xe9", "\xc0\xaf", "cut \xe2\x82", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xff\xfe"};

	add(w, "{\"print\":{\"command\":\"push_status\",\"msg\":1,\"subtask_name\":\"");
	add(w, names[turn % ARRAY_SIZE(names)]);
	add(w, "\"}}");
}

bool fault_next_payload(struct faults *f, unsigned *pos, struct jw *w)
{
	static const enum fault order[] = {FAULT_GARBAGE, FAULT_DEEP, FAULT_MANY_KEYS,
	    FAULT_NEW_KEYS, FAULT_BAD_TYPES, FAULT_BAD_UTF8};

	while (*pos < ARRAY_SIZE(order) && !fault_is_on(f, order[*pos])) {
		(*pos)++;
	}
	if (*pos == ARRAY_SIZE(order)) {
		f->turn++;
		return false;
	}
	switch ((*pos)++) {
	case 0:
		write_garbage(w, f->turn);
		break;
	case 1:
		write_deep(w, f->arg[FAULT_DEEP]);
		break;
	case 2:
		write_keys(w, f->arg[FAULT_MANY_KEYS], 0);
		break;
	case 3:
		write_keys(w, f->arg[FAULT_NEW_KEYS], 1 + f->turn);
		break;
	case 4:
		write_bad_types(w, f->turn);
		break;
	default:
		write_bad_utf8(w, f->turn);
		break;
	}
	return true;
}

bool fault_replaces_delta(const struct faults *f)
{
	return fault_is_on(f, FAULT_BAD_TYPES) || fault_is_on(f, FAULT_BAD_UTF8);
}
