/* SPDX-License-Identifier: MIT */
/* The commands of the control socket. */
#include "tests/sim/command.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "tests/sim/camera.h"
#include "tests/sim/cert.h"
#include "tests/sim/cloud.h"
#include "tests/sim/cloud_mqtt.h"
#include "tests/sim/command_internal.h"
#include "tests/sim/ftp.h"
#include "tests/sim/printer.h"
#include "tests/sim/ssdp.h"

#define WAIT_DEFAULT_MS 10000

const char command_help[] =
    "  list                          name, serial, model, address, port, ftp_port, camera_port, "
    "code,\n"
    "                                state, pin (JSON)\n"
    "  stats [PRINTER|total]         counters (JSON); bytes_in is what clients sent inside TLS\n"
    "  wait PRINTER|total COUNTER N [MS]  answers when a counter has reached N (10000 ms)\n"
    "  fault PRINTER|all NAME on|off [ARG]\n"
    "  broker kick | kick-at-once on|off | stats   the cloud's broker: ends its sessions, once or\n"
    "                                each at once; its counters (JSON)\n"
    "  state PRINTER|all WORD        idle preparing printing paused finished failed, at once\n"
    "  job PRINTER|all VERB [KEY=VALUE...]  start pause resume cancel runout finish fail; a job "
    "goes\n"
    "                                from its file through heating, levelling and layers to its "
    "end\n"
    "  hms PRINTER|all raise|clear [CODE...]  health messages, as 0300-1200-0002-0001; clear "
    "alone: all\n"
    "  file PRINTER list|make PATH BYTES|folder PATH|remove PATH  what lies on its storage (JSON: "
    "path,\n"
    "                                size, sha256; kept: can be fetched); made contents look "
    "random\n"
    "  announce PRINTER|all [ADDRESS] [byebye]  an announcement on the network, at once\n"
    "  code PRINTER CODE             a new access code; clients are dropped, files not rewritten\n"
    "  set PRINTER|all KEY=VALUE...  see keys below; a delta with the change follows at once\n"
    "  rate PRINTER|all HZ           reports a second, 0 = none by itself\n"
    "  publish PRINTER|all JSON      sends the bytes as they are on the report topic\n"
    "  last PRINTER                  the last payload on the request topic\n"
    "  start PRINTER                 what the last project_file came to (JSON): outcome, path, "
    "plate,\n"
    "                                trays, ids, not_boolean (should be true or false, was not)\n"
    "  quit                          ends the simulator\n";

void command_put(struct jw *w, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	jw_bytes(w, text, strlen(text));
}

void command_fail(struct jw *reply, const char *why, const char *what)
{
	command_put(reply, "error %s: %s", why, what ? what : "(nothing)");
}

char *command_word(char **rest)
{
	char *word;

	*rest += strspn(*rest, " \t");
	if (**rest == '\0') {
		return NULL;
	}
	word = *rest;
	*rest += strcspn(*rest, " \t");
	if (**rest) {
		*(*rest)++ = '\0';
		*rest += strspn(*rest, " \t");
	}
	return word;
}

int command_choose(struct sim *sim, const char *word, size_t *ret_begin, size_t *ret_end)
{
	if (word && strcmp(word, "all") == 0) {
		*ret_begin = 0;
		*ret_end = sim->count;
		return 0;
	}
	for (size_t i = 0; word && i < sim->count; i++) {
		if (strcmp(sim->printers[i]->name, word) == 0 ||
		    strcmp(sim->printers[i]->serial, word) == 0) {
			*ret_begin = i;
			*ret_end = i + 1;
			return 0;
		}
	}
	return -ENOENT;
}

static void run_list(struct sim *sim, struct jw *reply)
{
	char pin[65];

	pki_pin(sim->pki, pin);
	command_put(reply, "ok ");
	jw_array(reply, NULL);
	for (size_t i = 0; i < sim->count; i++) {
		const struct printer *p = sim->printers[i];

		jw_object(reply, NULL);
		jw_str(reply, "name", p->name);
		jw_str(reply, "serial", p->serial);
		jw_str(reply, "model", p->model->name);
		jw_str(reply, "address", inet_ntoa(p->endpoint.address.sin_addr));
		jw_int(reply, "port", ntohs(p->endpoint.address.sin_port));
		jw_int(reply, "ftp_port", ftp_port(p->ftp));
		jw_int(reply, "camera_port", camera_port(p->camera));
		jw_str(reply, "code", p->code);
		jw_str(reply, "state", sim_mood_name(p->state.mood));
		jw_str(reply, "pin", pin);
		jw_array(reply, "faults");
		for (int f = 0; f < FAULT_COUNT; f++) {
			if (fault_is_on(&p->faults, (enum fault)f)) {
				jw_str(reply, NULL, fault_name((enum fault)f));
			}
		}
		jw_array_end(reply);
		jw_object_end(reply);
	}
	jw_array_end(reply);
}

/* Adds the counters of every printer up. */
static json_object *total_stats(struct sim *sim)
{
	json_object *sum = json_object_new_object();

	for (size_t i = 0; i < sim->count; i++) {
		_cleanup_json_ json_object *one = NULL;
		struct jw w;

		jw_init(&w);
		printer_write_stats(sim->printers[i], &w);
		one = json_tokener_parse(w.buf);
		jw_finish(&w);
		json_object_object_foreach(one, key, value)
		{
			int64_t before = 0;

			if (json_object_is_type(value, json_type_int)) {
				json_get_i64(sum, key, &before);
				json_object_object_add(sum, key,
				    json_object_new_int64(before + json_object_get_int64(value)));
			}
		}
	}
	return sum;
}

static void run_stats(struct sim *sim, const char *word, struct jw *reply)
{
	size_t begin, end;

	if (word && strcmp(word, "total") == 0) {
		_cleanup_json_ json_object *sum = total_stats(sim);

		command_put(reply, "ok ");
		jw_bytes(reply, json_object_to_json_string_ext(sum, JSON_C_TO_STRING_PLAIN),
		    strlen(json_object_to_json_string_ext(sum, JSON_C_TO_STRING_PLAIN)));
		return;
	}
	if (command_choose(sim, word ? word : "all", &begin, &end) < 0) {
		command_fail(reply, "no such printer", word);
		return;
	}
	command_put(reply, "ok ");
	if (word && strcmp(word, "all") != 0) {
		printer_write_stats(sim->printers[begin], reply);
		return;
	}
	jw_object(reply, NULL);
	jw_array(reply, "printers");
	for (size_t i = begin; i < end; i++) {
		printer_write_stats(sim->printers[i], reply);
	}
	jw_array_end(reply);
	jw_object_end(reply);
}

static void run_fault(struct sim *sim, char *rest, struct jw *reply)
{
	size_t begin, end;
	const char *who = command_word(&rest), *name = command_word(&rest),
		   *on = command_word(&rest);
	const char *arg = command_word(&rest);
	int which = name ? fault_by_name(name) : -ENOENT;
	bool want;

	if (command_choose(sim, who, &begin, &end) < 0) {
		command_fail(reply, "no such printer", who);
		return;
	}
	if (which < 0) {
		command_fail(reply, "no such fault", name);
		return;
	}
	if (!on || parse_bool(on, &want) < 0) {
		command_fail(reply, "on or off, not", on);
		return;
	}
	for (size_t i = begin; i < end; i++) {
		int r = printer_fault(sim->printers[i], (enum fault)which, want, arg);

		if (r < 0) {
			command_fail(reply, strerror(-r), arg);
			return;
		}
	}
	command_put(reply, "ok %s %s", name, want ? "on" : "off");
}

static void run_state(struct sim *sim, char *rest, struct jw *reply)
{
	size_t begin, end;
	const char *who = command_word(&rest), *word = command_word(&rest);
	int mood = word ? sim_mood_by_name(word) : -1;

	if (command_choose(sim, who, &begin, &end) < 0) {
		command_fail(reply, "no such printer", who);
		return;
	}
	if (mood < 0) {
		command_fail(reply, "no such state", word);
		return;
	}
	for (size_t i = begin; i < end; i++) {
		sim_state_enter(&sim->printers[i]->state, (enum sim_mood)mood);
		printer_report(sim->printers[i], false);
	}
	command_put(reply, "ok %s", word);
}

int command_set_words(struct sim_state *s, const char *text, command_set_fn set, struct jw *reply)
{
	_cleanup_free_ char *copy = xstrdup(text);
	struct sim_state next = *s;
	char *rest = copy;

	while (*rest) {
		char *value = strchr(rest, '='), *key = rest;
		int r;

		if (!value) {
			command_fail(reply, "not KEY=VALUE", key);
			return -EINVAL;
		}
		*value++ = '\0';
		if (strcmp(key, "job") == 0 || strcmp(key, "name") == 0) {
			rest = value + strlen(value);
		} else {
			rest = value;
			value = *rest ? command_word(&rest) : value;
		}
		r = set(&next, key, value);
		if (r < 0) {
			command_fail(reply, r == -ENOENT ? "no such key" : "bad value", key);
			return r;
		}
	}
	*s = next;
	return 0;
}

static void run_set(struct sim *sim, char *rest, struct jw *reply)
{
	size_t begin, end;
	const char *who = command_word(&rest);

	if (command_choose(sim, who, &begin, &end) < 0) {
		command_fail(reply, "no such printer", who);
		return;
	}
	if (*rest == '\0') {
		command_fail(reply, "not KEY=VALUE", NULL);
		return;
	}
	for (size_t i = begin; i < end; i++) {
		if (command_set_words(&sim->printers[i]->state, rest, sim_state_set, reply) < 0) {
			return;
		}
		camera_apply_faults(sim->printers[i]->camera);
		printer_report(sim->printers[i], false);
	}
	command_put(reply, "ok");
}

static void run_rate(struct sim *sim, char *rest, struct jw *reply)
{
	size_t begin, end;
	const char *who = command_word(&rest), *hz = command_word(&rest);
	double rate_hz;

	if (command_choose(sim, who, &begin, &end) < 0) {
		command_fail(reply, "no such printer", who);
		return;
	}
	if (!hz || parse_double(hz, &rate_hz) < 0 || rate_hz < 0 || rate_hz > 1000) {
		command_fail(reply, "0 to 1000 reports a second, not", hz);
		return;
	}
	for (size_t i = begin; i < end; i++) {
		printer_set_rate(sim->printers[i], rate_hz);
	}
	command_put(reply, "ok %s", hz);
}

static void run_announce(struct sim *sim, char *rest, struct jw *reply)
{
	const char *who = command_word(&rest), *word = command_word(&rest);
	const char *address = word && strcmp(word, "byebye") != 0 ? word : NULL;
	const char *nts = address ? command_word(&rest) : word;
	size_t begin, end;

	if (!sim->ssdp || command_choose(sim, who, &begin, &end) < 0) {
		command_fail(
		    reply, sim->ssdp ? "no such printer" : "started without --ssdp-port", who);
		return;
	}
	for (size_t i = begin; i < end; i++) {
		ssdp_notify(sim->ssdp, sim->printers[i], address, nts ? nts : "alive");
	}
	command_put(reply, "ok");
}

static void run_publish(struct sim *sim, char *rest, struct jw *reply)
{
	size_t begin, end;
	const char *who = command_word(&rest);

	if (command_choose(sim, who, &begin, &end) < 0) {
		command_fail(reply, "no such printer", who);
		return;
	}
	for (size_t i = begin; i < end; i++) {
		printer_publish(sim->printers[i], rest, strlen(rest));
	}
	command_put(reply, "ok %zu bytes", strlen(rest));
}

static void run_last(struct sim *sim, const char *who, bool start, struct jw *reply)
{
	struct printer *p = sim_find(sim, who);
	const char *text = !p ? NULL : start ? p->last_start : p->last_request;

	if (!text) {
		command_fail(reply, p ? "no request yet" : "no such printer", who);
		return;
	}
	command_put(reply, "ok ");
	for (const char *c = text; *c; c++) { /* the answer is one line */
		jw_bytes(reply, *c == '\n' || *c == '\r' ? " " : c, 1);
	}
}

int command_wait_step(struct sim *sim, const struct command_wait *wait, struct jw *reply)
{
	_cleanup_json_ json_object *stats = NULL;
	int64_t value;

	if (wait->printer || wait->cloud) {
		struct jw w;

		jw_init(&w);
		if (wait->cloud) {
			cloud_write_stats(sim->cloud, &w);
		} else {
			printer_write_stats(wait->printer, &w);
		}
		stats = json_tokener_parse(w.buf);
		jw_finish(&w);
	} else {
		stats = total_stats(sim);
	}
	if (!json_get_i64(stats, wait->counter, &value)) {
		command_fail(reply, "no such counter", wait->counter);
		return 0;
	}
	if (value >= wait->at_least) {
		command_put(reply, "ok %lld", (long long)value);
		return 0;
	}
	if (sim_now_ms() >= wait->until_ms) {
		command_put(reply, "error timeout: %s is %lld", wait->counter, (long long)value);
		return 0;
	}
	return -EAGAIN;
}

static int run_wait(struct sim *sim, char *rest, struct jw *reply, struct command_wait *ret)
{
	const char *who = command_word(&rest), *counter = command_word(&rest);
	const char *count = command_word(&rest), *ms = command_word(&rest);
	int64_t limit_ms = WAIT_DEFAULT_MS;

	*ret = (struct command_wait){0};
	if (!count || parse_i64(count, 0, INT64_MAX, &ret->at_least) < 0 ||
	    (ms && parse_i64(ms, 0, 3600000, &limit_ms) < 0) ||
	    !str_copy(ret->counter, sizeof(ret->counter), counter)) {
		command_fail(reply, "wait PRINTER COUNTER N [MS], not", count);
		return 0;
	}
	ret->cloud = sim->cloud && strcmp(who, "cloud") == 0;
	if (!ret->cloud && strcmp(who, "total") != 0) {
		ret->printer = sim_find(sim, who);
		if (!ret->printer) {
			command_fail(reply, "no such printer", who);
			return 0;
		}
	}
	ret->until_ms = sim_now_ms() + limit_ms;
	return command_wait_step(sim, ret, reply);
}

int command_run(struct sim *sim, char *line, struct jw *reply, struct command_wait *ret_wait)
{
	char *rest = line;
	const char *verb = command_word(&rest);

	if (!verb) {
		command_fail(reply, "no such command", NULL);
	} else if (strcmp(verb, "list") == 0) {
		run_list(sim, reply);
	} else if (strcmp(verb, "stats") == 0) {
		run_stats(sim, command_word(&rest), reply);
	} else if (strcmp(verb, "wait") == 0) {
		return run_wait(sim, rest, reply, ret_wait);
	} else if (strcmp(verb, "fault") == 0) {
		run_fault(sim, rest, reply);
	} else if (strcmp(verb, "state") == 0) {
		run_state(sim, rest, reply);
	} else if (strcmp(verb, "set") == 0) {
		run_set(sim, rest, reply);
	} else if (strcmp(verb, "file") == 0) {
		command_file(sim, rest, reply);
	} else if (strcmp(verb, "job") == 0) {
		command_job(sim, rest, reply);
	} else if (strcmp(verb, "hms") == 0) {
		command_hms(sim, rest, reply);
	} else if (strcmp(verb, "code") == 0) {
		command_code(sim, rest, reply);
	} else if (strcmp(verb, "rate") == 0) {
		run_rate(sim, rest, reply);
	} else if (strcmp(verb, "announce") == 0) {
		run_announce(sim, rest, reply);
	} else if (strcmp(verb, "publish") == 0) {
		run_publish(sim, rest, reply);
	} else if (strcmp(verb, "last") == 0 || strcmp(verb, "start") == 0) {
		run_last(sim, rest, verb[0] == 's', reply);
	} else if (strcmp(verb, "cloud") == 0) {
		cloud_command(sim->cloud, rest, reply);
	} else if (strcmp(verb, "broker") == 0) {
		cloud_broker_command(sim->broker, rest, reply);
	} else if (strcmp(verb, "quit") == 0) {
		command_put(reply, "ok");
		event_base_loopexit(sim->base, NULL);
	} else {
		command_fail(reply, "no such command", verb);
	}
	return 0;
}
