# SPDX-License-Identifier: MIT
"""camera timelapse: a picture for each milestone of a job, and a video of them that a real ffmpeg reads."""
import json
import resource
import signal
import subprocess

import simpicture
from harness import BAMBUCTL, DEADLINE, Case, main, wait_until


class Timelapse(Case):
    def open(self, *args):
        self.sim_ = self.sim("--printers", "1", "--model", "P1S", "--rate", "10", "--state", "idle", "--camera", "always",
                             "--camera-hz", "10", "--camera-size", "640x480", *args)
        self.serial, self.one = (json.loads(self.sim_.do("list"))[0][key] for key in ("serial", "name"))
        self.d = self.daemon()
        self.d.wait_link(self.one, "online")
        self.dir = self.folder / "lapse"

    def job(self, *words, name="Cube"):
        self.sim_.do("job", self.one, "start", *words, f"name={name}")
        self.d.wait_status(self.one, "printing", lambda s: s["print"]["state"] == "printing" and s["print"]["job"] == name)

    def lapse(self, *words, **kw):
        child = subprocess.Popen([str(BAMBUCTL), "--socket", str(self.d.socket), "camera", "timelapse", *words],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kw)
        self.addCleanup(child.kill)
        return child

    def finish(self, child, want=0):
        out, self.err = child.communicate(timeout=40)
        self.assertNotIn("Sanitizer", self.err)
        self.assertEqual(child.returncode, want, out + self.err)
        return out

    def take(self, count, *words, every="1s", **kw):
        """A run that Ctrl-C ends when so many pictures more are there: its output."""
        before = len(self.pictures())
        child = self.lapse(self.one, str(self.dir), "--every", every, *words, **kw)
        wait_until("pictures", lambda: len(self.pictures()) >= before + count or child.poll() is not None)
        child.send_signal(signal.SIGINT)
        return child

    def pictures(self):
        return sorted(self.dir.glob("*.jpg")) if self.dir.is_dir() else []

    def probe(self, video):
        done = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries",
                               "stream=codec_name,width,height,r_frame_rate,nb_frames,nb_read_frames,duration", "-of", "json", video],
                              capture_output=True, check=True, timeout=DEADLINE)
        self.assertEqual(done.stderr, b"")
        return json.loads(done.stdout)["streams"][0]

    def is_video_of(self, video, pictures, fps=24):
        """Every picture, byte by byte, and all of it decoded without a complaint."""
        facts = self.probe(video)
        self.assertEqual((facts["codec_name"], facts["width"], facts["height"], facts["r_frame_rate"]), ("mjpeg", 640, 480, f"{fps}/1"))
        self.assertEqual((int(facts["nb_frames"]), int(facts["nb_read_frames"])), (len(pictures), len(pictures)))
        self.assertAlmostEqual(float(facts["duration"]), len(pictures) / fps, places=3)
        done = subprocess.run(["ffmpeg", "-v", "error", "-i", video, "-c", "copy", "-f", "image2", str(self.folder / "out%06d.bin")],
                              capture_output=True, check=True, timeout=DEADLINE)
        self.assertEqual(done.stderr, b"")
        self.assertEqual([p.read_bytes() for p in sorted(self.folder.glob("out*.bin"))], [p.read_bytes() for p in pictures])

    def test_each_layer_once_from_the_wait_for_a_job_to_its_end(self):
        self.open()
        child = self.lapse(self.one, str(self.dir), "--every", "layer")
        self.assertIn("waiting", child.stderr.readline())
        self.sim_.do("set", self.one, "pace=15")
        self.sim_.do("job", self.one, "start", "percent=0", "minutes=1", "layers=5", "name=../Vase no 7")
        out = self.finish(child)
        files = self.pictures()
        self.assertEqual([p.name for p in files], [f"Vase_no_7-{i:06}.jpg" for i in range(1, len(files) + 1)])
        # Layers that passed between two reports are one; the last picture is of the end.
        self.assertIn(len(files), (4, 5, 6))
        numbers = [simpicture.read(p.read_bytes()).number for p in files]
        self.assertEqual(numbers, sorted(numbers))
        video = self.dir / "Vase_no_7.avi"
        self.assertEqual(sorted(self.dir.iterdir()), sorted(files + [video]))
        self.is_video_of(video, files)
        self.assertIn(f"\n{video}  {len(files)} pictures  {len(files) / 24:.1f} s  ", out)

    def test_a_run_goes_on_behind_an_earlier_one_and_the_video_has_the_whole_job(self):
        self.open()
        self.job("percent=42", "minutes=100", "layers=50")
        out = self.finish(self.take(1, every="10%"))
        self.assertIn("1 picture\n", out)
        self.assertEqual(len(self.pictures()), 1)
        self.assertFalse(list(self.dir.glob("*.avi")), "one picture is no video")
        out = self.finish(self.take(2, "--fps", "5", "--json"))
        told, files = json.loads(out), self.pictures()
        self.assertEqual((told["frames"], told["video"]), (len(files) - 1, str(self.dir / "Cube.avi")))
        self.is_video_of(told["video"], files, 5)
        # Nothing is replaced.
        before = (self.dir / "Cube.avi").read_bytes()
        out = self.finish(self.take(1))
        self.assertIn("Cube-2.avi", out)
        self.assertEqual((self.dir / "Cube.avi").read_bytes(), before)
        self.assertEqual(int(self.probe(self.dir / "Cube-2.avi")["nb_read_frames"]), len(self.pictures()))

    def test_pictures_of_an_earlier_job_are_not_in_the_video(self):
        self.open()
        self.dir.mkdir()
        old = subprocess.run(["cjpeg"], input=b"P5\n640 480\n255\n" + bytes(640 * 480), capture_output=True, check=True).stdout
        for number in (1, 2):
            (self.dir / f"Cube-00000{number}.jpg").write_bytes(old)
            subprocess.run(["touch", "-d", "yesterday", str(self.dir / f"Cube-00000{number}.jpg")], check=True)
        self.job("percent=42", "minutes=100")
        self.finish(self.take(2))
        self.is_video_of(self.dir / "Cube.avi", self.pictures()[2:])

    def test_pictures_of_another_size_or_none_at_all_are_left_out_and_said(self):
        self.open()
        self.job("percent=42", "minutes=100")
        other = subprocess.run(["cjpeg"], input=b"P5\n320 240\n255\n" + bytes(320 * 240), capture_output=True, check=True).stdout
        child = self.lapse(self.one, str(self.dir), "--every", "1s")
        wait_until("pictures", lambda: len(self.pictures()) >= 4)
        files = self.pictures()
        files[1].write_bytes(other)
        files[2].write_bytes(b"no picture")
        child.send_signal(signal.SIGINT)
        self.finish(child)
        self.assertIn("of another size: 1 picture", self.err)
        files = self.pictures()
        self.is_video_of(self.dir / "Cube.avi", files[:1] + files[3:])

    def test_no_video_where_none_is_wanted(self):
        self.open()
        self.job("percent=42", "minutes=100")
        self.assertNotIn("avi", self.finish(self.take(2, "--no-video")))
        self.assertEqual(sorted(self.dir.iterdir()), self.pictures())
        for words in (("--every", "soon"), ("--every", "layer", "--fps", "0"), ("--every", "layer", "--fps", "121"), ()):
            self.assertEqual(self.d.ctl("camera", "timelapse", self.one, str(self.dir), *words)[0], 2, words)

    def test_a_video_that_cannot_be_written_leaves_the_pictures_and_says_why(self):
        def limited():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        self.open()
        self.job("percent=42", "minutes=100")
        self.finish(self.take(2, "--no-video"))
        size = int(1.5 * max(p.stat().st_size for p in self.pictures()))
        out = self.finish(self.take(2, preexec_fn=limited), want=1)
        self.assertIn("no video, the pictures stay: File too large", self.err)
        self.assertIn("2 pictures", out)
        self.assertGreaterEqual(len(self.pictures()), 4)
        self.assertEqual(sorted(self.dir.iterdir()), self.pictures(), "no half video")
        for path in self.pictures():
            simpicture.read(path.read_bytes())

    def test_what_is_wrong_with_the_camera_is_said_once(self):
        self.open("--camera", "off")
        self.job("percent=42", "minutes=100")
        child = self.lapse(self.one, str(self.dir), "--every", "1s")
        wait_until("three tries", lambda: self.d.text().count("called camera.snapshot: camera_off") >= 3)
        child.send_signal(signal.SIGINT)
        self.finish(child, want=130)
        self.assertEqual(self.err.count("Camera=off"), 1, self.err)

    def test_an_end_by_the_daemon_makes_no_video_of_a_part(self):
        self.open()
        self.job("percent=42", "minutes=100")
        child = self.lapse(self.one, str(self.dir), "--every", "1s")
        wait_until("pictures", lambda: len(self.pictures()) >= 2)
        self.d.child.send_signal(signal.SIGTERM)
        _, err = child.communicate(timeout=DEADLINE)
        self.assertNotEqual(child.returncode, 0)
        self.assertIn("goes on where it is started again", err)
        self.assertEqual(sorted(self.dir.iterdir()), self.pictures())


if __name__ == "__main__":
    main()
