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
