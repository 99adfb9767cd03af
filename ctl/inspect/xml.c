/* SPDX-License-Identifier: MIT */
/* XML read element by element, within limits: no document type, so no entities of its own. */
#include "ctl/inspect/xml.h"

#include <errno.h>
#include <expat.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

struct walk {
	const struct xml_reader *reader;
	XML_Parser parser;
	const char *part;
	int depth;
	size_t elements;
	struct err *e;
	bool stopped; /* *e says why */
};

static void stop(struct walk *w)
{
	w->stopped = true;
	XML_StopParser(w->parser, XML_FALSE);
}

static void refuse(struct walk *w, const char *why)
{
	if (!w->stopped) {
		err_set(w->e, ERR_FILE_REFUSED, "%s %s", w->part, why);
		stop(w);
	}
}

static void XMLCALL on_start(void *arg, const char *element, const char **attributes)
{
	struct walk *w = arg;
	size_t count = 0;

	while (attributes[count]) {
		count += 2;
	}
	w->depth++;
	if (w->depth > XML_DEPTH_MAX) {
		refuse(w, "is nested too deeply");
	} else if (++w->elements > XML_ELEMENTS_MAX) {
		refuse(w, "has too many elements");
	} else if (count > 2 * XML_ATTRIBUTES_MAX) {
		refuse(w, "has an element with too many attributes");
	} else if (!w->stopped && w->reader->start &&
		   w->reader->start(w->reader->arg, w->depth, element, attributes, w->e) < 0) {
		stop(w);
	}
}

static void XMLCALL on_end(void *arg, const char *element)
{
	struct walk *w = arg;

	/* The end of an empty element follows its start even after a stop. */
	if (!w->stopped && w->reader->end &&
	    w->reader->end(w->reader->arg, w->depth, element, w->e) < 0) {
		stop(w);
	}
	w->depth--;
}

static void XMLCALL on_doctype(
    void *arg, const char *name, const char *system_id, const char *public_id, int internal)
{
	refuse(arg, "has a document type, where entities come from");
}

const char *xml_attribute(const char **attributes, const char *name)
{
	for (; attributes[0]; attributes += 2) {
		if (strcmp(attributes[0], name) == 0) {
			return attributes[1];
		}
	}
	return NULL;
}

int xml_read(
    const struct xml_reader *r, const char *text, size_t len, const char *part, struct err *e)
{
	struct walk w = {.reader = r, .part = part, .e = e};
	enum XML_Status status;

	if (len > INT_MAX) {
		err_set(e, ERR_FILE_REFUSED, "%s is too large", part);
		return -EINVAL;
	}
	w.parser = XML_ParserCreate(NULL);
	if (!w.parser) {
		err_set(e, ERR_FILE_REFUSED, "%s needs more memory than it may take", part);
		return -EINVAL;
	}
	XML_SetUserData(w.parser, &w);
	XML_SetElementHandler(w.parser, on_start, on_end);
	XML_SetStartDoctypeDeclHandler(w.parser, on_doctype);
	status = XML_Parse(w.parser, text, (int)len, XML_TRUE);
	if (status != XML_STATUS_OK && !w.stopped) {
		err_set(e, ERR_FILE_REFUSED, "%s is no XML: %s in line %lu", part,
		    XML_ErrorString(XML_GetErrorCode(w.parser)),
		    (unsigned long)XML_GetCurrentLineNumber(w.parser));
	}
	XML_ParserFree(w.parser);
	return status == XML_STATUS_OK ? 0 : -EINVAL;
}
