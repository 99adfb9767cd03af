/* SPDX-License-Identifier: MIT */
/* The configuration shown and compared. */
#include "tests/unit/config/fixture.h"

static char *dump(const struct config *c)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	config_dump(c, f);
	fclose(f);
	return xstrdup(text); /* gcc 12 takes the stream's own text for a dangling pointer */
}

static void dump_shows_values_with_their_origin(void **state)
{
	struct config *c = fixture_load(FIXTURE_PRINTER "Tags=a\nTags=b\nPort=\n");
	_cleanup_free_ char *text = dump(c), *want = NULL;

	want = xasprintf("# %s:5\nInstance=i\n", fixture_path("t.conf"));
	fixture_has(text, want);
	free(want);
	want = xasprintf("# %s:11\nTags=a b\n", fixture_path("t.conf"));
	fixture_has(text, want);
	fixture_has(text, "# default\nPort=8883\n");
	fixture_has(text, "# default\nLogLevel=info\n");
	config_destroy(c);
}

static void dump_never_shows_a_secret(void **state)
{
	struct config *c = fixture_load("[Cloud]\nToken=canary1\n" FIXTURE_PRINTER);
	_cleanup_free_ char *text = dump(c);

	assert_null(strstr(text, "12345678"));
	assert_null(strstr(text, "canary1"));
	fixture_has(text, "AccessCode=***\n");
	fixture_has(text, "Token=***\n");
	config_destroy(c);
}

static void dump_shows_why_a_printer_is_disabled(void **state)
{
	struct config *c = fixture_load(FIXTURE_PRINTER "Port=x\n");
	_cleanup_free_ char *text = dump(c), *want = NULL;

	want = xasprintf("[Printer one]\n# disabled: %s:10: Port=x", fixture_path("t.conf"));
	fixture_has(text, want);
	config_destroy(c);
}

static void dump_names_every_key_of_the_table(void **state)
{
	struct config *c = fixture_load(FIXTURE_PRINTER "[Hook a]\nOn=*\nExec=/bin/true\n");
	_cleanup_free_ char *text = dump(c);
	unsigned i;

	for (i = 0; i < config_key_count; i++) {
		_cleanup_free_ char *line = xasprintf("\n%s=", config_keys[i].name);

		fixture_has(text, line);
	}
	config_destroy(c);
}

/* All but the secret, which the dump leaves out. */
static void dump_is_a_configuration_of_the_same_values(void **state)
{
	struct config *c, *again;
	_cleanup_free_ char *text = NULL, *changed = NULL, *restart = NULL;

	fixture_write("ca.pem", 0644, "");
	fixture_write("code", 0600, "12345678");
	c = fixture_load(
	    FIXTURE_PRINTER "Tags=a b\nCaFile=./ca.pem\nVerify=pin\nCameraPort=6000\nPin="
			    "00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100\n"
			    "[Cloud]\nRegion=china\n"
			    "[Hook a]\nOn=print.* hms.raised\nExec=/bin/true 'a "
			    "b'\nTimeout=5min\n[Daemon]\nOthers=read\nLogLevel=debug\n");
	text = dump(c);
	*strstr(text, "AccessCode=***") = '#';
	again = fixture_load_mode(0600, text);
	assert_int_equal(again->error_count, 1);
	fixture_has(again->printers[0].disabled, "no AccessCode=");
	free(again->printers[0].disabled);
	again->printers[0].disabled = NULL;
	again->printers[0].access_code = secret_dup(c->printers[0].access_code);
	config_diff(c, again, &changed, &restart);
	assert_string_equal(changed, "[]");
	assert_string_equal(restart, "[]");
	config_destroy(c);
	config_destroy(again);
}

static void diff_names_what_changed_and_what_needs_a_restart(void **state)
{
	struct config *a = fixture_load("[Printer a]\n[Printer b]\n[Printer d]\nPort=1\n");
	struct config *b = fixture_load("LogLevel=debug\nSocket=./other\nCacheDirectory=./o\n"
					"[Printer b]\n[Printer c]\n[Printer d]\nPort=2\n");
	_cleanup_free_ char *changed = NULL, *restart = NULL;

	/* The reason names a line; the lines moved. */
	free(b->printers[0].disabled);
	b->printers[0].disabled = xstrdup(a->printers[1].disabled);
	config_diff(a, b, &changed, &restart);
	assert_string_equal(
	    changed, "[\"Daemon.LogLevel\",\"Printer a\",\"Printer c\",\"Printer d\"]");
	assert_string_equal(restart, "[\"Daemon.Socket\",\"Daemon.CacheDirectory\"]");
	config_destroy(a);
	config_destroy(b);
}

static void diff_names_hooks(void **state)
{
	struct config *a =
	    fixture_load("[Hook a]\nOn=*\nExec=/bin/true\n[Hook b]\nOn=*\nExec=/bin/true\n");
	struct config *b =
	    fixture_load("[Hook b]\nOn=*\nExec=/bin/true\n\n[Hook c]\nOn=*\nExec=/bin/true\n");
	struct config *c =
	    fixture_load("[Hook b]\nOn=*\nExec=/bin/true 1\n[Hook c]\nOn=*\nExec=/bin/true\n");
	_cleanup_free_ char *changed = NULL, *then = NULL, *none = NULL, *restart = NULL;

	config_diff(a, b, &changed, &restart);
	assert_string_equal(changed, "[\"Hook a\",\"Hook c\"]");
	assert_string_equal(restart, "[]");
	free(TAKE(restart));
	config_diff(b, c, &then, &restart);
	assert_string_equal(then, "[\"Hook b\"]");
	free(TAKE(restart));
	config_diff(c, c, &none, &restart);
	assert_string_equal(none, "[]");
	config_destroy(a);
	config_destroy(b);
	config_destroy(c);
}

static void diff_sees_a_new_access_code(void **state)
{
	struct config *a = fixture_load(FIXTURE_PRINTER);
	struct config *b = fixture_load(FIXTURE_PRINTER "AccessCode=2\n");
	_cleanup_free_ char *changed = NULL, *restart = NULL;

	config_diff(a, b, &changed, &restart);
	assert_string_equal(changed, "[\"Printer one\"]");
	config_destroy(a);
	config_destroy(b);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(dump_shows_values_with_their_origin),
	    T(dump_never_shows_a_secret),
	    T(dump_shows_why_a_printer_is_disabled),
	    T(dump_names_every_key_of_the_table),
	    T(dump_is_a_configuration_of_the_same_values),
	    T(diff_names_what_changed_and_what_needs_a_restart),
	    T(diff_names_hooks),
	    T(diff_sees_a_new_access_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
