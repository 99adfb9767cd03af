/* SPDX-License-Identifier: MIT */
/* SQLite's library, loaded with its first use. */
#pragma once

/* 0; -ELIBACC: it is not there, which is logged once. Before any function of sqlite3.h. */
int sqlite_lib_load(void);
