/* SPDX-License-Identifier: MIT */
/* One event as hooks are told it: kept while it waits, as JSON, and as an environment. */
#include "daemon/bridge/hook_event.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/jw.h"
#include "common/text.h"
#include "common/util.h"
#include "daemon/model/hub.h"

enum { DATA_DEPTH_MAX = 16, NAME_MAX_BYTES = 32 };

struct hook_event *hook_event_create(const struct hub_event *from, uint32_t epoch)
{
	struct hook_event *e = xcalloc(1, sizeof(*e));

	e->refs = 1;
	e->epoch = epoch;
	e->seq = from->seq;
	e->wall_ms = from->wall_ms;
	e->kind = from->kind;
	e->printer = xstrdup(from->printer);
	e->serial = xstrdup(from->serial);
	e->data = xstrdup(from->data);
	return e;
}

struct hook_event *hook_event_ref(struct hook_event *e)
{
	e->refs++;
	return e;
}

void hook_event_unref(struct hook_event *e)
{
	if (!e || --e->refs > 0) {
		return;
	}
	free(e->printer);
	free(e->serial);
	free(e->data);
	free(e);
}

static void put_cursor(const struct hook_event *e, char *buf, size_t size)
{
	snprintf(buf, size, "%u.%llu", (unsigned)e->epoch, (unsigned long long)e->seq);
}

char *hook_event_json(const struct hook_event *e, const char *hook, size_t *ret_len)
{
	char cursor[40];
	struct jw w;
	char *text;

	put_cursor(e, cursor, sizeof(cursor));
	jw_init(&w);
	jw_object(&w, NULL);
	jw_str(&w, "hook", hook);
	jw_str(&w, "cursor", cursor);
	jw_int(&w, "seq", (int64_t)e->seq);
	jw_time(&w, "time", e->wall_ms);
	jw_str(&w, "printer", e->printer);
	jw_str(&w, "serial", e->serial);
	jw_str(&w, "kind", event_name(e->kind));
	jw_raw(&w, "data", e->data, strlen(e->data));
	jw_object_end(&w);
	jw_bytes(&w, "\n", 1);
	*ret_len = w.len;
	text = jw_take(&w);
	jw_finish(&w);
	return text;
}

/* ---- the environment ---- */

struct env {
	char **list;
	size_t count;
};

/* Where s is cut: whole characters alone. */
static size_t fitting(const char *s)
{
	size_t len = strlen(s), at = 0;

	while (at < len) {
		size_t n = text_utf8_len(s + at, len - at);

		n = n ? n : 1;
		if (at + n > HOOK_VALUE_MAX) {
			break;
		}
		at += n;
	}
	return at;
}

static void put(struct env *env, const char *name, const char *value)
{
	size_t len = fitting(value);
	char *line;

	if (env->count + 1 >= HOOK_VARIABLES_MAX) {
		return;
	}
	line = xasprintf("%s=%.*s", name, (int)len, value);
	for (char *s = line; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f) {
			*s = ' ';
		}
	}
	env->list[env->count++] = line;
}

static void put_ours(struct env *env, const char *name)
{
	const char *value = getenv(name);

	if (value && strlen(value) <= HOOK_VALUE_MAX) {
		put(env, name, value);
	}
}

/* BAMBU_JOB of "job". False for a name that is none of a variable, or that we use ourselves. */
static bool variable_of(const char *key, char *ret, size_t size)
{
	static const char *const ours[] = {
	    "event", "printer", "serial", "time", "seq", "cursor", "hook"};
	size_t len = strlen(key);

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		if (strcmp(key, ours[i]) == 0) {
			return false;
		}
	}
	if (len == 0 || len > NAME_MAX_BYTES ||
	    strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") != len) {
		return false;
	}
	snprintf(ret, size, "BAMBU_%s", key);
	for (char *s = ret; *s; s++) {
		*s = (char)toupper((unsigned char)*s);
	}
	return true;
}

/* Members that are one value; a place bears its short name as "label". */
static void put_data(struct env *env, const char *text)
{
	_cleanup_json_ json_object *data = NULL;

	if (json_parse(text, strlen(text), DATA_DEPTH_MAX, &data) < 0 ||
	    !json_object_is_type(data, json_type_object)) {
		return;
	}
	json_object_object_foreach(data, key, value)
	{
		const char *label = json_get_str(value, "label");
		char name[NAME_MAX_BYTES + 8];

		if (label && variable_of(key, name, sizeof(name))) {
			put(env, name, label);
		} else if (value && !json_object_is_type(value, json_type_object) &&
			   !json_object_is_type(value, json_type_array) &&
			   variable_of(key, name, sizeof(name))) {
			put(env, name, json_object_get_string(value));
		}
	}
}

char **hook_event_env(const struct hook_event *e, const char *hook)
{
	struct env env = {.list = xcalloc(HOOK_VARIABLES_MAX, sizeof(*env.list))};
	char buf[40];

	put(&env, "PATH", "/usr/local/bin:/usr/bin:/bin");
	put(&env, "LANG", "C.UTF-8");
	put_ours(&env, "HOME");
	put_ours(&env, "CREDENTIALS_DIRECTORY");
	put(&env, "BAMBU_HOOK", hook);
	put(&env, "BAMBU_EVENT", event_name(e->kind));
	put(&env, "BAMBU_PRINTER", e->printer ? e->printer : "");
	put(&env, "BAMBU_SERIAL", e->serial ? e->serial : "");
	put(&env, "BAMBU_TIME", time_rfc3339(e->wall_ms, buf));
	snprintf(buf, sizeof(buf), "%llu", (unsigned long long)e->seq);
	put(&env, "BAMBU_SEQ", buf);
	put_cursor(e, buf, sizeof(buf));
	put(&env, "BAMBU_CURSOR", buf);
	put_data(&env, e->data);
	return env.list;
}
