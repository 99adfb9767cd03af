# SPDX-License-Identifier: MIT
"""Every command of the table at a printer that takes commands, at one that does not, and at one that does not say."""
import itertools
import json
import socket
import unittest

from harness import DEADLINE, Case, wait_until

# Two that say that they take commands. Time stands still.
FARM = "wide model=H2D state=idle ams=pro2\nslim model=X1C state=idle ams=ams\n"
OFFER = {"upgrade_state": {"new_version_state": 1, "new_ver_list": [{"name": "ota", "cur_ver": "01.00.00.00", "new_ver": "09.00.00.00"}]}}


class Row:
    """One command: who it suits, what is so before, how far it gets, and what shows it where the simulator does not obey."""

    def __init__(self, params, reach, *, at="wide", mood="idle", first="", tell=None, show=None, mum=True):
        self.params, self.reach, self.at, self.mood, self.first = params, reach, at, mood, first
        self.tell, self.show = tell, show  # members of `print`, or words for the simulator
        self.mum = mum  # whether the printer that does not say has it at all


ROWS = {
    "ams.calibrate_remain": Row({"slot": "A1"}, "acked"),
    "ams.control": Row({"action": "resume"}, "acked"),
    "ams.dry_start": Row({"unit": "A", "target_c": 55, "hours": 4}, "effective", first="dry=0:off", mum=False),
    "ams.dry_stop": Row({"unit": "A"}, "effective", first="dry=0:55:4", mum=False),
    "ams.load": Row({"slot": "A2"}, "effective", first="tray=255"),
    "ams.option": Row({"key": "startup_read", "value": False}, "effective", tell={"cfg": "1028003"}, show={"cfg": "1028001"}),
    "ams.rfid": Row({"slot": "A1"}, "acked", first="tray=255"),
    "ams.set": Row({"slot": "A1", "type": "TPU", "color": "0A0B0C"}, "effective"),
    "ams.unload": Row({}, "effective", first="tray=0"),
    "device.access_code": Row({}, "acked"),
    "device.airduct": Row({"mode": "heating"}, "effective", tell={"device": {"airduct": {"modeCur": 0}}},
                          show={"device": {"airduct": {"modeCur": 1}}}, mum=False),
    "device.buzzer": Row({}, "acked", mum=False),
    "device.extrude": Row({"mm": 5}, "acked", first="nozzle=220 nozzle_target=220", at="slim"),
    "device.extruder": Row({"index": 1}, "effective", first="extruder=0", mum=False),
    "device.fan": Row({"fan": "part", "percent": 50}, "effective", first="fan_part=0"),
    "device.firmware_update": Row({}, "acked", tell=OFFER),
    "device.gcode": Row({"lines": ["M117"]}, "acked"),
    "device.home": Row({}, "acked"),
    "device.light": Row({"mode": "on"}, "effective", first="light=off"),
    "device.move": Row({"axis": "x", "mm": 5}, "acked"),
    "device.nozzle": Row({"type": "hardened_steel", "diameter_mm": 0.6}, "effective", at="slim",
                         tell={"nozzle_diameter": "0.4", "nozzle_type": "stainless_steel"},
                         show={"nozzle_diameter": "0.6", "nozzle_type": "hardened_steel"}),
    "device.reboot": Row({}, "sent"),
    "device.record": Row({"on": True}, "effective", tell={"ipcam": {"ipcam_record": "disable"}},
                         show={"ipcam": {"ipcam_record": "enable"}}),
    "device.resolution": Row({"size": "720p"}, "effective", tell={"ipcam": {"resolution": "1080p"}},
                             show={"ipcam": {"resolution": "720p"}}),
    "device.temp": Row({"heater": "bed", "target_c": 60}, "effective", first="bed_target=0"),
    "device.timelapse": Row({"on": True}, "effective", tell={"ipcam": {"timelapse": "disable"}},
                            show={"ipcam": {"timelapse": "enable"}}),
    "device.xcam": Row({"module": "first_layer_inspector", "on": True}, "acked"),
    "kprofile.delete": Row({"index": 1, "filament": "GFL99"}, "acked"),
    "kprofile.select": Row({"slot": "A1", "index": 1}, "acked"),
    "kprofile.set": Row({"name": "mine", "k": 0.02, "filament": "GFL99"}, "acked"),
    "mqtt.request": Row({"payload": {"print": {"command": "pause", "param": ""}}}, "acked", mood="printing"),
    "print.calibrate": Row({"what": ["bed"]}, "effective", show=("state", "preparing")),
    "print.clear_error": Row({}, "effective", mood="printing", first="error=03008004"),
    "print.hms_action": Row({"action": "resume"}, "effective", mood="paused", first="error=03008004"),
    "print.option": Row({"key": "auto_refill", "value": True}, "effective", tell={"cfg": "1028003"}, show={"cfg": "1068003"}),
    "print.pause": Row({}, "effective", mood="printing"),
    "print.resume": Row({}, "effective", mood="paused"),
    "print.skip": Row({"objects": [3]}, "effective", mood="printing"),
    "print.speed": Row({"level": "sport"}, "effective", mood="printing", first="speed=2"),
    "print.stop": Row({}, "effective", mood="printing"),
}
# Its own tests start prints, in all three states too.
ELSEWHERE = {"print.start"}
# They say nothing that could be misused, and work without a signature.
OPEN = {"device.access_code", "device.light"}


class Control(Case):
    def begin(self, farm):
        (self.folder / "farm").write_text(farm)
        self.sim_ = self.sim("--farm", str(self.folder / "farm"), "--still", "--deltas", "--rate", "4")
        self.daemon_ = self.daemon()
        self.control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.control.settimeout(DEADLINE)
        self.control.connect(str(self.sim_.control))
        self.answers = self.control.makefile("r")
        self.client = self.daemon_.client()
        for name in (line.split()[0] for line in farm.splitlines()):
            self.daemon_.wait_status(name, "a report", lambda s: s["link"]["state"] == "online" and s["print"]["state"] == "idle"
                                     and s["firmware"])
        self.marks = itertools.count()

    def tearDown(self):
        self.client.sock.close()
        self.answers.close()
        self.control.close()
        super().tearDown()

    def do(self, *words):
        self.control.sendall((" ".join(words) + "\n").encode())
        line = self.answers.readline().strip()
        self.assertTrue(line.startswith("ok"), (words, line))
        return line[2:].strip()

    def requests(self, name):
        return json.loads(self.do("stats", name))["requests"]

    def say(self, name, members):
        self.do("publish", name, json.dumps({"print": {"command": "push_status", "msg": 1, **members}}))

    def commands(self):
        """All rows that send something, without those that are tested elsewhere."""
        methods = self.client.call("api.methods")["methods"]
        found = [m["name"] for m in methods if m["since"] and any(p["name"] == "dry_run" for p in m["params"])]
        self.assertEqual(sorted(set(found) - ELSEWHERE), sorted(ROWS))
        return sorted(ROWS)

    def prepare(self, name, row):
        self.do("state", name, row.mood)
        if row.first:
            # Only what the model has: one nozzle is not called left.
            self.do("set", name, row.first)
        if row.tell:
            self.say(name, row.tell)
        # A mark behind all of it: when it shows, so does the rest.
        mark = -30 - next(self.marks) % 60
        self.say(name, {"wifi_signal": f"{mark}dBm"})
        wait_until("the mark", lambda: self.client.call("printer.get", {"printer": name})["device"]["wifi_dbm"] == mark, pause=0.01)

    def ask(self, method, name, row, **more):
        return self.client.request(method, {"printer": name, "confirm": True, "timeout_ms": 8000, **row.params, **more})

    def show(self, name, row):
        if isinstance(row.show, tuple):
            self.do(row.show[0], name, *row.show[1:])
        elif row.show:
            self.say(name, row.show)

    def refused(self, method, name, row):
        """The type of the error; nothing has arrived at the printer."""
        before = self.requests(name)
        got = self.client.reply(self.ask(method, name, row))
        self.assertIn("error", got, f"{method} at {name}: {got}")
        # A light is answered: what was sent before it has arrived.
        self.client.call("device.light", {"printer": name, "mode": "on", "until": "acked"})
        self.assertEqual(self.requests(name), before + self.light_messages(name), method)
        return got["error"]

    def light_messages(self, name):
        return len(self.client.call("device.light", {"printer": name, "mode": "on", "dry_run": True})["payloads"])

    def test_where_control_is_full_every_command_gets_as_far_as_it_can(self):
        self.begin(FARM)
        for method in self.commands():
            row = ROWS[method]
            self.prepare(row.at, row)
            self.assertEqual(self.client.call("printer.get", {"printer": row.at})["control"]["state"], "full")
            before = self.requests(row.at)
            wanted = self.ask(method, row.at, row)
            wait_until(f"{method} at the printer", lambda n=before, at=row.at: self.requests(at) > n, pause=0.01)
            self.show(row.at, row)
            got = self.client.reply(wanted)
            self.assertIn("result", got, f"{method}: {got}")
            self.assertEqual(got["result"]["stage"], row.reach, method)
            self.assertNotIn("already", got["result"], method)
            self.daemon_.wait_line(f"called {method}: ok")

    def test_where_control_is_locked_nothing_is_sent_but_light_and_reads(self):
        self.begin(FARM)
        for name in ("wide", "slim"):
            self.do("set", name, "locked=on")
            self.daemon_.wait_status(name, "locked", lambda s: s["control"]["state"] == "locked")
        for method in self.commands():
            row = ROWS[method]
            self.prepare(row.at, row)
            if method in OPEN:
                self.assertEqual(self.client.reply(self.ask(method, row.at, row))["result"]["stage"], row.reach, method)
                continue
            got = self.refused(method, row.at, row)
            self.assertEqual(got["data"]["type"], "control_locked", f"{method}: {got['message']}")
            self.assertIn("Developer Mode", got["data"]["hint"])
            self.daemon_.wait_line(f"called {method}: control_locked")
        for method in ("printer.get", "ams.get", "hms.list", "kprofile.get"):
            self.assertTrue(self.client.call(method, {"printer": "wide"}))

    def test_where_nobody_knows_it_is_tried_and_a_refusal_is_kept_for_that_firmware(self):
        # A kind that never says; one for each command, for what one refuses is known of it from then on.
        mum = {method: f"mum-{method.replace('_', '-')}" for method, row in ROWS.items() if row.mum}
        self.begin("".join(f"{name} model=P1S state=idle ams=ams locked=on\n" for name in mum.values()))
        learnt = []
        for method in self.commands():
            row, name = ROWS[method], mum.get(method, mum["print.pause"])
            if not row.mum:
                self.assertEqual(self.refused(method, name, row)["data"]["type"], "unsupported", method)
                continue
            self.prepare(name, row)
            self.assertEqual(self.client.call("printer.get", {"printer": name})["control"]["state"], "unknown", method)
            payload = self.client.call(method, {"printer": name, "dry_run": True, **row.params})["payloads"][0]
            before = self.requests(name)
            got = self.client.reply(self.ask(method, name, row, until="acked"))
            self.assertGreater(self.requests(name), before, method)
            if "print" not in payload:
                self.assertIn("result", got, f"{method}: {got}")
                continue
            self.assertEqual(got["error"]["data"]["type"], "control_locked", f"{method}: {got}")
            self.assertEqual(self.refused(method, name, row)["data"]["type"], "control_locked", method)
            self.daemon_.wait_line(f"called {method}: control_locked")
            learnt.append(method)
        self.assertGreater(len(learnt), 20)
        self.check_memory([mum[m] for m in learnt])

    def check_memory(self, names):
        """After a new connection only what was kept for the firmware counts, and of another firmware nothing is known."""
        sessions = {name: json.loads(self.do("stats", name))["pushalls"] for name in names}
        self.do("fault", "all", "kick", "on")
        for name in names:
            wait_until("a new report", lambda n=name: json.loads(self.do("stats", n))["pushalls"] > sessions[n])
            self.daemon_.wait_status(name, "back", lambda s: s["link"]["state"] == "online" and s["control"]["state"] == "unknown")
            self.prepare(name, ROWS["print.pause"])
            self.assertEqual(self.refused("print.pause", name, ROWS["print.pause"])["data"]["type"], "control_locked")
        name = names[0]
        self.do("publish", name, json.dumps({"info": {"command": "get_version", "sequence_id": "0", "module": [
            {"name": "ota", "sw_ver": "01.99.00.00"}]}}))
        self.daemon_.wait_status(name, "another firmware", lambda s: s["firmware"] == "01.99.00.00")
        before = self.requests(name)
        self.client.reply(self.ask("print.pause", name, ROWS["print.pause"], until="acked"))
        self.assertGreater(self.requests(name), before)


if __name__ == "__main__":
    unittest.main()
