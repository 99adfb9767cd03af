/* SPDX-License-Identifier: MIT */
/* TLS trust: one shared SSL_CTX per trust profile, and per connection who is expected at the other
 * end. */
#include "daemon/io/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/util.h"
#include "daemon/io/printer_anchors.h"
#include "daemon/io/tls_internal.h"

/* A record's header as SSL_CTX_set_msg_callback shows it: type, version, length. */
#define RECORD_HEADER_BYTES 5

struct tls_store {
	struct list profiles;
	struct tls_anchors anchors;
};

struct tls_profile {
	struct list link;
	unsigned refs;
	char *ca_file;	   /* NULL = built-in anchors alone */
	struct stat stamp; /* of ca_file when it was read: a changed file is another profile */
	bool public;
	SSL_CTX *ctx;
	struct tls_trust trust;
};

/* Which peer the next SSL of this thread is for. */
static _Thread_local struct tls_peer *current_peer;
/* Of the loop's thread: silences a socket when no descriptor may be opened. */
static int null_fd = -1;

static void on_ssl_new(
    void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
	CRYPTO_set_ex_data(ad, index, current_peer);
}

static int peer_index(void)
{
	static int index = -1;

	if (index < 0) {
		index = SSL_get_ex_new_index(0, NULL, on_ssl_new, NULL, NULL);
	}
	return index;
}

struct tls_peer *tls_peer_of(const SSL *ssl)
{
	return SSL_get_ex_data(ssl, peer_index());
}

void tls_set_current(struct tls_peer *peer)
{
	current_peer = peer;
}

static void set_sni(SSL *ssl, const struct tls_peer *peer)
{
	if (peer->name[0] != '\0') {
		SSL_set_tlsext_host_name(ssl, peer->name);
	}
}

void tls_bind(SSL *ssl, struct tls_peer *peer)
{
	SSL_set_ex_data(ssl, peer_index(), peer);
	set_sni(ssl, peer);
}

void tls_peer_reset(struct tls_peer *peer)
{
	peer->checked = peer->refused = peer->chain_incomplete = peer->guard_fired = false;
	peer->reason[0] = '\0';
	peer->seen_pin[0] = '\0';
	peer->inbound = 0;
	peer->fd = -1;
	peer->connect_errno = 0;
}

void tls_peer_mark(struct tls_peer *peer)
{
	peer->inbound = 0;
}

void tls_peer_silence(struct tls_peer *peer)
{
	peer->guard_fired = true;
	if (peer->fd >= 0) {
		dup3(null_fd, peer->fd, O_CLOEXEC);
	}
}

/* Counts what arrives before the library above allocates for it. In TLS 1.3 the end of the
 * handshake counts too: a few kB. */
static void on_record(
    int is_write, int version, int type, const void *buf, size_t len, SSL *ssl, void *arg)
{
	struct tls_peer *peer;
	const uint8_t *header = buf;

	if (is_write || type != SSL3_RT_HEADER || len < RECORD_HEADER_BYTES ||
	    header[0] != SSL3_RT_APPLICATION_DATA) {
		return;
	}
	peer = tls_peer_of(ssl);
	if (peer == NULL || peer->guard_max == 0) {
		return;
	}
	peer->inbound += (uint64_t)header[3] << 8 | header[4];
	if (peer->inbound > peer->guard_max && !peer->guard_fired) {
		tls_peer_silence(peer);
	}
}

static void set_reason(struct tls_peer *peer, const char *prefix, const char *text)
{
	if (peer->reason[0] == '\0') {
		snprintf(peer->reason, sizeof(peer->reason), "%s%s", prefix, text);
	}
}

static const char old_tls[] = "peer speaks only TLS older than 1.2";

/* Why the peer does not want us. */
static void note_alert(struct tls_peer *peer, int alert)
{
	if (alert >> 8 != SSL3_AL_FATAL) {
		return;
	}
	if ((alert & 0xff) == SSL_AD_PROTOCOL_VERSION) {
		set_reason(peer, old_tls, "");
	} else {
		set_reason(
		    peer, "peer ends the TLS handshake: ", SSL_alert_desc_string_long(alert));
	}
}

/* Why we do not want the peer. An end without farewell is a lost connection, no matter of trust. */
static void note_failure(struct tls_peer *peer)
{
	unsigned long error = ERR_peek_last_error();
	int reason = ERR_GET_REASON(error);

	if (ERR_GET_LIB(error) != ERR_LIB_SSL || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		return;
	}
	if (reason == SSL_R_UNSUPPORTED_PROTOCOL) {
		set_reason(peer, old_tls, "");
	} else if (reason == SSL_R_WRONG_VERSION_NUMBER) {
		set_reason(peer, "peer does not speak TLS", "");
	} else {
		set_reason(peer, "TLS handshake failed: ", ERR_reason_error_string(error));
	}
}

static void note_connect_error(struct tls_peer *peer, SSL *ssl)
{
	socklen_t len = sizeof(peer->connect_errno);
	int fd = SSL_get_fd(ssl);

	if (peer->connect_errno == 0 && fd >= 0) {
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &peer->connect_errno, &len);
	}
}

static void on_info(const SSL *ssl, int where, int ret)
{
	struct tls_peer *peer = tls_peer_of(ssl);

	if (peer == NULL) {
		return;
	}
	if (where & SSL_CB_HANDSHAKE_START) {
		/* Whoever made the SSL named the address: the name the peer knows goes instead. */
		set_sni((SSL *)ssl, peer);
		note_connect_error(peer, (SSL *)ssl);
	} else if (where & SSL_CB_ALERT && where & SSL_CB_READ) {
		note_alert(peer, ret);
	} else if (where & SSL_CB_EXIT && ret <= 0) {
		note_failure(peer);
	}
}

static SSL_CTX *ctx_create(struct tls_trust *trust)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL) {
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* No resumption: a resumed session would skip the verification. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(
	    ctx, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, tls_verify_certificate, trust);
	SSL_CTX_set_info_callback(ctx, on_info);
	SSL_CTX_set_msg_callback(ctx, on_record);
	return ctx;
}

static int load_built_in(struct tls_anchors *a)
{
	for (size_t i = 0; i < printer_anchors_count; i++) {
		BIO *bio = BIO_new_mem_buf(printer_anchors[i], -1);
		EVP_PKEY *key = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

		BIO_free(bio);
		if (key == NULL) {
			return -EINVAL;
		}
		tls_anchors_add(a, key);
	}
	return 0;
}

struct tls_store *tls_store_create(void)
{
	struct tls_store *s = xcalloc(1, sizeof(*s));

	list_init(&s->profiles);
	if (null_fd < 0) {
		null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	}
	if (null_fd < 0 || peer_index() < 0 || load_built_in(&s->anchors) < 0) {
		tls_store_destroy(s);
		return NULL;
	}
	return s;
}

void tls_store_destroy(struct tls_store *s)
{
	if (s == NULL) {
		return;
	}
	if (null_fd >= 0) {
		close(null_fd);
		null_fd = -1;
	}
	tls_anchors_finish(&s->anchors);
	free(s);
}

static void add_cert(struct tls_trust *t, X509 *cert)
{
	EVP_PKEY *key = X509_get_pubkey(cert);

	if (t->certs == NULL) {
		t->certs = sk_X509_new_null();
	}
	if (key != NULL) {
		tls_anchors_add(&t->own, key);
	}
	sk_X509_push(t->certs, cert);
}

static void add_pem_block(struct tls_trust *t, const char *name, const uint8_t *der, long len)
{
	if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
		EVP_PKEY *key = d2i_PUBKEY(NULL, &der, len);

		if (key != NULL) {
			tls_anchors_add(&t->own, key);
		}
	} else if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0) {
		X509 *cert = d2i_X509(NULL, &der, len);

		if (cert != NULL) {
			add_cert(t, cert);
		}
	}
}

/* Every certificate and public key of a PEM file; other blocks and text around them are skipped. */
static int read_ca_file(struct tls_profile *p, FILE *f, const char **ret_reason)
{
	char *name, *header;
	uint8_t *der;
	long len;

	while (PEM_read(f, &name, &header, &der, &len)) {
		add_pem_block(&p->trust, name, der, len);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	ERR_clear_error();
	if (p->trust.own.len == 0) {
		*ret_reason = "the file holds neither a PEM certificate nor a public key";
		return -EINVAL;
	}
	return 0;
}

static void profile_free(struct tls_profile *p)
{
	list_del(&p->link);
	SSL_CTX_free(p->ctx);
	tls_anchors_finish(&p->trust.own);
	sk_X509_pop_free(p->trust.certs, X509_free);
	free(p->ca_file);
	free(p);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static struct tls_profile *profile_find(
    struct tls_store *s, const char *ca_file, const struct stat *stamp, bool public)
{
	struct list *pos, *tmp;

	list_for_each (pos, tmp, &s->profiles) {
		struct tls_profile *p = container_of(pos, struct tls_profile, link);

		if (p->public != public || (p->ca_file == NULL) != (ca_file == NULL)) {
			continue;
		}
		if (ca_file == NULL ||
		    (strcmp(p->ca_file, ca_file) == 0 && same_file(&p->stamp, stamp))) {
			return p;
		}
	}
	return NULL;
}

/* One reference, for the caller; NULL with a reason when OpenSSL fails. */
static struct tls_profile *profile_create(struct tls_store *s, const char **ret_reason)
{
	struct tls_profile *p = xcalloc(1, sizeof(*p));

	p->refs = 1;
	p->trust.built_in = &s->anchors;
	list_add_tail(&s->profiles, &p->link);
	p->ctx = ctx_create(&p->trust);
	if (p->ctx == NULL) {
		*ret_reason = "OpenSSL gives no context";
		profile_free(p);
		return NULL;
	}
	return p;
}

/* The system's CAs besides what is read already. */
static int make_public(struct tls_profile *p, const char **ret_reason)
{
	X509_STORE *store = SSL_CTX_get_cert_store(p->ctx);

	if (SSL_CTX_set_default_verify_paths(p->ctx) != 1) {
		*ret_reason = "the system's CA certificates cannot be read";
		return -EIO;
	}
	for (int i = 0; i < sk_X509_num(p->trust.certs); i++) {
		X509_STORE_add_cert(store, sk_X509_value(p->trust.certs, i));
	}
	return 0;
}

static int get_from_file(struct tls_store *s, const char *ca_file, FILE *f, bool public,
    struct tls_profile **ret, const char **ret_reason)
{
	struct tls_profile *p;
	struct stat stamp;
	int r;

	if (fstat(fileno(f), &stamp) < 0) {
		r = -errno;
		*ret_reason = strerrordesc_np(-r);
		return r;
	}
	p = profile_find(s, ca_file, &stamp, public);
	if (p != NULL) {
		*ret = tls_profile_ref(p);
		return 0;
	}
	p = profile_create(s, ret_reason);
	if (p == NULL) {
		return -EIO;
	}
	p->ca_file = xstrdup(ca_file);
	p->stamp = stamp;
	p->public = public;
	r = read_ca_file(p, f, ret_reason);
	if (r == 0 && public) {
		r = make_public(p, ret_reason);
	}
	if (r < 0) {
		profile_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

static int get_bare(
    struct tls_store *s, bool public, struct tls_profile **ret, const char **ret_reason)
{
	struct tls_profile *p = profile_find(s, NULL, NULL, public);
	int r;

	if (p != NULL) {
		*ret = tls_profile_ref(p);
		return 0;
	}
	p = profile_create(s, ret_reason);
	if (p == NULL) {
		return -EIO;
	}
	p->public = public;
	r = public ? make_public(p, ret_reason) : 0;
	if (r < 0) {
		profile_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

static int get_profile(struct tls_store *s, const char *ca_file, bool public,
    struct tls_profile **ret, const char **ret_reason)
{
	FILE *f;
	int r;

	if (ca_file == NULL) {
		return get_bare(s, public, ret, ret_reason);
	}
	f = fopen(ca_file, "re");
	if (f == NULL) {
		r = -errno;
		*ret_reason = strerrordesc_np(-r);
		return r;
	}
	r = get_from_file(s, ca_file, f, public, ret, ret_reason);
	fclose(f);
	return r;
}

int tls_profile_get(
    struct tls_store *s, const char *ca_file, struct tls_profile **ret, const char **ret_reason)
{
	return get_profile(s, ca_file, false, ret, ret_reason);
}

int tls_profile_get_public(
    struct tls_store *s, const char *ca_file, struct tls_profile **ret, const char **ret_reason)
{
	return get_profile(s, ca_file, true, ret, ret_reason);
}

struct tls_profile *tls_profile_ref(struct tls_profile *p)
{
	p->refs++;
	return p;
}

void tls_profile_unref(struct tls_profile *p)
{
	if (p != NULL && --p->refs == 0) {
		profile_free(p);
	}
}

SSL_CTX *tls_profile_ctx(struct tls_profile *p)
{
	return p->ctx;
}

struct tls_lent *tls_profile_lend(const struct tls_profile *p)
{
	struct tls_lent *t = xcalloc(1, sizeof(*t));

	tls_trust_copy(&p->trust, t);
	return t;
}

void tls_lent_apply(const struct tls_lent *t, SSL_CTX *ctx, struct tls_peer *peer)
{
	tls_set_current(peer);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, tls_verify_certificate, (void *)&t->trust);
	SSL_CTX_set_info_callback(ctx, on_info);
}
