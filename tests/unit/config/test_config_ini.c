/* SPDX-License-Identifier: MIT */
/* The ini grammar, line by line. */
#include <errno.h>

#include "daemon/config_ini.h"
#include "tests/unit/config/fixture.h"

/* All items as "[section]" and "key=value;", or "LINE: why". */
static const char *read_len(const char *text, size_t len)
{
	static char out[40000];
	char *copy = malloc(len + 1);
	struct config_ini_item item;
	struct config_ini r;
	const char *why = NULL;
	size_t n = 0;
	int rc;

	memcpy(copy, text, len);
	copy[len] = '\0';
	out[0] = '\0';
	config_ini_init(&r, copy, len);
	while ((rc = config_ini_next(&r, &item, &why)) == 1) {
		n += (size_t)snprintf(out + n, sizeof(out) - n, item.value ? "%s=%s;" : "[%s]",
		    item.name, item.value);
	}
	if (rc < 0) {
		assert_int_equal(rc, -EINVAL);
		snprintf(out, sizeof(out), "%u: %s", r.line, why);
	}
	free(copy);
	return out;
}

static const char *read_all(const char *text)
{
	return read_len(text, strlen(text));
}

static void ini_reads_sections_and_keys_trimmed(void **state)
{
	assert_string_equal(
	    read_all("[A]\n k = v w \r\n[B c]\n[ D ]\nx=\n"), "[A]k=v w;[B c][D]x=;");
	assert_string_equal(read_all("[A]\nlast=line"), "[A]last=line;");
	assert_string_equal(read_all("\xEF\xBB\xBF[A]\n"), "[A]");
	assert_string_equal(read_all(""), "");
}

static void ini_comments_are_whole_lines_only(void **state)
{
	assert_string_equal(read_all("# a\n; b\n\t # c\n[A]\nk=v # d ; e\n"), "[A]k=v # d ; e;");
}

static void ini_value_keeps_further_equal_signs_and_colons(void **state)
{
	assert_string_equal(read_all("[A]\nk=a=b:c\n"), "[A]k=a=b:c;");
	assert_string_equal(read_all("[A]\nk:v=1\n"), "[A]k:v=1;");
}

static void ini_refuses_lines_that_are_none_with_their_number(void **state)
{
	assert_string_equal(
	    read_all("[A]\nk=1\nword\n"), "3: neither [Section], Key=Value nor a comment");
	assert_string_equal(read_all("\nk=1\n"), "2: key before the first [Section]");
	assert_string_equal(read_all("[A]\n=1\n"), "2: no key before '='");
	assert_string_equal(read_all("[Open\n"), "1: a section heading ends with ']'");
	assert_string_equal(read_all("[A] x\n"), "1: a section heading ends with ']'");
	assert_string_equal(read_all("["), "1: a section heading ends with ']'");
	assert_string_equal(
	    read_all("[]\n"), "1: a section heading is [Section] or [Section NAME]");
	assert_string_equal(
	    read_all("[A]]\n"), "1: a section heading is [Section] or [Section NAME]");
}

static void ini_refuses_bytes_that_are_no_text(void **state)
{
	assert_string_equal(read_len("[A]\nk=a\0b\n", 10), "2: control character in the line");
	assert_string_equal(read_all("[A]\nk=\x1b[1m\n"), "2: control character in the line");
	assert_string_equal(read_all("[A]\nk=\x7f\n"), "2: control character in the line");
	assert_string_equal(read_all("[A]\nk=\xff\n"), "2: line is not UTF-8");
	assert_string_equal(read_all("# \xc0\x80\n"), "1: line is not UTF-8");
	assert_string_equal(read_all("[A]\nk=\xc3\xbc\n"), "[A]k=\xc3\xbc;");
}

static void ini_line_may_be_8192_bytes_and_no_longer(void **state)
{
	char text[CONFIG_INI_LINE_MAX + 16] = "[A]\nk=";
	char *line = text + 4;

	memset(line + 2, 'x', CONFIG_INI_LINE_MAX - 2);
	str_copy(line + CONFIG_INI_LINE_MAX, 8, "\n");
	assert_int_equal(strlen(read_all(text)), 3 + CONFIG_INI_LINE_MAX + 1);
	str_copy(line + CONFIG_INI_LINE_MAX, 8, "x\n");
	assert_string_equal(read_all(text), "2: line longer than 8192 bytes");
}

static void ini_long_names_are_never_cut(void **state)
{
	char text[512], want[512];
	char name[101];

	memset(name, 'n', 100);
	name[100] = '\0';
	snprintf(text, sizeof(text), "[Printer %s]\n%s=1\n", name, name);
	snprintf(want, sizeof(want), "[Printer %s]%s=1;", name, name);
	assert_string_equal(read_all(text), want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ini_reads_sections_and_keys_trimmed),
	    cmocka_unit_test(ini_comments_are_whole_lines_only),
	    cmocka_unit_test(ini_value_keeps_further_equal_signs_and_colons),
	    cmocka_unit_test(ini_refuses_lines_that_are_none_with_their_number),
	    cmocka_unit_test(ini_refuses_bytes_that_are_no_text),
	    cmocka_unit_test(ini_line_may_be_8192_bytes_and_no_longer),
	    cmocka_unit_test(ini_long_names_are_never_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
