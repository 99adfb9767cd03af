/* SPDX-License-Identifier: MIT */
/* What a printer says of itself by SSDP (bambu.md 2.1). Pure. Anybody may have written it: it is a
 * hint and proves nothing. */
#pragma once

#include <stddef.h>

#define SSDP_TYPE "urn:bambulab-com:device:3dprinter:1"
#define SSDP_GROUP "239.255.255.250"
#define SSDP_BYTES_MAX 2048 /* longest message that is read */

enum ssdp_kind { SSDP_NONE, SSDP_ALIVE, SSDP_BYEBYE };

/* Texts are UTF-8 without control characters; "" where it says nothing usable. */
struct ssdp_notice {
	enum ssdp_kind kind;
	char serial[24];  /* never "" */
	char address[16]; /* IPv4, as it names itself */
	char model[32];	  /* the vendor's code */
	char name[64], firmware[24];
	char connect[8]; /* lan cloud farm */
	char bind[12];	 /* free occupied */
	int signal_dbm;	 /* UNKNOWN_INT */
};

/* A NOTIFY, or the answer to a search. SSDP_NONE (and nothing else in *ret) for whatever is not a
 * message of such a printer, searches too. */
enum ssdp_kind ssdp_parse(const char *text, size_t len, struct ssdp_notice *ret);
/* The search for printers, a static text; answers come within the seconds of its MX. */
const char *ssdp_search(void);
