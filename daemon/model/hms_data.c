/* SPDX-License-Identifier: MIT */
/* What HMS and print_error codes mean, in our own words (codes: bambu.md 5.2, 6.7). */
#include "daemon/model/hms_data.h"

#include "common/util.h"

const struct hms_text hms_texts[] = {
    {0x0300010000010001, "Heatbed temperature is wrong: the heater may have a short circuit."},
    {0x0300010000010002,
	"Heatbed temperature is wrong: the heater circuit or its thermal switch may be open."},
    {0x0300010000010003, "The heatbed is too hot."},
    {0x0300010000010006, "Heatbed temperature is wrong: the sensor may have a short circuit."},
    {0x0300010000010007, "Heatbed temperature is wrong: the sensor circuit may be open."},
    {0x0300020000010001, "Nozzle temperature is wrong: the heater may have a short circuit."},
    {0x0300020000010002, "Nozzle temperature is wrong: the heater circuit may be open."},
    {0x0300020000010003, "The nozzle is too hot."},
    {0x0300020000010006, "Nozzle temperature is wrong: the sensor may have a short circuit."},
    {0x0300020000010007, "Nozzle temperature is wrong: the sensor circuit may be open."},
    {0x0300030000010001, "The hotend fan stands still or is far too slow."},
    {0x0300030000020002, "The hotend fan is slow; it may need cleaning."},
    {0x0300040000020001, "The part cooling fan stands still or is far too slow."},
    {0x0300050000010001, "The motor driver is too hot."},
    {0x0300060000010001, "Motor A is not connected, or has failed."},
    {0x0300060000010002, "Motor A has a short circuit."},
    {0x0300060000010003, "Motor A has a wrong resistance."},
    {0x03000A0000010001, "Heatbed force sensor 1 is too sensitive; it may touch something."},
    {0x03000A0000010002, "Heatbed force sensor 1 gives a weak signal."},
    {0x03000D0000010002, "Homing of the heatbed failed: too much vibration around the printer."},
    {0x03000D0000010003, "The build plate does not lie where it should."},
    {0x03000D000001000B, "The Z motor is stuck; look for something in its way."},
    {0x03000F0000010001, "The accelerometer sends no data."},
    {0x0300100000020001, "The resonance frequency of the X axis is low; its belt may be loose."},
    {0x0300110000020001, "The resonance frequency of the Y axis is low; its belt may be loose."},
    {0x0300120000020001, "The front cover of the toolhead fell off."},
    {0x0300130000010001, "The current sensor of motor A gives wrong values."},
    {0x0300180000010005, "The Z axis got stuck while moving."},
    {0x03001A0000020001, "Filament sticks to the nozzle, or the build plate lies crooked."},
    {0x03001A0000020002, "The nozzle is clogged."},
    {0x0300400000020001, "Data on the serial line inside the printer is damaged."},
    {0x0300410000010001, "The supply voltage is unstable; the power loss protection stepped in."},
    {0x0300960000010001, "The front door is open."},
    {0x0500010000020001, "The camera software of the printer failed."},
    {0x0500010000020002, "The USB camera is not connected."},
    {0x0500010000020003, "The USB camera does not work properly."},
    {0x0500010000030004, "The memory card is nearly full."},
    {0x0500010000030005, "The memory card has an error, or is read-only."},
    {0x0500010000030006, "The memory card is not formatted."},
    {0x0500020000020001, "The printer has no connection to the Internet."},
    {0x0500020000020002, "The printer could not sign in to the cloud."},
    {0x0500020000020004, "The user is not allowed to use this printer."},
    {0x0500020000020006, "The live view service of the printer failed."},
    {0x0500030000010001, "The motion controller failed; restart the printer."},
    {0x0500030000010002, "The toolhead board failed; restart the printer."},
    {0x0500030000010003, "The AMS controller failed; restart the printer."},
    {0x050003000001000A, "The system is in a bad state; reset it to factory settings."},
    {0x050003000001000B, "The screen does not work; restart the printer."},
    {0x050003000002000C,
	"The wireless hardware failed; switch it off and on, or restart the printer."},
    {0x0500040000010001, "The print job could not be downloaded."},
    {0x0500040000010002, "The print state could not be reported to the cloud."},
    {0x0500040000010003, "The print file cannot be read; send the job again."},
    {0x0500040000010004, "The print file is not allowed on this printer."},
    {0x0500040000010006, "The earlier print could not be resumed."},
    {0x0500040000020007, "The bed is hotter than the filament softens at; the nozzle may clog."},
    {0x0500050000010007,
	"A command was refused because it was not signed (authorization control)."},
    {0x07FE200000020001, "The filament of the left spool holder ran out."},
    {0x07FE200000020002, "There is no filament on the left spool holder."},
    {0x07FF200000020001, "The filament of the spool holder ran out."},
    {0x07FF200000020002, "There is no filament on the spool holder."},
    {0x07FF200000020004, "Pull the filament of the spool holder out of the extruder."},
    {0x0C00010000010001, "The lidar camera is offline."},
    {0x0C00010000010004, "The lens of the lidar camera looks dirty."},
    {0x0C0001000001000A, "The light of the lidar may be broken."},
    {0x0C0001000001000B, "The lidar could not be calibrated."},
    {0x0C00010000020002, "The lidar camera does not work properly."},
    {0x0C00010000020008, "The chamber camera gives no picture."},
    {0x0C00020000010001, "The horizontal laser of the lidar stays dark."},
    {0x0C00030000020005, "The first layer inspection took too long."},
    {0x0C0003000002000C, "The marker of the build plate was not found."},
    {0x0C00030000030006, "Purged filament may have piled up in the chute."},
    {0x0C00030000030007, "The first layer may have defects."},
    {0x0C00030000030008, "The print may have turned to spaghetti."},
    {0x0C0003000003000B, "The first layer is being inspected."},
};
const size_t hms_text_count = ARRAY_SIZE(hms_texts);

#define UNITS(pre, post)                                                               \
	{                                                                              \
		pre "AMS A" post, pre "AMS B" post, pre "AMS C" post, pre "AMS D" post \
	}
#define HT_UNITS(pre, post)                                                        \
	{                                                                          \
		pre "AMS HT-A" post, pre "AMS HT-B" post, pre "AMS HT-C" post,     \
		    pre "AMS HT-D" post, pre "AMS HT-E" post, pre "AMS HT-F" post, \
		    pre "AMS HT-G" post, pre "AMS HT-H" post                       \
	}
#define SLOTS(pre, unit, post)                                                             \
	{                                                                                  \
		pre unit " slot 1" post, pre unit " slot 2" post, pre unit " slot 3" post, \
		    pre unit " slot 4" post                                                \
	}
#define SLOT_FAMILY(first_part, hms_code, pre, post)                            \
	{                                                                       \
		.part = (first_part), .code = (hms_code),                       \
		.ams = {SLOTS(pre, "AMS A", post), SLOTS(pre, "AMS B", post),   \
		    SLOTS(pre, "AMS C", post), SLOTS(pre, "AMS D", post)},      \
		.lite = SLOTS(pre, "AMS lite", post), .ht = HT_UNITS(pre, post) \
	}
#define UNIT_FAMILY(attr_part, hms_code, pre, post, ext)                                  \
	{                                                                                 \
		.part = (attr_part), .code = (hms_code), .ams = UNITS(pre, post),         \
		.lite = pre "AMS lite" post, .ht = HT_UNITS(pre, post), .external = (ext) \
	}

/* Parts 10h..13h are the slot motors, 20h..23h the filament of the slots, 60h..63h their load. */
const struct hms_slot_family hms_slot_families[] = {
    SLOT_FAMILY(0x10, 0x00010001, "The motor of ", " slips."),
    SLOT_FAMILY(0x10, 0x00010003, "The motor of ", " has no control of its torque."),
    SLOT_FAMILY(
	0x10, 0x00020002, "The motor of ", " is overloaded; the filament may be tangled or stuck."),
    SLOT_FAMILY(0x20, 0x00020001, "The filament of ", " ran out."),
    SLOT_FAMILY(0x20, 0x00020002, "There is no filament in ", "."),
    SLOT_FAMILY(0x20, 0x00020003, "The filament of ", " may be broken inside the AMS."),
    SLOT_FAMILY(0x20, 0x00020004, "The filament of ", " may be broken inside the toolhead."),
    SLOT_FAMILY(0x20, 0x00020005, "The filament of ",
	" ran out, and its rest may be stuck in the toolhead."),
    SLOT_FAMILY(0x20, 0x00030001, "The filament of ", " ran out; the rest is being purged."),
    SLOT_FAMILY(0x20, 0x00030002, "The filament of ",
	" ran out; printing goes on from a slot with the same filament."),
    SLOT_FAMILY(0x60, 0x00020001, "Feeding from ",
	" takes too much force; the filament may be tangled or the spool stuck."),
};
const size_t hms_slot_family_count = ARRAY_SIZE(hms_slot_families);

const struct hms_unit_family hms_unit_families[] = {
    UNIT_FAMILY(0x01, 0x00010001, "The assist motor of ", " slips.", NULL),
    UNIT_FAMILY(0x01, 0x00010003, "The assist motor of ", " has no control of its torque.", NULL),
    UNIT_FAMILY(0x01, 0x00010004, "The assist motor of ", " has no control of its speed.", NULL),
    UNIT_FAMILY(0x01, 0x00020002, "The assist motor of ",
	" is overloaded; the filament may be tangled or stuck.", NULL),
    UNIT_FAMILY(
	0x02, 0x00010001, "Length and speed of the filament measured by ", " are wrong.", NULL),
    UNIT_FAMILY(0x40, 0x00020001, "The filament buffer of ", " sends no position.", NULL),
    UNIT_FAMILY(0x40, 0x00020002, "The filament buffer of ", " sends a wrong position.", NULL),
    UNIT_FAMILY(0x40, 0x00020003, "The connection between hub and ", " is disturbed.", NULL),
    UNIT_FAMILY(0x40, 0x00020004, "The filament buffer of ", " may be stuck.", NULL),
    UNIT_FAMILY(
	0x45, 0x00020001, "The sensor of the filament cutter does not work (seen by ", ").", NULL),
    UNIT_FAMILY(
	0x45, 0x00020002, "The filament cutter has to travel too far (seen by ", ").", NULL),
    UNIT_FAMILY(0x45, 0x00020003, "The filament cutter did not come back (seen by ", ").", NULL),
    UNIT_FAMILY(
	0x51, 0x00030001, "", " is switched off; load filament from the spool holder.", NULL),
};
const size_t hms_unit_family_count = ARRAY_SIZE(hms_unit_families);

const struct print_error_text print_error_texts[] = {
    {0x03004002, "Print stopped: levelling the bed failed."},
    {0x03004005, "Print stopped: the hotend fan does not run properly."},
    {0x03004006, "Print stopped: the nozzle is clogged."},
    {0x03004008, "Print stopped: the AMS could not change the filament."},
    {0x03004009, "Print stopped: homing X and Y failed."},
    {0x0300400A, "Print stopped: measuring the resonance failed."},
    {0x0300400C, "The print was cancelled."},
    {0x0300400D, "The print could not be resumed after the power loss."},
    {0x0300400E, "Print stopped: the self-test of the motors failed."},
    {0x03008000, "The print is paused; the printer gives no reason."},
    {0x03008001, "The print was paused by the user."},
    {0x03008002, "Paused: the first layer has defects."},
    {0x03008003, "Paused: the print may have turned to spaghetti."},
    {0x03008004, "Paused: the filament ran out."},
    {0x03008005, "Paused: the front cover of the toolhead fell off."},
    {0x03008006, "Paused: the marker of the build plate was not found."},
    {0x03008007, "A print was interrupted by a power loss and can be resumed."},
    {0x03008008, "Paused: the nozzle temperature is wrong."},
    {0x03008009, "Paused: the heatbed temperature is wrong."},
    {0x0300800A, "Paused: purged filament has piled up in the chute."},
    {0x0300800B, "Paused: the filament cutter is stuck."},
    {0x0300800F, "Paused: the door is open."},
    {0x03008010, "Paused: the hotend fan is too slow."},
    {0x03008014, "Paused: filament sticks to the nozzle."},
    {0x03008016, "Paused: the nozzle is clogged."},
    {0x05004001, "The printer could not reach the cloud."},
    {0x05004002, "Path or name of the print file is not supported."},
    {0x05004003, "The print file cannot be parsed."},
    {0x05004004, "The printer is busy and takes no new job."},
    {0x05004005, "No print can start while the firmware is updated."},
    {0x05004006, "There is not enough free storage for the print."},
    {0x0500400E, "The print was cancelled."},
    {0x05008051, "The build plate is not the one the job was sliced for."},
    {0x0500C010, "The memory card cannot be read or written."},
    {0x05024007, "A command was refused because it was not signed."},
    {0x05024009, "A command was refused because its signature header is wrong."},
    {0x0C008001, "Paused: the first layer has defects."},
    {0x0C008002, "Paused: the print may have turned to spaghetti."},
};
const size_t print_error_text_count = ARRAY_SIZE(print_error_texts);

const struct hms_unit_family print_error_families[] = {
    UNIT_FAMILY(0, 0x8001, "The filament could not be cut (", ").",
	"The filament of the spool holder could not be cut."),
    UNIT_FAMILY(0, 0x8002, "The filament cutter is stuck (", ").", "The filament cutter is stuck."),
    UNIT_FAMILY(0, 0x8003, "The filament could not be pulled out of the extruder (", ").",
	"Pull the filament of the spool holder out of the extruder."),
    UNIT_FAMILY(0, 0x8004, "The filament could not be pulled back into ", ".", NULL),
    UNIT_FAMILY(0, 0x8005, "", " could not push the filament out.", NULL),
    UNIT_FAMILY(0, 0x8006, "The filament of ", " does not reach the extruder.",
	"The filament of the spool holder does not reach the extruder."),
    UNIT_FAMILY(0, 0x8007, "The filament of ", " could not be extruded; the nozzle may be clogged.",
	"The filament of the spool holder could not be extruded; the nozzle may be clogged."),
    UNIT_FAMILY(0, 0x8010, "A motor of ", " is overloaded; the filament or the spool may be stuck.",
	"The filament or the spool on the spool holder may be stuck."),
    UNIT_FAMILY(
	0, 0x8011, "The filament of ", " ran out.", "The filament of the spool holder ran out."),
    UNIT_FAMILY(0, 0x8012, "The job does not say which slots of ", " to use (no AMS mapping).",
	"The job does not say which slots to use (no AMS mapping)."),
    UNIT_FAMILY(0, 0x8013, "Purging the old filament of ", " took too long.",
	"Purging the old filament took too long."),
};
const size_t print_error_family_count = ARRAY_SIZE(print_error_families);
