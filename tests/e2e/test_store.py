# SPDX-License-Identifier: MIT
"""The event log on disk: cursors go on across ends of any kind, and what was told is there."""
import os
import signal
import subprocess
import threading
import unittest

from harness import Case, main, wait_until

CONFIG = "[Daemon]\nSocket=./run/control.sock\nStateDirectory=./state\nCacheDirectory=./cache\n"


class Store(Case):
    """A daemon without printers: each reload is an event."""

    def setUp(self):
        super().setUp()
        self.write_config(CONFIG)
        self.round = 0

    def begin(self, **kw):
        self.round += 1
        self.daemon_ = self.daemon(name=f"bambud{self.round}", **kw)
        return self.daemon_

    def end(self, kill=False):
        if kill:
            self.daemon_.child.send_signal(signal.SIGKILL)
        self.daemon_.stop()
        self.processes.remove(self.daemon_)

    def cursor(self):
        return self.daemon_.call("events.list", {"limit": 1})["cursor"]

    def reload(self, times=1):
        with self.daemon_.client() as c:
            for i in [c.request("daemon.reload") for _ in range(times)]:
                c.reply(i)

    def held(self, since=None):
        """Every event since the cursor, page after page; whether something is lost."""
        events, lost = [], False
        with self.daemon_.client() as c:
            while True:
                page = c.call("events.list", {"limit": 1000, **({"since": since} if since else {})})
                events += page["events"]
                lost |= page["lost"]
                if since is None or not page["events"]:
                    return events, lost
                since = page["cursor"]

    def test_a_subscriber_goes_on_across_restarts(self):
        self.begin()
        cursor, told = self.cursor(), []
        epoch, first = cursor.split(".")
        for kill in (False, True, False):
            with self.daemon_.client() as c:
                c.call("events.subscribe", {"state": False, "since": cursor})
                self.reload(20)
                told += [c.line()["params"] for _ in range(int(self.cursor().split(".")[1]) - int(cursor.split(".")[1]))]
                cursor = f"{epoch}.{told[-1]['seq']}"
            self.end(kill)
            self.begin()
        self.assertEqual([e["seq"] for e in told], list(range(int(first) + 1, told[-1]["seq"] + 1)))
        events, lost = self.held(f"{epoch}.{first}")
        self.assertFalse(lost)
        for e in told:
            del e["sub"]
        self.assertEqual(events[:len(told)], told)
        self.assertIn("daemon.stopping", [e["kind"] for e in told] + [e["kind"] for e in events])

    def test_time_reaches_back_behind_a_restart(self):
        self.begin()
        self.reload(3)
        def second():
            return self.daemon_.call("daemon.ping")["time"][:19]
        before = second()
        wait_until("the next second: a time means the whole of it", lambda: second() != before)
        moment = second() + "Z"
        self.reload(2)
        self.end()
        self.begin()
        kinds = [e["kind"] for e in self.held(moment)[0]]
        self.assertEqual(kinds[:3], ["config.reloaded", "config.reloaded", "daemon.stopping"])

    def storm(self, told, stop):
        """Whoever is connected writes down what it is told until the line is cut."""
        try:
            with self.daemon_.client() as c:
                c.call("events.subscribe", {"state": False})
                while not stop.is_set():
                    note = c.line()
                    if note["method"] == "event":
                        told.append(note["params"])
        except (AssertionError, OSError, TypeError, ValueError):  # the line is cut
            pass

    def test_kill_in_a_storm_loses_nothing_that_was_told(self):
        told = []
        for n in range(6):
            self.begin()
            stop = threading.Event()
            listener = threading.Thread(target=self.storm, args=(told, stop))
            listener.start()
            sender = threading.Thread(target=self.reload_till_cut)
            sender.start()
            wanted = len(told) + 100 + 37 * n
            wait_until("a storm", lambda w=wanted: len(told) >= w)
            self.end(kill=True)
            stop.set()
            listener.join()
            sender.join()
        self.begin()
        events, lost = self.held(self.cursor().split(".")[0] + ".0")
        self.assertFalse(lost)
        held = {e["seq"]: e for e in events}
        self.assertEqual(len(held), len(events))
        self.assertEqual(len({e["seq"] for e in told}), len(told), "no number twice")
        for e in told:
            del e["sub"]
            self.assertEqual(held.get(e["seq"]), e)

    def reload_till_cut(self):
        try:
            with self.daemon_.client() as c:
                while True:
                    for i in [c.request("daemon.reload") for _ in range(20)]:
                        c.reply(i)
        except (AssertionError, OSError, TypeError, ValueError):  # the line is cut
            pass

    def mount(self, size, place="state"):
        state = self.folder / place
        state.mkdir(mode=0o700, exist_ok=True, parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "t", state], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", state], check=False)
        return state

    def wait_kind(self, kind):
        def look():
            found = [e for e in self.daemon_.call("events.list", {"kinds": [kind]})["events"]]
            return found or None
        return wait_until(kind, look)

    @unittest.skipIf(os.geteuid() != 0, "mounts a tmpfs, which only root may")
    def test_a_full_disk_is_said_and_made_up_for(self):
        state = self.mount("256k")
        self.begin()
        cursor = self.cursor()
        ballast = state / "ballast"
        with open(ballast, "wb") as f:
            try:
                while True:
                    os.write(f.fileno(), bytes(4096))
            except OSError:
                pass
        self.reload(100)
        full = self.wait_kind("disk.full")
        self.assertEqual((len(full), full[0]["data"]["what"]), (1, "events"))
        self.assertEqual(self.daemon_.call("daemon.status")["events"]["error"], "No space left on device")
        ballast.unlink()
        self.wait_kind("disk.recovered")
        self.assertIsNone(self.daemon_.call("daemon.status")["events"]["error"])
        self.end(kill=True)
        self.begin()
        events, lost = self.held(cursor)
        self.assertFalse(lost)
        self.assertGreater(len(events), 100)

    @unittest.skipIf("BAMBU_UNDER_UNIT" in os.environ, "a unit has mounts of its own, which stay read-only")
    @unittest.skipIf(os.geteuid() != 0, "mounts a tmpfs, which only root may")
    def test_a_read_only_disk_is_an_epoch_in_memory(self):
        events = self.mount("1m", "state/events")
        self.begin()
        self.reload(3)
        old = self.cursor()
        self.end()
        subprocess.run(["mount", "-o", "remount,ro", events], check=True)
        self.begin()
        self.assertNotEqual(self.cursor().split(".")[0], old.split(".")[0])
        self.assertEqual(self.wait_kind("disk.full")[0]["data"]["error"], "Read-only file system")
        self.reload(3)
        seen, lost = self.held(old)
        self.assertTrue(lost, "an old cursor is told that something is lost")
        self.assertEqual(len([e for e in seen if e["kind"] == "config.reloaded"]), 6)
        subprocess.run(["mount", "-o", "remount,rw", events], check=True)
        self.wait_kind("disk.recovered")
        cursor = self.cursor()
        self.end()
        self.begin()
        self.assertEqual(self.cursor().split(".")[0], cursor.split(".")[0])
        self.assertEqual([e["seq"] for e in self.held()[0]], list(range(1, int(self.cursor().split(".")[1]) + 1)))


if __name__ == "__main__":
    main()
