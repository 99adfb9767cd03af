/* SPDX-License-Identifier: MIT */
/* Lights, door, card, network, firmware news and the control lock (bambu.md 5.2, 6.5, 6.8, 6.9). */
#include <errno.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/ack.h"
#include "daemon/model/report.h"
#include "daemon/model/sent.h"

#define HOME_FLAG_DOOR 23
#define HOME_FLAG_SDCARD 8
#define STAT_DOOR 23
#define AUX_SDCARD 12
#define FUN_SIGNATURE 29
#define NET_CONF_WIRED 0
#define WIFI_ON_ETHERNET (-90) /* what a wired printer reports */
#define NEW_VERSION_AVAILABLE 1
#define DIS_STATE_FINISHED 3
#define HMS_UNVERIFIED_ATTR 0x05000500u /* "MQTT command verification failed" */
#define HMS_UNVERIFIED_CODE 0x00010007u
#define CFG_RECORDING 3
#define CFG_TIMELAPSE 5
#define NEW_VERSION_NONE 2
#define DIS_STATE_AVAILABLE 1
#define DIS_STATE_IN_PROGRESS 2

static bool bit(uint64_t bits, int n)
{
	return bits >> n & 1;
}

static enum tri tri_of(bool v)
{
	return v ? TRI_YES : TRI_NO;
}

static enum light_mode read_mode(const struct scan *s, uint32_t node)
{
	static const struct {
		const char *word;
		enum light_mode mode;
	} words[] = {{"on", LIGHT_ON}, {"off", LIGHT_OFF}, {"flashing", LIGHT_BLINK}};
	size_t i;

	for (i = 0; node != 0 && i < ARRAY_SIZE(words); i++) {
		if (scan_key_is(s, node, words[i].word)) {
			return words[i].mode;
		}
	}
	return LIGHT_UNKNOWN;
}

/* Found by node; a lamp that the list does not name stays as it was. */
static void take_lights(struct merge *m)
{
	const struct scan *s = m->taker.scan;
	struct sent *sent = m->s->sent;
	struct {
		const char *name;
		enum light_mode *field;
	} lamps[] = {
	    {"chamber_light", &sent->chamber_light},
	    {"chamber_light2", &sent->chamber_light2},
	    {"work_light", &m->s->lights[LIGHT_WORK]},
	    {"heatbed_light", &m->s->lights[LIGHT_HEATBED]},
	};
	uint32_t list = take_array(&m->taker, m->at[KEY_LIGHTS_REPORT]), node;
	size_t i;

	for (node = list != 0 ? scan_first(s, list) : 0; node != 0;
	     node = scan_next(s, list, node)) {
		uint32_t name = take_sub(s, node, "node");

		for (i = 0; name != 0 && i < ARRAY_SIZE(lamps); i++) {
			if (scan_key_is(s, name, lamps[i].name)) {
				*lamps[i].field = read_mode(s, take_sub(s, node, "mode"));
			}
		}
	}
}

void state_derive_lights(struct state *s)
{
	enum light_mode a = s->sent->chamber_light, b = s->sent->chamber_light2;

	if (a == LIGHT_ON || b == LIGHT_ON) {
		s->lights[LIGHT_CHAMBER] = LIGHT_ON;
	} else if (a == LIGHT_BLINK || b == LIGHT_BLINK) {
		s->lights[LIGHT_CHAMBER] = LIGHT_BLINK;
	} else {
		s->lights[LIGHT_CHAMBER] = a != LIGHT_UNKNOWN ? a : b;
	}
}

/* home_flag is a signed 32-bit number on the wire. */
static void take_home_flag(struct merge *m)
{
	struct sent *sent = m->s->sent;
	int64_t flag = INT64_MIN;
	bool door, had = sent->home_flag.known;
	int card;

	if (m->at[KEY_HOME_FLAG] == 0) {
		return;
	}
	take_i64(&m->taker, m->at[KEY_HOME_FLAG], INT64_MIN, &flag);
	if (flag == INT64_MIN) {
		sent->home_flag.known = false;
		return;
	}
	door = bit((uint32_t)flag, HOME_FLAG_DOOR);
	if (had && door != bit(sent->home_flag.bits, HOME_FLAG_DOOR)) {
		sent->door_stat = tri_of(door); /* some H2D move this bit as well */
	}
	sent->home_flag.bits = (uint32_t)flag;
	sent->home_flag.known = true;
	card = (int)((uint32_t)flag >> HOME_FLAG_SDCARD & 3);
	if (card != 0 || m->full) {
		sent->home_sdcard = card; /* heartbeats clear these bits */
	}
}

static enum sdcard sdcard_of(int bits)
{
	static const enum sdcard states[4] = {
	    SDCARD_ABSENT, SDCARD_PRESENT, SDCARD_ABNORMAL, SDCARD_READ_ONLY};

	return states[bits & 3];
}

/* Within one message aux beats sdcard; a later sdcard that says otherwise beats an old aux. */
static void take_card(struct merge *m)
{
	struct sent *sent = m->s->sent;
	struct take_bits aux = {.known = false};

	take_tri(&m->taker, m->at[KEY_SDCARD], &sent->sdcard);
	take_hex(&m->taker, m->at[KEY_AUX], &aux);
	if (m->at[KEY_AUX] != 0) {
		sent->aux_sdcard =
		    aux.known ? sdcard_of((int)(aux.bits >> AUX_SDCARD & 3)) : SDCARD_UNKNOWN;
	} else if (m->at[KEY_SDCARD] != 0 &&
		   (sent->aux_sdcard == SDCARD_ABSENT) != (sent->sdcard == TRI_NO)) {
		sent->aux_sdcard = SDCARD_UNKNOWN;
	}
}

/* "-52dBm"; a text without a number in front is unknown. */
static void take_wifi(struct merge *m)
{
	uint32_t node = m->at[KEY_WIFI_SIGNAL];
	char text[16] = "";
	int64_t dbm;
	size_t len;

	if (node == 0) {
		return;
	}
	take_text(&m->taker, node, text, sizeof(text));
	len = strlen(text);
	if (len > 3 && strcmp(text + len - 3, "dBm") == 0) {
		text[len - 3] = '\0';
	}
	m->s->sent->wifi_dbm = parse_i64(text, -200, 0, &dbm) == 0 ? (int)dbm : UNKNOWN_INT;
}

static void take_net(struct merge *m)
{
	const struct scan *s = m->taker.scan;
	uint32_t net = take_object(&m->taker, m->at[KEY_NET]), info, node;

	take_int(&m->taker, take_sub(s, net, "conf"), 0, INT32_MAX, &m->s->sent->net_conf);
	info = take_array(&m->taker, take_sub(s, net, "info"));
	if (info == 0) {
		return;
	}
	m->s->device.address_ip = 0;
	for (node = scan_first(s, info); node != 0 && m->s->device.address_ip == 0;
	     node = scan_next(s, info, node)) {
		int64_t ip = 0;

		take_i64(&m->taker, take_sub(s, node, "ip"), 0, &ip);
		m->s->device.address_ip = (uint32_t)ip;
	}
}

static void take_ipcam(struct merge *m)
{
	const struct scan *s = m->taker.scan;
	uint32_t ipcam = take_object(&m->taker, m->at[KEY_IPCAM]), url;

	take_enable(&m->taker, take_sub(s, ipcam, "timelapse"), &m->s->sent->timelapse);
	take_enable(&m->taker, take_sub(s, ipcam, "ipcam_record"), &m->s->sent->recording);
	url = take_sub(s, ipcam, "rtsp_url");
	if (url != 0) {
		char text[16] = "";

		take_text(&m->taker, url, text, sizeof(text));
		m->s->device.liveview = strcmp(text, "disable") == 0 ? TRI_NO
					: str_starts(text, "rtsp")   ? TRI_YES
								     : TRI_UNKNOWN;
	}
}

/* P1 and A1 list what is new module by module. */
static void take_version_list(struct merge *m, uint32_t list)
{
	const struct scan *s = m->taker.scan;
	struct sent *sent = m->s->sent;
	uint32_t node;

	if (list == 0) {
		return;
	}
	memset(sent->listed_version, 0, sizeof(sent->listed_version));
	for (node = scan_first(s, list); node != 0; node = scan_next(s, list, node)) {
		uint32_t name = take_sub(s, node, "name");

		if (name != 0 && scan_key_is(s, name, "ota")) {
			take_text(&m->taker, take_sub(s, node, "new_ver"), sent->listed_version,
			    sizeof(sent->listed_version));
		}
	}
}

static void take_upgrade(struct merge *m)
{
	const struct scan *s = m->taker.scan;
	struct sent *sent = m->s->sent;
	uint32_t upgrade = take_object(&m->taker, m->at[KEY_UPGRADE_STATE]);
	int was = sent->dis_state;

	take_int(
	    &m->taker, take_sub(s, upgrade, "new_version_state"), 0, 255, &sent->new_version_state);
	take_text(&m->taker, take_sub(s, upgrade, "ota_new_version_number"), sent->ota_version,
	    sizeof(sent->ota_version));
	take_version_list(m, take_array(&m->taker, take_sub(s, upgrade, "new_ver_list")));
	take_int(&m->taker, take_sub(s, upgrade, "dis_state"), 0, 255, &sent->dis_state);
	if (sent->dis_state == DIS_STATE_FINISHED && was != DIS_STATE_FINISHED &&
	    was != UNKNOWN_INT) {
		m->ret->need_version = true;
	}
}

static void take_online(struct merge *m)
{
	struct sent *sent = m->s->sent;
	int64_t was = sent->online_version;

	take_i64(&m->taker,
	    take_sub(m->taker.scan, take_object(&m->taker, m->at[KEY_ONLINE]), "version"), -1,
	    &sent->online_version);
	if (was != -1 && sent->online_version != -1 && sent->online_version != was) {
		m->ret->need_version = true;
	}
}

void state_take_device(struct merge *m)
{
	struct sent *sent = m->s->sent;
	struct take_bits stat = {.known = false};

	take_lights(m);
	take_home_flag(m);
	take_hex(&m->taker, m->at[KEY_STAT], &stat);
	if (m->at[KEY_STAT] != 0) {
		sent->door_stat = stat.known ? tri_of(bit(stat.bits, STAT_DOOR)) : TRI_UNKNOWN;
	}
	take_hex(&m->taker, m->at[KEY_CFG], &sent->cfg);
	take_hex(&m->taker, m->at[KEY_FUN], &sent->fun);
	take_card(m);
	take_wifi(m);
	take_net(m);
	take_ipcam(m);
	take_upgrade(m);
	take_online(m);
}

/* Numbers of versions have two digits each, so their order is that of the text. */
static bool door_is_reported(const struct state *s)
{
	return s->info.caps->door_since == NULL || s->info.firmware[0] == '\0' ||
	       strcmp(s->info.firmware, s->info.caps->door_since) >= 0;
}

static void derive_door(struct state *s)
{
	const struct sent *sent = s->sent;

	s->device.door_open = TRI_UNKNOWN;
	if (!door_is_reported(s)) {
		return;
	}
	switch (s->info.caps->door) {
	case DOOR_NONE:
		break;
	case DOOR_HOME_FLAG:
		if (sent->home_flag.known) {
			s->device.door_open = tri_of(bit(sent->home_flag.bits, HOME_FLAG_DOOR));
		}
		break;
	case DOOR_STAT:
		s->device.door_open = sent->door_stat;
		break;
	}
}

static void derive_card(struct state *s)
{
	const struct sent *sent = s->sent;
	enum sdcard home =
	    sent->home_sdcard == UNKNOWN_INT ? SDCARD_UNKNOWN : sdcard_of(sent->home_sdcard);

	if (sent->aux_sdcard != SDCARD_UNKNOWN) {
		s->device.sdcard = sent->aux_sdcard;
	} else if (sent->sdcard == TRI_NO) {
		s->device.sdcard = SDCARD_ABSENT;
	} else if (sent->sdcard == TRI_YES) {
		/* It is there; whether it is well, home_flag knows. */
		s->device.sdcard =
		    home == SDCARD_ABNORMAL || home == SDCARD_READ_ONLY ? home : SDCARD_PRESENT;
	} else {
		s->device.sdcard = home;
	}
}

/* net.conf bit 0, or the signal that wired printers invent; a model without a socket is not
 * wired. */
static void derive_network(struct state *s)
{
	const struct sent *sent = s->sent;
	const struct caps *caps = s->info.caps;
	bool fake = sent->wifi_dbm == WIFI_ON_ETHERNET && caps->ethernet;

	s->device.wifi_dbm = fake ? UNKNOWN_INT : sent->wifi_dbm;
	s->device.wired = TRI_UNKNOWN;
	if (fake) {
		s->device.wired = TRI_YES;
	} else if (sent->net_conf != UNKNOWN_INT) {
		s->device.wired = tri_of(bit((uint64_t)sent->net_conf, NET_CONF_WIRED));
	} else if (caps->model != NULL && !caps->ethernet) {
		s->device.wired = TRI_NO;
	}
}

static void derive_firmware(struct state *s)
{
	const struct sent *sent = s->sent;
	const char *version =
	    sent->ota_version[0] != '\0' ? sent->ota_version : sent->listed_version;

	memset(s->device.firmware_new, 0, sizeof(s->device.firmware_new));
	if (sent->new_version_state == NEW_VERSION_AVAILABLE ||
	    (sent->new_version_state != NEW_VERSION_NONE &&
		sent->dis_state == DIS_STATE_AVAILABLE)) {
		str_copy(s->device.firmware_new, sizeof(s->device.firmware_new), version);
	}
	s->device.upgrading = sent->dis_state == UNKNOWN_INT
				  ? TRI_UNKNOWN
				  : tri_of(sent->dis_state == DIS_STATE_IN_PROGRESS);
}

/* What ipcam says, else the settings. (Bit 5 of home_flag is no setting: it is 0 in printers whose
 * ipcam says that they record.) */
static void derive_recording(struct state *s)
{
	const struct sent *sent = s->sent;

	s->device.timelapse = sent->timelapse;
	s->device.recording = sent->recording;
	if (s->device.timelapse == TRI_UNKNOWN && sent->cfg.known) {
		s->device.timelapse = tri_of(bit(sent->cfg.bits, CFG_TIMELAPSE));
	}
	if (s->device.recording == TRI_UNKNOWN && sent->cfg.known) {
		s->device.recording = tri_of(bit(sent->cfg.bits, CFG_RECORDING));
	}
}

void state_derive_device(struct state *s)
{
	derive_recording(s);
	derive_door(s);
	derive_card(s);
	derive_network(s);
	derive_firmware(s);
}

static bool hms_unverified(const struct state_hms *h)
{
	size_t i;

	for (i = 0; i < h->count; i++) {
		if (h->entries[i].attr == HMS_UNVERIFIED_ATTR &&
		    h->entries[i].code == HMS_UNVERIFIED_CODE) {
			return true;
		}
	}
	return false;
}

/* No evidence is not permission: a printer that sends no `fun` stays unknown. */
void state_derive_control(struct state *s)
{
	const struct sent *sent = s->sent;

	if (hms_unverified(&s->hms)) {
		s->control = CONTROL_LOCKED;
		s->control_evidence =
		    "HMS 0500-0500-0001-0007: a command was not accepted unsigned";
	} else if (sent->refused) {
		s->control = CONTROL_LOCKED;
		s->control_evidence = "the printer refused a command that was not signed";
	} else if (sent->fun.known && bit(sent->fun.bits, FUN_SIGNATURE)) {
		s->control = CONTROL_LOCKED;
		s->control_evidence = "signature bit in the report (fun bit 29)";
	} else if (sent->fun.known) {
		s->control = CONTROL_FULL;
		s->control_evidence = "no signature bit in the report (fun bit 29)";
	} else {
		s->control = CONTROL_UNKNOWN;
		s->control_evidence = NULL;
	}
}

static bool update_control(struct state *s, int64_t wall_ms)
{
	enum control_state old = s->control;
	const char *old_evidence = s->control_evidence;

	state_derive_control(s);
	if (s->control != old) {
		s->control_since_wall_ms = s->control == CONTROL_UNKNOWN ? -1 : wall_ms;
	}
	return s->control != old || s->control_evidence != old_evidence;
}

bool state_merge_control(struct merge *m)
{
	m->s->sent->refused |= ack_code_is_unsigned(m->s->print.error);
	return update_control(m->s, m->now.wall_ms);
}

bool state_take_ack(struct state *s, const struct report *r, struct state_time now)
{
	struct ack ack;

	ack_read(r, &ack);
	if (!ack.is_unsigned) {
		return false;
	}
	s->sent->refused = true;
	s->section_mono_ms[SECTION_CONTROL] = now.mono_ms;
	return update_control(s, now.wall_ms);
}
