/* SPDX-License-Identifier: MIT */
/* The file server of a simulated printer: FTP over implicit TLS, as strict and as nasty as asked.
 */
#pragma once

#include <stdint.h>

struct ftp_door;
struct printer;

/* Beside the broker's address; port 0: the kernel chooses. 0 or negative errno. */
int ftp_create(struct printer *p, uint16_t port, struct ftp_door **ret);
void ftp_destroy(struct ftp_door *d); /* NULL is fine */
uint16_t ftp_port(const struct ftp_door *d);
/* Opens or closes the port as the faults want. 0 or negative errno. */
int ftp_apply_faults(struct ftp_door *d);
/* Ends every connection. */
void ftp_drop(struct ftp_door *d, const char *why);
