/* SPDX-License-Identifier: MIT */
/* Requests to a simulated printer: answered, obeyed, or refused in one of the ways there are. */
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/log.h"
#include "tests/sim/obey.h"
#include "tests/sim/printer_internal.h"
#include "tests/sim/profiles.h"

#define REQUEST_DEPTH 32
/* bambu.md 5.2 */
#define ERR_UNSIGNED 0x05024007
#define ERR_HEADER 0x05024009
#define HMS_UNSIGNED_ATTR 0x05000500u
#define HMS_UNSIGNED_CODE 0x00010007u

static void send_version(struct printer *p, const char *sequence)
{
	struct jw w;

	p->counters.get_versions++;
	jw_init(&w);
	sim_version_write(&w, &p->identity, &p->state, sequence);
	printer_publish_jw(p, &w);
	jw_finish(&w);
}

static void send_profiles(struct printer *p, json_object *body, const char *sequence)
{
	struct jw w;

	jw_init(&w);
	sim_profiles_write(&w, body, sequence);
	printer_publish_jw(p, &w);
	jw_finish(&w);
}

/* How a command is answered. */
struct verdict {
	const char *result, *reason; /* result NULL: the answer carries neither */
	int err_code;		     /* 0 = none */
};

/* Printers echo a command under its category, with a result. */
static void send_ack(struct printer *p, const char *category, const char *command,
    const char *sequence, const struct verdict *verdict)
{
	struct jw w;

	jw_init(&w);
	jw_object(&w, NULL);
	jw_object(&w, category);
	jw_str(&w, "command", command);
	jw_str(&w, "sequence_id", sequence);
	if (verdict->result) {
		jw_str(&w, "result", verdict->result);
		jw_str(&w, "reason", verdict->reason);
	}
	if (verdict->err_code) {
		jw_int(&w, "err_code", verdict->err_code);
	}
	jw_object_end(&w);
	jw_object_end(&w);
	printer_publish_jw(p, &w);
	jw_finish(&w);
}

/* Commands need a signature that nobody here has. */
static bool is_locked(const struct printer *p, const char *category)
{
	const struct faults *f = &p->faults;

	return strcmp(category, "print") == 0 &&
	       (p->state.locked || fault_is_on(f, FAULT_LOCK_HEADER) ||
		   fault_is_on(f, FAULT_LOCK_HMS) || fault_is_on(f, FAULT_LOCK_NO_RESULT) ||
		   fault_is_on(f, FAULT_LOCK_SILENT));
}

static struct verdict refuse(struct printer *p, struct sim_state *next)
{
	if (fault_is_on(&p->faults, FAULT_LOCK_NO_RESULT)) {
		return (struct verdict){0};
	}
	if (fault_is_on(&p->faults, FAULT_LOCK_HMS)) {
		sim_state_raise(next, (struct sim_hms){HMS_UNSIGNED_ATTR, HMS_UNSIGNED_CODE});
	}
	return (struct verdict){"failed", "mqtt message verify failed",
	    fault_is_on(&p->faults, FAULT_LOCK_HEADER) ? ERR_HEADER : ERR_UNSIGNED};
}

/* What the command did to *next, and what is said about it. */
static struct verdict carry_out(
    struct printer *p, const char *category, json_object *body, struct sim_state *next)
{
	struct obey_place at = {p->model, p->store, &p->faults};
	const char *reason = NULL;

	if (is_locked(p, category)) {
		return refuse(p, next);
	}
	if (fault_is_on(&p->faults, FAULT_REFUSE_COMMANDS)) {
		return (struct verdict){"fail", "refused", 0};
	}
	if (fault_is_on(&p->faults, FAULT_ACK_ONLY) || !obey(next, &at, category, body, &reason) ||
	    !reason) {
		return (struct verdict){"success", "", 0};
	}
	return (struct verdict){"fail", reason, 0};
}

/* For the control channel: what was seen, and what it would come to. */
static void note_start(struct printer *p, json_object *body)
{
	struct obey_place at = {p->model, p->store, &p->faults};
	const char *command = json_get_str(body, "command");
	struct jw w;

	if (!command || strcmp(command, "project_file") != 0) {
		return;
	}
	jw_init(&w);
	obey_describe_start(&p->state, &at, body, &w);
	free(p->last_start);
	p->last_start = jw_take(&w);
}

/* The acknowledgement comes first, then what has changed. */
static void run_command(
    struct printer *p, const char *category, json_object *body, const char *sequence)
{
	struct sim_state next = p->state;
	struct verdict verdict;

	if (fault_is_on(&p->faults, FAULT_DEAF)) {
		return;
	}
	note_start(p, body);
	verdict = carry_out(p, category, body, &next);
	if (!fault_is_on(&p->faults, FAULT_NO_ACK) &&
	    !(is_locked(p, category) && fault_is_on(&p->faults, FAULT_LOCK_SILENT))) {
		send_ack(p, category, json_get_str(body, "command"), sequence, &verdict);
	}
	if (memcmp(&next, &p->state, sizeof(next)) != 0) {
		p->state = next;
		printer_report(p, false);
	}
}

static void answer(struct printer *p, const char *category, json_object *body)
{
	const char *command = json_get_str(body, "command");
	json_object *value = NULL;
	const char *sequence = "0";

	if (json_object_object_get_ex(body, "sequence_id", &value) && value) {
		sequence = json_object_get_string(value); /* a number is taken too */
	}
	if (!command) {
		return;
	}
	if (strcmp(category, "pushing") == 0 && strcmp(command, "pushall") == 0) {
		p->counters.pushalls++;
		printer_report(p, true);
		printer_count_down(p);
	} else if (strcmp(category, "pushing") == 0) {
		return; /* start, stop: not answered */
	} else if (strcmp(category, "info") == 0 && strcmp(command, "get_version") == 0) {
		send_version(p, sequence);
	} else if (strcmp(category, "print") == 0 && strcmp(command, "extrusion_cali_get") == 0) {
		send_profiles(p, body, sequence);
	} else {
		run_command(p, category, body, sequence);
	}
}

void printer_on_request(struct printer *p, const void *payload, size_t len)
{
	_cleanup_json_ json_object *request = NULL;

	p->counters.requests++;
	free(p->last_request);
	p->last_request = xstrndup(payload, len);
	if (p->sim->verbose) {
		log_info("%s: request %s", p->name, p->last_request);
	}
	printer_publish_on(p, p->topic_request, payload, len, false);
	if (json_parse(payload, len, REQUEST_DEPTH, &request) < 0 ||
	    !json_object_is_type(request, json_type_object)) {
		return;
	}
	json_object_object_foreach(request, category, body)
	{
		if (json_object_is_type(body, json_type_object)) {
			answer(p, category, body);
		}
	}
}
