# SPDX-License-Identifier: MIT
"""Links over minutes (reliability.md rows 3 and 5); run by tests/check.sh --long."""
import json
import time
import unittest

from harness import Case, wait_until
from shim import Shim

PRINTERS, ROUNDS = 10, 50


class Links(Case):
    def begin(self, *args, **kw):
        self.sim_ = self.sim(*args)
        self.daemon_ = self.daemon(**kw)
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

    def all_counters(self):
        got = self.daemon_.call("daemon.stats")["counters"]["printers"]
        return [got[n] for n in self.names]

    def stats(self, name):
        return json.loads(self.sim_.do("stats", self.serials[name]))

    def whole(self, done):
        """What each session owes has reached every printer: a subscription, a version and a full report asked for."""
        return all(self.stats(n)[what] == done for n in self.names for what in ("logins", "subscribes", "get_versions", "pushalls"))

    def test_five_hundred_restarts_are_five_hundred_sessions(self):
        """Row 5: after each loss one connection, subscribed, the version and one full report asked for, none missed. Each
        session has stood (the clock is moved) when it is lost, so that each loss is the first of its outage."""
        shim = Shim(self.folder)
        self.begin("--printers", str(PRINTERS), "--rate", "5", wrap=shim.wrap)
        start, back = time.monotonic(), []
        wait_until("the first sessions", lambda: self.whole(1))
        for done in range(1, ROUNDS + 1):
            # Beyond what makes a session steady, short of a keepalive's end; heard from before and after.
            heard = [c["messages"] for c in self.all_counters()]
            shim.pass_by(35)
            wait_until("the time to be seen", lambda: all(c["messages"] > n + 1 for c, n in zip(self.all_counters(), heard)))
            lost = time.monotonic()
            self.sim_.do("fault", "all", "kick", "on")
            wait_until(f"reconnect {done} of all", lambda: all(c["reconnects"] == done for c in self.all_counters()), deadline=30)
            back.append(time.monotonic() - lost)
            wait_until(f"all that session {done + 1} owes", lambda: self.whole(done + 1))
        print(f"{PRINTERS} x {ROUNDS} restarts in {time.monotonic() - start:.0f} s; all back after {sorted(back)[ROUNDS // 2]:.1f} s "
              f"(median), {max(back):.1f} s (longest)")
        # The first retry comes after half a second at the soonest, and within a second.
        self.assertGreater(min(back), 0.5)
        self.assertLess(sorted(back)[ROUNDS // 2], 3)
        for name in self.names:
            self.daemon_.wait_status(name, "fresh values", lambda s: s["link"]["state"] == "online" and
                                     s["link"]["age_ms"] < 2000 and s["print"]["state"] != "unknown")
            got = self.counters(name)
            self.assertEqual((got["connects"], got["reconnects"], got["pushalls"]), (ROUNDS + 1, ROUNDS, ROUNDS + 1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
