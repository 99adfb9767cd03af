/* SPDX-License-Identifier: MIT */
/* Between the certificates of printers and those of the cloud: how one is made and kept. */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>

#include "tests/sim/cert.h"

#define CERT_DAY_S (24L * 3600)

/* issuer NULL: self-signed; alt NULL: no alternative names. NULL when OpenSSL fails. */
X509 *cert_make(const char *cn, const char *alt, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
    bool v3, bool is_ca, long from_s, long to_s);
/* An existing key of the wanted kind, or a new one that is kept. NULL on failure. */
EVP_PKEY *cert_load_key(const char *dir, const char *name, bool rsa, bool *ret_new);
/* The CA of this key as kept in the file, or a new one. NULL on failure. */
X509 *cert_load_ca(const char *dir, const char *file, const char *cn, EVP_PKEY *key, bool renew);
/* Without a certificate; resuming: sessions can be taken up again. NULL when OpenSSL fails. */
SSL_CTX *cert_new_ctx(enum tls_offer offer, bool resuming);
