/* SPDX-License-Identifier: MIT */
/* Where a printer is said to be: told by itself through the cloud, or by anybody on the network. */
#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include "common/util.h"
#include "daemon/fleet/printer_address.h"

enum {
	/* A forger can make us knock somewhere, and no oftener. */
	SAME_GAP_MS = 1500,
	OTHER_GAP_MS = 20 * 1000,
	REFUSED_GAP_MS = 5 * 60 * 1000,
};

static int64_t now_ms(const struct printer *p)
{
	return loop_now_ms(p->fleet->loop);
}

/* Not where nobody can be, nor everybody is. */
static bool is_host(const char *address)
{
	struct in_addr in;
	uint32_t ip;

	if (inet_pton(AF_INET, address, &in) != 1) {
		return false;
	}
	ip = ntohl(in.s_addr);
	return ip >> 24 != 0 && ip >> 24 < 224;
}

/* The address is only where to knock: the access code is for whoever proves to be this printer, so
 * there must be a proof. */
static bool wants_told(const struct printer *p)
{
	return !p->config.disabled && p->config.access_code && p->config.mode != MODE_CLOUD &&
	       p->config.verify != VERIFY_INSECURE;
}

static const char *known_address(const struct printer *p)
{
	const char *used = p->uplink ? uplink_address(p->uplink) : NULL;

	return used ? used : printer_address(p);
}

static void remember(struct printer *p, const char *address, const char *source)
{
	bool is_new = strcmp(address, p->told.address) != 0 || p->told.source != source;

	str_copy(p->told.address, sizeof(p->told.address), address);
	p->told.source = source;
	p->told.mono_ms = now_ms(p);
	if (is_new) {
		hub_mark(p->fleet->hub, &p->slot, SECTION_BIT(SECTION_LINK));
	}
}

/* The first word of where it is: now there is something to dial. */
static void begin(struct printer *p)
{
	printer_open_uplink(p);
	if (p->uplink && !p->planes.route) {
		printer_enter(p, LINK_CONNECTING, NULL, NULL);
	}
}

/* It lives where it always was: the planned attempt need not be waited for. A session that others
 * take away, or a refusal, has its own pause. */
static void hurry(struct printer *p)
{
	int64_t wait_ms;

	if (!uplink_is_kicked(p->uplink)) {
		uplink_retry(p->uplink, &wait_ms);
	}
}

static bool may_follow(const struct printer *p, const char *address, bool same)
{
	int64_t gap_ms = same				       ? SAME_GAP_MS
			 : strcmp(address, p->told.tried) == 0 ? REFUSED_GAP_MS
							       : OTHER_GAP_MS;

	return p->told.followed_ms < 0 || now_ms(p) - p->told.followed_ms >= gap_ms;
}

static void hear(struct printer *p, const char *address, const char *source)
{
	const char *known = known_address(p);
	bool same = known && strcmp(known, address) == 0;

	if (!is_host(address) || !wants_told(p)) {
		return;
	}
	if (!p->uplink) {
		remember(p, address, source);
		begin(p);
		return;
	}
	if (uplink_is_up(p->uplink) || !may_follow(p, address, same)) {
		return;
	}
	p->told.followed_ms = now_ms(p);
	if (same) {
		hurry(p);
	} else {
		str_copy(p->told.tried, sizeof(p->told.tried), address);
		remember(p, address, source);
		uplink_detour(p->uplink, address);
	}
}

void printer_announced(struct printer *p, const char *address)
{
	hear(p, address, "discovery");
}

void printer_learn_address(struct printer *p)
{
	struct in_addr address = {.s_addr = htole32(p->state.device.address_ip)};
	char text[INET_ADDRSTRLEN];

	if (p->planes.active != PLANE_CLOUD || address.s_addr == 0) {
		return;
	}
	inet_ntop(AF_INET, &address, text, sizeof(text));
	hear(p, text, "printer");
}
