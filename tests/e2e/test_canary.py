# SPDX-License-Identifier: MIT
"""Two access codes that must be seen nowhere, through a run with every kind of trouble (reliability.md rows 28 to 30)."""
import base64
import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import unittest

import harness
from harness import BAMBUD, Case, wait_until

INLINE, FILED, EXPOSED = "cAnArY77", "kAnArI42", "kEnArA13"
SERVICE = 64001
HIDDEN = [form for code in (INLINE, FILED, EXPOSED) for form in
          (code.encode(), base64.b64encode(code.encode()).rstrip(b"="), code.encode().hex().encode(), code[::-1].encode())]


class Canary(Case):
    """Six printers: inline code, code in a file, code refused, stranger, self-signed, code in a file that all can read."""

    def setUp(self):
        super().setUp()
        self.sim_ = self.sim("--printers", "6", "--rate", "5", "--code", INLINE)
        self.config = self.folder / "bambud.conf"
        head, *sections = self.config.read_text().split("[Printer ")
        self.names = ["inline", "filed", "refused", "stranger", "selfmade", "exposed"]
        self.serials = {}
        text = "[Metrics]\nTextfile=run/all.prom\nSocket=run/m.sock\n" + head.replace("[Daemon]\n", "[Daemon]\nLogLevel=debug\n")
        for name, section in zip(self.names, sections):
            section = f"[Printer {name}]\n" + section.split("]\n", 1)[1]
            self.serials[name] = next(l for l in section.splitlines() if l.startswith("Serial="))[7:]
            if name in ("filed", "exposed"):
                section = section.replace(f"AccessCode={INLINE}", f"AccessCode=./secret-{name}")
            text += section
        # The simulator knows one code: the one in the file is refused, the inline one is let in.
        self.secret("filed", FILED, 0o600)
        self.secret("exposed", EXPOSED, 0o644)
        self.text = text
        self.config.write_text(text)
        for name, fault in (("refused", "wrong-code"), ("stranger", "wrong-cn"), ("selfmade", "self-signed")):
            self.sim_.do("fault", self.serials[name], fault, "on")
        self.shown = []

    def secret(self, name, code, mode):
        path = self.folder / f"secret-{name}"
        path.write_text(code + "\n")
        path.chmod(mode)

    def keep(self, where, what):
        self.shown.append((where, what if isinstance(what, bytes) else what.encode(errors="replace")))

    def ctl(self, *args):
        code, out, err = self.daemon_.ctl(*args)
        self.keep(f"bambuctl {args}", out + err)
        return code

    def call_everything(self):
        """Every method there is, with the connection's bytes kept: as they come, answers and errors."""
        with self.daemon_.client() as c:
            methods = c.call("api.methods")["methods"]
            for m in methods:
                params = {}
                for p in m["params"]:
                    if p["type"] == "printer" or p["name"] == "printer":
                        params[p["name"]] = "inline"
                    elif p["required"]:
                        params[p["name"]] = p["enum"][0] if p.get("enum") else p["min"] if p.get("min") is not None else "x"
                if m["name"] == "daemon.log_level":
                    params = {"level": "debug"}
                # A put that is refused ends its connection: each has one of its own.
                with self.daemon_.client() as own:
                    self.keep(m["name"], json.dumps(own.reply(own.request(m["name"], params))))
            # What a client says wrongly comes back escaped, cut, and not as a secret of ours.
            for name in self.names:
                for method in ("printer.raw", "printer.get"):
                    self.keep(method, json.dumps(c.reply(c.request(method, {"printer": name}))))
            self.keep("raw", json.dumps(c.reply(c.request("printer.get", {"printer": "@all", "raw": True}))))
            self.keep("notifications", json.dumps(c.notifications))

    def check(self, pid):
        for where in ("environ", "cmdline", "status", "maps"):
            # Only root may read all of them: for others that is the rule test_no_core_and_no_look_inside looks at.
            with contextlib.nullcontext() if os.geteuid() == 0 else contextlib.suppress(PermissionError):
                self.keep(f"/proc/PID/{where}", pathlib.Path(f"/proc/{pid}/{where}").read_bytes())
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            self.keep("thread name", (task / "comm").read_bytes())
        self.keep("log", self.daemon_.log.read_bytes())
        self.keep("notifications to the service manager", "\n".join(self.daemon_.messages))
        files = 0
        for folder in ("state", "cache", "run"):
            for path in (self.folder / folder).rglob("*"):
                if path.is_file():
                    files += 1
                    self.keep(str(path), path.read_bytes())
                self.keep("file name", str(path))
        self.assertGreater(files, 0, "the lock at least")
        self.assertGreater(sum(len(data) for _, data in self.shown), 5000)
        self.assertTrue(any(b"inline" in data for _, data in self.shown), "what is no secret is found")
        for where, data in self.shown:
            for form in HIDDEN:
                self.assertNotIn(form, data, f"a secret in {where}")

    def test_no_secret_anywhere_through_a_run_with_faults(self):
        self.daemon_ = d = self.daemon()
        d.wait_link("inline", "online")
        for name, state in (("filed", "auth_refused"), ("refused", "auth_refused"), ("stranger", "tls_refused"),
                            ("selfmade", "tls_refused"), ("exposed", "disabled")):
            d.wait_link(name, state)
        for name in ("stranger", "selfmade"):
            self.assertEqual(json.loads(self.sim_.do("stats", self.serials[name]))["bytes_in"], 0)
        self.assertIn("chmod", json.dumps(d.status("exposed")["link"]))
        inline = self.serials["inline"]
        for fault in ("garbage", "deep", "many-keys", "bad-types", "bad-utf8", "foreign-topic"):
            self.sim_.do("fault", inline, fault, "on")
        d.wait_status("inline", "reports among the faults", lambda s: s["print"]["state"] != "unknown")
        self.call_everything()
        for words in (["list"], ["status", "@all"], ["status", "filed"], ["events"], ["keys"], ["daemon", "status"],
                      ["daemon", "stats"], ["metrics"], ["refresh", "inline"], ["refresh", "refused"], ["status", "inline", "--json"],
                      ["doctor", "inline"], ["doctor", "refused"], ["doctor", "stranger"], ["printer", "trust", "inline", "--show"]):
            self.ctl(*words)
        self.sim_.do("fault", inline, "kick", "on")
        d.wait_status("inline", "a reconnect", lambda s: s["link"]["reconnects"] >= 1 and s["link"]["state"] == "online")
        self.reloads(d)
        self.scrape()
        self.check(d.child.pid)
        self.assertEqual(d.stop(), 0)
        self.keep("log after the end", d.log.read_bytes())
        self.processes.remove(d)
        self.assertFalse([form for form in HIDDEN if form in self.shown[-1][1]])

    def scrape(self):
        """The metrics where a collector gets them; the file is found with the others."""
        self.config.write_text(self.text)
        self.ctl("daemon", "reload")
        wait_until("the file of metrics", (self.folder / "run" / "all.prom").exists)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(self.folder / "run" / "m.sock"))
            s.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            with s.makefile("rb") as f:
                self.keep("metrics over HTTP", f.read())
        self.assertIn(b"HTTP/1.1 200", self.shown[-1][1])

    def reloads(self, d):
        """Mistakes around a secret: the line is told by number and key, never by what stands in it."""
        mistakes = {
            "no equals sign": self.text.replace(f"AccessCode={INLINE}", f"AccessCode {INLINE}", 1),
            "unknown key": self.text.replace(f"AccessCode={INLINE}", f"AccesCode={INLINE}", 1),
            "twice": self.text.replace(f"AccessCode={INLINE}", f"AccessCode={INLINE}\nAccessCode={FILED}", 1),
            "control byte": self.text.replace(f"AccessCode={INLINE}", f"AccessCode={INLINE}\x01", 1),
            "too long": self.text.replace(f"AccessCode={INLINE}", f"AccessCode={INLINE * 40}", 1),
            "no section": f"AccessCode={INLINE}\n" + self.text,
            "cloud": self.text.replace("[Printer inline]", f"[Cloud]\nToken={FILED}\nSignKey={INLINE}\n[Printer inline]"),
        }
        for what, text in mistakes.items():
            self.config.write_text(text)
            self.ctl("daemon", "reload", "--json=short")
            for args in (["--check-config"], ["--dump-config"]):
                done = subprocess.run([str(BAMBUD), *args, f"--config={self.config}"], capture_output=True, timeout=20, check=False)
                self.keep(f"{args} with {what}", done.stdout + done.stderr)
        self.config.chmod(0o644)
        self.config.write_text(self.text)
        self.ctl("daemon", "reload")
        self.assertIn("chmod", json.dumps(d.wait_link("inline", "disabled")["link"]))
        self.config.chmod(0o600)
        self.ctl("daemon", "reload")
        d.wait_link("inline", "online")

    def test_a_secret_file_must_be_the_owners_alone(self):
        """Row 29: group or world bits, another owner, a symlink, no file: refused with what to type, the daemon runs."""
        path, target = self.folder / "secret-filed", self.folder / "target"
        self.secret("filed", INLINE, 0o600)
        self.daemon_ = d = self.daemon()
        d.wait_link("filed", "online")

        def reload():
            with d.client() as c:
                c.call("daemon.reload")

        for mode in (0o640, 0o604, 0o620):
            path.chmod(mode)
            reload()
            self.assertIn("chmod", json.dumps(d.wait_link("filed", "disabled")["link"]), oct(mode))
            path.chmod(0o600)
            reload()
            d.wait_link("filed", "online")
        path.rename(target)
        path.symlink_to(target)
        reload()
        d.wait_link("filed", "disabled")
        path.unlink()
        reload()
        d.wait_link("filed", "disabled")
        target.rename(path)
        if os.geteuid() == 0:
            os.chown(path, 64009, 64009)
            reload()
            d.wait_link("filed", "disabled")
            os.chown(path, 0, 0)
        reload()
        d.wait_link("filed", "online")
        self.assertEqual(d.status("inline")["link"]["reconnects"], 0, "row 28: nobody else is disconnected")
        self.check(d.child.pid)

    def died_of(self, child, signum):
        child.send_signal(signum)
        _, status = os.waitpid(child.pid, 0)
        child.returncode = -os.WTERMSIG(status)
        self.assertEqual(child.returncode, -signum)
        return os.WCOREDUMP(status)

    def test_no_core_and_no_look_inside(self):
        """Limits of the process, the owner of its /proc, and a death that would leave a core."""
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # what runs behind a shell may have been born deaf to it
        resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
        wrap = []
        if os.geteuid() == 0:
            # Another user's daemon: only then the owner of its /proc says something.
            for path in (self.folder, *self.folder.glob("*")):
                os.chown(path, SERVICE, SERVICE)
            program = self.folder / "bambud"
            shutil.copy(BAMBUD, program)
            os.chmod(self.folder, 0o711)
            wrap = ["setpriv", f"--reuid={SERVICE}", f"--regid={SERVICE}", "--clear-groups"]
        old, harness.BAMBUD = harness.BAMBUD, program if wrap else BAMBUD
        try:
            self.daemon_ = d = self.daemon(wrap=wrap)
        finally:
            harness.BAMBUD = old
        d.wait_link("inline", "online")
        pid = d.child.pid
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 +0 ")
        # A process that may not be dumped belongs to root as far as /proc goes: nobody else reads its memory.
        self.assertEqual(os.stat(f"/proc/{pid}/mem").st_uid, 0)
        if wrap:
            self.assertIn(f"Uid:\t{SERVICE}\t", pathlib.Path(f"/proc/{pid}/status").read_text())
        else:
            with self.assertRaises(PermissionError):
                pathlib.Path(f"/proc/{pid}/environ").read_bytes()
        plain = subprocess.Popen(["sleep", "60"], cwd=self.folder)
        wait_until("sleep to run", lambda: b"sleep" in pathlib.Path(f"/proc/{plain.pid}/cmdline").read_bytes())
        if not self.died_of(plain, signal.SIGQUIT):
            print("this machine writes no cores: only the limits were looked at")
        self.assertFalse(self.died_of(d.child, signal.SIGQUIT), "no core")
        d.out.close()
        self.processes.remove(d)


if __name__ == "__main__":
    unittest.main(verbosity=2)
