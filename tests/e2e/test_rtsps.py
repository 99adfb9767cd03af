# SPDX-License-Identifier: MIT
"""RTSPS cameras: a session with its login, pictures by the helper, and what a helper that dies takes with it: nothing."""
import json
import os
import pathlib
import signal
import struct
import subprocess

import simpicture
from harness import BUILD, DEADLINE, Case, main, wait_until
from rtspclient import Rtsp

PLAIN = BUILD / "tests" / "e2e" / "bambud-video"  # without sanitizers, so in its whole sandbox
KEY = 5


def children(pid):
    return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def helpers(daemon):
    """pids of what the spawner process, the daemon's only child, runs."""
    spawner, = children(daemon.child.pid)
    return children(spawner)


class Cameras(Case):
    def open(self, *models, faults=(), camera="always", hz="2", config=None):
        words = [word for model in models or ("X1C",) for word in ("--model", model)]
        self.sim_ = self.sim("--printers", str(max(1, len(models))), *words, "--rate", "5", "--camera", camera,
                             "--camera-hz", hz, "--verbose")
        self.printers = json.loads(self.sim_.do("list"))
        self.one = self.printers[0]
        if config:
            self.write_config(config((self.folder / "bambud.conf").read_text()))
        for name in faults:
            self.fault(name)
        self.d = self.daemon()

    def fault(self, name, word="on", *arg):
        self.sim_.do("fault", self.one["serial"], name, word, *map(str, arg))

    def stats(self, name, printer=None):
        return json.loads(self.sim_.do("stats", (printer or self.one)["serial"]))["camera_" + name]

    def wait_camera(self, state, *words, deadline=20):
        def probe(s):
            return s["camera"]["state"] == state and all(w in (s["camera"]["why"] or "") for w in words)
        return self.d.wait_status(self.one["name"], f"camera {state} {words}", probe, deadline)["camera"]

    def frames(self, printer=None):
        serial = (printer or self.one)["serial"]
        for line in self.d.call("metrics.text")["text"].splitlines():
            if line.startswith("bambu_camera_frames_total{") and serial in line:
                return int(line.rsplit(" ", 1)[1])
        return 0

    def more(self, count, printer=None, deadline=20):
        first = self.frames(printer)
        wait_until(f"{count} more pictures", lambda: self.frames(printer) >= first + count, deadline)

    def events(self):
        with self.d.client() as client:
            return [e["kind"] for e in client.call("events.list")["events"] if e["kind"].startswith("camera.")]


class Sessions(Cameras):
    def test_it_streams_with_a_digest_over_one_connection(self):
        self.open()
        self.more(3)
        camera = self.wait_camera("streaming")
        self.assertEqual((camera["kind"], camera["width"], camera["height"], camera["why"]), ("rtsps", 1280, 720, None))
        self.assertEqual((self.stats("connections"), self.stats("logins"), self.stats("refused")), (1, 1, 0))
        self.assertEqual(len(helpers(self.d)), 1)

    def test_basic_login_is_answered(self):
        self.open(faults=("rtsp-basic",))
        self.more(2)
        self.assertEqual((self.stats("logins"), self.stats("refused")), (1, 0))

    def test_snapshot_is_the_picture_the_camera_sent(self):
        self.open()
        self.more(1)
        code, jpeg, err = self.d.ctl("snapshot", self.one["name"], "-", "--max-age", "0", text=False)
        self.assertEqual((code, err), (0, b""))
        picture, sent = simpicture.read(jpeg), self.stats("number")
        self.assertEqual(picture.tag, simpicture.tag(self.one["serial"]))
        self.assertTrue(sent - 4 <= picture.number <= sent, (picture, sent))

    def test_without_a_viewer_one_picture_a_second_is_decoded(self):
        self.open(hz="10")
        self.more(1)
        sent, first = self.stats("number"), self.frames()
        wait_until("40 key pictures", lambda: self.stats("number") >= sent + 40, 20)
        self.assertLessEqual(self.frames() - first, 6)

    def test_wrong_code_is_refused_once_and_not_tried_again_at_once(self):
        self.open(config=lambda text: "\n".join("AccessCode=00000000" if line.startswith("AccessCode=") else line
                                                for line in text.splitlines()) + "\n")
        self.wait_camera("error", "refuses the access code")
        self.assertEqual((self.stats("connections"), self.stats("logins"), self.stats("refused")), (1, 0, 1))
        self.assertEqual(helpers(self.d), [])

    def test_frozen_timestamps_do_not_stop_it(self):
        self.open(faults=("rtsp-frozen",))
        self.more(3)

    def test_liveview_off_is_said_and_on_again_it_streams(self):
        self.open()
        self.more(1)
        self.sim_.do("set", self.one["serial"], "liveview=off")
        self.wait_camera("off", "LAN Only Liveview is off")
        wait_until("no helper at rest", lambda: helpers(self.d) == [])
        self.sim_.do("set", self.one["serial"], "liveview=on")
        self.more(2)

    def test_a_cut_is_redialled_at_once_and_is_no_loss(self):
        self.open()
        self.more(6)
        logins = self.stats("logins")
        self.fault("cam-kick")
        wait_until("the next session", lambda: self.stats("logins") == logins + 1, 5)
        self.more(2)
        self.assertEqual(self.events(), [])

    def test_the_session_is_torn_down_when_the_daemon_ends(self):
        self.open()
        self.more(1)
        self.d.stop()
        self.sim_.wait_line("camera connection ended: TEARDOWN")

    def test_stranger_never_sees_the_code(self):
        self.open(faults=("wrong-cn",))
        self.wait_camera("error", "expected")
        self.assertEqual((self.stats("bytes_in"), self.stats("logins")), (0, 0))


class Helpers(Cameras):
    def one_helper(self):
        return wait_until("one helper", lambda: helpers(self.d) if len(helpers(self.d)) == 1 else None)[0]

    def test_killed_helper_is_started_anew_and_the_session_stays(self):
        self.open()
        self.more(1)
        first = self.one_helper()
        os.kill(first, signal.SIGKILL)
        wait_until("another helper", lambda: helpers(self.d) not in ([], [first]))
        self.more(2)
        self.assertEqual((self.stats("connections"), self.stats("logins")), (1, 1))

    def test_stopped_helper_is_replaced_and_others_go_on(self):
        self.open("X1C", "P1S")
        other = next(p for p in self.printers if "P1S" in json.dumps(p))
        self.one = next(p for p in self.printers if p is not other)
        self.more(1)
        first = self.one_helper()
        os.kill(first, signal.SIGSTOP)
        self.more(10, printer=other)
        wait_until("another helper", lambda: helpers(self.d) not in ([], [first]), 30)
        self.more(2)
        self.assertEqual((self.stats("connections"), self.stats("logins")), (1, 1))

    def test_without_the_spawner_the_reason_is_told_and_others_go_on(self):
        self.open("X1C", "P1S")
        other = next(p for p in self.printers if "P1S" in json.dumps(p))
        self.one = next(p for p in self.printers if p is not other)
        self.more(1)
        spawner, = children(self.d.child.pid)
        os.kill(spawner, signal.SIGKILL)
        wait_until("the reason", lambda: "the spawner process has ended; restart bambud" in
                   (self.d.status(self.one["name"])["camera"]["why"] or ""))
        self.more(2, printer=other)
        self.assertEqual(self.d.status(self.one["name"])["link"]["state"], "online")

    def test_random_units_leave_the_daemon_and_the_session_alone(self):
        self.open()
        self.more(1)
        self.fault("rtsp-garbage")
        number = self.stats("number")
        wait_until("random units", lambda: self.stats("number") > number + 6)
        self.fault("rtsp-garbage", "off")
        self.more(2, deadline=30)
        self.assertEqual(self.d.status(self.one["name"])["link"]["state"], "online")


class Alone(Cameras):
    """The helper as it is installed, fed by hand."""

    def units(self, count):
        self.sim_ = self.sim("--model", "X1C", "--rate", "0", "--camera", "always", "--camera-hz", "5")
        self.one = json.loads(self.sim_.do("list"))[0]
        camera = Rtsp(self.folder, self.one)
        self.addCleanup(camera.sock.close)
        parts, whole = [], []
        while len(whole) < count:
            marker, _, unit = camera.unit()
            parts.append(unit)
            if marker:
                if whole or any(p[0] & 31 == KEY for p in parts):
                    whole.append(b"".join(b"\0\0\0\1" + p for p in parts))
                parts = []
        return whole

    def run_helper(self, data):
        return subprocess.run([PLAIN], input=data, capture_output=True, timeout=DEADLINE, check=False, env={})

    def pictures(self, out):
        got = []
        while out:
            size = struct.unpack("<I", out[:4])[0]
            got.append(simpicture.read(out[16:16 + size]))
            out = out[16 + size:]
        return got

    def test_each_unit_of_a_stream_is_a_picture_with_its_number(self):
        units = self.units(25)
        done = self.run_helper(b"".join(struct.pack("<II", len(u), 0) + u for u in units))
        self.assertEqual(done.returncode, 0)
        numbers = [p.number for p in self.pictures(done.stdout)]
        self.assertEqual(numbers, [numbers[0] + i // 10 for i in range(25)])

    def test_key_alone_is_a_picture_at_once(self):
        key = self.units(1)[0]
        child = subprocess.Popen([PLAIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env={})
        for _ in range(3):
            child.stdin.write(struct.pack("<II", len(key), 1) + key)
            head = child.stdout.read(16)
            size, out = struct.unpack("<I", head[:4])[0], b""
            while len(out) < size:
                out += child.stdout.read(size - len(out))
            self.assertEqual(simpicture.read(out).tag, simpicture.tag(self.one["serial"]))
        child.stdin.close()
        self.assertEqual(child.wait(DEADLINE), 0)
        child.stdout.close()

    def test_random_bytes_end_it_or_give_nothing(self):
        noise = os.urandom(200000)
        self.assertEqual(self.run_helper(b"\xff" * 8 + noise).returncode, 1)
        done = self.run_helper(struct.pack("<II", len(noise), 1) + noise)
        self.assertEqual((done.returncode, done.stdout), (0, b""))

    def test_it_runs_behind_a_filter_without_new_rights_or_descriptors(self):
        child = subprocess.Popen([PLAIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={})
        status = pathlib.Path(f"/proc/{child.pid}/status")
        wait_until("its filter", lambda: "Seccomp:\t2" in status.read_text())
        self.assertIn("NoNewPrivs:\t1", status.read_text())
        limits = pathlib.Path(f"/proc/{child.pid}/limits").read_text()
        self.assertRegex(limits, r"Max open files +0 +0")
        self.assertRegex(limits, r"Max address space +536870912 +536870912")
        child.communicate()
        self.assertEqual(child.returncode, 0)


del Case
if __name__ == "__main__":
    main()
