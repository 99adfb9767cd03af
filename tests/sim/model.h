/* SPDX-License-Identifier: MIT */
/* The printer models the simulator can play, one table row each. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The three ways of talking seen in real reports. */
enum sim_family {
	SIM_FAMILY_ESP, /* P1, A1: plain fields, few of them; deltas with what changed */
	SIM_FAMILY_X1,	/* X1: plain fields, many of them; every report is a full one */
	SIM_FAMILY_NEW, /* H2, P2, X2: packed device.*, cfg/fun/aux/stat; larger deltas */
	SIM_FAMILY_COUNT
};

enum sim_unit_kind { SIM_UNIT_AMS, SIM_UNIT_LITE, SIM_UNIT_PRO2, SIM_UNIT_HT, SIM_UNIT_COUNT };

struct sim_model {
	const char *name;    /* word of --model */
	const char *code;    /* project code, as SSDP and older version replies give it */
	const char *product; /* product_name of the version reply, "" = the model sends none */
	const char *serial_prefix; /* first three characters of the serial */
	const char *firmware;
	const char *ap_hw; /* hw_ver of the esp32, rv1126 or ap module */
	enum sim_family family;
	enum sim_unit_kind unit; /* of the AMS that is usual on it */
	int nozzles;
	bool chamber;	    /* has a chamber sensor */
	bool tls13;	    /* offers TLS 1.3 beside 1.2 */
	bool cert_v3;	    /* leaf is X.509 v3; older models send v1 */
	bool heats_chamber; /* newer protocol: the plain chamber fields beside the packed ones */
	bool jpeg;	    /* camera on port 6000, no RTSPS */
	bool lite_inside;   /* its AMS lite has the id 16 */
	bool tells_time;    /* t_utc in every report */
	int rack;	    /* hotends in a rack */
	bool no_msg;	    /* full reports carry no `msg` (older X1) */
	bool drops_spies;   /* subscribing to the request topic ends the connection */
};

#define SIM_RACK_FIRST 16 /* id of the first hotend in a rack */

/* NULL when unknown; case does not matter, "A1 mini" and "A1MINI" are the same. */
const struct sim_model *sim_model_find(const char *name);
const struct sim_model *sim_model_at(size_t index); /* NULL past the end */
size_t sim_model_count(void);
/* Its file server wants the TLS session of the control channel on the data channel. */
bool sim_model_wants_reuse(const struct sim_model *m);
bool sim_model_has_door(const struct sim_model *m); /* one whose state it tells */
