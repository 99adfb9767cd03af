# SPDX-License-Identifier: MIT
"""Kill -9 at every system call that changes a kept file: what is there afterwards is old or new, never torn. Run by tests/check.sh --long.

Daemons run below strace, which kills them at the N-th call of a kind on the files they keep: events, states of printers, drop-ins; N goes
on until a run has no such call any more. After each kill the next start tells whether anything was torn, and everything that a client was
told must be there, no number twice. POINTS in the environment: how many kills in all (1000)."""
import collections
import json
import os
import shutil
import threading
import unittest

from harness import Case, main
from killer import Lane, record, must

POINTS = int(os.environ.get("POINTS", "1000"))
LANES = 6
SWEEP = 24  # kills of one kind of call in a row
ROLL_BYTES, SEGMENTS_MAX = 1024 * 1024, 64


def on(lane):
    """Goes on where the last one was killed."""


def fresh(lane):
    lane.wipe()


def run_once(lane, drive):
    """A run without a kill."""
    lane.spawn()
    with lane.connect() as client:
        drive(client)
    lane.child.terminate()
    status, text = lane.reap()
    must(status == 0, "no clean end:", text)


def full_ring(lane):
    """As many segments as there may be, the newest nearly full: the next events begin one, and the oldest goes."""
    lane.wipe()
    run_once(lane, lane.subscribe)
    folder = lane.state / "events"
    head = min(folder.glob("*.log")).read_bytes()[:96]
    shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    for seq in range(1, SEGMENTS_MAX):
        (folder / f"{seq:020}.log").write_bytes(head + record(seq, "{}"))
    text, seq = head, SEGMENTS_MAX
    while len(text) < ROLL_BYTES - 60000:
        text += record(seq, '{"pad":"' + "x" * 50000 + '"}')
        seq += 1
    text += record(seq, '{"pad":"' + "x" * (ROLL_BYTES - len(text) - 1500) + '"}')
    (folder / f"{SEGMENTS_MAX:020}.log").write_bytes(text)
    lane.told.clear()
    lane.begin = SEGMENTS_MAX  # the ones before may go


def torn(lane):
    """The machine stopped in a write: half a record stands at the end."""
    if not list(lane.state.glob("events/*.log")):
        run_once(lane, lane.subscribe)
    with open(max(lane.state.glob("events/*.log")), "ab") as f:
        f.write(record(1 << 40, "{}")[:40])


def damaged(lane):
    """A bit of a record and one of the state have turned: both are set aside, and that is killed."""
    kept = lane.folder / "kept"
    if not kept.exists():
        lane.wipe()
        run_once(lane, lane.states)
        shutil.copytree(lane.state, kept)
    lane.wipe(kept)
    for path in (max(lane.state.glob("events/*.log")), lane.file()):
        text = path.read_bytes()
        at = len(text) // 2
        lane.damaged[path] = text[:at] + bytes([text[at] ^ 1]) + text[at + 1:]
        path.write_bytes(lane.damaged[path])


# What comes before each run, what the daemon is made to do, with a printer or without, and at which calls it dies.
SCENES = (
    (fresh, "reloads", False, ("mkdir", "openat", "pwrite64", "fdatasync", "fsync")),
    (on, "reloads", False, ("pwrite64", "openat", "fdatasync", "fsync")),
    (torn, "reloads", False, ("ftruncate", "pwrite64", "openat")),
    (full_ring, "reloads", False, ("openat", "unlinkat", "pwrite64")),
    (on, "states", True, ("openat", "write", "fsync", "renameat", "unlinkat", "pwrite64")),
    (fresh, "states", True, ("mkdir", "openat", "write", "renameat")),
    (damaged, "subscribe", True, ("linkat", "unlinkat", "renameat", "write", "openat", "fsync")),
    (on, "dropins", False, ("openat", "write", "fsync", "renameat", "unlinkat")),
)


class Kills(Case):
    def setUp(self):
        super().setUp()
        self.sim_ = self.sim("--printers", str(LANES), "--model", "X1C", "--state", "printing", "--ams", "none", "--still")
        self.printers = [dict(p, paused=False) for p in json.loads(self.sim_.do("list"))]
        self.lock = threading.Lock()
        self.done, self.problems = 0, []
        self.counts, self.by_call, self.turns = collections.Counter(), collections.Counter(), collections.Counter()
        self.tasks = [(scene, call) for scene in SCENES for call in scene[3]]

    def next_task(self):
        """Each in turn; then the kind of call that was hit least, where it was looked for least."""
        with self.lock:
            task = min(self.tasks, key=lambda t: (self.turns[t] > 0, self.by_call[t[1]], self.turns[t]))
            self.turns[task] += 1
            return task

    def sweep(self, lane, scene, call):
        """Kills at the first call of that kind, the second and so on."""
        before, drive = scene[0], scene[1]
        for number in range(1, SWEEP + 1):
            with self.lock:
                if self.done >= POINTS or self.problems:
                    return
            before(lane)
            if not lane.killed_at(getattr(lane, drive), call, number):
                return
            lane.look(f"{before.__name__} {drive} {call} {number}")
            with self.lock:
                self.done += 1
                self.counts[scene, call] += 1
                self.by_call[call] += 1

    def work(self, index):
        try:
            while self.done < POINTS and not self.problems:
                scene, call = self.next_task()
                lane = Lane(self.folder / f"lane{index}", self.printers[index] if scene[2] else None, self.sim_)
                lane.wipe()
                shutil.rmtree(lane.folder / "kept", ignore_errors=True)
                try:
                    self.sweep(lane, scene, call)
                finally:
                    lane.kill()
        except Exception as e:  # pylint: disable=broad-except
            self.problems.append(f"{scene[0].__name__} {scene[1]} {call}: {e!r}")

    @unittest.skipIf(os.geteuid() != 0, "strace sees the files of a daemon by their descriptors, which only root may")
    def test_kill_at_every_write_leaves_old_or_new(self):
        lanes = [threading.Thread(target=self.work, args=(i,)) for i in range(LANES)]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        self.assertEqual(self.problems, [])
        self.assertGreaterEqual(self.done, POINTS)
        if all(self.turns[task] for task in self.tasks):
            missed = [f"{task[0][0].__name__} {task[0][1]} {task[1]}" for task in self.tasks if not self.counts[task]]
            self.assertEqual(missed, [], "calls that never came")
        print(f"{self.done} kills, 0 torn, at " + ", ".join(f"{n} {call}" for call, n in self.by_call.most_common()))


if __name__ == "__main__":
    main()
