/* SPDX-License-Identifier: MIT */
/* Log lines: journal datagrams with fields when stderr is the journal, else `<N>` (or plain, on a
 * terminal) on stderr. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVEL_COUNT };

/* Opens the sink: the journal socket when JOURNAL_STREAM matches stderr, else stderr (with `<N>`
 * prefixes unless a tty). */
void log_open(const char *program);
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
/* err warn info debug; negative when unknown. */
int log_level_by_name(const char *name);
const char *log_level_name(enum log_level level);

/* Who a line is about: all fields optional. Strings are borrowed for the call. */
struct log_subject {
	const char *printer;	/* name; prefixed to the text and BAMBU_PRINTER= in the journal */
	const char *serial;	/* BAMBU_SERIAL= */
	const char *event;	/* BAMBU_EVENT= */
	const char *hms;	/* BAMBU_HMS=: code of a health message or print error */
	const char *message_id; /* MESSAGE_ID= */
};

/* One line; control bytes in the text are escaped by the sink. subject may be NULL. */
void log_write(enum log_level level, const struct log_subject *subject, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_err(...) log_write(LOG_LEVEL_ERR, NULL, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, NULL, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, NULL, __VA_ARGS__)
#define log_debug(...)                                                 \
	do {                                                           \
		if (log_get_level() >= LOG_LEVEL_DEBUG) {              \
			log_write(LOG_LEVEL_DEBUG, NULL, __VA_ARGS__); \
		}                                                      \
	} while (0)

/* True at most `burst` times per `interval_ms`; the first true after a suppressed stretch sets
 * *ret_missed. */
struct log_ratelimit {
	int64_t interval_ms, window_start_ms;
	unsigned burst, used, missed;
};
bool log_ratelimit_ok(struct log_ratelimit *r, int64_t now_ms, unsigned *ret_missed);
