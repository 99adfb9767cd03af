/* SPDX-License-Identifier: MIT */
/* The interface of daemon/files without a network: the test is the printer's side. */
#pragma once

#include "daemon/files/files.h"
#include "daemon/files/listing.h"

/* What was asked for last, as it stands. */
struct fake_job {
	bool asked; /* since fake_files_reset */
	enum files_verb verb;
	char printer[64], path[256], address[64];
	uint16_t port;
	bool tls12, clear_fallback;
	int64_t size;
	int fd; /* of its own, as the engine has one; -1 none */
	bool live, went, cancelled;
	int64_t moved, total;
};

struct files *fake_files(void);
void fake_files_reset(void);
const struct fake_job *fake_files_job(void);
/* The next start is refused: too many wait. */
void fake_files_fill(bool full);
/* The printer is there for it. */
void fake_files_ready(int64_t size);
/* So much of it has passed. */
void fake_files_moved(int64_t bytes);
/* The end, with a listing or without; ERR_NONE: it went well. */
void fake_files_done(enum err_type fault, const struct listing *listing);
