/* SPDX-License-Identifier: MIT */
/* Public keys of the authorities that sign printers' certificates. */
#pragma once

#include <stddef.h>

/* PEM texts (SubjectPublicKeyInfo), one key each: numbers read from the certificates the vendor
 * publishes. */
extern const char *const printer_anchors[];
extern const size_t printer_anchors_count;
