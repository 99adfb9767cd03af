/* SPDX-License-Identifier: MIT */
/* bambu-sim: simulated printers for tests, demonstrations and people without a printer. */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/util.h"
#include "tests/sim/cert.h"
#include "tests/sim/cloud.h"
#include "tests/sim/cloud_mqtt.h"
#include "tests/sim/command.h"
#include "tests/sim/control.h"
#include "tests/sim/farm.h"
#include "tests/sim/fault.h"
#include "tests/sim/job.h"
#include "tests/sim/obey.h"
#include "tests/sim/picture.h"
#include "tests/sim/sim.h"
#include "tests/sim/ssdp.h"
#include "tests/sim/state.h"

#define PRINTERS_MAX 20000
#define STDIN_MAX (4u * 1024 * 1024)

struct options {
	struct farm_options farm;
	struct cloud_options cloud;
	const char *dir, *control, *config_out;
	uint16_t ssdp_port;
	bool rsa, deltas, die_with_parent, verbose;
	double rate_hz, pace;
};

static const char usage[] =
    "bambu-sim --dir DIR [OPTION...]       simulated printers, until SIGTERM or SIGINT\n"
    "bambu-sim ctl SOCKET COMMAND...       one command to a running simulator\n"
    "\n"
    "Prints `ready` when all printers listen. DIR receives ca.pem (the test CA), keys, "
    "printers.conf\n"
    "(a configuration fragment for bambud) and control.sock; started again it keeps its identity.\n"
    "\n"
    "  --printers N         so many printers, models and states in turn (default 1)\n"
    "  --farm FILE|demo     printers from a file: one line each, NAME KEY=VALUE... with model "
    "serial\n"
    "                       code state ams tags fault=NAME[:ARG] and the keys of `set`\n"
    "  --model M            model of the printers; may be repeated, taken in turn\n"
    "  --state WORD         state of all printers\n"
    "  --ams LIST           AMS units of all printers: none ams lite pro2 ht, comma between\n"
    "  --still              time stands still: nothing moves unless `set`\n"
    "  --port-base P        first port, consecutive (default 0: the kernel chooses)\n"
    "  --ftp-port-base P    the same for the file servers (default 0: the kernel chooses)\n"
    "  --camera-port-base P the same for the cameras (default 0)\n"
    "  --camera WORD        Camera= of their configuration: always on-demand off (default off)\n"
    "  --camera-hz HZ       JPEG or key pictures a second of each camera (default 1)\n"
    "  --camera-size WxH    of the pictures, 320x240 to 4096x4096 (default 1280x720)\n"
    "  --ssdp-port P        printers announce themselves at this UDP port, on loopback (default: "
    "no)\n"
    "  --address A          first address: every printer listens on an address of its own, with\n"
    "                       the same port (default: all on 127.0.0.1)\n"
    "  --code CODE          access code of all (default: each its own)\n"
    "  --rate HZ            reports a second of each printer (default 1; 0: none by itself, and "
    "time\n"
    "                       stands still)\n"
    "  --deltas             X1 models send deltas too, instead of a full report every time\n"
    "  --pace X             simulated seconds in a second (default 1)\n"
    "  --seed N             other random choices\n"
    "  --rsa                RSA-2048 keys, as real printers have (default: EC P-256)\n"
    "  --control SOCKET     the control socket (default DIR/control.sock)\n"
    "  --config-out FILE    writes a complete private configuration for bambud (0600)\n"
    "  --die-with-parent    ends when the process that started it ends\n"
    "  --cloud, --cloud-KEY VALUE  the vendor's cloud beside the printers: see the end\n"
    "  --verbose            connections and requests on stderr\n"
    "  --help, --version\n"
    "\n"
    "Every printer is an MQTT 3.1.1 broker over TLS: user bblp, its access code, "
    "device/SERIAL/report\n"
    "and device/SERIAL/request. pushall and get_version are answered. The commands listed below "
    "are\n"
    "obeyed as a printer does it: acknowledged, then told in a delta; what does not fit (pause "
    "while\n"
    "idle) is answered with result \"fail\" and a reason. Every other command is acknowledged "
    "with\n"
    "result \"success\" and has NO effect. With `set locked=on` all of print.* is answered with "
    "result\n"
    "\"failed\", \"mqtt message verify failed\", and has no effect; lights still work.\n"
    "A project_file needs a file on the storage (ftp:///PATH, older models file:///sdcard/PATH "
    "too): else\n"
    "print_error 0500-4003, without a card 0500-C010, with a job on 0500-4004 (an A1 mini then "
    "loses that\n"
    "job), with use_ams and an empty slot 07FF-8012 after PREPARE. An H2S that reads 0 or 1 for a "
    "switch\n"
    "does not calibrate, an H2D Pro takes use_ams for a nozzle; a P1S clamps ids to 2147483647.\n"
    "Filament is changed at once, not while printing; drying needs an AMS 2 Pro or HT, and a P1\n"
    "acknowledges it and ignores it.\n"
    "A stock client: mosquitto_sub --cafile DIR/ca.pem --insecure -u bblp -P CODE -h 127.0.0.1 -p "
    "PORT\n"
    "-t device/SERIAL/report (--insecure because the certificate names the serial, not the "
    "host).\n"
    "\n"
    "Every printer is a file server too: FTP over implicit TLS, the same user and code, files in "
    "memory.\n"
    "X1 and P1 take a data channel only with the TLS session of the control channel; over TLS 1.3 "
    "(P2S)\n"
    "contents are cut and end with 426; one transfer at a time; contents over 64 MiB are summed, "
    "not kept.\n"
    "curl --insecure --ssl-reqd --tls-max 1.2 -u bblp:CODE -T FILE ftps://127.0.0.1:FTP_PORT/\n"
    "\n"
    "Cameras, over TLS, the same user and code: P1, A1 and A2L send JPEG pictures, the others "
    "H.264 by\n"
    "RTSP (rtsps://bblp:CODE@127.0.0.1:CAMERA_PORT/streaming/live/1, digest login, interleaved, "
    "ten\n"
    "pictures from key to key). One client is sent pictures; others log in and get none, also when "
    "it\n"
    "has gone. Black and white squares at the top of a picture tell programs its printer, number "
    "and\n"
    "time, the line below them tells people. Counters named camera_* count key pictures; "
    "camera_prepare_frames counts pictures sent during PREPARE, when real clients ask for "
    "none.\n";

static const char key_help[] =
    "again=S: a finished printer begins its next job after S seconds (0: never). "
    "clock=S: its clock\n"
    "is S seconds off (t_utc of P2S). dry=UNIT:DEGREES:HOURS, dry=UNIT:off: an AMS 2 Pro or HT "
    "dries.\n"
    "liveview=on|off|none: the RTSP camera, as the printer's screen sets it (off: rtsp_url "
    "\"disable\",\n"
    "none: \"\"; both: the port is closed).\n"
    "insert, remove: a spool, by the number of its tray (A1 is 0, an HT's 128, the first of an "
    "A2L 24).\n"
    "pace=X: this printer's time runs X times as fast, beside --pace. trays=0,1,0: the job "
    "changes\n"
    "filament in equal parts. percent=N of job: already so far, warm. name=, job=: the rest of "
    "the line.\n"
    "Values that time would move (percent, nozzle, ...) also stop it; hold=off lets it go on.\n";

static void print_help(void)
{
	_cleanup_free_ char *cloud = cloud_help();
	_cleanup_free_ char *faults = fault_help(), *keys = sim_state_keys(), *orders = obey_help();

	printf(
	    "%s\nCommands (control socket, one line each; PRINTER is a name or a serial):\n%s"
	    "\nCommands on the request topic that are obeyed (gcode_line: M104 M140 M141 "
	    "M106):\n%s\n\nFaults:\n%s\nKeys of set: %s\nKeys of job, besides: %s\n\n%s\nModels:",
	    usage, command_help, orders, faults, keys, sim_job_keys, key_help);
	for (size_t i = 0; i < sim_model_count(); i++) {
		printf(" %s", sim_model_at(i)->name);
	}
	printf("\n\n%s", cloud);
}

enum option_id {
	OPT_DIR = 256,
	OPT_PRINTERS,
	OPT_FARM,
	OPT_MODEL,
	OPT_STATE,
	OPT_AMS,
	OPT_STILL,
	OPT_PORT,
	OPT_FTP_PORT,
	OPT_SSDP_PORT,
	OPT_ADDRESS,
	OPT_CODE,
	OPT_RATE,
	OPT_DELTAS,
	OPT_PACE,
	OPT_SEED,
	OPT_RSA,
	OPT_CONTROL,
	OPT_CONFIG,
	OPT_DIE,
	OPT_CLOUD,
	OPT_CAMERA,
	OPT_VERBOSE,
	OPT_HELP,
	OPT_VERSION
};

static const struct option long_options[] = {
    {"dir", required_argument, NULL, OPT_DIR},
    {"printers", required_argument, NULL, OPT_PRINTERS},
    {"farm", required_argument, NULL, OPT_FARM},
    {"model", required_argument, NULL, OPT_MODEL},
    {"state", required_argument, NULL, OPT_STATE},
    {"ams", required_argument, NULL, OPT_AMS},
    {"still", no_argument, NULL, OPT_STILL},
    {"port-base", required_argument, NULL, OPT_PORT},
    {"ftp-port-base", required_argument, NULL, OPT_FTP_PORT},
    {"ssdp-port", required_argument, NULL, OPT_SSDP_PORT},
    {"address", required_argument, NULL, OPT_ADDRESS},
    {"code", required_argument, NULL, OPT_CODE},
    {"rate", required_argument, NULL, OPT_RATE},
    {"deltas", no_argument, NULL, OPT_DELTAS},
    {"pace", required_argument, NULL, OPT_PACE},
    {"seed", required_argument, NULL, OPT_SEED},
    {"rsa", no_argument, NULL, OPT_RSA},
    {"control", required_argument, NULL, OPT_CONTROL},
    {"config-out", required_argument, NULL, OPT_CONFIG},
    {"die-with-parent", no_argument, NULL, OPT_DIE},
    {"cloud", no_argument, NULL, OPT_CLOUD},
    {"cloud-port", required_argument, NULL, OPT_CLOUD},
    {"cloud-region", required_argument, NULL, OPT_CLOUD},
    {"cloud-login", required_argument, NULL, OPT_CLOUD},
    {"cloud-account", required_argument, NULL, OPT_CLOUD},
    {"cloud-phone", required_argument, NULL, OPT_CLOUD},
    {"cloud-password", required_argument, NULL, OPT_CLOUD},
    {"cloud-token", required_argument, NULL, OPT_CLOUD},
    {"cloud-sign-key", required_argument, NULL, OPT_CLOUD},
    {"camera", required_argument, NULL, OPT_CAMERA},
    {"camera-port-base", required_argument, NULL, OPT_CAMERA},
    {"camera-hz", required_argument, NULL, OPT_CAMERA},
    {"camera-size", required_argument, NULL, OPT_CAMERA},
    {"verbose", no_argument, NULL, OPT_VERBOSE},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {0},
};

static bool read_model(struct farm_options *f, const char *text)
{
	const struct sim_model *model = sim_model_find(text);

	if (!model || f->models == FARM_MODELS_MAX) {
		return false;
	}
	f->model[f->models++] = model;
	return true;
}

static bool read_number(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	return parse_i64(text, min, max, ret) == 0;
}

/* One option with a value that must be checked. False = bad. */
static bool read_value(struct options *o, int id, const char *name, const char *text)
{
	int64_t number = 0;
	bool ok = true;

	switch (id) {
	case OPT_PRINTERS:
		ok = read_number(text, 1, PRINTERS_MAX, &number);
		o->farm.printers = (size_t)number;
		return ok;
	case OPT_MODEL:
		return read_model(&o->farm, text);
	case OPT_STATE:
		o->farm.state = text;
		return sim_mood_by_name(text) >= 0;
	case OPT_PORT:
		ok = read_number(text, 0, 65535, &number);
		o->farm.port = (uint16_t)number;
		return ok;
	case OPT_FTP_PORT:
		ok = read_number(text, 0, 65535, &number);
		o->farm.ftp_port = (uint16_t)number;
		return ok;
	case OPT_SSDP_PORT:
		ok = read_number(text, 1, 65535, &number);
		o->ssdp_port = (uint16_t)number;
		return ok;
	case OPT_ADDRESS:
		o->farm.address_each = true;
		return inet_pton(AF_INET, text, &o->farm.address) == 1;
	case OPT_RATE:
		return parse_double(text, &o->rate_hz) == 0 && o->rate_hz >= 0 &&
		       o->rate_hz <= 1000;
	case OPT_PACE:
		return parse_double(text, &o->pace) == 0 && o->pace >= 0 && o->pace <= 100000;
	case OPT_CLOUD:
		return cloud_read_option(&o->cloud, name, text);
	case OPT_CAMERA:
		return camera_read_option(&o->farm.camera, name, text);
	case OPT_SEED:
		ok = read_number(text, 0, INT64_MAX, &number);
		o->farm.seed = (uint64_t)number;
		return ok;
	default:
		return false;
	}
}

static void read_plain(struct options *o, int id, const char *text)
{
	switch (id) {
	case OPT_DIR:
		o->dir = text;
		break;
	case OPT_FARM:
		o->farm.file = text;
		break;
	case OPT_AMS:
		o->farm.ams = text;
		break;
	case OPT_STILL:
		o->farm.still = true;
		break;
	case OPT_CODE:
		o->farm.code = text;
		break;
	case OPT_RSA:
		o->rsa = true;
		break;
	case OPT_CONTROL:
		o->control = text;
		break;
	case OPT_CONFIG:
		o->config_out = text;
		break;
	case OPT_DELTAS:
		o->deltas = true;
		break;
	case OPT_DIE:
		o->die_with_parent = true;
		break;
	case OPT_VERBOSE:
		o->verbose = true;
		break;
	default:
		break;
	}
}

/* -1 = go on, else the exit status. */
static int read_options(int argc, char **argv, struct options *o)
{
	int id, index = 0;

	while ((id = getopt_long(argc, argv, "", long_options, &index)) != -1) {
		switch (id) {
		case OPT_HELP:
			print_help();
			return 0;
		case OPT_VERSION:
			printf("bambu-sim %s\n", BAMBUD_VERSION);
			return 0;
		case OPT_PRINTERS:
		case OPT_MODEL:
		case OPT_STATE:
		case OPT_PORT:
		case OPT_FTP_PORT:
		case OPT_SSDP_PORT:
		case OPT_ADDRESS:
		case OPT_RATE:
		case OPT_PACE:
		case OPT_SEED:
		case OPT_CLOUD:
		case OPT_CAMERA:
			if (!read_value(o, id, long_options[index].name, optarg)) {
				fprintf(stderr, "bambu-sim: --%s: bad value \"%s\"\n",
				    long_options[index].name, optarg);
				return 2;
			}
			break;
		case '?':
			return 2;
		default:
			read_plain(o, id, optarg);
			break;
		}
	}
	if (optind < argc || !o->dir) {
		fprintf(stderr, "bambu-sim: %s; see --help\n",
		    o->dir ? "unexpected argument" : "--dir is needed");
		return 2;
	}
	return -1;
}

/* A connection needs a descriptor beside the listener's; a reconnect may overlap. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int write_configs(const struct sim *sim, const struct options *o)
{
	_cleanup_free_ char *fragment = xasprintf("%s/printers.conf", o->dir);
	_cleanup_free_ char *ca = xasprintf("%s/ca.pem", o->dir);
	_cleanup_free_ char *ca_whole = realpath(ca, NULL);
	int r = farm_write_config(sim, fragment, "./ca.pem", o->farm.camera.mode, false);

	if (r == 0 && o->config_out) {
		_cleanup_free_ char *own = xasprintf("%s/", o->dir);
		bool beside =
		    str_starts(o->config_out, own) && !strchr(o->config_out + strlen(own), '/');

		r = farm_write_config(sim, o->config_out,
		    beside || !ca_whole ? "./ca.pem" : ca_whole, o->farm.camera.mode, true);
	}
	return r;
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	event_base_loopbreak(arg);
}

/* Everything that listens is open. 0 or exit status 1 after a message. */
static int run_farm(struct sim *sim, const struct options *o, struct control **ret_control)
{
	_cleanup_free_ char *beside = xasprintf("%s/control.sock", o->dir);
	const char *path = o->control ? o->control : beside;
	int r;

	if (farm_create(sim, &o->farm) < 0) {
		return 1;
	}
	if (o->cloud.on && cloud_open(sim, &o->cloud, o->dir, &sim->cloud) < 0) {
		return 1;
	}
	if (sim->cloud && cloud_broker_open(sim, &sim->broker) < 0) {
		log_err("the cloud's broker cannot listen");
		return 1;
	}
	r = control_open(sim, path, ret_control);
	if (r < 0) {
		log_err("%s: %s", path, strerror(-r));
		return 1;
	}
	r = write_configs(sim, o);
	if (r < 0) {
		log_err("configuration files: %s", strerror(-r));
		return 1;
	}
	r = sim->ssdp_port ? ssdp_open(sim, sim->ssdp_port, &sim->ssdp) : 0;
	if (r < 0) {
		log_err("announcements at UDP port %u: %s", sim->ssdp_port, strerror(-r));
		return 1;
	}
	farm_start(sim);
	if (puts("ready") < 0 || fflush(stdout) != 0) {
		return 1;
	}
	return event_base_dispatch(sim->base) < 0 ? 1 : 0;
}

static int simulate(const struct options *o)
{
	struct sim sim = {.camera_hz = o->farm.camera.hz,
	    .rate_hz = o->rate_hz,
	    .pace = o->pace,
	    .deltas = o->deltas,
	    .ssdp_port = o->ssdp_port,
	    .verbose = o->verbose};
	struct event *term, *interrupt;
	struct control *control = NULL;
	int status = 1;

	sim.base = event_base_new();
	sim.pictures = pictures_create(o->farm.camera.width, o->farm.camera.height);
	term = evsignal_new(sim.base, SIGTERM, on_signal, sim.base);
	interrupt = evsignal_new(sim.base, SIGINT, on_signal, sim.base);
	event_add(term, NULL);
	event_add(interrupt, NULL);
	if (pki_open(o->dir, o->rsa, &sim.pki) < 0) {
		log_err("%s: keys and certificates cannot be read or made", o->dir);
	} else {
		status = run_farm(&sim, o, &control);
	}
	ssdp_close(sim.ssdp);
	cloud_broker_close(sim.broker);
	cloud_close(sim.cloud);
	farm_destroy(&sim);
	control_close(control);
	pki_close(sim.pki);
	pictures_destroy(sim.pictures);
	event_free(term);
	event_free(interrupt);
	event_base_free(sim.base);
	return status;
}

/* A last word "-" stands for what stdin holds, newlines turned into blanks. */
static int run_ctl(int argc, char **argv)
{
	_cleanup_free_ char *line = xstrdup("");
	_cleanup_free_ char *input = NULL;

	if (argc < 2) {
		fprintf(stderr, "bambu-sim: ctl SOCKET COMMAND...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		char *longer;

		if (i == argc - 1 && strcmp(word, "-") == 0) {
			size_t len;

			input = xmalloc(STDIN_MAX);
			len = fread(input, 1, STDIN_MAX - 1, stdin);
			input[len] = '\0';
			for (char *c = input; *c; c++) {
				*c = *c == '\n' || *c == '\r' ? ' ' : *c;
			}
			word = input;
		}
		longer = xasprintf("%s%s%s", line, i > 1 ? " " : "", word);
		free(line);
		line = longer;
	}
	return control_call(argv[0], line);
}

int main(int argc, char **argv)
{
	struct options o = {.rate_hz = 1,
	    .pace = 1,
	    .farm = {.printers = 1,
		.address.s_addr = htonl(INADDR_LOOPBACK),
		.camera = {.hz = 1, .width = 1280, .height = 720, .mode = "off"},
		.seed = 1}};
	int status;

	log_open("bambu-sim");
	if (argc > 1 && strcmp(argv[1], "ctl") == 0) {
		return run_ctl(argc - 2, argv + 2);
	}
	status = read_options(argc, argv, &o);
	if (status >= 0) {
		return status;
	}
	if (o.die_with_parent) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
	}
	signal(SIGPIPE, SIG_IGN);
	raise_fd_limit();
	if (mkdir(o.dir, 0700) < 0 && errno != EEXIST) {
		fprintf(stderr, "bambu-sim: %s: %s\n", o.dir, strerror(errno));
		return 1;
	}
	return simulate(&o);
}
