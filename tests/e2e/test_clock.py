# SPDX-License-Identifier: MIT
"""Clocks that jump under the running daemon (reliability.md row 25), moved by a preloaded shim."""
import time
import unittest

from harness import DEADLINE, Case, wait_until
from shim import Shim

DAY = 86400


class Clock(Case):
    def setUp(self):
        super().setUp()
        self.shim = Shim(self.folder)
        self.move = self.shim.move
        self.sim_ = self.sim("--printers", "2", "--rate", "5")
        self.daemon_ = self.daemon(wrap=self.shim.wrap)
        self.names = [p["name"] for p in self.daemon_.call("printer.list")["printers"]]
        for name in self.names:
            self.daemon_.wait_status(name, "a report", lambda s: s["link"]["state"] == "online" and
                                     s["print"]["state"] != "unknown")

    def numbers(self, value, path=""):
        if isinstance(value, dict):
            for key, below in value.items():
                yield from self.numbers(below, f"{path}.{key}" if path else key)
        elif isinstance(value, list):
            for i, below in enumerate(value):
                yield from self.numbers(below, f"{path}[{i}]")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield path, value

    def check_ages(self):
        for name in self.names:
            status = self.daemon_.call("printer.get", {"printer": name})
            ages = {path: n for path, n in self.numbers(status) if "age_ms" in path}
            self.assertIn("link.age_ms", ages)
            for path, age in ages.items():
                self.assertGreaterEqual(age, 0, f"{name} {path}")
                self.assertLess(age, 10 * 60 * 1000, f"{name} {path}: an age follows no jump of the wall clock")
            self.assertEqual(status["link"]["reconnects"], 0)
            self.assertEqual(status["link"]["state"], "online")
            self.assertLess(status["link"]["age_ms"], 5000)

    def jumped(self, wall_s):
        self.move(wall_s, 0)
        with self.daemon_.client() as c:
            got = c.call("events.subscribe", {"state": True, "max_hz": 10})
            # Timers go on: what comes at a rate of its own comes still.
            for _ in range(5):
                self.assertEqual(c.line()["method"], "state")
            before = c.call("daemon.status")["uptime_s"]
            wait_until("the uptime to grow", lambda: c.call("daemon.status")["uptime_s"] > before)
            self.assertLess(c.call("daemon.status")["uptime_s"], 300)
            self.assertTrue(got["cursor"])
        self.check_ages()

    def test_a_day_back_changes_no_timer_and_no_age(self):
        self.jumped(-DAY)

    def test_five_years_ahead_change_no_timer_and_no_age(self):
        self.jumped(5 * 365 * DAY)

    def test_a_jump_is_seen_in_what_is_told_as_wall_clock(self):
        """The shim works: an event after the jump carries the new time."""
        self.move(5 * 365 * DAY, 0)
        serial = self.daemon_.status(self.names[0])["serial"]
        with self.daemon_.client() as c:
            c.call("events.subscribe", {"kinds": ["printer.*"], "state": False})
            self.sim_.do("fault", serial, "kick", "on")
            note = c.line()["params"]
        ahead = time.gmtime(time.time() + 5 * 365 * DAY).tm_year
        self.assertTrue(str(note["time"]).startswith(str(ahead)), note)

    def test_after_a_suspend_every_printer_is_connected_anew(self):
        started = time.monotonic()
        self.move(8 * 3600, 8 * 3600)
        with self.daemon_.client() as c:
            def back():
                got = [c.call("printer.get", {"printer": n})["link"] for n in self.names]
                return all(link["reconnects"] == 1 and link["state"] == "online" for link in got)
            wait_until("a new connection to each", back, deadline=DEADLINE)
        took = time.monotonic() - started
        # 5 s are the rule; the machine of a test may be busy.
        self.assertLess(took, 10)
        self.assertIn("slept for 28800 s", self.daemon_.text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
