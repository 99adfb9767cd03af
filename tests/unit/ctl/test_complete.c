/* SPDX-License-Identifier: MIT */
/* Completion without a daemon: verbs, options and their values, in every place they may stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "common/util.h"
#include "ctl/args.h"
#include "ctl/complete.h"

#define COMPLETE(...)                                \
	complete((const char *const[]){__VA_ARGS__}, \
	    (int)ARRAY_SIZE(((const char *const[]){__VA_ARGS__})))

static int status;

/* Candidates without their explanations, a blank behind each; the last word is being typed. */
static char *complete(const char *const *words, int count)
{
	_cleanup_free_ char *lines = NULL;
	char *found = NULL;
	size_t size, found_size;
	FILE *f = open_memstream(&lines, &size), *out = open_memstream(&found, &found_size);

	status = complete_run(f, words, count);
	fclose(f);
	for (const char *p = lines; *p; p += strcspn(p, "\n") + 1) {
		fprintf(out, "%.*s ", (int)strcspn(p, "\t\n"), p);
	}
	fclose(out);
	return found;
}

static void assert_and_free(char *found, const char *expected)
{
	assert_string_equal(found, expected);
	assert_int_equal(status, 0);
	free(found);
}

static void complete_offers_verbs_word_by_word(void **state)
{
	assert_and_free(COMPLETE("st"), "status stop ");
	assert_and_free(COMPLETE("dae"), "daemon ");
	assert_and_free(COMPLETE("daemon", "st"), "stats status ");
	assert_and_free(COMPLETE("mqtt", ""), "listen request ");
	assert_and_free(COMPLETE("help", "mq"), "mqtt ");
	assert_and_free(COMPLETE("help", "mqtt", "l"), "listen ");
	assert_and_free(COMPLETE("nonsense", ""), "");
}

static void complete_offers_options_that_fit_the_verb(void **state)
{
	assert_and_free(COMPLETE("events", "--k"), "--kind ");
	assert_and_free(COMPLETE("status", "--k"), "");
	assert_and_free(COMPLETE("wait", "x", "--un"), "--until ");
	assert_and_free(COMPLETE("--no-"), "--no-legend --no-pager --no-wait ");
	assert_and_free(COMPLETE("status", "--", "--no-"), "");
}

static void complete_offers_values_of_options(void **state)
{
	assert_and_free(COMPLETE("list", "--color", "a"), "auto always ");
	assert_and_free(COMPLETE("list", "--color=al"), "--color=always ");
	assert_and_free(COMPLETE("--json=p"), "--json=pretty ");
	assert_and_free(COMPLETE("list", "-o", "NAME,ST"), "NAME,STATE NAME,STAGE ");
	assert_and_free(COMPLETE("hms", "-no", "SEV"), "SEVERITY ");
	assert_and_free(COMPLETE("events", "--kind", "door"), "door.* door.opened door.closed ");
	assert_and_free(
	    COMPLETE("events", "--kind", "door.*,light"), "door.*,light.* door.*,light.changed ");
	assert_and_free(COMPLETE("events", "--limit", ""), "");
	/* A value that looks like an option is one's value all the same. */
	assert_and_free(COMPLETE("events", "--kind", "--limit", "st"), "");
}

static void assert_files(char *found)
{
	assert_string_equal(found, "");
	assert_int_equal(status, COMPLETE_FILES);
	free(found);
}

static void complete_leaves_paths_to_the_shell(void **state)
{
	assert_files(COMPLETE("--socket", "/ru"));
	assert_files(COMPLETE("print", "rack1", ""));
	assert_files(COMPLETE("print", "-p", "rack1", "li"));
	assert_and_free(COMPLETE("print", "rack1", "lid.3mf", ""), "");
	assert_files(COMPLETE("inspect", ""));
	assert_files(COMPLETE("inspect", "--plate", "1", "a.3"));
	assert_files(COMPLETE("inspect", "a.3mf", "--thumbnail", "o"));
	assert_and_free(COMPLETE("inspect", "a.3mf", ""), "");
	assert_and_free(COMPLETE("insp"), "inspect ");
	assert_files(COMPLETE("put", "rack1", "lid"));
	assert_files(COMPLETE("-p", "rack1", "put", "lid"));
	assert_and_free(COMPLETE("put", "rack1", "lid.3mf", ""), "");
	assert_and_free(COMPLETE("fetch", "rack1", ""), "");
	assert_files(COMPLETE("fetch", "rack1", "/lid.3mf", ""));
}

static void complete_offers_words_of_parameters(void **state)
{
	assert_and_free(COMPLETE("daemon", "log-level", ""), "err warn info debug ");
	assert_and_free(COMPLETE("ams", "rack1", ""), "low env ");
	assert_and_free(COMPLETE("-p", "rack1", "ams", "l"), "load low ");
	assert_and_free(COMPLETE("ams", "rack1", "low", ""), "");
	assert_and_free(
	    COMPLETE("call", "events."), "events.list events.subscribe events.unsubscribe ");
	assert_and_free(COMPLETE("status", "rack1", ""), "");
	assert_and_free(COMPLETE("hms", "text", ""), "");
	assert_and_free(COMPLETE("speed", "rack1", "s"), "silent standard sport ");
	assert_and_free(COMPLETE("speed", "rack1", "sport", ""), "");
	assert_and_free(COMPLETE("light", "rack1", "work", ""), "on off blink ");
	assert_and_free(COMPLETE("xcam", "rack1", "spaghetti_detector", ""), "off on ");
	assert_and_free(COMPLETE("pause", "rack1", ""), "");
}

static void complete_offers_groups_where_printers_go(void **state)
{
	assert_and_free(COMPLETE("status", "@p"), "@printing @problem ");
	assert_and_free(COMPLETE("status", "rack1,@i"), "rack1,@idle ");
	assert_and_free(COMPLETE("list", "rack1", "@al"), "@all ");
	assert_and_free(COMPLETE("-p", "@al"), "@all ");
	assert_and_free(COMPLETE("-p", "rack1", "status", "@"), "");
	assert_and_free(COMPLETE("refresh", "@al"), "@all ");
	assert_and_free(COMPLETE("wait", "@al"), "@all ");
}

static void complete_of_nothing_is_no_trouble(void **state)
{
	char *all = complete(NULL, 0);

	assert_non_null(strstr(all, "status "));
	free(all);
	assert_and_free(COMPLETE("", "", ""), "");
	assert_and_free(COMPLETE("--", "-p", ""), "");
}

static void complete_is_wanted_behind_options_alone(void **state)
{
	char *first[] = {"bambuctl", "__complete", "st"};
	char *later[] = {"bambuctl", "--socket", "x", "-n", "__complete", "st"};
	char *word[] = {"bambuctl", "status", "__complete"};
	char *value[] = {"bambuctl", "--socket", "__complete"};

	assert_int_equal(complete_wanted(3, first), 1);
	assert_int_equal(complete_wanted(6, later), 4);
	assert_int_equal(complete_wanted(3, word), 0);
	assert_int_equal(complete_wanted(3, value), 0);
	assert_int_equal(complete_wanted(1, word), 0);
}

static void args_tell_which_word_takes_the_next(void **state)
{
	assert_int_equal(args_wants_value("-p"), OPT_PRINTER);
	assert_int_equal(args_wants_value("-no"), OPT_COLUMNS);
	assert_int_equal(args_wants_value("--until"), OPT_UNTIL);
	assert_int_equal(args_wants_value("-oNAME"), OPT_COUNT);
	assert_int_equal(args_wants_value("--until=x"), OPT_COUNT);
	assert_int_equal(args_wants_value("--json"), OPT_COUNT);
	assert_int_equal(args_wants_value("--"), OPT_COUNT);
	assert_int_equal(args_wants_value("-"), OPT_COUNT);
	assert_int_equal(args_wants_value("-5"), OPT_COUNT);
	assert_int_equal(args_wants_value("word"), OPT_COUNT);
}

/* No daemon may answer: what is there comes from tables alone. */
static int set_up(void **state)
{
	return setenv("BAMBUD_SOCKET", "/nonexistent/s", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(complete_offers_verbs_word_by_word),
	    cmocka_unit_test(complete_offers_options_that_fit_the_verb),
	    cmocka_unit_test(complete_offers_values_of_options),
	    cmocka_unit_test(complete_leaves_paths_to_the_shell),
	    cmocka_unit_test(complete_offers_words_of_parameters),
	    cmocka_unit_test(complete_offers_groups_where_printers_go),
	    cmocka_unit_test(complete_of_nothing_is_no_trouble),
	    cmocka_unit_test(complete_is_wanted_behind_options_alone),
	    cmocka_unit_test(args_tell_which_word_takes_the_next),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
