/* SPDX-License-Identifier: MIT */
/* The two headers of a signed request, made with the user's own key (seed-inventory 1.15). */
#include "daemon/cloud/sign.h"

#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "common/secret.h"
#include "common/util.h"

#define KEY_BITS_MIN 2048
#define CERT_ID_MAX 512
#define SIGNATURE_MAX 1024 /* 8192 bits */

struct signer {
	char *cert_header;
	EVP_PKEY *key;
};

/* Instead of OpenSSL's own, which asks at the terminal. */
static int no_pass_phrase(char *buf, int size, int rwflag, void *arg)
{
	*(bool *)arg = true;
	return -1;
}

static EVP_PKEY *key_read(const struct secret *pem, struct err *e)
{
	bool locked = false;
	BIO *in = BIO_new_mem_buf(secret_reveal(pem), (int)secret_len(pem));
	EVP_PKEY *key =
	    in != NULL ? PEM_read_bio_PrivateKey(in, NULL, no_pass_phrase, &locked) : NULL;

	BIO_free(in);
	ERR_clear_error();
	if (key == NULL) {
		err_set(e, ERR_INVALID_PARAMS,
		    locked ? "SignKey= has a pass phrase, which cannot be asked for here"
			   : "SignKey= is not a private key in PEM form");
	} else if (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < KEY_BITS_MIN ||
		   EVP_PKEY_get_size(key) > SIGNATURE_MAX) {
		err_set(e, ERR_INVALID_PARAMS, "SignKey= is not an RSA key of %d to %d bits",
		    KEY_BITS_MIN, SIGNATURE_MAX * 8);
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static bool is_cert_id(const char *id)
{
	size_t len = strlen(id);

	for (size_t i = 0; i < len; i++) {
		if (id[i] < ' ' || id[i] >= 0x7f) {
			return false;
		}
	}
	return len > 0 && len <= CERT_ID_MAX;
}

struct signer *signer_create(const char *cert_id, const struct secret *pem, struct err *e)
{
	struct signer *s;
	EVP_PKEY *key;

	if (!is_cert_id(cert_id)) {
		err_set(e, ERR_INVALID_PARAMS, "SignCertId= is not one line of text");
		return NULL;
	}
	key = key_read(pem, e);
	if (key == NULL) {
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->key = key;
	s->cert_header = xasprintf("x-bbl-app-certification-id: %s", cert_id);
	return s;
}

void signer_destroy(struct signer *s)
{
	if (s == NULL) {
		return;
	}
	EVP_PKEY_free(s->key);
	free(s->cert_header);
	free(s);
}

const char *signer_cert_header(const struct signer *s)
{
	return s->cert_header;
}

char *signer_sign_header(const struct signer *s, int64_t wall_ms)
{
	unsigned char signature[SIGNATURE_MAX], text[4 * SIGNATURE_MAX / 3 + 4];
	size_t len = sizeof(signature);
	char now[24];
	int n = snprintf(now, sizeof(now), "%" PRId64, wall_ms);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	/* The default padding of EVP for RSA is PKCS #1 v1.5. */
	bool ok = md != NULL && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, s->key) == 1 &&
		  EVP_DigestSign(md, signature, &len, (const unsigned char *)now, (size_t)n) == 1;

	EVP_MD_CTX_free(md);
	if (!ok) {
		ERR_clear_error();
		return NULL;
	}
	EVP_EncodeBlock(text, signature, (int)len);
	return xasprintf("x-bbl-device-security-sign: %s", (const char *)text);
}
