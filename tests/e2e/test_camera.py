# SPDX-License-Identifier: MIT
"""JPEG cameras: one connection to each printer, held through everything a printer does to it (reliability.md row 13)."""
import json

from harness import Case, main, wait_until


class Cameras(Case):
    """One P1S, ten pictures a second."""

    def open(self, *faults, camera="always", config=None, model="P1S", hz="10"):
        self.sim_ = self.sim("--model", model, "--rate", "5", "--camera", camera, "--camera-hz", hz)
        path = self.folder / "bambud.conf"
        text = path.read_text()
        lines = text.splitlines()
        self.name = next(line for line in lines if line.startswith("[Printer ")).split(" ", 1)[1].rstrip("]")
        self.serial = next(line for line in lines if line.startswith("Serial=")).split("=", 1)[1]
        if config:
            self.write_config(config(text))
        for words in faults:
            self.fault(*words)
        self.daemon_ = self.daemon()

    def fault(self, name, word="on", *arg):
        self.sim_.do("fault", self.serial, name, word, *map(str, arg))

    def stats(self, name):
        return json.loads(self.sim_.do("stats", self.serial))["camera_" + name]

    def wait_camera(self, state, *words, deadline=20):
        def probe(s):
            return s["camera"]["state"] == state and all(w in (s["camera"]["why"] or "") for w in words)
        return self.daemon_.wait_status(self.name, f"camera {state} {words}", probe, deadline=deadline)["camera"]

    def fresh(self, deadline=20):
        """A picture that came just now."""
        return self.daemon_.wait_status(self.name, "a fresh picture", lambda s: (s["camera"]["frame_age_ms"] or 9999) < 900
                                        and s["camera"]["state"] == "streaming", deadline=deadline)["camera"]

    def events(self):
        with self.daemon_.client() as client:
            return [e["kind"] for e in client.call("events.list")["events"] if e["kind"].startswith("camera.")]

    def frames(self):
        text = self.daemon_.call("metrics.text")["text"]
        return int(next(line for line in text.splitlines() if line.startswith("bambu_camera_frames_total{")).rsplit(" ", 1)[1])


class Streaming(Cameras):
    def test_it_streams_over_one_connection(self):
        self.open()
        camera = self.fresh()
        self.assertEqual((camera["kind"], camera["width"], camera["height"], camera["why"]), ("jpeg", 1280, 720, None))
        first = self.frames()
        wait_until("twenty more pictures", lambda: self.frames() >= first + 20)
        self.assertEqual((self.stats("connections"), self.stats("logins"), self.stats("stray")), (1, 1, 0))

    def test_any_chunks_are_whole_pictures(self):
        self.open(("cam-coalesce", "on", 5))
        self.fresh()
        self.fault("cam-coalesce", "off")
        self.fault("cam-drip", "on", 7)
        count = self.frames()
        wait_until("pictures in drops", lambda: self.frames() >= count + 5, deadline=20)
        self.fault("cam-drip", "off")
        self.fresh()
        self.assertEqual(self.stats("connections"), 1)

    def test_big_pictures_are_taken_up_to_4_mib(self):
        self.open(("cam-big", "on", 4 << 20), hz="2")
        self.fresh()
        self.assertEqual(self.stats("connections"), 1)

    def test_picture_without_an_end_is_dropped(self):
        self.open()
        self.fresh()
        self.fault("cam-no-eoi")
        number = self.stats("frames")
        wait_until("crooked pictures", lambda: self.stats("frames") > number + 5)
        self.fault("cam-no-eoi", "off")
        self.fresh()
        self.assertEqual(self.stats("connections"), 1)


class Losses(Cameras):
    def test_stall_closes_and_redials_and_both_are_told(self):
        self.open()
        self.fresh()
        self.fault("cam-stall-mid-frame")
        self.wait_camera("stalled", "no picture for 10 s")
        wait_until("the old connection closed", lambda: self.stats("connections_now") == 0)
        self.fault("cam-stall-mid-frame", "off")
        self.fresh()
        self.assertEqual(self.events(), ["camera.lost", "camera.recovered"])
        self.assertEqual(self.stats("logins"), 2)

    def test_loss_is_redialled(self):
        self.open()
        self.fresh()
        self.fault("cam-kick")
        self.wait_camera("error")
        self.fresh()
        self.assertEqual(self.stats("logins"), 2)

    def test_impossible_headers_end_the_connection_and_the_daemon_stays(self):
        self.open()
        for fault in ("cam-huge-header", "cam-zero", "cam-bad-soi"):
            with self.subTest(fault=fault):
                self.fresh()
                self.fault(fault)
                self.wait_camera("error", "no JPEG" if fault == "cam-bad-soi" else "impossible size")
                self.fault(fault, "off")
        self.fresh()


class Refusals(Cameras):
    def test_wrong_code_says_what_it_may_be(self):
        self.open(config=lambda text: "\n".join("AccessCode=00000000" if line.startswith("AccessCode=") else line
                                                for line in text.splitlines()) + "\n")
        self.wait_camera("error", "access code is wrong")
        self.assertEqual((self.stats("logins"), self.stats("refused")), (0, 1))

    def test_place_that_is_taken_is_said_where_the_broker_takes_the_code(self):
        self.open(("cam-eof-after-auth",))
        self.daemon_.wait_link(self.name, "online")
        self.wait_camera("error", "access code is right")
        self.fault("cam-eof-after-auth", "off")
        self.fresh()

    def stranger(self, fault, words):
        self.open((fault,))
        self.wait_camera("error", words)
        self.assertEqual((self.stats("bytes_in"), self.stats("logins")), (0, 0))

    def test_stranger_never_sees_the_code(self):
        self.stranger("wrong-cn", "expected")

    def test_self_signed_stranger_never_sees_the_code(self):
        self.stranger("self-signed", "self-signed")


class Wishes(Cameras):
    def test_off_connects_never(self):
        self.open(camera="off", config=lambda text: text)
        self.daemon_.wait_link(self.name, "online")
        camera = self.wait_camera("off", "Camera=off")
        self.assertIsNone(camera["frame_age_ms"])

    def test_on_demand_waits_for_somebody(self):
        self.open(camera="on-demand")
        self.daemon_.wait_link(self.name, "online")
        self.wait_camera("idle")
        self.assertEqual(self.stats("connections"), 0)


del Case
if __name__ == "__main__":
    main()
