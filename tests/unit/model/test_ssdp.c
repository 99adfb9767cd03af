/* SPDX-License-Identifier: MIT */
/* Announcements as printers send them, and as strangers may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "daemon/model/ssdp.h"
#include "daemon/model/words.h"

#define TYPE "NT: " SSDP_TYPE "\r\n"
#define SERIAL "USN: 01P00A000000001\r\n"

static enum ssdp_kind parse(const char *text, struct ssdp_notice *ret)
{
	return ssdp_parse(text, strlen(text), ret);
}

static void notice_of_a_printer_is_read(void **state)
{
	struct ssdp_notice n;

	assert_int_equal(SSDP_ALIVE,
	    parse("NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1990\r\nServer: UPnP/1.0\r\n"
		  "Location: 192.0.2.31\r\n" TYPE "NTS: ssdp:alive\r\n" SERIAL
		  "Cache-Control: max-age=1800\r\nDevModel.bambu.com: C11\r\n"
		  "DevName.bambu.com: Shelf 1\r\nDevSignal.bambu.com: -52\r\n"
		  "DevConnect.bambu.com: lan\r\nDevBind.bambu.com: free\r\n"
		  "DevVersion.bambu.com: 01.06.00.00\r\n\r\n",
		&n));
	assert_string_equal(n.serial, "01P00A000000001");
	assert_string_equal(n.address, "192.0.2.31");
	assert_string_equal(n.model, "C11");
	assert_string_equal(n.name, "Shelf 1");
	assert_string_equal(n.firmware, "01.06.00.00");
	assert_string_equal(n.connect, "lan");
	assert_string_equal(n.bind, "free");
	assert_int_equal(n.signal_dbm, -52);
}

static void answer_to_a_search_is_read_too(void **state)
{
	struct ssdp_notice n;

	assert_int_equal(SSDP_ALIVE,
	    parse("http/1.1 200 OK\nst:" SSDP_TYPE "\nusn:uuid:01P00A000000001\nlocation:10.0.0.7",
		&n));
	assert_string_equal(n.serial, "01P00A000000001");
	assert_string_equal(n.address, "10.0.0.7");
	assert_string_equal(n.model, "");
	assert_int_equal(n.signal_dbm, UNKNOWN_INT);
}

static void goodbye_is_told_apart(void **state)
{
	struct ssdp_notice n;

	assert_int_equal(
	    SSDP_BYEBYE, parse("NOTIFY * HTTP/1.1\r\nNTS: ssdp:byebye\r\n" TYPE SERIAL, &n));
}

static void others_are_not_taken_for_printers(void **state)
{
	static const char *const texts[] = {
	    "",
	    "NOTIFY * HTTP/1.1\r\n" SERIAL,
	    "NOTIFY * HTTP/1.1\r\nNT: upnp:rootdevice\r\n" SERIAL,
	    "NOTIFY * HTTP/1.1\r\n" TYPE,
	    "NOTIFY * HTTP/1.1\r\n" TYPE "USN: \r\n",
	    "NOTIFY * HTTP/1.1\r\n" TYPE "USN: 01P00A0000/../1\r\n",
	    "NOTIFY * HTTP/1.1\r\n" TYPE "USN: 0123456789012345678901234567\r\n",
	    "M-SEARCH * HTTP/1.1\r\nST: " SSDP_TYPE "\r\n" SERIAL,
	    "HTTP/1.1 404 Not Found\r\nST: " SSDP_TYPE "\r\n" SERIAL,
	    TYPE SERIAL,
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ssdp_notice n = {.serial = "untouched"};

		assert_int_equal(parse(texts[i], &n), SSDP_NONE);
		assert_string_equal(n.serial, "untouched");
	}
	assert_int_equal(parse(ssdp_search(), &(struct ssdp_notice){0}), SSDP_NONE);
}

static void what_is_not_fit_to_show_is_left_out(void **state)
{
	struct ssdp_notice n;

	assert_int_equal(SSDP_ALIVE,
	    parse("NOTIFY * HTTP/1.1\r\n" TYPE SERIAL "Location: 192.0.2.1 and more\r\n"
		  "DevName.bambu.com: a\033[31mb\r\nDevModel.bambu.com: "
		  "a-very-long-code-of-a-model-that-nobody-has\r\nDevSignal.bambu.com: 12\r\n"
		  "DevVersion.bambu.com: \xff\xfe\r\n",
		&n));
	assert_string_equal(n.address, "");
	assert_string_equal(n.name, "");
	assert_string_equal(n.model, "");
	assert_string_equal(n.firmware, "");
	assert_int_equal(n.signal_dbm, UNKNOWN_INT);
}

static void message_of_many_bytes_is_not_read(void **state)
{
	char text[SSDP_BYTES_MAX + 64];
	struct ssdp_notice n;

	memset(text, 'x', sizeof(text));
	memcpy(
	    text, "NOTIFY * HTTP/1.1\r\n" TYPE SERIAL, strlen("NOTIFY * HTTP/1.1\r\n" TYPE SERIAL));
	assert_int_equal(ssdp_parse(text, sizeof(text), &n), SSDP_NONE);
	assert_int_equal(ssdp_parse(text, SSDP_BYTES_MAX, &n), SSDP_ALIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(notice_of_a_printer_is_read),
	    cmocka_unit_test(answer_to_a_search_is_read_too),
	    cmocka_unit_test(goodbye_is_told_apart),
	    cmocka_unit_test(others_are_not_taken_for_printers),
	    cmocka_unit_test(what_is_not_fit_to_show_is_left_out),
	    cmocka_unit_test(message_of_many_bytes_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
