/* SPDX-License-Identifier: MIT */
/* The two headers of a signed request, made with the user's own key (seed-inventory 1.15). */
#pragma once

#include <stdint.h>

#include "common/err.h"

struct secret;
struct signer;

/* pem: an RSA key of at least 2048 bits without a pass phrase. NULL with *e. */
struct signer *signer_create(const char *cert_id, const struct secret *pem, struct err *e);
void signer_destroy(struct signer *s); /* wipes the key; NULL is fine */
/* "x-bbl-app-certification-id: ..." ; owned by s. */
const char *signer_cert_header(const struct signer *s);
/* "x-bbl-device-security-sign: <base64 of RSA-PKCS1v15-SHA256 over the decimal ms>". Caller frees;
 * NULL when OpenSSL fails. */
char *signer_sign_header(const struct signer *s, int64_t wall_ms);
