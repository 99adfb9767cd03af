# SPDX-License-Identifier: MIT
"""Commands end to end: nothing is called done that was not seen, and nothing is sent that should not be."""
import json
import os
import re
import time
import unittest

from harness import DEADLINE, Case, wait_until


class Commands(Case):
    def begin(self, *args):
        self.sim_ = self.sim(*args)
        self.printers = json.loads(self.sim_.do("list"))
        self.names = [p["name"] for p in self.printers]
        self.one = self.names[0]
        self.daemon_ = self.daemon()
        for name in self.names:
            self.daemon_.wait_status(name, "a report", lambda s: s["link"]["state"] == "online" and
                                     s["print"]["state"] != "unknown")

    def last(self, name=None):
        return json.loads(self.sim_.do("last", name or self.one))

    def requests(self, name=None):
        return json.loads(self.sim_.do("stats", name or self.one))["requests"]

    def call(self, method, **params):
        return self.daemon_.call(method, {"printer": self.one, **params})

    def error(self, method, **params):
        with self.daemon_.client() as c:
            return c.error(method, {"printer": self.one, **params})

    def kind(self, method, **params):
        return self.error(method, **params)["data"]["type"]

    def events(self, kind):
        return [e for e in self.daemon_.call("events.list", {"kinds": [kind]})["events"] if e["printer"] == self.one]

    def test_dry_run_shows_exactly_what_is_sent(self):
        self.begin("--model", "P1S", "--state", "printing")
        before = self.requests()
        for method, params in (("print.pause", {}), ("print.stop", {}), ("device.light", {"mode": "on"}),
                               ("device.temp", {"heater": "bed", "target_c": 40}),
                               ("device.fan", {"fan": "part", "percent": 50})):
            shown = self.call(method, dry_run=True, **params)
            self.assertEqual(self.requests(), before, method)
            self.assertEqual(shown["topic"], f"device/{self.printers[0]['serial']}/request")
            self.assertTrue(shown["payloads"])
            self.call(method, until="sent", confirm=True, **params)
            wait_until("the messages", lambda n=before + len(shown["payloads"]): self.requests() == n)
            self.assertEqual(self.last(), shown["payloads"][-1], method)
            before = self.requests()

    def test_an_ack_without_the_effect_is_unverified(self):
        self.begin("--model", "P1S", "--state", "printing")
        # Nothing but the acknowledgement comes.
        self.sim_.do("fault", self.one, "mute", "on")
        with self.daemon_.client() as c:
            wanted = c.request("print.pause", {"printer": self.one, "timeout_ms": 3000})
            sent = wait_until("the request", lambda: self.last().get("print", {}).get("command") == "pause" and self.last())
            self.sim_.do("rate", self.one, "0")
            self.sim_.do("fault", self.one, "mute", "off")
            self.sim_.do("publish", self.one, json.dumps({"print": {
                "command": "pause", "sequence_id": sent["print"]["sequence_id"], "result": "success"}}))
            got = c.reply(wanted)["error"]
        self.assertEqual(got["data"]["type"], "unverified")
        self.assertIn("acknowledged, no effect seen within 3 s", got["message"])

    def test_the_effect_is_what_counts(self):
        self.begin("--model", "P1S", "--state", "printing")
        with self.daemon_.client() as c:
            wanted = c.request("print.pause", {"printer": self.one})
            wait_until("the request", lambda: self.last().get("print", {}).get("command") == "pause")
            self.sim_.do("state", self.one, "paused")
            got = c.reply(wanted)["result"]
            self.assertEqual(got["stage"], "effective")
            self.assertEqual(c.call("op.get", {"op": got["op"]})["stage"], "effective")
        wait_until("the event", lambda: [e for e in self.events("command.done") if e["data"]["op"] == got["op"]])
        self.daemon_.wait_line("called print.pause: ok")

    def test_a_mute_printer_is_a_timeout_and_its_session_is_made_anew(self):
        self.begin("--model", "P1S", "--state", "printing")
        self.sim_.do("fault", self.one, "mute", "on")
        started = time.monotonic()
        self.assertEqual(self.kind("print.pause", timeout_ms=300), "timeout")
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual(self.events("command.rejected")[-1]["data"]["type"], "timeout")
        self.daemon_.wait_line("called print.pause: timeout")
        self.assertEqual(self.kind("print.pause", timeout_ms=300), "timeout")
        # Both waits for an answer end after 10 s: two in a row are a session that carries nothing.
        self.daemon_.wait_line("two commands in a row had no answer", deadline=25)
        self.sim_.do("fault", self.one, "mute", "off")
        self.daemon_.wait_link(self.one, "online")

    def test_a_printer_that_is_away_is_offline_and_nothing_is_replayed(self):
        self.begin("--model", "P1S", "--state", "printing")
        self.sim_.do("fault", self.one, "mute", "on")
        with self.daemon_.client() as c:
            wanted = c.request("print.pause", {"printer": self.one})
            wait_until("the request", lambda: self.last().get("print", {}).get("command") == "pause")
            self.sim_.do("fault", self.one, "refuse", "on")
            self.sim_.do("fault", self.one, "kick", "on")
            got = c.reply(wanted)["error"]
            self.assertEqual(got["data"]["type"], "printer_offline")
            self.assertIn("not known", got["message"])
        self.assertEqual(self.kind("print.pause"), "printer_offline")
        self.sim_.do("fault", self.one, "mute", "off")
        self.sim_.do("fault", self.one, "refuse", "off")
        self.daemon_.wait_link(self.one, "online", deadline=DEADLINE * 2)
        self.daemon_.call("printer.list")
        self.assertNotIn("print", self.last())

    def test_several_printers_answer_together(self):
        self.begin("--printers", "3", "--model", "P1S", "--state", "printing")
        self.assertEqual(self.kind("print.pause", printer="@all"), "ambiguous_printer")
        self.sim_.do("fault", self.names[1], "refuse", "on")
        self.sim_.do("fault", self.names[1], "kick", "on")
        self.daemon_.wait_status(self.names[1], "gone", lambda s: s["link"]["state"] != "online")
        got = self.call("print.pause", printer="@all", many=True, until="acked")["results"]
        self.assertEqual([r["printer"] for r in got], sorted(self.names))
        by = {r["printer"]: r for r in got}
        self.assertEqual(by[self.names[1]]["error"]["data"]["type"], "printer_offline")
        for name in (self.names[0], self.names[2]):
            self.assertIn(by[name]["stage"], ("acked", "effective"))
        self.daemon_.wait_line("called print.pause: 1 of 3 failed, the last: printer_offline")

    def test_confirmation_expectation_and_bounds_come_before_sending(self):
        self.begin("--model", "P1S", "--state", "printing")
        before = self.requests()
        self.assertEqual(self.kind("print.stop"), "guard")
        self.assertEqual(self.kind("device.gcode", lines=["M117"]), "guard")
        self.assertEqual(self.kind("print.pause", expect="some other job"), "guard")
        for percent in (-1, 101, 150):
            self.assertEqual(self.kind("device.fan", fan="part", percent=percent), "invalid_params")
        self.assertEqual(self.kind("device.temp", heater="bed", target_c=399), "invalid_params")
        self.assertEqual(self.requests(), before)
        # Who was refused, by which process, at which printer, and why.
        for method, result in (("print.stop", "guard"), ("device.gcode", "guard"), ("print.pause", "guard"),
                               ("device.fan", "invalid_params"), ("device.temp", "invalid_params")):
            who = rf"uid {os.getuid()} pid {os.getpid()} called {method}: {result}"
            wait_until(who, lambda w=who: re.search(rf"{self.one}.*audit: {w}", self.daemon_.text()))

    def test_a_locked_printer_is_refused_before_sending(self):
        self.begin("--model", "X1C", "--state", "printing")
        self.sim_.do("publish", self.one, '{"print":{"fun":"20000000"}}')
        self.daemon_.wait_status(self.one, "locked", lambda s: s["control"]["state"] == "locked")
        before = self.requests()
        got = self.error("print.pause")
        self.assertEqual(got["data"]["type"], "control_locked")
        self.assertIn("Developer Mode", got["data"]["hint"])
        self.assertEqual(self.requests(), before)

    def test_an_operation_is_known_on_another_connection(self):
        self.begin("--model", "P1S", "--state", "printing")
        self.sim_.do("fault", self.one, "mute", "on")
        first = self.call("print.pause", until="sent")["op"]
        with self.daemon_.client() as c:
            c.request("print.resume", {"printer": self.one})
            queued = wait_until("the second", lambda: [o for o in self.daemon_.call("op.list")["ops"]
                                                       if o["method"] == "print.resume"])[0]
            self.assertEqual(queued["stage"], "queued")
            self.assertFalse(self.daemon_.call("op.cancel", {"op": first})["cancelled"])
            self.assertTrue(self.daemon_.call("op.cancel", {"op": queued["op"]})["cancelled"])
            self.assertEqual(c.line()["error"]["data"]["type"], "cancelled")


if __name__ == "__main__":
    unittest.main()
