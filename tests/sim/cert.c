/* SPDX-License-Identifier: MIT */
/* The test CA, printer certificates (good and bad ones), and TLS sessions that present them. */
#include "tests/sim/cert.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/util.h"
#include "tests/sim/cert_internal.h"

#define CA_NAME "Simulated Printer CA"

struct pki {
	bool rsa;
	EVP_PKEY *ca_key, *leaf_key, *foreign_key;
	X509 *ca, *foreign_ca;
	SSL_CTX *ctx[TLS_OFFER_COUNT], *resuming[TLS_OFFER_COUNT];
};

static EVP_PKEY *new_key(bool rsa)
{
	return rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
}

static int set_name(X509 *x, const char *cn)
{
	X509_NAME *name = X509_get_subject_name(x);

	return X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
}

static int set_serial(X509 *x)
{
	unsigned char random[8];
	BIGNUM *number = NULL;
	int ok = 0;

	if (RAND_bytes(random, sizeof(random)) == 1) {
		random[0] &= 0x7f;
		number = BN_bin2bn(random, sizeof(random), NULL);
		ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
	}
	BN_free(number);
	return ok;
}

static int add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	int ok = e && X509_add_ext(x, e, -1);

	X509_EXTENSION_free(e);
	return ok;
}

X509 *cert_make(const char *cn, const char *alt, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
    bool v3, bool is_ca, long from_s, long to_s)
{
	X509 *x = X509_new();

	if (x && X509_set_version(x, v3 ? X509_VERSION_3 : X509_VERSION_1) && set_serial(x) &&
	    set_name(x, cn) &&
	    X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x)) &&
	    X509_gmtime_adj(X509_getm_notBefore(x), from_s) &&
	    X509_gmtime_adj(X509_getm_notAfter(x), to_s) && X509_set_pubkey(x, key) &&
	    (!is_ca || add_extension(x, NID_basic_constraints, "critical,CA:TRUE")) &&
	    (!v3 || is_ca || add_extension(x, NID_basic_constraints, "CA:FALSE")) &&
	    (!alt || add_extension(x, NID_subject_alt_name, alt)) &&
	    X509_sign(x, issuer_key, EVP_sha256())) {
		return x;
	}
	X509_free(x);
	return NULL;
}

static FILE *open_file(const char *dir, const char *name, bool write, mode_t mode)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);
	int fd = open(
	    path, write ? O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC : O_RDONLY | O_CLOEXEC, mode);
	FILE *f;

	if (fd < 0) {
		return NULL;
	}
	f = fdopen(fd, write ? "w" : "r");
	if (!f) {
		close(fd);
	}
	return f;
}

EVP_PKEY *cert_load_key(const char *dir, const char *name, bool rsa, bool *ret_new)
{
	FILE *f = open_file(dir, name, false, 0);
	EVP_PKEY *key = NULL;

	*ret_new = false;
	if (f) {
		key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		fclose(f);
		if (key && EVP_PKEY_is_a(key, rsa ? "RSA" : "EC")) {
			return key;
		}
		EVP_PKEY_free(key);
	}
	key = new_key(rsa);
	f = key ? open_file(dir, name, true, 0600) : NULL;
	if (!f || !PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) || fclose(f) != 0) {
		EVP_PKEY_free(key);
		return NULL;
	}
	*ret_new = true;
	return key;
}

X509 *cert_load_ca(const char *dir, const char *file, const char *cn, EVP_PKEY *key, bool renew)
{
	FILE *f = renew ? NULL : open_file(dir, file, false, 0);
	X509 *ca = NULL;

	if (f) {
		ca = PEM_read_X509(f, NULL, NULL, NULL);
		fclose(f);
		if (ca && X509_check_private_key(ca, key) == 1) {
			return ca;
		}
		X509_free(ca);
	}
	ca = cert_make(cn, NULL, key, NULL, key, true, true, -CERT_DAY_S, 3650 * CERT_DAY_S);
	f = ca ? open_file(dir, file, true, 0644) : NULL;
	if (!f || !PEM_write_X509(f, ca) || fclose(f) != 0) {
		X509_free(ca);
		return NULL;
	}
	return ca;
}

SSL_CTX *cert_new_ctx(enum tls_offer offer, bool resuming)
{
	static const int versions[TLS_OFFER_COUNT][2] = {
	    [TLS_OFFER_12] = {TLS1_2_VERSION, TLS1_2_VERSION},
	    [TLS_OFFER_12_13] = {TLS1_2_VERSION, TLS1_3_VERSION},
	    [TLS_OFFER_11] = {TLS1_1_VERSION, TLS1_1_VERSION},
	};
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx || !SSL_CTX_set_min_proto_version(ctx, versions[offer][0]) ||
	    !SSL_CTX_set_max_proto_version(ctx, versions[offer][1]) ||
	    !SSL_CTX_set_cipher_list(
		ctx, offer == TLS_OFFER_11 ? "ALL:@SECLEVEL=0" : "HIGH:!aNULL")) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	if (!resuming) {
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	}
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return ctx;
}

int pki_open(const char *dir, bool rsa, struct pki **ret)
{
	struct pki *p = xcalloc(1, sizeof(*p));
	bool renew, unused;
	bool ok;

	p->rsa = rsa;
	p->ca_key = cert_load_key(dir, "ca-key.pem", rsa, &renew);
	p->leaf_key = cert_load_key(dir, "leaf-key.pem", rsa, &unused);
	p->foreign_key = new_key(rsa);
	ok = p->ca_key && p->leaf_key && p->foreign_key;
	if (ok) {
		p->ca = cert_load_ca(dir, "ca.pem", CA_NAME, p->ca_key, renew);
		p->foreign_ca = cert_make(CA_NAME, NULL, p->foreign_key, NULL, p->foreign_key, true,
		    true, -CERT_DAY_S, 3650 * CERT_DAY_S);
		ok = p->ca && p->foreign_ca;
	}
	for (int i = 0; ok && i < TLS_OFFER_COUNT; i++) {
		p->ctx[i] = cert_new_ctx((enum tls_offer)i, false);
		p->resuming[i] = cert_new_ctx((enum tls_offer)i, true);
		ok = p->ctx[i] && p->resuming[i];
	}
	if (!ok) {
		pki_close(p);
		return -EIO;
	}
	*ret = p;
	return 0;
}

void pki_close(struct pki *p)
{
	if (!p) {
		return;
	}
	for (int i = 0; i < TLS_OFFER_COUNT; i++) {
		SSL_CTX_free(p->ctx[i]);
		SSL_CTX_free(p->resuming[i]);
	}
	X509_free(p->ca);
	X509_free(p->foreign_ca);
	EVP_PKEY_free(p->ca_key);
	EVP_PKEY_free(p->leaf_key);
	EVP_PKEY_free(p->foreign_key);
	free(p);
}

void pki_pin(const struct pki *p, char ret[static 65])
{
	unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
	int len = i2d_PUBKEY(p->leaf_key, &der);
	unsigned size = 0;

	ret[0] = '\0';
	if (len > 0 && EVP_Digest(der, (size_t)len, digest, &size, EVP_sha256(), NULL)) {
		for (unsigned i = 0; i < size && i < 32; i++) {
			snprintf(ret + 2 * (size_t)i, 3, "%02x", digest[i]);
		}
	}
	OPENSSL_free(der);
}

X509 *pki_issue(struct pki *p, enum cert_kind kind, const char *cn, bool v3)
{
	long from_s = kind == CERT_EXPIRED ? -800 * CERT_DAY_S : -CERT_DAY_S;
	long to_s = kind == CERT_EXPIRED ? -CERT_DAY_S : 3650 * CERT_DAY_S;

	switch (kind) {
	case CERT_GOOD:
	case CERT_WRONG_CN:
	case CERT_EXPIRED:
		return cert_make(cn, NULL, p->leaf_key, p->ca, p->ca_key, v3, false, from_s, to_s);
	case CERT_SELF_SIGNED:
		return cert_make(
		    cn, NULL, p->foreign_key, NULL, p->foreign_key, v3, false, from_s, to_s);
	case CERT_FOREIGN_CA:
		return cert_make(
		    cn, NULL, p->leaf_key, p->foreign_ca, p->foreign_key, v3, false, from_s, to_s);
	case CERT_KIND_COUNT:
		break;
	}
	return NULL;
}

SSL *pki_accept(struct pki *p, const struct pki_side *side, int fd)
{
	EVP_PKEY *key = side->kind == CERT_SELF_SIGNED ? p->foreign_key : p->leaf_key;
	X509 *issuer = side->kind == CERT_FOREIGN_CA ? p->foreign_ca : p->ca;
	SSL *ssl = SSL_new(side->scope ? p->resuming[side->offer] : p->ctx[side->offer]);

	/* A self-signed stranger sends the genuine CA beside its leaf: it must not help. */
	if (!ssl || !SSL_use_certificate(ssl, side->leaf) || !SSL_use_PrivateKey(ssl, key) ||
	    (!side->alone && !SSL_add1_chain_cert(ssl, issuer)) || !SSL_set_fd(ssl, fd) ||
	    (side->scope && !SSL_set_session_id_context(ssl, (const unsigned char *)side->scope,
				(unsigned)strlen(side->scope)))) {
		SSL_free(ssl);
		return NULL;
	}
	if (side->alone) { /* else OpenSSL completes the chain by itself */
		SSL_set_mode(ssl, SSL_MODE_NO_AUTO_CHAIN);
	}
	SSL_set_accept_state(ssl);
	return ssl;
}
