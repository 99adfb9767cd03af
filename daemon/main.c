/* SPDX-License-Identifier: MIT */
/* bambud: command line, process settings, then the daemon. */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <mosquitto.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/util.h"
#include "daemon/config.h"
#include "daemon/daemon.h"
#include "daemon/io/spawn_process.h"
#include "daemon/replay.h"

enum { EXIT_CONFIG = 78 }; /* EX_CONFIG of sysexits(3) */

enum action {
	ACTION_RUN,
	ACTION_CHECK,
	ACTION_DUMP,
	ACTION_REPLAY,
	ACTION_HELP,
	ACTION_VERSION,
	ACTION_USAGE
};

struct options {
	struct config_sources sources;
	enum action action;
	const char *capture; /* of --replay */
};

static const struct option_help {
	const char *name, *arg, *help;
} option_table[] = {
    {"config", "FILE", "read FILE instead of the usual configuration files"},
    {"state-dir", "DIR", "keep state in DIR"},
    {"socket", "PATH", "serve clients at PATH"},
    {"log-level", "LEVEL", "err, warn, info or debug"},
    {"check-config", NULL, "read the configuration, say what is wrong with it, end"},
    {"dump-config", NULL, "print the configuration in force and where it comes from, end"},
    {"replay", "FILE", "print the events and the last state of a capture, end; - = stdin"},
    {"version", NULL, "print the version, end"},
    {"help", NULL, "print this help, end"},
};

static void print_help(FILE *out)
{
	size_t i;

	fprintf(out, "usage: bambud [options]\n\n"
		     "Keeps connections to Bambu Lab printers and serves their state to bambuctl.\n"
		     "Runs in the foreground until SIGTERM or SIGINT; SIGHUP reloads.\n\n");
	for (i = 0; i < ARRAY_SIZE(option_table); i++) {
		const struct option_help *o = &option_table[i];
		char left[40];

		snprintf(left, sizeof(left), "--%s%s%s", o->name, o->arg ? " " : "",
		    o->arg ? o->arg : "");
		fprintf(out, "  %-22s%s\n", left, o->help);
	}
	fprintf(out, "\nSee bambud(8), bambud.conf(5), bambuctl(1).\n");
}

static void set_option(struct options *o, const char *name, const char *value)
{
	if (strcmp(name, "config") == 0) {
		o->sources.file = value;
	} else if (strcmp(name, "state-dir") == 0) {
		o->sources.state_dir = value;
	} else if (strcmp(name, "socket") == 0) {
		o->sources.socket = value;
	} else if (strcmp(name, "log-level") == 0) {
		o->sources.log_level = value;
	} else if (strcmp(name, "check-config") == 0) {
		o->action = ACTION_CHECK;
	} else if (strcmp(name, "dump-config") == 0) {
		o->action = ACTION_DUMP;
	} else if (strcmp(name, "version") == 0) {
		o->action = ACTION_VERSION;
	} else if (strcmp(name, "help") == 0) {
		o->action = ACTION_HELP;
	} else {
		o->action = ACTION_REPLAY;
		o->capture = value;
	}
}

static void parse_options(int argc, char **argv, struct options *o)
{
	struct option longs[ARRAY_SIZE(option_table) + 1] = {0};
	int c, index = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(option_table); i++) {
		longs[i].name = option_table[i].name;
		longs[i].has_arg = option_table[i].arg ? required_argument : no_argument;
	}
	while (
	    o->action != ACTION_USAGE && (c = getopt_long(argc, argv, "", longs, &index)) != -1) {
		if (c == '?') {
			o->action = ACTION_USAGE;
		} else {
			set_option(o, option_table[index].name, optarg);
		}
	}
	if (o->action != ACTION_USAGE && optind < argc) {
		fprintf(stderr, "bambud: unexpected argument '%s'\n", argv[optind]);
		o->action = ACTION_USAGE;
	}
}

/* No core file with secrets, private files, every fd the system gives, one malloc arena. */
static void set_process_up(void)
{
	struct rlimit limit = {0, 0};

	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	umask(0077);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on files is an error of the write */
	mallopt(M_ARENA_MAX, 1);
}

static int check_config(const struct config *c)
{
	char **w;

	for (w = c->warnings; w && *w; w++) {
		fprintf(stderr, "%s\n", *w);
	}
	if (c->error_count > 0) {
		return EXIT_CONFIG;
	}
	printf("configuration is good: %zu printers\n", c->printer_count);
	return 0;
}

static int run(const struct options *o, struct config *config, struct daemon_spawner spawner)
{
	struct daemon *d = NULL;
	struct err e;
	int rc;

	set_process_up();
	mosquitto_lib_init();
	rc = daemon_start(&o->sources, config, spawner, &d, &e);
	if (rc < 0) {
		log_err("%s", e.message);
	} else {
		rc = daemon_run(d);
	}
	daemon_destroy(d);
	mosquitto_lib_cleanup();
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int with_config(const struct options *o)
{
	struct daemon_spawner spawner = {.fd = -1};
	struct config *config = NULL;
	struct err e;
	int rc = 0;

	log_open("bambud");
	/* Before there are secrets and threads: it keeps a copy of neither. */
	if (o->action == ACTION_RUN) {
		rc = spawn_process_fork(&spawner.fd, &spawner.pid);
	}
	if (rc < 0) {
		log_err("the spawner process cannot be made: %s", strerror(-rc));
		return EXIT_FAILURE;
	}
	if (config_load(&o->sources, &config, &e) < 0) {
		log_err("%s", e.message);
		return EXIT_CONFIG;
	}
	if (o->action == ACTION_RUN) {
		return run(o, config, spawner);
	}
	if (o->action == ACTION_CHECK) {
		rc = check_config(config);
	} else {
		config_dump(config, stdout);
	}
	config_destroy(config);
	return rc;
}

int main(int argc, char **argv)
{
	struct options o = {0};

	parse_options(argc, argv, &o);
	switch (o.action) {
	case ACTION_HELP:
		print_help(stdout);
		return 0;
	case ACTION_VERSION:
		printf("bambud %s\n", BAMBUD_VERSION);
		return 0;
	case ACTION_REPLAY:
		return replay_run(o.capture, stdout, stderr);
	case ACTION_USAGE:
		fprintf(stderr, "try: bambud --help\n");
		return 2;
	case ACTION_RUN:
	case ACTION_CHECK:
	case ACTION_DUMP:
		break;
	}
	return with_config(&o);
}
