# SPDX-License-Identifier: MIT
"""Round trip of a command, from the socket to the effect in the report, against a bare request and its answer."""
import json
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from simclient import SimCase  # noqa: E402
from harness import Daemon  # noqa: E402

ROUNDS = 40  # over 200 messages a second are a flood, and end the connection
LIMIT = 3


def bare(client, number, on):
    """The request as the daemon would send it, until its answer is there."""
    started = time.monotonic()
    client.request(json.dumps({"system": {
        "sequence_id": str(number), "command": "ledctrl", "led_node": "chamber_light", "led_mode": "on" if on else "off",
        "led_on_time": 500, "led_off_time": 500, "loop_times": 0, "interval_time": 0}}))
    while client.report().get("system", {}).get("sequence_id") != str(number):
        pass
    return time.monotonic() - started


def through(control, name, on):
    started = time.monotonic()
    got = control.call("device.light", {"printer": name, "mode": "on" if on else "off"})
    if got["stage"] != "effective":
        raise SystemExit(f"not effective: {got}")
    return time.monotonic() - started


class Bench(SimCase):
    def runTest(self):
        self.begin("--printers", "1", "--model", "X1C", "--deltas", "--still", "--rate", "1")
        client = self.client()
        client.subscribe()
        daemon = self.start(Daemon(self.folder))
        name = daemon.call("printer.list")["printers"][0]["name"]
        daemon.wait_status(name, "a report", lambda s: s["link"]["state"] == "online" and s["print"]["state"] != "unknown")
        plain, whole = [], []
        with daemon.client() as control:
            # In turn, so that both meet the same minute.
            for i in range(ROUNDS):
                whole.append(through(control, name, i % 2 == 0))
                plain.append(bare(client, 50 + i, i % 2 == 1))
        ratio = statistics.median(whole) / statistics.median(plain)
        print(f"{'command round trip / bare answer':<44}{ratio:>10.2f} {'x':<8} limit {LIMIT} {'PASS' if ratio <= LIMIT else 'MISS'}"
              f"   ({statistics.median(whole) * 1e3:.2f} ms, {statistics.median(plain) * 1e3:.2f} ms)", flush=True)
        self.assertLessEqual(ratio, LIMIT)


if __name__ == "__main__":
    import unittest
    unittest.main()
