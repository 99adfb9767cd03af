/* SPDX-License-Identifier: MIT */
/* One connection taken on 127.0.0.1 and played by a function of the test, in a thread. */
#include "tests/unit/io/tls_server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/util.h"

struct tls_server {
	SSL_CTX *ctx; /* NULL: raw */
	int listener;
	uint16_t port;
	tls_server_play play;
	pthread_t thread;
	sem_t go;
	atomic_uint notes;
	bool shaken;
};

static void must(bool ok)
{
	if (!ok) {
		abort();
	}
}

static void *serve(void *arg)
{
	struct tls_server *s = arg;
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	SSL *ssl = NULL;

	if (fd < 0) {
		return NULL;
	}
	if (s->ctx) {
		ssl = SSL_new(s->ctx);
		must(ssl && SSL_set_fd(ssl, fd) == 1);
		s->shaken = SSL_accept(ssl) == 1;
	}
	if (!ssl || s->shaken) {
		s->play(s, ssl, fd);
	}
	SSL_free(ssl);
	close(fd);
	return NULL;
}

static void listen_somewhere(struct tls_server *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(s->listener, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	     listen(s->listener, 1) == 0 &&
	     getsockname(s->listener, (struct sockaddr *)&a, &len) == 0);
	s->port = ntohs(a.sin_port);
}

struct tls_server *tls_server_start(
    const struct cert *leaf, const struct cert *ca, bool raw, tls_server_play play)
{
	struct tls_server *s = xcalloc(1, sizeof(*s));

	s->play = play;
	sem_init(&s->go, 0, 0);
	if (!raw) {
		s->ctx = SSL_CTX_new(TLS_server_method());
		must(s->ctx && SSL_CTX_use_certificate(s->ctx, leaf->x509) == 1 &&
		     SSL_CTX_use_PrivateKey(s->ctx, leaf->key) == 1 &&
		     SSL_CTX_add1_chain_cert(s->ctx, ca->x509) == 1);
	}
	listen_somewhere(s);
	must(pthread_create(&s->thread, NULL, serve, s) == 0);
	return s;
}

uint16_t tls_server_port(const struct tls_server *s)
{
	return s->port;
}

void tls_server_wait(struct tls_server *s)
{
	while (sem_wait(&s->go) != 0) {
	}
}

void tls_server_go(struct tls_server *s)
{
	sem_post(&s->go);
}

void tls_server_note(struct tls_server *s)
{
	atomic_fetch_add(&s->notes, 1);
}

unsigned tls_server_notes(struct tls_server *s)
{
	return atomic_load(&s->notes);
}

bool tls_server_stop(struct tls_server *s)
{
	bool shaken;

	if (!s) {
		return true;
	}
	shutdown(s->listener, SHUT_RDWR);
	sem_post(&s->go);
	pthread_join(s->thread, NULL);
	shaken = s->shaken;
	close(s->listener);
	SSL_CTX_free(s->ctx);
	sem_destroy(&s->go);
	free(s);
	return shaken;
}
