/* SPDX-License-Identifier: MIT */
/* The reader of XML: what is told, where it stops, what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/util.h"
#include "ctl/inspect/xml.h"

struct told {
	char text[256];
	int stop_at; /* elements until start refuses; 0 = never */
};

static int start(void *arg, int depth, const char *element, const char **attributes, struct err *e)
{
	struct told *t = arg;
	size_t used = strlen(t->text);
	const char *key = xml_attribute(attributes, "key");

	snprintf(
	    t->text + used, sizeof(t->text) - used, "%d%s(%s)", depth, element, key ? key : "");
	if (t->stop_at > 0 && --t->stop_at == 0) {
		err_set(e, ERR_FILE_REFUSED, "enough");
		return -EINVAL;
	}
	return 0;
}

static int end(void *arg, int depth, const char *element, struct err *e)
{
	struct told *t = arg;
	size_t used = strlen(t->text);

	snprintf(t->text + used, sizeof(t->text) - used, "/%d", depth);
	return 0;
}

static int read_text(struct told *t, const char *text, struct err *e)
{
	struct xml_reader r = {.start = start, .end = end, .arg = t};

	return xml_read(&r, text, strlen(text), "the part", e);
}

static void xml_tells_depths_and_attributes(void **state)
{
	struct told t = {0};
	struct err e = {0};

	assert_int_equal(read_text(&t, "<c><p key=\"a&lt;b\" x=\"1\"/>text<p/></c>", &e), 0);
	assert_string_equal(t.text, "1c()2p(a<b)/22p()/2/1");
}

static void xml_stops_where_the_reader_says_and_keeps_its_word(void **state)
{
	struct told t = {.stop_at = 2};
	struct err e = {0};

	assert_int_equal(read_text(&t, "<c><p/><p/></c>", &e), -EINVAL);
	assert_string_equal(t.text, "1c()2p()");
	assert_string_equal(e.message, "enough");
}

static void assert_refused(const char *text, const char *why)
{
	struct told t = {0};
	struct err e = {0};

	assert_int_equal(read_text(&t, text, &e), -EINVAL);
	assert_int_equal(e.type, ERR_FILE_REFUSED);
	assert_non_null(strstr(e.message, why));
	assert_non_null(strstr(e.message, "the part"));
}

static void xml_refuses_a_document_type_before_its_entities(void **state)
{
	assert_refused("<!DOCTYPE c><c/>", "document type");
	assert_refused("<!DOCTYPE c [<!ENTITY a \"b\">]><c>&a;</c>", "document type");
	assert_refused("<!DOCTYPE c SYSTEM \"x.dtd\"><c/>", "document type");
	assert_refused("<c>&a;</c>", "no XML");
}

static void xml_refuses_depth_beyond_its_limit(void **state)
{
	char text[4 * XML_DEPTH_MAX + 16] = "";
	struct told t = {0};
	struct err e = {0};

	for (int i = 0; i < XML_DEPTH_MAX; i++) {
		memcpy(text + 3 * i, "<a>", 4);
	}
	assert_int_equal(read_text(&t, text, &e), -EINVAL);
	assert_non_null(strstr(e.message, "no XML")); /* only its end is missing */
	memcpy(text + 3 * XML_DEPTH_MAX, "<a>", 4);
	assert_refused(text, "nested too deeply");
}

static void xml_refuses_what_is_none(void **state)
{
	assert_refused("", "no XML");
	assert_refused("<c>", "no XML");
	assert_refused("<c></d>", "no XML");
	assert_refused("<c a='1' a='2'/>", "no XML");
	assert_refused("<c/><c/>", "no XML");
	assert_refused("<c a='\xff'/>", "no XML");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(xml_tells_depths_and_attributes),
	    cmocka_unit_test(xml_stops_where_the_reader_says_and_keeps_its_word),
	    cmocka_unit_test(xml_refuses_a_document_type_before_its_entities),
	    cmocka_unit_test(xml_refuses_depth_beyond_its_limit),
	    cmocka_unit_test(xml_refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
