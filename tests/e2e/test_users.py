# SPDX-License-Identifier: MIT
"""Who may do what: every method of the table as every kind of user (reliability.md row 22)."""
import contextlib
import grp
import json
import os
import shutil
import socket
import subprocess
import unittest

from harness import BAMBUCTL, BAMBUD, Case, Client, wait_until, main
import harness

CODE = "cAnArY77"
SERVICE, CONTROL, PRIMARY, READER, STRANGER, ORDINARY = range(64001, 64007)
CONTROL_GROUP, READ_GROUP = "games", "daemon"
CLASSES = {"any": 0, "read": 1, "control": 2, "admin": 3}
SAMPLES = {"string": "x", "int": 1, "number": 1, "bool": True, "strings": ["x"], "ints": [1], "object": {}, "any": 1}


@contextlib.contextmanager
def user(uid, gid=None, groups=()):
    """What connects inside is that user's: the kernel takes the credentials at connect()."""
    old = os.getgroups()
    os.setgroups(list(groups))
    os.setegid(uid if gid is None else gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(old)


def sample_params(method, printer):
    params = {}
    for p in method["params"]:
        if p["required"]:
            params[p["name"]] = (printer if p["type"] == "printer" else p["enum"][0] if p.get("enum") else
                                 p["min"] if p.get("min") is not None else SAMPLES[p["type"]])
    if method.get("confirm"):
        params["confirm"] = True
    return params


# Methods of the account that want it signed in.
SIGNED_IN = {"account.devices", "account.preferences", "account.profile"}


@unittest.skipIf(os.geteuid() != 0, "only root can be every user in turn")
class Users(Case):
    def setUp(self):
        super().setUp()
        self.control_gid = grp.getgrnam(CONTROL_GROUP).gr_gid
        self.read_gid = grp.getgrnam(READ_GROUP).gr_gid
        self.sim_ = self.sim("--printers", "1", "--rate", "2", "--code", CODE)
        # The build may lie where only its owner gets.
        self.program = self.folder / "bambud"
        shutil.copy(BAMBUD, self.program)
        self.program.chmod(0o755)
        self.config = self.folder / "bambud.conf"
        self.text = self.config.read_text()

    def configure(self, lines=""):
        self.config.write_text(self.text.replace("[Daemon]\n", "[Daemon]\n" + lines, 1))

    def groups(self, others="none"):
        return f"Group={CONTROL_GROUP}\nReadGroup={READ_GROUP}\nOthers={others}\n"

    def run_as(self, uid, system):
        """bambud of that user: as the service, or as anybody's own."""
        os.chmod(self.folder, 0o711)
        os.chown(self.folder, uid, uid)
        os.chown(self.config, uid, uid)
        old, harness.BAMBUD = harness.BAMBUD, self.program
        env = ["RUNTIME_DIRECTORY=/run/bambud"] if system else ["-u", "RUNTIME_DIRECTORY"]
        try:
            d = self.daemon(wrap=["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "env", *env])
        finally:
            harness.BAMBUD = old
        self.printer = d.call("printer.list")["printers"][0]["name"]
        d.wait_status(self.printer, "a report", lambda s: s["link"]["state"] == "online" and
                      s["print"]["state"] != "unknown")
        return d

    def as_(self, d, uid, gid=None, groups=()):
        with user(uid, gid, groups):
            return Client(d.socket)

    def table(self, d):
        return d.call("api.methods")["methods"]

    def check_rights(self, d, client, uid, perm):
        """100 % of the table: below the class a valid call is refused, from the class on it is not."""
        methods = self.table(d)
        self.assertGreater(len(methods), 80)
        refused = []
        with client as c:
            self.assertEqual(c.call("hello")["you"]["perm"], [w for w in ("read", "control", "admin")
                                                               if CLASSES[w] <= CLASSES[perm]])
            # A put that is refused for anything but rights ends its connection: it comes last.
            for m in sorted(methods, key=lambda m: m["name"] == "file.put"):
                if CLASSES[m["perm"]] > CLASSES[perm]:
                    got = c.error(m["name"], sample_params(m, self.printer))
                    self.assertEqual(got["data"]["type"], "permission_denied", f"{m['name']} by {perm}")
                    refused.append(m["name"])
                else:
                    # Unfit parameters keep the daemon as it is, and come after permission.
                    kind = c.error(m["name"], {"no such parameter": 1})["data"]["type"]
                    self.assertIn(kind, ("invalid_params", "unsupported"), f"{m['name']} by {perm}")
        # Each refused call that is more than reading is in the log, with who, what and how it ended.
        for name in refused:
            self.assertRegex(d.text(), rf"audit: uid {uid} pid \d+ called {name}: permission_denied")
        return refused

    def test_service_every_method_by_every_user(self):
        self.configure(self.groups())
        d = self.run_as(SERVICE, system=True)
        rights = [
            (0, 0, [], "admin"),
            (SERVICE, SERVICE, [], "admin"),
            (CONTROL, CONTROL, [self.control_gid], "control"),
            (PRIMARY, self.control_gid, [], "control"),
            (READER, READER, [self.read_gid], "read"),
            # Of both groups the stronger counts; many groups are all looked at.
            (CONTROL, CONTROL, [*range(50000, 50100), self.read_gid, self.control_gid], "control"),
        ]
        for uid, gid, groups, perm in rights:
            refused = self.check_rights(d, self.as_(d, uid, gid, groups), uid, perm)
            self.assertEqual(bool(refused), perm != "admin")

    def test_a_stranger_gets_one_line_and_the_end(self):
        self.configure(self.groups())
        d = self.run_as(SERVICE, system=True)
        with self.as_(d, STRANGER) as c:
            self.assertEqual(c.line()["error"]["data"]["type"], "permission_denied")
            self.assertIsNone(c.line())
        d.wait_line(f"uid {STRANGER} pid {os.getpid()} has no rights here: refused")

    def test_others_read_lets_strangers_read_and_no_more(self):
        self.configure(self.groups("read"))
        d = self.run_as(SERVICE, system=True)
        self.check_rights(d, self.as_(d, STRANGER), STRANGER, "read")

    def scrape_as(self, uid, groups=()):
        with user(uid, None, groups), socket.socket(socket.AF_UNIX) as s:
            s.connect(str(self.folder / "m.sock"))
            with contextlib.suppress(BrokenPipeError):  # a stranger is answered before he asks
                s.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while part := s.recv(1 << 16):
                    answer += part
        return answer

    def test_metrics_socket_is_for_those_who_may_read(self):
        self.configure(self.groups())
        self.config.write_text(self.config.read_text() + "\n[Metrics]\nSocket=m.sock\n")
        d = self.run_as(SERVICE, system=True)
        self.assertIn(b"bambu_printer_up{", self.scrape_as(READER, [self.read_gid]))
        self.assertIn(b"bambu_printer_up{", self.scrape_as(CONTROL, [self.control_gid]))
        stranger = self.scrape_as(STRANGER)
        self.assertTrue(stranger.startswith(b"HTTP/1.1 403 "), stranger)
        self.assertNotIn(b"bambu_", stranger)
        self.assertEqual(d.call("daemon.ping")["pong"], True)

    def test_a_reload_takes_rights_away_and_gives_them(self):
        self.configure(self.groups("read"))
        d = self.run_as(SERVICE, system=True)
        with self.as_(d, STRANGER) as stranger, self.as_(d, READER, groups=[self.read_gid]) as reader:
            stranger.call("daemon.ping")
            reader.call("daemon.ping")
            self.configure(self.groups("none"))
            with d.client() as c:
                c.call("daemon.reload")
            self.assertIsNone(stranger.line())
            reader.call("daemon.ping")
            # The groups of a client are those of its connect(): the group it has now counts for more.
            self.configure(f"Group={READ_GROUP}\nReadGroup=\nOthers=none\n")
            with d.client() as c:
                c.call("daemon.reload")
            self.assertEqual(reader.call("hello")["you"]["perm"], ["read", "control"])
            self.assertTrue(reader.call("printer.raw", {"printer": self.printer}))

    def test_a_reader_sees_no_code_and_nothing_raw(self):
        self.configure(self.groups())
        d = self.run_as(SERVICE, system=True)
        with self.as_(d, READER, groups=[self.read_gid]) as c:
            denied = {"printer": self.printer}
            self.assertEqual(c.error("printer.raw", denied)["data"]["type"], "permission_denied")
            self.assertEqual(c.error("printer.get", {**denied, "raw": True})["data"]["type"], "permission_denied")
            shown = ""
            for m in self.table(d):
                if m["since"] and CLASSES[m["perm"]] <= CLASSES["read"] and m["name"] not in ("events.unsubscribe", "history.get", "op.get"):
                    params = sample_params(m, self.printer)
                    if any(p["name"] == "printer" for p in m["params"]):
                        params["printer"] = self.printer
                    if m["name"] == "hms.text":
                        params["code"] = "0300-400C"
                    # Nobody is signed in: those errors are looked at like any answer.
                    of_account = m["name"].startswith("cloud.") or m["name"] in SIGNED_IN
                    answer = c.error if of_account else c.call
                    shown += json.dumps(answer(m["name"], params))
            shown += json.dumps(c.notifications)
        self.assertGreater(len(shown), 10000)
        self.assertNotIn(CODE, shown)
        self.assertNotIn(CODE, d.text())

    def ctl_as(self, d, uid, gid, *args):
        """(status, stdout, stderr) of bambuctl, as that user alone."""
        done = subprocess.run(["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", str(self.ctl), "--socket",
                               str(d.socket), *args], cwd=self.home, capture_output=True, text=True, timeout=harness.DEADLINE)
        return done.returncode, done.stdout, done.stderr

    def test_record_config_and_report_below_admin(self):
        """Messages and configuration are an admin's; a report of less is still a report, and says what was refused."""
        self.configure(self.groups())
        d = self.run_as(SERVICE, system=True)
        self.ctl = self.folder / "bambuctl"
        shutil.copy(BAMBUCTL, self.ctl)
        self.ctl.chmod(0o755)
        self.home = self.folder / "home"
        for uid, gid, refused in ((READER, self.read_gid, {"config", "cameras"}), (PRIMARY, self.control_gid, {"config"}),
                                  (SERVICE, SERVICE, set())):
            self.home.mkdir()
            os.chown(self.home, uid, gid)
            for verb in (["record", self.printer, "capture", "--for", "1s"], ["daemon", "config"]):
                status, out, err = self.ctl_as(d, uid, gid, *verb)
                if refused:
                    self.assertEqual((status, out), (6, ""), err)
                    self.assertIn("admin", err)
                    self.assertEqual(list(self.home.iterdir()), [], "nothing begun is left")
                else:
                    self.assertEqual(status, 0, err)
            status, out, err = self.ctl_as(d, uid, gid, "daemon", "report", "-")
            self.assertEqual(status, 0, err)
            report = json.loads(out)
            errors = {name: part["error"]["data"]["type"] for name, part in report.items()
                      if isinstance(part, dict) and isinstance(part.get("error"), dict)}
            self.assertEqual(errors, {name: "permission_denied" for name in refused})
            self.assertEqual([p["name"] for p in report["printers"]["results"]], ["printer-1"])
            for secret in (CODE, self.printer):
                self.assertNotIn(secret, out)
            shutil.rmtree(self.home)

    def test_writes_of_one_user_are_counted_and_the_others_are_not_held_up(self):
        """Row 21: 5 writes a second and user; root and the service have no such limit."""
        self.configure(self.groups())
        d = self.run_as(SERVICE, system=True)
        kinds = []
        for _ in range(3):
            # A new connection wins nothing.
            with self.as_(d, CONTROL, groups=[self.control_gid]) as c:
                ids = [c.request("printer.refresh", {"printer": self.printer}) for _ in range(10)]
                kinds += [c.reply(i).get("error", {}).get("message", "") for i in ids]
        over = [k for k in kinds if f"writes a second by uid {CONTROL}" in k]
        self.assertGreaterEqual(len(over), 10)
        with self.as_(d, PRIMARY, self.control_gid) as c:
            got = c.reply(c.request("printer.refresh", {"printer": self.printer}))
            self.assertNotIn("writes a second", json.dumps(got))
        with d.client() as c:
            ids = [c.request("printer.refresh", {"printer": self.printer}) for _ in range(30)]
            self.assertFalse([i for i in ids if "writes a second" in json.dumps(c.reply(i))])

    def test_ordinary_user_is_admin_of_the_own_daemon_alone(self):
        self.configure(self.groups("read"))
        d = self.run_as(ORDINARY, system=False)
        self.assertEqual(d.socket.stat().st_mode & 0o777, 0o600)
        for uid in (ORDINARY, 0):
            self.check_rights(d, self.as_(d, uid), uid, "admin")
        with self.assertRaises(PermissionError):
            self.as_(d, STRANGER)
        # Also when the file lets everybody in, the daemon does not.
        d.socket.parent.chmod(0o755)
        d.socket.chmod(0o666)
        for uid, groups in ((STRANGER, []), (CONTROL, [self.control_gid]), (READER, [self.read_gid])):
            with self.as_(d, uid, groups=groups) as c:
                self.assertEqual(c.line()["error"]["data"]["type"], "permission_denied")
                self.assertIsNone(c.line())
        wait_until("the refusals in the log", lambda: d.text().count("has no rights here: refused") == 3)


if __name__ == "__main__":
    main()
