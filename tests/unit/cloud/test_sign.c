/* SPDX-License-Identifier: MIT */
/* Signed requests: what the server can verify, and keys that are refused with their reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "common/secret.h"
#include "common/util.h"
#include "daemon/cloud/sign.h"

#define PREFIX "x-bbl-device-security-sign: "
#define WALL_MS 1800000000123

static struct secret *pem_of(EVP_PKEY *key, const char *pass_phrase)
{
	BIO *out = BIO_new(BIO_s_mem());
	struct secret *pem;
	char *text;
	long len;

	assert_int_equal(
	    PEM_write_bio_PKCS8PrivateKey(out, key, pass_phrase != NULL ? EVP_aes_128_cbc() : NULL,
		pass_phrase, pass_phrase != NULL ? (int)strlen(pass_phrase) : 0, NULL, NULL),
	    1);
	len = BIO_get_mem_data(out, &text);
	pem = secret_create(text, (size_t)len);
	BIO_free(out);
	return pem;
}

static bool verifies(EVP_PKEY *key, const char *header, const char *text)
{
	unsigned char signature[2048];
	const char *base64 = header + strlen(PREFIX);
	int len = EVP_DecodeBlock(signature, (const unsigned char *)base64, (int)strlen(base64));
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok;

	assert_true(len >= EVP_PKEY_get_size(key));
	ok = EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestVerify(md, signature, (size_t)EVP_PKEY_get_size(key),
		 (const unsigned char *)text, strlen(text)) == 1;
	EVP_MD_CTX_free(md);
	return ok;
}

static void signature_is_of_the_time_in_decimal_ms(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	_cleanup_secret_ struct secret *pem = pem_of(key, NULL);
	struct signer *s = signer_create("GLOF1:2", pem, NULL);
	_cleanup_free_ char *header = NULL;

	assert_non_null(s);
	assert_string_equal(signer_cert_header(s), "x-bbl-app-certification-id: GLOF1:2");
	header = signer_sign_header(s, WALL_MS);
	assert_int_equal(strncmp(header, PREFIX, strlen(PREFIX)), 0);
	assert_true(verifies(key, header, "1800000000123"));
	assert_false(verifies(key, header, "1800000000124"));
	signer_destroy(s);
	EVP_PKEY_free(key);
}

static void expect_refused(const char *cert_id, const struct secret *pem, const char *words)
{
	struct err e = {0};

	assert_null(signer_create(cert_id, pem, &e));
	assert_int_equal(e.type, ERR_INVALID_PARAMS);
	assert_non_null(strstr(e.message, words));
	assert_null(strstr(e.message, "BEGIN"));
}

static void keys_that_cannot_sign_are_refused_with_the_reason(void **state)
{
	EVP_PKEY *small = EVP_RSA_gen(1024), *curve = EVP_EC_gen("P-256"),
		 *good = EVP_RSA_gen(2048);
	_cleanup_secret_ struct secret *small_pem = pem_of(small, NULL);
	_cleanup_secret_ struct secret *curve_pem = pem_of(curve, NULL);
	_cleanup_secret_ struct secret *locked_pem = pem_of(good, "pass");
	_cleanup_secret_ struct secret *good_pem = pem_of(good, NULL);
	_cleanup_secret_ struct secret *junk = secret_create("-----BEGIN X-----", 17);

	expect_refused("id", small_pem, "not an RSA key of 2048");
	expect_refused("id", curve_pem, "not an RSA key");
	expect_refused("id", locked_pem, "pass phrase");
	expect_refused("id", junk, "not a private key");
	expect_refused("", good_pem, "SignCertId=");
	expect_refused("a\r\nb", good_pem, "SignCertId=");
	EVP_PKEY_free(small);
	EVP_PKEY_free(curve);
	EVP_PKEY_free(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(signature_is_of_the_time_in_decimal_ms),
	    cmocka_unit_test(keys_that_cannot_sign_are_refused_with_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
