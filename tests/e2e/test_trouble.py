# SPDX-License-Identifier: MIT
"""A disk that fails while the daemon runs: it goes on, says so once, tries again, and nothing is torn, lost or told twice.

strace joins the running daemon and makes its calls fail; when it leaves, the disk is well again."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import unittest
import zlib

from harness import Case, main, wait_until

CONFIG = "[Daemon]\nSocket=./run/control.sock\nStateDirectory=./state\nCacheDirectory=./cache\n"
CHANGES = ("pwrite64", "write", "fsync", "fdatasync", "ftruncate", "renameat", "unlinkat", "mkdir", "openat")
MESSAGES = {"EIO": "Input/output error", "ENOSPC": "No space left on device", "EROFS": "Read-only file system"}


def traced(pid):
    """Every thread has its tracer."""
    status = [task.joinpath("status").read_text(encoding="ascii") for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    return all("TracerPid:\t0\n" not in text for text in status)


@unittest.skipIf(os.geteuid() != 0, "joins the daemon with strace, which only root may")
class Trouble(Case):
    runs = 0

    def begin(self):
        self.runs += 1
        self.daemon_ = self.daemon(name=f"bambud{self.runs}")

    def end(self, kill=False):
        if kill:
            self.daemon_.child.send_signal(signal.SIGKILL)
        self.daemon_.stop()
        self.processes.remove(self.daemon_)

    @contextlib.contextmanager
    def failing(self, error, calls, *paths):
        """Calls on those paths fail; below state/."""
        state = self.folder / "state"
        argv = ["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(self.daemon_.child.pid), "-e", "signal=none",
                "-e", f"trace={','.join(calls)}", "-e", f"inject={','.join(calls)}:error={error}"]
        for path in paths:
            argv += ["-P", str(state / path)]
        with subprocess.Popen(argv) as child:
            try:
                wait_until("strace to be there", lambda: child.poll() is None and traced(self.daemon_.child.pid))
                yield
            finally:
                child.terminate()
                child.wait()

    def log_paths(self):
        """The folder of events, its newest file and those that may follow."""
        newest = max(int(p.stem) for p in (self.folder / "state/events").glob("*.log"))
        return ["events", *(f"events/{seq:020}.log" for seq in range(newest, newest + 400))]

    def reload(self, times):
        with self.daemon_.client() as c:
            for i in [c.request("daemon.reload") for _ in range(times)]:
                c.reply(i)

    def events(self, kinds=(), since=None):
        params = {"kinds": list(kinds), "since": since, "limit": 4000}
        page = self.daemon_.call("events.list", {k: v for k, v in params.items() if v})
        return page["events"], page["lost"]

    def troubles(self, kind):
        return [(e["data"]["what"], e["data"].get("error")) for e in self.events([kind])[0]]

    def status(self, what):
        return self.daemon_.call("daemon.status")[what]["error"]


class Log(Trouble):
    def setUp(self):
        super().setUp()
        self.write_config(CONFIG)

    def hurt(self, error, calls):
        """Events before, in and behind the trouble; what a client was told of them."""
        self.begin()
        self.reload(5)
        start = self.daemon_.call("events.list", {"limit": 1})["cursor"].split(".")[0] + ".0"
        with self.failing(error, calls, *self.log_paths()):
            self.reload(50)
            wait_until("the word of it", lambda: self.troubles("disk.full"))
            self.reload(50)
            self.assertEqual(self.troubles("disk.full"), [("events", MESSAGES[error])])
            self.assertEqual(self.status("events"), MESSAGES[error])
        wait_until("the end of it", lambda: self.troubles("disk.recovered") == [("events", None)])
        self.assertIsNone(self.status("events"))
        self.reload(5)
        told, lost = self.events(since=start)
        self.assertFalse(lost)
        self.end(kill=True)
        self.begin()
        held, lost = self.events(since=start)
        self.assertFalse(lost)
        self.assertEqual([e for e in held if e["seq"] <= told[-1]["seq"]], told)
        self.assertEqual(len([e for e in told if e["kind"] == "config.reloaded"]), 110)
        self.assertEqual([e["seq"] for e in held], list(range(1, len(held) + 1)))
        self.assertNotIn("damaged", self.daemon_.text())

    def test_writes_that_fail_are_made_up_for(self):
        self.hurt("EIO", ("pwrite64",))

    def test_a_full_disk_is_made_up_for(self):
        self.hurt("ENOSPC", ("pwrite64", "openat"))

    def test_a_disk_that_turns_read_only_is_made_up_for(self):
        self.hurt("EROFS", CHANGES)

    def test_what_could_not_be_synced_goes_on_in_another_file(self):
        self.begin()
        with self.failing("EIO", ("fsync", "fdatasync"), *self.log_paths()):
            self.end_of_sync()
        wait_until("the end of it", lambda: self.troubles("disk.recovered") == [("events", None)])
        told = self.events()[0]
        self.end(kill=True)
        self.begin()
        self.assertEqual(self.events()[0][:len(told)], told)
        self.assertGreater(len(list((self.folder / "state/events").glob("*.log"))), 1)

    def end_of_sync(self):
        (self.folder / "bambud.conf").write_text(CONFIG + "[Wrong]\n")  # config.refused is synced at once
        self.daemon_.child.send_signal(signal.SIGHUP)
        wait_until("the word of it", lambda: self.troubles("disk.full"))
        (self.folder / "bambud.conf").write_text(CONFIG)

    def dead(self, kill):
        """The log's disk is read-only to the end of the daemon, and well again at the next start."""
        self.begin()
        self.reload(3)
        with self.failing("EROFS", CHANGES, *self.log_paths()):
            self.reload(30)
            wait_until("the word of it", lambda: self.troubles("disk.full"))
            told, _ = self.events()
            cursor = self.daemon_.call("events.list", {"limit": 1})["cursor"]
            self.end(kill)
        self.begin()
        self.reload(30)
        after, lost = self.events(since=cursor)
        self.assertTrue(lost)
        self.assertGreater(after[0]["seq"], told[-1]["seq"])
        self.assertEqual(list((self.folder / "run").glob("*.events")), [])

    def test_numbers_of_a_dead_disk_are_not_given_again_after_a_kill(self):
        self.dead(kill=True)

    def test_numbers_of_a_dead_disk_are_not_given_again_after_an_end(self):
        self.dead(kill=False)


class States(Trouble):
    def setUp(self):
        super().setUp()
        self.sim_ = self.sim("--printers", "1", "--model", "X1C", "--state", "printing", "--ams", "none", "--still")
        self.name = json.loads(self.sim_.do("list"))[0]["name"]
        self.serial = json.loads(self.sim_.do("list"))[0]["serial"]
        self.file = self.folder / "state/printers" / f"{self.serial}.json"
        self.begin()
        self.daemon_.wait_status(self.name, "a report", lambda s: s["print"]["state"] == "printing")
        self.verb("pause")
        self.wait_file(5)

    def verb(self, verb):
        self.sim_.do("job", self.name, verb)
        want = "paused" if verb == "pause" else "printing"
        self.daemon_.wait_status(self.name, want, lambda s: s["print"]["state"] == want)

    def kept(self):
        """The state in the file, which is whole."""
        text, _, seal = self.file.read_text().rstrip("\n").rpartition("\n")
        self.assertEqual(json.loads(seal)["crc32"], f"{zlib.crc32((text + chr(10)).encode()):08x}")
        return json.loads(text.split("\n")[0])["derive"]["print"]["state"]

    def wait_file(self, state):
        wait_until(f"state {state} in the file", lambda: self.file.exists() and self.kept() == state)

    def hurt(self, error, call, restart):
        paths = ["printers", f"printers/{self.serial}.json", f"printers/.{self.serial}.json.new"]
        with self.failing(error, (call,), *paths):
            self.verb("resume")
            wait_until("the word of it", lambda: self.troubles("disk.full"))
            self.assertEqual(self.status("states"), MESSAGES[error])
            self.verb("pause")
            self.verb("resume")
            self.assertEqual(self.troubles("disk.full"), [("states", MESSAGES[error])])
            self.kept()
            if restart:
                self.end()
        if restart:
            self.begin()
            self.assertEqual(self.troubles("disk.full"), [("states", MESSAGES[error])], "said once, at the end too")
        else:
            wait_until("the end of it", lambda: self.troubles("disk.recovered") == [("states", None)])
            self.assertIsNone(self.status("states"))
        self.wait_file(4)

    def test_a_full_disk_is_said_once_and_made_up_for(self):
        self.hurt("ENOSPC", "write", False)

    def test_a_file_that_cannot_be_synced_is_written_again(self):
        self.hurt("EIO", "fsync", False)

    def test_a_folder_that_turns_read_only_keeps_the_old_state_whole(self):
        self.hurt("EROFS", "renameat", True)


class Place(Trouble):
    def mount(self):
        state = self.folder / "state"
        state.mkdir(mode=0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "t", state], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", state], check=False)
        self.write_config(CONFIG)
        return state

    def test_it_starts_on_a_full_disk(self):
        state = self.mount()
        with open(state / "ballast", "wb", buffering=0) as f, contextlib.suppress(OSError):
            while True:
                f.write(bytes(4096))
        self.begin()
        wait_until("the word of it", lambda: self.troubles("disk.full"))
        self.reload(3)
        (state / "ballast").unlink()
        wait_until("the end of it", lambda: self.troubles("disk.recovered"))

    def test_it_starts_on_a_read_only_disk(self):
        state = self.mount()
        for _ in range(2):
            subprocess.run(["mount", "-o", "remount,ro", state], check=True)
            self.begin()
            wait_until("the word of it", lambda: self.troubles("disk.full"))
            self.assertEqual(self.status("events"), MESSAGES["EROFS"])
            second = self.daemon(name="second", wait=False)
            self.assertNotEqual(second.child.wait(20), 0)
            self.assertIn("already runs", second.text())
            self.processes.remove(second)
            self.end()
            subprocess.run(["mount", "-o", "remount,rw", state], check=True)
            self.begin()
            self.end()


if __name__ == "__main__":
    main()
