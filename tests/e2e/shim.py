# SPDX-License-Identifier: MIT
"""Clocks of a daemon that a test moves while it runs (clock_shim.c, preloaded)."""
import os
import pathlib
import struct

from harness import BUILD

LIBRARY = BUILD / "tests" / "e2e" / "clock_shim.so"


class Shim:
    """Daemon(wrap=shim.wrap) sees the clocks of move()."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "offsets"
        self.mono_s = 0
        self.move(0, 0)
        asan = os.environ.get("ASAN_OPTIONS", "")
        env = {"CLOCK_SHIM": str(self.path), "LD_PRELOAD": str(LIBRARY),
               "ASAN_OPTIONS": (asan + ":" if asan else "") + "verify_asan_link_order=0"}
        self.wrap = ["env", *(f"{k}={v}" for k, v in env.items())]

    def move(self, wall_s, boot_s, mono_s=0):
        """The file stays the same one: it is mapped by the daemon."""
        with open(self.path, "r+b" if self.path.exists() else "wb") as f:
            f.write(struct.pack("=qqq", wall_s * 1000, boot_s * 1000, mono_s * 1000))

    def pass_by(self, seconds):
        """Time goes on for all clocks alike: no sleep and no jump of one against another."""
        self.mono_s += seconds
        self.move(self.mono_s, self.mono_s, self.mono_s)
