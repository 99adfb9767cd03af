/* SPDX-License-Identifier: MIT */
/* One broker session that is kept up: look-up, connect, subscribe, retry with backoff. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/io/mqtt.h"
#include "daemon/io/tls.h"

struct fleet;
struct secret;
struct uplink;

/* At most so many connects within a time, and a pause that the other end made us take. Of the
 * caller: it may outlive an uplink, so that the next one goes on with what is left. */
#define UPLINK_BUDGET_MAX 5
#define UPLINK_AWAY_MAX_MS (18 * 60 * 1000) /* the longest pause */
struct uplink_budget {
	int64_t within_ms;
	int64_t at_ms[UPLINK_BUDGET_MAX]; /* a ring of the first `used` */
	unsigned used;
	int64_t away_ms;	    /* uplink_start waits till then; 0: for nothing */
	bool away_kicked;	    /* for a client that throws us out; else for a refusal */
	void (*changed)(void *arg); /* before a connect too; NULL: nobody keeps it */
	void *arg;
};

struct uplink_config {
	const char *host; /* name or address */
	uint16_t port;
	const char *user, *client_id;
	const struct secret *password;
	const char *serial; /* name the certificate must carry: a serial, or the host's */
	enum tls_verify verify;
	const uint8_t *pin;	      /* 32 bytes, TLS_VERIFY_PIN only */
	struct tls_profile *profile;  /* ref taken */
	const char *topic;	      /* subscribed after every connect; NULL: none */
	struct uplink_budget *budget; /* NULL: attempts are not counted */
	bool many;		      /* as in mqtt_config */
};

struct uplink_handler {
	/* Subscribed; publish works. */
	void (*up)(void *arg);
	void (*message)(void *arg, const char *topic, char *payload, size_t len);
	/* A session ended or an attempt failed; the next attempt is already planned. text: one line
	 * for people; it says so when somebody seems to take our sessions away. */
	void (*down)(void *arg, enum mqtt_down why, const char *text);
	/* As in mqtt_handler; may be NULL. */
	void (*ahead)(void *arg, const char *const *topics, size_t count);
	void *arg;
};

/* What makes client ids those of this daemon on this machine: stable as long as both strings and
 * the machine's id are. */
uint64_t uplink_salt(const char *instance, const char *state_dir);
/* Everything in config is copied. Idle until uplink_start. */
struct uplink *uplink_create(
    struct fleet *f, const struct uplink_config *config, const struct uplink_handler *h);
/* Safe from its own callbacks; no callback follows. NULL is fine. */
void uplink_destroy(struct uplink *u);
void uplink_start(struct uplink *u);
/* Tries at once instead of waiting for the planned attempt. 0; -EALREADY when up or on the way;
 * -EAGAIN when the last refusal forbids it for *ret_wait_ms more (refused certificates and codes:
 * reliability.md rows 7 and 8), or the budget does. */
int uplink_retry(struct uplink *u, int64_t *ret_wait_ms);
/* Somebody says that the printer is at this numeric address: unless there is a session it is tried
 * at once, as all others only with the certificate that is wanted. If that leads nowhere nobody is
 * told, and the host is tried as planned; if it does, it comes first from now on. */
void uplink_detour(struct uplink *u, const char *address);
/* Ends the session (DISCONNECT) and comes back by itself; `why` is logged by the driver. */
void uplink_reconnect(struct uplink *u, const char *why);
/* As uplink_redial, under another client id: the broker then keeps nothing of the old session. */
void uplink_renew(struct uplink *u, const char *client_id, const char *why);
/* Drops whatever there is and tries anew at once: after a sleep of the machine no session and no
 * planned attempt is worth keeping. A refusal's pause stays (see uplink_retry). */
void uplink_redial(struct uplink *u, const char *why);
bool uplink_is_up(const struct uplink *u);
/* The other end took away one young session after the other: the next attempt is 15 minutes off
 * (reliability.md row 6), but uplink_retry is free to try. */
bool uplink_is_kicked(const struct uplink *u);
/* As mqtt_granted; -1 unless up. */
int uplink_granted(const struct uplink *u);
/* As mqtt_deaf_ms. */
int64_t uplink_deaf_ms(const struct uplink *u);
/* As mqtt_subscribe_all and mqtt_unsubscribe. */
int uplink_subscribe(struct uplink *u, char *const *topics, size_t count);
int uplink_unsubscribe(struct uplink *u, const char *topic);
/* QoS 1. 0 or negative errno. */
int uplink_publish(struct uplink *u, const char *topic, const char *payload, size_t len);
/* The numeric address last used, or NULL. */
const char *uplink_address(const struct uplink *u);
/* Who was found at the other end. */
const struct tls_peer *uplink_peer(const struct uplink *u);
uint64_t uplink_connects(const struct uplink *u);
/* ms until the planned attempt, -1 when none is planned. */
int64_t uplink_next_try_ms(const struct uplink *u);
