# SPDX-License-Identifier: MIT
"""An RTSPS camera that is nobody's of ours: GStreamer's server, H.264 of x264, both logins."""
import importlib.util
import pathlib
import shutil
import subprocess
import unittest

import broker
from harness import Case, Process, main

SERIAL, CODE = "00M00A000000001", "12345678"
CONFIG = """[Daemon]
Socket=./run/control.sock
StateDirectory=./state
CacheDirectory=./cache
[Printer one]
Serial={serial}
Address=127.0.0.1
Port={mqtt}
CameraPort={port}
AccessCode={code}
CaFile=./ca.pem
Camera=always
"""


def server_missing():
    if not importlib.util.find_spec("gi"):
        return "python3-gi is not installed"
    try:
        import gi
        gi.require_version("GstRtspServer", "1.0")
    except ValueError as e:
        return str(e)
    for element in ("x264enc", "rtph264pay"):
        if not shutil.which("gst-inspect-1.0"):
            break  # the server itself says what it lacks
        if subprocess.run(["gst-inspect-1.0", element], capture_output=True, check=False).returncode != 0:
            return f"GStreamer has no {element}"
    return None


WHY = server_missing()


@unittest.skipIf(WHY, WHY)
class Real(Case):
    def open(self, login, code=CODE):
        broker.make_ca(self.folder)
        broker.make_leaf(self.folder, "leaf", SERIAL)
        script = pathlib.Path(__file__).with_name("rtsp_server.py")
        server = self.start(Process("rtsp-server", ["/usr/bin/python3", script, login, CODE, self.folder / "leaf.pem",
                                                    self.folder / "leaf.key"], self.folder))
        server.wait_line("port ")
        port = next(line for line in server.text().splitlines() if line.startswith("port ")).split()[1]
        self.write_config(CONFIG.format(serial=SERIAL, mqtt=broker.free_port(), port=port, code=code))
        self.d = self.daemon()

    def wait_camera(self, state, *words):
        def probe(s):
            return s["camera"]["state"] == state and all(w in (s["camera"]["why"] or "") for w in words)
        return self.d.wait_status("one", f"camera {state} {words}", probe, 20)["camera"]

    def check_streams(self, login):
        self.open(login)
        camera = self.wait_camera("streaming")
        self.assertEqual((camera["width"], camera["height"]), (640, 360))

    def test_it_streams_with_a_basic_login(self):
        self.check_streams("basic")

    def test_it_streams_with_a_digest(self):
        self.check_streams("digest")

    def test_wrong_code_is_refused(self):
        self.open("digest", code="87654321")
        self.wait_camera("error", "refuses the access code")


del Case
if __name__ == "__main__":
    main()
