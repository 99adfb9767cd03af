# SPDX-License-Identifier: MIT
"""bambud as a unit of the systemd around us: the package's own, sandbox and all, but for its user, its folders and who hears READY=1.

Looks like subprocess.Popen to the harness.
"""
import itertools
import os
import pathlib
import select
import signal
import subprocess
import time

UNITS = pathlib.Path("/run/systemd/system")
INHERITED = dict(os.environ)
numbers = itertools.count(1)
# The folder is the test's and root's, so is the daemon; without capabilities that is a user like any other. What the test wants to
# see at once, restarts and the watchdog among it, is left to test_systemd.
CHANGES = """
[Service]
Type=exec
NotifyAccess=none
WatchdogSec=0
Restart=no
User=root
RuntimeDirectory=
StateDirectory=
CacheDirectory=
LoadCredential=
ReadWritePaths={folder}
StandardOutput=append:{log}
StandardError=append:{log}
ExecStart=
ExecStart={argv}
ExecStopPost=+/bin/sh -c 'echo "$$EXIT_CODE $$EXIT_STATUS" >{ended}.new && mv {ended}.new {ended}'
"""


def systemctl(*words):
    return subprocess.run(["systemctl", *words], check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def quoted(word):
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$") + '"'


class Unit:
    def __init__(self, argv, env, folder, log):
        self.name = f"bb-{os.getpid()}-{next(numbers)}.service"
        self.ended = pathlib.Path(folder) / f"{self.name}.ended"
        self.returncode = None
        package = pathlib.Path(os.environ["BUILD_DIR"]) / "systemd" / "bambud.service"
        kept = [line for line in package.read_text().splitlines() if not line.startswith(("Wants=", "After="))]
        text = "\n".join(kept) + CHANGES.format(folder=folder, log=log, ended=self.ended, argv=" ".join(map(quoted, argv)))
        # What the test has set, and nothing else of ours. A sanitizer's look for leaks traces, which the sandbox forbids.
        env = {k: v for k, v in env.items() if INHERITED.get(k) != v or k.endswith("SAN_OPTIONS")}
        env["ASAN_OPTIONS"] = ":".join(filter(None, [env.get("ASAN_OPTIONS"), "detect_leaks=0"]))
        text += "".join(f"Environment={quoted(f'{k}={v}')}\n" for k, v in env.items())
        (UNITS / self.name).write_text(text)
        systemctl("start", self.name)
        self.pid = int(systemctl("show", "--value", "--property=ExecMainPID", self.name))
        self.look()

    def look(self):
        """That the sandbox is there."""
        try:
            facts = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        except FileNotFoundError:  # it has ended already
            return
        for fact in ("NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000"):
            if fact not in facts:
                raise AssertionError(f"{self.name} is not shut in: no {fact!r}")

    def poll(self):
        if self.returncode is None and self.ended.exists():
            how, status = self.ended.read_text().split()
            self.returncode = int(status) if how == "exited" else -signal.Signals[f"SIG{status}"]
            (UNITS / self.name).unlink()
        return self.returncode

    def wait(self, timeout=None):
        end = time.monotonic() + (timeout if timeout is not None else float("inf"))
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(self.name, timeout)
            select.select([], [], [], 0.01)
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None and self.pid > 0:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)
