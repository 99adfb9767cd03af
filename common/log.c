/* SPDX-License-Identifier: MIT */
/* Log lines to the journal's datagram socket or to stderr. */
#include "common/log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/log_journal.h"
#include "common/text.h"
#include "common/util.h"

/* A line fits in PIPE_BUF, so that lines of several writers never mix. */
enum { LINE_BYTES = 4096, PREFIX_BYTES = 4 };

struct level_row {
	const char *name;
	char priority; /* as syslog counts */
};

static const struct level_row levels[] = {
    [LOG_LEVEL_ERR] = {"err", '3'},
    [LOG_LEVEL_WARN] = {"warn", '4'},
    [LOG_LEVEL_INFO] = {"info", '6'},
    [LOG_LEVEL_DEBUG] = {"debug", '7'},
};
static_assert(ARRAY_SIZE(levels) == LOG_LEVEL_COUNT, "one row per level");

static struct {
	enum log_level level;
	bool tty;
	int journal; /* datagram socket, -1 = stderr */
	struct sockaddr_un address;
	char program[32];
} sink = {.level = LOG_LEVEL_INFO, .journal = -1};

bool log_stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char actual[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0) {
		return false;
	}
	snprintf(actual, sizeof(actual), "%" PRIuMAX ":%" PRIuMAX, (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(stream, actual) == 0;
}

static void open_stderr(const char *program)
{
	if (sink.journal >= 0) {
		close(sink.journal);
		sink.journal = -1;
	}
	sink.tty = isatty(STDERR_FILENO);
	str_copy(sink.program, sizeof(sink.program), program);
}

int log_open_journal(const char *program, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	open_stderr(program);
	if (!str_copy(address.sun_path, sizeof(address.sun_path), path)) {
		return -ENAMETOOLONG;
	}
	sink.journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	sink.address = address;
	return sink.journal < 0 ? -errno : 0;
}

void log_open(const char *program)
{
	if (!log_stderr_is_journal() || log_open_journal(program, LOG_JOURNAL_SOCKET) < 0) {
		open_stderr(program);
	}
}

void log_set_level(enum log_level level)
{
	sink.level = level;
}

enum log_level log_get_level(void)
{
	return sink.level;
}

int log_level_by_name(const char *name)
{
	for (int i = 0; name && i < LOG_LEVEL_COUNT; i++) {
		if (strcmp(levels[i].name, name) == 0) {
			return i;
		}
	}
	return -EINVAL;
}

const char *log_level_name(enum log_level level)
{
	return (unsigned)level < LOG_LEVEL_COUNT ? levels[level].name : "unknown";
}

/* One datagram of the journal's native protocol. */
struct datagram {
	char bytes[2 * LINE_BYTES];
	size_t len;
	bool overflow;
};

static void datagram_add(struct datagram *d, const void *bytes, size_t len)
{
	if (d->overflow || len > sizeof(d->bytes) - d->len) {
		d->overflow = true;
		return;
	}
	memcpy(d->bytes + d->len, bytes, len);
	d->len += len;
}

/* NAME=value, or the name alone, a 64-bit little-endian length and the value when it has newlines.
 */
static void datagram_field(struct datagram *d, const char *name, const char *value)
{
	size_t len;

	if (!value || value[0] == '\0') {
		return;
	}
	len = strlen(value);
	datagram_add(d, name, strlen(name));
	if (memchr(value, '\n', len)) {
		unsigned char size[8];

		for (unsigned i = 0; i < sizeof(size); i++) {
			size[i] = (unsigned char)((uint64_t)len >> (8 * i));
		}
		datagram_add(d, "\n", 1);
		datagram_add(d, size, sizeof(size));
	} else {
		datagram_add(d, "=", 1);
	}
	datagram_add(d, value, len);
	datagram_add(d, "\n", 1);
}

static bool send_journal(enum log_level level, const struct log_subject *subject, const char *text)
{
	struct datagram d = {.len = 0};
	char priority[2] = {levels[level].priority, '\0'};
	ssize_t sent;

	if (sink.journal < 0) {
		return false;
	}
	datagram_field(&d, "MESSAGE", text);
	datagram_field(&d, "PRIORITY", priority);
	datagram_field(&d, "SYSLOG_IDENTIFIER", sink.program);
	if (subject) {
		datagram_field(&d, "BAMBU_PRINTER", subject->printer);
		datagram_field(&d, "BAMBU_SERIAL", subject->serial);
		datagram_field(&d, "BAMBU_EVENT", subject->event);
		datagram_field(&d, "BAMBU_HMS", subject->hms);
		datagram_field(&d, "MESSAGE_ID", subject->message_id);
	}
	if (d.overflow) {
		return false;
	}
	do {
		sent = sendto(sink.journal, d.bytes, d.len, MSG_NOSIGNAL,
		    (const struct sockaddr *)&sink.address, sizeof(sink.address));
	} while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

/* line: the text, with PREFIX_BYTES free before it and one byte after its end. */
static void write_stderr(enum log_level level, char *line)
{
	char *text = line + PREFIX_BYTES, *start = sink.tty ? text : text - 3;
	size_t len, done = 0;

	if (!sink.tty) {
		start[0] = '<';
		start[1] = levels[level].priority;
		start[2] = '>';
	}
	len = (size_t)(text - start) + strlen(text);
	start[len++] = '\n';
	while (done < len) {
		ssize_t n = write(STDERR_FILENO, start + done, len - done);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return; /* nowhere left to tell of it */
		}
		done += (size_t)n;
	}
}

void log_write(enum log_level level, const struct log_subject *subject, const char *fmt, ...)
{
	char raw[LINE_BYTES], line[LINE_BYTES];
	int saved_errno = errno, used = 0;
	va_list ap;

	if ((unsigned)level >= LOG_LEVEL_COUNT || level > sink.level) {
		return;
	}
	if (subject && subject->printer && subject->printer[0] != '\0') {
		used = snprintf(raw, sizeof(raw) / 2, "%s: ", subject->printer);
		used = used < 0			      ? 0
		       : used >= (int)sizeof(raw) / 2 ? (int)sizeof(raw) / 2 - 1
						      : used;
	}
	va_start(ap, fmt);
	if (vsnprintf(raw + used, sizeof(raw) - (size_t)used, fmt, ap) < 0) {
		raw[used] = '\0';
	}
	va_end(ap);
	text_escape_buf(raw, line + PREFIX_BYTES, sizeof(line) - PREFIX_BYTES - 1);
	if (!send_journal(level, subject, line + PREFIX_BYTES)) {
		write_stderr(level, line);
	}
	errno = saved_errno;
}

bool log_ratelimit_ok(struct log_ratelimit *r, int64_t now_ms, unsigned *ret_missed)
{
	if (r->used == 0 || now_ms - r->window_start_ms >= r->interval_ms) {
		r->window_start_ms = now_ms;
		r->used = 0;
	}
	if (r->used >= r->burst) {
		r->missed++;
		return false;
	}
	r->used++;
	*ret_missed = r->missed;
	r->missed = 0;
	return true;
}
