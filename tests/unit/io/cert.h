/* SPDX-License-Identifier: MIT */
/* Certificates made on the spot. */
#pragma once

#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

struct cert {
	X509 *x509;
	EVP_PKEY *key;
};

/* Zeroes: an X.509 v3 leaf without names but its CN, valid now, self-signed. */
struct cert_plan {
	const char *cn;
	const char *san; /* "DNS:name" */
	bool ca;	 /* without keyUsage, as the vendor's oldest */
	bool v1;
	bool sha1;
	int rsa_bits;			/* 0 = EC P-256 */
	const char *usage;		/* extended key usage, "clientAuth" */
	long not_before_s, not_after_s; /* from now; both 0 = a day ago, in ten years */
	const struct cert *issuer;
};
struct cert cert_make(const struct cert_plan *plan);
void cert_free(struct cert *c);

/* PEM files in the folder for temporary files; the path is the caller's to unlink and free. */
char *cert_write(const struct cert *c);
char *cert_write_key(const struct cert *c);
char *cert_write_public_key(const struct cert *c);
/* sha256 over the SubjectPublicKeyInfo, counted apart from the code under test. */
void cert_pin(const struct cert *c, uint8_t ret[static 32]);
