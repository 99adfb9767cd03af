/* SPDX-License-Identifier: MIT */
/* libcurl, loaded with its first use: it brings some thirty libraries along, which a daemon that
 * neither signs in nor moves a file has no use for. */
#pragma once

struct err;

/* Before anything of curl.h is called; those calls then go to the library by its own names, in any
 * thread. Only from the loop's thread, and before a thread uses it. 0 at once when it is loaded
 * already; -ELIBACC with *e (ERR_UNSUPPORTED): it is not there, or not one of ours. The next call
 * tries again. Never unloaded, as threads may still be inside. */
int curl_lib_load(struct err *e);
