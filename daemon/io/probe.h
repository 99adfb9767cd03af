/* SPDX-License-Identifier: MIT */
/* Who answers at an address? Look-up, TCP and TLS handshake, then good-bye: nothing is said inside
 * TLS, so a stranger learns nothing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/io/tls.h"

struct loop;
struct probe;
struct resolver;

/* Each part has its own time-out, 14 s in all. */
#define PROBE_RESOLVE_MS 4000
#define PROBE_TCP_MS 5000
#define PROBE_TLS_MS 5000

enum probe_part { PROBE_RESOLVE, PROBE_TCP, PROBE_TLS, PROBE_PART_COUNT };

struct probe_target {
	const char *host; /* name or address */
	uint16_t port;
	struct tls_profile *profile; /* ref taken */
	enum tls_verify verify;
	const char *name;   /* the certificate must carry, for TLS_VERIFY_CHAIN */
	const uint8_t *pin; /* 32 bytes, for TLS_VERIFY_PIN */
};

struct probe_cert {
	char subject[80], issuer[80];	     /* common names, escaped */
	char pin[65];			     /* sha256 of the public key, hex */
	int64_t not_before_ms, not_after_ms; /* since 1970; -1 unreadable */
	unsigned chain_len;		     /* certificates sent, the leaf too */
	bool chain_incomplete;		     /* accepted by an anchor's signature alone */
};

struct probe_result {
	enum probe_part part; /* how far it came; PROBE_PART_COUNT: a certificate was seen */
	int64_t ms[PROBE_PART_COUNT]; /* each took, -1 = not tried */
	char error[200];	      /* why it came no further, one line; "" */
	bool refused;		      /* TCP: nobody listens */
	char address[64];	      /* numeric; "" */
	char protocol[16];	      /* "TLSv1.2" */
	struct probe_cert cert;
	bool verified;	  /* as the target demands; never with TLS_VERIFY_INSECURE */
	char reason[200]; /* why not; "" */
};

/* result is good for the call; the probe is gone afterwards. Never called before probe_start
 * returned. */
typedef void (*probe_fn)(void *arg, const struct probe_result *result);
struct probe *probe_start(
    struct loop *l, struct resolver *r, const struct probe_target *target, probe_fn fn, void *arg);
void probe_cancel(struct probe *p); /* NULL is fine; fn is not called */
