/* SPDX-License-Identifier: MIT */
/* Options and camera watches out of home_flag, cfg and xcam (bambu.md 6.5). */
#include <assert.h>
#include <string.h>

#include "common/util.h"
#include "daemon/model/sent.h"

#define NO_BIT (-1)

/* New firmware says it in cfg and fun, the old one in home_flag. */
static const struct {
	const char *word;
	int cfg, home, home_support, fun_support;
} options[] = {
    [OPTION_AIRPRINT_DETECT] = {"airprint_detect", NO_BIT, 28, 29, 45},
    [OPTION_AUTO_RECOVERY] = {"auto_recovery", 16, 4, NO_BIT, NO_BIT},
    [OPTION_AUTO_REFILL] = {"auto_refill", 18, 10, NO_BIT, NO_BIT},
    [OPTION_BLOB_DETECT] = {"blob_detect", 24, 24, 25, 13},
    [OPTION_SOUND] = {"sound", 22, 17, 18, 8},
    [OPTION_TANGLE_DETECT] = {"tangle_detect", 23, 20, 19, 9},
};
static_assert(ARRAY_SIZE(options) == OPTION_COUNT, "a row per option");

/* xcam.cfg holds a bit and two of sensitivity, cfg those of the monitor; else a member of xcam. */
static const struct {
	const char *word;
	int xcam_bit, cfg_bit, level_shift; /* level: in the word that has the bit */
	bool member;
} modules[] = {
    [XCAM_AIRPRINT_DETECTOR] = {"airprint_detector", 16, NO_BIT, 17, false},
    [XCAM_BUILDPLATE_MARKER_DETECTOR] = {"buildplate_marker_detector", NO_BIT, NO_BIT, NO_BIT,
	true},
    [XCAM_CLUMP_DETECTOR] = {"clump_detector", 13, NO_BIT, 14, false},
    [XCAM_FIRST_LAYER_INSPECTOR] = {"first_layer_inspector", NO_BIT, 12, NO_BIT, true},
    [XCAM_PILEUP_DETECTOR] = {"pileup_detector", 10, NO_BIT, 11, false},
    [XCAM_PLATE_OFFSET_SWITCH] = {"plate_offset_switch", 20, NO_BIT, NO_BIT, false},
    [XCAM_PRINTING_MONITOR] = {"printing_monitor", NO_BIT, 15, 13, true},
    [XCAM_SPAGHETTI_DETECTOR] = {"spaghetti_detector", 7, NO_BIT, 8, true},
};
static_assert(ARRAY_SIZE(modules) == XCAM_COUNT, "a row per module");

/* As cfg counts; xcam.cfg has no "never". */
static const char *const sensitivities[] = {NULL, "never_halt", "low", "medium", "high"};
#define SENSITIVITY_NEVER 1
#define SENSITIVITY_LOW 2

const char *option_word(enum option_key key)
{
	return options[key].word;
}

const char *xcam_word(enum xcam_module module)
{
	return modules[module].word;
}

bool xcam_has_sensitivity(enum xcam_module module)
{
	return modules[module].level_shift != NO_BIT;
}

const char *xcam_sensitivity_word(uint8_t sensitivity)
{
	return sensitivity < ARRAY_SIZE(sensitivities) ? sensitivities[sensitivity] : NULL;
}

static enum tri bit_of(const struct take_bits *bits, int n)
{
	if (n == NO_BIT || !bits->known) {
		return TRI_UNKNOWN;
	}
	return bits->bits >> n & 1 ? TRI_YES : TRI_NO;
}

enum tri option_is_supported(const struct state *s, enum option_key key)
{
	enum tri said = bit_of(&s->sent->fun, options[key].fun_support);

	return said != TRI_UNKNOWN ? said : bit_of(&s->sent->home_flag, options[key].home_support);
}

static uint8_t level_by_word(const struct scan *s, uint32_t node)
{
	for (uint8_t i = 1; node != 0 && i < ARRAY_SIZE(sensitivities); i++) {
		if (scan_key_is(s, node, sensitivities[i])) {
			return i;
		}
	}
	return 0;
}

void state_take_options(struct merge *m)
{
	struct sent *sent = m->s->sent;
	uint32_t xcam = take_object(&m->taker, m->at[KEY_XCAM]), node;
	int64_t cfg = -1;

	if (xcam == 0) {
		return;
	}
	node = take_sub(m->taker.scan, xcam, "cfg");
	if (node != 0) {
		take_i64(&m->taker, node, -1, &cfg);
		sent->xcam_cfg = (struct take_bits){(uint64_t)cfg, cfg >= 0};
	}
	for (int i = 0; i < XCAM_COUNT; i++) {
		if (modules[i].member) {
			enum tri on = (enum tri)sent->xcam[i];

			take_tri(&m->taker, take_sub(m->taker.scan, xcam, modules[i].word), &on);
			sent->xcam[i] = (uint8_t)on;
		}
	}
	node = take_sub(m->taker.scan, xcam, "halt_print_sensitivity");
	if (node != 0) {
		sent->xcam_level = level_by_word(m->taker.scan, node);
	}
}

static void derive_module(struct state *s, enum xcam_module i)
{
	const struct sent *sent = s->sent;
	struct state_options *o = &s->options;
	bool by_xcam = modules[i].xcam_bit != NO_BIT;
	const struct take_bits *word = by_xcam ? &sent->xcam_cfg : &sent->cfg;
	enum tri on = bit_of(word, by_xcam ? modules[i].xcam_bit : modules[i].cfg_bit);

	o->xcam[i] = on != TRI_UNKNOWN ? (uint8_t)on : sent->xcam[i];
	o->sensitivity[i] = 0;
	if (on != TRI_UNKNOWN && modules[i].level_shift != NO_BIT) {
		unsigned level = word->bits >> modules[i].level_shift & 3;

		o->sensitivity[i] =
		    (uint8_t)(level + (by_xcam ? SENSITIVITY_LOW : SENSITIVITY_NEVER));
		if (xcam_sensitivity_word(o->sensitivity[i]) == NULL) {
			o->sensitivity[i] = 0;
		}
	} else if (i == XCAM_PRINTING_MONITOR) {
		o->sensitivity[i] = sent->xcam_level;
	}
}

void state_derive_options(struct state *s)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		enum tri on = bit_of(&s->sent->cfg, options[i].cfg);

		if (on == TRI_UNKNOWN) {
			on = bit_of(&s->sent->home_flag, options[i].home);
		}
		if (option_is_supported(s, (enum option_key)i) == TRI_NO) {
			on = TRI_UNKNOWN; /* a bit that means nothing there */
		}
		s->options.on[i] = (uint8_t)on;
	}
	for (int i = 0; i < XCAM_COUNT; i++) {
		derive_module(s, (enum xcam_module)i);
	}
}
