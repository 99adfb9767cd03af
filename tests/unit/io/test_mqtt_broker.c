/* SPDX-License-Identifier: MIT */
/* The driver against a real broker: mosquitto with TLS and a password file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/io/rig.h"

#define TOPIC "device/" RIG_SERIAL "/report"

struct broker {
	char *folder;
	uint16_t port;
	pid_t pid;
};

static struct broker broker;

static uint16_t free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static char *in_folder(const char *name)
{
	return xasprintf("%s/%s", broker.folder, name);
}

static void move_to(char *from, const char *name)
{
	_cleanup_free_ char *to = in_folder(name);

	assert_int_equal(rename(from, to), 0);
	free(from);
}

static int run(const char *const argv[])
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* mosquitto lives in /usr/sbin, which is not on everybody's PATH. */
static void exec_mosquitto(const char *config)
{
	execlp("mosquitto", "mosquitto", "-c", config, NULL);
	execl("/usr/sbin/mosquitto", "mosquitto", "-c", config, NULL);
	_exit(127);
}

static void write_files(struct rig *r)
{
	_cleanup_free_ char *config = in_folder("conf"), *users = in_folder("users");
	FILE *f;

	move_to(cert_write(&r->leaf), "leaf.pem");
	move_to(cert_write(&r->ca), "ca.pem");
	move_to(cert_write_key(&r->leaf), "key.pem");
	assert_int_equal(run((const char *const[]){
			     "mosquitto_passwd", "-b", "-c", users, "bblp", RIG_CODE, NULL}),
	    0);
	f = fopen(config, "we");
	fprintf(f,
	    "listener %d 127.0.0.1\n"
	    "allow_anonymous false\npassword_file %s\n"
	    "certfile %s/leaf.pem\nkeyfile %s/key.pem\n"
	    "log_dest none\n%s",
	    broker.port, users, broker.folder, broker.folder, geteuid() == 0 ? "user root\n" : "");
	fclose(f);
}

static void broker_spawn(void)
{
	_cleanup_free_ char *config = in_folder("conf");
	pid_t parent = getpid();

	broker.pid = fork();
	if (broker.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent) {
			_exit(127);
		}
		exec_mosquitto(config);
	}
}

static void broker_kill(void)
{
	if (broker.pid > 0) {
		kill(broker.pid, SIGTERM);
		waitpid(broker.pid, NULL, 0);
		broker.pid = 0;
	}
}

struct wait {
	struct rig *rig;
	struct seen s;
	struct loop_timer pause;
};

static void try_again(void *arg)
{
	struct wait *w = arg;

	assert_int_equal(mqtt_open(w->s.client, "127.0.0.1", broker.port), 0);
}

/* Asked before each round of the loop. A broker that ended (127: not installed) fails the test. */
static bool broker_answers(void *arg)
{
	struct wait *w = arg;

	assert_int_equal(waitpid(broker.pid, NULL, WNOHANG), 0);
	if (w->s.downs > 0) {
		w->s.downs = 0;
		loop_timer_start(&w->pause, 20);
	}
	return w->s.ups > 0;
}

static void broker_wait(struct rig *r)
{
	struct wait w = {.rig = r};

	seen_create(&w.s, r, NULL);
	loop_timer_init(&w.pause, r->loop, try_again, &w);
	try_again(&w);
	rig_until_true(r, broker_answers, &w);
	loop_timer_stop(&w.pause);
	seen_finish(&w.s);
}

static int setup(void **state)
{
	const char *temporary = getenv("TMPDIR");

	rig_setup(state);
	broker.folder = xasprintf("%s/bambud-test-XXXXXX", temporary != NULL ? temporary : "/tmp");
	assert_non_null(mkdtemp(broker.folder));
	broker.port = free_port();
	write_files(*state);
	broker_spawn();
	broker_wait(*state);
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"leaf.pem", "ca.pem", "key.pem", "users", "conf"};

	broker_kill();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = in_folder(names[i]);

		unlink(path);
	}
	rmdir(broker.folder);
	free(TAKE(broker.folder));
	return rig_teardown(state);
}

static void subscribe_and_publish(struct seen *s)
{
	assert_int_equal(mqtt_subscribe(s->client, TOPIC), 0);
	assert_int_equal(mqtt_publish(s->client, TOPIC, "{\"print\":{}}", 12), 0);
}

static void mqtt_broker_sends_back_what_was_published_with_qos_1(void **state)
{
	struct rig *r = *state;
	struct seen s;

	seen_create(&s, r, NULL);
	s.on_up = subscribe_and_publish;
	assert_int_equal(mqtt_open(s.client, "127.0.0.1", broker.port), 0);
	rig_until(r, &s.messages, 1);
	assert_string_equal(s.topic, TOPIC);
	assert_string_equal(s.payload, "{\"print\":{}}");
	assert_true(s.peer.checked);
	seen_finish(&s);
}

static void mqtt_broker_refuses_a_wrong_code(void **state)
{
	struct rig *r = *state;
	struct rig_client wrong = {.code = "87654321"};
	struct seen s;

	seen_create(&s, r, &wrong);
	for (unsigned i = 1; i <= 5; i++) {
		assert_int_equal(mqtt_open(s.client, "127.0.0.1", broker.port), 0);
		rig_until(r, &s.downs, i);
		assert_int_equal(s.why, MQTT_DOWN_AUTH);
		assert_string_equal(s.text, "not authorised: access code changed?");
	}
	assert_int_equal(s.ups, 0);
	seen_finish(&s);
}

static void mqtt_broker_of_another_serial_is_refused(void **state)
{
	struct rig *r = *state;
	struct rig_client other = {.name = "01S00B000000002"};
	struct seen s;

	seen_create(&s, r, &other);
	assert_int_equal(mqtt_open(s.client, "127.0.0.1", broker.port), 0);
	rig_until(r, &s.downs, 1);
	assert_int_equal(s.why, MQTT_DOWN_TLS);
	seen_finish(&s);
}

static void mqtt_broker_that_restarts_is_lost_and_found(void **state)
{
	struct rig *r = *state;
	struct seen s;

	seen_create(&s, r, NULL);
	s.on_up = subscribe_and_publish;
	assert_int_equal(mqtt_open(s.client, "127.0.0.1", broker.port), 0);
	rig_until(r, &s.messages, 1);
	broker_kill();
	rig_until(r, &s.downs, 1);
	assert_int_equal(s.why, MQTT_DOWN_LOST);
	broker_spawn();
	broker_wait(r);
	assert_int_equal(mqtt_open(s.client, "127.0.0.1", broker.port), 0);
	rig_until(r, &s.messages, 2);
	seen_finish(&s);
}

static void mqtt_broker_takes_a_hundred_clients_at_once(void **state)
{
	enum { CLIENTS = 100 };
	struct rig *r = *state;
	struct seen *s = calloc(CLIENTS, sizeof(*s));

	/* A broker drops the older of two clients of one id: each loses its session to the next. */
	for (size_t i = 0; i < CLIENTS; i++) {
		seen_create(&s[i], r, NULL);
		assert_int_equal(mqtt_open(s[i].client, "127.0.0.1", broker.port), 0);
	}
	for (size_t i = 0; i < CLIENTS; i++) {
		rig_until(r, &s[i].ups, 1);
	}
	for (size_t i = 0; i < CLIENTS; i++) {
		seen_finish(&s[i]);
	}
	free(s);
}

#define WITH_BROKER(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_BROKER(mqtt_broker_sends_back_what_was_published_with_qos_1),
	    WITH_BROKER(mqtt_broker_refuses_a_wrong_code),
	    WITH_BROKER(mqtt_broker_of_another_serial_is_refused),
	    WITH_BROKER(mqtt_broker_that_restarts_is_lost_and_found),
	    WITH_BROKER(mqtt_broker_takes_a_hundred_clients_at_once),
	};
	return cmocka_run_group_tests_name("mqtt_broker", tests, NULL, NULL);
}
