/* SPDX-License-Identifier: MIT */
/* Every path of the status object with its type, unit and meaning (api.keys). */
#include "common/util.h"
#include "daemon/api/render.h"

#define SPOOL_KEYS(at, what)                                                                     \
	{at ".slot", "integer", "", "slot in its unit, from 0; null for an external spool"},     \
	    {at ".tray", "integer", "", "number of the " what ", unique in the printer"},        \
	    {at ".state", "string", "", "empty, present or loaded (contents known)"},            \
	    {at ".type", "string", "", "material, as PLA"},                                      \
	    {at ".brand", "string", "", "vendor's name of the filament"},                        \
	    {at ".profile", "string", "", "filament profile of the slicer, as GFA00"},           \
	    {at ".color", "string", "", "colour as RRGGBBAA"},                                   \
	    {at ".colors[]", "string", "", "all colours of a multicolour filament"},             \
	    {at ".remain_pct", "integer", "%", "filament left"},                                 \
	    {at ".remain_mm", "integer", "mm", "filament left"},                                 \
	    {at ".total_mm", "integer", "mm", "length of a full spool"},                         \
	    {at ".nozzle_min_c", "integer", "C", "lowest nozzle temperature for the filament"},  \
	    {at ".nozzle_max_c", "integer", "C", "highest nozzle temperature for the filament"}, \
	    {at ".k", "number", "", "flow dynamics factor"},                                     \
	    {at ".uuid", "string", "", "identity of the spool from its tag"},                    \
	    {at ".rfid", "boolean", "", "whether the spool carries a tag of the vendor"},        \
	{                                                                                        \
		at ".active", "boolean", "", "whether the extruder is fed from here"             \
	}

const struct render_key render_keys[] = {
    {"name", "string", "", "name in the configuration"},
    {"serial", "string", "", "serial number"},
    {"model", "string", "", "short model name, else the vendor's code"},
    {"product", "string", "", "vendor's product name"},
    {"firmware", "string", "", "firmware version"},
    {"tags[]", "string", "", "tags in the configuration"},
    {"instance", "string", "", "name of the daemon that serves the printer"},

    {"link.state", "string", "",
	"connecting, online, stale, offline, auth_refused, tls_refused, lan_closed or disabled"},
    {"link.plane", "string", "", "way the state comes: lan or cloud"},
    {"link.address", "string", "", "address of the printer"},
    {"link.address_source", "string", "",
	"where it is from: configured, or printer, which told it through the cloud"},
    {"link.since", "time", "", "when the link entered its state"},
    {"link.age_ms", "integer", "ms", "since the last message of any kind"},
    {"link.full_age_ms", "integer", "ms", "since the last full report"},
    {"link.tls", "string", "",
	"how the printer's certificate is checked: verified, pinned, insecure"},
    {"link.reconnects", "integer", "", "times the link had to be made again"},
    {"link.last_error", "string", "", "what went wrong last"},
    {"link.last_error_hint", "string", "", "what to do about it"},

    {"control.state", "string", "", "full, locked (firmware wants signed commands) or unknown"},
    {"control.evidence", "string", "", "what the verdict rests on"},
    {"control.since", "time", "", "when the verdict was reached"},

    {"print.state", "string", "",
	"idle, preparing, slicing, printing, paused, finished, failed, offline or unknown"},
    {"print.stage", "string", "", "what the printer is doing in detail"},
    {"print.stage_id", "integer", "", "the same as the vendor's number"},
    {"print.percent", "integer", "%", "progress of the job"},
    {"print.layer", "integer", "", "layer being printed"},
    {"print.total_layers", "integer", "", "layers of the job"},
    {"print.remaining_s", "integer", "s", "time left, while printing or paused"},
    {"print.eta", "time", "", "when the job is expected to end"},
    {"print.started", "time", "", "when the job began, if that was seen"},
    {"print.job", "string", "", "name of the job"},
    {"print.file", "string", "", "file of the job"},
    {"print.task_id", "string", "", "task number of the cloud"},
    {"print.source", "string", "", "where the job came from: cloud, local or system"},
    {"print.prepare_percent", "integer", "%", "progress of the preparation"},
    {"print.speed", "string", "", "silent, standard, sport or ludicrous"},
    {"print.speed_percent", "integer", "%", "speed relative to standard"},
    {"print.skipped_objects[]", "integer", "", "objects left out of the job"},
    {"print.error.code", "string", "", "error code, as 0300-400C"},
    {"print.error.text", "string", "", "what it means"},
    {"print.error.kind", "string", "", "fatal, pause or prompt"},

    {"temp.nozzles[].id", "integer", "", "extruder number, 0 is the right or only one"},
    {"temp.nozzles[].position", "string", "", "right or left, where there are two"},
    {"temp.nozzles[].current_c", "number", "C", "temperature"},
    {"temp.nozzles[].target_c", "number", "C", "wanted temperature, 0 is off"},
    {"temp.nozzles[].diameter_mm", "number", "mm", "diameter of the nozzle"},
    {"temp.nozzles[].type", "string", "", "material of the nozzle"},
    {"temp.nozzles[].active", "boolean", "", "whether it is the one in use"},
    {"temp.bed.current_c", "number", "C", "bed temperature"},
    {"temp.bed.target_c", "number", "C", "wanted bed temperature, 0 is off"},
    {"temp.chamber.current_c", "number", "C", "chamber temperature, where there is a sensor"},
    {"temp.chamber.target_c", "number", "C", "wanted chamber temperature, where there is a heater"},

    {"fans.part_pct", "integer", "%", "part cooling fan"},
    {"fans.aux_pct", "integer", "%", "auxiliary fan"},
    {"fans.chamber_pct", "integer", "%", "chamber fan"},
    {"fans.heatbreak_pct", "integer", "%", "hotend fan"},

    {"lights.chamber", "string", "", "chamber light: on, off or blink"},
    {"lights.work", "string", "", "work light of the toolhead: on, off or blink"},
    {"lights.heatbed", "string", "", "heatbed light: on, off or blink"},

    {"ams.units[].id", "integer", "", "0..3 AMS, 16 lite of an A2L, 128 and up AMS HT"},
    {"ams.units[].label", "string", "", "A to D, L, or HT-A and so on"},
    {"ams.units[].model", "string", "", "ams, lite, pro2, ht or unknown"},
    {"ams.units[].humidity_level", "integer", "", "1 (wet) to 5 (dry)"},
    {"ams.units[].humidity_pct", "integer", "%", "relative humidity"},
    {"ams.units[].temp_c", "number", "C", "temperature in the unit"},
    {"ams.units[].drying.active", "boolean", "", "whether the unit dries filament"},
    {"ams.units[].drying.remaining_min", "integer", "min", "drying time left"},
    {"ams.units[].drying.target_c", "integer", "C", "drying temperature"},
    {"ams.units[].nozzle", "integer", "", "extruder the unit feeds, where there are two"},
    {"ams.units[].slots[]", "string", "", "states of the trays; in lists of printers only"},
    SPOOL_KEYS("ams.units[].trays[]", "tray"),
    SPOOL_KEYS("ams.external[]", "spool"),
    {"ams.active.unit", "integer", "", "unit that feeds the extruder, null for an external spool"},
    {"ams.active.slot", "integer", "", "slot that feeds the extruder"},
    {"ams.active.tray", "integer", "", "tray or external spool that feeds the extruder"},
    {"ams.auto_refill", "boolean", "", "whether printing goes on from a like spool at a runout"},
    {"ams.total_slots", "integer", "", "slots of all units"},

    {"hms[].code", "string", "", "health message, as 0300-1200-0002-0001"},
    {"hms[].severity", "string", "", "fatal, serious, common or info"},
    {"hms[].module", "string", "",
	"motion, mainboard, ams, toolhead, xcam, system, ams_lite, ams_ht or unknown"},
    {"hms[].unit", "integer", "", "AMS unit it speaks of"},
    {"hms[].slot", "integer", "", "slot it speaks of, from 0"},
    {"hms[].text", "string", "", "what it means"},
    {"hms[].url", "string", "", "page of the vendor about it"},
    {"hms[].since", "time", "", "when it was first seen"},

    {"camera.kind", "string", "", "jpeg, rtsps or none"},
    {"camera.state", "string", "", "streaming, connecting, stalled, idle, off or error"},
    {"camera.frame_age_ms", "integer", "ms", "age of the newest picture"},
    {"camera.width", "integer", "px", "width of the picture"},
    {"camera.height", "integer", "px", "height of the picture"},
    {"camera.why", "string", "", "why there is no picture"},

    {"device.wifi_dbm", "integer", "dBm", "strength of the wireless signal"},
    {"device.wired", "boolean", "", "whether the printer hangs on a cable"},
    {"device.sdcard", "string", "", "present, absent, abnormal or read_only"},
    {"device.door", "string", "", "open or closed, where the model tells"},
    {"device.nozzle_count", "integer", "", "nozzles of the printer"},
    {"device.firmware_new", "string", "", "firmware version on offer"},
    {"device.timelapse", "boolean", "", "whether timelapses are taken"},
    {"device.recording", "boolean", "", "whether the camera records"},

    {"options.airprint_detect", "boolean", "", "whether printing in the air is noticed"},
    {"options.auto_recovery", "boolean", "", "whether a print goes on after lost steps"},
    {"options.auto_refill", "boolean", "", "whether the next equal spool takes over"},
    {"options.blob_detect", "boolean", "", "whether a blob on the nozzle is noticed"},
    {"options.sound", "boolean", "", "whether the printer gives sounds"},
    {"options.tangle_detect", "boolean", "", "whether tangled filament is noticed"},
    {"options.xcam.airprint_detector.on", "boolean", "",
	"whether the camera looks for printing in the air"},
    {"options.xcam.airprint_detector.sensitivity", "string", "", "never_halt, low, medium or high"},
    {"options.xcam.buildplate_marker_detector.on", "boolean", "",
	"whether the camera looks for the build plate's marker"},
    {"options.xcam.clump_detector.on", "boolean", "",
	"whether the camera looks for clumps on the nozzle"},
    {"options.xcam.clump_detector.sensitivity", "string", "", "never_halt, low, medium or high"},
    {"options.xcam.first_layer_inspector.on", "boolean", "",
	"whether the camera watches the first layer"},
    {"options.xcam.pileup_detector.on", "boolean", "",
	"whether the camera looks for filament piled up in the chute"},
    {"options.xcam.pileup_detector.sensitivity", "string", "", "never_halt, low, medium or high"},
    {"options.xcam.plate_offset_switch.on", "boolean", "",
	"whether the camera watches how the plate lies"},
    {"options.xcam.printing_monitor.on", "boolean", "",
	"whether the camera watches the whole print"},
    {"options.xcam.printing_monitor.sensitivity", "string", "", "never_halt, low, medium or high"},
    {"options.xcam.spaghetti_detector.on", "boolean", "", "whether the camera looks for spaghetti"},
    {"options.xcam.spaghetti_detector.sensitivity", "string", "",
	"never_halt, low, medium or high"},

    {"age_ms.print", "integer", "ms", "since a message carried anything of print"},
    {"age_ms.temp", "integer", "ms", "since a message carried anything of temp"},
    {"age_ms.ams", "integer", "ms", "since a message carried anything of ams"},
    {"age_ms.hms", "integer", "ms", "since a message carried anything of hms"},
};
const unsigned render_key_count = ARRAY_SIZE(render_keys);
