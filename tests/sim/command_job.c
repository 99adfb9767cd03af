/* SPDX-License-Identifier: MIT */
/* The commands that make things happen to a printer: jobs, files, health messages, the access code.
 */
#include <errno.h>
#include <string.h>

#include "common/jw.h"
#include "common/util.h"
#include "tests/sim/command_internal.h"
#include "tests/sim/job.h"
#include "tests/sim/printer.h"
#include "tests/sim/store.h"

#define MADE_MAX_BYTES (INT64_C(4) << 30)

void command_job(struct sim *sim, char *rest, struct jw *reply)
{
	const char *who = command_word(&rest), *word = command_word(&rest);
	int verb = word ? sim_job_verb_by_name(word) : -1;
	size_t begin, end;

	if (command_choose(sim, who, &begin, &end) < 0) {
		command_fail(reply, "no such printer", who);
		return;
	}
	if (verb < 0) {
		command_fail(reply, "no such verb", word);
		return;
	}
	for (size_t i = begin; i < end; i++) {
		struct printer *p = sim->printers[i];
		struct sim_state next = p->state;

		if (sim_job_do(&next, (enum sim_job_verb)verb) < 0) {
			command_fail(reply, sim_mood_name(p->state.mood), p->name);
			return;
		}
		if (command_set_words(&next, rest, sim_job_set, reply) < 0) {
			return;
		}
		p->state = next;
		printer_report(p, false);
	}
	command_put(reply, "ok %s", word);
}

/* 0 or negative errno. */
static int change_message(struct sim_state *s, bool raise, const char *word)
{
	struct sim_hms message;
	int r = sim_parse_hms(word, &message);

	if (r < 0) {
		return r;
	}
	return raise ? sim_state_raise(s, message) : sim_state_clear(s, message);
}

/* Every code of the line, all or nothing. */
static int change_messages(struct sim_state *s, bool raise, const char *text, struct jw *reply)
{
	_cleanup_free_ char *copy = xstrdup(text);
	struct sim_state next = *s;
	char *rest = copy;

	if (*rest == '\0' && !raise) {
		next.hms_count = 0;
	}
	for (char *word = command_word(&rest); word; word = command_word(&rest)) {
		int r = change_message(&next, raise, word);

		if (r < 0) {
			command_fail(reply, strerror(-r), word);
			return r;
		}
	}
	*s = next;
	return 0;
}

void command_hms(struct sim *sim, char *rest, struct jw *reply)
{
	const char *who = command_word(&rest), *verb = command_word(&rest);
	bool raise = verb && strcmp(verb, "raise") == 0;
	size_t begin, end;

	if (command_choose(sim, who, &begin, &end) < 0) {
		command_fail(reply, "no such printer", who);
		return;
	}
	if (!verb || (!raise && strcmp(verb, "clear") != 0) || (raise && *rest == '\0')) {
		command_fail(reply, "raise CODE..., or clear, not", verb);
		return;
	}
	for (size_t i = begin; i < end; i++) {
		if (change_messages(&sim->printers[i]->state, raise, rest, reply) < 0) {
			return;
		}
		printer_report(sim->printers[i], false);
	}
	command_put(reply, "ok %s", verb);
}

void command_file(struct sim *sim, char *rest, struct jw *reply)
{
	const char *who = command_word(&rest), *verb = command_word(&rest);
	const char *path = command_word(&rest), *size = command_word(&rest);
	struct printer *p = who ? sim_find(sim, who) : NULL;
	char clean[STORE_PATH_MAX];
	int64_t bytes = 0;
	int r = -EINVAL;

	if (!p || !verb) {
		command_fail(reply, p ? "list, make, folder or remove, not" : "no such printer",
		    p ? verb : who);
		return;
	}
	if (strcmp(verb, "list") == 0) {
		command_put(reply, "ok ");
		store_write(p->store, reply);
		return;
	}
	if (path && store_path("/", path, clean) == 0) {
		if (strcmp(verb, "remove") == 0) {
			r = store_remove(p->store, clean);
		} else if (strcmp(verb, "folder") == 0) {
			r = store_mkdir(p->store, clean);
		} else if (strcmp(verb, "make") == 0 && size &&
			   parse_i64(size, 0, MADE_MAX_BYTES, &bytes) == 0) {
			r = store_make(p->store, clean, bytes);
		}
	}
	if (r < 0) {
		command_fail(reply, strerror(-r), path);
	} else {
		command_put(reply, "ok %s", clean);
	}
}

void command_code(struct sim *sim, char *rest, struct jw *reply)
{
	const char *who = command_word(&rest), *code = command_word(&rest);
	struct printer *p = who ? sim_find(sim, who) : NULL;

	if (!p) {
		command_fail(reply, "no such printer", who);
	} else if (!code || printer_set_code(p, code) < 0) {
		command_fail(reply, "bad code", code);
	} else {
		command_put(reply, "ok %s", code);
	}
}
