# SPDX-License-Identifier: MIT
"""bambuctl as its users meet it: followers, waits, another host, a terminal, a shell's completion."""
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import socket
import struct
import subprocess
import termios
import threading
import time
import unittest

from harness import BAMBUCTL, DEADLINE, SOURCE, Case, wait_until


def spawn(socket_path, *args, stdin=subprocess.DEVNULL, env=None):
    """bambuctl in the background, its outputs piped."""
    environment = dict(os.environ, LC_ALL="C.UTF-8", **(env or {}))
    return subprocess.Popen([str(BAMBUCTL), "--socket", str(socket_path), *args], stdin=stdin, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=environment)


class Reader:
    """The lines of a pipe as they come."""

    def __init__(self, pipe):
        self.pipe, self.buffer = pipe, b""

    def until(self, part, deadline=DEADLINE):
        """The first line with these bytes in it; what came before is passed over."""
        end = time.monotonic() + deadline
        while True:
            while b"\n" in self.buffer:
                line, self.buffer = self.buffer.split(b"\n", 1)
                if part in line:
                    return line
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.pipe], [], [], left)[0]:
                raise AssertionError(f"no {part!r} within {deadline} s; held: {self.buffer[:300]!r}")
            data = os.read(self.pipe.fileno(), 1 << 16)
            if not data:
                raise AssertionError(f"ended without {part!r}")
            self.buffer += data


class Terminal:
    """bambuctl on a terminal of that size."""

    def __init__(self, socket_path, *args, rows=24, columns=100, env=None, program=None):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = dict(os.environ, LC_ALL="C.UTF-8", TERM="xterm", NO_COLOR="")
        environment.update(env or {})
        argv = program or [str(BAMBUCTL), "--socket", str(socket_path), *args]
        self.child = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
                                      preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.text = b""

    def read_some(self, deadline):
        if not select.select([self.master], [], [], deadline)[0]:
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:  # the last one at the other end is gone
            data = b""
        self.text += data
        return bool(data)

    def until(self, part, deadline=DEADLINE):
        end = time.monotonic() + deadline
        while part not in self.text:
            if not self.read_some(max(0.0, end - time.monotonic())):
                raise AssertionError(f"no {part!r} on the terminal: {self.text[-2000:]!r}")

    def type(self, keys):
        os.write(self.master, keys)

    def end(self):
        """Exit status; self.text is all it wrote."""
        while self.read_some(DEADLINE):
            pass
        status = self.child.wait(DEADLINE)
        os.close(self.master)
        return status


class Followers(Case):
    """Against real parts: simulated printers that stand still unless told otherwise."""

    def setUp(self):
        super().setUp()
        self.sim_ = self.sim("--printers", "2", "--model", "X1C", "--state", "printing", "--still", "--rate", "5")
        self.daemon_ = self.daemon()
        self.names = [p["name"] for p in json.loads(self.sim_.do("list"))]
        for name in self.names:
            self.daemon_.wait_status(name, "printing", lambda s: s["print"]["state"] == "printing")
        self.one, self.two = self.names
        self.children = []

    def tearDown(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.communicate()
        super().tearDown()

    def run_ctl(self, *args, **kw):
        child = spawn(self.daemon_.socket, *args, **kw)
        self.children.append(child)
        return child

    def stop_daemon(self):
        self.processes.remove(self.daemon_)
        self.assertEqual(self.daemon_.stop(), 0)

    def clients(self, count):
        """Until so many connections besides the asking one are held; what they asked before is then answered."""
        wait_until(f"{count} connections", lambda: self.daemon_.call("daemon.status")["clients"] == count + 1)

    def subscribed(self, count):
        """Until so many are there at least: a connection alone may not have asked yet."""
        wait_until(f"{count} subscriptions",
                   lambda: self.daemon_.call("daemon.stats")["counters"]["clients"]["subscriptions"] >= count)

    def test_watch_prints_a_line_for_each_meaningful_change(self):
        child = self.run_ctl("watch")
        lines = Reader(child.stdout)
        self.assertIn(b"printing", lines.until(self.one.encode()))
        lines.until(self.two.encode())
        self.sim_.do("set", self.two, "percent=77")
        self.assertIn(b"77 %", lines.until(self.two.encode()))
        self.sim_.do("set", self.two, "wifi=-61")
        self.sim_.do("state", self.two, "paused")
        self.assertIn(b"paused", lines.until(self.two.encode()))
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(DEADLINE), 130)
        self.assertEqual(child.stderr.read(), b"")

    def test_watch_of_one_as_json_gives_the_objects_of_the_socket(self):
        child = self.run_ctl("status", self.one, "-w", "--json")
        lines = Reader(child.stdout)
        first = json.loads(lines.until(b"snapshot"))
        self.assertEqual([p["name"] for p in first["snapshot"]["printers"]], [self.one])
        self.sim_.do("set", self.two, "percent=11")
        self.sim_.do("set", self.one, "percent=78")
        change = json.loads(lines.until(b'"percent":78'))
        self.assertEqual((change["printer"], change["changes"]["print"]["percent"]), (self.one, 78))
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(DEADLINE), 143)

    def test_followers_end_with_3_and_one_line_when_the_daemon_goes(self):
        watch, wait = self.run_ctl("watch"), self.run_ctl("wait", self.one, "--until", "print.finished")
        Reader(watch.stdout).until(self.two.encode())
        self.subscribed(2)
        self.stop_daemon()
        for child in (watch, wait):
            _, err = child.communicate(timeout=DEADLINE)
            self.assertEqual(child.returncode, 3, err)
            self.assertEqual(err.count(b"\n"), 1, err)

    def test_events_are_followed_across_a_restart_of_the_daemon(self):
        events = self.run_ctl("events", "-f", "--since", "1h", "--kind", "printer.online,daemon.*", "--json")
        lines = Reader(events.stdout)
        seen = [json.loads(lines.until(b"\"seq\"")) for _ in range(3)]
        self.clients(1)
        self.stop_daemon()
        seen.append(json.loads(lines.until(b"daemon.stopping")))
        again = self.daemon(name="again")
        again.wait_link(self.one, "online")
        seen += [json.loads(lines.until(b"\"seq\"")) for _ in range(3)]
        self.assertEqual([e["kind"] for e in seen].count("printer.online"), 4)
        self.assertEqual([e["kind"] for e in seen[3:5]], ["daemon.stopping", "daemon.started"])
        held = again.call("events.list", {"kinds": ["printer.online", "daemon.*"], "limit": 7})["events"]
        self.assertEqual([e["seq"] for e in seen], [e["seq"] for e in held])
        events.send_signal(signal.SIGINT)
        _, err = events.communicate(timeout=DEADLINE)
        self.assertEqual((events.returncode, err.count(b"\n")), (130, 1), err)

    def test_a_cursor_of_another_epoch_is_told_that_something_is_lost(self):
        epoch, seq = self.daemon_.call("events.list", {"limit": 1})["cursor"].split(".")
        code, out, err = self.daemon_.ctl("events", "-f", "--since", f"{int(epoch) - 1}.{seq}", "--limit", "1", "--json")
        self.assertEqual(code, 0)
        self.assertEqual([json.loads(line).get("seq", "lost") for line in out.splitlines()], ["lost", 1])
        self.assertIn("lost", err)

    def test_watch_refuses_what_it_cannot_honour(self):
        for args in (("list", "-w", "-o", "NAME"), ("status", self.one, "-w", "--raw"), ("hms", "-w")):
            code, out, err = self.daemon_.ctl(*args)
            self.assertEqual((code, out, err.count("\n")), (2, "", 1), (args, err))
        self.assertEqual(self.daemon_.ctl("watch", "nobody")[0], 4)

    def test_a_follower_whose_reader_left_ends_without_a_word(self):
        child = self.run_ctl("watch")
        Reader(child.stdout).until(self.two.encode())
        child.stdout.close()
        self.assertEqual(child.wait(DEADLINE), 141)
        self.assertEqual(child.stderr.read(), b"")

    def test_wait_is_over_at_once_when_it_holds_already(self):
        code, out, err = self.daemon_.ctl("wait", self.one, "--until", "print.state=printing")
        self.assertEqual((code, out, err), (0, f"{self.one:<12}  print.state printing\n", ""))
        code, out, _ = self.daemon_.ctl("wait", self.one, "--until", "print.percent>=0", "--json")
        self.assertEqual(code, 0)
        got = json.loads(out)
        self.assertEqual((got["printer"], got["key"]), (self.one, "print.percent"))
        self.assertEqual(self.daemon_.ctl("wait", self.one, "--until", "model=X1C", "-q")[:2], (0, ""))

    def test_wait_needs_all_printers_that_are_meant(self):
        child = self.run_ctl("wait", "@printing", "--until", "print.state=paused")
        self.subscribed(1)
        lines = Reader(child.stdout)
        self.sim_.do("state", self.one, "paused")
        lines.until(self.one.encode())
        self.assertIsNone(child.poll())
        self.sim_.do("state", self.two, "paused")
        lines.until(self.two.encode())
        self.assertEqual(child.wait(DEADLINE), 0)

    def test_wait_ends_with_12_in_time(self):
        code, out, err = self.daemon_.ctl("wait", "*", "--until", "print.state=failed", "--timeout", "300ms")
        self.assertEqual((code, out), (12, ""))
        self.assertEqual(err.count("\n"), 1)
        self.assertIn("no print.state=failed within 300ms", err)

    def test_wait_for_an_event_prints_it(self):
        child = self.run_ctl("wait", "-p", self.one, "--until", "printer.*", "--json")
        self.subscribed(1)
        for fault in (self.two, self.one):
            self.sim_.do("fault", fault, "refuse", "on")
            self.sim_.do("fault", fault, "kick", "on")
        out, _ = child.communicate(timeout=DEADLINE)
        self.assertEqual(child.returncode, 0)
        event = json.loads(out)
        self.assertEqual((event["printer"], event["kind"]), (self.one, "printer.offline"))

    def test_wait_refuses_what_can_never_come(self):
        for until, status in (("no.such.kind", 2), ("print.nope=1", 2), ("nope=1", 2), ("print.percent>half", 2),
                              ("link.age_ms>5", 2), ("", 2)):
            code, _, err = self.daemon_.ctl("wait", self.one, "--until", until, "--timeout", "5s")
            self.assertEqual((code, err.count("\n")), (status, 1), (until, err))
        self.assertEqual(self.daemon_.ctl("wait", "nobody", "--until", "print.finished")[0], 4)
        self.assertEqual(self.daemon_.ctl("wait", "--until", "print.finished")[0], 4)
        self.assertEqual(self.daemon_.ctl("wait", "@offline", "--until", "print.finished")[0] in (2, 4), True)

    def test_doctor_of_real_printers(self):
        code, out, err = self.daemon_.ctl("doctor", self.one)
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn(" ok ", out)
        self.assertNotIn("FAIL", out)
        self.sim_.do("fault", self.two, "refuse", "on")
        self.sim_.do("fault", self.two, "kick", "on")
        self.daemon_.wait_status(self.two, "lost", lambda s: s["link"]["state"] in ("offline", "lan_closed"))
        code, out, err = self.daemon_.ctl("doctor", self.two)
        self.assertEqual((code, err), (5, ""), out)
        self.assertRegex(out, r"2 tcp +FAIL  connection refused.*\n   -> ")
        self.assertIn("skipped", out)

    def test_messages_of_a_real_printer(self):
        child = self.run_ctl("mqtt", "listen", self.one)
        self.clients(1)
        self.sim_.do("publish", self.one, '{"print":{"command":"odd","x":"\\u0007"}}')
        line = Reader(child.stdout).until(b"odd")
        self.assertIn(f"  {self.one:<12}  report ".encode(), line)
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(DEADLINE), 130)

    def fake_ssh(self, script):
        folder = self.folder / "bin"
        folder.mkdir(exist_ok=True)
        (folder / "ssh").write_text("#!/bin/sh\n" + script)
        (folder / "ssh").chmod(0o755)
        link = folder / "bambuctl"
        if not link.exists():
            link.symlink_to(BAMBUCTL)
        return {"PATH": f"{folder}:{os.environ['PATH']}"}

    def test_another_host_is_reached_through_ssh(self):
        env = self.fake_ssh(f'echo "$*" >>{self.folder}/ssh.log\nshift\nexec "$@"\n')
        code, out, err = self.daemon_.ctl("-H", "me@farm", "get", self.one, "print.state", env=env)
        self.assertEqual((code, out, err), (0, "printing\n", ""))
        said = (self.folder / "ssh.log").read_text()
        self.assertEqual(said, f"me@farm bambuctl proxy --socket {self.daemon_.socket}\n")
        env["BAMBUD_SOCKET"] = str(self.daemon_.socket)
        done = subprocess.run([str(BAMBUCTL), "-H", "farm", "list", "--json"], capture_output=True, text=True,
                              timeout=DEADLINE, env=dict(os.environ, **env), check=True)
        self.assertEqual(len(json.loads(done.stdout)["printers"]), 2)
        self.assertTrue((self.folder / "ssh.log").read_text().endswith("\nfarm bambuctl proxy\n"))
        # A stream through it as well, and no process left behind.
        child = self.run_ctl("-H", "farm", "watch", env=env)
        Reader(child.stdout).until(self.two.encode())
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(DEADLINE), 130)
        self.clients(0)

    def test_another_host_out_of_reach_is_one_clear_line(self):
        env = self.fake_ssh('echo "ssh: Could not resolve hostname" >&2\nexit 255\n')
        code, out, err = self.daemon_.ctl("-H", "nowhere", "list", env=env)
        self.assertEqual((code, out), (3, ""))
        self.assertIn("ssh cannot reach nowhere", err)
        env = self.fake_ssh("exit 6\n")
        self.assertEqual(self.daemon_.ctl("-H", "farm", "list", env=env)[0], 6)
        code, _, err = self.daemon_.ctl("-H", "-oProxyCommand=id", "list", env=env)
        self.assertEqual((code, err.count("\n")), (2, 1))

    def test_proxy_passes_every_byte_and_ends_with_its_input(self):
        requests = b"".join(b'{"id":%d,"method":"printer.list"}\n' % i for i in range(60))
        done = subprocess.run([str(BAMBUCTL), "proxy", "--socket", str(self.daemon_.socket)], input=requests,
                              capture_output=True, timeout=DEADLINE, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        replies = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(sorted(r["id"] for r in replies), list(range(60)))

    def test_screen_is_drawn_anew_and_left_clean(self):
        terminal = Terminal(self.daemon_.socket, "watch", rows=30)
        terminal.until(b"2 printing")
        self.sim_.do("state", self.two, "paused")
        terminal.until(b"1 paused")
        terminal.type(b"\x03")
        self.assertEqual(terminal.end(), 130)
        self.assertTrue(terminal.text.rstrip().endswith(b"\x1b[?1049l"), terminal.text[-100:])
        terminal = Terminal(self.daemon_.socket, "status", self.one, "--watch")
        terminal.until(b"Job ")
        self.sim_.do("set", self.one, "percent=79")
        terminal.until(b"79 %")
        self.stop_daemon()
        self.assertEqual(terminal.end(), 3)
        after = terminal.text.split(b"\x1b[?1049l")[-1]
        self.assertEqual(after.count(b"\n"), 1, after)

    def test_top_shows_printers_and_what_happens(self):
        terminal = Terminal(self.daemon_.socket, "top", rows=30)
        terminal.until(b"2 printing")
        self.sim_.do("state", self.two, "paused")
        terminal.until(b"1 paused")
        terminal.until(b"print.paused")
        terminal.type(b"\x03")
        self.assertEqual(terminal.end(), 130)
        code, _, err = self.daemon_.ctl("top")
        self.assertEqual(code, 2)
        self.assertIn("bambuctl watch", err)

    def test_colour_is_for_terminals(self):
        self.assertNotIn("\x1b", self.daemon_.ctl("list", env={"TERM": "xterm"})[1])
        terminal = Terminal(self.daemon_.socket, "status", self.one)
        self.assertEqual(terminal.end(), 0)
        self.assertIn(b"\x1b[1m", terminal.text)
        terminal = Terminal(self.daemon_.socket, "status", self.one, env={"NO_COLOR": "1"})
        self.assertEqual(terminal.end(), 0)
        self.assertNotIn(b"\x1b", terminal.text)

    def test_pager_gets_what_is_longer_than_the_terminal(self):
        pager = {"PAGER": f"tee {self.folder}/paged"}
        terminal = Terminal(self.daemon_.socket, "keys", rows=20, env=pager)
        self.assertEqual(terminal.end(), 0)
        paged = (self.folder / "paged").read_bytes()
        self.assertIn(b"print.percent", paged)
        self.assertEqual(terminal.text.replace(b"\r\n", b"\n"), paged)
        (self.folder / "paged").unlink()
        for args, rows in ((("list",), 20), (("keys", "--no-pager"), 20), (("keys",), 500)):
            terminal = Terminal(self.daemon_.socket, *args, rows=rows, env=pager)
            self.assertEqual(terminal.end(), 0)
            self.assertFalse((self.folder / "paged").exists(), args)
        terminal = Terminal(self.daemon_.socket, "keys", rows=20, env={"PAGER": "no-such-pager-here 2>/dev/null"})
        self.assertEqual(terminal.end(), 0)
        self.assertIn(b"print.percent", terminal.text)


    def complete(self, *words):
        """Candidates of bambuctl itself, without their explanations."""
        code, out, err = self.daemon_.ctl("__complete", *words)
        self.assertEqual((code, err), (0, ""))
        return [line.split("\t")[0] for line in out.splitlines()]

    def test_completion_asks_the_daemon_for_names_and_keys(self):
        for words, wanted in ((("status", "sim-"), self.names), (("get", self.one, "print.per"), ["print.percent"]),
                              (("status", f"{self.one},sim-"), [f"{self.one},{n}" for n in self.names])):
            # On a busy machine the daemon may miss the 300 ms it is given.
            wait_until(f"{wanted} for {words}", lambda: self.complete(*words) == wanted)
        wait_until("keys", lambda: "print.state=" in self.complete("wait", self.one, "--until", "print."))
        self.assertEqual(self.complete("--socket", "/nonexistent/s", "status", "sim-"), [])

    def test_completion_waits_for_no_one(self):
        silent = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(silent.close)
        silent.bind(str(self.folder / "silent"))
        silent.listen(1)
        begun = time.monotonic()
        self.assertEqual(self.complete("--socket", str(self.folder / "silent"), "get", ""), ["@all", "@idle", "@printing",
                                                                                          "@problem"])
        self.assertLess(time.monotonic() - begun, 5)  # once 300 ms, and a loaded machine

    def press_tab(self, shell, typed, completed, tries=5):
        """Again when nothing came: on a busy machine the daemon may miss the 300 ms it is given."""
        for left in reversed(range(tries)):
            shell.text = b""
            shell.type(b"bambuctl " + typed + b"\t")
            try:
                shell.until(completed, DEADLINE if left == 0 else 2)
                break
            except AssertionError:
                if left == 0:
                    raise
            finally:
                shell.type(b"\x15")

    def test_completion_works_in_bash(self):
        if not shutil.which("bash"):
            self.skipTest("no bash here")
        env = {**self.fake_ssh(""), "BAMBUD_SOCKET": str(self.daemon_.socket), "INPUTRC": "/dev/null", "PS1": "> "}
        shell = Terminal(self.daemon_.socket, program=["bash", "--norc", "--noprofile", "-i"], env=env)
        script = SOURCE / "ctl" / "completion" / "bambuctl.bash"
        shell.type(b"bind 'set bell-style none'; source %s; echo rea''dy\n" % str(script).encode())
        shell.until(b"ready\r\n")
        for typed, completed in (("stat", "status "), ("status sim-0001,sim-0002,@prin", ",@printing "),
                                 ("list --color=al", "--color=always "), ("daemon p", "daemon ping "),
                                 ("wait sim-0001 --until print.stat", "print.state="), ("get sim-0001 print.perc", "print.percent "),
                                 (f"--socket {self.folder}/run/contr", "control.sock ")):
            self.press_tab(shell, typed.encode(), completed.encode())
        shell.type(b"exit\n")
        self.assertEqual(shell.end(), 0)

    def test_completion_is_well_formed_for_other_shells(self):
        missing = []
        for shell, check, name in (("zsh", "-n", "_bambuctl"), ("fish", "--no-execute", "bambuctl.fish")):
            if not shutil.which(shell):
                missing.append(shell)
                continue
            done = subprocess.run([shell, check, str(SOURCE / "ctl" / "completion" / name)], capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""), shell)
        if missing:
            self.skipTest("not installed: " + ", ".join(missing))


class FakeDaemon:
    """Answers each method with what a function of its params says: (result, notifications)."""

    def __init__(self, path, methods):
        self.methods, self.asked = methods, []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen(8)
        self.path = path
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(conn,), daemon=True).start()

    def talk(self, conn):
        with conn, conn.makefile("rwb") as lines:
            for line in lines:
                request = json.loads(line)
                self.asked.append((request["method"], request.get("params", {})))
                result, after = self.methods[request["method"]](request.get("params", {}))
                for item in [{"id": request["id"], "result": result}, *after]:
                    lines.write(json.dumps(item).encode() + b"\n")
                lines.flush()

    def ctl(self, *args, **kw):
        child = spawn(self.path, *args, **kw)
        out, err = child.communicate(timeout=DEADLINE)
        return child.returncode, out.decode(), err.decode()


PIN = "ab" * 32


class Looking(Case):
    """What the daemon finds out, shown and acted upon."""

    def fake(self, **methods):
        fake = FakeDaemon(self.folder / "s", {name.replace("__", "."): m for name, m in methods.items()})
        self.addCleanup(fake.listener.close)
        return fake

    def test_doctor_ends_with_the_kind_of_its_first_failure(self):
        steps = [{"name": "address", "state": "ok", "detail": "192.0.2.44", "ms": 0},
                 {"name": "login", "state": "fail", "detail": "broker: not authorised", "ms": 3},
                 {"name": "subscription", "state": "skipped", "detail": None, "ms": 0}]
        result = {"steps": steps, "remedy": "read the access code again, then:\nbambuctl printer set a --code-stdin"}
        fake = self.fake(printer__doctor=lambda p: (result, []))
        code, out, err = fake.ctl("doctor", "a")
        self.assertEqual((code, err), (18, ""))
        self.assertIn(" 2 login        FAIL  broker: not authorised\n   -> read the access code again, then:\n"
                      "      bambuctl printer set a --code-stdin\n", out)
        code, out, _ = fake.ctl("doctor", "a", "--json")
        self.assertEqual((code, json.loads(out)), (18, result))
        self.assertEqual(fake.asked[0], ("printer.doctor", {"printer": "a"}))

    def trust(self, **more):
        shown = {"pin": PIN, "subject": "CN=1", "issuer": "CN=2", "not_after": "2030-01-01T00:00:00Z", "verified": False,
                 "reason": "self-signed", **more}
        return self.fake(printer__trust=lambda p: ({**shown, "trusted": "pin" in p or more.get("trusted", False)}, []))

    def pinned(self, fake):
        return [p["pin"] for _, p in fake.asked if "pin" in p]

    def test_trust_is_never_silent(self):
        fake = self.trust()
        code, out, err = fake.ctl("printer", "trust", "a")
        self.assertEqual((code, self.pinned(fake)), (9, []))
        self.assertIn(PIN, out)
        self.assertEqual(err.count("\n"), 1)
        code, out, _ = fake.ctl("printer", "trust", "a", "--json")
        self.assertEqual((code, json.loads(out)["pin"], self.pinned(fake)), (0, PIN, []))
        self.assertEqual(fake.ctl("printer", "trust", "a", "--show")[0], 0)
        self.assertEqual(self.pinned(fake), [])

    def test_trust_is_given_by_yes_by_pin_or_by_hand(self):
        fake = self.trust()
        self.assertEqual(fake.ctl("printer", "trust", "a", "--yes")[0], 0)
        self.assertEqual(fake.ctl("printer", "trust", "a", "--pin", "cd" * 32)[0], 0)
        self.assertEqual(self.pinned(fake), [PIN, "cd" * 32])
        terminal = Terminal(fake.path, "printer", "trust", "a")
        terminal.until(b"[y/N]")
        self.assertIn(PIN.encode(), terminal.text)
        terminal.type(b"n\n")
        self.assertEqual((terminal.end(), len(self.pinned(fake))), (9, 2))
        terminal = Terminal(fake.path, "printer", "trust", "a")
        terminal.until(b"[y/N]")
        terminal.type(b"y\n")
        self.assertEqual((terminal.end(), self.pinned(fake)[2:]), (0, [PIN]))

    def test_trust_of_what_needs_none_asks_nothing(self):
        fake = self.trust(verified=True)
        code, out, _ = fake.ctl("printer", "trust", "a")
        self.assertEqual((code, self.pinned(fake)), (0, []))
        self.assertIn("needs no pin", out)

    def test_messages_are_followed_in_either_order_of_words(self):
        def note(payload, **more):
            return {"method": "mqtt", "params": {"sub": 1, "printer": "a", "topic": "device/1/report", "payload": payload,
                                                 "time": "2026-11-23T10:00:00.000Z", **more}}
        fake = self.fake(mqtt__listen=lambda p: ({"sub": 1}, [note({"print": {"x": 1}}), note("not json\x07", lost=3)]))
        for words in (("mqtt", "listen", "a"), ("mqtt", "a", "listen")):
            child = spawn(fake.path, *words)
            lines = Reader(child.stdout)
            self.assertTrue(lines.until(b"report").endswith(b'{"print":{"x":1}}'))
            self.assertIn(b"3 messages", lines.until(b"3 "))
            self.assertTrue(lines.until(b"not json").endswith(b"not json\\x07"))
            child.send_signal(signal.SIGINT)
            self.assertEqual(child.wait(DEADLINE), 130)
            child.communicate()
        self.assertEqual(fake.asked[-1], ("mqtt.listen", {"printer": "a"}))

    def test_metrics_come_as_they_are(self):
        text = '# HELP a b\n# TYPE a gauge\na{x="\\\\ \\"q\\""} 1\n'
        fake = self.fake(metrics__text=lambda p: ({"text": text}, []))
        self.assertEqual(fake.ctl("metrics"), (0, text, ""))

    def test_no_daemon_is_one_clear_line(self):
        path = self.folder / "stale"
        dead = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        dead.bind(str(path))
        dead.close()
        for where, words in ((path, "refused"), (self.folder / "none", "No such file"), (self.folder, "")):
            for verb in (("list",), ("watch",), ("wait", "a", "--until", "print.finished"), ("proxy",), ("events", "-f")):
                child = spawn(where, *verb)
                out, err = child.communicate(timeout=DEADLINE)
                self.assertEqual((child.returncode, out, err.count(b"\n")), (3, b"", 1), (verb, err))
                self.assertIn(words, err.decode())


if __name__ == "__main__":
    unittest.main(verbosity=2)
