/* SPDX-License-Identifier: MIT */
/* Who may do what: the rules on made-up credentials, and the kernel's word about a real peer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>

#include "common/util.h"
#include "daemon/api/access.h"

#define NONE ((gid_t)-1)

static enum perm judge(struct server_access a, uid_t uid, gid_t gid, gid_t extra)
{
	gid_t groups[3] = {7, extra, 9};
	struct peer p = {.pid = 1, .uid = uid, .gid = gid, .groups = groups, .group_count = 3};

	return access_judge(&a, &p);
}

static const struct server_access service = {.own_uid = 990, .control_gid = 500, .read_gid = 501};

static void access_root_and_own_user_are_admin(void **state)
{
	assert_int_equal(judge(service, 0, 0, 0), PERM_ADMIN);
	assert_int_equal(judge(service, 990, 990, 0), PERM_ADMIN);
}

static void access_groups_give_control_and_read(void **state)
{
	assert_int_equal(judge(service, 1000, 1000, 500), PERM_CONTROL);
	assert_int_equal(judge(service, 1000, 1000, 501), PERM_READ);
	assert_int_equal(judge(service, 1000, 500, 501), PERM_CONTROL);
	assert_int_equal(judge(service, 1000, 501, 8), PERM_READ);
}

static void access_stranger_has_nothing_unless_others_read(void **state)
{
	struct server_access open = service;

	open.others_read = true;
	assert_int_equal(judge(service, 1000, 1000, 8), PERM_ANY);
	assert_int_equal(judge(open, 1000, 1000, 8), PERM_READ);
	assert_int_equal(judge(open, 1000, 1000, 500), PERM_CONTROL);
}

static void access_missing_groups_match_nobody(void **state)
{
	struct server_access a = {.own_uid = 990, .control_gid = NONE, .read_gid = NONE};

	assert_int_equal(judge(a, 1000, 1000, 500), PERM_ANY);
	assert_int_equal(judge(a, 1000, NONE, NONE), PERM_ANY);
}

static void access_private_daemon_serves_its_user_and_root_only(void **state)
{
	struct server_access a = {.own_uid = 1000,
	    .private_user = true,
	    .control_gid = 500,
	    .read_gid = 501,
	    .others_read = true};

	assert_int_equal(judge(a, 1000, 1000, 8), PERM_ADMIN);
	assert_int_equal(judge(a, 0, 0, 8), PERM_ADMIN);
	assert_int_equal(judge(a, 1001, 1001, 500), PERM_ANY);
}

static void access_unknown_uid_has_nothing(void **state)
{
	struct server_access open = service;

	open.others_read = true;
	assert_int_equal(judge(open, (uid_t)-1, 500, 500), PERM_ANY);
}

static void access_allows_follows_the_order_and_fails_closed(void **state)
{
	for (int have = PERM_ANY; have < PERM_COUNT; have++) {
		for (int need = PERM_ANY; need < PERM_COUNT; need++) {
			assert_int_equal(access_allows(have, need), have >= need);
		}
		assert_false(access_allows(have, PERM_COUNT));
	}
	assert_false(access_allows(PERM_COUNT, PERM_READ));
	assert_false(access_allows((enum perm) - 1, PERM_ADMIN));
}

static void access_reads_the_peer_from_the_kernel(void **state)
{
	struct peer p = {0};
	int fds[2];
	int groups = getgroups(0, NULL);

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(peer_read(fds[0], &p), 0);
	assert_int_equal(p.uid, geteuid());
	assert_int_equal(p.gid, getegid());
	assert_int_equal(p.pid, getpid());
	assert_int_equal(p.group_count, groups);
	peer_finish(&p);
	peer_finish(&p);
	close(fds[0]);
	close(fds[1]);
}

static void access_no_socket_is_an_error(void **state)
{
	struct peer p = {.uid = 77};
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_true(peer_read(fds[0], &p) < 0);
	assert_int_equal(p.uid, 77);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(access_root_and_own_user_are_admin),
	    cmocka_unit_test(access_groups_give_control_and_read),
	    cmocka_unit_test(access_stranger_has_nothing_unless_others_read),
	    cmocka_unit_test(access_missing_groups_match_nobody),
	    cmocka_unit_test(access_private_daemon_serves_its_user_and_root_only),
	    cmocka_unit_test(access_unknown_uid_has_nothing),
	    cmocka_unit_test(access_allows_follows_the_order_and_fails_closed),
	    cmocka_unit_test(access_reads_the_peer_from_the_kernel),
	    cmocka_unit_test(access_no_socket_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
