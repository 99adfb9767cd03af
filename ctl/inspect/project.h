/* SPDX-License-Identifier: MIT */
/* What a 3mf file tells: plates with their filaments and objects, gathered from its parts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROJECT_PLATES_MAX 128
#define PROJECT_FILAMENTS_MAX 64
#define PROJECT_OBJECTS_MAX 2000 /* listed, of all plates; further ones are only counted */
#define PROJECT_MODELS_MAX 8
#define PROJECT_WARNINGS_MAX 32
#define PROJECT_NOZZLES_MAX 8
#define PROJECT_NAME_SIZE 256
#define PROJECT_WORD_SIZE 32

struct project_filament {
	int id;								    /* from 1 */
	char type[PROJECT_WORD_SIZE], color[8], profile[PROJECT_WORD_SIZE]; /* "" = not told */
	double grams, meters;						    /* NAN = not told */
	int group; /* of filaments on one nozzle, from 0; -1 = not told, or on several */
};

struct project_object {
	int64_t id;
	bool skipped;
	char name[PROJECT_NAME_SIZE];
};

struct project_plate {
	int index; /* from 1 */
	bool gcode, thumbnail;
	char name[PROJECT_NAME_SIZE], bed_type[PROJECT_WORD_SIZE]; /* "" = not told */
	double time_s, weight_g;				   /* NAN = not told */
	double nozzles_mm[PROJECT_NOZZLES_MAX];
	size_t nozzle_count;
	/* Slicer's number of the nozzle (from 1) for each filament of the project; 0 = not told. */
	int maps[PROJECT_FILAMENTS_MAX];
	size_t map_count;
	/* The same for a group. */
	int group_nozzle[PROJECT_NOZZLES_MAX];
	struct project_filament *filaments;
	size_t filament_count;
	struct project_object *objects;
	size_t object_count, objects_total;
};

struct project {
	char models[PROJECT_MODELS_MAX][PROJECT_WORD_SIZE]; /* the vendor's codes */
	size_t model_count;
	char product[PROJECT_NAME_SIZE];   /* "Bambu Lab P1S"; "" = not told */
	size_t filament_count;		   /* of the project; 0 = not told */
	int physical[PROJECT_NOZZLES_MAX]; /* the printer's number for each of the slicer's */
	size_t physical_count;
	struct project_plate plates[PROJECT_PLATES_MAX];
	size_t plate_count;
	size_t object_count; /* listed, of all plates */
	char warnings[PROJECT_WARNINGS_MAX][PROJECT_NAME_SIZE];
	size_t warning_count;
};

/* Heap: it is large. */
struct project *project_create(void);
void project_destroy(struct project *p);
/* The plate of that number, made when there is none; NULL when the number is out of range. Plates
 * stay in the order of their numbers, so an earlier pointer may hold another plate afterwards. */
struct project_plate *project_plate(struct project *p, int index);
/* NULL when there is none. */
struct project_plate *project_find(struct project *p, int index);
void project_init_plate(struct project_plate *plate);
void project_finish_plate(struct project_plate *plate);
/* Adds a code unless it is known already or there are too many. */
void project_add_model(struct project *p, const char *code);
/* Copies at most size - 1 bytes, whole characters only, up to the first that is no UTF-8. */
void project_copy(char *dst, size_t size, const char *src);
void project_warn(struct project *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The AMS mapping has that many entries. */
size_t project_filament_count(const struct project *p);
/* The printer's number of the nozzle, 0 = right, 1 = left; -1 = there is only one, or not told. */
int project_nozzle(const struct project *p, const struct project_plate *plate,
    const struct project_filament *filament);
