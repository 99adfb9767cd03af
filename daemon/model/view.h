/* SPDX-License-Identifier: MIT */
/* What a printer looks like from outside at one moment: borrowed pointers between fleet/ and api/.
 * No code. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/model/state.h"

struct link_view {
	enum link_state state;
	enum plane plane;
	enum tls_word tls;
	const char *address;	      /* NULL unknown */
	const char *address_source;   /* configured; printer: it told it through the cloud; NULL */
	int64_t since_wall_ms;	      /* when the state was entered */
	int64_t last_message_mono_ms; /* -1 never */
	uint64_t reconnects;
	const char *last_error;	     /* words, NULL none */
	const char *last_error_hint; /* what to type, NULL none */
};

struct camera_summary {
	const char *state;     /* streaming connecting stalled idle off error */
	int64_t frame_mono_ms; /* -1 none */
	int width, height;     /* UNKNOWN_INT */
	const char *why;       /* words, NULL */
	uint64_t frames;       /* so far */
};

struct hms_texts;

struct printer_view {
	const char *name, *serial, *instance;
	const char *const *tags; /* NULL-terminated, may be NULL */
	const struct state *state;
	struct link_view link;
	struct camera_summary camera;
	int64_t now_mono_ms, now_wall_ms;
	const struct hms_texts *texts; /* the vendor's words, or NULL */
};
