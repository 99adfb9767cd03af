/* SPDX-License-Identifier: MIT */
/* Filament: merging by id, exist bits as truth, HT and A2L layouts, external spools, what is in
 * use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "tests/unit/model/feed.h"

#define SPOOL                                                                            \
	"'tray_type':'PLA','tray_info_idx':'GFA00','tray_color':'C12E1FFF','remain':80," \
	"'tag_uid':'5A3C91E200000100','tray_uuid':'6F1D0A4B8E2C4D7799A0B1C2D3E4F506'"
#define ZEROS "'tag_uid':'0000000000000000','tray_uuid':'00000000000000000000000000000000'"
#define AMS_SEEN SECTION_BIT(SECTION_AMS)

/* Two units: all four slots of 0 are full, slot 1 of 1. */
#define BASE                                                                                      \
	"'ams':{'ams':[{'id':'0','info':'1001','humidity':'4','humidity_raw':'24','temp':'26.2'," \
	"'dry_time':0,'tray':[{'id':'0'," SPOOL "},{'id':'1'," SPOOL "},{'id':'2'," SPOOL         \
	"},{'id':'3'," SPOOL "}]},{'id':'1','info':'1001','tray':[{'id':'1'," SPOOL "}]}],"       \
	"'ams_exist_bits':'3','tray_exist_bits':'2f','tray_now':'5','power_on_flag':false}"

static const struct ams_tray *tray(const struct state *s, int unit, int slot)
{
	for (size_t i = 0; i < s->ams.unit_count; i++) {
		if (s->ams.units[i].id == unit) {
			return &s->ams.units[i].trays[slot];
		}
	}
	fail_msg("no unit %d", unit);
	return NULL;
}

static void ams_full_report_fills_every_field(void **state)
{
	struct state *s = *state;
	const struct ams_unit *u;
	const struct ams_tray *t;

	feed_full(s,
	    "'ams':{'ams':[{'id':'0','info':'1003','humidity':'3','humidity_raw':'34','temp':"
	    "'38.41','dry_time':95,'dry_setting':{'dry_temperature':55},'tray':[{'id':'0','k':"
	    "0.019999999552965164,'cols':['c12e1fff','00000000','1133AAFF'],'nozzle_temp_max':'230'"
	    ","
	    "'nozzle_temp_min':190,'total_len':330000,'tray_sub_brands':'PLA Basic'," SPOOL "}]}],"
	    "'ams_exist_bits':'1','tray_exist_bits':'5','tray_now':'255'}");
	assert_int_equal(s->ams.unit_count, 1);
	assert_true(s->ams.known);
	u = &s->ams.units[0];
	assert_int_equal(u->model, AMS_MODEL_PRO2);
	assert_int_equal(u->humidity_level, 3);
	assert_int_equal(u->humidity_pct, 34);
	assert_true(u->temp_c == 38.4);
	assert_int_equal(u->dry_remaining_min, 95);
	assert_int_equal(u->dry_target_c, 55);
	assert_int_equal(u->drying, TRI_NO);
	assert_int_equal(u->nozzle, UNKNOWN_INT);
	assert_int_equal(u->tray_count, 4);
	t = &u->trays[0];
	assert_int_equal(t->slot, 0);
	assert_int_equal(t->tray, 0);
	assert_int_equal(t->state, TRAY_LOADED);
	assert_int_equal(t->rfid, TRI_YES);
	assert_string_equal(t->type, "PLA");
	assert_string_equal(t->brand, "PLA Basic");
	assert_string_equal(t->profile, "GFA00");
	assert_string_equal(t->uuid, "6F1D0A4B8E2C4D7799A0B1C2D3E4F506");
	assert_string_equal(t->color, "C12E1FFF");
	assert_int_equal(t->color_count, 2);
	assert_string_equal(t->colors[0], "C12E1FFF");
	assert_string_equal(t->colors[1], "1133AAFF");
	assert_int_equal(t->remain_pct, 80);
	assert_int_equal(t->total_mm, 330000);
	assert_int_equal(t->nozzle_min_c, 190);
	assert_int_equal(t->nozzle_max_c, 230);
	assert_true(t->k == 0.02);
	assert_int_equal(u->trays[1].state, TRAY_EMPTY);
	assert_int_equal(u->trays[2].state, TRAY_PRESENT);
	assert_int_equal(u->trays[2].rfid, TRI_UNKNOWN);
	assert_int_equal(s->ams.active_tray, UNKNOWN_INT);
}

static void ams_merges_partial_arrays_by_id(void **state)
{
	struct state *s = *state;

	feed_full(s, BASE);
	assert_int_equal(
	    feed_delta(s, "'ams':{'ams':[{'id':'1','tray':[{'id':'1','remain':79}]}]}"), AMS_SEEN);
	assert_int_equal(s->ams.unit_count, 2);
	assert_int_equal(tray(s, 1, 1)->remain_pct, 79);
	assert_string_equal(tray(s, 1, 1)->type, "PLA");
	assert_string_equal(tray(s, 0, 3)->type, "PLA");
	assert_int_equal(s->ams.units[0].humidity_pct, 24);
	assert_int_equal(feed_delta(s, "'ams':{'ams':[{'id':'0','humidity_raw':'25'}]}"), AMS_SEEN);
	assert_int_equal(s->ams.units[0].humidity_pct, 25);
	assert_true(s->ams.units[0].temp_c == 26.2);
}

static void ams_scalars_alone_keep_units(void **state)
{
	struct state *s = *state;

	feed_full(s, BASE);
	assert_int_equal(s->ams.active_tray, 5);
	assert_int_equal(
	    feed_delta(s, "'ams':{'tray_now':'255','tray_pre':'5','version':7}"), AMS_SEEN);
	assert_int_equal(s->ams.unit_count, 2);
	assert_int_equal(s->ams.active_tray, UNKNOWN_INT);
	assert_int_equal(feed_delta(s, "'ams':{'version':8,'tray_tar':'1'}"), 0);
}

static void ams_bare_tray_clears_its_contents(void **state)
{
	struct state *s = *state;

	feed_full(s, BASE);
	feed_delta(s, "'ams':{'ams':[{'id':'0','tray':[{'id':'2'},{'id':'3','state':10}]}]}");
	assert_int_equal(tray(s, 0, 2)->state, TRAY_PRESENT);
	assert_string_equal(tray(s, 0, 2)->type, "");
	assert_int_equal(tray(s, 0, 2)->remain_pct, UNKNOWN_INT);
	assert_int_equal(tray(s, 0, 3)->state, TRAY_PRESENT);
	assert_int_equal(tray(s, 0, 3)->rfid, TRI_UNKNOWN);
	assert_int_equal(tray(s, 0, 1)->state, TRAY_LOADED);
}

static void ams_empty_values_overwrite(void **state)
{
	struct state *s = *state;

	feed_full(s, BASE);
	feed_delta(s, "'ams':{'ams':[{'id':'0','tray':[{'id':'0','tray_type':'','tray_info_idx':'',"
		      "'tray_color':'00000000','remain':-1}]}]}");
	assert_int_equal(tray(s, 0, 0)->state, TRAY_PRESENT);
	assert_string_equal(tray(s, 0, 0)->color, "");
	assert_int_equal(tray(s, 0, 0)->remain_pct, UNKNOWN_INT);
}

static void ams_zero_tag_keeps_the_tag_while_the_spool_stays(void **state)
{
	struct state *s = *state;

	feed_full(s, BASE);
	feed_delta(s, "'ams':{'ams':[{'id':'0','tray':[{'id':'0'," ZEROS ",'remain':70}]}]}");
	assert_int_equal(tray(s, 0, 0)->rfid, TRI_YES);
	assert_string_equal(tray(s, 0, 0)->uuid, "6F1D0A4B8E2C4D7799A0B1C2D3E4F506");
	assert_int_equal(tray(s, 0, 0)->remain_pct, 70);
	feed_delta(s, "'ams':{'tray_exist_bits':'2e','ams_exist_bits':'3'}");
	feed_delta(s, "'ams':{'ams':[{'id':'0','tray':[{'id':'0'," ZEROS
		      ",'tray_type':'PETG'}]}],'tray_exist_bits':'2f'}");
	assert_int_equal(tray(s, 0, 0)->rfid, TRI_NO);
	assert_string_equal(tray(s, 0, 0)->uuid, "");
	assert_string_equal(tray(s, 0, 0)->type, "PETG");
}

static void ams_tray_bits_are_the_truth_of_presence(void **state)
{
	struct state *s = *state;

	feed_full(s, BASE);
	assert_int_equal(feed_delta(s, "'ams':{'tray_exist_bits':'2d'}"), AMS_SEEN);
	assert_int_equal(tray(s, 0, 1)->state, TRAY_EMPTY);
	assert_string_equal(tray(s, 0, 1)->type, "");
	assert_int_equal(tray(s, 0, 0)->state, TRAY_LOADED);
	feed_delta(s, "'ams':{'tray_exist_bits':'2f'}");
	assert_int_equal(tray(s, 0, 1)->state, TRAY_PRESENT);
}

static void ams_unit_without_its_bit_is_dropped(void **state)
{
	struct state *s = *state;

	feed_full(s, BASE);
	feed_delta(s, "'ams':{'ams_exist_bits':'1'}");
	assert_int_equal(s->ams.unit_count, 1);
	assert_int_equal(s->ams.units[0].id, 0);
}

static void ams_shutdown_echo_is_no_news(void **state)
{
	struct state *s = *state;

	feed_full(s, BASE);
	assert_int_equal(feed_delta(s, "'ams':{'ams_exist_bits':'0','tray_exist_bits':'0',"
				       "'power_on_flag':false}"),
	    0);
	assert_int_equal(s->ams.unit_count, 2);
	assert_int_equal(tray(s, 0, 0)->state, TRAY_LOADED);
	feed_delta(s, "'ams':{'tray_exist_bits':'0','power_on_flag':true}");
	assert_int_equal(tray(s, 0, 0)->state, TRAY_EMPTY);
	feed_full(s, "'ams':{'ams':[{'id':'0','tray':[]}],'ams_exist_bits':'1',"
		     "'tray_exist_bits':'0','power_on_flag':false}");
	assert_int_equal(s->ams.unit_count, 1);
	assert_int_equal(tray(s, 0, 0)->state, TRAY_EMPTY);
}

static void ams_full_report_forgets_older_units(void **state)
{
	struct state *s = *state;

	feed_full(s, BASE);
	assert_true((feed_full(s, "'ams':{'ams':[],'ams_exist_bits':'0','tray_exist_bits':'0'}") &
			AMS_SEEN) != 0);
	assert_int_equal(s->ams.unit_count, 0);
	assert_true(s->ams.known);
	feed_full(s, "");
	assert_false(s->ams.known);
}

static void ams_ht_has_its_own_bits_and_numbers(void **state)
{
	struct state *s = *state;

	feed_full(s, "'ams':{'ams':[{'id':'128','info':'2004','humidity':'0','humidity_raw':'6',"
		     "'temp':'27.9','tray':[{'id':'0'," SPOOL "}]},{'id':'129','info':'2024',"
		     "'tray':[{'id':'0'," SPOOL "}]}],'ams_exist_bits':'30','tray_exist_bits':"
		     "'10000','tray_now':'128'}");
	assert_int_equal(s->ams.unit_count, 2);
	assert_int_equal(s->ams.units[0].model, AMS_MODEL_HT);
	assert_int_equal(s->ams.units[0].tray_count, 1);
	assert_int_equal(s->ams.units[0].humidity_level, UNKNOWN_INT);
	assert_int_equal(s->ams.units[0].humidity_pct, 6);
	assert_int_equal(s->ams.units[0].drying, TRI_NO);
	assert_int_equal(s->ams.units[1].drying, TRI_YES);
	assert_int_equal(tray(s, 128, 0)->tray, 128);
	assert_int_equal(tray(s, 128, 0)->state, TRAY_LOADED);
	assert_int_equal(tray(s, 129, 0)->state, TRAY_EMPTY);
	assert_int_equal(s->ams.active_unit, 128);
	assert_int_equal(s->ams.active_slot, 0);
	assert_int_equal(s->ams.active_tray, 128);
	feed_delta(s, "'ams':{'ams_exist_bits':'20','tray_exist_bits':'20000'}");
	assert_int_equal(s->ams.unit_count, 1);
	assert_int_equal(s->ams.units[0].id, 129);
}

static void ams_a2l_lite_has_id_16_bit_12_and_trays_24_to_27(void **state)
{
	struct state *s = *state;

	feed_full(s, "'ams':{'ams':[{'id':'16','info':'1005','humidity':'5','humidity_raw':'0',"
		     "'temp':'0.0','tray':[{'id':'0'," SPOOL "},{'id':'2'," SPOOL "}]}],"
		     "'ams_exist_bits':'1000','tray_exist_bits':'5000000','tray_now':'26'}");
	assert_int_equal(s->ams.unit_count, 1);
	assert_int_equal(s->ams.units[0].model, AMS_MODEL_LITE);
	assert_int_equal(s->ams.units[0].humidity_level, UNKNOWN_INT);
	assert_int_equal(s->ams.units[0].humidity_pct, UNKNOWN_INT);
	assert_true(isnan(s->ams.units[0].temp_c));
	assert_int_equal(tray(s, 16, 0)->state, TRAY_LOADED);
	assert_int_equal(tray(s, 16, 1)->state, TRAY_EMPTY);
	assert_int_equal(tray(s, 16, 2)->tray, 26);
	assert_int_equal(s->ams.active_unit, 16);
	assert_int_equal(s->ams.active_slot, 2);
	feed_delta(s, "'ams':{'ams_exist_bits':'1'}");
	assert_int_equal(s->ams.unit_count, 0);
}

static void ams_model_comes_from_the_version_reply_without_info(void **state)
{
	struct state *s = *state;

	feed_full(s, "'ams':{'ams':[{'id':'0','humidity':'3','temp':'0.0','tray':[]}],"
		     "'ams_exist_bits':'1','tray_exist_bits':'0'}");
	assert_int_equal(s->ams.units[0].model, AMS_MODEL_UNKNOWN);
	assert_int_equal(s->ams.units[0].humidity_level, 3);
	assert_int_equal(feed(s, "{'info':{'command':'get_version','module':[{'name':'ams_f1/0'},"
				 "{'name':'n3f/1'},{'name':'ams/x'},{'name':'ams/'}]}}"),
	    AMS_SEEN);
	assert_int_equal(s->ams.units[0].model, AMS_MODEL_LITE);
	assert_int_equal(s->ams.units[0].humidity_level, UNKNOWN_INT);
	feed(s, "{'info':{'command':'get_version','module':[{'name':'ams/0'}]}}");
	assert_int_equal(s->ams.units[0].model, AMS_MODEL_AMS);
	assert_int_equal(s->ams.units[0].humidity_level, 3);
	assert_int_equal(s->ams.units[0].drying, TRI_UNKNOWN);
}

static void ams_remain_and_humidity_out_of_range_are_unknown(void **state)
{
	struct state *s = *state;

	feed_full(s,
	    "'ams':{'ams':[{'id':0,'info':'1001','humidity':'0','humidity_raw':'0','tray':["
	    "{'id':0,'tray_type':'PLA','remain':-1},{'id':1,'tray_type':'PLA','remain':101},"
	    "{'id':2,'tray_type':'PLA','remain':'100'},{'id':3,'tray_type':'PLA','remain':0,"
	    "'nozzle_temp_min':'0','nozzle_temp_max':'0'}]},"
	    "{'id':1,'info':'1001','humidity':'9','humidity_raw':'101'}],"
	    "'ams_exist_bits':'3','tray_exist_bits':'f'}");
	assert_int_equal(tray(s, 0, 0)->remain_pct, UNKNOWN_INT);
	assert_int_equal(tray(s, 0, 1)->remain_pct, UNKNOWN_INT);
	assert_int_equal(tray(s, 0, 2)->remain_pct, 100);
	assert_int_equal(tray(s, 0, 3)->remain_pct, 0);
	assert_int_equal(tray(s, 0, 3)->nozzle_min_c, UNKNOWN_INT);
	assert_int_equal(tray(s, 0, 3)->nozzle_max_c, UNKNOWN_INT);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(s->ams.units[i].humidity_level, UNKNOWN_INT);
		assert_int_equal(s->ams.units[i].humidity_pct, UNKNOWN_INT);
	}
}

static void ams_external_prefers_vir_slot(void **state)
{
	struct state *s = *state;

	feed_full(s,
	    "'vir_slot':[{'id':'255','tray_type':'ABS','tray_info_idx':'GFB00','remain':0},"
	    "{'id':'254','tray_type':'','tray_info_idx':''}],"
	    "'vt_tray':{'id':'255','tray_type':'PLA','tray_info_idx':'GFA00'}");
	assert_int_equal(s->ams.external_count, 2);
	assert_int_equal(s->ams.external[0].tray, 254);
	assert_int_equal(s->ams.external[0].slot, UNKNOWN_INT);
	assert_int_equal(s->ams.external[0].state, TRAY_UNKNOWN);
	assert_int_equal(s->ams.external[1].tray, 255);
	assert_int_equal(s->ams.external[1].state, TRAY_LOADED);
	assert_string_equal(s->ams.external[1].type, "ABS");
	assert_int_equal(s->ams.external[1].remain_pct, UNKNOWN_INT);
	assert_int_equal(feed_delta(s, "'vt_tray':{'id':'255','tray_type':'PLA'}"), 0);
	assert_int_equal(
	    feed_delta(s, "'vir_slot':[{'id':'254','tray_type':'TPU','tray_info_idx':'GFU99'}]"),
	    AMS_SEEN);
	assert_int_equal(s->ams.external_count, 2);
	assert_int_equal(s->ams.external[0].state, TRAY_LOADED);
	assert_string_equal(s->ams.external[1].type, "ABS");
}

static void ams_single_nozzle_has_one_external_spool(void **state)
{
	struct state *s = as_model(state, "P2S");

	feed_full(s, "'vir_slot':[{'id':'254','tray_type':'PLA'},{'id':'255','tray_type':'ABS'}]");
	assert_int_equal(s->ams.external_count, 1);
	assert_int_equal(s->ams.external[0].tray, 255);
	feed_full(s, "'vt_tray':{'id':'254','tray_type':'PLA'},'ams':{'tray_now':'254'}");
	assert_int_equal(s->ams.external[0].tray, 254);
	assert_int_equal(s->ams.active_tray, 254);
	assert_int_equal(s->ams.active_unit, UNKNOWN_INT);
	feed_full(s, "'vir_slot':[{'id':'255','tray_type':'ABS'}],'ams':{'tray_now':'254'}");
	assert_int_equal(s->ams.active_tray, 255);
}

static void check_snow(struct state *s, int snow, int unit, int slot, int number)
{
	char text[160];

	snprintf(text, sizeof(text),
	    "'device':{'extruder':{'info':[{'id':0,'snow':%d},{'id':1,'snow':3}],'state':2}}",
	    snow);
	feed_delta(s, text);
	if (s->ams.active_unit != unit || s->ams.active_slot != slot ||
	    s->ams.active_tray != number) {
		fail_msg("snow %#x: %d %d %d", (unsigned)snow, s->ams.active_unit,
		    s->ams.active_slot, s->ams.active_tray);
	}
}

static void ams_active_tray_decodes_snow(void **state)
{
	struct state *s = *state;

	feed_full(s, BASE ",'vir_slot':[{'id':'254'},{'id':'255'}]");
	check_snow(s, 0x0000, 0, 0, 0);
	check_snow(s, 0x0103, 1, 3, 7);
	check_snow(s, 0x8000, 128, 0, 128);
	check_snow(s, 0x8100, 129, 0, 129);
	check_snow(s, 0x1002, 16, 2, 26);
	check_snow(s, 0xFFFF, UNKNOWN_INT, UNKNOWN_INT, UNKNOWN_INT);
	check_snow(s, 0xFEFF, UNKNOWN_INT, UNKNOWN_INT, UNKNOWN_INT);
	check_snow(s, 0xFF00, UNKNOWN_INT, UNKNOWN_INT, 255);
	check_snow(s, 0xFE00, UNKNOWN_INT, UNKNOWN_INT, 254);
}

/* Two nozzles report local slots in tray_now; bits 4-7 name the extruder in use, not 8-11. */
static void ams_active_tray_is_that_of_the_current_extruder(void **state)
{
	struct state *s = *state;

	feed_full(s,
	    BASE ",'device':{'extruder':{'info':[{'id':0,'snow':65535},{'id':1,'snow':259}],"
		 "'state':18}}");
	assert_int_equal(s->ams.active_tray, 7);
	assert_true((feed_delta(s, "'device':{'extruder':{'state':258}}") & AMS_SEEN) != 0);
	assert_int_equal(s->ams.active_tray, UNKNOWN_INT);
	feed_delta(s, "'device':{'extruder':{'state':242}}");
	assert_int_equal(s->ams.active_tray, UNKNOWN_INT);
	assert_int_equal(feed_delta(s, "'ams':{'tray_now':'0'}"), 0);
}

static void ams_unit_names_its_nozzle_on_two_nozzle_printers(void **state)
{
	struct state *s = as_model(state, "H2D");

	feed_full(s, "'ams':{'ams':[{'id':'0','info':'1101'},{'id':'1','info':'1001'},{'id':'2',"
		     "'info':'1E01'}],'ams_exist_bits':'7','tray_exist_bits':'0'}");
	assert_int_equal(s->ams.units[0].nozzle, 1);
	assert_int_equal(s->ams.units[1].nozzle, 0);
	assert_int_equal(s->ams.units[2].nozzle, UNKNOWN_INT);
}

static void ams_auto_refill_comes_from_cfg_else_home_flag(void **state)
{
	struct state *s = *state;

	feed_full(s, "");
	assert_int_equal(s->ams.auto_refill, TRI_UNKNOWN);
	assert_true((feed_delta(s, "'home_flag':1024") & AMS_SEEN) != 0);
	assert_int_equal(s->ams.auto_refill, TRI_YES);
	feed_delta(s, "'cfg':'0'");
	assert_int_equal(s->ams.auto_refill, TRI_NO);
	feed_delta(s, "'cfg':'40000'");
	assert_int_equal(s->ams.auto_refill, TRI_YES);
}

static void ams_wrong_types_are_counted_and_unknown(void **state)
{
	struct state *s = *state;

	feed_full(s, BASE);
	feed_delta(s, "'ams':{'ams':[7,{'id':{}},{'id':'0','temp':[],'tray':[{'id':'0','remain':{},"
		      "'cols':9,'tray_color':7.5,'tray_type':[]}]}],'tray_exist_bits':47}");
	assert_int_equal(s->wrong_types, 7);
	assert_true(isnan(s->ams.units[0].temp_c));
	assert_int_equal(tray(s, 0, 0)->remain_pct, UNKNOWN_INT);
	assert_string_equal(tray(s, 0, 0)->type, "");
	assert_int_equal(tray(s, 0, 2)->state, TRAY_LOADED);
}

static void ams_units_are_bounded(void **state)
{
	struct state *s = *state;
	_cleanup_free_ char *text = xstrdup("'ams':{'ams':[{'id':0}");
	int i;

	for (i = 1; i < 200; i++) {
		char *more = xasprintf("%s,{'id':%d}", text, i);

		free(text);
		text = more;
	}
	{
		_cleanup_free_ char *whole = xasprintf("%s]}", text);

		feed_full(s, whole);
	}
	assert_int_equal(s->ams.unit_count, STATE_UNITS_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    STATE_TEST(ams_full_report_fills_every_field),
	    STATE_TEST(ams_merges_partial_arrays_by_id),
	    STATE_TEST(ams_scalars_alone_keep_units),
	    STATE_TEST(ams_bare_tray_clears_its_contents),
	    STATE_TEST(ams_empty_values_overwrite),
	    STATE_TEST(ams_zero_tag_keeps_the_tag_while_the_spool_stays),
	    STATE_TEST(ams_tray_bits_are_the_truth_of_presence),
	    STATE_TEST(ams_unit_without_its_bit_is_dropped),
	    STATE_TEST(ams_shutdown_echo_is_no_news),
	    STATE_TEST(ams_full_report_forgets_older_units),
	    STATE_TEST(ams_ht_has_its_own_bits_and_numbers),
	    STATE_TEST(ams_a2l_lite_has_id_16_bit_12_and_trays_24_to_27),
	    STATE_TEST(ams_model_comes_from_the_version_reply_without_info),
	    STATE_TEST(ams_remain_and_humidity_out_of_range_are_unknown),
	    STATE_TEST(ams_external_prefers_vir_slot),
	    STATE_TEST(ams_single_nozzle_has_one_external_spool),
	    STATE_TEST(ams_active_tray_decodes_snow),
	    STATE_TEST(ams_active_tray_is_that_of_the_current_extruder),
	    STATE_TEST(ams_unit_names_its_nozzle_on_two_nozzle_printers),
	    STATE_TEST(ams_auto_refill_comes_from_cfg_else_home_flag),
	    STATE_TEST(ams_wrong_types_are_counted_and_unknown),
	    STATE_TEST(ams_units_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
