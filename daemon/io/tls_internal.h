/* SPDX-License-Identifier: MIT */
/* What tls.c and tls_verify.c share. */
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "daemon/io/tls.h"

#define TLS_PIN_BYTES 32
#define TLS_LABEL_MAX 80

/* A key whose signature under a certificate is trusted. */
struct tls_anchor {
	EVP_PKEY *key;
	uint8_t pin[TLS_PIN_BYTES]; /* sha256 of its SubjectPublicKeyInfo */
};
struct tls_anchors {
	struct tls_anchor *list;
	size_t len;
};

/* Takes over key. */
void tls_anchors_add(struct tls_anchors *a, EVP_PKEY *key);
void tls_anchors_finish(struct tls_anchors *a);

/* What a handshake's certificate is held against. */
struct tls_trust {
	const struct tls_anchors *built_in;
	struct tls_anchors own; /* keys of the CaFile, those of its certificates too */
	STACK_OF(X509) * certs; /* of the CaFile; NULL = none */
};

/* A trust that shares nothing with its store but OpenSSL's own counted objects, so that another
 * thread may hold it for longer than the store lives. */
struct tls_lent {
	struct tls_trust trust; /* its built_in is the one below */
	struct tls_anchors built_in;
};
void tls_trust_copy(const struct tls_trust *from, struct tls_lent *ret);

/* The common name for people: escaped and cut. Returns buf. */
char *tls_label_of(const X509_NAME *name, char buf[static TLS_LABEL_MAX]);
/* For SSL_CTX_set_cert_verify_callback; arg is a struct tls_trust. */
int tls_verify_certificate(X509_STORE_CTX *ctx, void *arg);
