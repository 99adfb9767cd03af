# SPDX-License-Identifier: MIT
"""A day of a small farm in minutes (reliability.md row 31): the daemon's clocks are moved, the printers' time runs as fast, and
every ten minutes of that day connections are lost. At its end the daemon is as big as after its morning.

Run by tests/check.sh --long; BAMBU_SOAK_HOURS makes the day shorter; of one below 12 the
memory says nothing, as its rings are not full.
"""
import os
import pathlib
import re
import select
import statistics
import time

from harness import main, wait_until
from test_account import AccountCase
from verify import Mirror

HOURS = int(os.environ.get("BAMBU_SOAK_HOURS", "24"))
ROUND_S = 600
STEP_S = 20  # short of a keepalive's end, and of the silence that makes a printer stale
PACE = 400  # seconds of the printers in one of ours: about what the steps come to
MODELS = ["P1S", "X1C", "A1", "H2D", "X1C", "P2S", "P1S", "X1E"]  # the last one through the cloud alone
# In turn: a fault of all printers for so many seconds, and whether they are kicked out with it.
LOSSES = [(None, 0, True), ("refuse", 60, True), (None, 0, True), ("half-open", 90, False), ("silent", 60, True)]
GROWTH_PCT = 1


class Day(AccountCase):
    def start_daemon(self):
        config = self.folder / "bambud.conf"
        config.write_text(config.read_text().replace("LogLevel=debug\n", ""))
        super().start_daemon()

    def begin_day(self):
        models = [word for model in MODELS for word in ("--model", model)]
        self.begin_account(*models, "--state", "printing", "--deltas", "--rate", "100", "--pace", str(PACE), "--camera", "on-demand",
                           "--camera-hz", "20", "--camera-size", "640x480", printers=len(MODELS), sections=len(MODELS) - 1, shim=True)
        self.sign_in_whole()
        self.sim_.do("set", "all", "again=600")
        self.client = self.daemon_.client()
        self.addCleanup(self.client.close)
        self.mirror = Mirror()
        self.mirror.connect(self.daemon_, max_hz=1)
        self.come_back()

    def links(self):
        return self.client.call("printer.list")["printers"]

    def counted(self, what):
        return {n: c[what] for n, c in self.client.call("daemon.stats")["counters"]["printers"].items()}

    def counted_on(self, what, before, by, names):
        now = self.counted(what)
        return all(now[n] >= before[n] + by for n in names)

    def pass_by(self, seconds):
        """While all are online: each is heard after the step, so that nobody seems silent and what was due is answered."""
        for _ in range(0, seconds, STEP_S):
            before = self.counted("messages")
            self.shim.pass_by(STEP_S)
            wait_until("the time to be seen", lambda b=before: self.counted_on("messages", b, 2, b), pause=0.003)

    def come_back(self, before=None):
        """In seconds, each long enough for a handshake, until all are online, those of the LAN in sessions of their own."""
        def online():
            return (all(p["link"]["state"] == "online" and p["link"]["plane"] for p in self.links()) and
                    (before is None or self.counted_on("reconnects", before, 1, self.lan)))
        for _ in range(600):
            if online():
                return
            self.shim.pass_by(1)
            select.select([], [], [], 0.03)
        raise AssertionError(f"not back in ten minutes: {[p['link'] for p in self.links()]}")

    def lose(self, n):
        fault, seconds, kick = LOSSES[n % len(LOSSES)]
        if fault:
            self.sim_.do("fault", "all", fault, "on")
        if kick:
            self.sim_.do("fault", "all", "kick", "on")
            self.sim_.do("broker", "kick")
        for _ in range(seconds):
            self.shim.pass_by(1)
            select.select([], [], [], 0.005)
        if fault:
            self.sim_.do("fault", "all", fault, "off")

    def look(self, n):
        """What people do. A P1 that prepares a job gives no picture, and says so."""
        for args in (("status", self.lan[n % len(self.lan)]), ("list", "--json"), ("events", "--since", "1h", "--json")):
            self.assertEqual(self.daemon_.ctl(*args)[0], 0, args)
        self.call("metrics.text")
        got = self.client.reply(self.client.request("camera.snapshot", {"printer": self.lan[0]}))
        self.pictures += "result" in got
        self.assertIn("prepares a job", got.get("error", {"message": "prepares a job"})["message"])

    @staticmethod
    def fds(pid):
        """The least of some looks: a state that is being written has files open for a moment."""
        looks = []
        for _ in range(5):
            looks.append(len(os.listdir(f"/proc/{pid}/fd")))
            select.select([], [], [], 0.01)
        return min(looks)

    def size(self):
        pid = self.daemon_.child.pid
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
        return {"rss_kb": int(re.search(r"VmRSS:\s+(\d+)", text)[1]), "fds": self.fds(pid),
                "threads": int(re.search(r"Threads:\s+(\d+)", text)[1]),
                "timers": self.client.call("daemon.status")["timers"]}

    def check(self, sizes):
        """The second half of the day: what is bounded is full by then. Its own halves have the same size."""
        half = sizes[len(sizes) // 2:]
        parts = half[:len(half) // 2], half[len(half) // 2:]
        early, late = (statistics.median(s["rss_kb"] for s in part) for part in parts)
        print(f"rss {sizes[0]['rss_kb']} kB after the first round, {early:.0f} kB in the third quarter, {late:.0f} kB in the fourth: "
              f"{(late / early - 1) * 100:+.2f} %, limit {GROWTH_PCT} %")
        self.assertLess((late / early - 1) * 100, GROWTH_PCT)
        for what in ("fds", "threads"):
            self.assertEqual({s[what] for s in half}, {sizes[len(sizes) // 4][what]}, what)
        # One more or less is armed at a moment, such as that of a command or of a picture.
        self.assertEqual(*(statistics.median(s["timers"] for s in part) for part in parts), "timers")

    def test_a_day_leaves_nothing_behind(self):
        start, sizes, self.pictures = time.monotonic(), [], 0
        self.begin_day()
        for n in range(HOURS * 3600 // ROUND_S):
            before = self.counted("reconnects")
            self.lose(n)
            self.come_back(before)
            self.look(n)
            self.pass_by(ROUND_S)
            sizes.append(self.size())
        print(f"{HOURS} h in {time.monotonic() - start:.0f} s: {len(sizes)} losses, {self.pictures} pictures, "
              f"{len(self.mirror.events)} events; {sizes[-1]}", flush=True)
        self.assertGreaterEqual(self.call("daemon.status")["uptime_s"], HOURS * 3600)
        self.assertGreater(self.pictures, len(sizes) // 4)
        self.assertEqual(self.mirror.problems, [])
        self.check(sizes)


if __name__ == "__main__":
    main()
