/* SPDX-License-Identifier: MIT */
/* The test CA, printer certificates (good and bad ones), and TLS sessions that present them. */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>

enum cert_kind {
	CERT_GOOD,
	CERT_WRONG_CN,	  /* genuine, of another printer */
	CERT_SELF_SIGNED, /* right CN, no CA */
	CERT_FOREIGN_CA,  /* right CN, issued by another CA of the same name */
	CERT_EXPIRED,
	CERT_KIND_COUNT
};

enum tls_offer { TLS_OFFER_12, TLS_OFFER_12_13, TLS_OFFER_11, TLS_OFFER_COUNT };

struct pki;

/* Reads ca.pem, ca-key.pem and leaf-key.pem of dir, or makes them (keys 0600): a simulator started
 * again keeps its identity. 0, or negative errno (-EIO: OpenSSL refused). */
int pki_open(const char *dir, bool rsa, struct pki **ret);
void pki_close(struct pki *p);
/* Lower-case hex of sha256 over the DER SubjectPublicKeyInfo of the leaf key. */
void pki_pin(const struct pki *p, char ret[static 65]);
/* One certificate; v3 or the v1 of older printers. NULL when OpenSSL fails. Caller frees. */
X509 *pki_issue(struct pki *p, enum cert_kind kind, const char *cn, bool v3);
/* What a server side presents. */
struct pki_side {
	enum cert_kind kind;
	enum tls_offer offer;
	X509 *leaf;
	bool alone;	   /* without its CA */
	const char *scope; /* sessions of the same scope may be resumed; NULL = none */
};
/* A server side for fd. NULL when OpenSSL fails. */
SSL *pki_accept(struct pki *p, const struct pki_side *side, int fd);
