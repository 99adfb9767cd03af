# SPDX-License-Identifier: MIT
"""The metrics as a file and at a socket: whole, fresh, gone with the daemon, safe from odd clients."""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import unittest

import promtext
from harness import DEADLINE, Case, wait_until

GET = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Exporters(Case):
    def begin(self, metrics, **kw):
        self.sim_ = self.sim("--printers", "1", "--rate", "2")
        self.printers = (self.folder / "bambud.conf").read_text()
        self.metrics(metrics)
        self.daemon_ = self.daemon(**kw)

    def metrics(self, text):
        self.write_config(self.printers + "\n[Metrics]\n" + text)

    def connect(self):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(s.close)
        s.settimeout(DEADLINE)
        s.connect(str(self.folder / "m.sock"))
        return s

    @staticmethod
    def read_all(s):
        """All up to the end; a request that nobody read ends with a reset behind the answer."""
        parts = []
        with contextlib.suppress(ConnectionResetError):
            while data := s.recv(1 << 16):
                parts.append(data)
        return b"".join(parts)

    def ask(self, request):
        """(status, body) of a request on a connection of its own."""
        with self.connect() as s:
            s.sendall(request)
            answer = self.read_all(s)
        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertIn(b"Connection: close", head)
        self.assertIn(f"Content-Length: {len(body)}".encode(), head)
        return int(head.split()[1]), body.decode()


class Textfile(Exporters):
    def test_file_is_whole_readable_and_gone_at_the_end(self):
        path = self.folder / "out" / "b.prom"
        path.parent.mkdir()
        self.begin("Textfile=out/b.prom\nInterval=5s\n")
        wait_until("the file", path.exists)
        self.assertEqual(path.stat().st_mode & 0o7777, 0o644)
        families = promtext.parse(path.read_text())
        self.assertIn("bambu_build_info", families)
        self.assertIn("bambud_start_time_seconds", families)
        self.assertFalse([name for name in families if name.startswith("process_")])
        first = path.stat().st_ino
        wait_until("the next one", lambda: path.stat().st_ino != first)
        self.assertEqual(os.listdir(path.parent), ["b.prom"])
        self.processes.remove(self.daemon_)
        self.assertEqual(self.daemon_.stop(), 0)
        self.assertEqual(os.listdir(path.parent), [])

    def test_reload_moves_and_removes_it(self):
        a, b = self.folder / "a.prom", self.folder / "b.prom"
        self.begin("Textfile=a.prom\n")
        wait_until("the file", a.exists)
        self.metrics("Textfile=b.prom\n")
        self.assertEqual(self.daemon_.call("daemon.reload")["changed"], ["Metrics.Textfile"])
        wait_until("the other file", b.exists)
        self.assertFalse(a.exists())
        self.metrics("")
        self.daemon_.call("daemon.reload")
        wait_until("no file", lambda: not b.exists())

    def test_folder_that_is_missing_is_told_once_and_tried_again(self):
        self.begin("Textfile=out/b.prom\nInterval=5s\n")
        self.daemon_.wait_line("cannot be written to")
        (self.folder / "out").mkdir()
        self.daemon_.wait_line("are written to")
        self.assertEqual(self.daemon_.text().count("cannot be written to"), 1)
        self.assertIn("bambu_build_info", (self.folder / "out" / "b.prom").read_text())

    def test_link_in_its_place_is_replaced_not_followed(self):
        victim = self.folder / "victim"
        victim.write_text("kept")
        path = self.folder / "b.prom"
        path.symlink_to(victim)
        self.begin("Textfile=b.prom\n")
        wait_until("a file", lambda: not path.is_symlink())
        self.assertEqual(victim.read_text(), "kept")


class Scrape(Exporters):
    def setUp(self):
        super().setUp()
        self.begin("Socket=m.sock\n")

    def test_socket_is_private_answers_and_goes(self):
        path = self.folder / "m.sock"
        self.assertEqual(path.stat().st_mode, self.daemon_.socket.stat().st_mode)
        status, body = self.ask(GET)
        self.assertEqual(status, 200)
        families = promtext.parse(body)
        self.assertIn("process_start_time_seconds", families)
        self.assertIn("bambu_printer_up", families)
        self.assertEqual(self.ask(b"GET /metrics?x=1 HTTP/1.0\r\n\r\n")[0], 200)
        self.processes.remove(self.daemon_)
        self.assertEqual(self.daemon_.stop(), 0)
        self.assertFalse(path.exists())

    @unittest.skipUnless(shutil.which("curl"), "no curl")
    def test_curl_reads_it(self):
        done = subprocess.run(["curl", "-sS", "-i", "--unix-socket", str(self.folder / "m.sock"), "http://localhost/metrics"],
                              capture_output=True, text=True, timeout=DEADLINE, check=True)
        head, _, body = done.stdout.partition("\n\n") if "\r\n\r\n" not in done.stdout else done.stdout.partition("\r\n\r\n")
        self.assertIn("text/plain; version=0.0.4", head)
        promtext.parse(body)

    def test_other_requests_are_refused_by_name(self):
        for request, status in ((b"GET / HTTP/1.1\r\n\r\n", 404), (b"GET /metrics2 HTTP/1.1\r\n\r\n", 404),
                                (b"POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 405),
                                (b"GET /metrics HTTP/2.0\r\n\r\n", 505), (b"GET /metrics\r\n\r\n", 400),
                                (b"\x16\x03\x01\x02\x00\r\n\r\n", 400), (b"\r\n\r\n", 400), (b"get /metrics HTTP/1.1\r\n\r\n", 400),
                                (b"GET /metrics HTTP/1.1\0\r\n\r\n", 400), (b"GET metrics HTTP/1.1\r\n\r\n", 400),
                                (b"x" * 9000, 431), (b"GET /metrics HTTP/1.1\r\nX: " + b"y" * 100000, 431)):
            with self.subTest(request=request[:40]):
                self.assertEqual(self.ask(request)[0], status)
        self.assertEqual(self.ask(GET)[0], 200)

    def test_request_in_pieces_and_a_half_closed_client_are_answered(self):
        s = self.connect()
        for i in range(len(GET)):
            s.sendall(GET[i:i + 1])
        s.shutdown(socket.SHUT_WR)
        self.assertTrue(self.read_all(s).startswith(b"HTTP/1.1 200"))

    def test_slow_clients_are_cut_and_more_than_eight_turned_away(self):
        begun = time.monotonic()
        slow = [self.connect() for _ in range(8)]
        for s in slow:
            s.sendall(b"GET /met")
        self.daemon_.call("daemon.ping")
        self.assertEqual(self.read_all(self.connect())[:12], b"HTTP/1.1 503")
        slow.pop().close()
        wait_until("a free place", lambda: self.ask(GET)[0] == 200)
        for s in slow:
            self.assertEqual(self.read_all(s), b"")
        self.assertLess(time.monotonic() - begun, 15)

    def test_reload_moves_the_socket_and_a_bad_path_is_told(self):
        self.metrics("Socket=n.sock\n")
        self.daemon_.call("daemon.reload")
        self.assertFalse((self.folder / "m.sock").exists())
        self.assertTrue((self.folder / "n.sock").exists())
        self.metrics("Socket=none/m.sock\n")
        self.daemon_.call("daemon.reload")
        self.daemon_.wait_line("metrics socket: cannot listen at")
        self.metrics("Socket=bambud.conf\n")
        self.daemon_.call("daemon.reload")
        self.daemon_.wait_line("bambud.conf: File exists")
        self.metrics("Socket=m.sock\n")
        self.daemon_.call("daemon.reload")
        self.assertEqual(self.ask(GET)[0], 200)

    def test_socket_a_killed_daemon_left_is_replaced(self):
        self.daemon_.child.send_signal(signal.SIGKILL)
        self.daemon_.child.wait()
        self.assertTrue((self.folder / "m.sock").exists())
        self.start(type(self.daemon_)(self.folder, name="again"))
        self.assertEqual(self.ask(GET)[0], 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
