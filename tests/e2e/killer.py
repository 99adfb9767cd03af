# SPDX-License-Identifier: MIT
"""A daemon that dies at a chosen system call on the files it keeps, and a look at what that left. For store_kills.py."""
import collections
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import time
import zlib

from harness import BAMBUD, Client

WAIT = 20
EVENTS = 30
HEAD = "[Daemon]\nSocket=./run/control.sock\nStateDirectory=./state\nCacheDirectory=./cache\n"
CUT = (AssertionError, OSError, TypeError, ValueError)


class Torn(AssertionError):
    """What a kill left is neither old nor new."""


def must(good, *words):
    if not good:
        raise Torn(" ".join(str(w) for w in words))


def pause():
    select.select([], [], [], 0.01)


def record(seq, data):
    """A line of the event log."""
    text = f'{{"seq":{seq},"time":"2026-01-01T00:00:00.000Z","printer":null,"serial":null,"kind":"config.reloaded","data":{data}}}'
    return f"{zlib.crc32(text.encode()):08x} {text}\n".encode()


def unsealed(path):
    """The first line of a state file, an object; its checksum must be right."""
    whole = path.read_bytes()
    text, seal = whole[:-len('{"crc32":"01234567"}\n')], whole[-len('{"crc32":"01234567"}\n'):]
    must(seal == b'{"crc32":"%08x"}\n' % zlib.crc32(text), path, "is torn")
    return json.loads(text.split(b"\n")[0])


class Lane:
    """A daemon's folder; one daemon at a time runs there."""

    def __init__(self, folder, printer=None, sim=None):
        self.folder, self.printer, self.sim = pathlib.Path(folder), printer, sim
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.state = self.folder / "state"
        self.told, self.child, self.facts = {}, None, collections.Counter()
        self.kept_seq, self.begin, self.damaged = 0, 0, {}
        self.configure()

    def configure(self):
        text = HEAD
        if self.printer:
            p = self.printer
            text += (f"[Printer {p['name']}]\nSerial={p['serial']}\nAddress={p['address']}\nPort={p['port']}\n"
                     f"AccessCode={p['code']}\nCaFile={self.folder.parent}/ca.pem\nCamera=off\n")
        path = self.folder / "bambud.conf"
        path.write_text(text)
        path.chmod(0o600)

    # Files

    def file(self):
        return self.state / "printers" / f"{self.printer['serial']}.json"

    def paths(self):
        """What the daemon keeps, and what it will make next."""
        found = [self.state, *(self.state / name for name in ("events", "printers", "printers.d"))]
        newest = max((int(p.stem) for p in self.state.glob("events/*.log")), default=0)
        for folder, _, names in os.walk(self.state):
            found += [pathlib.Path(folder) / name for name in names if name != "lock"]
        found += [self.state / "events" / f"{seq:020}.log" for seq in range(newest, newest + 4 * EVENTS)]
        if self.printer:
            found += [self.file(), self.file().with_name(f".{self.file().name}.new")]
        found += [self.state / "printers.d" / name for name in ("shed.conf", ".shed.conf.new")]
        return sorted({str(p) for p in found})

    def wipe(self, kept=None):
        """Without a past, or with that of another folder."""
        shutil.rmtree(self.state, ignore_errors=True)
        if kept:
            shutil.copytree(kept, self.state)
        self.told.clear()
        self.facts.clear()
        self.kept_seq, self.begin, self.damaged = 0, 0, {}

    # The daemon

    def spawn(self, *wrap):
        # A sanitizer looks for leaks by tracing, which strace does already.
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        env.pop("NOTIFY_SOCKET", None)
        argv = [*wrap, str(BAMBUD), "--config", str(self.folder / "bambud.conf"), "--log-level", "warn"]
        self.spawned = time.monotonic()
        self.child = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.folder, env=env,
                                      start_new_session=True)

    def reap(self):
        """The end of what runs; its exit status and what it said."""
        try:
            text = self.child.communicate(timeout=WAIT)[0]
        except subprocess.TimeoutExpired:
            os.killpg(self.child.pid, signal.SIGKILL)
            text = self.child.communicate()[0] + b"\ndid not end"
        return self.child.returncode, text.decode(errors="replace")

    def kill(self):
        if self.child and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.communicate()

    def connect(self):
        """A client, or None when the daemon was killed before it listened."""
        while self.child.poll() is None:
            try:
                return Client(self.folder / "run" / "control.sock")
            except OSError:
                pause()
        return None

    def note(self, event, epoch):
        """No number is told with two meanings."""
        event = {k: v for k, v in event.items() if k != "sub"}
        must(self.told.setdefault((epoch, event["seq"]), event) == event, "a number was told twice:", event)

    def listen(self, client, until):
        """Notes what is told until one of that kind comes."""
        while True:
            line = client.line(WAIT)
            if line is None:
                raise ConnectionError("the line is cut")
            if line.get("method") == "event":
                self.note(line["params"], self.epoch)
                if until(line["params"]):
                    return

    def subscribe(self, client):
        cursor = client.call("events.subscribe", {"state": False, "since": "0.0"})["cursor"]
        self.epoch, self.since = (int(word) for word in cursor.split("."))

    # What the daemon is made to write: events, states, drop-ins

    def reloads(self, client):
        self.subscribe(client)
        for _ in range(EVENTS):
            client.request("daemon.reload")
        seen = []

        def enough(event):
            if event["kind"] == "config.reloaded" and event["seq"] > self.since:
                seen.append(event)
            return len(seen) == EVENTS
        self.listen(client, enough)

    def states(self, client):
        self.subscribe(client)
        end = time.monotonic() + WAIT
        while not self.is_fresh():
            must(time.monotonic() < end, "the printer was not reached")
            pause()
        before = self.stamp()
        verb = "resume" if self.printer["paused"] else "pause"
        self.printer["paused"] = not self.printer["paused"]
        self.facts[f"print.{verb}d"] += 1
        self.sim.do("job", self.printer["name"], verb)
        self.listen(client, lambda e: e["kind"] == f"print.{verb}d" and e["seq"] > self.since)
        while self.stamp() == before and self.child.poll() is None and time.monotonic() < end:
            pause()

    def is_fresh(self):
        """A full report has come in this run."""
        with Client(self.folder / "run" / "control.sock") as c:
            link = c.call("printer.get", {"printer": self.printer["name"]})["link"]
        age_ms = link["full_age_ms"]
        return link["plane"] == "lan" and age_ms is not None and age_ms < (time.monotonic() - self.spawned) * 1000

    def stamp(self):
        try:
            return os.stat(self.file()).st_ino
        except FileNotFoundError:
            return 0

    def dropins(self, client):
        names = [p["name"] for p in client.call("printer.list")["printers"]]
        if "shed" not in names:
            client.call("printer.add", {"name": "shed", "address": "127.0.0.1", "serial": "01P00A000000077", "code": "31415926",
                                        "settings": {"Port": "1", "Camera": "off"}})
        for port in ("2", "3"):
            client.call("printer.set", {"printer": "shed", "settings": {"Port": port}})
        client.call("printer.remove", {"printer": "shed"})

    # A kill, and what it left

    def killed_at(self, drive, call, number):
        """True when a call of that number came, and the daemon died of it."""
        wrap = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", "signal=none"]
        for path in self.paths():
            wrap += ["-P", path]
        self.spawn(*wrap, "-e", f"inject={call}:signal=KILL:when={number}")
        client = self.connect()
        if client:
            with client:
                try:
                    drive(client)
                except Torn:
                    raise
                except CUT as e:
                    try:
                        self.child.wait(WAIT)
                    except subprocess.TimeoutExpired:
                        raise Torn(f"{call} {number}: {e!r}") from e
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGTERM)
        status, text = self.reap()
        self.judge(text, call)
        must(status in (0, -signal.SIGKILL, 128 + signal.SIGKILL), call, number, "ended with", status, text)
        return status != 0

    def judge(self, text, where):
        must(not re.search(r"Sanitizer|runtime error|did not end", text), where, text)
        if not self.damaged:
            must(not re.search(r"damaged|cannot be|kept with the end", text), where, text)
            must(not list(self.state.rglob("*.bad-*")), where, "something was set aside")

    def look(self, where):
        """Everything told is held by the next run as it was told; nothing was torn, or is told twice."""
        if self.printer:
            self.look_at_file(where)
        self.spawn()
        client = self.connect()
        must(client, where, "no start:", "" if client else self.reap()[1])
        with client:
            names = {p["name"] for p in client.call("printer.list")["printers"]}
            held = self.held(client, where)
        self.child.send_signal(signal.SIGTERM)
        status, text = self.reap()
        must(status == 0, where, "ended with", status, text)
        self.judge(text, where)
        for key, event in self.told.items():
            must(key[1] <= self.begin or held.get(key) == event, where, key, "was told, and the log has", held.get(key))
        kinds = collections.Counter(e["kind"] for e in held.values())
        for kind in () if self.damaged else ("print.paused", "print.resumed"):
            must(kinds[kind] <= self.facts[kind], where, kinds[kind], kind, "but it happened", self.facts[kind], "times")
        must(names <= {"shed", *([self.printer["name"]] if self.printer else [])}, where, names)
        for path, text in self.damaged.items():
            kept = [p.read_bytes() for p in path.parent.glob(f"{path.name}.bad-*")]
            must(kept and set(kept) == {text}, where, path, "is not kept as it was:", len(kept))

    def look_at_file(self, where):
        path = self.file()
        if not path.exists() or path.read_bytes() == self.damaged.get(path):
            return
        seq = unsealed(path)["seq"]
        must(seq >= self.kept_seq, where, f"the state is older ({seq}) than it was ({self.kept_seq})")
        self.kept_seq = seq

    def held(self, client, where):
        epoch = int(client.call("events.list", {"limit": 1})["cursor"].split(".")[0])
        held, since = {}, f"{epoch}.{self.begin}"
        while True:
            page = client.call("events.list", {"since": since, "limit": 4000})
            must(self.damaged or not page["lost"], where, "events are lost")
            for e in page["events"]:
                must((epoch, e["seq"]) not in held, where, "listed twice:", e)
                held[(epoch, e["seq"])] = e
            if not page["events"]:
                return held
            since = page["cursor"]
