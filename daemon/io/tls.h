/* SPDX-License-Identifier: MIT */
/* TLS trust: one shared SSL_CTX per trust profile, and per connection who is expected at the other
 * end. */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tls_verify { TLS_VERIFY_CHAIN, TLS_VERIFY_PIN, TLS_VERIFY_INSECURE, TLS_VERIFY_PUBLIC };

/* All contexts of the process; profiles of equal CaFile share one SSL_CTX. */
struct tls_store;
struct tls_profile;
/* One at a time. NULL when OpenSSL fails. */
struct tls_store *tls_store_create(void);
void tls_store_destroy(struct tls_store *s); /* after all profiles */

/* The printer anchors (built in) and, if ca_file is not NULL, the certificates and bare public keys
 * of that PEM file. The profile is refcounted. 0; errno of the file, -EINVAL when it holds neither;
 * *ret_reason (static, set on failure) says why. */
int tls_profile_get(
    struct tls_store *s, const char *ca_file, struct tls_profile **ret, const char **ret_reason);
/* The system's CA store, for TLS_VERIFY_PUBLIC, and if ca_file is not NULL the certificates of that
 * PEM file. Errors as above, -EIO when the store cannot be read. */
int tls_profile_get_public(
    struct tls_store *s, const char *ca_file, struct tls_profile **ret, const char **ret_reason);
struct tls_profile *tls_profile_ref(struct tls_profile *p);
void tls_profile_unref(struct tls_profile *p); /* NULL is fine */
SSL_CTX *tls_profile_ctx(struct tls_profile *p);

/* What a profile trusts, for another thread: shares nothing with the profile or the store and may
 * outlive both. Of the loop's thread. */
struct tls_lent;
struct tls_peer;
struct tls_lent *tls_profile_lend(const struct tls_profile *p);
void tls_lent_destroy(struct tls_lent *t); /* in any thread; NULL is fine */
/* Makes somebody else's context verify as a profile's own does: at least TLS 1.2, and every SSL
 * that is born in this thread from now on belongs to peer (tls_set_current). Both outlive ctx. */
void tls_lent_apply(const struct tls_lent *t, SSL_CTX *ctx, struct tls_peer *peer);

/* Who must answer, and what was found. Owned by the connection's owner; must outlive the SSL. */
struct tls_peer {
	enum tls_verify verify;
	char name[64];	 /* expected CN (printer: serial, compared exactly) or host name (public) */
	uint8_t pin[32]; /* sha256 of the leaf's SubjectPublicKeyInfo DER, for TLS_VERIFY_PIN */
	bool checked;	 /* verification ran and passed; never with TLS_VERIFY_INSECURE */
	bool refused;	 /* verification ran and failed: reason holds words */
	bool chain_incomplete; /* a lone leaf was accepted by an anchor key's signature */
	/* "certificate is for 01P00A.., expected 01S00B..", or a fatal TLS alert in words. "" = no
	 * trouble. Strings of the peer are escaped. */
	char reason[200];
	char seen_pin[65]; /* hex pin of the certificate seen, for `printer trust` */
	/* Bytes of application data records received since the last tls_peer_mark; the guard below
	 * fires over guard_max (0 = no guard). */
	uint64_t inbound, guard_max;
	bool guard_fired;
	int fd; /* -1, or the socket the guard silences with dup2 of /dev/null */
	/* What connect said, taken before the handshake's first write eats it. 0 = nothing yet. */
	int connect_errno;
};

/* Forgets what was found, keeps who is expected: before each connection. */
void tls_peer_reset(struct tls_peer *peer);
/* The next SSL born in this thread from any profile belongs to peer (stored in its ex_data); NULL
 * ends that. */
void tls_set_current(struct tls_peer *peer);
/* Binds an existing SSL (sets SNI to peer->name too). */
void tls_bind(SSL *ssl, struct tls_peer *peer);
struct tls_peer *tls_peer_of(const SSL *ssl);
void tls_peer_mark(struct tls_peer *peer); /* a complete message was taken: the guard counts anew */
/* Nothing more comes from peer->fd, whatever the kernel holds of it. */
void tls_peer_silence(struct tls_peer *peer);
