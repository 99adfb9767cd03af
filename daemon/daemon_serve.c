/* SPDX-License-Identifier: MIT */
/* The control socket at the root: where it listens, and what it asks of everybody else. */
#include "daemon/daemon_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/jw.h"
#include "common/log.h"
#include "common/util.h"
#include "daemon/access.h"
#include "daemon/api/server.h"
#include "daemon/bridge/metrics.h"
#include "daemon/cloud/account.h"
#include "daemon/cloud/rest.h"
#include "daemon/config.h"
#include "daemon/io/mqtt.h"
#include "daemon/io/notify.h"

static const char *get_instance(void *arg)
{
	struct daemon *d = arg;

	return d->config->daemon.instance;
}

static char *strings_json(char *const *list)
{
	struct jw w;
	char *text;

	jw_init(&w);
	jw_array(&w, NULL);
	for (; list && *list; list++) {
		jw_str(&w, NULL, *list);
	}
	jw_array_end(&w);
	text = jw_take(&w);
	jw_finish(&w);
	return text;
}

static char *get_config_text(void *arg)
{
	struct daemon *d = arg;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f != NULL) {
		config_dump(d->config, f);
		fclose(f);
	}
	return text;
}

static void get_config_info(void *arg, char **ret_files, char **ret_warnings)
{
	struct daemon *d = arg;

	*ret_files = strings_json(d->config->files);
	*ret_warnings = strings_json(d->config->warnings);
}

struct request_counts {
	uint64_t answered, refused, unanswered;
};

static void count_requests(void *arg, const char *endpoint, int status, uint64_t count)
{
	struct request_counts *c = arg;

	if (status <= 0) {
		c->unanswered += count;
	} else if (status < 400) {
		c->answered += count;
	} else {
		c->refused += count;
	}
}

static void write_account_stats(const struct daemon *d, struct jw *w)
{
	struct request_counts c = {0};

	rest_each_count(d->rest, count_requests, &c);
	jw_object(w, "account");
	jw_str(w, "state", account_state_word(account_state(d->account)));
	jw_object(w, "requests");
	jw_int(w, "answered", (int64_t)c.answered);
	jw_int(w, "refused", (int64_t)c.refused);
	jw_int(w, "unanswered", (int64_t)c.unanswered);
	jw_object_end(w);
	account_write_list(d->account, w);
	jw_object_end(w);
}

static void write_stats(void *arg, struct jw *w)
{
	struct daemon *d = arg;

	write_account_stats(d, w);
	jw_object(w, "mqtt");
	jw_int(w, "handshakes", (int64_t)mqtt_pool_handshakes(d->fleet.pool));
	jw_object_end(w);
}

static char *get_metrics(void *arg)
{
	struct daemon *d = arg;

	return metrics_text(d->metrics);
}

static void check_inherited(const struct daemon *d, int fd)
{
	const char *wanted = d->config->daemon.socket;
	struct sockaddr_un addr = {0};
	socklen_t size = sizeof(addr) - 1;

	if (getsockname(fd, (struct sockaddr *)&addr, &size) == 0 &&
	    strcmp(addr.sun_path, wanted) != 0) {
		log_warn("the service manager listens at %s: Socket=%s has no effect",
		    addr.sun_path, wanted);
	}
}

/* The descriptor of the socket unit, -1 when there is none. */
static int inherit_socket(const struct daemon *d, int *ret_fd, struct err *e)
{
	int fd = notify_take_socket();

	if (fd == -ENOENT) {
		*ret_fd = -1;
		return 0;
	}
	if (fd < 0) {
		err_set(
		    e, ERR_INTERNAL, "the service manager passed no listening Unix stream socket");
		return fd;
	}
	check_inherited(d, fd);
	*ret_fd = fd;
	return 0;
}

int daemon_start_server(struct daemon *d, struct err *e)
{
	struct api_deps deps = {
	    .loop = d->loop,
	    .hub = d->hub,
	    .events = d->events,
	    .registry = d->registry,
	    .fleet = &d->fleet,
	    .files = d->files,
	    .history = d->history,
	    .account = d->account,
	    .rest = d->rest,
	    .uploads = d->uploads,
	    .version = BAMBUD_VERSION,
	    .instance = get_instance,
	    .reload = daemon_reload,
	    .config_info = get_config_info,
	    .config_text = get_config_text,
	    .stats = write_stats,
	    .metrics = get_metrics,
	    .camera = daemon_camera,
	    .states_error = daemon_saved_error,
	    .edit_printer = daemon_edit_printer,
	    .discovery = daemon_discovery,
	    .arg = d,
	};
	struct server_access access;
	const char *path = d->config->daemon.socket;
	int fd, rc = inherit_socket(d, &fd, e);

	if (rc < 0) {
		return rc;
	}
	access_from_config(d->config, &access);
	d->server = server_create(&deps, &access);
	rc = server_listen(d->server, path, access.private_user ? 0600 : 0666, fd);
	if (rc < 0) {
		err_set(e, ERR_INTERNAL, "cannot listen at %s: %s", path, strerror(-rc));
		server_destroy(TAKE(d->server));
	}
	return rc;
}

void daemon_stop_server(struct daemon *d)
{
	server_destroy(TAKE(d->server));
}
