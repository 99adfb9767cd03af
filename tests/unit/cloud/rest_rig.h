/* SPDX-License-Identifier: MIT */
/* A REST client over http without a network, on a clock of the test's own, that writes down what it
 * was told. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "daemon/cloud/rest.h"
#include "daemon/io/loop.h"
#include "tests/unit/cloud/fake_http.h"

#define MINUTE_MS 60000

struct rig {
	struct loop *loop;
	struct http *http;
	struct rest *rest;
	struct secret *token;
	char dir[64];
	int64_t now_ms, wall_ms;
	unsigned answers, deaths;
	/* Of the last answer. */
	struct err error;
	int status, code;
	int64_t again_ms;
	char cookie[64], csrf[64], words[32], text[32];
	bool parsed;
	void (*on_death)(struct rig *r);
};

int rig_setup(void **state);
int rig_teardown(void **state);
void rig_open(struct rig *r); /* rest, after rest_destroy */
void rig_pass(struct rig *r, int64_t ms);
void rig_turn(struct rig *r);
struct rest_call *rig_start(struct rig *r, const struct rest_request *q);
void rig_get_from(struct rig *r, enum rest_host host, enum rest_bucket bucket);
void rig_get(struct rig *r);
/* The script is set, and one answer came. */
void rig_get_answered(struct rig *r, const struct fake_answer *a);

extern const struct fake_answer fake_fine, fake_broken, fake_silent, fake_wall, fake_often,
    fake_dead;

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
