/* SPDX-License-Identifier: MIT */
/* An account over a cloud that is a fake, with a clock of its own; what it tells is kept. */
#pragma once

#include "common/event.h"
#include "daemon/cloud/account.h"
#include "tests/unit/cloud/fake_rest.h"

#define WALL INT64_C(1795395600000)
#define DAY_MS INT64_C(86400000)
#define MINUTE_MS INT64_C(60000)
#define BIND "/v1/iot-service/api/user/bind"
#define WHO "/v1/design-user-service/my/preference"
#define ONE_PRINTER                                                                         \
	"{\"devices\":[{\"dev_id\":\"01P00A000000001\",\"name\":\"shelf\",\"online\":true," \
	"\"dev_model_name\":\"C12\",\"dev_access_code\":\"12345678\\n\"}]}"

struct account_rig {
	struct loop *loop;
	struct rest *rest;
	struct account *account;
	struct account_config config;
	int64_t now_ms, wall_ms;
	char dir[64];
};
struct account_seen {
	unsigned events[EVENT_COUNT], devices, credentials;
	char user[40], token[64], code[32], event[512];
	size_t count;
	enum account_region region;
};
struct account_answer {
	unsigned calls;
	struct account_step step;
};
/* Of the test that runs. */
extern struct account_rig rig;
extern struct account_seen seen;
extern struct account_answer answer;

int account_setup(void **state);
int account_teardown(void **state);
void start(void);
void stop(void);
void turn(void);
void pass(int64_t ms); /* time passes, timers run */
void on_step(void *arg, const struct account_step *s);
/* Fails unless the oldest question is this one. */
void asks(const char *path);
void sign_in(const char *expires); /* by password */
void sign_in_whole(void);	   /* and the user and the list are known */
/* "a.b" of the status as text, good till the next call; no token is in it. */
const char *status(const char *path);
