/* SPDX-License-Identifier: MIT */
/* A folder of its own for each test, files in it, and configurations loaded from them. */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/util.h"
#include "daemon/config.h"

static char fixture_dir[64];

static inline int fixture_setup(void **state)
{
	snprintf(fixture_dir, sizeof(fixture_dir), "/tmp/bambud-config-XXXXXX");
	return mkdtemp(fixture_dir) ? 0 : -1;
}

static inline int fixture_remove(
    const char *path, const struct stat *st, int type, struct FTW *where)
{
	return remove(path);
}

static inline int fixture_teardown(void **state)
{
	return nftw(fixture_dir, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path below the folder; valid until eight more were asked for. */
static inline const char *fixture_path(const char *name)
{
	static char paths[8][256];
	static unsigned next;
	char *p = paths[next++ % 8];

	snprintf(p, sizeof(paths[0]), "%s/%s", fixture_dir, name);
	return p;
}

static inline const char *fixture_write(const char *name, mode_t mode, const char *text)
{
	const char *path = fixture_path(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static inline void fixture_mkdir(const char *name)
{
	assert_int_equal(mkdir(fixture_path(name), 0700), 0);
}

#define FIXTURE_DAEMON \
	"[Daemon]\nSocket=./s\nStateDirectory=./state\nCacheDirectory=./cache\nInstance=i\n"
#define FIXTURE_PRINTER \
	"[Printer one]\nSerial=01P00A000000001\nAddress=127.0.0.1\nAccessCode=12345678\n"

static inline int fixture_try(mode_t mode, const char *text, struct config **ret, struct err *e)
{
	struct config_sources src = {.file = fixture_write("t.conf", mode, text)};

	memset(e, 0, sizeof(*e));
	return config_load(&src, ret, e);
}

static inline struct config *fixture_load_mode(mode_t mode, const char *text)
{
	struct config *c = NULL;
	struct err e;
	int rc = fixture_try(mode, text, &c, &e);

	if (rc < 0) {
		fail_msg("refused: %s", e.message);
	}
	return c;
}

/* FIXTURE_DAEMON and then the text, in a private file. */
static inline struct config *fixture_load(const char *text)
{
	char all[16384];

	assert_true(snprintf(all, sizeof(all), "%s%s", FIXTURE_DAEMON, text) < (int)sizeof(all));
	return fixture_load_mode(0600, all);
}

/* The only warning, which must hold the words. */
static inline void fixture_one_warning(const struct config *c, const char *words)
{
	if (c->warning_count != 1 || !strstr(c->warnings[0], words)) {
		fail_msg("want one warning with \"%s\", got %zu: %s", words, c->warning_count,
		    c->warnings[0] ? c->warnings[0] : "");
	}
}

static inline void fixture_has(const char *text, const char *words)
{
	if (!text || !strstr(text, words)) {
		fail_msg("\"%s\" is not in: %s", words, text ? text : "(null)");
	}
}
