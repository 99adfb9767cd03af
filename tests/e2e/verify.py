# SPDX-License-Identifier: MIT
"""A client that believes nothing: through a storm of reports and many ends of the daemon it keeps what it is told, by cursor and
by merging states, and compares it with what the daemon says when asked and with what was done to the printers.

Run by tests/check.sh --long; BAMBU_SOAK_REPORTS, BAMBU_SOAK_RESTARTS and BAMBU_SOAK_PRINTERS make it smaller.
"""
import collections
import json
import os
import signal
import threading
import time

from harness import Case, main, wait_until

REPORTS = int(os.environ.get("BAMBU_SOAK_REPORTS", "1000000"))
RESTARTS = int(os.environ.get("BAMBU_SOAK_RESTARTS", "100"))
PRINTERS = int(os.environ.get("BAMBU_SOAK_PRINTERS", "100"))
RATE_HZ = 100  # of each printer
MODELS = ["X1C", "P1S", "A1", "H2D", "P2S"]
MESSAGES = ["0300-1200-0002-0001", "0700-2000-0003-0001", "0500-0400-0001-0002"]
# What is done to all printers in turn, and what each has to tell of it, once.
START = "job all start percent=10 minutes=100000 layers=9"
JOURNEY = [(START, "print.started"), ("job all pause", "print.paused"), ("job all resume", "print.resumed"),
           ("job all finish", "print.finished"), (START, "print.started"), ("job all cancel", "print.cancelled"),
           *[(f"hms all {verb} {m}", f"hms.{verb}{end} {m}") for m in MESSAGES for verb, end in (("raise", "d"), ("clear", "ed"))]]
WORDS = {word for _, word in JOURNEY}
AGES = ("age_ms", "full_age_ms", "frame_age_ms")  # these move by themselves


def still(value):
    """A status without what the clock alone changes."""
    if isinstance(value, dict):
        return {k: still(v) for k, v in value.items() if k not in AGES}
    return [still(v) for v in value] if isinstance(value, list) else value


def merge(into, changes):
    """Objects are merged, all else replaces."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def word_of(event):
    return f"{event['kind']} {event['data']['code']}" if event["kind"].startswith("hms.") else event["kind"]


class Mirror:
    """All that one client was told, over every connection it made."""

    def __init__(self):
        self.view, self.events, self.words, self.problems = {}, [], collections.defaultdict(list), []
        self.cursor, self.states, self.lock = None, 0, threading.Lock()

    def connect(self, daemon, max_hz):
        """Listens until the daemon is gone."""
        self.client = daemon.client()
        params = {"state": True, **({"since": self.cursor} if self.cursor else {}), **({"max_hz": max_hz} if max_hz else {})}
        got = self.client.call("events.subscribe", params, deadline=60)
        self.view = {p["name"]: p for p in got["snapshot"]["printers"]}
        self.cursor = self.cursor or got["cursor"]
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        with self.client:
            for line in self.lines():
                with self.lock:
                    self.take(json.loads(line))

    def lines(self):
        """The last one, which a kill may have cut, is none."""
        self.client.sock.settimeout(None)
        rest = b"".join(json.dumps(n).encode() + b"\n" for n in self.client.notifications) + self.client.buffer
        data = True
        while data:
            *whole, rest = rest.split(b"\n")
            yield from whole
            try:
                data = self.client.sock.recv(1 << 20)
            except ConnectionResetError:
                return
            rest += data

    def take(self, note):
        params = note.get("params", {})
        if note.get("method") == "event":
            self.take_event(params)
        elif note.get("method") == "state":
            self.states += 1
            merge(self.view[params["printer"]], params["changes"])
        else:
            self.problems.append(note)

    def take_event(self, event):
        epoch, last = self.cursor.split(".")
        if event["seq"] != int(last) + 1:
            self.problems.append(f"{event['seq']} after {last}")
        self.cursor = f"{epoch}.{event['seq']}"
        del event["sub"]
        self.events.append(event)
        if event["kind"].split(".")[0] in ("print", "hms") and word_of(event) in WORDS:
            self.words[event["printer"]].append(word_of(event))


class Verify(Case):
    def begin(self):
        models = [word for model in MODELS for word in ("--model", model)]
        self.sim_ = self.sim("--printers", str(PRINTERS), *models, "--state", "idle", "--deltas", "--rate", str(RATE_HZ))
        self.names = [p["name"] for p in json.loads(self.sim_.do("list"))]
        self.mirror, self.truth, self.compared = Mirror(), [], 0

    def up(self, n):
        """Every other time as a client that wants two states a second and no more."""
        self.daemon_ = self.daemon()
        self.mirror.connect(self.daemon_, max_hz=2 if n % 2 else None)
        with self.daemon_.client() as c:
            wait_until("a full report of each", lambda: self.all_fresh(c), deadline=60)

    @staticmethod
    def all_fresh(c):
        up_ms = c.call("daemon.status")["uptime_s"] * 1000 + 999
        links = [p["link"] for p in c.call("printer.list")["printers"]]
        return all(k["state"] == "online" and k["plane"] and k["full_age_ms"] is not None and k["full_age_ms"] <= up_ms
                   for k in links)

    def down(self, kill):
        if kill:
            self.daemon_.child.send_signal(signal.SIGKILL)
        status = self.daemon_.stop()
        self.processes.remove(self.daemon_)
        self.assertEqual(status, -signal.SIGKILL if kill else 0, self.daemon_.text()[-3000:])
        self.mirror.thread.join(60)
        self.assertFalse(self.mirror.thread.is_alive(), "the connection ends with the daemon")

    def act(self):
        words, kind = JOURNEY[len(self.truth) % len(JOURNEY)]
        self.sim_.do(*words.split())
        self.truth.append(kind)

    def published(self):
        return json.loads(self.sim_.do("stats", "total"))["published"]

    def storm(self, until):
        wait_until("the reports", lambda: self.published() >= until, deadline=120)

    def compare(self):
        """The reports stop; then what was told is what is, and what was done was told once."""
        self.sim_.do("rate", "all", "0")
        with self.daemon_.client() as c:
            for what in (self.untold, self.differences):
                try:
                    wait_until(what.__name__, lambda w=what: not w(c), deadline=15)
                except AssertionError as e:
                    raise AssertionError(f"{what.__name__} after {self.truth[-1:]}: {str(what(c))[:3000]}") from e
        self.assertEqual(self.mirror.problems, [])
        self.compared += PRINTERS
        self.sim_.do("rate", "all", str(RATE_HZ))

    def untold(self, _):
        with self.mirror.lock:
            return {n: self.mirror.words[n][-12:] for n in self.names if self.mirror.words[n] != self.truth}

    def differences(self, c):
        """printer -> section -> (what the merging made, what the daemon says)."""
        said = {}
        for at in range(0, len(self.names), 50):  # of 64 calls in flight
            for i in [c.request("printer.get", {"printer": n}) for n in self.names[at:at + 50]]:
                got = c.reply(i)["result"]
                said[got["name"]] = still(got)
        with self.mirror.lock:
            view = still(self.mirror.view)
        return {n: {k: (view[n].get(k), said[n].get(k)) for k in {*view[n], *said[n]} if view[n].get(k) != said[n].get(k)}
                for n in self.names if view[n] != said[n]}

    def held(self, since):
        """What the log holds since the first event that is still in it."""
        events = []
        with self.daemon_.client() as c:
            while True:
                page = c.call("events.list", {"since": since, "limit": 1000})
                if not page["events"]:
                    return events
                events += page["events"]
                since = page["cursor"]

    def test_what_is_told_is_what_is_and_what_was(self):
        begin = time.monotonic()
        self.begin()
        self.up(0)
        first = self.mirror.cursor
        for n in range(1, RESTARTS + 1):
            if n % 3 == 0:
                self.act()  # amid the reports
            self.storm(REPORTS * n // RESTARTS)
            if n % 3 == 1:
                self.act()  # right before the end
            self.down(kill=n % 2 == 0)
            if n % 3 == 2:
                self.act()  # while nobody listens
            self.up(n)
            self.compare()
        held = self.held(first)
        told = {e["seq"]: e for e in self.mirror.events}
        self.assertEqual(held, [told[e["seq"]] for e in held], "the log says what was told")
        self.assertEqual(held[-1]["seq"], max(told))
        print(f"{self.published()} reports, {RESTARTS} restarts, {self.compared} comparisons, {self.mirror.states} states and "
              f"{len(told)} events told in {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
