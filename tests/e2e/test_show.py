# SPDX-License-Identifier: MIT
"""snapshot --show: the picture in terminals of every kind, where none is, and pictures that mean harm."""
import base64
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import shutil
import socket
import struct
import subprocess
import termios
import threading
import time

import simpicture
from harness import BAMBUCTL, BUILD, DEADLINE, Case, main, wait_until

HELPER = BAMBUCTL.parent / "show" / "bambu-show"
PLAIN = BUILD / "tests" / "e2e" / "bambu-show"  # without sanitizers, so in its whole sandbox
RED, BLUE, WHITE, BLACK = b"\xff\0\0", b"\0\0\xff", b"\xff\xff\xff", b"\0\0\0"


def jpeg(left=RED, right=BLUE, width=320, height=160, *words):
    ppm = b"P6\n%d %d\n255\n" % (width, height) + (left * (width // 2) + right * (width // 2)) * height
    return subprocess.run(["cjpeg", "-quality", "95", "-sample", "1x1", *words], input=ppm, capture_output=True, check=True).stdout


def with_size(data, width, height):
    """The same JPEG claiming another size."""
    at = data.index(b"\xff\xc0")
    return data[:at + 5] + struct.pack(">HH", height, width) + data[at + 9:]


def environment(term=None, **more):
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME") or "SAN" in k}
    return {**kept, "LC_ALL": "C.UTF-8", **({"TERM": term} if term else {}), **more}


def cells(text):
    """Lines of (ink, paper) as (r, g, b), or None for the terminal's own."""
    lines, ink, paper, turned = [[]], None, None, False
    for match in re.finditer(r"\x1b\[([\d;]*)m|(\n)|(.)", text):
        if match[2]:
            lines.append([])
        elif match[3]:
            lines[-1].append((match[3], *((paper, ink) if turned else (ink, paper))))
        else:
            codes = [int(c or 0) for c in match[1].split(";")]
            while codes:
                code = codes.pop(0)
                if code == 0:
                    ink, paper, turned = None, None, False
                elif code == 7:
                    turned = True
                elif code in (38, 48):
                    assert codes.pop(0) == 2, text
                    color, codes = tuple(codes[:3]), codes[3:]
                    ink, paper = (color, paper) if code == 38 else (ink, color)
    return [line for line in lines if line]


class FakeDaemon:
    """Answers every call with the one picture."""

    def __init__(self, folder, picture):
        self.path = folder / "fake.sock"
        self.picture = base64.b64encode(picture).decode()
        self.calls = 0
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.path.unlink(missing_ok=True)
        self.listener.bind(str(self.path))
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            with conn, conn.makefile("rb") as lines:
                for line in lines:
                    self.calls += 1
                    result = {"printer": "p1", "time": "2026-11-23T01:02:03Z", "age_ms": 10, "width": 320, "height": 160,
                              "jpeg": self.picture}
                    conn.sendall(json.dumps({"id": json.loads(line)["id"], "result": result}).encode() + b"\n")

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(DEADLINE)


class Show(Case):
    def fake(self, picture):
        fake = FakeDaemon(self.folder, picture)
        self.addCleanup(fake.close)
        return fake

    def clean(self, *texts):
        for text in texts:
            self.assertNotIn(b"Sanitizer", text)
            self.assertNotIn(b"runtime error", text)

    def show(self, *words, picture=None, term="xterm-256color", program=BAMBUCTL, more=None, **kw):
        """bambuctl without a terminal: (status, stdout, stderr) as bytes."""
        fake = self.fake(jpeg() if picture is None else picture)
        done = subprocess.run([str(program), "--socket", str(fake.path), "snapshot", "p1", *words], capture_output=True,
                              timeout=DEADLINE, check=False, env=environment(term, **(more or {})), cwd=self.folder, **kw)
        self.clean(done.stdout, done.stderr)
        return done.returncode, done.stdout, done.stderr

    def terminal(self, *words, picture=None, term="xterm-256color", size=(40, 22, 400, 440), streams=("stdout", "stderr"), more=None):
        """bambuctl with a terminal of (columns, rows, pixels): status, what the terminal got, what other streams got."""
        fake = self.fake(jpeg() if picture is None else picture)
        ours, theirs = pty.openpty()
        columns, rows, width, height = size
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, width, height))
        where = {name: theirs if name in streams else subprocess.PIPE for name in ("stdout", "stderr")}
        child = subprocess.Popen([str(BAMBUCTL), "--socket", str(fake.path), "snapshot", "p1", *words], stdin=theirs, **where,
                                 env=environment(term, **(more or {})), cwd=self.folder)
        os.close(theirs)
        got, other, end = b"", b"", time.monotonic() + DEADLINE
        while time.monotonic() < end and select.select([ours], [], [], 1 if child.poll() is None else 0)[0]:
            try:
                data = os.read(ours, 1 << 16)
            except OSError:
                break
            if not data:
                break
            got += data
        for pipe in filter(None, (child.stdout, child.stderr)):
            other += pipe.read()
            pipe.close()
        os.close(ours)
        child.wait(DEADLINE)
        self.clean(got, other)
        return child.returncode, got.replace(b"\r\n", b"\n"), other


class Terminals(Show):
    def test_each_terminal_gets_what_it_understands(self):
        for term, more, start in (("xterm-kitty", {}, rb"^\x1b_Ga=T,f=32,"), ("foot", {}, rb"^\x1bP\d;1;0q\"1;1;\d+;\d+"),
                                  ("mlterm", {}, rb"^\x1bP\d;1;0q"),
                                  ("xterm-256color", {"TERM_PROGRAM": "iTerm.app"}, rb"^\x1b\]1337;File=inline=1;width=40;height=10;"),
                                  ("xterm", {}, rb"\x1b\[[\d;]*48;5;\d+m"), ("xterm", {"COLORTERM": "truecolor"}, rb"\x1b\[[\d;]*48;2;\d+"),
                                  ("linux", {}, rb"\x1b\[[\d;]*10[14]m")):
            with self.subTest(term=term, more=more):
                status, out, _ = self.terminal("--show", term=term, more=more)
                self.assertEqual(status, 0, out)
                self.assertRegex(out, start)
                self.assertTrue(out.endswith(b"\n"))
        self.assertEqual(list(self.folder.glob("*.jpg")), [], "who looks wants no file")

    def test_characters_have_the_colours_of_the_picture_where_they_are(self):
        status, out, _ = self.terminal("--show", more={"COLORTERM": "truecolor"})
        self.assertEqual(status, 0)
        lines = cells(out.decode())
        self.assertEqual((len(lines), {len(line) for line in lines}), (10, {40}))
        for line in lines:
            for column, (shape, ink, paper) in enumerate(line):
                self.assertIn(shape, " █")
                color = paper if shape == " " else ink
                want = (255, 0, 0) if column < 20 else (0, 0, 255)
                self.assertLess(max(abs(a - b) for a, b in zip(color, want)), 8, (column, color))

    def test_the_picture_fits_and_keeps_its_shape(self):
        # Pixels of a character: twice as high as wide; the same, square; not told; a window of one character.
        for size, want in (((40, 22, 400, 440), (40, 10)), ((40, 7, 400, 140), (20, 5)), ((120, 42, 1200, 420), (80, 40)),
                           ((40, 22, 0, 0), (40, 10)), ((1, 1, 10, 20), (1, 1))):
            with self.subTest(size=size):
                _, out, _ = self.terminal("--show", more={"COLORTERM": "truecolor"}, size=size)
                lines = cells(out.decode())
                self.assertEqual((len(lines[0]), len(lines)), want)

    def test_sixels_have_the_pixels_of_the_characters(self):
        _, out, _ = self.terminal("--show", term="foot", size=(40, 22, 320, 352))
        width, height = map(int, re.match(rb'\x1bP0;1;0q"1;1;(\d+);(\d+)', out).groups())
        self.assertEqual(width, 320)
        self.assertLess(abs(height - 160), 8)

    def test_no_color_means_none(self):
        picture = jpeg(WHITE, BLACK)
        for words, more, term in (((), {"NO_COLOR": "1"}, "xterm-kitty"), (("--color=never",), {}, "foot"), ((), {}, "dumb"), ((), {}, None)):
            with self.subTest(term=term, words=words):
                status, out, _ = self.terminal("--show", *words, picture=picture, term=term, more=more)
                self.assertEqual(status, 0)
                self.assertNotIn(b"\x1b", out)
                self.assertRegex(out.decode(), "^(█{18}.{4} {18}\n){10}$")

    def test_a_locale_without_utf_8_gets_ascii(self):
        status, out, _ = self.terminal("--show", more={"LC_ALL": "C", "NO_COLOR": "1"}, picture=jpeg(WHITE, BLACK))
        self.assertEqual(status, 0)
        self.assertRegex(out, rb"^(@{18}[ -~]{4} {18}\n){10}$")


class Elsewhere(Show):
    def test_without_a_terminal_there_are_characters_without_colour(self):
        status, out, err = self.show("--show", picture=jpeg(WHITE, BLACK), term="xterm-kitty")
        self.assertEqual((status, err), (0, b""))
        self.assertRegex(out.decode(), "^(█{38}.{4} {38}\n){20}$")
        status, out, _ = self.show("--show", "--color=always", more={"COLORTERM": "truecolor"})
        self.assertEqual(status, 0)
        self.assertEqual(cells(out.decode())[0][70][2][2] > 200, True)

    def test_show_and_a_file_do_both(self):
        picture = jpeg()
        status, out, _ = self.terminal("a.jpg", "--show", picture=picture, term="xterm-kitty")
        self.assertEqual(status, 0)
        self.assertEqual((self.folder / "a.jpg").read_bytes(), picture)
        self.assertRegex(out, rb"^a\.jpg  320x160 [^\n]*\n\x1b_Ga=T")

    def test_show_and_stdout_do_both_where_stderr_is_a_terminal(self):
        picture = jpeg()
        status, drawn, piped = self.terminal("-", "--show", picture=picture, term="xterm-kitty", streams=("stderr",))
        self.assertEqual((status, piped), (0, picture))
        self.assertTrue(drawn.startswith(b"\x1b_Ga=T"), drawn[:80])
        status, drawn, piped = self.terminal("--json", "--show", picture=picture, term="xterm-kitty", streams=("stderr",))
        self.assertEqual((status, base64.b64decode(json.loads(piped)["jpeg"])), (0, picture))
        self.assertTrue(drawn.startswith(b"\x1b_Ga=T"), drawn[:80])

    def test_what_cannot_be_is_refused_before_a_picture_is_taken(self):
        fake = self.fake(jpeg())
        for words in (("-",), ("--json",), ("b.jpg", "--json")):
            done = subprocess.run([str(BAMBUCTL), "--socket", str(fake.path), "snapshot", "p1", *words, "--show"],
                                  capture_output=True, env=environment("xterm"), timeout=DEADLINE, check=False)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(b"stderr is no terminal", done.stderr)
        self.assertEqual(fake.calls, 0)

    def test_a_missing_program_is_unsupported_and_says_what_builds_it(self):
        ctl = self.folder / "bambuctl"
        shutil.copy(BAMBUCTL, ctl)
        status, out, err = self.show("--show", program=ctl)
        self.assertEqual((status, out), (14, b""))
        self.assertIn(b"bambu-show is missing", err)
        self.assertIn(b"libchafa-dev", err)

    def test_a_camera_of_the_simulator_is_drawn(self):
        sim = self.sim("--printers", "1", "--model", "P1S", "--camera", "always", "--camera-size", "640x480")
        name = json.loads(sim.do("list"))[0]["name"]
        daemon = self.daemon()
        daemon.wait_link(name, "online")
        wait_until("pictures", lambda: daemon.call("camera.status", {"printer": name})["state"] == "streaming")
        target = self.folder / "now.jpg"
        status, out, err = daemon.ctl("snapshot", name, str(target), "--show")
        self.assertEqual((status, err), (0, ""))
        simpicture.read(target.read_bytes())
        lines = out.splitlines()
        self.assertIn("now.jpg", lines[0])
        self.assertEqual((len(lines), {len(line) for line in lines[1:]}), (31, {80}))
        self.assertGreater(len(set("".join(lines[1:]))), 3)


class Hostile(Show):
    def test_what_is_no_whole_picture_is_refused_or_said(self):
        good = jpeg(width=1600, height=1200)
        for picture, want, why in ((b"GIF89a" * 50, 16, b"no JPEG"), (b"\xff", 16, b"no JPEG"), (b"\xff\xd8\xff", 16, b"no JPEG"),
                                   (good[:200], 16, b"the picture:"), (good[:len(good) // 2], 0, b"remature end"),
                                   (with_size(good, 65500, 65500), 16, b"65500x65500 pixels are too many"),
                                   (with_size(good, 16384, 16384), 16, b"too many"), (with_size(good, 0, 10), 16, b"the picture:"),
                                   (with_size(good, 8192, 8192), 0, b"remature end"),
                                   (good + bytes((4 << 20) + 1 - len(good)), 16, b"longer than 4 MiB"),
                                   (b"\xff\xd8" + os.urandom(100000), 16, b"the picture:")):
            with self.subTest(why=why, size=len(picture)):
                status, out, err = self.show("--show", picture=picture)
                self.assertEqual(status, want, err)
                self.assertIn(why, err)
                self.assertEqual(out == b"", want != 0)
                self.assertFalse(set(err) & {0x1b}, err)

    def test_bytes_turned_at_random_end_in_a_picture_or_a_word(self):
        good = bytearray(jpeg(WHITE, BLACK, 640, 480, "-progressive"))
        for n in range(40):
            bad = bytearray(good)
            for at in os.urandom(8):
                bad[(at * 7919 + n * 131) % len(bad)] ^= 1 << at % 8
            done = subprocess.run([str(HELPER), "--size", "40x20"], input=bytes(bad), capture_output=True,
                                  env=environment("xterm"), timeout=DEADLINE, check=False)
            self.clean(done.stderr)
            self.assertIn(done.returncode, (0, 16), (done.stderr, bytes(bad)))
            self.assertTrue(done.stdout if done.returncode == 0 else done.stderr.startswith(b"bambu-show: "))

    def test_what_goes_wrong_with_the_drawing_leaves_the_file(self):
        picture = jpeg()[:150]
        status, out, err = self.show("a.jpg", "--show", picture=picture)
        self.assertEqual(status, 16)
        self.assertIn(b"a.jpg", out)
        self.assertIn(b"the picture: ", err)
        self.assertEqual((self.folder / "a.jpg").read_bytes(), picture)

    def test_whatever_becomes_of_the_program_is_told(self):
        ctl = self.folder / "bambuctl"
        shutil.copy(BAMBUCTL, ctl)
        (self.folder / "show").mkdir()
        program = self.folder / "show" / "bambu-show"
        for script, want, why in (("kill -KILL $$", 16, b"signal 9"), ("exit 16", 16, b"without a word"), ("exit 3", 1, b"without a word"),
                                  ("echo drawn; echo 'a \033[2J note' >&2", 0, b"a \\x1B[2J note"),
                                  ("head -c 40000000 /dev/zero", 1, b"too long")):
            with self.subTest(script=script):
                program.write_text("#!/bin/sh\n" + script)
                program.chmod(0o755)
                status, _, err = self.show("--show", program=ctl)
                self.assertEqual(status, want, err)
                self.assertIn(why, err)


class ShutIn(Show):
    def test_program_can_open_nothing_while_it_draws(self):
        # Its answer is longer than a pipe holds, so it waits for us in the midst of it.
        with subprocess.Popen([str(PLAIN), "--size", "200x60"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              env=environment("xterm-kitty")) as child:
            child.stdin.write(jpeg(width=1280, height=720))
            child.stdin.close()
            self.assertTrue(select.select([child.stdout], [], [], DEADLINE)[0])
            status = pathlib.Path(f"/proc/{child.pid}/status").read_text()
            limits = pathlib.Path(f"/proc/{child.pid}/limits").read_text()
            child.stdout.read()
        self.assertEqual(child.returncode, 0)
        self.assertRegex(status, r"NoNewPrivs:\s+1\nSeccomp:\s+2")
        self.assertRegex(status, r"Threads:\s+1\n")
        want = {"cpu time": "10", "core file size": "0", "open files": "0", "address space": str(1 << 30), "processes": "0"}
        for name, value in want.items():
            self.assertRegex(limits, rf"Max {name} +{value} +{value} ")

    def test_sandbox_changes_no_drawing(self):
        large = jpeg(WHITE, BLACK, 4096, 4096, "-progressive")
        for picture in (jpeg(), large, jpeg()[:300], b"no picture"):
            for term in ("xterm-kitty", "foot", "xterm"):
                both = [subprocess.run([str(program), "--size", "100x40"], input=picture, capture_output=True, timeout=DEADLINE,
                                       env=environment(term), check=False) for program in (PLAIN, HELPER)]
                self.assertEqual(*((done.returncode, done.stdout, done.stderr) for done in both), (term, len(picture)))


if __name__ == "__main__":
    main()
