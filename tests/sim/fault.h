/* SPDX-License-Identifier: MIT */
/* The fault switches: names, arguments, and the bad payloads some of them send. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jw;

enum fault {
	FAULT_REFUSE,
	FAULT_OFF,
	FAULT_SLOW_ACCEPT,
	FAULT_SILENT,
	FAULT_HALF_OPEN,
	FAULT_WRONG_CN,
	FAULT_SELF_SIGNED,
	FAULT_FOREIGN_CA,
	FAULT_EXPIRED,
	FAULT_TLS11,
	FAULT_LEAF_ALONE,
	FAULT_WRONG_CODE,
	FAULT_CLIENTS,
	FAULT_SLOW_CONNACK,
	FAULT_KICK,
	FAULT_KICK_AT_ONCE,
	FAULT_OVERSIZE,
	FAULT_TRICKLE,
	FAULT_GARBAGE,
	FAULT_DEEP,
	FAULT_MANY_KEYS,
	FAULT_NEW_KEYS,
	FAULT_BAD_TYPES,
	FAULT_BAD_UTF8,
	FAULT_FOREIGN_TOPIC,
	FAULT_SPLIT,
	FAULT_JOIN,
	FAULT_MUTE,
	FAULT_CLOUD_OFF,
	FAULT_FLOOD,
	FAULT_ACK_ONLY,
	FAULT_NO_ACK,
	FAULT_DEAF,
	FAULT_REFUSE_COMMANDS,
	FAULT_LOCK_HEADER,
	FAULT_LOCK_HMS,
	FAULT_LOCK_NO_RESULT,
	FAULT_LOCK_SILENT,
	FAULT_SLOW_START,
	FAULT_SLOW_PREPARE,
	FAULT_STUCK_PREPARE,
	FAULT_FTP_CLOSED,
	FAULT_FTP_REFUSE_LOGIN,
	FAULT_FTP_HANG_LOGIN,
	FAULT_FTP_HANG,
	FAULT_FTP_NO_CARD,
	FAULT_FTP_EMMC,
	FAULT_FTP_FULL,
	FAULT_FTP_RATE,
	FAULT_FTP_STALL,
	FAULT_FTP_CUT,
	FAULT_FTP_TRUNCATE,
	FAULT_FTP_SLOW_226,
	FAULT_FTP_NO_226,
	FAULT_FTP_426,
	FAULT_FTP_WRONG_SIZE,
	FAULT_FTP_THIRD_HOST,
	FAULT_FTP_BAD_NAMES,
	FAULT_FTP_ENDLESS_FILE,
	FAULT_FTP_ENDLESS_LIST,
	FAULT_CAM_CLOSED,
	FAULT_CAM_SLOW_AUTH,
	FAULT_CAM_EOF_AFTER_AUTH,
	FAULT_CAM_SHARED,
	FAULT_CAM_LINGER,
	FAULT_CAM_KICK,
	FAULT_CAM_CUT,
	FAULT_CAM_STALL,
	FAULT_CAM_STALL_MID_FRAME,
	FAULT_CAM_COALESCE,
	FAULT_CAM_DRIP,
	FAULT_CAM_HUGE_HEADER,
	FAULT_CAM_ZERO,
	FAULT_CAM_BIG,
	FAULT_CAM_BAD_SOI,
	FAULT_CAM_NO_EOI,
	FAULT_RTSP_BASIC,
	FAULT_RTSP_FROZEN,
	FAULT_RTSP_NO_KEY,
	FAULT_RTSP_GARBAGE,
	FAULT_COUNT
};

struct faults {
	bool on[FAULT_COUNT];
	int64_t arg[FAULT_COUNT]; /* number argument, or the default of the switch */
	char cn[32];		  /* of wrong-cn */
	unsigned turn;		  /* which bad payload comes next */
};

/* Negative when unknown. */
int fault_by_name(const char *name);
const char *fault_name(enum fault f);
bool fault_is_on(const struct faults *f, enum fault which);
/* arg NULL = default. 0, or -EINVAL (bad argument, or one where none is taken). */
int fault_set(struct faults *f, enum fault which, bool on, const char *arg);
/* One line per switch: name, argument, what it does; caller frees. */
char *fault_help(void);

/* Bad payloads of the switches that are on, one each call per switch: *pos starts at 0; false = no
 * more. The bytes are appended to w (reset by the caller); they need not be JSON. */
bool fault_next_payload(struct faults *f, unsigned *pos, struct jw *w);
/* True when a bad payload takes the place of the periodic delta. */
bool fault_replaces_delta(const struct faults *f);
