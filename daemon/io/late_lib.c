/* SPDX-License-Identifier: MIT */
/* dlopen and a table of names. */
#include "daemon/io/late_lib.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "common/util.h"

int late_load(const char *file, const struct late_function *rows, size_t count, void *api,
    char why[static LATE_WHY_BYTES])
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library != NULL && i < count; i++) {
		void *function = dlsym(library, rows[i].name);

		if (function == NULL) {
			str_copy(why, LATE_WHY_BYTES, dlerror());
			dlclose(library);
			return -ELIBACC;
		}
		memcpy((char *)api + rows[i].at, &function, sizeof(function));
	}
	if (library == NULL) {
		str_copy(why, LATE_WHY_BYTES, dlerror());
		return -ELIBACC;
	}
	return 0;
}
