/* SPDX-License-Identifier: MIT */
/* The vendor's text per key: white space stripped, objects merged, everything else replaced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/model/raw.h"
#include "tests/unit/model/feed.h"

static void merge(struct raw *r, const char *text)
{
	_cleanup_free_ char *json = quoted(text);
	struct scan s;

	scan_init(&s);
	assert_int_equal(scan_parse(&s, json, strlen(json)), SCAN_OK);
	raw_merge(r, &s, 0);
	scan_finish(&s);
}

static void check(const struct raw *r, const char *section, const char *want)
{
	_cleanup_free_ char *json = quoted(want);
	struct jw w;

	jw_init(&w);
	raw_write(r, &w, NULL, section);
	assert_string_equal(w.buf, json);
	jw_finish(&w);
}

static void raw_keeps_text_as_sent_without_white_space(void **state)
{
	struct raw *r = raw_create();

	merge(r,
	    " { 'a' : 1.50 , 'b c' : 'x  y' ,\n 'd' : [ 1 , { 'e' : 'q\\\\ \\\\' } ] , 'n':null }");
	check(r, NULL, "{'a':1.50,'b c':'x  y','d':[1,{'e':'q\\\\ \\\\'}],'n':null}");
	check(r, "d", "{'d':[1,{'e':'q\\\\ \\\\'}]}");
	check(r, "nothing", "{}");
	raw_destroy(r);
}

static void raw_replaces_scalars_and_arrays(void **state)
{
	struct raw *r = raw_create();

	merge(r, "{'a':1,'b':[1,2,3],'c':{'x':1},'d':'text'}");
	merge(r, "{'a':22222,'b':[],'c':7,'e':true}");
	check(r, NULL, "{'a':22222,'b':[],'c':7,'d':'text','e':true}");
	merge(r, "{'c':{'y':2}}");
	check(r, "c", "{'c':{'y':2}}");
	raw_destroy(r);
}

static void raw_merges_objects_at_every_depth(void **state)
{
	struct raw *r = raw_create();

	merge(r, "{'device':{'extruder':{'info':[1],'state':2},'nozzle':{'info':[{'id':0}]}}}");
	merge(r, "{'device':{ 'extruder' : { 'state' : 274 }, 'bed':1 }}");
	check(r, NULL,
	    "{'device':{'extruder':{'info':[1],'state':274},'nozzle':{'info':[{'id':0}]},"
	    "'bed':1}}");
	raw_destroy(r);
}

static void raw_takes_the_last_of_duplicates(void **state)
{
	struct raw *r = raw_create();

	merge(r, "{'a':1,'a':2}");
	check(r, NULL, "{'a':2}");
	merge(r, "{'o':{'w':0},'o':{'x':1}}");
	check(r, "o", "{'o':{'x':1}}");
	merge(r, "{'o':{'y':1,'x':2,'y':3,'x':4}}");
	check(r, "o", "{'o':{'x':4,'y':3}}");
	raw_destroy(r);
}

static void raw_clears(void **state)
{
	struct raw *r = raw_create();

	merge(r, "{'a':1}");
	raw_clear(r);
	assert_int_equal(raw_bytes(r), 0);
	merge(r, "{'b':1}");
	check(r, NULL, "{'b':1}");
	raw_destroy(r);
}

static void raw_is_bounded_in_keys(void **state)
{
	struct raw *r = raw_create();
	char text[64];
	int i;

	for (i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "{'key%d':%d}", i, i);
		merge(r, text);
	}
	assert_int_equal(raw_left_out(r), 5000 - RAW_KEYS_MAX);
	check(r, "key7", "{'key7':7}");
	check(r, "key4999", "{}");
	raw_destroy(r);
}

/* A value that has no room leaves nothing: the older text would be a lie. */
static void raw_is_bounded_in_bytes(void **state)
{
	struct raw *r = raw_create();
	_cleanup_free_ char *big = xmalloc(RAW_BYTES_MAX + 64);
	_cleanup_free_ char *text = NULL;

	memset(big, 'x', RAW_BYTES_MAX - 64);
	big[RAW_BYTES_MAX - 64] = '\0';
	text = xasprintf("{'big':'%s','small':'one'}", big);
	merge(r, text);
	assert_int_equal(raw_left_out(r), 0);
	merge(r, "{'small':'a text that is longer than what is left of the room, which was 64'}");
	assert_int_equal(raw_left_out(r), 1);
	check(r, "small", "{}");
	assert_true(raw_bytes(r) <= RAW_BYTES_MAX);
	raw_destroy(r);
}

static void raw_leaves_out_keys_beyond_63_bytes(void **state)
{
	struct raw *r = raw_create();

	merge(r, "{'0123456789012345678901234567890123456789012345678901234567890123':1,'a':2}");
	check(r, NULL, "{'a':2}");
	assert_int_equal(raw_left_out(r), 1);
	raw_destroy(r);
}

/* Values that change their size ten thousand times leave the block as small as its content. */
static void raw_packs_what_has_died(void **state)
{
	struct raw *r = raw_create();
	char text[256];
	int i;

	for (i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "{'a':'%0*d','b':'%0*d','c':{'k%d':%d}}", i % 97 + 1,
		    i, i * 7 % 61 + 1, i, i % 5, i);
		merge(r, text);
	}
	assert_true(raw_bytes(r) < 300);
	check(r, "c", "{'c':{'k0':9995,'k1':9996,'k2':9997,'k3':9998,'k4':9999}}");
	check(r, "b", "{'b':'000000000000000000000009999'}");
	raw_destroy(r);
}

/* Small pieces are kept beside a large object; nobody can tell. */
static void raw_joins_pieces_as_if_merged_at_once(void **state)
{
	static const char *const steps[] = {"{'o':{'n':2}}", "{'o':{'s':{'y':2}}}", "{'o':{'s':7}}",
	    "{'o':{'s':{'z':3}}}", "{'o':{'t':1}}", "{'o':{'t':{'u':1}}}", "{'o':{'new':[]}}",
	    "{'p':1}", "{'o':{ 'n' : 3 }}"};
	struct raw *r = raw_create();
	_cleanup_free_ char *big = xmalloc(2000), *first = NULL, *want = NULL;
	size_t i;

	memset(big, 'x', 1999);
	big[1999] = '\0';
	first = xasprintf("{'o':{'big':'%s','n':1,'s':{'x':1}}}", big);
	merge(r, first);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		merge(r, steps[i]);
	}
	want = xasprintf("{'o':{'big':'%s','n':3,'s':{'z':3},'t':{'u':1},'new':[]},'p':1}", big);
	check(r, NULL, want);
	merge(r, "{'o':7}");
	check(r, "o", "{'o':7}");
	merge(r, "{'o':{'a':1}}");
	check(r, "o", "{'o':{'a':1}}");
	raw_destroy(r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(raw_keeps_text_as_sent_without_white_space),
	    cmocka_unit_test(raw_replaces_scalars_and_arrays),
	    cmocka_unit_test(raw_merges_objects_at_every_depth),
	    cmocka_unit_test(raw_takes_the_last_of_duplicates),
	    cmocka_unit_test(raw_clears),
	    cmocka_unit_test(raw_is_bounded_in_keys),
	    cmocka_unit_test(raw_is_bounded_in_bytes),
	    cmocka_unit_test(raw_leaves_out_keys_beyond_63_bytes),
	    cmocka_unit_test(raw_packs_what_has_died),
	    cmocka_unit_test(raw_joins_pieces_as_if_merged_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
