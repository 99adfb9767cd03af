# SPDX-License-Identifier: MIT
"""Links over minutes (reliability.md rows 3, 5 and 6); run by tests/check.sh --long."""
import time
import unittest

from harness import Case, wait_until

PRINTERS, ROUNDS = 10, 50


class Links(Case):
    def begin(self, *args):
        self.sim_ = self.sim(*args)
        self.daemon_ = self.daemon()
        self.names = [p["name"] for p in self.daemon_.call("printer.list")["printers"]]
        for name in self.names:
            self.daemon_.wait_status(name, "a report", lambda s: s["link"]["state"] == "online" and
                                     s["print"]["state"] != "unknown", deadline=60)
        self.serials = {n: self.daemon_.status(n)["serial"] for n in self.names}

    def counters(self, name):
        return self.daemon_.call("daemon.stats")["counters"]["printers"][name]

    def test_silence_is_stale_then_a_new_connection(self):
        """Row 3: stale at 60 s with one full report asked for, a new connection at 120 s, online with its first word."""
        # The small models are asked every 5 minutes at most, and were at the connect.
        self.begin("--printers", "2", "--rate", "2", "--model", "X1C")
        sick, well = self.names
        before = self.counters(sick)["pushalls"]
        self.sim_.do("fault", self.serials[sick], "mute", "on")
        start = time.monotonic()
        self.daemon_.wait_link(sick, "stale", deadline=70)
        self.assertGreater(time.monotonic() - start, 55)
        wait_until("a full report to be asked for", lambda: self.counters(sick)["pushalls"] == before + 1)
        self.daemon_.wait_status(sick, "a new connection", lambda s: s["link"]["reconnects"] == 1, deadline=70)
        took = time.monotonic() - start
        self.assertGreater(took, 115)
        self.assertLess(took, 130)
        self.sim_.do("fault", self.serials[sick], "mute", "off")
        self.daemon_.wait_link(sick, "online")
        self.assertEqual(self.daemon_.status(well)["link"]["reconnects"], 0)

    def test_five_hundred_restarts_are_five_hundred_sessions(self):
        """Row 5: after each loss one connection, subscribed, the version asked for, and never a second full report
        within 3 s; row 6: no tighter than the backoff, whoever throws us out."""
        self.begin("--printers", str(PRINTERS), "--rate", "5")
        start = time.monotonic()
        for done in range(1, ROUNDS + 1):
            self.sim_.do("fault", "all", "kick", "on")

            def back(count=done):
                got = self.daemon_.call("daemon.stats")["counters"]["printers"]
                return all(got[n]["reconnects"] == count for n in self.names)

            wait_until(f"reconnect {done} of all", back, deadline=30)
        took = time.monotonic() - start
        for name in self.names:
            self.daemon_.wait_status(name, "fresh values", lambda s: s["link"]["state"] == "online" and
                                     s["link"]["age_ms"] < 2000 and s["print"]["state"] != "unknown")
            got = self.counters(name)
            self.assertEqual((got["connects"], got["reconnects"]), (ROUNDS + 1, ROUNDS))
            self.assertLessEqual(got["pushalls"], min(ROUNDS + 1, took / 3 + 2))
            self.assertGreaterEqual(got["version"], 1)
        # 10 x 50: the first retry comes after half a second at the soonest.
        self.assertGreater(took, ROUNDS * 0.5)


if __name__ == "__main__":
    unittest.main(verbosity=2)
