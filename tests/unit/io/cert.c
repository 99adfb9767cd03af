/* SPDX-License-Identifier: MIT */
/* Certificates made on the spot. */
#include "tests/unit/io/cert.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/util.h"

static void must(bool ok)
{
	if (!ok) {
		abort();
	}
}

static void add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	must(extension != NULL && X509_add_ext(x, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

static void set_names(X509 *x, const struct cert_plan *plan)
{
	X509_NAME *name = X509_get_subject_name(x);

	must(X509_NAME_add_entry_by_txt(
		 name, "CN", MBSTRING_UTF8, (const unsigned char *)plan->cn, -1, -1, 0) == 1);
	must(X509_set_issuer_name(
		 x, plan->issuer ? X509_get_subject_name(plan->issuer->x509) : name) == 1);
}

static void set_serial(X509 *x)
{
	uint8_t bytes[8];
	BIGNUM *number;

	must(RAND_bytes(bytes, sizeof(bytes)) == 1);
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	must(number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL);
	BN_free(number);
}

struct cert cert_make(const struct cert_plan *plan)
{
	bool dated = plan->not_before_s != 0 || plan->not_after_s != 0;
	struct cert c = {.x509 = X509_new()};

	c.key = plan->rsa_bits != 0 ? EVP_RSA_gen((size_t)plan->rsa_bits) : EVP_EC_gen("P-256");
	must(c.x509 != NULL && c.key != NULL);
	must(X509_set_version(c.x509, plan->v1 ? X509_VERSION_1 : X509_VERSION_3) == 1);
	set_serial(c.x509);
	set_names(c.x509, plan);
	X509_gmtime_adj(X509_getm_notBefore(c.x509), dated ? plan->not_before_s : -86400);
	X509_gmtime_adj(X509_getm_notAfter(c.x509), dated ? plan->not_after_s : 315360000);
	must(X509_set_pubkey(c.x509, c.key) == 1);
	if (plan->ca) {
		add_extension(c.x509, NID_basic_constraints, "critical,CA:TRUE");
	}
	if (plan->san != NULL) {
		add_extension(c.x509, NID_subject_alt_name, plan->san);
	}
	if (plan->usage != NULL) {
		add_extension(c.x509, NID_ext_key_usage, plan->usage);
	}
	must(X509_sign(c.x509, plan->issuer ? plan->issuer->key : c.key,
		 plan->sha1 ? EVP_sha1() : EVP_sha256()) > 0);
	return c;
}

void cert_free(struct cert *c)
{
	X509_free(c->x509);
	EVP_PKEY_free(c->key);
	*c = (struct cert){0};
}

static FILE *open_temporary(char **ret_path)
{
	const char *folder = getenv("TMPDIR");
	char *path = xasprintf("%s/bambud-test-XXXXXX", folder != NULL ? folder : "/tmp");
	int fd = mkstemp(path);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	must(f != NULL);
	*ret_path = path;
	return f;
}

char *cert_write(const struct cert *c)
{
	char *path;
	FILE *f = open_temporary(&path);

	must(PEM_write_X509(f, c->x509) == 1);
	fclose(f);
	return path;
}

char *cert_write_key(const struct cert *c)
{
	char *path;
	FILE *f = open_temporary(&path);

	must(PEM_write_PrivateKey(f, c->key, NULL, NULL, 0, NULL, NULL) == 1);
	fclose(f);
	return path;
}

char *cert_write_public_key(const struct cert *c)
{
	char *path;
	FILE *f = open_temporary(&path);

	must(PEM_write_PUBKEY(f, c->key) == 1);
	fclose(f);
	return path;
}

void cert_pin(const struct cert *c, uint8_t ret[static 32])
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(c->key, &der);
	unsigned size = 32;

	must(len > 0 && EVP_Digest(der, (size_t)len, ret, &size, EVP_sha256(), NULL) == 1);
	OPENSSL_free(der);
}
