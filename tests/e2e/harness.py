# SPDX-License-Identifier: MIT
"""What the end-to-end tests share: real binaries in a private folder, events instead of sleeps.

Every wait has a deadline and looks at something that happens: a line, a notification, a state. BUILD_DIR names the build.
"""
import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import transient

BUILD = pathlib.Path(os.environ.get("BUILD_DIR", "build")).resolve()
SOURCE = pathlib.Path(__file__).resolve().parents[2]
BAMBUD = BUILD / "daemon" / "bambud"
BAMBUCTL = BUILD / "ctl" / "bambuctl"
SIM = BUILD / "tests" / "sim" / "bambu-sim"
DEADLINE = 20.0


def wait_until(what, probe, deadline=DEADLINE, pause=0.05):
    """Calls probe until it returns something true; the pause only spaces the looks."""
    end = time.monotonic() + deadline
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline} s for {what}; last: {value!r}")
        select.select([], [], [], pause)


class Client:
    """A raw client of the control socket."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(DEADLINE)
        try:
            self.sock.connect(str(path))
        except OSError:
            self.sock.close()
            raise
        self.buffer = b""
        self.next_id = 1
        self.notifications = []

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, text):
        self.sock.sendall(text if isinstance(text, bytes) else text.encode())

    def line(self, deadline=DEADLINE):
        """Next line as an object; None at the end of the connection."""
        end = time.monotonic() + deadline
        while b"\n" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError(f"no line within {deadline} s; held: {self.buffer[:200]!r}")
            self.sock.settimeout(left)
            try:
                data = self.sock.recv(1 << 16)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.buffer += data
        raw, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(raw)

    def request(self, method, params=None):
        request = {"id": self.next_id, "method": method}
        if params is not None:
            request["params"] = params
        self.next_id += 1
        self.send(json.dumps(request) + "\n")
        return request["id"]

    def reply(self, wanted, deadline=DEADLINE):
        """The reply with this id; notifications in between are kept in self.notifications."""
        while True:
            got = self.line(deadline)
            if got is None:
                raise AssertionError("connection closed while waiting for a reply")
            if got.get("id") == wanted and "method" not in got:
                return got
            self.notifications.append(got)

    def call(self, method, params=None, deadline=DEADLINE):
        """The result; an error reply raises."""
        got = self.reply(self.request(method, params), deadline)
        if "error" in got:
            raise AssertionError(f"{method}: {got['error']}")
        return got["result"]

    def error(self, method, params=None):
        """The error object; a result raises."""
        got = self.reply(self.request(method, params))
        if "error" not in got:
            raise AssertionError(f"{method} should fail: {got['result']}")
        return got["error"]


class Process:
    """A child whose output goes to a file and whose lines can be awaited."""

    def __init__(self, name, argv, folder, env=None, cwd=None):
        self.name = name
        self.log = pathlib.Path(folder) / f"{name}.log"
        self.out = open(self.log, "ab")
        self.child = self.spawn([str(a) for a in argv], env, cwd)

    def spawn(self, argv, env, cwd):
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self.out, stderr=subprocess.STDOUT, env=env, cwd=cwd)

    def text(self):
        return self.log.read_text(errors="replace")

    def wait_line(self, part, deadline=DEADLINE):
        def probe():
            if part in self.text():
                return True
            if self.child.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.child.returncode}:\n{self.text()[-3000:]}")
            return False
        wait_until(f"{part!r} from {self.name}", probe, deadline)

    def stop(self, deadline=DEADLINE):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(deadline)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError(f"{self.name} did not end within {deadline} s of SIGTERM")
        finally:
            self.out.close()


class Daemon(Process):
    """bambud with a private configuration; ready means READY=1 came."""

    def __init__(self, folder, config="bambud.conf", extra=(), wrap=(), wait=True, name="bambud"):
        self.folder = pathlib.Path(folder)
        self.notify_path = self.folder / f"{name}.notify"
        self.notify_path.unlink(missing_ok=True)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.notify_path))
        self.notify_path.chmod(0o666)  # the daemon of a test may be another user's
        self.messages, self.notified = [], threading.Condition()
        threading.Thread(target=self.read_notify, daemon=True).start()
        env = dict(os.environ, NOTIFY_SOCKET=str(self.notify_path))
        env.pop("JOURNAL_STREAM", None)
        super().__init__(name, [*wrap, BAMBUD, "--config", self.folder / config, *extra], folder, env)
        self.socket = self.folder / "run" / "control.sock"
        if wait:
            self.wait_notify("READY=1")

    def spawn(self, argv, env, cwd):
        """Under the unit of the package where the whole run is (under_unit.py). It has an environment, but no other wrapping."""
        if "BAMBU_UNDER_UNIT" not in os.environ:
            return super().spawn(argv, env, cwd)
        if argv[0] == "env":
            own = argv.index(str(BAMBUD))
            env, argv = {**env, **dict(word.split("=", 1) for word in argv[1:own])}, argv[own:]
        if argv[0] != str(BAMBUD):
            raise unittest.SkipTest(f"{argv[0]} would start bambud, not the unit")
        return transient.Unit(argv, env, self.folder, self.log)

    def read_notify(self):
        """Takes every notification as it comes, as the service manager does: the sender waits on a full queue."""
        while True:
            message = self.notify.recv(4096)
            if not message:
                self.notify.close()
                return
            with self.notified:
                self.messages.append(message.decode())
                self.notified.notify_all()

    def wait_notify(self, word, deadline=DEADLINE):
        """Takes one message that holds the line."""
        end = time.monotonic() + deadline
        with self.notified:
            while True:
                for i, message in enumerate(self.messages):
                    if word in message.split("\n"):
                        return self.messages.pop(i)
                if self.child.poll() is not None:
                    raise AssertionError(f"bambud ended with {self.child.returncode}:\n{self.text()[-3000:]}")
                if time.monotonic() > end:
                    raise AssertionError(f"no {word} within {deadline} s:\n{self.text()[-2000:]}")
                self.notified.wait(0.1)

    def client(self):
        return Client(self.socket)

    def ctl(self, *args, env=None, text=True, stdin=None):
        """bambuctl against this daemon: (status, stdout, stderr)."""
        environment = dict(os.environ, LC_ALL="C.UTF-8", **(env or {}))
        done = subprocess.run([str(BAMBUCTL), "--socket", str(self.socket), *args], capture_output=True, text=text,
                              timeout=DEADLINE, env=environment, input=stdin, check=False)
        return done.returncode, done.stdout, done.stderr

    def call(self, method, params=None):
        """One call on a connection of its own."""
        with self.client() as client:
            return client.call(method, params)

    def status(self, name):
        code, out, err = self.ctl("status", name, "--json=short")
        if code != 0:
            raise AssertionError(f"status {name}: exit {code}: {err}")
        return json.loads(out)

    def wait_status(self, name, what, probe, deadline=DEADLINE):
        """Status object of the printer once probe(object) is true."""
        with self.client() as client:
            def look():
                status = client.call("printer.get", {"printer": name})
                return status if probe(status) else None
            return wait_until(f"{name}: {what}", look, deadline)

    def wait_link(self, name, state, deadline=DEADLINE):
        return self.wait_status(name, f"link.state {state}", lambda s: s["link"]["state"] == state, deadline)

    def stop(self, deadline=DEADLINE):
        try:
            return super().stop(deadline)
        finally:
            # An empty datagram ends the reader; when it was stopped before, there is none.
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s, contextlib.suppress(ConnectionRefusedError):
                if self.notify_path.exists():
                    s.sendto(b"", str(self.notify_path))


class Sim(Process):
    """bambu-sim with N printers and its control socket; writes bambud.conf for a Daemon in the same folder."""

    def __init__(self, folder, *args, name="sim", wrap=()):
        self.folder = pathlib.Path(folder)
        self.control = self.folder / f"{name}.sock"
        super().__init__(name, [*wrap, SIM, "--dir", self.folder, "--control", self.control, "--config-out",
                                self.folder / "bambud.conf", "--port-base", "0", *args], folder)
        self.wait_line("ready")

    def do(self, *words):
        """One control command; its answer, without the word ok."""
        done = subprocess.run([str(SIM), "ctl", str(self.control), *words], capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        if done.returncode != 0:
            raise AssertionError(f"sim {words}: {done.stdout}{done.stderr}")
        return done.stdout.removeprefix("ok").strip()


def main():
    """unittest's, but a file that skipped everything says so to Meson (77) instead of passing."""
    result = unittest.main(verbosity=2, exit=False).result
    if not result.wasSuccessful():
        raise SystemExit(1)
    raise SystemExit(77 if result.testsRun > 0 and len(result.skipped) >= result.testsRun else 0)


class Case(unittest.TestCase):
    """A test with a folder of its own; processes end with it, and a sanitizer report is a failure."""

    def setUp(self):
        # Short: a socket path holds 107 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bb-"))
        os.chmod(self.folder, 0o700)
        self.processes = []

    def tearDown(self):
        problems = []
        for process in reversed(self.processes):
            try:
                status = process.stop()
                if status not in (0, -signal.SIGTERM, -signal.SIGKILL):
                    problems.append(f"{process.name} ended with {status}")
            except AssertionError as e:
                problems.append(str(e))
            text = process.text()
            if "Sanitizer" in text or "runtime error:" in text:
                problems.append(f"{process.name}: {text[-4000:]}")
        problems += self.leaks()
        shutil.rmtree(self.folder, ignore_errors=True)
        if problems:
            self.fail("\n".join(problems))

    def leaks(self):
        """Every access code of this test's configurations is a canary: no log of a daemon or a bambuctl may hold it."""
        codes = set()
        for path in self.folder.glob("*.conf"):
            codes.update(re.findall(r"^AccessCode=([^@./\s]\S{7,})$", path.read_text(errors="replace"), re.M))
        logs = [p for p in self.processes if not isinstance(p, Sim) and p.name != "mosquitto"]
        return [f"{p.name} shows an access code" for p in logs for code in codes if code in p.text()]

    def start(self, process):
        self.processes.append(process)
        return process

    def sim(self, *args, **kw):
        return self.start(Sim(self.folder, *args, **kw))

    def daemon(self, **kw):
        return self.start(Daemon(self.folder, **kw))

    def write_config(self, text, mode=0o600, name="bambud.conf"):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path
