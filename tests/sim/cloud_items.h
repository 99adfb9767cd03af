/* SPDX-License-Identifier: MIT */
/* What the account holds: bound printers, projects, tasks, files, notifications, messages. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOUD_ITEMS_MAX 2000

/* Parallel to the printers of the farm. */
struct cloud_device {
	bool bound;
	char name[65];	   /* "" = the printer's own */
	char bind_code[9]; /* what binds it again */
};

struct cloud_project {
	int64_t id, made_s;
	char name[129];
	unsigned files;
};

struct cloud_task {
	int64_t id, begin_s, end_s; /* wall clock */
	size_t device;		    /* index of the printer */
	int status;		    /* 2 finished, 3 failed, 4 under way */
	char title[129];
	double weight_g;
};

struct cloud_file {
	int64_t id, size, made_s;
	char name[129], ticket[24]; /* of the upload; "" = from the start */
	bool stored, sized;	    /* which of the two uploads is done */
};

struct cloud_notice {
	int64_t id, at_s;
	bool read;
	char text[129];
};

struct cloud_items {
	struct cloud_device *device;
	size_t devices;
	struct cloud_project *project;
	size_t projects;
	struct cloud_task *task; /* oldest first, ids rising */
	size_t tasks;
	struct cloud_file *file;
	size_t files;
	struct cloud_notice *notice;
	size_t notices;
	char name[65], avatar[257]; /* of the profile */
};

/* The same invented things at every start. */
void cloud_items_init(struct cloud_items *i, size_t devices, int64_t uid);
void cloud_items_finish(struct cloud_items *i);
/* A new last one, zeroed but for its id; NULL when there are too many. */
struct cloud_project *cloud_add_project(struct cloud_items *i, const char *name);
struct cloud_task *cloud_add_task(struct cloud_items *i, const char *title, size_t device);
struct cloud_file *cloud_add_file(struct cloud_items *i, const char *name, int64_t size);
