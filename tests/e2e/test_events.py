# SPDX-License-Identifier: MIT
"""What printers do arrives as events: subscribed to, listed, once each, also over a lost link."""
import time
import unittest

from harness import Case, wait_until

KINDS = ["print.*", "hms.*", "error.*", "ams.*", "door.*", "light.*"]


class Events(Case):
    """One P2S that does only what the test says, and a client that hears of it."""

    def setUp(self):
        super().setUp()
        self.sim_ = self.sim("--model", "P2S", "--state", "idle", "--still", "--rate", "0", "--deltas")
        self.daemon_ = self.daemon()
        self.name = self.daemon_.call("printer.list")["printers"][0]["name"]
        self.wait_full()
        self.client = self.daemon_.client()
        self.addCleanup(self.client.close)
        self.client.call("events.subscribe", {"kinds": KINDS, "state": False})
        self.seen = []

    def wait_full(self):
        self.daemon_.wait_status(self.name, "a full report", lambda s: s["link"]["state"] == "online" and
                                 s["link"]["full_age_ms"] is not None and s["device"]["door"] is not None)

    def hear(self, *kinds):
        """The next events are exactly these, in this order; their data."""
        found = []
        for kind in kinds:
            event = self.client.notifications.pop(0) if self.client.notifications else self.client.line()
            self.assertEqual(event["method"], "event", event)
            event = {k: v for k, v in event["params"].items() if k != "sub"}
            self.assertEqual(event["kind"], kind, event)
            self.assertEqual(event["printer"], self.name)
            self.seen.append(event)
            found.append(event["data"])
        return found[0] if len(found) == 1 else found

    def do(self, verb, *words):
        self.sim_.do(verb, self.name, *words)

    def publish(self, members):
        self.do("publish", '{"print":{"command":"push_status","msg":1,' + members + "}}")

    def nothing_since(self, seq):
        """A door that opens and closes is all there is: whatever came before would be listed before it."""
        self.do("set", "door=on")
        self.hear("door.opened")
        self.do("set", "door=off")
        self.hear("door.closed")
        listed = self.listed(seq)
        self.assertEqual([e["kind"] for e in listed], ["door.opened", "door.closed"])

    def listed(self, after):
        reply = self.daemon_.call("events.list", {"printer": self.name, "kinds": KINDS, "limit": 500})
        return [e for e in reply["events"] if e["seq"] > after]

    def start_job(self):
        self.do("state", "preparing")
        started, loaded = self.hear("print.started", "ams.tray_changed")
        self.assertTrue(started["job"])
        self.assertIsNone(loaded["from"])
        self.do("state", "printing")
        return started["job"]

    def test_a_job_with_a_runout_to_its_end(self):
        job = self.start_job()
        self.do("set", "percent=31", "layer=20")
        layer, progress = self.hear("print.layer", "print.progress")
        self.assertEqual((layer["layer"], progress["step"], progress["percent"]), (20, 30, 31))
        self.do("state", "paused")
        _, error, paused, runout = self.hear("hms.raised", "error.raised", "print.paused", "ams.runout")
        self.assertEqual((paused["job"], paused["reason"], paused["code"]), (job, error["text"], "0700-8011"))
        self.assertEqual((runout["unit"], runout["label"], runout["slot"], runout["tray"]), (0, "A", 0, 0))
        self.do("state", "printing")
        self.hear("hms.cleared", "error.cleared", "print.resumed")
        self.do("state", "finished")
        finished, unloaded = self.hear("print.finished", "ams.tray_changed")
        self.assertEqual((finished["job"], finished["percent"]), (job, 100))
        self.assertIsInstance(finished["duration_s"], int)
        self.assertEqual((unloaded["from"]["tray"], unloaded["to"]), (0, None))
        self.assertEqual(self.listed(0), self.seen, "the list and the subscription tell the same")

    def test_cancel_and_failure(self):
        self.start_job()
        self.do("set", "percent=5", "layer=2")
        self.hear("print.layer")
        self.publish('"gcode_state":"FAILED","mc_percent":0,"layer_num":0')
        self.publish('"print_error":50348044')
        cancelled = self.hear("error.raised", "print.cancelled")[1]
        self.assertEqual((cancelled["percent"], cancelled["layer"], cancelled["code"]), (5, 2, "0300-400C"))
        self.publish('"print_error":0,"gcode_state":"RUNNING"')
        self.hear("error.cleared", "print.started")
        begin = time.monotonic()
        self.publish('"gcode_state":"FAILED"')
        failed = self.hear("print.failed")
        self.assertGreater(time.monotonic() - begin, 2, "the code of a cancel may still come")
        self.assertIsNone(failed["code"])

    def test_messages_door_light_and_spools(self):
        self.do("set", "hms=03001200:00020001")
        raised = self.hear("hms.raised")
        self.assertEqual((raised["code"], raised["severity"]), ("0300-1200-0002-0001", "serious"))
        self.assertTrue(raised["text"])
        self.do("set", "hms=none")
        self.assertEqual(self.hear("hms.cleared")["code"], raised["code"])
        self.do("set", "door=on")
        self.hear("door.opened")
        self.do("set", "door=off")
        self.hear("door.closed")
        before = self.daemon_.status(self.name)["lights"]["chamber"]
        self.do("set", "light=" + ("off" if before == "on" else "on"))
        light = self.hear("light.changed")
        self.assertEqual((light["light"], light["from"]), ("chamber", before))
        self.do("set", "remove=0")
        self.assertEqual(self.hear("ams.spool_removed")["slot"], 0)
        self.do("set", "insert=0")
        self.assertEqual(self.hear("ams.spool_inserted")["tray"], 0)

    def reconnect(self):
        """The link is lost and made again, and a full report has come over the new one."""
        full = self.full_reports()
        self.do("fault", "kick", "on")
        wait_until("a full report after the reconnect", lambda: self.full_reports() > full)

    def full_reports(self):
        return self.daemon_.call("daemon.stats")["counters"]["printers"][self.name]["full"]

    def test_reconnect_invents_nothing(self):
        self.start_job()
        self.do("set", "percent=42", "layer=20", "hms=03001200:00020001")
        self.hear("hms.raised", "print.layer", "print.progress")
        last = self.seen[-1]["seq"]
        self.reconnect()
        self.nothing_since(last)

    def test_what_ended_meanwhile_is_told_late(self):
        self.start_job()
        self.do("fault", "refuse", "on")
        self.do("fault", "kick", "on")
        self.daemon_.wait_link(self.name, "offline")
        self.do("state", "finished")
        self.do("fault", "refuse", "off")
        self.assertIs(self.hear("print.finished")["late"], True)

    def test_start_of_the_daemon_invents_nothing(self):
        self.start_job()
        self.do("state", "paused")
        self.hear("hms.raised", "error.raised", "print.paused", "ams.runout")
        self.client.close()
        self.daemon_.stop()
        self.processes.remove(self.daemon_)
        self.daemon_ = self.daemon(name="second")
        self.wait_full()
        self.assertEqual(self.daemon_.status(self.name)["print"]["state"], "paused")
        self.assertEqual(self.listed(self.seen[-1]["seq"]), [])
        self.assertEqual(self.listed(0), self.seen, "what was told before the restart")


if __name__ == "__main__":
    unittest.main(verbosity=2)
