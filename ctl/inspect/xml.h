/* SPDX-License-Identifier: MIT */
/* XML read element by element, within limits: no document type, so no entities of its own. */
#pragma once

#include <stddef.h>

#include "common/err.h"

#define XML_DEPTH_MAX 32
#define XML_ATTRIBUTES_MAX 64
#define XML_ELEMENTS_MAX 1000000

struct xml_reader {
	/* depth: 1 = the outermost. attributes: name, value, ..., NULL; UTF-8. 0, or negative to
	 * stop, with *e filled. Either may be NULL. */
	int (*start)(
	    void *arg, int depth, const char *element, const char **attributes, struct err *e);
	int (*end)(void *arg, int depth, const char *element, struct err *e);
	void *arg;
};

/* Value of an attribute; NULL = absent. */
const char *xml_attribute(const char **attributes, const char *name);
/* part: what the text is called in *e. 0, or -EINVAL with *e. */
int xml_read(
    const struct xml_reader *r, const char *text, size_t len, const char *part, struct err *e);
