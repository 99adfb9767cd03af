/* SPDX-License-Identifier: MIT */
/* The verification of a peer's certificate: chain to an anchor key, pin, or public CA. */
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "common/util.h"
#include "daemon/io/tls_internal.h"

/* False when the key cannot be encoded. */
static bool pin_of_der(uint8_t *der, int len, uint8_t ret[static TLS_PIN_BYTES])
{
	bool ok = len > 0 && SHA256(der, (size_t)len, ret) != NULL;

	OPENSSL_free(der);
	return ok;
}

static bool pin_of_cert(X509 *cert, uint8_t ret[static TLS_PIN_BYTES])
{
	uint8_t *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	return pin_of_der(der, len, ret);
}

void tls_anchors_add(struct tls_anchors *a, EVP_PKEY *key)
{
	struct tls_anchor anchor = {.key = key};
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	if (!pin_of_der(der, len, anchor.pin)) {
		EVP_PKEY_free(key);
		return;
	}
	a->list = xrealloc(a->list, (a->len + 1) * sizeof(*a->list));
	a->list[a->len++] = anchor;
}

void tls_anchors_finish(struct tls_anchors *a)
{
	for (size_t i = 0; i < a->len; i++) {
		EVP_PKEY_free(a->list[i].key);
	}
	free(a->list);
	*a = (struct tls_anchors){0};
}

static void anchors_copy(const struct tls_anchors *from, struct tls_anchors *ret)
{
	ret->list = xcalloc(from->len + 1, sizeof(*ret->list));
	for (size_t i = 0; i < from->len; i++) {
		EVP_PKEY_up_ref(from->list[i].key);
		ret->list[ret->len++] = from->list[i];
	}
}

void tls_trust_copy(const struct tls_trust *from, struct tls_lent *ret)
{
	anchors_copy(from->built_in, &ret->built_in);
	anchors_copy(&from->own, &ret->trust.own);
	ret->trust.built_in = &ret->built_in;
	ret->trust.certs = from->certs != NULL ? X509_chain_up_ref(from->certs) : NULL;
}

void tls_lent_destroy(struct tls_lent *t)
{
	if (t != NULL) {
		tls_anchors_finish(&t->built_in);
		tls_anchors_finish(&t->trust.own);
		sk_X509_pop_free(t->trust.certs, X509_free);
		free(t);
	}
}

static bool anchors_have(const struct tls_anchors *a, const uint8_t pin[static TLS_PIN_BYTES])
{
	for (size_t i = 0; i < a->len; i++) {
		if (memcmp(a->list[i].pin, pin, TLS_PIN_BYTES) == 0) {
			return true;
		}
	}
	return false;
}

static bool anchors_signed(const struct tls_anchors *a, X509 *cert)
{
	for (size_t i = 0; i < a->len; i++) {
		if (X509_verify(cert, a->list[i].key) == 1) {
			return true;
		}
	}
	return false;
}

static void note_pin(struct tls_peer *peer, const uint8_t pin[static TLS_PIN_BYTES])
{
	for (size_t i = 0; i < TLS_PIN_BYTES; i++) {
		snprintf(peer->seen_pin + 2 * i, 3, "%02x", pin[i]);
	}
}

/* The only common name, owned; NULL when there is none or more than one. */
static char *common_name(const X509_NAME *name, size_t *ret_len)
{
	int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	uint8_t *utf8 = NULL;
	char *copy;
	int len;

	if (i < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, i) >= 0) {
		return NULL;
	}
	len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
	if (len < 0) {
		return NULL;
	}
	copy = xmalloc((size_t)len + 1);
	memcpy(copy, utf8, (size_t)len);
	copy[len] = '\0';
	OPENSSL_free(utf8);
	*ret_len = (size_t)len;
	return copy;
}

char *tls_label_of(const X509_NAME *name, char buf[static TLS_LABEL_MAX])
{
	size_t len;
	_cleanup_free_ char *cn = common_name(name, &len);
	_cleanup_free_ char *escaped = cn != NULL ? text_escape(cn, len) : NULL;

	snprintf(buf, TLS_LABEL_MAX, "%s", escaped != NULL ? escaped : "(no single common name)");
	return buf;
}

static void refuse_name(struct tls_peer *peer, X509 *leaf)
{
	char label[TLS_LABEL_MAX];

	snprintf(peer->reason, sizeof(peer->reason), "certificate is for %s, expected %s",
	    tls_label_of(X509_get_subject_name(leaf), label), peer->name);
}

static char *date_text(const ASN1_TIME *t, char buf[static 32])
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1 || strftime(buf, 32, "%Y-%m-%d", &tm) == 0) {
		snprintf(buf, 32, "an unreadable date");
	}
	return buf;
}

/* The reason in words for what X509_verify_cert said about cert. */
static void refuse_error(struct tls_peer *peer, int error, X509 *leaf, X509 *cert)
{
	const char *whose = cert == leaf ? "certificate" : "certificate of its CA";
	char label[TLS_LABEL_MAX], date[32];

	switch (error) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		refuse_name(peer, leaf);
		return;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		snprintf(peer->reason, sizeof(peer->reason), "certificate of %s is self-signed",
		    tls_label_of(X509_get_subject_name(leaf), label));
		return;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		snprintf(peer->reason, sizeof(peer->reason), "%s expired on %s", whose,
		    date_text(X509_get0_notAfter(cert), date));
		return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		snprintf(peer->reason, sizeof(peer->reason),
		    "%s is valid from %s on only; is the clock right?", whose,
		    date_text(X509_get0_notBefore(cert), date));
		return;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		snprintf(peer->reason, sizeof(peer->reason),
		    "certificate is signed by an unknown CA (%s)",
		    tls_label_of(X509_get_issuer_name(leaf), label));
		return;
	default:
		snprintf(peer->reason, sizeof(peer->reason), "%s refused: %s", whose,
		    X509_verify_cert_error_string(error));
	}
}

static bool issuer_missing(int error)
{
	return error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
	       error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

/* OpenSSL compares names without case; serials differ in nothing else sometimes. */
static bool name_is_exact(const struct tls_peer *peer, X509 *leaf)
{
	size_t len;
	_cleanup_free_ char *cn = common_name(X509_get_subject_name(leaf), &len);

	return cn != NULL && len == strlen(peer->name) && memcmp(cn, peer->name, len) == 0;
}

/* The presented certificates whose key is an anchor, and those of the CaFile; that an issuer must
 * be a CA is checked with the chain. The stack is the caller's, the certificates are not. */
static STACK_OF(X509) * trusted_stack(X509_STORE_CTX *ctx, const struct tls_trust *trust)
{
	STACK_OF(X509) *presented = X509_STORE_CTX_get0_untrusted(ctx);
	STACK_OF(X509) *trusted = sk_X509_new_null();
	X509 *leaf = X509_STORE_CTX_get0_cert(ctx);

	for (int i = 0; i < sk_X509_num(presented); i++) {
		X509 *cert = sk_X509_value(presented, i);
		uint8_t pin[TLS_PIN_BYTES];

		if (cert != leaf && pin_of_cert(cert, pin) &&
		    (anchors_have(trust->built_in, pin) || anchors_have(&trust->own, pin))) {
			sk_X509_push(trusted, cert);
		}
	}
	for (int i = 0; i < sk_X509_num(trust->certs); i++) {
		sk_X509_push(trusted, sk_X509_value(trust->certs, i));
	}
	return trusted;
}

/* Signed with a digest that the connection's security level allows; the key was looked at before.
 */
static bool digest_is_strong(X509 *leaf, int level)
{
	static const int level_bits[] = {0, 80, 112, 128, 192, 256};
	int need = level_bits[level < 0 ? 0 : level > 5 ? 5 : level];
	int bits = 0;

	return X509_get_signature_info(leaf, NULL, NULL, &bits, NULL) == 1 && bits >= need;
}

/* No issuer among what the printer sent (some new models send their leaf alone): an anchor key's
 * own signature under the leaf is as good as the certificate that is missing. */
static bool leaf_alone_is_signed(
    const struct tls_trust *trust, struct tls_peer *peer, X509 *leaf, int level)
{
	int error = X509_V_OK;

	if (!anchors_signed(trust->built_in, leaf) && !anchors_signed(&trust->own, leaf)) {
		return false;
	}
	if (X509_cmp_current_time(X509_get0_notBefore(leaf)) >= 0) {
		error = X509_V_ERR_CERT_NOT_YET_VALID;
	} else if (X509_cmp_current_time(X509_get0_notAfter(leaf)) <= 0) {
		error = X509_V_ERR_CERT_HAS_EXPIRED;
	} else if (X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) != 1) {
		error = X509_V_ERR_INVALID_PURPOSE;
	} else if (!digest_is_strong(leaf, level)) {
		error = X509_V_ERR_CA_MD_TOO_WEAK;
	} else if (X509_check_host(leaf, peer->name, 0, 0, NULL) != 1) {
		error = X509_V_ERR_HOSTNAME_MISMATCH;
	}
	if (error != X509_V_OK) {
		refuse_error(peer, error, leaf, leaf);
		return false;
	}
	peer->chain_incomplete = true;
	return true;
}

static bool check_printer(
    X509_STORE_CTX *ctx, const struct tls_trust *trust, struct tls_peer *peer, int level)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
	STACK_OF(X509) * trusted;
	bool ok;
	int error;

	if (peer->name[0] == '\0' || X509_VERIFY_PARAM_set1_host(param, peer->name, 0) != 1) {
		snprintf(
		    peer->reason, sizeof(peer->reason), "no serial to expect in a certificate");
		return false;
	}
	trusted = trusted_stack(ctx, trust);
	X509_STORE_CTX_set0_trusted_stack(ctx, trusted);
	/* An anchor need not be self-signed; strict checks would refuse the oldest CA, which has no
	 * keyUsage. */
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	ok = X509_verify_cert(ctx) == 1;
	X509_STORE_CTX_set0_trusted_stack(ctx, NULL);
	sk_X509_free(trusted);
	if (!ok) {
		error = X509_STORE_CTX_get_error(ctx);
		ok = issuer_missing(error) && leaf_alone_is_signed(trust, peer, leaf, level);
		if (!ok && peer->reason[0] == '\0') {
			refuse_error(peer, error, leaf, X509_STORE_CTX_get_current_cert(ctx));
		}
	}
	if (ok && !name_is_exact(peer, leaf)) {
		refuse_name(peer, leaf);
		return false;
	}
	return ok;
}

static bool check_public(X509_STORE_CTX *ctx, struct tls_peer *peer)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	if (peer->name[0] == '\0' || (X509_VERIFY_PARAM_set1_ip_asc(param, peer->name) != 1 &&
					 X509_VERIFY_PARAM_set1_host(param, peer->name, 0) != 1)) {
		snprintf(
		    peer->reason, sizeof(peer->reason), "no host name to expect in a certificate");
		return false;
	}
	if (X509_verify_cert(ctx) == 1) {
		return true;
	}
	refuse_error(peer, X509_STORE_CTX_get_error(ctx), X509_STORE_CTX_get0_cert(ctx),
	    X509_STORE_CTX_get_current_cert(ctx));
	return false;
}

static bool check_pin(struct tls_peer *peer, const uint8_t pin[static TLS_PIN_BYTES])
{
	if (memcmp(peer->pin, pin, TLS_PIN_BYTES) == 0) {
		return true;
	}
	snprintf(
	    peer->reason, sizeof(peer->reason), "certificate has another pin: %s", peer->seen_pin);
	return false;
}

static bool check_peer(
    X509_STORE_CTX *ctx, const struct tls_trust *trust, struct tls_peer *peer, int level)
{
	uint8_t pin[TLS_PIN_BYTES];

	if (!pin_of_cert(X509_STORE_CTX_get0_cert(ctx), pin)) {
		snprintf(peer->reason, sizeof(peer->reason), "certificate has no readable key");
		return false;
	}
	note_pin(peer, pin);
	switch (peer->verify) {
	case TLS_VERIFY_CHAIN:
		return check_printer(ctx, trust, peer, level);
	case TLS_VERIFY_PIN:
		return check_pin(peer, pin);
	case TLS_VERIFY_INSECURE:
		return true;
	case TLS_VERIFY_PUBLIC:
		return check_public(ctx, peer);
	}
	return false;
}

int tls_verify_certificate(X509_STORE_CTX *ctx, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_peer *peer = tls_peer_of(ssl);
	bool ok = false;

	if (peer != NULL && X509_STORE_CTX_get0_cert(ctx) != NULL) {
		peer->reason[0] = '\0';
		ok = check_peer(ctx, arg, peer, SSL_get_security_level(ssl));
		peer->checked = ok && peer->verify != TLS_VERIFY_INSECURE;
		peer->refused = !ok;
	}
	if (ok) {
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
	} else if (X509_STORE_CTX_get_error(ctx) == X509_V_OK) {
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_APPLICATION_VERIFICATION);
	}
	return ok;
}
