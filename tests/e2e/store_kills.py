# SPDX-License-Identifier: MIT
"""Kill -9 at every system call that changes a kept file: what is there afterwards is old or new, never torn. Run by tests/check.sh --long.

A daemon runs below strace, which kills it at the N-th call of a kind; N goes on until a run has no such call any more. After each
kill the next start tells whether anything was torn, and everything that a client was told must be there, no number twice.
POINTS in the environment: how many kills in all (1000)."""
import os
import re
import select
import signal
import subprocess
import unittest

from harness import BAMBUD, Case, Client, main

CONFIG = "[Daemon]\nSocket=./run/control.sock\nStateDirectory=./state\nCacheDirectory=./cache\n"
# What changes a file or a folder, or says that it has reached the disk.
CALLS = ("pwrite64", "write", "fdatasync", "fsync", "ftruncate", "openat", "mkdir", "linkat", "renameat", "renameat2", "rename", "unlinkat")
EVENTS = 40
POINTS = int(os.environ.get("POINTS", "1000"))
WAIT = 20


class Kills(Case):
    def setUp(self):
        super().setUp()
        self.write_config(CONFIG)
        self.told, self.epochs = {}, set()

    def spawn(self, *wrap):
        # A sanitizer looks for leaks by tracing, which strace does already.
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        argv = [*wrap, str(BAMBUD), "--config", str(self.folder / "bambud.conf"), "--log-level", "warn"]
        child = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.folder, env=env,
                                 start_new_session=True)
        self.addCleanup(self.reap, child)
        return child

    def reap(self, child):
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.communicate()

    def connect(self, child):
        """A client, or None when the daemon was killed before it listened."""
        path = self.folder / "run" / "control.sock"
        while child.poll() is None:
            try:
                return Client(path)
            except OSError:
                select.select([], [], [], 0.005)
        return None

    def note(self, event):
        """No number is told with two meanings."""
        key = (self.epoch, event["seq"])
        event = {k: v for k, v in event.items() if k != "sub"}
        self.assertEqual(self.told.setdefault(key, event), event)

    def drive(self, child):
        """Events until the line is cut or enough have come."""
        client = self.connect(child)
        if client is None:
            return
        with client:
            try:
                try:
                    result = client.call("events.subscribe", {"state": False, "since": "0.0"})
                except AssertionError:
                    self.assertIsNotNone(child.wait(WAIT), "it was killed before it answered")
                    return
                self.epoch = int(result["cursor"].split(".")[0])
                self.epochs.add(self.epoch)
                for _ in range(EVENTS):
                    client.request("daemon.reload")
                told = 0
                while told < EVENTS:
                    line = client.line(WAIT)
                    if line is None:
                        return
                    if line.get("method") == "event":
                        self.note(line["params"])
                        told += line["params"]["kind"] == "config.reloaded"
            except (OSError, TypeError):
                return

    def killed_at(self, call, number):
        """True when a call of that number came, and the daemon died of it."""
        child = self.spawn("strace", "-f", "-qq", "-e", f"trace={call}", "-e", "signal=none", "-o", str(self.folder / "trace"),
                           "-e", f"inject={call}:signal=KILL:when={number}")
        self.drive(child)
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
        child.communicate(timeout=WAIT)
        return child.returncode == -signal.SIGKILL or child.returncode == 128 + signal.SIGKILL

    def look(self, where):
        """Everything told is held by the next run, as it was told; nothing was torn."""
        child = self.spawn()
        client = self.connect(child)
        self.assertIsNotNone(client, where)
        with client:
            held, since = {}, None
            epoch = int(client.call("events.list", {"limit": 1})["cursor"].split(".")[0])
            since = f"{epoch}.0"
            while True:
                page = client.call("events.list", {"since": since, "limit": 4000})
                held.update({(epoch, e["seq"]): e for e in page["events"]})
                self.assertFalse(page["lost"], where)
                if not page["events"]:
                    break
                since = page["cursor"]
        child.send_signal(signal.SIGTERM)
        text = child.communicate(timeout=WAIT)[0].decode(errors="replace")
        self.assertEqual(child.returncode, 0, where + text)
        self.assertNotRegex(text, r"damaged|cannot be read|Sanitizer|runtime error", where)
        self.assertEqual(list((self.folder / "state").rglob("*.bad-*")), [], where)
        for key, event in self.told.items():
            self.assertEqual(held.get(key), event, f"{where}: {key} was told")

    def sweep(self, call, points):
        done = 0
        for number in range(1, points + 1):
            if not self.killed_at(call, number):
                break
            done += 1
            self.look(f"{call} {number}")
            if done % 40 == 0:
                # Begin with little again: a look reads everything.
                self.told.clear()
                subprocess.run(["rm", "-rf", str(self.folder / "state" / "events")], check=True)
        return done

    def test_kill_at_every_write_leaves_old_or_new(self):
        done, rounds = 0, {}
        while done < POINTS:
            before = done
            for call in CALLS:
                n = self.sweep(call, min(POINTS - done, 120))
                rounds[call] = rounds.get(call, 0) + n
                done += n
            self.assertGreater(done, before, "no call was ever hit: " + re.sub(r"\s+", " ", str(rounds)))
        print(f"{done} kills, 0 torn, at " + ", ".join(f"{n} {c}" for c, n in rounds.items() if n))


if __name__ == "__main__":
    main()
