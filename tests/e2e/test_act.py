# SPDX-License-Identifier: MIT
"""Commands of bambuctl as they are typed, and what it says became of them."""
import json
import unittest

from harness import DEADLINE, Case, wait_until
from test_ctl import Terminal, spawn


class Acting(Case):
    """Commands as they are typed; what is sent is asked of the simulator, not believed."""

    def begin(self, *args):
        self.sim_ = self.sim("--model", "P1S", "--state", "printing", "--still", *args)
        self.daemon_ = self.daemon()
        self.names = [p["name"] for p in json.loads(self.sim_.do("list"))]
        self.one = self.names[0]
        for name in self.names:
            self.daemon_.wait_status(name, "printing", lambda s: s["print"]["state"] == "printing")

    def requests(self):
        return json.loads(self.sim_.do("stats", self.one))["requests"]

    def test_dry_run_prints_the_messages_and_sends_none(self):
        self.begin()
        before = self.requests()
        for words, part in (("pause P", "pause"), ("stop P", "stop"), ("light P on", "ledctrl"), ("temp P bed off", "M140 S0"),
                            ("fan P part 50", "M106"), ("gcode P G28", "G28"), ("skip P 3 5", "skip_objects")):
            status, out, err = self.daemon_.ctl(*[self.one if w == "P" else w for w in words.split()], "--dry-run")
            self.assertEqual((status, err), (0, ""), words)
            self.assertIn(part, out)
            for line in out.splitlines():
                self.assertIsInstance(json.loads(line), dict)
        self.assertEqual(self.requests(), before)

    def test_lines_of_gcode_come_from_stdin_too(self):
        self.begin()
        status, out, err = self.daemon_.ctl("gcode", self.one, "-", "--dry-run", stdin="G28\n\nM400\n")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("G28", out)
        self.assertIn("M400", out)

    def test_what_cannot_be_taken_back_needs_a_yes(self):
        self.begin()
        before = self.requests()
        status, out, err = self.daemon_.ctl("stop", self.one)
        self.assertEqual((status, out), (9, ""))
        self.assertIn("--yes", err)
        self.assertEqual(self.requests(), before)
        status, out, err = self.daemon_.ctl("stop", self.one, "--yes", "--no-wait")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out, f"{self.one}  sent (not waited for)\n")
        wait_until("the stop", lambda: json.loads(self.sim_.do("last", self.one)).get("print", {}).get("command") == "stop")

    def test_a_terminal_is_asked_about_the_number_and_about_the_act(self):
        self.begin("--printers", "2")
        terminal = Terminal(self.daemon_.socket, "stop", "@all", "--no-wait")
        terminal.until(b"[y/N]")
        terminal.text = b""
        terminal.type(b"y\n")
        terminal.until(b"[y/N]")
        terminal.type(b"y\n")
        terminal.until(b"sent (not waited for)")
        self.assertEqual(terminal.end(), 0)

    def test_several_have_a_line_each_and_the_worst_counts(self):
        self.begin("--printers", "2")
        gone = self.names[1]
        self.sim_.do("fault", gone, "refuse", "on")
        self.sim_.do("fault", gone, "kick", "on")
        self.daemon_.wait_status(gone, "gone", lambda s: s["link"]["state"] != "online")
        status, out, err = self.daemon_.ctl("light", "@all", "on", "--yes", "--no-wait")
        self.assertEqual((status, err), (5, ""))
        lines = out.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertIn("(printer_offline)", [line for line in lines if line.startswith(gone)][0])
        self.assertEqual(lines[2], "1 of 2 not sent")
        status, out, err = self.daemon_.ctl("light", "@all", "on", "--yes", "--no-wait", "--json=short")
        self.assertEqual(status, 5)
        self.assertEqual({r["printer"] for r in json.loads(out)["results"]}, set(self.names))

    def test_the_effect_is_said_with_its_time(self):
        self.begin()
        child = spawn(self.daemon_.socket, "pause", self.one, "--timeout", "20s")
        wait_until("the request", lambda: json.loads(self.sim_.do("last", self.one)).get("print", {}).get("command") == "pause")
        self.sim_.do("state", self.one, "paused")
        out, err = child.communicate(timeout=DEADLINE)
        self.assertEqual((child.returncode, err), (0, b""))
        self.assertRegex(out.decode(), rf"^{self.one}  paused  confirmed after [0-9]+\.[0-9] s\n$")

    def test_a_job_that_is_paused_already_is_said_to_be_so_and_sent_nothing(self):
        self.begin()
        self.sim_.do("state", self.one, "paused")
        self.daemon_.wait_status(self.one, "paused", lambda s: s["print"]["state"] == "paused")
        before = self.requests()
        status, out, err = self.daemon_.ctl("pause", self.one)
        self.assertEqual((status, out, err), (0, f"{self.one}  already paused\n", ""))
        self.sim_.do("state", self.one, "idle")
        self.daemon_.wait_status(self.one, "idle", lambda s: s["print"]["state"] == "idle")
        status, out, err = self.daemon_.ctl("stop", self.one, "--yes")
        self.assertEqual((status, out), (9, ""))
        self.assertIn("nothing to stop", err)
        self.assertEqual(self.requests(), before)

    def test_bounds_are_a_matter_of_usage_and_nothing_is_sent(self):
        self.begin()
        before = self.requests()
        for words in ("fan P part -1", "fan P part 101", "fan P part 150", "temp P bed -1", "temp P nozzle 5000", "move P x 100000",
                      "speed P warp", "light P red", "skip P one"):
            status, out, err = self.daemon_.ctl(*[self.one if w == "P" else w for w in words.split()], "--yes")
            self.assertEqual((status, out), (2, ""), words)
            self.assertTrue(err, words)
        self.assertEqual(self.requests(), before)

    def test_firmware_is_that_of_every_part(self):
        self.begin("--printers", "2")
        self.sim_.do("publish", self.one, json.dumps({"print": {"command": "push_status", "msg": 1, "upgrade_state": {
            "new_version_state": 1, "new_ver_list": [{"name": "ota", "cur_ver": "01.08.02.00", "new_ver": "01.99.00.00"}]}}}))
        self.daemon_.wait_status(self.one, "an offer", lambda s: s["device"]["firmware_new"] == "01.99.00.00")
        got = self.daemon_.call("device.firmware", {"printer": self.one})
        self.assertEqual((got["current"], got["new"]), ("01.08.02.00", "01.99.00.00"))
        self.assertEqual([m["name"] for m in got["modules"]][:2], ["ota", "esp32"])
        status, out, err = self.daemon_.ctl("firmware", self.one)
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out.split("\n")[0].split(), ["MODULE", "VERSION", "NEW", "PRODUCT", "HARDWARE"])
        self.assertEqual(out.split("\n")[1].split()[:3], ["ota", "01.08.02.00", "01.99.00.00"])
        status, out, err = self.daemon_.ctl("firmware", "@all", "-o", "printer,module,serial", "-n")
        self.assertEqual({line.split()[0] for line in out.splitlines()}, set(self.names))
        self.assertEqual(self.daemon_.ctl("firmware", self.one, "more")[0], 2)

    def test_flow_profiles_are_asked_of_the_printer(self):
        self.begin("--printers", "2")
        got = self.daemon_.call("kprofile.get", {"printer": self.one})
        self.assertEqual(got["profiles"][0], {"index": 1, "name": "PLA basic, mine", "filament": "GFL99", "k": 0.02, "n": 1.4,
                                              "diameter_mm": 0.4, "nozzle": 0, "hotend": "HS00-0.4"})
        got = self.daemon_.call("kprofile.get", {"printer": self.one, "filament": "GFG99", "diameter_mm": 0.6})
        self.assertEqual([(p["index"], p["diameter_mm"]) for p in got["profiles"]], [(7, 0.6)])
        self.assertEqual(self.daemon_.call("kprofile.get", {"printer": self.one, "filament": "GFX"}), {"profiles": []})
        status, out, err = self.daemon_.ctl("kprofile", self.one)
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out.split("\n")[0].split(), ["INDEX", "NAME", "FILAMENT", "K", "MM", "NOZZLE"])
        self.assertRegex(out.split("\n")[2], r"^ +7 +PETG, dry +GFG99 +0\.045 +0\.4 +0$")
        status, out, err = self.daemon_.ctl("kprofile", "@all", "-n", "-o", "printer,index")
        self.assertEqual({line.split()[0] for line in out.splitlines()}, set(self.names))
        # A question is no command: nobody is told that one was carried out.
        self.assertEqual(self.daemon_.call("events.list", {"kinds": ["command.*"]})["events"], [])
        self.sim_.do("fault", self.names[1], "refuse", "on")
        self.sim_.do("fault", self.names[1], "kick", "on")
        self.daemon_.wait_status(self.names[1], "gone", lambda s: s["link"]["state"] != "online")
        with self.daemon_.client() as c:
            self.assertEqual(c.error("kprofile.get", {"printer": self.names[1]})["data"]["type"], "printer_offline")

    def test_the_only_printer_may_be_left_out(self):
        self.begin()
        for words, part in (("light on", "ledctrl"), ("temp bed 60", "S60"), ("skip 3 5", "[3,5]"), ("skip 3,5", "[3,5]"),
                            ("speed sport", "print_speed"), ("option sound=on", "sound_enable"), ("gcode G28 M400", "G28\\nM400"),
                            ("pause", "pause"), (f"light {self.one} on", "ledctrl"), ("light @all on", "ledctrl"),
                            ("light * chamber on", "chamber_light"), (f"-p {self.one} light on", "ledctrl")):
            status, out, err = self.daemon_.ctl(*words.split(), "--dry-run")
            self.assertEqual((status, err), (0, ""), words)
            self.assertIn(part, out.replace(" ", ""), words)
        serial = json.loads(self.sim_.do("list"))[0]["serial"]
        self.assertEqual(self.daemon_.ctl("light", serial[:8], "on", "--dry-run")[0], 0)
        self.assertEqual(self.daemon_.ctl("light", "green", "--dry-run")[0], 2)

    def test_where_there_are_two_the_first_word_is_the_printer(self):
        self.begin("--printers", "2")
        status, out, err = self.daemon_.ctl("light", "on", "--dry-run")
        self.assertEqual((status, out), (2, ""))
        self.assertEqual(self.daemon_.ctl("light", "chamber", "on", "--dry-run")[0], 4)
        status, out, err = self.daemon_.ctl("light", "on", "--dry-run", env={"BAMBU_PRINTER": self.names[1]})
        self.assertEqual((status, err), (0, ""))

    def test_what_may_be_left_out_is_an_option(self):
        self.begin()
        for words, part in (("buzzer P --mode 1", None), ("ams set P A1 --type PLA --color FF0000 --profile GFL95", "GFL95"),
                            ("ams set P A1 --nozzle-min-c 201 --nozzle-max-c 241", '"nozzle_temp_min":201,"nozzle_temp_max":241'),
                            ("xcam P first_layer_inspector on --sensitivity low", '"halt_print_sensitivity":"low"'),
                            ("hms-action P ignore --code 0300-8004", '"err":"50364420"'),
                            ("kprofile set P mine 0.02 --filament GFL99 --diameter-mm 0.6", '"0.6"')):
            status, out, err = self.daemon_.ctl(*[self.one if w == "P" else w for w in words.split()], "--dry-run")
            self.assertEqual(status, 0 if part else 14, words + err)
            self.assertIn(part or "", out)
        self.assertEqual(self.daemon_.ctl("xcam", self.one, "first_layer_inspector", "on", "--sensitivity", "some")[0], 2)
        # The job that is meant must be the one that prints.
        before = self.requests()
        status, out, err = self.daemon_.ctl("pause", self.one, "--expect", "another")
        self.assertEqual((status, out), (9, ""))
        self.sim_.do("hms", self.one, "raise", "0700-2000-0002-0001")
        self.daemon_.wait_status(self.one, "the message", lambda s: s["hms"])
        status, out, err = self.daemon_.ctl("hms-action", self.one, "ignore")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("0700-2000-0002-0001", err)
        self.assertEqual(self.requests(), before)


if __name__ == "__main__":
    unittest.main()
