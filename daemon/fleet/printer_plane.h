/* SPDX-License-Identifier: MIT */
/* The choice between a printer's two ways, for the files that make a printer. */
#pragma once

#include "daemon/fleet/printer_internal.h"

void printer_planes_init(struct printer *p);
void printer_planes_finish(struct printer *p);
/* The configuration speaks of the account anew. */
void printer_planes_update(struct printer *p);
int printer_publish(struct printer *p, const char *payload, size_t len);
/* Deltas wait for a full report; what it shows to be different is told as late. */
void printer_forget_base(struct printer *p);
int printer_publish_by(struct printer *p, enum plane plane, const char *payload, size_t len);
/* This way is the active one from now on: what was missed shows in the next full report. */
void printer_plane_take(struct printer *p, enum plane to, const char *reason);
/* A message came by `plane`; true when it is to be taken. */
bool printer_plane_hears(struct printer *p, enum plane plane, const char *payload, size_t len);
/* The other way is better now: it is taken. `reason` tells of the present one. */
bool printer_plane_change(struct printer *p, const char *reason);
/* The session of the local network began; true when it waits as the second way. */
bool printer_plane_lan_up(struct printer *p);
/* It ended; true when the printer is reached through the cloud. */
bool printer_plane_lan_down(struct printer *p, const char *text, const char *hint);
/* The cloud says that the printer came or went. */
void printer_plane_presence(struct printer *p, bool connected);
