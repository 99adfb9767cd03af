# SPDX-License-Identifier: MIT
"""The stream of `camera stream` is what players take it for: ffmpeg finds out by itself what it is, and decodes every picture."""
import json
import subprocess

import simpicture
from harness import BAMBUCTL, Case, main, wait_until

COUNT = 8


class Player(Case):
    def test_ffmpeg_reads_the_stream_without_a_hint(self):
        sim = self.sim("--printers", "1", "--model", "P1S", "--rate", "0", "--camera", "always", "--camera-hz", "10",
                       "--camera-size", "640x480")
        name = json.loads(sim.do("list"))[0]["name"]
        daemon = self.daemon()
        wait_until("pictures", lambda: daemon.call("camera.status", {"printer": name})["state"] == "streaming")
        out = subprocess.Popen([str(BAMBUCTL), "--socket", str(daemon.socket), "camera", "stream", name], stdout=subprocess.PIPE)
        done = subprocess.run(["ffmpeg", "-v", "error", "-i", "-", "-frames:v", str(COUNT), "-fps_mode", "passthrough", "-pix_fmt",
                               "gray", str(self.folder / "p%03d.pgm")], stdin=out.stdout, capture_output=True, timeout=60, check=False)
        out.stdout.close()
        self.assertEqual(done.returncode, 0, done.stderr)
        # bambuctl notices that nobody reads any more.
        self.assertIn(out.wait(20), (141, -13))
        numbers = []
        for path in sorted(self.folder.glob("p*.pgm")):
            jpeg = subprocess.run(["cjpeg", "-quality", "95", str(path)], capture_output=True, check=True).stdout
            numbers.append(simpicture.read(jpeg).number)
        self.assertEqual(len(numbers), COUNT)
        self.assertEqual(numbers, sorted(set(numbers)))


if __name__ == "__main__":
    main()
