# SPDX-License-Identifier: MIT
"""Requests to a simulated printer: acknowledged first, then shown in a delta, or declined with a reason."""
import json
import unittest

from simclient import PUSHALL, SimCase

UNSIGNED = 0x05024007


class Obey(SimCase):
    """One printer whose time stands still: every report is the consequence of a request."""

    def open(self, *args, state="idle"):
        self.begin("--printers", "1", "--still", "--rate", "0", "--state", state, *args)
        self.client_ = self.client()
        self.client_.subscribe()
        self.number = 400

    def full(self):
        self.client_.request(PUSHALL)
        return self.client_.report()["print"]

    def send(self, command, category="print", **body):
        self.number += 1
        self.client_.request(json.dumps({category: {"sequence_id": str(self.number), "command": command, **body}}))

    def ack(self, command, category="print", **body):
        """Sends, and returns the answer without what it must echo."""
        self.send(command, category, **body)
        (seen, got), = self.client_.report().items()
        self.assertEqual((seen, got.pop("command"), got.pop("sequence_id")), (category, command, str(self.number)))
        return got

    def delta(self):
        got = self.client_.report()["print"]
        self.assertEqual((got["command"], got["msg"]), ("push_status", 1))
        return got

    def done(self, command, category="print", **body):
        """The delta after an acknowledgement of success."""
        self.assertEqual(self.ack(command, category, **body), {"result": "success", "reason": ""}, (command, body))
        return self.delta()

    def declined(self, command, category="print", **body):
        got = self.ack(command, category, **body)
        self.assertEqual(got["result"], "fail", (command, body))
        self.assertTrue(got["reason"])
        return got["reason"]

    def silent(self):
        """Nothing is on its way: the next message is the answer to a question asked now."""
        self.client_.request('{"info":{"sequence_id":"77","command":"get_version"}}')
        self.assertEqual(self.client_.report()["info"]["sequence_id"], "77")

    def light(self, mode, node="chamber_light"):
        return {"category": "system", "led_node": node, "led_mode": mode, "led_on_time": 500, "led_off_time": 500, "loop_times": 0,
                "interval_time": 0}

    def lights(self, delta):
        return {row["node"]: row["mode"] for row in delta["lights_report"]}


class Jobs(Obey):
    def test_a_job_is_paused_resumed_and_stopped(self):
        self.open("--model", "P1S", state="printing")
        self.assertEqual(self.done("pause", param="")["gcode_state"], "PAUSE")
        self.assertIn("not printing", self.declined("pause", param=""))
        self.assertEqual(self.done("resume", param="")["gcode_state"], "RUNNING")
        self.assertIn("not paused", self.declined("resume", param=""))
        self.assertEqual(self.done("stop", param="")["gcode_state"], "FAILED")
        self.assertIn("no job", self.declined("stop", param=""))
        self.silent()
        self.assertEqual(self.full()["gcode_state"], "FAILED")

    def test_an_error_is_cleaned_and_its_job_goes_on(self):
        self.open("--model", "P1S", state="printing")
        self.assertNotEqual(self.done("pause", param="")["print_error"], 0)
        delta = self.done("clean_print_error", subtask_id="0", print_error=0)
        self.assertEqual(delta["print_error"], 0)
        self.assertNotIn("gcode_state", delta)
        self.assertEqual(self.done("ignore", err="1", param="reserve", job_id="")["gcode_state"], "RUNNING")

    def test_speed_is_one_of_four_words(self):
        self.open("--model", "A1", state="printing")
        self.assertEqual(self.done("print_speed", param="4")["spd_lvl"], 4)
        for bad in ("0", "5", "", "22", 3):
            self.declined("print_speed", param=bad)
        self.assertEqual(self.full()["spd_lvl"], 4)

    def test_objects_are_left_out_of_this_job_only(self):
        self.open("--model", "X1C")
        self.assertIn("not printing", self.declined("skip_objects", obj_list=[3]))
        self.do("state", self.one["name"], "printing")
        self.delta()
        self.assertEqual(self.done("skip_objects", obj_list=[17, 42])["s_obj"], [17, 42])
        self.assertEqual(self.done("skip_objects", obj_list=[42, 3])["s_obj"], [17, 42, 3])
        for bad in ([], [-1], ["3"], {}, list(range(100))):
            self.declined("skip_objects", obj_list=bad)
        self.assertEqual(self.full()["s_obj"], [17, 42, 3])
        self.done("stop", param="")
        self.do("job", self.one["name"], "start")
        self.assertEqual(self.delta()["s_obj"], [])

    def test_a_command_that_is_not_played_is_acknowledged_only(self):
        self.open("--model", "P1S")
        self.assertEqual(self.ack("print_option", sound_enable=False)["result"], "success")
        self.silent()


class Heat(Obey):
    def test_gcode_heats_and_turns_fans(self):
        self.open("--model", "P1S")
        delta = self.done("gcode_line", param="M104 S220\nM140 S60 ; the bed\nM106 P2 S255 \n")
        self.assertEqual((delta["nozzle_target_temper"], delta["bed_target_temper"], delta["big_fan1_speed"]), (220, 60, "15"))
        delta = self.done("gcode_line", param="M106 P1 S128\nM106 P3 S17\nG28 \nM117 S3\n")
        self.assertEqual((delta["cooling_fan_speed"], delta["big_fan2_speed"]), ("8", "1"))
        self.assertEqual(self.done("gcode_line", param="M104 S0\n")["nozzle_target_temper"], 0)

    def test_lines_out_of_range_or_unknown_are_passed_over(self):
        self.open("--model", "P1S")
        for line in ("M104 S999", "M140 S-5", "M141 S50", "M104", "M104 T1 S200", "M106 P1 S300", "", "S5", "M140 X60"):
            self.assertEqual(self.ack("gcode_line", param=line)["result"], "success", line)
        self.silent()
        self.declined("gcode_line")

    def test_two_nozzles_have_their_own_targets(self):
        self.open("--model", "H2D")
        packed = {row["id"]: row["temp"] >> 16 for row in
                  self.done("set_nozzle_temp", extruder_index=1, target_temp=240)["device"]["extruder"]["info"]}
        self.assertEqual(packed, {0: 0, 1: 240})
        packed = {row["id"]: row["temp"] >> 16 for row in
                  self.done("gcode_line", param="M104 T0 S215\n")["device"]["extruder"]["info"]}
        self.assertEqual(packed, {0: 215, 1: 240})
        self.declined("set_nozzle_temp", extruder_index=2, target_temp=200)
        self.declined("set_nozzle_temp", extruder_index=0, target_temp=351)
        self.assertEqual(self.done("select_extruder", extruder_index=1)["device"]["extruder"]["state"] >> 4 & 15, 1)

    def test_bed_and_chamber_have_bounds(self):
        self.open("--model", "H2D")
        self.assertEqual(self.done("set_bed_temp", temp=60)["bed_target_temper"], 60)
        self.declined("set_bed_temp", temp=121)
        self.assertEqual(self.done("set_ctt", ctt_val=45)["ctt"], 45)
        self.assertEqual(self.done("set_ctt", ctt_val=30)["ctt"], 0, "below 40 is off")
        self.declined("set_ctt", ctt_val=66)

    def test_a_printer_without_a_chamber_heater_says_so(self):
        self.open("--model", "P1S")
        self.assertIn("no chamber heater", self.declined("set_ctt", ctt_val=45))


class Lights(Obey):
    def test_each_light_goes_its_own_way(self):
        self.open("--model", "H2D")
        self.assertEqual(self.lights(self.full()), {"chamber_light": "on", "chamber_light2": "on", "work_light": "flashing"})
        self.assertEqual(self.lights(self.done("ledctrl", **self.light("off"))),
                         {"chamber_light": "off", "chamber_light2": "on", "work_light": "flashing"})
        self.assertEqual(self.lights(self.done("ledctrl", **self.light("flashing", "chamber_light2")))["chamber_light2"], "flashing")
        self.assertEqual(self.lights(self.done("ledctrl", **self.light("on", "work_light")))["work_light"], "on")

    def test_a_light_that_is_not_there_is_declined(self):
        self.open("--model", "P1S")
        for node in ("chamber_light2", "work_light", "lamp"):
            self.declined("ledctrl", **self.light("on", node))
        self.declined("ledctrl", **self.light("bright"))
        self.assertEqual(self.lights(self.done("ledctrl", **self.light("flashing"))), {"chamber_light": "flashing"})


class Filament(Obey):
    SPOOL = {"tray_info_idx": "GFG99", "setting_id": "", "tray_color": "11223344", "nozzle_temp_min": 220, "nozzle_temp_max": 270,
             "tray_type": "PETG"}

    def shown(self, tray):
        return {k: tray[k] for k in ("tray_info_idx", "tray_type", "tray_color", "nozzle_temp_min", "nozzle_temp_max", "tray_sub_brands")}

    EXPECTED = {"tray_info_idx": "GFG99", "tray_type": "PETG", "tray_color": "11223344", "nozzle_temp_min": "220", "nozzle_temp_max": "270",
                "tray_sub_brands": ""}

    def test_a_spool_is_named_and_its_tag_forgotten(self):
        self.open("--model", "P1S", "--ams", "ams")
        ams = self.done("ams_filament_setting", ams_id=0, slot_id=0, tray_id=0, **self.SPOOL)["ams"]
        self.assertEqual(self.shown(ams["ams"][0]["tray"][0]), self.EXPECTED)
        self.assertEqual(int(ams["tray_is_bbl_bits"], 16) & 1, 0)
        clear = {**self.SPOOL, "tray_info_idx": "", "tray_color": "00000000", "nozzle_temp_min": 0, "nozzle_temp_max": 0, "tray_type": ""}
        tray = self.done("ams_filament_setting", ams_id=0, slot_id=0, tray_id=0, **clear)["ams"]["ams"][0]["tray"][0]
        self.assertEqual((tray["tray_type"], tray["tray_color"]), ("", "00000000"))
        for bad in ({"tray_color": "112233"}, {"tray_color": 5}, {"tray_type": "x" * 40}, {"nozzle_temp_max": 100}, {"ams_id": 3},
                    {"slot_id": 4}):
            self.declined("ams_filament_setting", **{"ams_id": 0, "slot_id": 0, "tray_id": 0, **self.SPOOL, **bad})
        self.silent()

    def test_an_external_spool_is_named(self):
        self.open("--model", "P1S")
        self.assertEqual(self.shown(self.done("ams_filament_setting", ams_id=255, slot_id=0, tray_id=254, **self.SPOOL)["vt_tray"]),
                         self.EXPECTED)

    def test_two_external_spools_are_told_apart(self):
        self.open("--model", "H2D")
        delta = self.done("ams_filament_setting", ams_id=254, slot_id=0, tray_id=254, **self.SPOOL)
        self.assertEqual({t["id"]: t["tray_type"] for t in delta["vir_slot"]}, {"254": "PETG", "255": ""})
        self.assertEqual(delta["vt_tray"]["tray_type"], "")
        delta = self.done("ams_filament_setting", ams_id=255, slot_id=0, tray_id=254, **{**self.SPOOL, "tray_type": "ABS"})
        self.assertEqual({t["id"]: t["tray_type"] for t in delta["vir_slot"]}, {"254": "PETG", "255": "ABS"})

    def load(self, ams, slot, target):
        return {"ams_id": ams, "slot_id": slot, "target": target, "curr_temp": -1, "tar_temp": -1}

    def test_filament_is_loaded_and_unloaded(self):
        self.open("--model", "P1S", "--ams", "ams,ht")
        self.assertEqual(self.declined("ams_change_filament", **self.load(255, 255, 255)), "nothing is loaded")
        self.assertEqual(self.done("ams_change_filament", **self.load(0, 1, 1))["ams"]["tray_now"], "1")
        ams = self.done("ams_change_filament", **self.load(128, 0, 128))["ams"]
        self.assertEqual((ams["tray_now"], ams["tray_pre"]), ("128", "1"))
        self.assertEqual(self.done("ams_change_filament", **self.load(255, 254, 254))["ams"]["tray_now"], "254")
        self.assertEqual(self.done("ams_change_filament", **self.load(255, 255, 255))["ams"]["tray_now"], "255")
        self.do("set", self.one["name"], "remove=2")
        self.delta()
        self.assertEqual(self.declined("ams_change_filament", **self.load(0, 2, 2)), "no spool in that slot")
        self.assertEqual(self.declined("ams_change_filament", **self.load(2, 0, 8)), "no such slot")
        self.done("ams_change_filament", **self.load(0, 0, 0))
        self.assertEqual(self.done("unload_filament")["ams"]["tray_now"], "255")

    def test_nothing_is_loaded_while_it_prints(self):
        self.open("--model", "P1S", "--ams", "ams", state="printing")
        self.assertEqual(self.declined("ams_change_filament", **self.load(0, 1, 1)), "printing")
        self.assertEqual(self.declined("ams_change_filament", **self.load(0, 255, 255)), "printing")
        self.silent()

    def test_a_left_spool_makes_the_left_nozzle_active(self):
        self.open("--model", "H2D")
        info = {i["id"]: i for i in self.done("ams_change_filament", **self.load(254, 0, 254))["device"]["extruder"]["info"]}
        self.assertEqual((info[0]["snow"], info[1]["snow"]), (0xFEFF, 0xFE00))
        info = {i["id"]: i for i in self.done("ams_change_filament", **self.load(255, 0, 255))["device"]["extruder"]["info"]}
        self.assertEqual((info[0]["snow"], info[1]["snow"]), (0xFF00, 0xFEFF))

    def dry(self, mode, unit=0, temp=55, hours=8):
        return {"ams_id": unit, "mode": mode, "filament": "PLA", "temp": temp, "duration": hours, "humidity": 0, "rotate_tray": False,
                "cooling_temp": 40, "close_power_conflict": False}

    def test_a_dryer_dries_and_stops(self):
        self.open("--model", "H2D", "--ams", "pro2,ams")
        unit = self.done("ams_filament_drying", **self.dry(1))["ams"]["ams"][0]
        self.assertEqual((unit["dry_time"], unit["dry_setting"]["dry_temperature"], unit["dry_setting"]["dry_duration"]), (480, 55, 8))
        unit = self.done("ams_filament_drying", **self.dry(0, temp=0, hours=0))["ams"]["ams"][0]
        self.assertEqual((unit["dry_time"], unit["dry_setting"]["dry_temperature"]), (0, -1))
        for bad in (self.dry(1, unit=1), self.dry(1, unit=9), self.dry(1, temp=66), self.dry(1, hours=25), self.dry(7)):
            self.declined("ams_filament_drying", **bad)
        self.silent()

    def test_a_p1_acknowledges_drying_and_ignores_it(self):
        self.open("--model", "P1S", "--ams", "pro2")
        self.assertEqual(self.ack("ams_filament_drying", **self.dry(1))["result"], "success")
        self.silent()


class Refusals(Obey):
    def test_a_locked_printer_takes_lights_only(self):
        self.open("--model", "X1C", state="printing")
        self.do("set", self.one["name"], "locked=on")
        self.delta()
        for command in ("pause", "print_speed", "gcode_line", "nonsense"):
            self.assertEqual(self.ack(command, param="1"),
                             {"result": "failed", "reason": "mqtt message verify failed", "err_code": UNSIGNED})
        self.silent()
        self.assertEqual(self.lights(self.done("ledctrl", **self.light("off")))["chamber_light"], "off")
        self.assertEqual(self.full()["gcode_state"], "RUNNING")

    def test_the_switches_part_acknowledgement_and_effect(self):
        self.open("--model", "P1S", state="printing")
        self.fault("ack-only")
        self.assertEqual(self.ack("pause", param="")["result"], "success")
        self.silent()
        self.fault("ack-only", "off")
        self.fault("no-ack")
        self.send("pause", param="")
        self.assertEqual(self.delta()["gcode_state"], "PAUSE")
        self.fault("no-ack", "off")
        self.fault("deaf")
        self.send("resume", param="")
        self.silent()
        self.fault("deaf", "off")
        self.fault("refuse-commands")
        self.assertEqual(self.declined("resume", param=""), "refused")
        self.assertEqual(self.declined("ledctrl", **self.light("off")), "refused")
        self.silent()
        self.fault("refuse-commands", "off")
        self.assertEqual(self.done("resume", param="")["gcode_state"], "RUNNING")


if __name__ == "__main__":
    unittest.main()
