# SPDX-License-Identifier: MIT
"""promtool has nothing to say about the metrics: neither an error nor a hint."""
import subprocess
import unittest

from harness import DEADLINE, Case, wait_until


class Promtool(Case):
    def test_check_metrics(self):
        sim = self.sim("--farm", "demo", "--rate", "5")
        d = self.daemon()
        with d.client() as c:
            wait_until("every printer's first verdict", lambda: all(
                p["link"]["state"] != "connecting" and (p["link"]["state"] != "online" or p["print"]["state"] != "unknown")
                for p in c.call("printer.list")["printers"]))
            sim.do("fault", "all", "garbage", "on")
            sim.do("fault", "all", "kick", "on")
            text = wait_until("a reconnect", lambda: next((t for t in [c.call("metrics.text")["text"]] if 'reason="lost"' in t), None))
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=DEADLINE,
                              check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
