# SPDX-License-Identifier: MIT
"""The examples of the man pages do what the pages say, against the farm of the demonstration."""
import os
import re
import subprocess
import sys
import unittest

import harness


def section(page, name="EXAMPLES"):
    """Text of a section, as a reader would type it."""
    text = (harness.SOURCE / page).read_text(encoding="utf-8")
    found = re.search(rf"^\.Sh {name}\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S).group(1)
    return found.replace("\\e", "\\")


def blocks(text):
    return re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", text, re.M | re.S)


def typed(text):
    """Commands behind a $, with their continued lines."""
    commands = re.findall(r"^\.Dl \$ (.*)$", text, re.M)
    for block in blocks(text):
        if block.startswith("$ "):
            commands += [c.strip() for c in re.split(r"^\$ ", block, flags=re.M) if c.strip()]
    return commands


class Manual(harness.Case):
    def setUp(self):
        super().setUp()
        self.farm = self.sim("--farm", "demo")
        self.bambud = self.daemon()
        for name in ("rack1-01", "rack2-03", "shelf-1"):
            self.bambud.wait_status(name, "a report", lambda s: s["print"]["state"] != "unknown")
        self.env = dict(os.environ, LC_ALL="C.UTF-8", BAMBUD_SOCKET=str(self.bambud.socket),
                        PATH=f"{harness.BAMBUCTL.parent}:{harness.BAMBUD.parent}:{os.environ['PATH']}")

    def shell(self, command):
        return subprocess.run(["bash", "-e", "-o", "pipefail", "-c", command], env=self.env, capture_output=True, text=True,
                              timeout=harness.DEADLINE, check=False)

    def test_examples_of_bambuctl_work(self):
        text = section("ctl/bambuctl.1")
        self.farm.do("state", "rack1-01", "finished")
        # What has no end, and what needs another host, is left to other tests.
        commands = [c for c in typed(text) if " -f" not in c and " -H " not in c] + [b for b in blocks(text) if not b.startswith("$ ")]
        self.assertGreater(len(commands), 5)
        for command in commands:
            with self.subTest(command):
                done = self.shell(command)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertTrue(done.stdout.strip())

    def follow(self, argv, first, then):
        """Starts an example that has no end; once it has printed `first`, a print ends; then it prints `then`."""
        child = self.start(harness.Process("example", argv, self.folder, env=self.env))
        child.wait_line(first)
        self.farm.do("state", "rack1-01", "finished")
        child.wait_line(then)

    def test_client_in_python_prints_states_and_events(self):
        code = next(b for b in blocks(section("common/bambud-protocol.7")) if b.startswith("import "))
        code = code.replace("/run/bambud/control.sock", str(self.bambud.socket))
        self.follow([sys.executable, "-u", "-c", code], "rack1-01 online printing", "rack1-01 print.finished")


if __name__ == "__main__":
    unittest.main()
