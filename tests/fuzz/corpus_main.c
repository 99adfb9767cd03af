/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over every file of the folders named on its command line: the corpus as an
 * ordinary test, without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/util.h"

#define INPUT_MAX (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes stand in a block of their own size, so that the sanitizer sees every overrun. */
static int run_file(const char *path)
{
	_cleanup_free_ uint8_t *buf = xmalloc(INPUT_MAX);
	_cleanup_free_ uint8_t *input = NULL;
	FILE *f = fopen(path, "rb");
	size_t size;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	size = fread(buf, 1, INPUT_MAX, f);
	fclose(f);
	input = xmalloc(size > 0 ? size : 1);
	memcpy(input, buf, size);
	LLVMFuzzerTestOneInput(input, size);
	return 0;
}

/* Files run, or -1. */
static int run_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *d;
	int count = 0, error = 0;

	if (dir == NULL) {
		perror(folder);
		return -1;
	}
	while (error == 0 && (d = readdir(dir)) != NULL) {
		_cleanup_free_ char *path = xasprintf("%s/%s", folder, d->d_name);

		if (d->d_name[0] != '.') {
			error = run_file(path);
			count++;
		}
	}
	closedir(dir);
	return error == 0 ? count : -1;
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		int count = run_folder(argv[i]);

		if (count <= 0) {
			fprintf(stderr, "%s: no input\n", argv[i]);
			return 1;
		}
		printf("%s: %d inputs\n", argv[i], count);
	}
	return argc > 1 ? 0 : 2;
}
