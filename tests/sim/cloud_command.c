/* SPDX-License-Identifier: MIT */
/* `cloud ...` on the control socket: codes, tokens, switches, and what was asked of the hosts. */
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "tests/sim/cloud_route.h"
#include "tests/sim/command_internal.h"
#include "tests/sim/printer.h"

void cloud_write_stats(const struct cloud *c, struct jw *w)
{
	jw_object(w, NULL);
	jw_int(w, "requests", (int64_t)c->requests);
	jw_int(w, "bad_requests", (int64_t)c->bad_requests);
	jw_int(w, "unauthorized", (int64_t)c->unauthorized);
	jw_int(w, "abroad", (int64_t)c->abroad);
	jw_int(w, "tokens_issued", (int64_t)c->tokens_issued);
	jw_int(w, "tokens_dead", (int64_t)c->tokens_dead);
	jw_int(w, "logins_refused", (int64_t)c->logins_refused);
	jw_int(w, "codes_sent", (int64_t)c->codes_sent);
	jw_int(w, "sign_good", (int64_t)c->sign_good);
	jw_int(w, "sign_bad", (int64_t)c->sign_bad);
	jw_int(w, "uploads", (int64_t)c->uploads);
	jw_int(w, "upload_bytes", (int64_t)c->upload_bytes);
	jw_int(w, "uploads_refused", (int64_t)c->uploads_refused);
	for (size_t i = 0; i < cloud_route_count; i++) {
		jw_int(w, cloud_routes[i].name, (int64_t)c->route_count[i]);
	}
	jw_int(w, "unknown", (int64_t)c->route_count[cloud_route_count]);
	jw_object_end(w);
}

static void run_info(const struct cloud *c, struct jw *reply)
{
	_cleanup_free_ char *api = cloud_url(c, CLOUD_HOST_API),
			    *web = cloud_url(c, CLOUD_HOST_WEB);
	_cleanup_free_ char *store = cloud_url(c, CLOUD_HOST_STORE);
	_cleanup_free_ char *text = cloud_url(c, CLOUD_HOST_TEXT);
	_cleanup_free_ char *other = cloud_url(c, CLOUD_HOST_OTHER);

	jw_object(reply, NULL);
	jw_str(reply, "api", api);
	jw_str(reply, "web", web);
	jw_str(reply, "store", store);
	jw_str(reply, "text", text);
	jw_str(reply, "other", other);
	jw_str(reply, "region", c->region == CLOUD_REGION_CHINA ? "china" : "global");
	jw_str(reply, "account", c->account);
	jw_str(reply, "phone", c->phone);
	jw_str(reply, "password", c->password);
	jw_str(reply, "login", cloud_login_names[c->set.login]);
	jw_int(reply, "uid", c->uid);
	jw_object(reply, "bind_codes");
	for (size_t i = 0; i < c->items.devices; i++) {
		jw_str(reply, c->sim->printers[i]->serial, c->items.device[i].bind_code);
	}
	jw_object_end(reply);
	jw_object_end(reply);
}

static void run_codes(const struct cloud *c, struct jw *reply)
{
	jw_object(reply, NULL);
	jw_str(reply, "mail", c->mail.text);
	jw_str(reply, "sms", c->sms.text);
	jw_str(reply, "tfa", c->tfa.text);
	jw_object_end(reply);
}

static void run_log(const struct cloud *c, const char *count, struct jw *reply)
{
	uint64_t kept = c->logged < CLOUD_LOG_MAX ? c->logged : CLOUD_LOG_MAX;
	int64_t wanted = CLOUD_LOG_MAX;

	if (count && parse_i64(count, 1, CLOUD_LOG_MAX, &wanted) < 0) {
		command_fail(reply, "1 to 256 requests, not", count);
		return;
	}
	kept = kept < (uint64_t)wanted ? kept : (uint64_t)wanted;
	command_put(reply, "ok ");
	jw_array(reply, NULL);
	for (uint64_t i = c->logged - kept; i < c->logged; i++) {
		const struct cloud_entry *e = &c->log[i % CLOUD_LOG_MAX];

		jw_object(reply, NULL);
		jw_int(reply, "n", (int64_t)i + 1);
		jw_int(reply, "at_ms", e->at_ms);
		jw_str(reply, "host", cloud_host_name(e->host));
		jw_str(reply, "route", e->route);
		jw_str(reply, "method", e->method);
		jw_str(reply, "target", e->target);
		jw_int(reply, "status", e->status);
		jw_str(reply, "auth", e->auth);
		jw_str(reply, "sign", cloud_sign_name(e->sign));
		jw_str(reply, "agent", e->agent);
		jw_object_end(reply);
	}
	jw_array_end(reply);
}

/* Existing connections end with the faults that concern connections. */
static void apply_connections(struct cloud *c)
{
	enum endpoint_mode mode = ENDPOINT_OPEN;

	if (c->faults.state[CLOUD_FAULT_REFUSE].on) {
		mode = ENDPOINT_REFUSING;
	} else if (c->faults.state[CLOUD_FAULT_DEAF].on) {
		mode = ENDPOINT_DEAF;
	}
	for (int i = 0; i < CLOUD_HOST_COUNT; i++) {
		endpoint_set_mode(&c->server[i].endpoint, mode);
		http_kick(&c->server[i], "a fault of connections");
	}
}

static void run_fault(struct cloud *c, char *rest, struct jw *reply)
{
	const char *name = command_word(&rest), *word = command_word(&rest);
	int which = name ? cloud_fault_by_name(name) : -1;
	bool on;

	if (which < 0 || !word || parse_bool(word, &on) < 0) {
		command_fail(reply, "cloud fault NAME on|off, not", name);
		return;
	}
	if (cloud_fault_set(&c->faults, (enum cloud_fault)which, on, rest) < 0) {
		command_fail(reply, "bad argument", name);
		return;
	}
	if (which <= CLOUD_FAULT_EXPIRED_CERT) {
		apply_connections(c);
	}
	command_put(reply, "ok %s %s", name, on ? "on" : "off");
}

static int choose(const char *value, const char *no, const char *yes, bool *ret)
{
	if (strcmp(value, yes) == 0) {
		*ret = true;
		return 0;
	}
	*ret = false;
	return strcmp(value, no) == 0 ? 0 : -EINVAL;
}

static int set_login(struct cloud_settings *s, const char *value)
{
	for (int i = 0; i < CLOUD_LOGIN_COUNT; i++) {
		if (strcmp(cloud_login_names[i], value) == 0) {
			s->login = (enum cloud_login)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int set_tfa(struct cloud_settings *s, const char *value)
{
	static const char *const names[CLOUD_TFA_COUNT] = {[CLOUD_TFA_USUAL] = "usual",
	    [CLOUD_TFA_COOKIE] = "cookie",
	    [CLOUD_TFA_ACCESS_TOKEN] = "accessToken",
	    [CLOUD_TFA_TOKEN] = "token"};

	for (int i = 0; i < CLOUD_TFA_COUNT; i++) {
		if (strcmp(names[i], value) == 0) {
			s->tfa = (enum cloud_tfa)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int set_expires(struct cloud_settings *s, const char *value)
{
	if (strcmp(value, "none") == 0) {
		s->expires_s = -1;
		return 0;
	}
	return parse_i64(value, 0, 1000000000, &s->expires_s);
}

static int set_key(struct cloud_settings *s, const char *key, const char *value)
{
	if (strcmp(key, "login") == 0) {
		return set_login(s, value);
	}
	if (strcmp(key, "token") == 0) {
		return choose(value, "opaque", "jwt", &s->jwt);
	}
	if (strcmp(key, "expires") == 0) {
		return set_expires(s, value);
	}
	if (strcmp(key, "code") == 0) {
		return parse_i64(value, 0, 1000000, &s->code_s);
	}
	if (strcmp(key, "tfa-api") == 0) {
		return parse_bool(value, &s->tfa_api);
	}
	if (strcmp(key, "tfa-reply") == 0) {
		return set_tfa(s, value);
	}
	if (strcmp(key, "tasks") == 0) {
		return choose(value, "hits", "tasks", &s->tasks_shape);
	}
	if (strcmp(key, "shape") == 0) {
		return choose(value, "plain", "data", &s->data_shape);
	}
	if (strcmp(key, "upload") == 0) {
		return parse_bool(value, &s->upload);
	}
	if (strcmp(key, "url") == 0) {
		return parse_i64(value, -1000000, 1000000, &s->url_s);
	}
	if (strcmp(key, "url-type") == 0) {
		return choose(value, "none", "octets", &s->url_typed);
	}
	if (strcmp(key, "sign") == 0) {
		return choose(value, "any", "required", &s->sign_required);
	}
	if (strcmp(key, "text-version") == 0) {
		return parse_i64(value, 0, INT64_MAX, &s->text_version);
	}
	return -ENOENT;
}

/* All or nothing. */
static void run_set(struct cloud *c, char *rest, struct jw *reply)
{
	struct cloud_settings next = c->set;
	char *word = command_word(&rest);

	if (!word) {
		command_fail(reply, "not KEY=VALUE", NULL);
		return;
	}
	for (; word; word = command_word(&rest)) {
		char *value = strchr(word, '=');
		int r;

		if (!value) {
			command_fail(reply, "not KEY=VALUE", word);
			return;
		}
		*value++ = '\0';
		r = set_key(&next, word, value);
		if (r < 0) {
			command_fail(reply, r == -ENOENT ? "no such key" : "bad value", word);
			return;
		}
	}
	c->set = next;
	command_put(reply, "ok");
}

static void run_bind(struct cloud *c, const char *who, bool bound, struct jw *reply)
{
	size_t begin, end;

	if (command_choose(c->sim, who, &begin, &end) < 0) {
		command_fail(reply, "no such printer", who);
		return;
	}
	for (size_t i = begin; i < end; i++) {
		c->items.device[i].bound = bound;
	}
	command_put(reply, "ok");
}

/* A name in the account, which need not be the printer's own; none: its own again. */
static void run_name(struct cloud *c, char *rest, struct jw *reply)
{
	size_t begin, end;
	const char *who = command_word(&rest);

	if (command_choose(c->sim, who, &begin, &end) < 0) {
		command_fail(reply, "no such printer", who);
		return;
	}
	for (size_t i = begin; i < end; i++) {
		str_copy(c->items.device[i].name, sizeof(c->items.device[i].name), rest);
	}
	command_put(reply, "ok");
}

/* What the broker side asks. */
static void run_check(struct cloud *c, const char *user, const char *token, struct jw *reply)
{
	bool good = user && token && cloud_check_login(c, user, token);

	if (!good) {
		command_fail(reply, "not let in", user);
		return;
	}
	command_put(reply, "ok ");
	jw_array(reply, NULL);
	for (size_t i = 0; cloud_bound_printer(c, i); i++) {
		jw_str(reply, NULL, cloud_bound_printer(c, i)->serial);
	}
	jw_array_end(reply);
}

static void run_mqtt(struct cloud *c, const char *text, struct jw *reply)
{
	int64_t port;
	int r;

	if (!text || parse_i64(text, 0, 65535, &port) < 0) {
		command_fail(reply, "a port, not", text);
		return;
	}
	r = cloud_set_mqtt_port(c, (uint16_t)port);
	if (r < 0) {
		command_fail(reply, "cloud.conf", strerror(-r));
		return;
	}
	command_put(reply, "ok %s", text);
}

static void run_token(struct cloud *c, const char *text, struct jw *reply)
{
	if (text && strlen(text) >= CLOUD_TOKEN_BYTES) {
		command_fail(reply, "too long", "token");
		return;
	}
	text = cloud_token_issue(c, text);
	command_put(reply, "ok ");
	jw_bytes(reply, text, strlen(text));
}

static void run_json(struct cloud *c, const char *verb, struct jw *reply)
{
	command_put(reply, "ok ");
	if (strcmp(verb, "info") == 0) {
		run_info(c, reply);
	} else if (strcmp(verb, "codes") == 0) {
		run_codes(c, reply);
	} else {
		cloud_write_stats(c, reply);
	}
}

void cloud_command(struct cloud *c, char *rest, struct jw *reply)
{
	const char *verb = command_word(&rest);

	if (!c || !verb) {
		command_fail(reply, c ? "no such command" : "there is no cloud; see", "--cloud");
	} else if (strcmp(verb, "info") == 0 || strcmp(verb, "codes") == 0 ||
		   strcmp(verb, "stats") == 0) {
		run_json(c, verb, reply);
	} else if (strcmp(verb, "token") == 0) {
		run_token(c, command_word(&rest), reply);
	} else if (strcmp(verb, "expire") == 0) {
		cloud_token_kill(c, command_word(&rest));
		command_put(reply, "ok");
	} else if (strcmp(verb, "log") == 0) {
		run_log(c, command_word(&rest), reply);
	} else if (strcmp(verb, "last") == 0) {
		command_put(reply, c->last ? "ok " : "error no request yet");
		jw_bytes(reply, c->last ? c->last : "", c->last ? strlen(c->last) : 0);
	} else if (strcmp(verb, "fault") == 0) {
		run_fault(c, rest, reply);
	} else if (strcmp(verb, "set") == 0) {
		run_set(c, rest, reply);
	} else if (strcmp(verb, "bind") == 0 || strcmp(verb, "unbind") == 0) {
		run_bind(c, command_word(&rest), strcmp(verb, "bind") == 0, reply);
	} else if (strcmp(verb, "name") == 0) {
		run_name(c, rest, reply);
	} else if (strcmp(verb, "check") == 0) {
		const char *user = command_word(&rest);

		run_check(c, user, command_word(&rest), reply);
	} else if (strcmp(verb, "mqtt") == 0) {
		run_mqtt(c, command_word(&rest), reply);
	} else if (strcmp(verb, "kick") == 0) {
		for (int i = 0; i < CLOUD_HOST_COUNT; i++) {
			http_kick(&c->server[i], "kicked");
		}
		command_put(reply, "ok");
	} else {
		command_fail(reply, "no such command", verb);
	}
}
