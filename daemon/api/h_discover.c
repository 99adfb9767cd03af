/* SPDX-License-Identifier: MIT */
/* printer.discover: asks the network, and lists who has announced himself. */
#include <errno.h>
#include <string.h>

#include "daemon/api/core.h"
#include "daemon/api/handlers.h"
#include "daemon/api/render.h"
#include "daemon/api/reply.h"
#include "daemon/fleet/discovery.h"
#include "daemon/fleet/printer.h"
#include "daemon/fleet/registry.h"
#include "daemon/io/loop.h"
#include "daemon/model/caps.h"
#include "daemon/model/words.h"

#define LISTEN_MS 3000 /* MX of the question */

/* One search under way. */
struct hunt {
	struct server *server;
	struct reply *reply;
	struct loop_timer end;
};

static void hunt_free(struct hunt *h)
{
	loop_timer_stop(&h->end);
	free(h);
}

static void on_gone(void *arg)
{
	hunt_free(arg);
}

static const char *or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static const char *model_word(const struct ssdp_notice *n)
{
	const struct caps *caps = caps_by_serial(n->serial);

	caps = caps ? caps : caps_by_code(n->model);
	return caps ? caps->model : or_null(n->model);
}

static void write_entry(
    struct jw *w, const struct discovery_entry *e, const struct printer *p, int64_t now_ms)
{
	const struct ssdp_notice *n = &e->notice;

	jw_object(w, NULL);
	jw_str(w, "serial", n->serial);
	jw_str(w, "address", n->address);
	jw_str(w, "model", model_word(n));
	jw_str(w, "name", or_null(n->name));
	jw_str(w, "firmware", or_null(n->firmware));
	jw_str(w, "connect", or_null(n->connect));
	jw_str(w, "bind", or_null(n->bind));
	if (n->signal_dbm != UNKNOWN_INT) {
		jw_int(w, "wifi_dbm", n->signal_dbm);
	} else {
		jw_null(w, "wifi_dbm");
	}
	jw_int(w, "age_ms", now_ms - e->mono_ms);
	jw_str(w, "printer", p ? printer_name(p) : NULL);
	jw_object_end(w);
}

static struct discovery *get_discovery(const struct server *s)
{
	return s->deps.discovery ? s->deps.discovery(s->deps.arg) : NULL;
}

static void on_end(void *arg)
{
	struct hunt *h = arg;
	const struct api_deps *deps = &h->server->deps;
	struct discovery *d = get_discovery(h->server); /* a reload may have ended it */
	size_t count = d ? discovery_count(d) : 0;
	struct jw *w = reply_begin(h->reply);

	jw_object(w, "result");
	jw_array(w, "printers");
	for (size_t i = 0; i < count; i++) {
		const struct discovery_entry *e = discovery_at(d, i);

		write_entry(w, e, registry_by_serial(deps->registry, e->notice.serial),
		    loop_now_ms(deps->loop));
	}
	jw_array_end(w);
	jw_object_end(w);
	reply_end(TAKE(h->reply));
	hunt_free(h);
}

int h_printer_discover(struct call *c)
{
	struct discovery *d = get_discovery(c->server);
	int64_t timeout_ms = LISTEN_MS;
	struct hunt *h;
	int r;

	if (!d) {
		err_set(c->e, ERR_UNSUPPORTED, "nobody listens for announcements of printers");
		err_hint(
		    c->e, "Ssdp=yes in [Discovery]; the log says whether the port was refused");
		return -ENOTSUP;
	}
	json_get_i64(c->params, "timeout_ms", &timeout_ms);
	h = xcalloc(1, sizeof(*h));
	h->server = c->server;
	loop_timer_init(&h->end, c->server->deps.loop, on_end, h);
	r = reply_later(c, on_gone, h, &h->reply);
	if (r < 0) {
		free(h);
		return r;
	}
	/* Where no network can be asked, who announced himself before is told all the same. */
	discovery_search(d);
	loop_timer_start(&h->end, timeout_ms);
	return CALL_LATER;
}
