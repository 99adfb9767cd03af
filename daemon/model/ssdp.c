/* SPDX-License-Identifier: MIT */
/* Takes an SSDP message apart: a start line, then "Name: value" lines in any order and case. */
#include "daemon/model/ssdp.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "common/util.h"
#include "daemon/model/words.h"

#define LINES_MAX 64

/* A line, or a part of one, where it stands. */
struct span {
	const char *at;
	size_t len;
};

static struct span trim(struct span s)
{
	while (s.len > 0 && strchr(" \t", s.at[0]) != NULL && s.at[0] != '\0') {
		s.at++;
		s.len--;
	}
	while (s.len > 0 && strchr(" \t\r", s.at[s.len - 1]) != NULL && s.at[s.len - 1] != '\0') {
		s.len--;
	}
	return s;
}

static bool is_text(struct span s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

static bool starts(struct span s, const char *text)
{
	size_t n = strlen(text);

	return s.len >= n && strncasecmp(s.at, text, n) == 0;
}

/* Cuts the next line off *rest; false at the end. */
static bool next_line(struct span *rest, struct span *ret)
{
	const char *nl = memchr(rest->at, '\n', rest->len);
	size_t len = nl != NULL ? (size_t)(nl - rest->at) : rest->len;

	if (rest->len == 0) {
		return false;
	}
	*ret = trim((struct span){rest->at, len});
	len += nl != NULL;
	rest->at += len;
	rest->len -= len;
	return true;
}

/* What does not fit or could write on a terminal is left out whole. */
static void take_text(char *buf, size_t size, struct span value)
{
	if (value.len < size && text_is_plain(value.at, value.len)) {
		memcpy(buf, value.at, value.len);
		buf[value.len] = '\0';
	}
}

/* Letters and digits, as the configuration takes them. */
static void take_serial(struct ssdp_notice *n, struct span value)
{
	char serial[sizeof(n->serial)] = "";

	if (starts(value, "uuid:")) {
		value.at += 5;
		value.len -= 5;
	}
	take_text(serial, sizeof(serial), value);
	for (const char *s = serial; *s != '\0'; s++) {
		if (!((*s >= '0' && *s <= '9') || (*s >= 'A' && *s <= 'Z'))) {
			return;
		}
	}
	if (strlen(serial) >= 6) {
		str_copy(n->serial, sizeof(n->serial), serial);
	}
}

static void take_address(struct ssdp_notice *n, struct span value)
{
	char text[sizeof(n->address)] = "";
	struct in_addr address;

	take_text(text, sizeof(text), value);
	if (inet_pton(AF_INET, text, &address) == 1) {
		str_copy(n->address, sizeof(n->address), text);
	}
}

static void take_signal(struct ssdp_notice *n, struct span value)
{
	char text[8] = "";
	int64_t dbm;

	take_text(text, sizeof(text), value);
	if (parse_i64(text, -150, -1, &dbm) == 0) {
		n->signal_dbm = (int)dbm;
	}
}

static void take_nts(struct ssdp_notice *n, struct span value)
{
	if (is_text(value, "ssdp:byebye")) {
		n->kind = SSDP_BYEBYE;
	}
}

#define TEXT_FIELD(name, field)                                           \
	static void take_##name(struct ssdp_notice *n, struct span value) \
	{                                                                 \
		take_text(n->field, sizeof(n->field), value);             \
	}
TEXT_FIELD(model, model)
TEXT_FIELD(name, name)
TEXT_FIELD(firmware, firmware)
TEXT_FIELD(connect, connect)
TEXT_FIELD(bind, bind)

static const struct {
	const char *name;
	void (*take)(struct ssdp_notice *n, struct span value);
} fields[] = {
    {"USN", take_serial},
    {"Location", take_address},
    {"NTS", take_nts},
    {"DevModel.bambu.com", take_model},
    {"DevName.bambu.com", take_name},
    {"DevSignal.bambu.com", take_signal},
    {"DevConnect.bambu.com", take_connect},
    {"DevBind.bambu.com", take_bind},
    {"DevVersion.bambu.com", take_firmware},
};

/* True when the line says that a printer of ours speaks. */
static bool take_line(struct ssdp_notice *n, struct span line)
{
	const char *colon = memchr(line.at, ':', line.len);
	struct span name, value;

	if (colon == NULL) {
		return false;
	}
	name = trim((struct span){line.at, (size_t)(colon - line.at)});
	value = trim((struct span){colon + 1, line.len - (size_t)(colon + 1 - line.at)});
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (is_text(name, fields[i].name)) {
			fields[i].take(n, value);
		}
	}
	return (is_text(name, "NT") || is_text(name, "ST")) && is_text(value, SSDP_TYPE);
}

enum ssdp_kind ssdp_parse(const char *text, size_t len, struct ssdp_notice *ret)
{
	struct span rest = {text, len}, line;
	struct ssdp_notice n = {.kind = SSDP_ALIVE, .signal_dbm = UNKNOWN_INT};
	bool ours = false;

	if (len > SSDP_BYTES_MAX || !next_line(&rest, &line) ||
	    !(starts(line, "NOTIFY ") || starts(line, "HTTP/1.1 200"))) {
		return SSDP_NONE;
	}
	for (unsigned i = 0; i < LINES_MAX && next_line(&rest, &line); i++) {
		ours |= take_line(&n, line);
	}
	if (!ours || n.serial[0] == '\0') {
		return SSDP_NONE;
	}
	*ret = n;
	return n.kind;
}

const char *ssdp_search(void)
{
	return "M-SEARCH * HTTP/1.1\r\n"
	       "HOST: " SSDP_GROUP ":1990\r\n"
	       "MAN: \"ssdp:discover\"\r\n"
	       "MX: 3\r\n"
	       "ST: " SSDP_TYPE "\r\n\r\n";
}
