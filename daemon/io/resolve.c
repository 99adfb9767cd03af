/* SPDX-License-Identifier: MIT */
/* Names to addresses in two worker threads; results arrive on the loop. */
#include "daemon/io/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "daemon/io/loop.h"
#include "daemon/io/worker.h"

#define RESOLVER_THREADS 2

struct resolver {
	struct loop *loop;
	struct worker_pool *pool;
	struct list requests;
};

/* The part a thread works on. It knows the request only to hand it to the loop. */
struct lookup {
	struct worker_job job;
	struct resolve_request *request; /* NULL once cancelled */
	char *host;
	char address[NI_MAXHOST];
	int gai_error;
};

struct resolve_request {
	struct list link;
	struct resolver *resolver;
	struct lookup *lookup; /* NULL: the host is numeric and `deferred` answers */
	struct loop_deferred deferred;
	char *host;
	resolve_fn fn;
	void *arg;
};

bool resolve_is_numeric(const char *host)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	struct in_addr v4;
	struct addrinfo *list;

	/* Only four whole numbers: getaddrinfo would also take "10.1" or "0x7f.1". */
	if (inet_pton(AF_INET, host, &v4) == 1) {
		return true;
	}
	hints.ai_family = AF_INET6; /* with a %zone, which inet_pton refuses */
	if (getaddrinfo(host, NULL, &hints, &list) != 0) {
		return false;
	}
	freeaddrinfo(list);
	return true;
}

static void request_free(struct resolve_request *q)
{
	list_del(&q->link);
	loop_deferred_cancel(&q->deferred);
	free(q->host);
	free(q);
}

/* The request is gone before its owner hears: he may start the next one or destroy the resolver. */
static void request_answer(struct resolve_request *q, const char *address, const char *error)
{
	resolve_fn fn = q->fn;
	void *arg = q->arg;
	_cleanup_free_ char *host = TAKE(q->host);

	request_free(q);
	fn(arg, address != NULL ? address : error == NULL ? host : NULL, error);
}

static void answer_numeric(void *arg)
{
	request_answer(arg, NULL, NULL);
}

/* One address is tried: of several an IPv4 one, which is what printers listen on; "localhost" and
 * names of mDNS begin with IPv6 on many machines. */
static const struct addrinfo *choose(const struct addrinfo *list)
{
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		if (a->ai_family == AF_INET) {
			return a;
		}
	}
	return list;
}

static void lookup_run(struct worker_job *job)
{
	struct lookup *k = container_of(job, struct lookup, job);
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;

	k->gai_error = getaddrinfo(k->host, NULL, &hints, &list);
	if (k->gai_error == 0) {
		const struct addrinfo *a = choose(list);

		k->gai_error = getnameinfo(a->ai_addr, a->ai_addrlen, k->address,
		    sizeof(k->address), NULL, 0, NI_NUMERICHOST);
		freeaddrinfo(list);
	}
}

static void lookup_drop(struct worker_job *job)
{
	struct lookup *k = container_of(job, struct lookup, job);

	free(k->host);
	free(k);
}

static void lookup_done(struct worker_job *job)
{
	struct lookup *k = container_of(job, struct lookup, job);

	k->request->lookup = NULL;
	request_answer(k->request, k->gai_error == 0 ? k->address : NULL,
	    k->gai_error == 0 ? NULL : gai_strerror(k->gai_error));
	lookup_drop(job);
}

struct resolver *resolver_create(struct loop *l)
{
	struct worker_pool *pool = worker_pool_create(l, RESOLVER_THREADS);
	struct resolver *r;

	if (pool == NULL) {
		return NULL;
	}
	r = xcalloc(1, sizeof(*r));
	r->loop = l;
	r->pool = pool;
	list_init(&r->requests);
	return r;
}

void resolver_destroy(struct resolver *r)
{
	if (r == NULL) {
		return;
	}
	while (!list_empty(&r->requests)) {
		resolve_cancel(container_of(r->requests.next, struct resolve_request, link));
	}
	worker_pool_destroy(r->pool);
	free(r);
}

struct resolve_request *resolve_start(
    struct resolver *r, const char *host, resolve_fn fn, void *arg)
{
	struct resolve_request *q = xcalloc(1, sizeof(*q));

	q->resolver = r;
	q->fn = fn;
	q->arg = arg;
	q->host = xstrdup(host);
	loop_deferred_init(&q->deferred, answer_numeric, q);
	list_add_tail(&r->requests, &q->link);
	if (resolve_is_numeric(host)) {
		loop_defer(r->loop, &q->deferred);
		return q;
	}
	q->lookup = xcalloc(1, sizeof(*q->lookup));
	q->lookup->job.run = lookup_run;
	q->lookup->job.done = lookup_done;
	q->lookup->job.drop = lookup_drop;
	q->lookup->request = q;
	q->lookup->host = xstrdup(host);
	worker_submit(r->pool, &q->lookup->job);
	return q;
}

void resolve_cancel(struct resolve_request *q)
{
	if (q == NULL) {
		return;
	}
	if (q->lookup != NULL) {
		worker_cancel(q->resolver->pool, &q->lookup->job);
	}
	request_free(q);
}
