/* SPDX-License-Identifier: MIT */
/* The public side's certificates: a CA of its own and what it issued to localhost. */
#include "tests/sim/cloud_cert.h"

#include <errno.h>
#include <openssl/evp.h>

#include "common/util.h"
#include "tests/sim/cert_internal.h"

#define CA_NAME "Simulated Public CA"
#define HOST_NAMES "DNS:localhost,IP:127.0.0.1"

struct web_pki {
	EVP_PKEY *ca_key, *foreign_key, *leaf_key;
	X509 *ca, *foreign_ca;
	SSL_CTX *ctx[CERT_KIND_COUNT]; /* made when first asked for */
};

int web_pki_open(const char *dir, struct web_pki **ret)
{
	struct web_pki *p = xcalloc(1, sizeof(*p));
	bool renew = false;

	p->ca_key = cert_load_key(dir, "cloud-ca-key.pem", false, &renew);
	p->leaf_key = EVP_EC_gen("P-256");
	p->foreign_key = EVP_EC_gen("P-256");
	if (p->ca_key && p->leaf_key && p->foreign_key) {
		p->ca = cert_load_ca(dir, "cloud-ca.pem", CA_NAME, p->ca_key, renew);
		p->foreign_ca = cert_make(CA_NAME, NULL, p->foreign_key, NULL, p->foreign_key, true,
		    true, -CERT_DAY_S, 3650 * CERT_DAY_S);
	}
	if (!p->ca || !p->foreign_ca) {
		web_pki_close(p);
		return -EIO;
	}
	*ret = p;
	return 0;
}

void web_pki_close(struct web_pki *p)
{
	if (!p) {
		return;
	}
	for (int i = 0; i < CERT_KIND_COUNT; i++) {
		SSL_CTX_free(p->ctx[i]);
	}
	X509_free(p->ca);
	X509_free(p->foreign_ca);
	EVP_PKEY_free(p->ca_key);
	EVP_PKEY_free(p->foreign_key);
	EVP_PKEY_free(p->leaf_key);
	free(p);
}

static X509 *issue(struct web_pki *p, enum cert_kind kind)
{
	bool foreign = kind == CERT_FOREIGN_CA, expired = kind == CERT_EXPIRED;
	bool other = kind == CERT_WRONG_CN;

	if (kind == CERT_SELF_SIGNED) {
		return cert_make("localhost", HOST_NAMES, p->leaf_key, NULL, p->leaf_key, true,
		    false, -CERT_DAY_S, 90 * CERT_DAY_S);
	}
	return cert_make(other ? "elsewhere.invalid" : "localhost",
	    other ? "DNS:elsewhere.invalid" : HOST_NAMES, p->leaf_key,
	    foreign ? p->foreign_ca : p->ca, foreign ? p->foreign_key : p->ca_key, true, false,
	    expired ? -90 * CERT_DAY_S : -CERT_DAY_S, expired ? -CERT_DAY_S : 90 * CERT_DAY_S);
}

static SSL_CTX *make_ctx(struct web_pki *p, enum cert_kind kind)
{
	SSL_CTX *ctx = cert_new_ctx(TLS_OFFER_12_13, false);
	X509 *leaf = issue(p, kind);

	if (!ctx || !leaf || !SSL_CTX_use_certificate(ctx, leaf) ||
	    !SSL_CTX_use_PrivateKey(ctx, p->leaf_key)) {
		SSL_CTX_free(ctx);
		ctx = NULL;
	}
	X509_free(leaf);
	return ctx;
}

SSL *web_pki_accept(struct web_pki *p, enum cert_kind kind, int fd)
{
	SSL *ssl;

	if (!p->ctx[kind]) {
		p->ctx[kind] = make_ctx(p, kind);
	}
	ssl = p->ctx[kind] ? SSL_new(p->ctx[kind]) : NULL;
	if (!ssl || !SSL_set_fd(ssl, fd)) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_accept_state(ssl);
	return ssl;
}
