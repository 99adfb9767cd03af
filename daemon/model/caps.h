/* SPDX-License-Identifier: MIT */
/* What each printer model can do: one table row a model (bambu.md section 3). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/model/words.h"

enum door_source { DOOR_NONE, DOOR_HOME_FLAG, DOOR_STAT };
enum chamber_source { CHAMBER_NONE, CHAMBER_TEMPER, CHAMBER_CTC };

struct caps {
	const char *model;	 /* our short name ("P1S"), NULL for the unknown row */
	const char *product;	 /* vendor's name ("Bambu Lab P1S") */
	const char *codes[5];	 /* vendor codes and names as in SSDP, bind, project_name */
	const char *prefixes[3]; /* serial prefixes */
	enum camera_kind camera;
	enum chamber_source chamber;
	bool chamber_heater;
	enum door_source door;
	const char *door_since; /* firmware that first reports the door, NULL any */
	int nozzles;		/* 0 unknown */
	int bed_max_c, nozzle_max_c, chamber_max_c; /* 0 = none or unknown */
	bool small_cpu;	    /* P1 and A1: pushall no more often than 5 min routinely */
	bool always_signed; /* ships with signed commands (bambu.md 5.2) */
	bool ethernet;
	bool emmc;	/* keeps files inside unless told otherwise (bambu.md 2.5) */
	bool ftp_tls12; /* its file door takes no session of TLS 1.3 again (same place) */
	bool ftp_clear; /* its data channel may hang in TLS: then in the clear (same place) */
};

extern const struct caps caps_table[];
extern const size_t caps_count;

/* The row for a printer nobody knows: read-only, everything it sends is shown. Never NULL. */
const struct caps *caps_unknown(void);
/* All NULL-tolerant; NULL when nothing matches. */
const struct caps *caps_by_model(const char *model); /* our short name, case-insensitive */
const struct caps *caps_by_code(const char *code);
const struct caps *caps_by_serial(const char *serial);
const struct caps *caps_by_product(
    const char *product_name); /* "Bambu Lab A1 mini", tolerant of case and dashes */
/* From a module of the version reply: name ("ap", "esp32", "rv1126"), hw_ver ("AP05"), project_name
 * ("C12"). */
const struct caps *caps_by_module(const char *name, const char *hw_ver, const char *project);
