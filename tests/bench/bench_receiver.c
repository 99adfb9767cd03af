/* SPDX-License-Identifier: MIT */
/* The baseline of the farm benchmark: bare libmosquitto clients over TLS that count messages and do
 * nothing else. usage: bench_receiver FILE [USER]      lines of FILE: SERIAL PORT CODE; prints
 * `ready`, runs until SIGTERM, prints the count. With USER all of them on the first one's
 * connection */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <mosquitto.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct client {
	struct mosquitto *mosq;
	struct event event;
	char topic[64];
	char code[32];
	int port;
	bool up;
};

static struct event_base *base;
static struct client *clients;
static size_t client_count, topic_count, up_count;
static const char *user = "bblp";
static unsigned long messages;

static void on_connect(struct mosquitto *m, void *arg, int rc)
{
	struct client *c = arg;

	if (rc == 0 && !c->up) {
		c->up = true;
		up_count++;
		for (size_t i = 0; i < topic_count; i++) {
			mosquitto_subscribe(m, NULL, c[i].topic, 1);
		}
	}
}

static void on_message(struct mosquitto *m, void *arg, const struct mosquitto_message *message)
{
	messages++;
	errno = 0;
}

static void arm(struct client *c);

static void on_io(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;
	SSL *ssl = mosquitto_ssl_get(c->mosq);
	bool shaking = ssl && !SSL_is_init_finished(ssl);
	int rc = 0;

	if (shaking || what & EV_READ) {
		do {
			rc = mosquitto_loop_read(c->mosq, 1);
			ssl = mosquitto_ssl_get(c->mosq);
		} while (rc == 0 && !shaking && ssl && SSL_pending(ssl));
	}
	if (rc == 0 && !shaking && what & EV_WRITE) {
		rc = mosquitto_loop_write(c->mosq, 1);
	}
	event_del(&c->event);
	if (rc == 0 && mosquitto_socket(c->mosq) >= 0) {
		arm(c);
	}
}

static void arm(struct client *c)
{
	SSL *ssl = mosquitto_ssl_get(c->mosq);
	bool shaking = ssl && !SSL_is_init_finished(ssl);
	bool write = shaking ? SSL_want(ssl) == SSL_WRITING : mosquitto_want_write(c->mosq);

	event_assign(&c->event, base, mosquitto_socket(c->mosq),
	    (short)(EV_READ | (write ? EV_WRITE : 0)), on_io, c);
	event_add(&c->event, NULL);
}

static void open_client(struct client *c, SSL_CTX *ctx)
{
	c->mosq = mosquitto_new(NULL, true, c);
	mosquitto_int_option(c->mosq, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
	mosquitto_void_option(c->mosq, MOSQ_OPT_SSL_CTX, ctx);
	mosquitto_username_pw_set(c->mosq, user, c->code);
	mosquitto_connect_callback_set(c->mosq, on_connect);
	mosquitto_message_callback_set(c->mosq, on_message);
	if (mosquitto_connect_async(c->mosq, "127.0.0.1", c->port, 30) != MOSQ_ERR_SUCCESS) {
		fprintf(stderr, "bench_receiver: cannot connect to port %d\n", c->port);
		exit(1);
	}
	arm(c);
}

static void read_clients(const char *path)
{
	FILE *f = fopen(path, "r");
	char serial[32];

	if (!f) {
		perror(path);
		exit(1);
	}
	clients = calloc(20000, sizeof(*clients));
	while (
	    client_count < 20000 && fscanf(f, "%31s %d %31s", serial, &clients[client_count].port,
					clients[client_count].code) == 3) {
		struct client *c = &clients[client_count++];

		snprintf(c->topic, sizeof(c->topic), "device/%s/report", serial);
	}
	fclose(f);
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
	static bool told;
	size_t i;

	for (i = 0; i < client_count; i++) {
		mosquitto_loop_misc(clients[i].mosq);
	}
	if (!told && up_count == client_count) {
		told = true;
		printf("ready\n");
		fflush(stdout);
	}
}

static void on_term(evutil_socket_t fd, short what, void *arg)
{
	event_base_loopbreak(base);
}

int main(int argc, char **argv)
{
	struct timeval second = {1, 0};
	SSL_CTX *ctx;
	size_t i;

	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: bench_receiver FILE [USER]\n");
		return 2;
	}
	mosquitto_lib_init();
	base = event_base_new();
	ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	read_clients(argv[1]);
	topic_count = 1;
	if (argc == 3) {
		user = argv[2];
		topic_count = client_count;
		client_count = client_count > 0;
	}
	for (i = 0; i < client_count; i++) {
		open_client(&clients[i], ctx);
		if (i % 32 == 31) {
			event_base_loop(base, EVLOOP_NONBLOCK);
		}
	}
	event_add(event_new(base, -1, EV_PERSIST, on_second, NULL), &second);
	event_add(evsignal_new(base, SIGTERM, on_term, NULL), NULL);
	event_base_dispatch(base);
	printf("messages %lu\n", messages);
	return 0;
}
