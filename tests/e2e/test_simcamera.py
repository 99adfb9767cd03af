# SPDX-License-Identifier: MIT
"""The JPEG camera of a simulated printer: pictures that say who they are, one client, and every way to go wrong."""
import ssl
import subprocess
import time

import simpicture
from camclient import Camera
from harness import SIM, main, wait_until
from simclient import SimCase


class Cameras(SimCase):
    def open(self, *args, models=("P1S",), **kw):
        words = [word for model in models for word in ("--model", model)]
        self.begin("--printers", str(len(models)), *words, "--rate", "0", "--camera-hz", "20", *args, **kw)

    def camera(self, printer=None, **kw):
        camera = Camera(self.folder, printer or self.one, **kw)
        self.addCleanup(camera.sock.close)
        return camera

    def wait(self, counter, count):
        self.do("wait", self.one["serial"], "camera_" + counter, str(count))

    def count(self, *names):
        stats = self.stats()
        values = tuple(stats["camera_" + name] for name in names)
        return values if len(values) > 1 else values[0]

    def wait_count(self, name, value):
        wait_until(f"camera_{name} {value}", lambda: self.count(name) == value)

    def refused(self, **kw):
        """The end without a byte."""
        camera = self.camera(**kw)
        self.assertFalse(camera.fill())
        self.assertEqual(camera.buffer, b"")


class Pictures(Cameras):
    def test_p1_a1_and_a2l_send_jpegs_and_the_configuration_says_where(self):
        self.open("--camera", "always", models=("P1P", "P1S", "A1", "A1MINI", "A2L", "X1C", "H2D", "P2S"))
        text = (self.folder / "bambud.conf").read_text()
        sections = {part.split("]", 1)[0]: part for part in text.split("[Printer ")}
        for printer in self.printers:
            with self.subTest(model=printer["model"]):
                section = sections[printer["name"]]
                self.assertIn(f"\nCamera=always\nCameraPort={printer['camera_port']}\n", section)
                if printer["model"] in ("X1C", "H2D", "P2S"):
                    camera = self.camera(printer)  # no JPEG: 80 bytes are no RTSP request
                    self.assertFalse(camera.fill())
                    continue
                picture = self.camera(printer).picture()
                self.assertEqual(picture[2:], (simpicture.tag(printer["serial"]), 1280, 720))

    def test_numbers_rise_one_by_one_and_the_clock_is_now(self):
        self.open()
        camera = self.camera()
        before = time.time() * 1000
        pictures = [camera.picture() for _ in range(18)]
        self.assertEqual([p.number for p in pictures], list(range(1, 19)))
        self.assertTrue(before - 1000 < pictures[0].clock_ms < pictures[-1].clock_ms < time.time() * 1000 + 1000)
        self.assertGreaterEqual(pictures[-1].clock_ms - pictures[0].clock_ms, 17 * 50 * 0.8)
        self.wait("frames", 18)
        self.assertGreaterEqual(self.count("number"), 18)

    def test_sizes_may_be_odd(self):
        for name, width, height in (("small", 320, 240), ("odd", 1283, 727), ("full", 1920, 1080)):
            with self.subTest(size=name):
                self.open("--camera-size", f"{width}x{height}", name=name)
                camera = self.camera()
                pictures = [camera.picture() for _ in range(3)]
                self.assertEqual({p[3:] for p in pictures}, {(width, height)})
                self.assertEqual([p.number for p in pictures], [1, 2, 3])

    def test_the_picture_moves_and_each_printer_has_its_own(self):
        self.open(models=("P1S", "A1"))
        first, second = self.camera(), self.camera(self.printers[1])
        frames = [simpicture.gray(first.jpeg())[2] for _ in range(3)]
        lower = 1280 * 400
        self.assertNotEqual(frames[0][lower:], frames[1][lower:])
        self.assertNotEqual(frames[1][lower:], frames[2][lower:])
        tags = {first.picture().tag, second.picture().tag}
        self.assertEqual(tags, {simpicture.tag(p["serial"]) for p in self.printers})

    def test_the_rate_is_one_a_second_by_itself(self):
        self.begin("--model", "P1S", "--rate", "0")
        camera = self.camera()
        clocks = [camera.picture().clock_ms for _ in range(3)]
        self.assertTrue(1800 < clocks[2] - clocks[0] < 3500, clocks)

    def test_bad_options_are_refused(self):
        for words in (("--camera-hz", "0"), ("--camera-hz", "1001"), ("--camera-size", "100x100"), ("--camera-size", "640x480x"),
                      ("--camera-size", "9999999999x720"), ("--camera", "maybe"), ("--camera-port-base", "65536")):
            with self.subTest(words=words):
                done = subprocess.run([str(SIM), "--dir", str(self.folder), *words], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertIn(words[0], done.stderr)


class Login(Cameras):
    def test_wrong_codes_and_users_get_the_end_without_a_byte(self):
        self.open()
        self.refused(code="00000000")
        self.refused(code=self.one["code"] + "0")
        self.refused(code=self.one["code"][:-1])
        self.refused(user="root")
        self.assertEqual(self.count("logins", "refused", "frames"), (0, 4, 0))
        self.camera().picture()
        self.assertEqual(self.count("logins"), 1)

    def test_the_packet_may_come_in_pieces_and_what_follows_is_counted(self):
        self.open()
        camera = self.camera(login=False)
        raw = b"\x40\0\0\0\0\x30\0\0" + bytes(8) + b"bblp".ljust(32, b"\0") + self.one["code"].encode().ljust(32, b"\0")
        for part in (raw[:1], raw[1:79]):
            camera.sock.sendall(part)
        self.wait("bytes_in", 79)
        self.assertEqual(self.count("logins"), 0)
        camera.sock.sendall(raw[79:] + b"more")
        camera.picture()
        self.assertEqual(self.count("logins", "bytes_in", "stray"), (1, 84, 4))

    def test_another_first_word_is_refused(self):
        self.open()
        camera = self.camera(login=False)
        camera.sock.sendall(b"\x41" + bytes(79))
        self.assertFalse(camera.fill())
        self.assertEqual(self.count("refused"), 1)

    def test_a_client_that_mistrusts_the_certificate_sends_nothing(self):
        self.open()
        for fault in ("wrong-cn", "self-signed", "foreign-ca", "expired"):
            with self.subTest(fault=fault):
                self.fault(fault)
                with self.assertRaises(ssl.SSLCertVerificationError):
                    self.camera()
                self.fault(fault, "off")
        self.wait_count("connections_now", 0)
        self.assertEqual(self.count("connections", "bytes_in", "logins"), (4, 0, 0))
        self.camera().picture()

    def test_a_new_access_code_ends_the_stream(self):
        self.open()
        camera = self.camera()
        camera.picture()
        self.do("code", self.one["name"], "newcode1")
        with self.assertRaises(EOFError):
            while True:
                camera.jpeg()
        self.refused()
        self.camera(code="newcode1").picture()

    def test_preparing_is_counted_not_refused(self):
        self.open()
        self.do("state", self.one["name"], "preparing")
        self.camera().picture()
        self.assertEqual(self.count("prepare_connections"), 1)
        self.assertGreater(self.count("prepare_frames"), 0)
        self.do("state", self.one["name"], "printing")
        self.wait_count("connections_now", 1)
        before = self.count("prepare_frames")
        self.wait("frames", before + 5)
        self.assertEqual(self.count("prepare_connections", "prepare_frames"), (1, before))


class OnePlace(Cameras):
    def test_the_second_client_logs_in_and_starves(self):
        self.open()
        first = self.camera()
        first.picture()
        second = self.camera()
        self.wait("crowded", 1)
        self.assertTrue(second.is_silent(0.5))
        self.assertEqual(self.count("logins", "connections_now", "served_now"), (2, 2, 1))
        first.picture()
        first.close()
        self.wait_count("served_now", 0)
        self.assertTrue(second.is_silent(0.3))
        self.camera().picture()

    def test_cam_shared_serves_more(self):
        self.open()
        self.fault("cam-shared", "on", "2")
        first, second = self.camera(), self.camera()
        number, seen = second.picture().number, [0]
        while seen[-1] < number:
            seen.append(first.picture().number)
        self.assertEqual(seen[-1], number)
        third = self.camera()
        self.wait("crowded", 1)
        self.assertTrue(third.is_silent(0.3))

    def test_cam_linger_keeps_the_place_of_who_left_without_a_word(self):
        self.open()
        self.fault("cam-linger", "on", "60000")
        camera = self.camera()
        camera.picture()
        camera.close()
        self.wait_count("connections_now", 0)
        camera = self.camera()
        camera.picture()
        self.fault("cam-stall")
        wait_until("silence", lambda: camera.is_still(0.2))
        camera.close(clean=False)
        self.wait("unclean", 1)
        self.fault("cam-stall", "off")
        starving = self.camera()
        self.wait("crowded", 1)
        self.assertTrue(starving.is_silent(0.3))
        self.fault("cam-linger", "off")
        self.camera().picture()

    def test_who_does_not_read_misses_pictures(self):
        self.open()
        self.fault("cam-big", "on", "4000000")
        camera = self.camera()
        self.wait("skipped", 3)
        numbers = [camera.picture().number for _ in range(3)]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual(self.count("connections_now"), 1)


class Switches(Cameras):
    def is_listed(self, *names):
        self.assertEqual(self.do("list").count('"cam-'), len(names))

    def test_cam_closed_refuses(self):
        self.open()
        self.fault("cam-closed")
        with self.assertRaises(ConnectionRefusedError):
            self.camera()
        self.fault("cam-closed", "off")
        self.camera().picture()

    def test_off_drops_everything(self):
        self.open()
        camera = self.camera()
        camera.picture()
        self.fault("off")
        with self.assertRaises(EOFError):
            while True:
                camera.jpeg()
        with self.assertRaises(TimeoutError):
            self.camera(deadline=0.5)
        self.fault("off", "off")
        self.camera().picture()

    def test_silent_and_half_open_hold_the_camera_too(self):
        self.open()
        self.fault("silent")
        with self.assertRaises(TimeoutError):
            self.camera(deadline=0.3)
        self.fault("silent", "off")
        camera = self.camera()
        camera.picture()
        self.fault("half-open")
        wait_until("silence", lambda: camera.is_still(0.2))
        self.fault("half-open", "off")
        self.assertTrue(camera.fill())

    def test_cam_slow_auth_makes_wait_for_the_first_picture(self):
        self.open()
        self.fault("cam-slow-auth", "on", "700")
        camera = self.camera()
        begun = time.monotonic()
        camera.picture()
        self.assertGreater(time.monotonic() - begun, 0.6)

    def test_cam_eof_after_auth_ends_without_a_byte(self):
        self.open()
        self.fault("cam-eof-after-auth")
        self.refused()
        self.assertEqual(self.count("logins", "refused", "frames"), (1, 0, 0))

    def test_cam_kick_ends_in_the_middle_of_a_picture(self):
        self.open()
        camera = self.camera()
        camera.picture()
        self.fault("cam-kick")
        with self.assertRaisesRegex(EOFError, "after [1-9]"):
            while True:
                camera.jpeg()
        self.is_listed()
        self.camera().picture()

    def test_cam_cut_ends_every_connection_after_its_pictures(self):
        self.open()
        self.fault("cam-cut", "on", "2")
        for first in (1, 3):
            camera = self.camera()
            self.assertEqual([camera.picture().number, camera.picture().number], [first, first + 1])
            self.assertFalse(camera.fill())
            self.assertEqual(camera.buffer, b"")

    def test_cam_stall_goes_still_and_comes_back(self):
        self.open()
        self.fault("cam-stall", "on", "2")
        camera = self.camera()
        self.assertEqual([camera.picture().number, camera.picture().number], [1, 2])
        self.assertTrue(camera.is_silent(0.4))
        self.assertEqual(self.count("frames", "served_now"), (2, 1))
        self.fault("cam-stall", "off")
        self.assertEqual(camera.picture().number, 3)

    def test_cam_stall_mid_frame_keeps_the_rest_until_off(self):
        self.open()
        self.fault("cam-stall-mid-frame", "on", "1234")
        camera = self.camera()
        size = camera.header()
        begin = camera.take(1234)
        self.assertTrue(camera.is_silent(0.3))
        self.assertEqual(self.count("frames"), 0)
        self.fault("cam-stall-mid-frame", "off")
        self.assertEqual(simpicture.read(begin + camera.take(size - 1234)).number, 1)
        self.assertEqual(camera.picture().number, 2)

    def test_cam_coalesce_puts_pictures_into_one_record(self):
        self.open("--camera-size", "320x240")
        self.fault("cam-coalesce", "on", "2")
        camera = self.camera()
        self.assertEqual([camera.picture().number for _ in range(4)], [1, 2, 3, 4])
        self.assertLess(len(camera.records), 4)
        self.fault("cam-coalesce", "off")
        camera.picture()

    def test_cam_drip_sends_single_bytes(self):
        self.open("--camera-size", "320x240")
        self.fault("cam-drip")
        camera = self.camera()
        self.assertEqual(camera.picture().number, 1)
        self.assertEqual({len(r) for r in camera.records}, {1})

    def test_cam_huge_header_announces_what_does_not_come(self):
        self.open()
        self.fault("cam-huge-header")
        camera = self.camera()
        self.assertEqual(camera.header(), 0xffffffff)
        self.assertEqual(camera.take(2), b"\xff\xd8")
        self.fault("cam-huge-header", "on", "4194305")
        self.assertEqual(self.count("served_now"), 1)
        camera.close()
        self.wait_count("served_now", 0)
        self.assertEqual(self.camera().header(), 4194305)

    def test_cam_zero_sends_headers_alone(self):
        self.open()
        self.fault("cam-zero")
        camera = self.camera()
        self.assertEqual([camera.header() for _ in range(3)], [0, 0, 0])

    def test_cam_big_fills_up_to_the_byte(self):
        self.open()
        for size in (4 << 20, (4 << 20) + 1, 100_000, 1):
            with self.subTest(size=size):
                self.fault("cam-big", "on", str(size))
                camera = self.camera()
                jpeg = camera.jpeg()
                self.assertGreater(len(jpeg), 10_000)
                if size > 1:
                    self.assertEqual(len(jpeg), size)
                simpicture.read(jpeg)
                camera.close()
                self.wait_count("served_now", 0)

    def test_cam_bad_soi_and_no_eoi_break_the_marks_only(self):
        self.open()
        self.fault("cam-bad-soi")
        self.fault("cam-no-eoi")
        self.is_listed("cam-bad-soi", "cam-no-eoi")
        jpeg = self.camera().jpeg()
        self.assertEqual((jpeg[:2], jpeg[-2:]), (b"\0\0", b"\0\0"))
        with self.assertRaises(AssertionError):
            simpicture.read(jpeg)
        simpicture.read(b"\xff\xd8" + jpeg[2:-2] + b"\xff\xd9")

    def test_arguments_are_checked(self):
        self.open()
        for words in (("cam-big", "0"), ("cam-big", "8388609"), ("cam-drip", "0"), ("cam-zero", "1"), ("cam-shared", "0"),
                      ("cam-huge-header", "4294967296")):
            with self.subTest(words=words), self.assertRaises(AssertionError):
                self.fault(words[0], "on", words[1])


if __name__ == "__main__":
    main()
