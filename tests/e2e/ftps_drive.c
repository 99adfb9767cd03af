/* SPDX-License-Identifier: MIT */
/* The file engine without a daemon: jobs from lines on standard input, what they tell as lines on
 * standard output. usage: ftps_drive CA|- chain|insecure|HEX-PIN [tls12] [clear]; the code in
 * FTPS_CODE. */
#include <errno.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>

#include "common/secret.h"
#include "common/util.h"
#include "daemon/files/files.h"
#include "daemon/files/listing.h"
#include "daemon/io/loop.h"

#define JOBS_MAX 128

/* One job and the client's end of its socket: a file on this side. */
struct act {
	struct drive *drive;
	struct files_job *job;
	int number, far, local;
	bool hold; /* go comes as a line */
	struct event ev;
	char buf[65536];
};

struct drive {
	struct loop *loop;
	struct files *files;
	struct tls_profile *profile;
	struct secret *code;
	enum tls_verify verify;
	uint8_t pin[32];
	bool tls12, clear;
	struct act *acts[JOBS_MAX];
	int count, live;
	bool input_ended, stopped;
	int64_t turn_cpu_us;
	struct event in;
	char line[1024];
	size_t line_len;
};

static const char *const verbs[FILES_VERB_COUNT] = {
    [FILES_LIST] = "list",
    [FILES_PUT] = "put",
    [FILES_GET] = "get",
    [FILES_DELETE] = "delete",
    [FILES_MKDIR] = "mkdir",
};

static void maybe_stop(struct drive *d)
{
	if (d->input_ended && d->live == 0) {
		d->stopped = true;
	}
}

static void hang_up(struct act *a)
{
	if (a->far >= 0) {
		event_del(&a->ev);
		close(a->far);
		a->far = -1;
	}
}

/* The client's part of an upload costs as little as can be: the engine is what is looked at. */
static void on_far_write(evutil_socket_t fd, short what, void *arg)
{
	struct act *a = arg;
	ssize_t n = sendfile(fd, a->local, NULL, sizeof(a->buf));

	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		event_del(&a->ev);
	}
}

static void on_far_read(evutil_socket_t fd, short what, void *arg)
{
	struct act *a = arg;
	ssize_t n;

	while ((n = recv(fd, a->buf, sizeof(a->buf), MSG_DONTWAIT)) > 0) {
		if (write(a->local, a->buf, (size_t)n) != n) {
			abort();
		}
	}
	if (n == 0) {
		event_del(&a->ev);
	}
}

static void on_ready(void *arg, int64_t size)
{
	struct act *a = arg;

	printf("%d ready %" PRId64 "\n", a->number, size);
	fflush(stdout);
	if (!a->hold) {
		files_job_go(a->job);
	}
}

static void print_listing(const struct act *a, const struct listing *l)
{
	for (size_t i = 0; l != NULL && i < l->count; i++) {
		printf("%d entry %s %" PRId64 " %s\n", a->number,
		    l->entries[i].dir ? "dir" : "file", l->entries[i].size_bytes,
		    l->entries[i].name);
	}
	if (l != NULL) {
		printf("%d listing %zu refused %zu%s\n", a->number, l->count, l->refused,
		    l->cut ? " cut" : "");
	}
}

static void on_done(void *arg, const struct files_result *r)
{
	struct act *a = arg;

	if (a->local >= 0 && a->far >= 0 && r->error.type == ERR_NONE) {
		on_far_read(a->far, 0, a); /* what is still in the socket */
	}
	hang_up(a);
	a->job = NULL;
	print_listing(a, r->listing);
	if (r->error.type == ERR_NONE) {
		printf(
		    "%d done %" PRId64 "%s\n", a->number, r->bytes, r->clear_data ? " clear" : "");
	} else {
		printf("%d error %s %s | %s\n", a->number, err_name(r->error.type),
		    r->error.message, r->error.hint);
	}
	fflush(stdout);
	a->drive->live--;
	maybe_stop(a->drive);
}

static void open_local(struct act *a, enum files_verb verb, const char *name, int *ret_near)
{
	int pair[2];

	a->local = verb == FILES_PUT ? open(name, O_RDONLY | O_CLOEXEC)
				     : open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (a->local < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		perror(name);
		abort();
	}
	a->far = pair[0];
	*ret_near = pair[1];
	event_assign(&a->ev, loop_base(a->drive->loop), a->far,
	    EV_PERSIST | (verb == FILES_PUT ? EV_WRITE : EV_READ),
	    verb == FILES_PUT ? on_far_write : on_far_read, a);
	event_add(&a->ev, NULL);
}

/* VERB SERIAL PORT PATH [SIZE LOCAL] [hold] */
static void start(struct drive *d, char *const *word, int count)
{
	struct act *a = xcalloc(1, sizeof(*a));
	struct files_handler handler = {on_ready, on_done, a};
	struct files_request r = {.fd = -1, .size = -1, .path = word[3]};
	struct err e;
	int64_t port = 0;

	a->drive = d;
	a->far = a->local = -1;
	a->number = d->count;
	d->acts[d->count++] = a;
	while (r.verb < FILES_VERB_COUNT && strcmp(verbs[r.verb], word[0]) != 0) {
		r.verb++;
	}
	if (parse_i64(word[2], 1, 65535, &port) < 0) {
		abort();
	}
	r.printer = (struct files_printer){.name = word[1],
	    .serial = word[1],
	    .address = "127.0.0.1",
	    .port = (uint16_t)port,
	    .code = d->code,
	    .profile = d->profile,
	    .verify = d->verify,
	    .pin = d->verify == TLS_VERIFY_PIN ? d->pin : NULL,
	    .tls12 = d->tls12,
	    .clear_fallback = d->clear};
	if (count > 5 && parse_i64(word[4], -1, INT64_MAX, &r.size) == 0) {
		open_local(a, r.verb, word[5], &r.fd);
	}
	a->hold = count > 6;
	d->live++;
	if (files_start(d->files, &r, &handler, &a->job, &e) < 0) {
		struct files_result refused = {.error = e};

		on_done(a, &refused);
	}
}

/* Time on the processor of this thread alone. */
static int64_t cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void show(struct drive *d)
{
	struct rusage process;

	getrusage(RUSAGE_SELF, &process);
	printf("stat lag_ms %" PRId64 " rss_kb %ld turn_cpu_us %" PRId64 "\n",
	    loop_lag_max_ms(d->loop, false), process.ru_maxrss, d->turn_cpu_us);
	fflush(stdout);
}

/* As loop_run, with a look at each turn's cost. */
static void run(struct drive *d)
{
	while (!d->stopped) {
		int64_t before = cpu_us(), took;

		loop_turn(d->loop, true);
		took = cpu_us() - before;
		if (took > d->turn_cpu_us) {
			d->turn_cpu_us = took;
		}
	}
}

static void steer(struct drive *d, const char *word, const char *number)
{
	struct act *a;
	int64_t n, done, total;

	if (parse_i64(number, 0, d->count - 1, &n) < 0) {
		abort();
	}
	a = d->acts[n];
	if (a->job == NULL) {
		return;
	}
	if (strcmp(word, "cancel") == 0) {
		files_job_cancel(a->job);
	} else if (strcmp(word, "go") == 0) {
		files_job_go(a->job);
	} else if (strcmp(word, "hangup") == 0) {
		hang_up(a);
	} else if (strcmp(word, "stop") == 0) {
		event_del(&a->ev);
	} else if (strcmp(word, "forget") == 0) {
		files_job_forget(TAKE(a->job));
		hang_up(a);
		d->live--;
		maybe_stop(d);
	} else {
		files_job_progress(a->job, &done, &total);
		printf("%d progress %" PRId64 " %" PRId64 "%s\n", a->number, done, total,
		    files_job_is_queued(a->job) ? " queued" : "");
		fflush(stdout);
	}
}

static void obey(struct drive *d, char *line)
{
	char *words[8], *save = NULL;
	int count = 0;

	for (char *w = strtok_r(line, "\t", &save); w != NULL && count < 8;
	     w = strtok_r(NULL, "\t", &save)) {
		words[count++] = w;
	}
	if (count == 1 && strcmp(words[0], "stat") == 0) {
		show(d);
	} else if (count == 1 && strcmp(words[0], "end") == 0) {
		d->stopped = true;
	} else if (count == 2) {
		steer(d, words[0], words[1]);
	} else if (count >= 4 && d->count < JOBS_MAX) {
		start(d, words, count);
	}
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	struct drive *d = arg;
	ssize_t n = read(fd, d->line + d->line_len, sizeof(d->line) - 1 - d->line_len);
	char *lf;

	if (n <= 0) {
		d->input_ended = true;
		event_del(&d->in);
		maybe_stop(d);
		return;
	}
	d->line_len += (size_t)n;
	d->line[d->line_len] = '\0';
	while ((lf = strchr(d->line, '\n')) != NULL) {
		*lf = '\0';
		obey(d, d->line);
		d->line_len -= (size_t)(lf + 1 - d->line);
		memmove(d->line, lf + 1, d->line_len + 1);
	}
}

static void finish(struct drive *d, struct tls_store *store)
{
	files_destroy(d->files);
	tls_profile_unref(d->profile);
	tls_store_destroy(store);
	for (int i = 0; i < d->count; i++) {
		hang_up(d->acts[i]);
		if (d->acts[i]->local >= 0) {
			close(d->acts[i]->local);
		}
		free(d->acts[i]);
	}
	secret_destroy(d->code);
	loop_destroy(d->loop);
}

static void set_verify(struct drive *d, const char *word)
{
	d->verify = strcmp(word, "chain") == 0	    ? TLS_VERIFY_CHAIN
		    : strcmp(word, "insecure") == 0 ? TLS_VERIFY_INSECURE
						    : TLS_VERIFY_PIN;
	for (size_t i = 0; d->verify == TLS_VERIFY_PIN && i < sizeof(d->pin); i++) {
		if (sscanf(word + 2 * i, "%2hhx", &d->pin[i]) != 1) {
			abort();
		}
	}
}

int main(int argc, char **argv)
{
	struct tls_store *store = tls_store_create();
	const char *reason = "", *code = getenv("FTPS_CODE");
	struct drive d = {.loop = loop_create(NULL)};

	if (argc < 3 || tls_profile_get(store, strcmp(argv[1], "-") != 0 ? argv[1] : NULL,
			    &d.profile, &reason) < 0) {
		fprintf(
		    stderr, "usage: ftps_drive CA|- chain|insecure [tls12] [clear] %s\n", reason);
		return 2;
	}
	set_verify(&d, argv[2]);
	for (int i = 3; i < argc; i++) {
		d.tls12 = d.tls12 || strcmp(argv[i], "tls12") == 0;
		d.clear = d.clear || strcmp(argv[i], "clear") == 0;
	}
	d.code = code != NULL ? secret_create(code, strlen(code)) : NULL;
	d.files = files_create(d.loop);
	event_assign(&d.in, loop_base(d.loop), 0, EV_READ | EV_PERSIST, on_input, &d);
	event_add(&d.in, NULL);
	signal(SIGPIPE, SIG_IGN);
	run(&d);
	event_del(&d.in);
	finish(&d, store);
	return 0;
}
