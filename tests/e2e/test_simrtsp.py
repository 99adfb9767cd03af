# SPDX-License-Identifier: MIT
"""The RTSP camera of a simulated printer: a stream that ffmpeg decodes, its login, its one place, its faults."""
import subprocess

import simpicture
from harness import DEADLINE, main, wait_until
from rtspclient import Rtsp
from simclient import PUSHALL, SimCase

KEY, SAME, SPS, PPS = 5, 1, 7, 8


class Streams(SimCase):
    def open(self, *args, model="X1C"):
        self.begin("--model", model, "--rate", "0", "--camera-hz", "5", *args)

    def camera(self, **kw):
        camera = Rtsp(self.folder, kw.pop("printer", self.one), **kw)
        self.addCleanup(camera.sock.close)
        return camera

    def count(self, name):
        return self.stats()["camera_" + name]

    def kinds(self, camera, count):
        return [camera.unit()[2][0] & 31 for _ in range(count)]

    def key(self, camera):
        """The next key picture, whole."""
        while True:
            unit = camera.unit()[2]
            if unit[0] & 31 == KEY:
                return unit

    def decode(self, width, height, frames):
        """What ffmpeg makes of the stream: Pictures."""
        url = f"rtsps://bblp:{self.one['code']}@{self.one['address']}:{self.one['camera_port']}/streaming/live/1"
        argv = ["ffmpeg", "-v", "error", "-xerror", "-rtsp_transport", "tcp", "-i", url, "-frames:v", str(frames),
                "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"]
        done = subprocess.run(argv, capture_output=True, timeout=DEADLINE, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        size = width * height
        self.assertEqual(len(done.stdout), size * frames)
        return [simpicture.read_gray(width, height, done.stdout[i * size:(i + 1) * size]) for i in range(frames)]


class Pictures(Streams):
    def test_ffmpeg_decodes_key_pictures_and_what_repeats_them(self):
        for width, height in ((1280, 720), (320, 240), (1922, 1082)):
            with self.subTest(width=width):
                self.begin("--model", "H2D", "--rate", "0", "--camera-hz", "5", "--camera-size", f"{width}x{height}",
                           name=f"s{width}")
                pictures = self.decode(width, height, 25)
                self.assertEqual([p.number for p in pictures], [1] * 10 + [2] * 10 + [3] * 5)
                self.assertEqual({p.tag for p in pictures}, {simpicture.tag(self.one["serial"])})
                self.assertLess(pictures[0].clock_ms, pictures[-1].clock_ms)

    def test_a_group_is_a_key_with_its_parameters_and_nine_that_repeat_it(self):
        self.open()
        camera = self.camera()
        self.assertEqual(self.kinds(camera, 24), [SPS, PPS, KEY, *[SAME] * 9] * 2)
        self.assertIn("a=rtpmap:96 H264/90000\r\n", camera.sdp)

    def test_markers_and_timestamps_belong_to_pictures(self):
        self.open()
        camera = self.camera()
        units = [camera.unit() for _ in range(14)]
        self.assertEqual([u[0] for u in units], [0, 0, 1, *[1] * 9, 0, 0])
        self.assertEqual(len({u[1] for u in units[:3]}), 1)
        self.assertEqual(len({u[1] for u in units}), 11)
        first, last = units[0][1], units[12][1]
        self.assertTrue(90 * 150 < (last - first) % 2**32 < 90 * 2000, (first, last))

    def test_the_configuration_names_the_port(self):
        self.begin("--model", "P2S", "--camera", "on-demand")
        self.assertIn(f"\nCamera=on-demand\nCameraPort={self.one['camera_port']}\n", (self.folder / "bambud.conf").read_text())


class Login(Streams):
    def test_a_digest_with_the_wrong_code_is_refused(self):
        self.open()
        camera = self.camera(code="00000000", play=False)
        self.assertEqual(camera.login_first()[0], 401)
        stats = self.stats()
        self.assertEqual((stats["camera_logins"], stats["camera_refused"]), (0, 1))
        camera.code = self.one["code"]
        camera.play()
        self.assertEqual(self.kinds(camera, 1), [SPS])
        self.assertEqual(self.count("logins"), 1)

    def test_a_digest_of_another_method_or_address_is_refused(self):
        self.open()
        camera = self.camera()
        right = camera.authorization
        camera.authorization = lambda method, url: right("PLAY", url)
        self.assertEqual(camera.request("DESCRIBE")[0], 401)
        camera.authorization = lambda method, url: right(method, url + "/x")
        self.assertEqual(camera.request("DESCRIBE")[0], 401)

    def test_rtsp_basic_asks_for_the_code_in_clear(self):
        self.open()
        self.fault("rtsp-basic")
        camera = self.camera()
        self.assertTrue(camera.challenge.startswith("Basic "))
        self.assertEqual(self.kinds(camera, 1), [SPS])
        self.assertEqual(self.camera(code="wrong", play=False).login_first()[0], 401)

    def test_what_is_asked_wrongly_is_said(self):
        self.open()
        camera = self.camera(play=False)
        self.assertEqual(camera.request("OPTIONS")[0], 200)
        self.assertEqual(camera.request("PLAY")[0], 401)
        camera.login_first()
        self.assertEqual(camera.request("DESCRIBE", camera.url.replace("live/1", "live/2"))[0], 404)
        self.assertEqual(camera.request("SETUP", Transport="RTP/AVP;unicast;client_port=5000-5001")[0], 461)
        self.assertEqual(camera.request("PLAY", Session="00000000")[0], 454)
        self.assertEqual(camera.request("RECORD")[0], 405)
        camera.sock.sendall(b"\0" * 100)
        self.assertFalse(camera.fill())

    def test_teardown_ends_it_and_reports_of_the_client_are_taken(self):
        self.open()
        camera = self.camera()
        camera.sock.sendall(b"$\3\0\4abcd")
        self.assertEqual(camera.request("GET_PARAMETER", Session=camera.session)[0], 200)
        self.assertEqual(camera.request("TEARDOWN", Session=camera.session)[0], 200)
        wait_until("the end", lambda: self.count("connections_now") == 0)


class Faults(Streams):
    def test_the_second_viewer_plays_and_starves(self):
        self.open()
        first, second = self.camera(), self.camera()
        self.assertTrue(second.is_silent(0.5))
        self.assertEqual(self.count("crowded"), 1)
        self.kinds(first, 12)

    def test_liveview_off_closes_the_port_and_says_so(self):
        self.open()
        camera = self.camera()
        with self.client() as mqtt:
            mqtt.subscribe()
            for word, url in (("off", "disable"), ("none", ""), ("on", f"rtsps://{self.one['address']}:322/streaming/live/1")):
                with self.subTest(liveview=word):
                    self.do("set", self.one["name"], f"liveview={word}")
                    self.assertEqual(mqtt.report()["print"]["ipcam"], {"rtsp_url": url})
                    mqtt.request(PUSHALL)
                    self.assertEqual(mqtt.report()["print"]["ipcam"]["rtsp_url"], url)
                    if word != "on":
                        with self.assertRaises(ConnectionRefusedError):
                            self.camera()
        with self.assertRaises(EOFError):
            self.kinds(camera, 1000)
        self.kinds(self.camera(), 1)
        with self.assertRaises(AssertionError):
            self.do("set", self.one["name"], "liveview=maybe")

    def test_rtsp_frozen_keeps_timestamps_at_zero(self):
        self.open()
        self.fault("rtsp-frozen")
        camera = self.camera()
        self.assertEqual({camera.unit()[1] for _ in range(14)}, {0})

    def test_rtsp_no_key_sends_no_key(self):
        self.open()
        self.fault("rtsp-no-key")
        self.assertEqual(set(self.kinds(self.camera(), 20)), {SAME})
        self.assertEqual(self.count("frames"), 0)

    def test_rtsp_garbage_spoils_units_and_keeps_packets_whole(self):
        self.open()
        camera = self.camera()
        clean = self.key(camera)
        self.fault("rtsp-garbage")
        spoilt = [self.key(camera) for _ in range(2)][1]  # the first may have been on its way
        self.assertEqual(len(spoilt), len(clean))
        self.assertFalse(set(clean[16:]) >= set(spoilt[16:]))

    def test_cam_kick_and_eof_after_auth_end_it(self):
        self.open()
        camera = self.camera()
        self.kinds(camera, 3)
        self.fault("cam-kick")
        with self.assertRaises(EOFError):
            self.kinds(camera, 1000)
        self.fault("cam-eof-after-auth")
        with self.assertRaises(EOFError):
            self.camera()

    def test_cam_cut_counts_key_pictures(self):
        self.open()
        self.fault("cam-cut")
        camera, kinds = self.camera(), []
        with self.assertRaises(EOFError):
            while True:
                kinds += self.kinds(camera, 1)
        self.assertEqual(kinds[:3], [SPS, PPS, KEY])
        self.assertEqual(kinds.count(KEY), 1)

    def test_cam_drip_sends_single_bytes_of_the_same_stream(self):
        self.open("--camera-size", "320x240")
        self.fault("cam-drip", "on", "7")
        camera = self.camera()
        self.assertEqual(self.kinds(camera, 4), [SPS, PPS, KEY, SAME])
        self.assertLessEqual(max(map(len, camera.records)), 7)


if __name__ == "__main__":
    main()
