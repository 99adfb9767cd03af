/* SPDX-License-Identifier: MIT */
/* The get_version reply: which modules a printer is made of. */
#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "tests/sim/report.h"

struct module {
	const char *name, *version, *hw, *sn, *product;
};

static void write_module(struct jw *w, const struct sim_identity *id, const struct module *m)
{
	bool ota = strcmp(m->name, "ota") == 0;
	bool named = id->model->product[0] != '\0'; /* firmware that sends product names */

	jw_object(w, NULL);
	jw_str(w, "name", m->name);
	if (named) {
		jw_str(w, "product_name", m->product);
		jw_bool(w, "visible", m->product[0] != '\0');
	} else {
		bool body = ota || strcmp(m->name, "esp32") == 0;

		jw_str(w, "project_name", body ? id->model->code : m->product[0] ? "" : "P1");
	}
	jw_str(w, "sw_ver", m->version);
	jw_str(w, "hw_ver", m->hw);
	jw_str(w, "loader_ver", "00.00.00.00");
	jw_str(w, "sn", m->sn);
	jw_int(w, "flag", ota ? 3 : 0);
	jw_object_end(w);
}

static void write_unit(struct jw *w, const struct sim_identity *id, const struct sim_unit *u)
{
	static const struct {
		const char *prefix, *sn, *hw, *product;
	} kinds[SIM_UNIT_COUNT] = {
	    [SIM_UNIT_AMS] = {"ams", "006", "AMS08", "AMS"},
	    [SIM_UNIT_LITE] = {"ams_f1", "03C", "AMS_F102", "AMS Lite"},
	    [SIM_UNIT_PRO2] = {"n3f", "19C", "N3F05", "AMS 2 Pro"},
	    [SIM_UNIT_HT] = {"n3s", "19F", "N3S05", "AMS HT"},
	};
	char name[16], sn[24], product[32];
	const struct module m = {name, "00.00.08.20", kinds[u->kind].hw, sn, product};

	snprintf(name, sizeof(name), "%s/%d", kinds[u->kind].prefix, u->id);
	snprintf(sn, sizeof(sn), "%s00A%09d", kinds[u->kind].sn, u->id);
	snprintf(product, sizeof(product), "%s (%d)", kinds[u->kind].product, (u->id & 127) + 1);
	write_module(w, id, &m);
}

static void write_hotend(struct jw *w, const struct sim_identity *id, int number)
{
	char name[16], sn[24];
	const struct module m = {name, "00.00.01.04", "WTM01", sn, ""};

	snprintf(name, sizeof(name), "wtm/%d", number);
	snprintf(sn, sizeof(sn), "WTM00A%09d", number);
	write_module(w, id, &m);
}

void sim_version_write(
    struct jw *w, const struct sim_identity *id, const struct sim_state *now, const char *sequence)
{
	static const char *const body[SIM_FAMILY_COUNT] = {"esp32", "rv1126", "ap"};
	const struct module modules[] = {
	    {"ota", id->model->firmware, "OTA", id->serial, id->model->product},
	    {body[id->model->family], "01.14.22.05", id->model->ap_hw, id->serial, ""},
	    {"mc", "00.00.31.40", "MC02", "N/A", ""},
	    {"th", "00.00.10.02", "TH09", "N/A", ""},
	};

	jw_object(w, NULL);
	jw_object(w, "info");
	jw_str(w, "command", "get_version");
	jw_str(w, "sequence_id", sequence);
	jw_array(w, "module");
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		write_module(w, id, &modules[i]);
	}
	for (int i = 0; i < now->units; i++) {
		write_unit(w, id, &now->unit[i]);
	}
	for (int i = 0; i < id->model->rack; i++) {
		write_hotend(w, id, SIM_RACK_FIRST + i);
	}
	jw_array_end(w);
	jw_str(w, "result", "success");
	jw_str(w, "reason", "");
	jw_object_end(w);
	jw_object_end(w);
}
