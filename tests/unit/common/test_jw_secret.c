/* SPDX-License-Identifier: MIT */
/* A JSON writer of secrets gives no memory back that still holds one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <malloc.h>
#include <string.h>

#include "common/jw.h"
#include "common/util.h"

static const char canary[] = "cAnArY-0123456789";
static unsigned held, moved;

/* The linker sends every call of the program here (--wrap). */
void __real_free(void *p);
void *__real_realloc(void *p, size_t size);
void __wrap_free(void *p);
void *__wrap_realloc(void *p, size_t size);

static bool holds(void *p)
{
	return p != NULL && memmem(p, malloc_usable_size(p), canary, sizeof(canary) - 1) != NULL;
}

void __wrap_free(void *p)
{
	held += holds(p);
	__real_free(p);
}

void *__wrap_realloc(void *p, size_t size)
{
	moved += holds(p);
	return __real_realloc(p, size);
}

static void fill(struct jw *w)
{
	jw_array(w, NULL);
	for (int i = 0; i < 200; i++) {
		jw_str(w, NULL, canary);
	}
	jw_array_end(w);
}

static void growing_and_ending_leaves_nothing_behind(void **state)
{
	struct jw w;

	held = moved = 0;
	jw_init_secret(&w);
	fill(&w);
	assert_int_equal(w.len, 2 + 200 * (sizeof(canary) + 1) + 199);
	jw_finish(&w);
	assert_int_equal(held, 0);
	assert_int_equal(moved, 0);
}

/* Else the test above proves nothing. */
static void writer_of_no_secrets_is_seen_to_leave_some(void **state)
{
	struct jw w;

	held = moved = 0;
	jw_init(&w);
	fill(&w);
	jw_finish(&w);
	assert_int_equal(held, 1);
	assert_int_not_equal(moved, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(growing_and_ending_leaves_nothing_behind),
	    cmocka_unit_test(writer_of_no_secrets_is_seen_to_leave_some),
	};

	return cmocka_run_group_tests_name("jw_secret", tests, NULL, NULL);
}
