# SPDX-License-Identifier: MIT
"""One journey of bambud under valgrind: what address sanitizer cannot see happens inside libmosquitto."""
import signal
import unittest

from harness import Case, Daemon, wait_until

WRAP = ["valgrind", "--error-exitcode=42", "--leak-check=full", "--errors-for-leak-kinds=definite,possible",
        "--num-callers=20", "--fair-sched=yes"]


class Journey(Case):
    def test_journey(self):
        sim = self.sim("--printers", "6", "--rate", "2")
        d = self.start(Daemon(self.folder, wrap=WRAP, wait=False))
        d.wait_notify("READY=1", deadline=90)
        with d.client() as c:
            def all_in(state):
                return all(p["link"]["state"] == state for p in c.call("printer.list", None, 60)["printers"])
            wait_until("six printers", lambda: all_in("online"), deadline=90)
            c.call("events.subscribe", {"printers": "@all", "state": True})
            names = [p["name"] for p in c.call("printer.list")["printers"]]
            serials = [p["serial"] for p in c.call("printer.list")["printers"]]
            for serial, fault in zip(serials, ["garbage", "oversize", "wrong-cn", "wrong-code", "refuse", "split"]):
                sim.do("fault", serial, fault, "on")
            sim.do("fault", "all", "kick", "on")
            for name, state in zip(names[2:5], ["tls_refused", "auth_refused", "offline"]):
                wait_until(name, lambda n=name, s=state: c.call("printer.get", {"printer": n}, 60)["link"]["state"] == s,
                           deadline=60)
            c.call("daemon.reload", None, 60)
        for args in (["list"], ["status", names[0]], ["events"], ["daemon", "stats"]):
            self.assertEqual(d.ctl(*args)[0], 0, args)
        d.child.send_signal(signal.SIGTERM)
        self.assertEqual(d.child.wait(60), 0, d.text()[-6000:])
        self.assertIn("ERROR SUMMARY: 0 errors", d.text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
