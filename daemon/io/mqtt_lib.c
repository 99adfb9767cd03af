/* SPDX-License-Identifier: MIT */
/* The library side: birth and end of a libmosquitto client, and its callbacks, which copy and flag
 * and do nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/secret.h"
#include "daemon/io/mqtt_internal.h"
#include "daemon/io/tls.h"

/* A dead peer is noticed at keepalive (30 s) plus this: before the minute is over. */
#define USER_TIMEOUT_MS 25000

/* One call of the library may hand out every message of a record and more; beyond this the peer
 * floods. */
#define INBOX_MAX (4 * MQTT_MESSAGE_MAX)
/* Here the library is made to stop: what it may read in one call grows with what waits to be
 * answered, without a bound of its own. */
#define INBOX_FULL (1024 * 1024)
/* An inbox that grew larger is given back after use. */
#define INBOX_KEPT (64 * 1024)
/* Read from the socket at once in a session of many: some fifty reports. */
#define BUFFER_BYTES (16 * 1024)

static __thread bool deny_socketpair;

/* Every library client makes a pair of sockets to wake a thread we do not have: two descriptors,
 * and a byte per packet sent that nobody reads, up to 230 kB of kernel memory a client. The library
 * lives without, so while it starts this stands before the C library's function. */
int socketpair(int domain, int type, int protocol, int fds[2])
{
	if (deny_socketpair) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_socketpair, domain, type, protocol, fds);
}

static void mark(struct mqtt_client *c)
{
	c->marks++;
	if (c->peer != NULL) {
		tls_peer_mark(c->peer);
	}
}

/* The library takes an EAGAIN left in errno by a callback for its own and stops reading: each
 * callback ends with 0, unless it wants that. */
void mqtt_lib_on_connect(struct mosquitto *lib, void *arg, int rc)
{
	struct mqtt_client *c = arg;

	c->connack = rc;
	mark(c);
	errno = 0;
}

void mqtt_lib_on_publish(struct mosquitto *lib, void *arg, int mid)
{
	mark(arg);
	errno = 0;
}

void mqtt_lib_on_subscribe(
    struct mosquitto *lib, void *arg, int mid, int qos_count, const int *granted_qos)
{
	struct mqtt_client *c = arg;

	if (qos_count > 0) {
		c->granted = granted_qos[0];
	}
	mark(c);
	errno = 0;
}

void mqtt_lib_on_unsubscribe(struct mosquitto *lib, void *arg, int mid)
{
	mark(arg);
	errno = 0;
}

/* The only packets without a callback of their own. */
void mqtt_lib_on_log(struct mosquitto *lib, void *arg, int level, const char *text)
{
	struct mqtt_client *c = arg;

	if (level == MOSQ_LOG_DEBUG && strstr(text, "sending PINGREQ") != NULL) {
		c->pinged = true;
	} else if (level == MOSQ_LOG_DEBUG && strstr(text, "received PINGRESP") != NULL) {
		c->pinged = false;
		mark(c);
	}
	errno = 0;
}

/* The library makes the text of its log for two of three packets when somebody listens: that is
 * done only from a ping to its answer. */
int mqtt_lib_misc(struct mqtt_client *c)
{
	int rc, error;

	mosquitto_log_callback_set(c->lib, mqtt_lib_on_log);
	errno = 0;
	rc = mosquitto_loop_misc(c->lib);
	error = errno;
	if (!c->pinged) {
		mosquitto_log_callback_set(c->lib, NULL);
	}
	errno = error;
	return rc;
}

/* One message in the inbox: this, topic, NUL, payload, NUL. */
struct inbox_item {
	size_t topic_size, payload_len;
};

static size_t item_size(const struct inbox_item *item)
{
	size_t size = sizeof(*item) + item->topic_size + item->payload_len + 1;
	size_t align = _Alignof(struct inbox_item);

	return (size + align - 1) / align * align;
}

static void inbox_add(
    struct mqtt_inbox *inbox, const char *topic, const void *payload, size_t payload_len)
{
	struct inbox_item item = {.topic_size = strlen(topic) + 1, .payload_len = payload_len};
	size_t size = item_size(&item);
	char *to;

	if (inbox->len + size > inbox->cap) {
		inbox->cap =
		    inbox->len + size < INBOX_KEPT / 4 ? INBOX_KEPT / 4 : 2 * (inbox->len + size);
		inbox->buf = xrealloc(inbox->buf, inbox->cap);
	}
	to = inbox->buf + inbox->len;
	memcpy(to, &item, sizeof(item));
	to += sizeof(item);
	memcpy(to, topic, item.topic_size);
	to += item.topic_size;
	if (payload_len > 0) {
		memcpy(to, payload, payload_len);
	}
	to[payload_len] = '\0';
	inbox->len += size;
}

void mqtt_lib_on_message(struct mosquitto *lib, void *arg, const struct mosquitto_message *message)
{
	struct mqtt_client *c = arg;
	struct mqtt_inbox *inbox = &c->pool->inbox;

	mark(c);
	if (inbox->len <= INBOX_MAX) {
		inbox_add(inbox, message->topic, message->payload, (size_t)message->payloadlen);
	} else if (c->peer != NULL) {
		tls_peer_silence(c->peer);
	}
	/* Left in errno it ends the library's call; read_all goes on after the delivery. */
	errno = inbox->len > INBOX_FULL ? EAGAIN : 0;
}

/* Tells what stands in the inbox from `at` on; returns how far. */
static size_t look_ahead(const struct mqtt_client *c, size_t at)
{
	const struct mqtt_inbox *inbox = &c->pool->inbox;
	const char *topics[MQTT_AHEAD_MAX];
	size_t count = 0;

	while (at < inbox->len && count < MQTT_AHEAD_MAX) {
		const struct inbox_item *item = (const struct inbox_item *)(inbox->buf + at);

		topics[count++] = inbox->buf + at + sizeof(*item);
		at += item_size(item);
	}
	c->handler.ahead(c->handler.arg, topics, count);
	return at;
}

bool mqtt_lib_deliver(struct mqtt_client *c)
{
	struct mqtt_inbox *inbox = &c->pool->inbox;
	unsigned session = c->session;
	size_t len = inbox->len, ahead = 0;

	for (size_t at = 0; at < len && c->session == session;) {
		const struct inbox_item *item = (const struct inbox_item *)(inbox->buf + at);
		char *topic = inbox->buf + at + sizeof(*item);

		if (at == ahead && c->handler.ahead != NULL) {
			ahead = look_ahead(c, at);
		}

		at += item_size(item);
		c->handler.message(
		    c->handler.arg, topic, topic + item->topic_size, item->payload_len);
	}
	inbox->len = 0;
	if (inbox->cap > INBOX_KEPT) {
		free(TAKE(inbox->buf));
		inbox->cap = 0;
	}
	return c->session == session;
}

struct mosquitto *mqtt_lib_create(struct mqtt_client *c)
{
	struct mosquitto *lib;

	deny_socketpair = true;
	lib = mosquitto_new(c->client_id, true, c);
	deny_socketpair = false;
	if (lib == NULL) {
		return NULL;
	}
	if (c->profile != NULL) {
		mosquitto_int_option(lib, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
		mosquitto_void_option(lib, MOSQ_OPT_SSL_CTX, tls_profile_ctx(c->profile));
	}
	if (c->many) {
		/* The library holds back all but 20 until they are answered. */
		mosquitto_max_inflight_messages_set(lib, 0);
	}
	mosquitto_username_pw_set(
	    lib, c->user, c->password != NULL ? secret_reveal(c->password) : NULL);
	mosquitto_connect_callback_set(lib, mqtt_lib_on_connect);
	mosquitto_message_callback_set(lib, mqtt_lib_on_message);
	mosquitto_publish_callback_set(lib, mqtt_lib_on_publish);
	mosquitto_subscribe_callback_set(lib, mqtt_lib_on_subscribe);
	mosquitto_unsubscribe_callback_set(lib, mqtt_lib_on_unsubscribe);
	return lib;
}

static void set_socket_options(const struct mqtt_client *c, int fd)
{
	/* A segment for each answer to a burst would cost more than the message: they may wait for
	 * one another, and a command for them, till the first of them has arrived. */
	int at_once = !c->many;
	unsigned timeout_ms = USER_TIMEOUT_MS;

	fcntl(fd, F_SETFD, FD_CLOEXEC);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
}

int mqtt_lib_connect(struct mqtt_client *c)
{
	int rc, error;

	if (c->peer != NULL) {
		tls_peer_reset(c->peer);
	}
	tls_set_current(c->peer);
	deny_socketpair = true;
	errno = 0;
	rc = mosquitto_connect_async(c->lib, c->address, c->port, c->keepalive_s);
	error = errno;
	deny_socketpair = false;
	tls_set_current(NULL);
	if (mosquitto_socket(c->lib) >= 0) {
		set_socket_options(c, mosquitto_socket(c->lib));
		if (c->peer != NULL) {
			c->peer->fd = mosquitto_socket(c->lib);
		}
	}
	errno = error;
	return rc;
}

void mqtt_lib_destroy(struct mqtt_client *c)
{
	if (c->lib == NULL) {
		return;
	}
	if (c->phase == MQTT_UP && mosquitto_socket(c->lib) >= 0) {
		mosquitto_disconnect(c->lib);
	}
	mosquitto_destroy(TAKE(c->lib));
	if (c->peer != NULL) {
		c->peer->fd = -1;
	}
}

void mqtt_lib_buffer(struct mqtt_client *c)
{
	SSL *ssl = mosquitto_ssl_get(c->lib);
	BIO *buffer = ssl != NULL ? BIO_new(BIO_f_buffer()) : NULL;
	BIO *socket;

	if (buffer == NULL || BIO_set_read_buffer_size(buffer, BUFFER_BYTES) != 1) {
		BIO_free(buffer);
		return;
	}
	socket = SSL_get_wbio(ssl);
	BIO_up_ref(socket);
	BIO_push(buffer, socket);
	/* Else OpenSSL's own buffer is made and freed for every burst. */
	SSL_clear_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
	SSL_set_bio(ssl, buffer, buffer);
	c->buffered = true;
}

bool mqtt_lib_may_read(const struct mqtt_client *c)
{
	SSL *ssl = mosquitto_ssl_get(c->lib);

	return ssl != NULL &&
	       (SSL_pending(ssl) > 0 || (c->buffered && BIO_pending(SSL_get_rbio(ssl)) > 0));
}

bool mqtt_lib_flush(struct mqtt_client *c)
{
	SSL *ssl = c->buffered ? mosquitto_ssl_get(c->lib) : NULL;
	BIO *bio = ssl != NULL ? SSL_get_wbio(ssl) : NULL;

	return bio == NULL || BIO_wpending(bio) == 0 || BIO_flush(bio) == 1;
}

bool mqtt_lib_handshaking(const struct mqtt_client *c)
{
	SSL *ssl = mosquitto_ssl_get(c->lib);

	return ssl != NULL && !SSL_is_init_finished(ssl);
}
