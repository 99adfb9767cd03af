/* SPDX-License-Identifier: MIT */
/* One connection taken on 127.0.0.1 and played by a function of the test, in a thread. */
#pragma once

#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/unit/io/cert.h"

struct tls_server;
/* With an SSL that has shaken hands, or NULL for raw. The socket is closed as it is afterwards. */
typedef void (*tls_server_play)(struct tls_server *s, SSL *ssl, int fd);

struct tls_server *tls_server_start(
    const struct cert *leaf, const struct cert *ca, bool raw, tls_server_play play);
uint16_t tls_server_port(const struct tls_server *s);
/* For plays: returns once the test has said so, that often. */
void tls_server_wait(struct tls_server *s);
void tls_server_go(struct tls_server *s);
/* For plays: so much has happened. */
void tls_server_note(struct tls_server *s);
unsigned tls_server_notes(struct tls_server *s);
/* Waits for the end of the play; NULL is fine. False: the handshake failed. */
bool tls_server_stop(struct tls_server *s);
