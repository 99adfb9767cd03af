/* SPDX-License-Identifier: MIT */
/* The cloud on the command line: its options, and what --help says about it. */
#include <string.h>

#include "tests/sim/cloud_route.h"

const char *const cloud_login_names[CLOUD_LOGIN_COUNT] = {
    [CLOUD_LOGIN_PASSWORD] = "password", [CLOUD_LOGIN_CODE] = "code", [CLOUD_LOGIN_TFA] = "tfa"};

static const char options[] =
    "  --cloud              HTTPS hosts on 127.0.0.1: API, web, storage, texts, and one where\n"
    "                       redirects lead. DIR receives cloud-ca.pem (their own CA) and "
    "cloud.conf,\n"
    "                       a [Cloud] section for bambud. All printers are bound to the one "
    "account.\n"
    "  --cloud-port P       port of the API host, the others follow (default 0: the kernel "
    "chooses)\n"
    "  --cloud-region R     global or china (an account by phone too; default global)\n"
    "  --cloud-login WORD   what a right password leads to: password code tfa (default "
    "password)\n"
    "  --cloud-account A    default maker@example.org\n"
    "  --cloud-phone N      default 13800000000\n"
    "  --cloud-password P   default \"correct horse\"\n"
    "  --cloud-token T      a token that is good from the start, in every run\n"
    "  --cloud-sign-key F   PEM file of the RSA public key that signed requests are checked with\n";

static const char help[] =
    "  cloud info                    addresses and the account (JSON)\n"
    "  cloud codes                   the one-time codes that were sent: mail, sms, tfa (JSON)\n"
    "  cloud token [TOKEN]           a new token, or this one, without signing in\n"
    "  cloud expire [TOKEN]          all tokens die, or this one; connections stay\n"
    "  cloud stats                   counters (JSON); `wait cloud COUNTER N [MS]` waits for one\n"
    "  cloud log [N]                 the last N requests, oldest first (JSON)\n"
    "  cloud last                    the last request with its headers and body (JSON)\n"
    "  cloud fault NAME on|off [ARG] [path=PREFIX] [times=N]  see the switches of the cloud\n"
    "  cloud set KEY=VALUE...        see the keys of the cloud\n"
    "  cloud bind|unbind PRINTER     as the account's owner would\n"
    "  cloud name PRINTER [TEXT]     its name in the account; none: its own again\n"
    "  cloud check USER TOKEN        what a broker asks: the serials of the account (JSON), or an "
    "error\n"
    "  cloud mqtt PORT               the broker that cloud.conf names; 0 = none\n"
    "  cloud kick                    ends every connection to its hosts\n";

static const char keys[] =
    "  login=password|code|tfa  what a right password leads to\n"
    "  tfa-api=on|off           the authenticator's way over the API host\n"
    "  tfa-reply=WORD           where its answer holds the token: usual cookie accessToken token\n"
    "  code=S                   a code that is sent is good so long (300)\n"
    "  token=opaque|jwt         the next token\n"
    "  expires=S|none           of the next token, told as expiresIn; none: no end, not told\n"
    "  tasks=hits|tasks         the shape of the list of tasks\n"
    "  shape=plain|data         data: payloads stand in an envelope\n"
    "  upload=on|off            off: an account without storage\n"
    "  url=S                    an upload address is good so long (900)\n"
    "  url-type=none|octets     octets: its signature counts a Content-Type in\n"
    "  sign=any|required        required: 403 without a good signature\n"
    "  text-version=N           of the catalogue of texts\n";

char *cloud_help(void)
{
	_cleanup_free_ char *faults = cloud_fault_help(), *routes = xstrdup("");

	for (size_t i = 0; i < cloud_route_count; i++) {
		char *longer = xasprintf("%s %s", routes, cloud_routes[i].name);

		free(routes);
		routes = longer;
	}
	return xasprintf(
	    "The cloud:\n%s\nCommands of the cloud:\n%s\nSwitches of the cloud:\n%s\nKeys of the "
	    "cloud:\n%s\nRequests that are counted:%s\n",
	    options, help, faults, keys, routes);
}

static bool read_login(const char *value, enum cloud_login *ret)
{
	for (int i = 0; i < CLOUD_LOGIN_COUNT; i++) {
		if (strcmp(cloud_login_names[i], value) == 0) {
			*ret = (enum cloud_login)i;
			return true;
		}
	}
	return false;
}

static bool read_port(const char *value, uint16_t *ret)
{
	int64_t number;

	if (parse_i64(value, 0, 65535 - CLOUD_HOST_COUNT, &number) < 0) {
		return false;
	}
	*ret = (uint16_t)number;
	return true;
}

bool cloud_read_option(struct cloud_options *o, const char *name, const char *value)
{
	const char *key = name + strlen("cloud");

	o->on = true;
	if (key[0] == '\0') {
		return true;
	}
	key++;
	if (strcmp(key, "port") == 0) {
		return read_port(value, &o->port);
	}
	if (strcmp(key, "login") == 0) {
		return read_login(value, &o->login);
	}
	if (strcmp(key, "region") == 0) {
		o->region = strcmp(value, "china") == 0 ? CLOUD_REGION_CHINA : CLOUD_REGION_GLOBAL;
		return strcmp(value, "china") == 0 || strcmp(value, "global") == 0;
	}
	if (strcmp(key, "account") == 0) {
		o->account = value;
	} else if (strcmp(key, "phone") == 0) {
		o->phone = value;
	} else if (strcmp(key, "password") == 0) {
		o->password = value;
	} else if (strcmp(key, "token") == 0) {
		o->token = value;
		return strlen(value) < CLOUD_TOKEN_BYTES;
	} else {
		o->sign_key = value;
	}
	return value[0] != '\0';
}
