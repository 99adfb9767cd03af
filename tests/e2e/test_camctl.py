# SPDX-License-Identifier: MIT
"""Pictures of a simulated camera through the daemon: single ones, streams, recordings, and who may not have them."""
import base64
import json
import os
import pathlib
import pty
import select
import signal
import subprocess
import time

import simpicture
from harness import BAMBUCTL, Case, main, wait_until

UPGRADE = "multipart/x-mixed-replace; boundary=bambud"


class Cameras(Case):
    def open(self, *args, mode="always", models=("P1S",), hz=10):
        words = [word for model in models for word in ("--model", model)]
        self.sim_ = self.sim("--printers", str(len(models)), *words, *(() if "--rate" in args else ("--rate", "0")), "--camera", mode, "--camera-hz", str(hz),
                             "--camera-size", "640x480", *args)
        self.printers = json.loads(self.sim_.do("list"))
        self.one = self.printers[0]["name"]
        self.d = self.daemon()
        self.d.wait_link(self.one, "online")

    def status(self, name=None):
        return self.d.call("camera.status", {"printer": name or self.one})

    def wait_streaming(self):
        wait_until("pictures", lambda: self.status()["state"] == "streaming")

    def sent(self):
        """Number of the newest picture the camera gave away."""
        stats = json.loads(self.sim_.do("stats", self.printers[0]["serial"]))
        return stats["camera_number"]

    def viewer(self, **params):
        """A client that has its first answer."""
        client = self.d.client()
        self.addCleanup(client.close)
        got = client.call("camera.stream", {"printer": self.one, **params})
        self.assertEqual(got, {"upgrade": UPGRADE})
        return client

    def ctl_file(self, *words, **kw):
        return self.d.ctl(*words, text=False, **kw)


def part(client):
    """The next JPEG of a stream; None at its end, which is then client.error."""
    while b"\r\n\r\n" not in client.buffer:
        if client.buffer[:1] == b"\0" and client.buffer.endswith(b"\n"):
            client.error = json.loads(client.buffer[1:])["error"]
            return None
        data = client.sock.recv(1 << 16)
        if not data:
            raise AssertionError(f"the stream broke off behind {client.buffer[:100]!r}")
        client.buffer += data
    head, client.buffer = client.buffer.split(b"\r\n\r\n", 1)
    lines = head.split(b"\r\n")
    if lines[:2] != [b"--bambud", b"Content-Type: image/jpeg"]:
        raise AssertionError(head)
    length = int(lines[2].removeprefix(b"Content-Length: "))
    while len(client.buffer) < length + 2:
        data = client.sock.recv(1 << 18)
        if not data:
            raise AssertionError("the stream broke off inside a picture")
        client.buffer += data
    jpeg, end, client.buffer = client.buffer[:length], client.buffer[length:length + 2], client.buffer[length + 2:]
    if end != b"\r\n":
        raise AssertionError(end)
    return jpeg


class Snapshot(Cameras):
    def test_it_is_the_newest_picture_the_camera_sent(self):
        self.open()
        self.wait_streaming()
        before = self.sent()
        got = self.d.call("camera.snapshot", {"printer": self.one, "max_age_ms": 0})
        picture = simpicture.read(base64.b64decode(got["jpeg"], validate=True))
        self.assertLessEqual(before, picture.number)
        self.assertLessEqual(picture.number, self.sent())
        self.assertEqual(picture.tag, simpicture.tag(self.printers[0]["serial"]))
        self.assertEqual((got["width"], got["height"]), (640, 480))
        self.assertLess(got["age_ms"], 1000)

    def test_an_on_demand_camera_is_connected_for_it(self):
        self.open(mode="on-demand")
        self.assertEqual(self.status()["state"], "idle")
        got = self.d.call("camera.snapshot", {"printer": self.one})
        self.assertIn(simpicture.read(base64.b64decode(got["jpeg"])).number, range(1, self.sent() + 1))
        self.assertEqual(self.status()["viewers"], 0)

    def test_files_stdout_and_json(self):
        self.open()
        self.wait_streaming()
        target = self.folder / "now.jpg"
        target.write_bytes(b"old")
        code, out, err = self.d.ctl("snapshot", self.one, str(target))
        self.assertEqual((code, err), (0, ""))
        self.assertIn("640x480", out)
        simpicture.read(target.read_bytes())
        code, out, _ = self.ctl_file("snapshot", self.one, "-", "--max-age", "5s")
        self.assertEqual(code, 0)
        simpicture.read(out)
        done = subprocess.run([str(BAMBUCTL), "--socket", str(self.d.socket), "snapshot", self.one], cwd=self.folder,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        named = list(self.folder.glob(f"{self.one}-????????-??????.jpg"))
        self.assertEqual(len(named), 1)
        simpicture.read(named[0].read_bytes())
        code, out, _ = self.d.ctl("snapshot", self.one, "--json")
        self.assertEqual(code, 0)
        simpicture.read(base64.b64decode(json.loads(out)["jpeg"]))
        # No draft stays behind.
        self.assertEqual([p.name for p in self.folder.glob("*.jpg.*")], [])

    def test_what_is_no_plain_file_stays_what_it_is(self):
        self.open()
        self.wait_streaming()
        pipe, link, target = (self.folder / name for name in ("pipe", "link.jpg", "target.jpg"))
        os.mkfifo(pipe)
        end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        with open(end, "rb") as reader:
            client = subprocess.Popen([str(BAMBUCTL), "--socket", str(self.d.socket), "snapshot", self.one, str(pipe)],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            os.set_blocking(end, True)
            wait_until("a writer", lambda: select.select([reader], [], [], 0)[0])
            simpicture.read(reader.read())
            self.assertEqual(client.wait(20), 0)
        self.assertTrue(pipe.is_fifo())
        target.write_bytes(b"old")
        link.symlink_to(target.name)
        self.assertEqual(self.d.ctl("snapshot", self.one, str(link))[0], 0)
        self.assertTrue(link.is_symlink())
        simpicture.read(target.read_bytes())

    def test_errors_say_their_name(self):
        self.open(mode="off", models=("P1S", "X1C"))
        code, _, err = self.d.ctl("snapshot", self.one)
        self.assertEqual(code, 17)
        self.assertIn("off", err)
        with self.d.client() as client:
            for name in ("camera.snapshot", "camera.stream"):
                self.assertEqual(client.error(name, {"printer": self.one})["data"]["type"], "camera_off")
        code, _, err = self.d.ctl("snapshot", self.one, "/nonexistent/a.jpg")
        self.assertEqual(code, 17, err)

    def test_a_single_word_is_the_printer_or_a_file_that_looks_like_one(self):
        self.open()
        self.wait_streaming()
        for name in (str(self.folder / "here"), str(self.folder / "now.JPG")):
            self.assertEqual(self.d.ctl("snapshot", name)[0], 0)
            simpicture.read(pathlib.Path(name).read_bytes())
        code, _, err = self.d.ctl("snapshot", "now.jp")
        self.assertEqual(code, 4, err)

    def test_a_folder_that_was_meant_as_the_printer_is_said(self):
        self.open(mode="off", models=("P1S", "A1"))
        for words in (("record",), ("timelapse", "--every", "layer")):
            code, _, err = self.d.ctl("camera", *words, self.one)
            self.assertEqual(code, 4, err)
            self.assertIn(f'"{self.one}" was taken for the folder', err)
        self.assertEqual([p for p in self.folder.iterdir() if p.is_dir() and p.name == self.one], [])

    def test_a_terminal_gets_no_binary(self):
        self.open()
        self.wait_streaming()
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        for words in (("snapshot", self.one, "-"), ("camera", "stream", self.one)):
            done = subprocess.run([str(BAMBUCTL), "--socket", str(self.d.socket), *words], stdout=theirs,
                                  stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(b"terminal", done.stderr)
        os.close(theirs)


class Status(Cameras):
    def test_words_and_figures(self):
        self.open()
        self.wait_streaming()
        code, out, _ = self.d.ctl("camera", self.one)
        self.assertEqual(code, 0)
        self.assertRegex(out, r"jpeg +streaming +640x480(  \S+/s)?  newest \S+ s old  0 viewers")
        status = self.status()
        code, out, _ = self.d.ctl("camera")
        self.assertEqual(code, 0)
        self.assertIn(self.one, out)
        self.assertEqual((status["kind"], status["width"], status["height"], status["why"], status["error"]),
                         ("jpeg", 640, 480, None, None))
        self.assertGreater(status["frames"], 0)

    def test_urls_hide_the_code_unless_asked(self):
        self.open(mode="off", models=("P1S", "X1C"))
        x1 = self.printers[1]["name"]
        self.d.wait_link(x1, "online")
        _, out, _ = self.d.ctl("camera")
        self.assertEqual([line.split()[0] for line in out.splitlines()], [self.one, x1])
        text = (self.folder / "bambud.conf").read_text()
        code = text.split(f"[Printer {x1}]")[1].split("AccessCode=")[1].split("\n")[0]
        status, _, err = self.d.ctl("snapshot")
        self.assertEqual(status, 4)
        self.assertIn(f"which printer? there are 2: {self.one}, {x1}", err)
        _, out, err = self.d.ctl("camera", "url", self.one)
        self.assertRegex(out, r"^127\.\d+\.\d+\.\d+:\d+\n$")
        self.assertIn("not RTSP", err)
        _, out, err = self.d.ctl("camera", "url", x1)
        self.assertRegex(out, r"^rtsps://bblp:\*{8}@127\.\S+:\d+/streaming/live/1\n$")
        self.assertNotIn(code, out + err)
        _, out, _ = self.d.ctl("camera", "url", x1, "--show")
        self.assertIn(f"rtsps://bblp:{code}@", out)
        # Case.tearDown looks for the code in every log.


class Stream(Cameras):
    def test_sixteen_viewers_see_the_same_pictures_in_order(self):
        self.open(hz=5)
        viewers = [self.viewer() for _ in range(16)]
        numbers = [[simpicture.read(part(v)).number for _ in range(3)] for v in viewers]
        for seen in numbers:
            self.assertEqual(seen, sorted(set(seen)))
        self.assertTrue(set(numbers[0]) & set(numbers[15]), numbers)
        self.assertEqual(self.status()["viewers"], 16)
        for v in viewers[1:]:
            v.close()
        wait_until("fifteen to be gone", lambda: self.status()["viewers"] == 1)
        simpicture.read(part(viewers[0]))

    def test_a_slow_viewer_skips_and_a_stopped_one_costs_others_nothing(self):
        self.open(hz=20)
        self.sim_.do("fault", self.printers[0]["serial"], "cam-big", "on", "400000")
        wait_until("a large picture", lambda: self.d.call("camera.snapshot", {"printer": self.one})["size"] >= 400000)
        slow, quick = self.viewer(), self.viewer()
        last = 0
        for _ in range(25):
            number = simpicture.read(part(quick)).number
            self.assertGreater(number, last)
            last = number
        first, second, third = (simpicture.read(part(slow)).number for _ in range(3))
        self.assertLess(first, last)
        self.assertGreater(max(second - first, third - second), 5, "pictures were kept for it")
        self.assertGreaterEqual(third, last)

    def test_a_killed_viewer_is_forgotten(self):
        self.open()
        path = self.folder / "stream"
        with open(path, "wb") as out:
            child = subprocess.Popen([str(BAMBUCTL), "--socket", str(self.d.socket), "camera", "stream", self.one], stdout=out)
            wait_until("bytes", lambda: path.stat().st_size > 1000)
            self.assertEqual(self.status()["viewers"], 1)
            child.kill()
            child.wait()
        wait_until("it to be forgotten", lambda: self.status()["viewers"] == 0)
        self.assertTrue(path.read_bytes().startswith(b"--bambud\r\nContent-Type: image/jpeg\r\n"))

    def test_max_hz_is_kept(self):
        self.open(hz=20)
        viewer = self.viewer(max_hz=2)
        part(viewer)
        begun = time.monotonic()
        for _ in range(4):
            part(viewer)
        self.assertGreater(time.monotonic() - begun, 1.7)

    def test_the_stop_of_the_daemon_is_told(self):
        self.open()
        viewer = self.viewer()
        part(viewer)
        self.d.child.send_signal(signal.SIGTERM)
        while part(viewer) is not None:
            pass
        self.assertIn(viewer.error["data"]["type"], ("cancelled", "camera_off"))

    def test_pictures_are_for_the_control_class_alone(self):
        self.open(mode="off")
        rows = {m["name"]: m for m in self.d.call("api.methods")["methods"]}
        for name in ("status", "snapshot", "stream", "url"):
            self.assertEqual(rows["camera." + name]["perm"], "control")


class Record(Cameras):
    def test_only_new_pictures_and_on_behind_what_is_there(self):
        self.open()
        folder = self.folder / "rec"
        code, out, err = self.d.ctl("camera", "record", self.one, str(folder), "--max-frames", "3")
        self.assertEqual(code, 0, err)
        self.assertIn("3 pictures", out)
        code, out, err = self.d.ctl("camera", "record", self.one, str(folder), "--for", "1s", "--json")
        self.assertEqual(code, 0, err)
        files = sorted(folder.iterdir())
        self.assertEqual([p.name for p in files], [f"frame_{i:06}.jpg" for i in range(1, len(files) + 1)])
        self.assertEqual(json.loads(out)["frames"], len(files) - 3)
        numbers = [simpicture.read(p.read_bytes()).number for p in files]
        for run in (numbers[:3], numbers[3:]):
            self.assertEqual(run, sorted(set(run)))
        self.assertGreaterEqual(numbers[3], numbers[2])

    def test_ctrl_c_ends_it_well(self):
        self.open()
        folder = self.folder / "rec"
        child = subprocess.Popen([str(BAMBUCTL), "--socket", str(self.d.socket), "camera", "record", self.one, str(folder)],
                                 stdout=subprocess.PIPE, text=True)
        wait_until("two pictures", lambda: folder.is_dir() and len(list(folder.glob("frame_*.jpg"))) >= 2)
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=20)
        self.assertEqual(child.returncode, 0)
        self.assertIn("pictures", out)
        for path in folder.iterdir():
            simpicture.read(path.read_bytes())


if __name__ == "__main__":
    main()
