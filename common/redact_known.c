/* SPDX-License-Identifier: MIT */
/* What the redactor knows: the rules of members, and the names that stand for real ones. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/redact_internal.h"
#include "common/util.h"

#define KEY_MAX 40
#define FAKE_MAX 160

/* Sorted by rule; in lower case, without '_' and '-'. */
static const struct {
	const char *key;
	enum redact_rule rule;
} rules[] = {
    {"accesscode", RULE_MASK},
    {"devaccesscode", RULE_MASK},
    {"password", RULE_MASK},
    {"passwd", RULE_MASK},
    {"psk", RULE_MASK},
    {"token", RULE_MASK},
    {"accesstoken", RULE_MASK},
    {"refreshtoken", RULE_MASK},
    {"authkey", RULE_MASK},
    {"apikey", RULE_MASK},
    {"ttcode", RULE_MASK},
    {"ttcodeenc", RULE_MASK},
    {"secret", RULE_MASK},
    {"cookie", RULE_MASK},
    {"ssid", RULE_MASK},
    {"bssid", RULE_MASK},
    {"wifissid", RULE_MASK},
    {"wifiname", RULE_MASK},
    {"apssid", RULE_MASK},
    {"signstring", RULE_MASK},
    {"signature", RULE_MASK},
    {"sign", RULE_MASK},
    {"cert", RULE_MASK},
    {"certid", RULE_MASK},
    {"appcert", RULE_MASK},
    {"appcertid", RULE_MASK},
    {"crl", RULE_MASK},
    {"paramenc", RULE_MASK},
    {"privatekey", RULE_MASK},
    {"pin", RULE_MASK},
    {"uid", RULE_MASK},
    {"userid", RULE_MASK},
    {"username", RULE_MASK},
    {"ownerid", RULE_MASK},
    {"email", RULE_MASK},
    {"mail", RULE_MASK},
    {"phone", RULE_MASK},
    {"nickname", RULE_MASK},
    {"avatar", RULE_MASK},
    {"sn", RULE_SERIAL},
    {"serial", RULE_SERIAL},
    {"serialnumber", RULE_SERIAL},
    {"devid", RULE_SERIAL},
    {"deviceid", RULE_SERIAL},
    {"devsn", RULE_SERIAL},
    {"taskid", RULE_ID},
    {"subtaskid", RULE_ID},
    {"projectid", RULE_ID},
    {"profileid", RULE_ID},
    {"designid", RULE_ID},
    {"modelid", RULE_ID},
    {"instanceid", RULE_ID},
    {"jobid", RULE_ID},
    {"submissionid", RULE_ID},
    {"trayuuid", RULE_ID},
    {"taguid", RULE_ID},
    {"gcodefile", RULE_FILE},
    {"subtaskname", RULE_FILE},
    {"projectname", RULE_FILE},
    {"file", RULE_FILE},
    {"filename", RULE_FILE},
    {"job", RULE_FILE},
    {"title", RULE_FILE},
    {"designtitle", RULE_FILE},
    {"ip", RULE_ADDRESS},
    {"addr", RULE_ADDRESS},
    {"address", RULE_ADDRESS},
    {"gateway", RULE_ADDRESS},
    {"dns", RULE_ADDRESS},
    {"host", RULE_ADDRESS},
    {"hostname", RULE_ADDRESS},
};

static size_t normalise(const char *key, size_t len, char buf[KEY_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (key[i] == '_' || key[i] == '-') {
			continue;
		}
		if (n + 1 >= KEY_MAX) {
			return 0;
		}
		buf[n++] = (char)tolower((unsigned char)key[i]);
	}
	buf[n] = '\0';
	return n;
}

enum redact_rule redact_rule_of(const char *key, size_t len)
{
	char word[KEY_MAX];

	if (normalise(key, len, word) == 0) {
		return RULE_NONE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (strcmp(rules[i].key, word) == 0) {
			return rules[i].rule;
		}
	}
	return strstr(word, "ver") || strstr(word, "firmware") ? RULE_VERSION : RULE_NONE;
}

struct redact *redact_create(bool keep_files)
{
	struct redact *r = xcalloc(1, sizeof(*r));

	r->keep_files = keep_files;
	return r;
}

/* A secret is wiped: the compiler must not leave that out. */
static void free_secret(char *s)
{
	explicit_bzero(s, strlen(s));
	free(s);
}

void redact_destroy(struct redact *r)
{
	if (!r) {
		return;
	}
	for (size_t i = 0; i < r->secret_count; i++) {
		free_secret(r->secrets[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(r->buckets); i++) {
		struct redact_entry *e = r->buckets[i];

		while (e) {
			struct redact_entry *next = e->next;

			free(e->real);
			free(e->fake);
			free(e);
			e = next;
		}
	}
	free(r);
}

static struct redact_entry **bucket_of(const struct redact *r, const char *word, size_t len)
{
	unsigned hash = 2166136261u;

	for (size_t i = 0; i < len; i++) {
		hash = (hash ^ (unsigned char)word[i]) * 16777619u;
	}
	return (struct redact_entry **)&r->buckets[hash % ARRAY_SIZE(r->buckets)];
}

static bool is_same(const struct redact_entry *e, const char *word, size_t len)
{
	return e->real_len == len && memcmp(e->real, word, len) == 0;
}

const char *redact_find(const struct redact *r, const char *word, size_t len)
{
	const struct redact_entry *e;

	for (e = *bucket_of(r, word, len); e; e = e->next) {
		if (e->everywhere && is_same(e, word, len)) {
			return e->fake;
		}
	}
	return NULL;
}

/* The folder of a file tells the model, its end what is in it: ".gcode.3mf". */
static const char *end_of_file(const char *name, size_t len)
{
	static const char *const ends[] = {
	    ".gcode.3mf", ".3mf", ".gcode", ".stl", ".step", ".mp4", ".avi", ".jpg", ".png"};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t end = strlen(ends[i]);

		if (len > end && strncasecmp(name + len - end, ends[i], end) == 0) {
			return ends[i];
		}
	}
	return "";
}

static void make_name(
    enum redact_kind kind, unsigned n, const char *real, size_t len, char buf[FAKE_MAX])
{
	int width = len > 64 ? 64 : (int)len;

	switch (kind) {
	case REDACT_SERIAL:
		snprintf(buf, FAKE_MAX, "%.*s%0*u", 3, len > 6 ? real : "SN-",
		    width > 6 ? width - 3 : 3, n);
		break;
	case REDACT_ID:
		snprintf(buf, FAKE_MAX, "1%0*u", width > 1 ? width - 1 : 1, n);
		break;
	case REDACT_FILE:
		snprintf(buf, FAKE_MAX, "file-%u%s", n, end_of_file(real, len));
		break;
	case REDACT_PRINTER:
		snprintf(buf, FAKE_MAX, "printer-%u", n);
		break;
	case REDACT_HOST:
		snprintf(buf, FAKE_MAX, "host-%u", n);
		break;
	case REDACT_IP4:
		snprintf(buf, FAKE_MAX, "192.0.2.%u", n % 255);
		break;
	case REDACT_IP6:
		snprintf(buf, FAKE_MAX, "2001:db8::%x", n % 65536);
		break;
	case REDACT_MAC:
		snprintf(buf, FAKE_MAX, "02:00:00:00:%02x:%02x", n / 256 % 256, n % 256);
		break;
	case REDACT_SECRET:
	case REDACT_KIND_COUNT:
		str_copy(buf, FAKE_MAX, REDACT_MASK);
		break;
	}
}

static struct redact_entry *learn(
    struct redact *r, enum redact_kind kind, const char *value, size_t len)
{
	bool full = r->count >= REDACT_ENTRIES_MAX;
	struct redact_entry **bucket = bucket_of(r, full ? "" : value, full ? 0 : len);
	struct redact_entry *e;
	char fake[FAKE_MAX];

	for (e = *bucket; e; e = e->next) {
		if (e->kind == kind && (full ? e->real[0] == '\0' : is_same(e, value, len))) {
			return e;
		}
	}
	make_name(kind, full ? 0 : ++r->numbers[kind], value, len, fake);
	e = xcalloc(1, sizeof(*e));
	e->kind = kind;
	e->real_len = full ? 0 : len;
	e->real = xcalloc(1, e->real_len + 1); /* a message may have NUL inside */
	memcpy(e->real, value, e->real_len);
	e->fake = xstrdup(fake);
	e->next = *bucket;
	*bucket = e;
	r->count++;
	return e;
}

const char *redact_name_n(struct redact *r, enum redact_kind kind, const char *value, size_t len)
{
	struct redact_entry **bucket = bucket_of(r, value, len);
	struct redact_entry *e;

	for (e = *bucket; e; e = e->next) {
		if (e->kind == kind && is_same(e, value, len)) {
			return e->fake;
		}
	}
	e = learn(r, kind, value, len);
	e->everywhere |= kind == REDACT_SERIAL && len > 6 && *e->real;
	return e->fake;
}

const char *redact_name(struct redact *r, enum redact_kind kind, const char *value)
{
	return redact_name_n(r, kind, value, strlen(value));
}

void redact_know(struct redact *r, enum redact_kind kind, const char *value)
{
	size_t len = value ? strlen(value) : 0;

	if (kind == REDACT_SECRET) {
		if (len >= 4 && r->secret_count < REDACT_SECRETS_MAX) {
			r->secrets[r->secret_count++] = xstrdup(value);
		}
	} else if (len > 0) {
		learn(r, kind, value, len)->everywhere = true;
	}
}

size_t redact_secret_at(const struct redact *r, const char *text, size_t len)
{
	for (size_t i = 0; i < r->secret_count; i++) {
		size_t size = strlen(r->secrets[i]);

		if (size <= len && memcmp(text, r->secrets[i], size) == 0) {
			return size;
		}
	}
	return 0;
}
