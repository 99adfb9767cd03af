# SPDX-License-Identifier: MIT
"""States that outlive the daemon: shown at once with their age, compared with what the printer says next, never torn."""
import json
import os
import signal
import time
import unittest

from harness import Case, wait_until
from shim import Shim

# What a link and time alone make differ.
MOVING = ("link", "age_ms", "camera")


def still(status):
    return {key: value for key, value in status.items() if key not in MOVING}


class Saved(Case):
    wrap = ()

    def begin(self, *args, state="printing", model="X1C"):
        self.sim_ = self.sim("--printers", "1", "--model", model, "--state", state, "--ams", "ams", "--still", *args)
        self.name = json.loads(self.sim_.do("list"))[0]["name"]
        self.serial = json.loads(self.sim_.do("list"))[0]["serial"]
        self.runs = 0
        self.up()

    def up(self, online=True):
        self.runs += 1
        self.daemon_ = self.daemon(name=f"bambud{self.runs}", wrap=self.wrap)
        if online:
            self.online()
        return self.daemon_

    def online(self):
        self.daemon_.wait_status(self.name, "a report", lambda s: s["link"]["state"] == "online" and
                                 s["link"]["full_age_ms"] is not None and s["firmware"] is not None)
        # Compared and told, whatever there was: a full report came in this session.
        wait_until("a full report of this session", lambda: self.fresh())

    def fresh(self):
        link = self.status()["link"]
        return link["plane"] == "lan" and link["full_age_ms"] < self.uptime_ms()

    def uptime_ms(self):
        with self.daemon_.client() as c:
            return c.call("daemon.status")["uptime_s"] * 1000

    def status(self):
        return self.daemon_.status(self.name)

    @property
    def file(self):
        return self.folder / "state" / "printers" / f"{self.serial}.json"

    def written(self):
        """What the file holds."""
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def wait_saved(self, probe):
        def look():
            try:
                return probe(self.written()[0])
            except (OSError, ValueError, IndexError):
                return False
        wait_until("the file to hold it", look)

    def stop(self):
        self.assertEqual(self.daemon_.stop(), 0)
        self.processes.remove(self.daemon_)
        self.assertNotIn("Sanitizer", self.daemon_.text())
        self.assertNotIn("runtime error:", self.daemon_.text())

    def kill(self):
        self.daemon_.child.send_signal(signal.SIGKILL)
        self.daemon_.child.wait()

    def away(self, *words):
        """Happens while nobody listens, the printer cannot be reached meanwhile."""
        self.sim_.do(*words)

    def unreachable(self):
        self.sim_.do("fault", self.serial, "refuse", "on")

    def reachable(self):
        self.sim_.do("fault", self.serial, "refuse", "off")

    def events(self, *kinds):
        return [(e["kind"], e["data"].get("late", False)) for e in self.told(*kinds)]

    def told(self, *kinds):
        """Events of this run of the daemon: the log holds those of all."""
        got = self.daemon_.call("events.list", {"kinds": [*kinds, "daemon.started"]})["events"]
        begin = max(i for i, e in enumerate(got) if e["kind"] == "daemon.started")
        return got[begin + 1:]


JOBS = ("print.*", "hms.*", "error.*", "ams.*", "door.*", "light.*")


class Shown(Saved):
    def test_after_kill_9_the_last_state_is_shown_with_its_age_and_no_plane(self):
        self.begin()
        self.sim_.do("job", self.name, "pause")
        self.daemon_.wait_status(self.name, "the pause", lambda s: s["print"]["state"] == "paused")
        self.wait_saved(lambda o: o["derive"]["print"]["state"] == 5)
        before = self.status()
        self.unreachable()
        self.kill()
        self.up(online=False)
        after = self.status()
        self.assertEqual(still(after), still(before))
        self.assertIsNone(after["link"]["plane"])
        self.assertIn(after["link"]["state"], ("connecting", "lan_closed", "offline"))
        for key, age in {**after["age_ms"], "link": after["link"]["age_ms"], "full": after["link"]["full_age_ms"]}.items():
            self.assertIsNotNone(age, key)
            self.assertGreaterEqual(age, 0, key)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)

    def test_a_printer_that_never_comes_back_is_shown_for_ever(self):
        self.begin()
        self.stop()
        before = still(self.status_of_file())
        self.unreachable()
        ages = []
        for _ in range(3):
            self.up(online=False)
            self.assertEqual(still(self.status()), before)
            ages.append(self.status()["age_ms"]["print"])
            self.stop()
        self.assertEqual(ages, sorted(ages))

    def status_of_file(self):
        self.up(online=False)
        got = self.status()
        self.stop()
        return got

    def test_raw_texts_outlive_it_without_secrets(self):
        self.begin()
        code = json.loads(self.sim_.do("list"))[0]["code"]
        self.sim_.do("publish", self.serial, json.dumps({"print": {"command": "push_status", "msg": 1, "ipcam": {
            "rtsp_url": f"rtsps://bblp:{code}@192.0.2.1/streaming"}, "passwd": "quite private", "harmless": f"x {code} y",
            "marker": "kept"}}))
        wait_until("the marker", lambda: self.raw().get("marker") == "kept")
        self.stop()
        text = self.file.read_text()
        self.assertNotIn(code, text)
        self.assertNotIn("quite private", text)
        self.unreachable()
        self.up(online=False)
        raw = self.raw()
        self.assertEqual((raw["marker"], raw["harmless"]), ("kept", "***"))

    def raw(self):
        return self.daemon_.call("printer.get", {"printer": self.name, "raw": True})["raw"]

    def test_another_address_or_code_loses_nothing(self):
        self.begin()
        before = still(self.status())
        conf = self.folder / "bambud.conf"
        text = conf.read_text()
        code = json.loads(self.sim_.do("list"))[0]["code"]
        self.unreachable()
        conf.write_text(text.replace(f"AccessCode={code}", "AccessCode=another1"))
        self.daemon_.child.send_signal(signal.SIGHUP)
        self.daemon_.wait_notify("READY=1")
        self.assertEqual(still(self.status()), before)
        self.assertIsNotNone(self.status()["age_ms"]["print"])


class Told(Saved):
    def again(self, *happened):
        """The end of the daemon, what happens meanwhile, and the next one that hears of it."""
        self.stop()
        for words in happened:
            self.away(*words)
        self.up()

    def test_nothing_is_told_when_nothing_happened(self):
        self.begin()
        self.sim_.do("hms", self.name, "raise", "0300-1200-0002-0001")
        self.daemon_.wait_status(self.name, "the message", lambda s: len(s["hms"]) == 1)
        for end in (self.stop, self.kill):
            end()
            self.up()
            self.assertEqual(self.events(*JOBS), [])

    def test_a_print_that_finished_meanwhile_is_told_once_and_late(self):
        self.begin()
        self.again(("job", self.name, "finish"))
        self.assertEqual(self.events("print.*"), [("print.finished", True)])
        self.assertIsNone(self.told("print.*")[0]["data"]["duration_s"])
        self.again()
        self.assertEqual(self.events("print.*"), [])
        self.kill()
        self.up()
        self.assertEqual(self.events("print.*"), [])

    def test_a_job_that_came_and_went_meanwhile_is_told_once(self):
        self.begin(state="finished")
        self.again(("state", self.name, "printing"), ("set", self.name, "job=another"), ("job", self.name, "finish"))
        self.assertEqual(self.events("print.*"), [("print.finished", True)])
        self.assertEqual(self.told("print.*")[0]["data"]["job"], "another")

    def test_messages_and_spools_that_changed_meanwhile_are_told_late(self):
        self.begin(state="idle")
        self.again(("hms", self.name, "raise", "0300-1200-0002-0001"), ("set", self.name, "remove=1"))
        self.assertCountEqual(self.events(*JOBS), [("hms.raised", True), ("ams.spool_removed", True)])

    def test_what_was_told_is_not_told_again_after_kill_9(self):
        self.begin()
        self.sim_.do("job", self.name, "finish")
        wait_until("the end", lambda: ("print.finished", False) in self.events("print.*"))
        self.wait_saved(lambda o: o["derive"]["print"]["over"])
        self.kill()
        self.up()
        self.assertEqual(self.events("print.*"), [])

    def test_an_event_of_the_last_moment_is_not_told_again(self):
        """Killed before its state was written: the log of events knows better than the older file."""
        self.begin()
        self.wait_saved(lambda o: o["derive"]["known"])
        old = self.file.read_bytes()
        self.sim_.do("job", self.name, "finish")
        self.sim_.do("hms", self.name, "raise", "0300-1200-0002-0001")
        wait_until("both", lambda: len(self.events("print.*", "hms.*")) == 2)
        self.kill()
        self.file.write_bytes(old)
        self.up()
        self.assertEqual(self.events(*JOBS), [])
        self.sim_.do("hms", self.name, "clear")
        wait_until("the end of the message", lambda: self.events(*JOBS) == [("hms.cleared", False)])

    def test_the_clock_of_a_job_goes_on_over_a_restart(self):
        self.begin(state="idle")
        self.sim_.do("job", self.name, "start")
        self.daemon_.wait_status(self.name, "the start", lambda s: s["print"]["started"] is not None)
        started = self.status()["print"]["started"]
        self.again()
        self.assertEqual(self.status()["print"]["started"], started)
        self.sim_.do("job", self.name, "finish")
        wait_until("the end", lambda: ("print.finished", False) in self.events("print.*"))
        self.assertIsNotNone(self.told("print.finished")[0]["data"]["duration_s"])


class Files(Saved):
    def test_a_damaged_file_is_set_aside_and_the_printer_starts_clean(self):
        self.begin()
        self.stop()
        good = self.file.read_bytes()
        self.unreachable()
        for bad in (good[:-100], good.replace(b'"version":1', b'"version":9'), b"", bytes([good[0] ^ 1]) + good[1:],
                    good[:200] + bytes([good[200] ^ 64]) + good[201:]):
            self.file.write_bytes(bad)
            self.up(online=False)
            self.assertEqual(self.status()["print"]["state"], "unknown")
            self.assertIn("kept with the end", self.daemon_.text())
            self.stop()
            aside = list(self.file.parent.glob("*.bad-*"))
            self.assertEqual([p.read_bytes() for p in aside], [bad])
            aside[0].unlink()
            self.assertFalse(self.file.exists())

    def test_a_folder_that_cannot_be_written_is_said_once_and_tried_again(self):
        self.begin()
        self.stop()
        folder = self.file.parent
        kept = folder.rename(folder.with_name("elsewhere"))
        folder.write_text("in the way")
        self.up()
        for verb in ("pause", "resume", "pause"):
            self.sim_.do("job", self.name, verb)
            want = "paused" if verb == "pause" else "printing"
            self.daemon_.wait_status(self.name, want, lambda s, want=want: s["print"]["state"] == want)
        wait_until("the word of it", lambda: self.told("disk.full"))
        folder.unlink()
        kept.rename(folder)
        self.file.unlink()
        wait_until("the end of it", lambda: self.told("disk.recovered"))
        self.assertEqual([(e["data"]["what"], e["data"]["error"]) for e in self.told("disk.full")], [("states", "Not a directory")])
        self.assertEqual(self.daemon_.text().count("(what=states"), 2, "one line each")
        self.wait_saved(lambda o: o["derive"]["print"]["state"] == 5)

    def test_what_is_not_configured_is_removed_after_30_days(self):
        self.wrap = Shim(self.folder).wrap
        self.begin()
        self.stop()
        old = time.time() - 31 * 86400
        names = {"00M09A000000001.json": False, "00M09A000000002.json.bad-5": False, f"{self.serial}.json": True,
                 "notes.txt": True}
        for name in names:
            path = self.file.parent / name
            if not path.exists():
                path.write_text("x")
            os.utime(path, (old, old))
        recent = self.file.parent / "00M09A000000003.json"
        recent.write_text("x")
        shim = Shim(self.folder)
        self.wrap = shim.wrap
        self.unreachable()
        self.up(online=False)

        def tidied():
            shim.pass_by(10)
            return not (self.file.parent / "00M09A000000001.json").exists()
        wait_until("the tidying", tidied)
        self.assertEqual({n: (self.file.parent / n).exists() for n in names}, names)
        self.assertTrue(recent.exists())


class Clocks(Saved):
    def begin_at(self):
        self.shim = Shim(self.folder)
        self.wrap = self.shim.wrap
        self.begin()
        self.stop()
        self.unreachable()

    def ages_after(self, wall_s, boot_s, mono_s):
        self.shim.move(wall_s, boot_s, mono_s)
        self.up(online=False)
        got = self.status()
        self.stop()
        return [*got["age_ms"].values(), got["link"]["age_ms"], got["link"]["full_age_ms"]]

    def test_ages_count_the_time_without_a_daemon(self):
        self.begin_at()
        for age in self.ages_after(3600, 3600, 3600):
            self.assertGreaterEqual(age, 3600 * 1000)
            self.assertLess(age, 3700 * 1000)

    def test_a_clock_set_back_makes_ages_unknown(self):
        self.begin_at()
        self.assertEqual(set(self.ages_after(-3600, 10, 10)), {None})
        self.assertEqual(set(self.ages_after(-5 * 365 * 86400, 0, 0)), {None})

    def test_sleep_counts(self):
        self.begin_at()
        for age in self.ages_after(8 * 3600, 8 * 3600, 0):
            self.assertGreaterEqual(age, 8 * 3600 * 1000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
