/* SPDX-License-Identifier: MIT */
/* The table of configuration keys, and look-ups in it. */
#include "daemon/config_keys.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "common/util.h"

#define SINGLE(section, field)                                                            \
	{                                                                                 \
		.name = section, .built = true, .offset = offsetof(struct config, field), \
	}

const struct config_section config_sections[SECTION_COUNT] = {
    [SECTION_DAEMON] = SINGLE("Daemon", daemon),
    [SECTION_CLOUD] = SINGLE("Cloud", cloud),
    [SECTION_DISCOVERY] = SINGLE("Discovery", discovery),
    [SECTION_ALERTS] = SINGLE("Alerts", limits),
    [SECTION_METRICS] = SINGLE("Metrics", metrics),
    [SECTION_PRINTER] = {.name = "Printer", .named = true, .built = true},
    [SECTION_HOOK] = {.name = "Hook", .named = true, .built = true},
    [SECTION_HISTORY] = SINGLE("History", history),
    [SECTION_HTTP] = {.name = "Http", .any_keys = true},
    [SECTION_MQTT] = {.name = "Mqtt", .named = true, .any_keys = true},
    [SECTION_FLEET] = {.name = "Fleet", .any_keys = true},
};

/* Rows by section: key, type, allowed values, default, then what differs within the section. */
#define DAEMON(key, kind, range, def, live, field, text)                                  \
	{                                                                                 \
		.section = "Daemon", .name = key, .type = CONFIG_##kind, .values = range, \
		.preset = def, .reloadable = live, .built = true,                         \
		.offset = offsetof(struct config_daemon, field), .help = text             \
	}
#define PRINTER(key, kind, range, def, is_built, field, text)                              \
	{                                                                                  \
		.section = "Printer", .name = key, .type = CONFIG_##kind, .values = range, \
		.preset = def, .reloadable = true, .built = is_built,                      \
		.offset = offsetof(struct printer_config, field), .help = text             \
	}
#define CLOUD(key, kind, range, def, field, text)                                        \
	{                                                                                \
		.section = "Cloud", .name = key, .type = CONFIG_##kind, .values = range, \
		.preset = def, .reloadable = true, .built = true,                        \
		.offset = offsetof(struct config_cloud, field), .help = text             \
	}
#define ALERTS(key, kind, range, def, field, text)                                        \
	{                                                                                 \
		.section = "Alerts", .name = key, .type = CONFIG_##kind, .values = range, \
		.preset = def, .reloadable = true, .built = true,                         \
		.offset = offsetof(struct derive_limits, field), .help = text             \
	}
#define HOOK(key, kind, range, def, field, text)                                        \
	{                                                                               \
		.section = "Hook", .name = key, .type = CONFIG_##kind, .values = range, \
		.preset = def, .reloadable = true, .built = true,                       \
		.offset = offsetof(struct hook_config, field), .help = text             \
	}
#define METRICS(key, kind, range, def, field, text)                                        \
	{                                                                                  \
		.section = "Metrics", .name = key, .type = CONFIG_##kind, .values = range, \
		.preset = def, .reloadable = true, .built = true,                          \
		.offset = offsetof(struct config_metrics, field), .help = text             \
	}
#define HISTORY(key, kind, range, def, field, text)                                        \
	{                                                                                  \
		.section = "History", .name = key, .type = CONFIG_##kind, .values = range, \
		.preset = def, .reloadable = true, .built = true,                          \
		.offset = offsetof(struct config_history, field), .help = text             \
	}
#define DISCOVERY(key, kind, range, def, field, text)                                        \
	{                                                                                    \
		.section = "Discovery", .name = key, .type = CONFIG_##kind, .values = range, \
		.preset = def, .reloadable = true, .built = true,                            \
		.offset = offsetof(struct config_discovery, field), .help = text             \
	}

const struct config_key config_keys[] = {
    DAEMON("LogLevel", ENUM, "err|warn|info|debug", "info", true, log_level, "How much is logged"),
    DAEMON("Socket", PATH, "", "", false, socket,
	"Control socket; default: control.sock in the runtime directory"),
    DAEMON("StateDirectory", PATH, "", "", false, state_dir,
	"What must survive a restart; default: /var/lib/bambud, or the user's state directory"),
    DAEMON("CacheDirectory", PATH, "", "", false, cache_dir,
	"What may be deleted; default: /var/cache/bambud, or the user's cache directory"),
    DAEMON("Instance", STRING, "", "", true, instance,
	"Name of this daemon, shown to clients; default: the host name"),
    DAEMON("Group", STRING, "", "bambu", true, group,
	"Members may control printers (system service only)"),
    DAEMON("ReadGroup", STRING, "", "bambu-read", true, read_group,
	"Members may look, not touch (system service only)"),
    DAEMON("Others", BOOL, "none|read", "none", true, others_read,
	"What everybody else may do (system service only)"),

    CLOUD("Enabled", BOOL, "", "no", enabled,
	"Use the account: its printers appear, the cloud is the second way to them"),
    CLOUD("Region", ENUM, "global|china|custom", "global", region,
	"Where the account lives; custom: the addresses below"),
    CLOUD("ApiUrl", STRING, "", "", api_url, "REST address of a custom region"),
    CLOUD("WebUrl", STRING, "", "", web_url, "Web address of a custom region"),
    CLOUD("TextUrl", STRING, "", "", text_url, "Where texts of HMS codes are fetched"),
    CLOUD("MqttHost", HOST, "", "", mqtt_host, "Broker of a custom region"),
    CLOUD("MqttPort", PORT, "1..65535", "8883", mqtt_port, "Its port"),
    CLOUD("CaFile", PATH, "", "", ca_file, "Extra anchors for these addresses (PEM)"),
    CLOUD("Account", STRING, "", "", account, "Address the account was opened with"),
    CLOUD("Token", SECRET, "", "", token, "Access token; one got by a login wins"),
    CLOUD("Prefer", ENUM, "lan|cloud", "lan", prefer,
	"Which way to take when a printer is reached both ways"),
    CLOUD("UserAgent", STRING, "", "", user_agent, "Sent with every request"),
    CLOUD("SignCertId", STRING, "", "", sign_cert_id, "Name of the key below"),
    CLOUD("SignKey", SECRET, "", "", sign_key, "Your own key that signs requests (PEM)"),

    DISCOVERY("Ssdp", BOOL, "", "yes", ssdp, "Listen for announcements of printers"),
    DISCOVERY("SsdpPort", PORT, "1..65535", "2021", port, "Where they arrive (UDP)"),
    DISCOVERY("Adopt", ENUM, "none|bound|configured", "bound", adopt,
	"Which printers get a connection without a section of their own"),

    ALERTS("FilamentLow", INT, "off|1..99", "10", low_pct,
	"A spool with so many percent or fewer left is told as almost empty"),
    ALERTS("HumidityHigh", INT, "off|1..100", "50", humid_pct,
	"An AMS unit with so many percent of humidity or more is told as humid"),
    ALERTS("HumidityLevel", INT, "off|1..4", "2", humid_level,
	"The same for units that tell a level alone, 1 (wet) to 5 (dry): at this level or below"),
    ALERTS("AmsTempHigh", INT, "off|1..100", "45", hot_c,
	"An AMS unit of so many degrees Celsius or more is told as hot, but for drying"),
    ALERTS("Debounce", TIME, "0s..1h", "60s", hold_ms,
	"How long a value must stay so before it is told"),

    METRICS("Textfile", PATH, "", "", textfile,
	"File that gets the metrics, for the textfile collector of node_exporter; default: none"),
    METRICS("Interval", TIME, "5s..1h", "30s", interval_ms, "From one writing of it to the next"),
    METRICS("Socket", PATH, "", "", socket, "Unix socket that answers GET /metrics; default: none"),

    HISTORY("Enabled", BOOL, "", "yes", enabled, "Keep a history of prints"),
    HISTORY("Keep", INT, "1..1000000", "10000", keep, "So many prints; older ones are forgotten"),

    PRINTER("Serial", SERIAL, "", "", true, serial,
	"Serial number, as on the label and in the printer's menu"),
    PRINTER("Address", HOST, "", "", true, address, "Address or host name in the local network"),
    PRINTER("Port", PORT, "1..65535", "8883", true, port, "Port of its MQTT broker"),
    PRINTER("CameraPort", PORT, "1..65535", "", true, camera_port,
	"Port of its camera; default: by model"),
    PRINTER("FtpPort", PORT, "1..65535", "990", true, ftp_port, "Port of its file server"),
    PRINTER("AccessCode", SECRET, "", "", true, access_code,
	"Access code: @credential, a 0600 file, or inline in a file that is 0600 itself"),
    PRINTER("Model", STRING, "", "", true, model, "Model; default: detected"),
    PRINTER("Mode", ENUM, "auto|lan|cloud", "auto", true, mode, "Which way to the printer"),
    PRINTER("Verify", ENUM, "chain|pin|insecure", "chain", true, verify,
	"How its certificate is judged; insecure sends the code to whoever answers"),
    PRINTER("CaFile", PATH, "", "", true, ca_file, "Extra anchors for this printer (PEM)"),
    PRINTER("Pin", HEX, "", "", true, pin,
	"SHA-256 of its SubjectPublicKeyInfo in hex, for Verify=pin"),
    PRINTER("Tags", WORDS, "", "", true, tags, "Words to select it by"),
    PRINTER("Camera", ENUM, "always|on-demand|off", "always", true, camera,
	"When its camera is connected"),
    PRINTER("MaxNozzle", INT, "0..500", "0", true, max_nozzle_c,
	"Highest nozzle temperature a command may ask for, Celsius; 0: by model"),
    PRINTER("MaxBed", INT, "0..200", "0", true, max_bed_c,
	"Highest bed temperature a command may ask for, Celsius; 0: by model"),
    PRINTER("Gcode", ENUM, "allow|confirm|deny", "confirm", true, gcode,
	"Whether raw G-code may be sent"),

    HOOK("On", WORDS, "", "", on, "Kinds of events: print.finished, hms.*"),
    HOOK("Printers", WORDS, "", "", printers,
	"Of these printers alone: names, globs, tag=, model=; default: all, and the daemon itself"),
    HOOK("Exec", STRING, "", "", exec, "Program and its arguments, without a shell"),
    HOOK("Url", STRING, "", "", url, "Where the event is posted instead, https:// alone"),
    HOOK("SecretUrl", SECRET, "", "", secret_url, "The same for a URL that is a secret itself"),
    HOOK("Token", SECRET, "", "", token, "Bearer token sent with it"),
    HOOK("CaFile", PATH, "", "", ca_file, "Extra anchors for that server (PEM)"),
    HOOK("AllowPrivate", BOOL, "", "no", allow_private,
	"Whether that server may have an address that is not of the internet"),
    HOOK("Timeout", TIME, "1s..1h", "30s", timeout_ms, "How long a program or a try may take"),
};

const unsigned config_key_count = ARRAY_SIZE(config_keys);

static const char *const type_names[CONFIG_TYPE_COUNT] = {
    [CONFIG_STRING] = "string",
    [CONFIG_BOOL] = "bool",
    [CONFIG_INT] = "int",
    [CONFIG_PORT] = "port",
    [CONFIG_ENUM] = "enum",
    [CONFIG_WORDS] = "words",
    [CONFIG_PATH] = "path",
    [CONFIG_SECRET] = "secret",
    [CONFIG_SERIAL] = "serial",
    [CONFIG_HOST] = "host",
    [CONFIG_HEX] = "hex",
    [CONFIG_TIME] = "time",
};
static_assert(ARRAY_SIZE(type_names) == CONFIG_TYPE_COUNT, "a name for each type");

const char *config_type_name(enum config_type type)
{
	return type_names[type];
}

void *config_section_base(struct config *c, enum config_section_id id)
{
	return (char *)c + config_sections[id].offset;
}

enum config_section_id config_section_find(const char *name)
{
	unsigned i;

	for (i = 0; i < SECTION_COUNT && strcmp(config_sections[i].name, name) != 0; i++) {
	}
	return (enum config_section_id)i;
}

const struct config_key *config_section_keys(enum config_section_id id, unsigned *ret_count)
{
	const char *name = config_sections[id].name;
	unsigned first = 0, count = 0;

	while (first < config_key_count && strcmp(config_keys[first].section, name) != 0) {
		first++;
	}
	while (first + count < config_key_count &&
	       strcmp(config_keys[first + count].section, name) == 0) {
		count++;
	}
	assert(count <= CONFIG_SECTION_KEYS_MAX);
	*ret_count = count;
	return config_keys + first;
}

int config_key_find(const struct config_key *keys, unsigned count, const char *name)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		if (strcmp(keys[i].name, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}

/* How far a candidate is, or UINT_MAX when it is no neighbour: a third of the letters may be wrong,
 * and longer words than edit_distance takes have none. */
static unsigned distance_of(const char *name, const char *candidate)
{
	size_t len = strlen(name);
	unsigned distance = len <= 64 ? edit_distance(name, candidate) : UINT_MAX;

	return distance <= len / 3 + 1 ? distance : UINT_MAX;
}

const char *config_nearest_section(const char *name)
{
	const char *nearest = NULL;
	unsigned best = UINT_MAX, i;

	for (i = 0; i < SECTION_COUNT; i++) {
		unsigned distance = distance_of(name, config_sections[i].name);

		if (distance < best) {
			best = distance;
			nearest = config_sections[i].name;
		}
	}
	return nearest;
}

const struct config_key *config_nearest_key(enum config_section_id id, const char *name)
{
	const struct config_key *nearest = NULL;
	unsigned best = UINT_MAX, i;

	for (i = 0; i < config_key_count; i++) {
		unsigned distance = distance_of(name, config_keys[i].name);

		/* Of two equally near the one of the same section. */
		if (distance != UINT_MAX) {
			distance = 2 * distance +
				   (strcmp(config_keys[i].section, config_sections[id].name) != 0);
		}
		if (distance < best) {
			best = distance;
			nearest = &config_keys[i];
		}
	}
	return nearest;
}
