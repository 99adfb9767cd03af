/* SPDX-License-Identifier: MIT */
/* The cloud's face: an account over HTTPS, with the printers of the farm bound to it. */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cloud;
struct jw;
struct printer;
struct sim;

enum cloud_region { CLOUD_REGION_GLOBAL, CLOUD_REGION_CHINA, CLOUD_REGION_COUNT };
/* What a right password leads to. */
enum cloud_login { CLOUD_LOGIN_PASSWORD, CLOUD_LOGIN_CODE, CLOUD_LOGIN_TFA, CLOUD_LOGIN_COUNT };

struct cloud_options {
	bool on;
	uint16_t port; /* of the API host, the others behind it; 0 = the kernel chooses */
	enum cloud_region region;
	enum cloud_login login;
	const char *account, *phone, *password; /* NULL = the default */
	const char *token;    /* a token that is good from the start; NULL = none */
	const char *sign_key; /* PEM file of the public key of signing headers; NULL = none */
};

/* A token has died, by its time or by hand: whoever holds a session with it ends it. */
typedef void (*cloud_death_fn)(void *arg, const char *token);

/* One --cloud or --cloud-KEY of the command line; value must outlive the options. False = bad. */
bool cloud_read_option(struct cloud_options *o, const char *name, const char *value);
/* Printers exist already; dir receives cloud-ca.pem and cloud.conf. 0, or negative errno after a
 * message on stderr. */
int cloud_open(struct sim *sim, const struct cloud_options *o, const char *dir, struct cloud **ret);
void cloud_close(struct cloud *c); /* NULL is fine */

/* For the broker side: "u_<uid>" and a token that lives. */
bool cloud_check_login(struct cloud *c, const char *user, const char *token);
/* The printers that are bound to the account: NULL past the end. */
struct printer *cloud_bound_printer(const struct cloud *c, size_t index);
bool cloud_is_bound(const struct cloud *c, const struct printer *p);
/* One hook; fn NULL = none. It may run inside a request. */
void cloud_on_death(struct cloud *c, cloud_death_fn fn, void *arg);
/* TLS as the hosts of the cloud present it, bad certificates included; NULL: never answer. */
SSL *cloud_new_ssl(struct cloud *c, int fd);
/* The broker's port for cloud.conf, which is written anew; 0 = there is none. 0 or negative errno.
 */
int cloud_set_mqtt_port(struct cloud *c, uint16_t port);

/* `cloud ...` of the control socket: the words behind it. */
void cloud_command(struct cloud *c, char *rest, struct jw *reply);
/* One JSON object of counters. */
void cloud_write_stats(const struct cloud *c, struct jw *w);
/* Options, commands, switches, keys and counters; caller frees. */
char *cloud_help(void);
