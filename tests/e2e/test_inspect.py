# SPDX-License-Identifier: MIT
"""bambuctl inspect: what a 3mf file tells, and what happens to a file that means harm."""
import json
import os
import subprocess
import unittest

import make3mf
from harness import BAMBUCTL, DEADLINE, Case

HELPER = BAMBUCTL.parent / "inspect" / "bambu-inspect"


class Inspect(Case):
    def run_program(self, *argv, **kw):
        done = subprocess.run([str(a) for a in argv], capture_output=True, timeout=DEADLINE, check=False,
                              env=dict(os.environ, LC_ALL="C.UTF-8"), **kw)
        self.assertNotIn(b"Sanitizer", done.stderr)
        self.assertNotIn(b"runtime error", done.stderr)
        return done

    def inspect(self, *args):
        done = self.run_program(BAMBUCTL, "inspect", *args)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def look(self, path, *args):
        status, out, err = self.inspect(path, "--json=short", *args)
        self.assertEqual((status, err), (0, ""))
        return json.loads(out)

    def path(self, name="x.gcode.3mf"):
        return self.folder / name


class Good(Inspect):
    def test_sliced_file_tells_everything_in_the_agreed_shape(self):
        path = make3mf.make(self.path())
        self.assertEqual(self.look(path), {
            "file": "x.gcode.3mf", "size_bytes": path.stat().st_size, "printer_models": ["C12"], "models": ["P1S"],
            "filament_count": 1, "warnings": [],
            "plates": [{
                "index": 1, "name": None, "gcode": True, "time_s": 5400, "weight_g": 23.4, "bed_type": "textured_plate",
                "nozzles_mm": [0.4], "objects": [{"id": 101, "name": "lid", "skipped": False}], "objects_total": 1,
                "thumbnail": True,
                "filaments": [{"id": 1, "type": "PLA", "color": "FF0000", "profile": "GFL99", "grams": 12.3, "meters": 4.1,
                               "nozzle": None}]}]})


if __name__ == "__main__":
    unittest.main()
