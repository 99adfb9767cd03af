# SPDX-License-Identifier: MIT
"""When a camera is left alone, and who else has it: preparing and new firmware, viewers that come and go, the one place of a printer."""
import json
import threading

import simpicture
from camclient import Camera
from harness import Case, main, wait_until
from shim import Shim


class Cameras(Case):
    def open(self, model="P1S", camera="always", other=False, **kw):
        self.sim_ = self.sim("--printers", "1", "--model", model, "--rate", "5", "--camera", camera, "--camera-hz", "5",
                             "--camera-size", "320x240", "--state", "idle")
        self.one = json.loads(self.sim_.do("list"))[0]
        if other:
            self.other = Camera(self.folder, self.one)
            self.addCleanup(self.other.close)
            self.other.picture()
        self.d = self.daemon(**kw)

    def stats(self, name):
        return json.loads(self.sim_.do("stats", self.one["serial"]))["camera_" + name]

    def wait_camera(self, state, *words, deadline=20):
        def probe(s):
            return s["camera"]["state"] == state and all(w in (s["camera"]["why"] or "") for w in words)
        return self.d.wait_status(self.one["name"], f"camera {state} {words}", probe, deadline)["camera"]

    def error(self, method):
        """Of a call that wants a picture of now."""
        with self.d.client() as client:
            return client.error(method, {"printer": self.one["name"], "max_age_ms": 0})


class Holds(Cameras):
    def publish(self, **fields):
        self.sim_.do("publish", self.one["serial"], json.dumps({"print": {"command": "push_status", "msg": 1, **fields}}))

    def prepare(self):
        """For minutes, unless the pace is set again."""
        self.sim_.do("set", self.one["name"], "pace=0.1")
        self.sim_.do("job", self.one["name"], "start", "minutes=600", "layers=9")

    def check_hold(self, words, begin, end):
        """No connection and no picture from begin to end; then both again."""
        self.wait_camera("streaming")
        begin()
        self.wait_camera("off", words)
        wait_until("the camera to be left alone", lambda: self.stats("connections_now") == 0)
        self.assertEqual(self.error("camera.snapshot")["data"]["type"], "busy")
        end()
        self.wait_camera("streaming")
        with self.d.client() as client:
            kinds = [e["kind"] for e in client.call("events.list")["events"]]
        self.assertNotIn("camera.lost", kinds)

    def test_a_p1_is_left_alone_while_it_prepares(self):
        self.open()
        self.check_hold("prepares a job", self.prepare, lambda: self.sim_.do("set", self.one["name"], "pace=20"))
        self.assertEqual(self.stats("prepare_connections"), 0)

    def test_a_p1_is_left_alone_while_it_gets_firmware(self):
        self.open()
        self.check_hold("new firmware", lambda: self.publish(upgrade_state={"dis_state": 2, "status": "FLASHING"}),
                        lambda: self.publish(upgrade_state={"dis_state": 0, "status": "IDLE"}))

    def test_an_a1_goes_on_while_it_prepares(self):
        self.open("A1")
        self.wait_camera("streaming")
        self.prepare()
        self.d.wait_status(self.one["name"], "preparing", lambda s: s["print"]["state"] == "preparing")
        frames = self.stats("prepare_frames")
        wait_until("pictures", lambda: self.stats("prepare_frames") > frames + 3)
        self.assertEqual(self.stats("connections"), 1)


class Demand(Cameras):
    def test_it_is_connected_from_the_first_viewer_to_30_s_after_the_last(self):
        shim = Shim(self.folder)
        self.open(camera="on-demand", wrap=shim.wrap)
        self.d.wait_link(self.one["name"], "online")
        self.wait_camera("idle")
        self.assertEqual(self.stats("connections"), 0)
        first, second = self.d.client(), self.d.client()
        for viewer in (first, second):
            self.addCleanup(viewer.close)
            viewer.call("camera.stream", {"printer": self.one["name"]})
        self.assertEqual(self.stats("connections_now"), 1)
        first.close()
        wait_until("one viewer", lambda: self.d.call("camera.status", {"printer": self.one["name"]})["viewers"] == 1)
        frames = self.stats("frames")
        wait_until("pictures for the other", lambda: self.stats("frames") > frames + 3)
        second.close()
        wait_until("no viewer", lambda: self.d.call("camera.status", {"printer": self.one["name"]})["viewers"] == 0)
        self.wait_camera("streaming")
        for _ in range(6):  # small steps: a leap of 10 s would be a stall
            shim.pass_by(6)
            frames = self.stats("frames")
            wait_until("a picture or the end", lambda: self.stats("frames") > frames or self.stats("connections_now") == 0)
        self.wait_camera("idle")
        self.assertEqual((self.stats("connections"), self.stats("connections_now")), (1, 0))


class OnePlace(Cameras):
    def test_who_comes_second_starves_and_it_is_said(self):
        """Told apart from a wrong code, and from a camera that is off; ours as soon as the other has gone."""
        self.open(other=True)
        stop = threading.Event()

        def watch():
            while not stop.is_set():
                self.other.picture()
        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            self.wait_camera("error", "another program", "one viewer", deadline=25)
            got = self.error("camera.snapshot")
            self.assertEqual(got["data"]["type"], "camera_busy")
            self.assertIn("another program", got["message"])
        finally:
            stop.set()
            watcher.join()
        self.assertGreater(self.stats("crowded"), 0)
        self.other.close()
        self.wait_camera("streaming", deadline=40)

    def test_who_comes_after_us_takes_nothing_away(self):
        self.open()
        self.wait_camera("streaming")
        intruder = Camera(self.folder, self.one)
        self.addCleanup(intruder.close)
        frames = self.stats("frames")
        self.assertTrue(intruder.is_silent(2))
        self.assertGreater(self.stats("frames"), frames + 3)
        self.assertEqual(self.d.status(self.one["name"])["camera"]["state"], "streaming")
        _, jpeg, _ = self.d.ctl("snapshot", self.one["name"], "-", "--max-age", "0", text=False)
        self.assertEqual(simpicture.read(jpeg).tag, simpicture.tag(self.one["serial"]))


del Case
if __name__ == "__main__":
    main()
