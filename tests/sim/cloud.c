/* SPDX-License-Identifier: MIT */
/* The cloud's face: hosts, what every request goes through, and what is written down about it. */
#include "tests/sim/cloud.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/log.h"
#include "tests/sim/cloud_route.h"
#include "tests/sim/printer.h"

#define JSON_DEPTH 16

const char *cloud_host_name(enum cloud_host host)
{
	static const char *const names[CLOUD_HOST_COUNT] = {[CLOUD_HOST_API] = "api",
	    [CLOUD_HOST_WEB] = "web",
	    [CLOUD_HOST_STORE] = "store",
	    [CLOUD_HOST_TEXT] = "text",
	    [CLOUD_HOST_OTHER] = "other"};

	return names[host];
}

const char *cloud_sign_name(enum cloud_sign sign)
{
	static const char *const names[CLOUD_SIGN_COUNT] = {
	    [CLOUD_SIGN_NONE] = "none", [CLOUD_SIGN_GOOD] = "good", [CLOUD_SIGN_BAD] = "bad"};

	return names[sign];
}

SSL *cloud_new_ssl(struct cloud *c, int fd)
{
	if (c->faults.state[CLOUD_FAULT_SILENT].on) {
		return NULL;
	}
	return web_pki_accept(c->pki, cloud_fault_cert(&c->faults), fd);
}

static SSL *on_new_ssl(void *arg, int fd)
{
	return cloud_new_ssl(arg, fd);
}

/* What came with the request: none, good, or dead (a token that is not known or has ended). */
static const char *weigh_token(struct cloud *c, const struct http_exchange *x)
{
	const char *value = http_header(x, "Authorization");

	if (!value) {
		return "none";
	}
	return str_starts(value, "Bearer ") && cloud_token_lives(c, value + 7) ? "good" : "dead";
}

static void remember(struct cloud *c, const struct http_exchange *x, const struct cloud_entry *e)
{
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	jw_str(&w, "host", cloud_host_name(e->host));
	jw_str(&w, "route", e->route);
	jw_str(&w, "method", x->method);
	jw_str(&w, "target", x->target);
	jw_str(&w, "auth", e->auth);
	jw_str(&w, "sign", cloud_sign_name(e->sign));
	jw_int(&w, "status", x->status);
	jw_object(&w, "headers");
	for (size_t i = 0; i < x->headers; i++) {
		jw_str(&w, x->header[i].name, x->header[i].value);
	}
	jw_object_end(&w);
	jw_int(&w, "length", (int64_t)x->body_len);
	jw_strn(&w, "body", x->body ? x->body : "", x->kept < 4096 ? x->kept : 4096);
	jw_object_end(&w);
	free(c->last);
	c->last = jw_take(&w);
}

static void write_down(struct cloud *c, struct http_exchange *x, struct cloud_entry *e)
{
	const char *agent = http_header(x, "User-Agent");

	e->at_ms = sim_now_ms();
	e->status = x->status;
	str_copy(e->method, sizeof(e->method), x->method);
	str_copy(e->target, sizeof(e->target), x->target);
	str_copy(e->agent, sizeof(e->agent), agent ? agent : "");
	c->requests++;
	c->sign_good += e->sign == CLOUD_SIGN_GOOD;
	c->sign_bad += e->sign == CLOUD_SIGN_BAD;
	c->unauthorized += x->status == 401;
	c->abroad += e->host > CLOUD_HOST_WEB && strcmp(e->auth, "none") != 0;
	c->log[c->logged++ % CLOUD_LOG_MAX] = *e;
	remember(c, x, e);
	if (c->sim->verbose) {
		log_info(
		    "cloud %s: %s %s: %d", cloud_host_name(e->host), x->method, x->path, x->status);
	}
}

/* Everything that is asked before the route itself. */
static bool is_let_in(struct cloud_call *call, const struct cloud_route *r, struct cloud_entry *e)
{
	struct http_exchange *x = call->x;

	if (r->auth && strcmp(e->auth, "good") != 0) {
		cloud_error(call, 401, 4, "Please login.");
		return false;
	}
	if (r->auth && call->cloud->set.sign_required && e->sign != CLOUD_SIGN_GOOD) {
		cloud_error(call, 403, 8, "The request is not signed");
		return false;
	}
	if (e->host == CLOUD_HOST_STORE && http_header(x, "Authorization")) {
		cloud_plain(x, 400, "application/xml",
		    "<Error><Code>InvalidArgument</Code><Message>Only one way to authenticate is "
		    "allowed</Message></Error>");
		return false;
	}
	if (r->json && (x->body_len > HTTP_KEPT_MAX ||
			   json_parse(x->body, x->kept, JSON_DEPTH, &call->body) < 0 ||
			   !json_object_is_type(call->body, json_type_object))) {
		cloud_error(call, 400, 1, "The body is not a JSON object");
		return false;
	}
	return true;
}

static void run_route(struct cloud *c, struct http_exchange *x, struct cloud_entry *e)
{
	struct cloud_call call = {.cloud = c, .x = x, .host = e->host};
	int status = 404;
	const struct cloud_route *r =
	    cloud_route_find(e->host, x->method, x->path, &call.part, &status);

	e->route = r ? r->name : "unknown";
	c->route_count[r ? (size_t)(r - cloud_routes) : cloud_route_count]++;
	if (e->host == CLOUD_HOST_OTHER) {
		cloud_plain(x, 200, "application/json", "{\"elsewhere\":true}");
	} else {
		_cleanup_free_ char *other = cloud_url(c, CLOUD_HOST_OTHER);

		if (cloud_fault_answer(&c->faults, x, other)) {
			;
		} else if (!r) {
			cloud_plain(x, status, "text/plain",
			    status == 405 ? "405 method not allowed" : "404 page not found");
		} else if (is_let_in(&call, r, e)) {
			r->run(&call);
		}
		cloud_fault_manners(&c->faults, x);
	}
	json_object_put(call.body);
	free(call.part);
}

static void on_answer(void *arg, struct http_exchange *x)
{
	struct cloud *c = arg;
	struct cloud_entry e = {.host = (enum cloud_host)x->server->tag,
	    .auth = weigh_token(c, x),
	    .sign = cloud_check_sign(c, x)};

	run_route(c, x, &e);
	write_down(c, x, &e);
}

/* Signed addresses are for plain requests: what curl adds on its own is refused. */
static bool on_head(void *arg, struct http_exchange *x)
{
	struct cloud *c = arg;
	struct cloud_entry e = {
	    .host = (enum cloud_host)x->server->tag, .auth = "none", .route = "refused"};

	if (x->server->tag == CLOUD_HOST_STORE && x->expects) {
		cloud_plain(x, 417, "text/plain", "Expect is not expected");
	} else if (x->server->tag != CLOUD_HOST_STORE && x->body_len > HTTP_KEPT_MAX) {
		cloud_plain(x, 413, "text/plain", "The body is too long");
	} else {
		return true;
	}
	write_down(c, x, &e);
	return false;
}

static void on_bad(void *arg, int tag, int status, const char *why)
{
	struct cloud *c = arg;

	c->bad_requests++;
	if (c->sim->verbose) {
		log_info("cloud %s: refused with %d: %s", cloud_host_name((enum cloud_host)tag),
		    status, why);
	}
}

bool cloud_check_login(struct cloud *c, const char *user, const char *token)
{
	_cleanup_free_ char *right = xasprintf("u_%lld", (long long)c->uid);

	return strcmp(user, right) == 0 && cloud_token_lives(c, token);
}

struct printer *cloud_bound_printer(const struct cloud *c, size_t index)
{
	for (size_t i = 0; i < c->items.devices; i++) {
		if (c->items.device[i].bound && index-- == 0) {
			return c->sim->printers[i];
		}
	}
	return NULL;
}

bool cloud_is_bound(const struct cloud *c, const struct printer *p)
{
	for (size_t i = 0; i < c->items.devices; i++) {
		if (c->sim->printers[i] == p) {
			return c->items.device[i].bound;
		}
	}
	return false;
}

void cloud_on_death(struct cloud *c, cloud_death_fn fn, void *arg)
{
	c->death = fn;
	c->death_arg = arg;
}

static void write_snippet(const struct cloud *c, FILE *f)
{
	_cleanup_free_ char *api = cloud_url(c, CLOUD_HOST_API);
	_cleanup_free_ char *web = cloud_url(c, CLOUD_HOST_WEB);
	_cleanup_free_ char *text = cloud_url(c, CLOUD_HOST_TEXT);

	fprintf(f,
	    "# Made by bambu-sim for its simulated cloud.\n[Cloud]\nEnabled=yes\nRegion=custom\n"
	    "ApiUrl=%s\nWebUrl=%s\nTextUrl=%s\n",
	    api, web, text);
	if (c->mqtt_port != 0) {
		fprintf(f, "MqttHost=127.0.0.1\nMqttPort=%u\n", c->mqtt_port);
	} else { /* a custom region wants one: a name that leads nowhere */
		fprintf(f, "MqttHost=broker.invalid\n");
	}
	fprintf(f, "CaFile=./cloud-ca.pem\nAccount=%s\n",
	    c->region == CLOUD_REGION_CHINA ? c->phone : c->account);
}

static int write_config(const struct cloud *c)
{
	_cleanup_free_ char *path = xasprintf("%s/cloud.conf", c->dir);
	_cleanup_free_ char *temporary = xasprintf("%s.new", path);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	int r = 0;

	if (!f) {
		return -errno;
	}
	write_snippet(c, f);
	if (fclose(f) != 0 || rename(temporary, path) < 0) {
		r = -errno;
	}
	return r;
}

int cloud_set_mqtt_port(struct cloud *c, uint16_t port)
{
	c->mqtt_port = port;
	return write_config(c);
}

static int read_sign_key(struct cloud *c, const char *path)
{
	FILE *f = path ? fopen(path, "re") : NULL;

	if (!path) {
		return 0;
	}
	if (!f) {
		return -errno;
	}
	c->sign_key = PEM_read_PUBKEY(f, NULL, NULL, NULL);
	fclose(f);
	return c->sign_key && EVP_PKEY_is_a(c->sign_key, "RSA") ? 0 : -EINVAL;
}

static int open_hosts(struct cloud *c, uint16_t port)
{
	for (int i = 0; i < CLOUD_HOST_COUNT; i++) {
		struct sockaddr_in address = {.sin_family = AF_INET,
		    .sin_port = htons(port ? (uint16_t)(port + i) : 0),
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		int r;

		c->server[i] = (struct http_server){.base = c->sim->base,
		    .arg = c,
		    .tag = i,
		    .new_ssl = on_new_ssl,
		    .answer = on_answer,
		    .head = on_head,
		    .bad = on_bad};
		r = http_open(&c->server[i], &address);
		if (r < 0) {
			log_err("cloud port %u: %s", ntohs(address.sin_port), strerror(-r));
			return r;
		}
	}
	return 0;
}

static int start(struct cloud *c, const struct cloud_options *o)
{
	int r = read_sign_key(c, o->sign_key);

	if (r < 0) {
		log_err("%s: no RSA public key", o->sign_key);
		return r;
	}
	r = web_pki_open(c->dir, &c->pki);
	if (r < 0) {
		log_err("%s: the cloud's certificates cannot be read or made", c->dir);
		return r;
	}
	r = open_hosts(c, o->port);
	if (r < 0) {
		return r;
	}
	r = write_config(c);
	if (r < 0) {
		log_err("%s/cloud.conf: %s", c->dir, strerror(-r));
	}
	return r;
}

int cloud_open(struct sim *sim, const struct cloud_options *o, const char *dir, struct cloud **ret)
{
	struct cloud *c = xcalloc(1, sizeof(*c));
	int r;

	c->sim = sim;
	c->region = o->region;
	c->uid = 1700000001;
	c->dir = xstrdup(dir);
	c->account = xstrdup(o->account ? o->account : "maker@example.org");
	c->phone = xstrdup(o->phone ? o->phone : "13800000000");
	c->password = xstrdup(o->password ? o->password : "correct horse");
	c->set = (struct cloud_settings){.login = o->login,
	    .expires_s = 7776000,
	    .code_s = 300,
	    .tfa_api = true,
	    .upload = true,
	    .url_s = 900,
	    .text_version = 202611230001};
	c->route_count = xcalloc(cloud_route_count + 1, sizeof(*c->route_count));
	cloud_items_init(&c->items, sim->count, c->uid);
	cloud_token_init(c);
	if (o->token) {
		cloud_token_issue(c, o->token);
	}
	r = start(c, o);
	if (r < 0) {
		cloud_close(c);
		return r;
	}
	*ret = c;
	return 0;
}

void cloud_close(struct cloud *c)
{
	if (!c) {
		return;
	}
	for (int i = 0; i < CLOUD_HOST_COUNT; i++) {
		http_close(&c->server[i]);
	}
	web_pki_close(c->pki);
	EVP_PKEY_free(c->sign_key);
	cloud_items_finish(&c->items);
	cloud_token_finish(c);
	free(c->route_count);
	free(c->last);
	free(c->dir);
	free(c->account);
	free(c->phone);
	free(c->password);
	free(c);
}
