/* SPDX-License-Identifier: MIT */
/* The public side's certificates: a CA of its own and what it issued to localhost. */
#pragma once

#include <openssl/ssl.h>

#include "tests/sim/cert.h"

struct web_pki;

/* Reads or makes cloud-ca.pem and cloud-ca-key.pem of dir. 0 or -EIO. */
int web_pki_open(const char *dir, struct web_pki **ret);
void web_pki_close(struct web_pki *p);
/* A server side; CERT_WRONG_CN is a certificate for another host. NULL when OpenSSL fails. */
SSL *web_pki_accept(struct web_pki *p, enum cert_kind kind, int fd);
