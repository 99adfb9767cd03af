# SPDX-License-Identifier: MIT
"""bambuctl inspect in a build without it (-Dinspect=disabled)."""
import subprocess
import unittest

import make3mf
from harness import BAMBUCTL, DEADLINE, Case


class Off(Case):
    def test_build_without_inspect_says_so_by_name(self):
        path = make3mf.make(self.folder / "x.3mf")
        done = subprocess.run([str(BAMBUCTL), "inspect", str(path)], capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertEqual((done.returncode, done.stdout), (14, ""))
        self.assertIn("inspect: this bambuctl was built without it", done.stderr)


if __name__ == "__main__":
    unittest.main()
