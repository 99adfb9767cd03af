/* SPDX-License-Identifier: MIT */
/* Addresses of the internet, and those that are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "common/util.h"
#include "daemon/io/address.h"

static bool is_public(const char *text)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		return address_is_public((const struct sockaddr *)&v4);
	}
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return address_is_public((const struct sockaddr *)&v6);
}

static void check(const char *const *list, size_t count, bool wanted)
{
	for (size_t i = 0; i < count; i++) {
		if (is_public(list[i]) != wanted) {
			fail_msg("%s", list[i]);
		}
	}
}

static void addresses_of_the_internet_are_public(void **state)
{
	static const char *const list[] = {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0",
	    "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "168.63.129.15",
	    "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0",
	    "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
	    "2606:4700::1111", "2001:200::1", "2a01::1", "3ffe::1"};

	check(list, ARRAY_SIZE(list), true);
}

static void machines_and_networks_are_not(void **state)
{
	static const char *const list[] = {"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255",
	    "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.0.1",
	    "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "192.0.2.1",
	    "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
	    "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "febf::1",
	    "fec0::1", "fc00::1", "fdff::1", "ff02::1", "2001:db8::1", "3fff::1", "100::1",
	    "2001::1", "4000::1", "1fff::1"};

	check(list, ARRAY_SIZE(list), false);
}

static void metadata_services_are_not(void **state)
{
	static const char *const list[] = {"169.254.169.254", "169.254.170.2", "100.100.100.200",
	    "192.0.0.192", "168.63.129.16", "fd00:ec2::254"};

	check(list, ARRAY_SIZE(list), false);
}

static void address_within_an_address_is_judged(void **state)
{
	static const char *const inside[] = {"::ffff:127.0.0.1", "::ffff:10.0.0.1",
	    "::ffff:169.254.169.254", "64:ff9b::127.0.0.1", "64:ff9b::192.168.0.1",
	    "2002:7f00:1::1", "2002:a9fe:a9fe::1", "::127.0.0.1", "::8.8.8.8", "64:ff9b:1::1"};
	static const char *const outside[] = {
	    "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"};

	check(inside, ARRAY_SIZE(inside), false);
	check(outside, ARRAY_SIZE(outside), true);
}

static void other_families_are_not(void **state)
{
	struct sockaddr local = {.sa_family = AF_UNIX};

	assert_false(address_is_public(&local));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_of_the_internet_are_public),
	    cmocka_unit_test(machines_and_networks_are_not),
	    cmocka_unit_test(metadata_services_are_not),
	    cmocka_unit_test(address_within_an_address_is_judged),
	    cmocka_unit_test(other_families_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
